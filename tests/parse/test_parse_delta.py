"""Of a changed document only the new entries are read, and what comes out is the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.delta import URL, differences, read
from watchd.parse.document import parse_document
from watchd.parse.unchanged import nothing_new
from watchd.parse.window import digest, keys_of, unpack
from watchd.parse.wire import Reading

FEEDS = Path(__file__).parent.parent / "data" / "feeds"
DATE = "<pubDate>Mon, 23 Nov 2026 04:0{n}:00 GMT</pubDate>"


def rss_item(n: object, title: str = "", more: str = "") -> str:
    return (
        f"<item><title>{title or f'News {n}'}</title><link>https://a.example/{n}</link>"
        f"<guid>g{n}</guid><description><![CDATA[<p>Text {n} <item> & more</p>]]></description>"
        f"{more}</item>"
    )


def rss(*items: str, head: str = "<title>A feed</title>", root: str = 'version="2.0"') -> bytes:
    return f"<rss {root}><channel>{head}{''.join(items)}</channel></rss>".encode()


def atom(*items: str, head: str = "<title>A feed</title>", root: str = "") -> bytes:
    return f'<feed xmlns="http://www.w3.org/2005/Atom"{root}>{head}{"".join(items)}</feed>'.encode()


def entry(n: object, more: str = "") -> str:
    return (
        f'<entry><id>urn:{n}</id><title>News {n}</title><link href="/n/{n}"/>'
        f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Text {n}</p></div>'
        f"</content><updated>2026-11-23T04:00:00Z</updated>{more}</entry>"
    )


def rdf(*items: str, head: str = "") -> bytes:
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns="http://purl.org/rss/1.0/">'
        f"<channel><title>A feed</title>{head}<items><rdf:Seq/></items></channel>"
        f"{''.join(items)}</rdf:RDF>"
    ).encode()


def rdf_item(n: object) -> str:
    return (
        f'<item rdf:about="https://a.example/{n}"><title>News {n}</title>'
        f"<link>https://a.example/{n}</link><dc:date>2026-11-23T04:00:00Z</dc:date></item>"
    )


MAKERS = {"rss": (rss, rss_item), "atom": (atom, entry), "rdf": (rdf, rdf_item)}


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ("12345", "012345", 5),
        ("12345", "1245", 4),
        ("12345", "54321", 5),
        ("12345", "78123", 3),
        ("12345", "12345", 5),
        ("12345", "6789", 0),
        ("12345", "", 0),
        ("12345", "1122345", 7),
        ("1122345", "12345", 5),
    ],
)
def test_entries_that_come_go_or_move(kind: str, before: str, after: str, kept: int) -> None:
    document, item = MAKERS[kind]
    one, two = document(*map(item, before)), document(*map(item, after), head="<title>B</title>")
    assert differences(one, two) == []
    found = read(two, read(one).window)
    assert (found.kept, found.entries) == (kept, len(after))
    assert len(found.items) == len(set(after) - (set(before) if kept else set()))


def test_an_edited_entry_is_read_and_no_other() -> None:
    one = rss(*map(rss_item, "123"))
    two = rss(rss_item(1), rss_item(2, "Other news"), rss_item(3))
    assert differences(one, two) == []
    found = read(two, read(one).window)
    assert [item.title for item in found.items] == ["Other news"]
    assert found.kept == 2


def test_a_document_in_which_only_dates_differ_brings_nothing() -> None:
    head = "<title>A feed</title><lastBuildDate>{}</lastBuildDate>"
    one = rss(*map(rss_item, "123"), head=head.format("Monday"))
    two = rss(*map(rss_item, "123"), head=head.format("Tuesday")) + b"<!-- made in 3 ms -->"
    assert differences(one, two) == []
    found = read(two, read(one).window)
    assert (found.status, found.title, found.kept, found.items) == ("ok", "A feed", 3, ())
    assert found.window == read(one).window


@pytest.mark.parametrize("kind", MAKERS)
def test_it_is_told_without_the_parser_that_a_document_brings_nothing(kind: str) -> None:
    document, item = MAKERS[kind]
    window = read(document(*map(item, "123"))).window
    for stands in ("123", "321", "12", "1123"):
        body = document(*map(item, stands)) + b"<!-- made in 4 ms -->"
        found = nothing_new(body, Reading(url=URL, window=window))
        assert found == read(body, window)
        assert found is not None, stands


@pytest.mark.parametrize(
    "after",
    [
        rss(*map(rss_item, "4123")),
        rss(*map(rss_item, "1234")),
        rss(*map(rss_item, "123"), head="<title>Another name</title>"),
        rss(*map(rss_item, "123"), head=f"<title>A feed</title><!--{'x' * 5000}-->"),
        rss(*map(rss_item, "123")) + b"<!-- a -- b -->",
        rss(*map(rss_item, "123"), head="<title>A feed</title><ttl>5 & 6</ttl>"),
        rss(*map(rss_item, "123")).replace(b"News 2", b"News \xff"),
        rss(*map(rss_item, "123"), *["<item/>"] * 80_000),
        b" " + rss(*map(rss_item, "123")),
        b"<html><body>Please prove that you are no robot</body></html>",
    ],
    ids=["a new first entry", "a new last one", "its name", "much around them",
         "a comment that is none", "a stray & in what does not count", "not UTF-8",
         "more than half a megabyte", "does not begin with its markup", "no feed"],
)  # fmt: skip
def test_all_else_is_for_the_parser(after: bytes) -> None:
    window = read(rss(*map(rss_item, "123"))).window
    assert nothing_new(after, Reading(url=URL, window=window)) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (rss(*map(rss_item, "12")), rss(*map(rss_item, "123"), head="<language>ko</language>")),
        (rss(*map(rss_item, "12")), rss(*map(rss_item, "12"), root='version="0.91"')),
        (atom(*map(entry, "12")), atom(*map(entry, "012"), root=' xml:lang="uk"')),
        (atom(*map(entry, "12")), atom(*map(entry, "012"), root=' xml:base="https://b.example/"')),
        (rss(*map(rss_item, "12")), rss(*map(rss_item, "123"))[:-9]),
        (rss(*map(rss_item, "12")), rss(rss_item(3, "A & B"), *map(rss_item, "12"))),
        (rss(*map(rss_item, "12")), rss(*map(rss_item, "12"), head="<title>A & B</title>")),
        (rss(*map(rss_item, "12")), rss(*map(rss_item, "12"), head=f"<t x='{rss_item(1)}'/>")),
        (rss(*map(rss_item, "12")), rss(*map(rss_item, "12"), head="<x></y>")),
        (rss(*map(rss_item, "12")), rss(rss_item(1), f"<!-- {rss_item(2)}", rss_item(2))),
        (rss(*map(rss_item, "12")), rss(rss_item(1), rss_item(9, more=rss_item(2)))),
        (rss(rss_item(1, "A & B"), rss_item(2)), rss(rss_item(1, "A & B"), rss_item(2))),
    ],
    ids=[
        "language", "version", "xml:lang", "xml:base", "cut short", "stray & in an item",
        "stray & in the head", "an item in an attribute", "wrong end tag",
        "a comment that does not end", "an item within an item", "was broken",
    ],
)  # fmt: skip
def test_a_document_is_read_whole_where_that_matters(before: bytes, after: bytes) -> None:
    assert differences(before, after) == []
    assert read(after, read(before).window).kept == 0


@pytest.mark.parametrize(
    "setting", [{"lang": "ko"}, {"timezone": "Asia/Seoul"}, {"identity": "url"}, {"url": URL + "2"}]
)
def test_other_settings_read_the_document_anew(setting: dict[str, str]) -> None:
    body = rss(*map(rss_item, "12"))
    window = read(body).window
    assert read(body + b" ", window).kept == 2
    assert read(body + b" ", window, **setting).kept == 0


def test_what_a_newcomer_does_to_the_key_of_an_old_entry_is_seen() -> None:
    """Where two entries share a guid, neither keeps it as its key."""
    alone = rss(rss_item(1), rss_item(2))
    twin = rss_item(1, "Other news").replace("/1<", "/9<")
    both = rss(rss_item(1), twin, rss_item(2))
    for before, after in ((alone, both), (both, alone)):
        assert differences(before, after) == []
        assert read(after, read(before).window).kept == 0
    more = rss(rss_item(3), rss_item(1), twin, rss_item(2))
    assert differences(both, more) == []
    found = read(more, read(both).window)
    assert (found.kept, [item.title for item in found.items]) == (3, ["News 3"])
    triplet = rss(rss_item(1, "Third").replace("/1<", "/8<"), rss_item(1), twin, rss_item(2))
    assert differences(both, triplet) == []
    assert read(triplet, read(both).window).kept == 3


def test_a_base_address_that_feedparser_carries_on_is_minded() -> None:
    based = '<link xml:base="https://b.example/x/" href="there"/>'
    one = atom(entry(1, based), entry(2))
    assert differences(one, atom(entry(0), entry(1, based), entry(2))) == []


@pytest.mark.parametrize("name", sorted(p.name for p in FEEDS.iterdir() if p.suffix != ".json"))
def test_the_feeds_of_the_tests_read_the_same(name: str) -> None:
    body = (FEEDS / name).read_bytes()
    assert differences(body, body) == []
    items = list(re.finditer(rb"<(item|entry)\b.*?</\1>", body, re.S))
    for found in items[:3]:
        less = body[: found.start()] + body[found.end() :]
        assert differences(less, body) == []
        assert differences(body, less) == []


def test_a_window_that_is_none_is_no_window() -> None:
    body = rss(*map(rss_item, "12"))
    for window in (b"", b"0", b"1", b"1" + b"x" * 7, b"1" + b"\xff" * 99):
        assert read(body, window) == read(body)


def test_a_window_knows_the_keys_of_its_document() -> None:
    window = read(rss(*map(rss_item, "112"))).window
    assert keys_of(window) == {digest("g1"): 2, digest("g2"): 1}
    assert len(window) < 100 + 3 * 50


@pytest.mark.parametrize("name", ["jsonfeed_one_bad_item.json", "news_sitemap.xml"])
def test_other_formats_leave_a_window_of_keys_and_are_read_whole(name: str) -> None:
    body = (FEEDS / name).read_bytes()
    found = parse_document(body, url=URL)
    window = unpack(found.window)
    assert window
    assert len(window.entries) == found.entries > 0
    assert parse_document(body + b" ", url=URL, window=found.window).kept == 0


def test_what_is_not_whole_leaves_no_window() -> None:
    for body in (b"<html><p>x</html>", b"", rss(*map(rss_item, "12"))[:-30]):
        assert read(body).window == b""
