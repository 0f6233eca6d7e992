"""OPML from strangers, and our own."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchd.adding import opml
from watchd.errors import WatchdError


def outlines(inner: str) -> bytes:
    return f'<opml version="2.0"><head/><body>{inner}</body></opml>'.encode()


def test_folders_are_read_as_deep_as_they_go() -> None:
    found = opml.read(
        outlines(
            '<outline text="Korea"><outline title="State media" text="x">'
            '<outline type="rss" text="KCNA &amp; co" xmlUrl=" https://a.example/f " '
            'htmlUrl="https://a.example/" language="ko-KR" category="/wire/north,/x"/>'
            '</outline></outline><outline text="Top" xmlUrl="https://b.example/f"/>'
        )
    )
    first, second = found.feeds
    assert (first.url, first.title, first.lang) == ("https://a.example/f", "KCNA & co", "ko-KR")
    assert first.folders == ("Korea", "State media", "wire", "north", "x")
    assert second.folders == ()
    assert not found.trouble


BOMB = '<!DOCTYPE opml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"", "no OPML"),
        (b"https://example.org/feed", "no OPML"),
        (b"<rss><channel/></rss>", "no OPML"),
        (b"<html><outline xmlUrl='https://a.example/'/></html>", "no OPML"),
        (BOMB.encode() + outlines('<outline text="&b;" xmlUrl="https://a.example/"/>'), "entities"),
        (OUTSIDE.encode() + outlines('<outline text="&x;"/>'), "entities"),
        (outlines("<outline>" * 200 + "</outline>" * 200), "deep"),
        (outlines("<outline xmlUrl='https://a.example/'/>" * 5001), "5,000"),
        (b"<opml>" + b" " * opml.MAX_BYTES, "MiB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_list_of_feeds_is_refused_soon(document: bytes, words: str) -> None:
    began = time.monotonic()
    with pytest.raises(WatchdError, match=words):
        opml.read(document)
    assert time.monotonic() - began < 5


def test_of_a_broken_list_the_beginning_is_read() -> None:
    whole = outlines('<outline xmlUrl="https://a.example/"/><outline text="b & c"/>')
    found = opml.read(whole)
    assert [feed.url for feed in found.feeds] == ["https://a.example/"]
    assert "broken" in found.trouble


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "euc-kr", "windows-1251"])
def test_lists_in_old_encodings(encoding: str) -> None:
    title = "북한" if encoding == "euc-kr" else "Корабль"
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>'
        + outlines(f'<outline text="{title}" xmlUrl="https://a.example/"/>').decode()
    )
    (feed,) = opml.read(text.encode(encoding)).feeds
    assert feed.title == title


# Without the letters from U+0080 to U+00FF: alone they may be a text that was made UTF-8 twice.
LETTERS = st.characters(exclude_categories=["Cs"]).filter(lambda char: not "\x80" <= char <= "\xff")
TEXT = st.text(LETTERS, min_size=1, max_size=30)
TABLES = st.lists(
    st.fixed_dictionaries(
        {"name": TEXT, "url": st.just("https://a.example/?a=1&b=\"<'")},
        optional={"publisher": TEXT, "tags": st.lists(TEXT), "private": st.booleans()},
    ),
    max_size=4,
)


@given(TABLES)
def test_what_is_exported_is_imported_as_it_was(tables: list[dict[str, Any]]) -> None:
    read = opml.read(opml.written(tables).encode()).feeds
    assert [{**feed.settings, "url": feed.url} for feed in read] == tables


@pytest.mark.parametrize("text", ["[" * 100_000, "[1]", "no json", '{"name": 1}'])
def test_settings_that_are_none_of_ours_do_no_harm(text: str) -> None:
    markup = f"<outline xmlUrl='https://a.example/' watchd:settings='{text}'/>"
    (feed,) = opml.read(outlines(markup)).feeds
    assert feed.settings in ({}, {"name": 1})
