"""The entry of an item, cut out of its document byte for byte."""

from __future__ import annotations

import json

import pytest

from tests.support.site import rss
from watchd.model import Item
from watchd.parse.rawentry import raw_entries


def entry(body: bytes, **item: str) -> tuple[bytes, str] | None:
    (found,) = raw_entries(body, [Item(key="k", **item)])
    return (found.data, found.told_by) if found else None


KOREAN = (
    "<rss><channel><item><title>외계 땅</title><link>http://e.org/1</link></item></channel></rss>"
)
ATOM = (
    "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>a</id><title>One</title></entry>"
    "<!-- <entry>none</entry> --><entry><id><![CDATA[b]]></id><title>Two</title></entry></feed>"
)
NEWS = (
    "<urlset><url><loc>https://e.org/1</loc></url>\n<url><loc>https://e.org/12</loc></url></urlset>"
)


@pytest.mark.parametrize(
    ("body", "item", "expected", "told_by"),
    [
        (ATOM.encode(), {"guid": "a"}, "<entry><id>a</id>", "id"),
        (ATOM.encode(), {"guid": "b"}, "<entry><id><![CDATA[b]]></id>", "id"),
        (ATOM.encode(), {"guid": "gone", "title": "Two"}, "<entry><id><![CDATA[b]", "title"),
        (NEWS.encode(), {"url": "https://e.org/1"}, "<url><loc>https://e.org/1</loc>", "link"),
        (NEWS.encode(), {"url": "https://e.org/12"}, "<url><loc>https://e.org/12<", "link"),
        (KOREAN.encode("utf-8"), {"title": "외계 땅"}, "<item><title>외계", "title"),
    ],
)
def test_an_entry_is_told_by_id_link_or_headline(
    body: bytes, item: dict[str, str], expected: str, told_by: str
) -> None:
    found = entry(body, **item)
    assert found is not None
    assert found[0] in body
    assert found[0].startswith(expected.encode())
    assert found[1] == told_by


@pytest.mark.parametrize("encoding", ["euc-kr", "utf-16", "utf-8-sig"])
def test_an_entry_is_cut_by_bytes_in_any_encoding(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>{KOREAN}'
    found = entry(text.encode(encoding), title="외계 땅")
    assert found is not None
    assert found[0] in text.encode(encoding)
    wide = "utf-16-le" if encoding == "utf-16" else encoding.removesuffix("-sig")
    assert found[0].decode(wide) == KOREAN[KOREAN.index("<item") : KOREAN.index("</channel")]


def test_a_json_feed_gives_the_object_as_it_is_written() -> None:
    written = (
        '{ "title": "A", "items": [ {"id":"x","title":"\\u00c9t\\u00e9"}, {"id": "y",  "n": 1} ] }'
    )
    assert entry(written.encode(), guid="y") == (b'{"id": "y",  "n": 1}', "id")
    assert entry(written.encode(), title="Été") == (
        b'{"id":"x","title":"\\u00c9t\\u00e9"}', "title",
    )  # fmt: skip
    assert entry(json.dumps({"items": 3}).encode(), guid="y") is None


def test_of_entries_with_one_link_the_one_whose_words_fit_is_taken() -> None:
    link = "https://example.org/live"
    items = [{"title": f"Part {n}", "text": f"word{n} and more", "link": link} for n in range(5)]
    wanted = Item(key="k", url=link, title="Part 3", text="word3 and more")
    (found,) = raw_entries(rss(items), [wanted])
    assert found is not None
    assert b"word3" in found.data
    assert not found.alone


@pytest.mark.parametrize("body", [b"", b"<html><p>No feed</p></html>", b"{", b"\x1f\x8b broken"])
def test_what_is_no_feed_has_no_entries(body: bytes) -> None:
    assert entry(body, guid="a", title="No feed") is None
