"""The entry of an item, cut out of its document byte for byte."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.support.site import rss
from watchd.model import Item
from watchd.parse.document import parse_document
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


def told(body: bytes, **item: str) -> tuple[str, bool] | None:
    (found,) = raw_entries(body, [Item(key="k", **item)])
    return (found.data.decode(), found.alone) if found else None


@pytest.mark.parametrize(
    ("written", "guid"),
    [
        ("tag&#58;e.org&#x2C;1", "tag:e.org,1"),
        ("https://e.org/?a=1&amp;b=2", "https://e.org/?a=1&b=2"),
        ("https://e.org/?a=1&b=2", "https://e.org/?a=1&b=2"),
        ("&#116;ag:e&period;org,1", "tag:e.org,1"),
        ("ta&#1;g:1", "tag:1"),
        ("&fjlig;ord:1", "fjord:1"),
        ("&notit-1", "¬it-1"),
        ("a  b\n c:1", "a b c:1"),
        ("외계&#45;1", "외계-1"),
    ],
)
def test_an_id_is_found_however_it_is_written(written: str, guid: str) -> None:
    entries = [f"<item><guid>{one}</guid></item>" for one in ("x:0", written, f"{written}2")]
    body = f"<rss><channel>{''.join(entries)}</channel></rss>"
    assert told(body.encode(), guid=guid) == (entries[1], True)
    # That others in the document need no escapes changes nothing.
    first, second = raw_entries(
        body.encode(), [Item(key="a", guid="x:0"), Item(key="b", guid=guid)]
    )
    assert first is not None
    assert second is not None
    assert (first.data.decode(), second.data.decode()) == tuple(entries[:2])


@pytest.mark.parametrize("guid", ["amp", "39", "#39", "quot;"])
def test_an_escape_is_not_what_it_is_written_with(guid: str) -> None:
    body = b"<rss><channel><item><title>A &amp; B&#39;s &quot;C</title></item></channel></rss>"
    assert told(body, guid=guid) is None


def test_ids_that_begin_the_same_are_told_apart_and_so_is_one_that_stands_twice() -> None:
    entries = [f"<item><guid>urn:e:{n}</guid><b>see urn:e:7</b></item>" for n in (1, 11, 1112, 7)]
    body = f"<rss><channel>{''.join(entries)}</channel></rss>".encode()
    items = [Item(key=str(n), guid=f"urn:e:{n}", text="x") for n in (1, 11, 111, 1112, 7)]
    found = [one and (one.data.decode(), one.alone) for one in raw_entries(body, items)]
    one, eleven, longest, seven = entries
    assert found[:4] == [(one, True), (eleven, True), None, (longest, True)]
    assert found[4] == (one, False)
    assert seven in body.decode()


def test_a_body_that_is_still_packed_is_cut_as_what_is_in_it() -> None:
    packed = gzip.compress(ATOM.encode())
    assert entry(packed, guid="a") == (b"<entry><id>a</id><title>One</title></entry>", "id")


def test_two_objects_that_are_the_same_are_two() -> None:
    assert told(b'{"items":[{"id":"x"},{"id":"x"}]}', guid="x") == ('{"id":"x"}', False)


def test_an_id_that_says_nothing_tells_nothing() -> None:
    """An empty word stands everywhere: to look past each place where it goes on had no end."""
    written = b'{"title":"abc","id":"&amp;nbsp;"}'
    body = b'{"version":"https://jsonfeed.org/version/1.1","items":[%b]}' % written
    (item,) = parse_document(body, url="https://e.org/").items
    (found,) = raw_entries(body, [item])
    assert found is not None
    assert (found.data, found.told_by) == (written, "title")


@pytest.mark.parametrize("piece", [b"<", b"</", b"<a", b"<i:", b"<!"])
@pytest.mark.timeout(10)
def test_tags_without_an_end_are_looked_at_once(piece: bytes) -> None:
    body = b"<rss><channel><item><guid>x</guid></item>" + piece * 200_000
    assert entry(body, guid="x") in (None, (b"<item><guid>x</guid></item>", "id"))
