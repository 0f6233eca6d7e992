"""What a document turns out to be, and which items it holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchd.model import Item, ParsedFeed
from watchd.parse.document import parse_document
from watchd.parse.wire import Answer, pack_answer, unpack_answer

FEEDS = Path(__file__).parent.parent / "data" / "feeds"
EXPECTED: list[dict[str, Any]] = json.loads((FEEDS / "EXPECT.json").read_text())


def read(name: str, **settings: str) -> ParsedFeed:
    return parse_document((FEEDS / name).read_bytes(), **settings)


def rss(*items: str, head: str = "<title>Harbour news</title>") -> bytes:
    return f'<rss version="2.0"><channel>{head}{"".join(items)}</channel></rss>'.encode()


def only(document: bytes, **settings: str) -> Item:
    (item,) = parse_document(document, **settings).items
    return item


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: expected["file"])
def test_odd_documents_are_read_for_what_they_are(expected: dict[str, Any]) -> None:
    parsed = read(expected["file"], content_type=expected.get("http_content_type", ""))
    if expected["entries"] is not None:
        assert parsed.entries == expected["entries"]
    assert len({item.key for item in parsed.items}) == len(parsed.items)
    if "distinct" in expected:
        assert len(parsed.items) == expected["distinct"]
    if "titles" in expected:
        assert [item.title for item in parsed.items] == expected["titles"]
    if "ids" in expected:
        assert [item.key for item in parsed.items] == expected["ids"]
    if "links" in expected:
        assert [item.url for item in parsed.items] == expected["links"]
    if "dates" in expected:
        for item, date in zip(parsed.items, expected["dates"], strict=True):
            if date == "future":
                assert item.published is not None
            else:
                said = item.published and item.published.strftime("%Y-%m-%dT%H:%M:%SZ")
                assert said == date, item.published_raw
    for words in expected.get("match_text", ()):
        assert words in parsed.items[0].title
    for words in expected.get("match_text_body", ()):
        assert words in " ".join(parsed.items[0].text.split())
    if expected.get("error"):
        assert parsed.status in ("error", "html")
        assert parsed.problems
    assert (parsed.status == "truncated") == expected.get("truncated", False)


def test_a_page_in_place_of_a_feed_says_which_feeds_it_names() -> None:
    parsed = read("autodiscovery.html", url="https://example.org/sub/")
    assert parsed.status == "html"
    assert "https://example.org/sub/rss.xml, https://example.org/atom.xml" in parsed.problems[1]
    assert parsed.feeds == ("https://example.org/sub/rss.xml", "https://example.org/atom.xml")
    assert parsed.feed_links == ("https://example.org/feed",)


@pytest.mark.parametrize(
    ("markup", "feeds", "links"),
    [
        ('<link rel="Alternate" type="application/RSS+xml; charset=utf-8" href="/a">', ["/a"], []),
        ('<link rel=alternate type=application/feed+json href="a.json">', ["/sub/a.json"], []),
        ('<link rel="alternate" type="text/xml" href="//b.example/x">', ["//b.example/x"], []),
        ('<link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">', [], []),
        ('<link rel="alternate" type="application/json+oembed" href="/oembed">', [], []),
        ('<link rel="alternate" hreflang="de" href="/de">', [], []),
        ('<link rel="stylesheet" type="text/css" href="/rss.css">', [], []),
        ('<link rel="alternate" type="text/xml" href="javascript:alert(1)">', [], []),
        ('<a href="/RSS/news.xml">Politics</a>', [], ["/RSS/news.xml"]),
        ('<a href="/x?format=rss">All</a><a href="/x?format=rss">again</a>', [], ["/x?format=rss"]),
        ('<a href="/subscribe/7">RSS</a><a href="/press">Press</a>', [], ["/subscribe/7"]),
        ('<a href="mailto:rss@b.example">RSS</a><a href="/rssmith">A rose</a>', [], []),
    ],
)
def test_the_feeds_of_a_page(markup: str, feeds: list[str], links: list[str]) -> None:
    page = f"<!doctype html><html><head>{markup}</head><body></body></html>"
    parsed = parse_document(page.encode(), url="https://b.example/sub/page")
    assert [urljoin("https://b.example/", feed) for feed in feeds] == list(parsed.feeds)
    assert [urljoin("https://b.example/", link) for link in links] == list(parsed.feed_links)


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        (b"", "error", "empty body"),
        (b" \n ", "error", "empty body"),
        (b"Not found", "error", "neither XML nor JSON"),
        (b"<note><to>you</to></note>", "error", "<note>"),
        (b"%PDF-1.7 ...", "error", "PDF"),
        (b'<opml version="2.0"><body/></opml>', "error", "OPML"),
        (b'{"error": "no such feed"}', "error", "not a JSON Feed"),
        (b"[" * 100_000, "error", "nested"),
        (b"<html><body>Welcome</body></html>", "html", "a web page"),
        (b"<p>Service unavailable</p>", "html", "a web page"),
        (b"<html><title>Attention Required! | Cloudflare</title>", "html", "bot challenge"),
        (b"<html><form><input type='password'></form></html>", "html", "login page"),
        (b'<urlset><url><loc>https://example.org/</loc></url></urlset>', "error", "without news"),
        (rss(), "empty", ""),
        (rss("<item><title>a</title></item>"), "ok", ""),
        (b'<feed xmlns="http://www.w3.org/2005/Atom"></feed>', "empty", ""),
        (b'{"version": "https://jsonfeed.org/version/1", "items": []}', "empty", ""),
        (rss("<item><title>a & b</title></item>"), "degraded", "a stray &"),
        (rss("<item><title>a&nbsp;b</title></item>"), "degraded", "undefined entities"),
        (rss("<item><title>a&#xD800;b</title></item>"), "degraded", "do not exist"),
        (rss("<item><title>a</b></item>"), "degraded", "not closed"),
        (rss("<item " + " ".join(f'a{n}="1"' for n in range(999)) + "/>"), "error", "attributes"),
    ],
)  # fmt: skip
def test_every_answer_of_a_server_has_a_status(body: bytes, status: str, word: str) -> None:
    parsed = parse_document(body)
    assert parsed.status == status, parsed.problems
    assert word in " ".join(parsed.problems)


def test_a_feed_inside_a_web_page_is_salvaged() -> None:
    parsed = parse_document(
        b"<!DOCTYPE html><html><body>" + rss("<item><title>a</title></item>") + b"</body></html>"
    )
    assert (parsed.status, parsed.entries) == ("degraded", 1)


def test_an_atom_entry() -> None:
    item = only(
        b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-GB"><title>Harbour</title>
        <entry xml:lang="ko-KR"><id>tag:harbour.example,2026:1</id><title>\xeb\xb0\xb0</title>
        <link rel="self" href="/api/1"/><link href="/ships/1"/><author><name>Ada</name></author>
        <author><name>Bo</name></author><category term="ships"/>
        <category term="ports" label="Ports"/>
        <published>2026-11-23T04:00:00+09:00</published><updated>2026-11-24T04:00:00Z</updated>
        <summary>A ship.</summary><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">
        <p>A ship. It left <b>port</b>.</p><p>Slowly.</p></div></content></entry></feed>""",
        url="https://harbour.example/feed.atom",
    )
    assert item.key == item.guid == "tag:harbour.example,2026:1"
    assert item.url == "https://harbour.example/ships/1"
    assert item.author == "Ada, Bo"
    assert item.categories == ("ships", "Ports")
    assert item.lang == "ko"
    assert item.text == "A ship. It left port.\n\nSlowly."
    assert item.published is not None
    assert item.published.isoformat() == "2026-11-22T19:00:00+00:00"
    assert item.published_raw == "2026-11-23T04:00:00+09:00"


def test_an_rdf_item() -> None:
    item = only(
        b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
        xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
        <channel rdf:about="https://port.example/"><title>Port</title></channel>
        <item rdf:about="https://port.example/1"><title>One</title>
        <link>https://port.example/1</link><dc:creator>Ada</dc:creator>
        <dc:date>2026-11-23T04:00:00Z</dc:date></item></rdf:RDF>"""
    )
    assert (item.key, item.url, item.title) == ("https://port.example/1",) * 2 + ("One",)
    assert item.author == "Ada"
    assert item.published is not None


def test_a_json_feed_item() -> None:
    item = only(
        b"""{"version": "https://jsonfeed.org/version/1.1", "language": "ja", "items": [
        {"id": 7, "url": "/7", "title": "Seven", "content_html": "<p>One<p>Two", "tags": ["a", 1],
        "authors": [{"name": "Ada"}, "no author"], "date_published": "2026-11-23T04:00:00Z"}]}""",
        url="https://port.example/feed.json",
    )
    assert (item.key, item.url) == ("7", "https://port.example/7")
    assert (item.text, item.author, item.categories) == ("One\n\nTwo", "Ada", ("a",))
    assert item.lang == "ja"
    assert item.published is not None


def test_half_a_character_in_a_json_feed_is_none() -> None:
    """No text with one could be kept, nor handed on by the parser process."""
    parsed = parse_document(
        rb"""{"version": "https://jsonfeed.org/version/1", "title": "\ud800", "items": [
        {"id": "\ud800x", "title": "\uD83D\uDE80 up", "date_published": "\udfff"}]}""",
        url="https://port.example/feed.json",
    )
    (item,) = parsed.items
    assert (item.key, item.title, item.published_raw) == ("\ufffdx", "\U0001f680 up", "\ufffd")
    assert unpack_answer(pack_answer(Answer(parsed=parsed, last=False))[4:]).parsed == parsed


def test_one_bad_item_of_a_json_feed_never_loses_the_rest() -> None:
    parsed = parse_document(
        b'{"version": "https://jsonfeed.org/version/1", "items": [{"id": "1"}, 2, {"id": "3"}]}'
    )
    assert parsed.status == "degraded"
    assert [item.key for item in parsed.items] == ["1", "3"]
    assert "item 2" in parsed.problems[0]


def test_an_element_that_feedparser_stumbles_over_never_loses_the_items() -> None:
    parsed = parse_document(
        rss(
            "<item><guid>1</guid><title>One</title></item>",
            "<image><url>https://a.example/</height></image>",
            "<item><guid>2</guid><title><![CDATA[Two</item>]]></title></item>",
        )
    )
    assert [item.key for item in parsed.items] == ["1", "2"]
    assert "one by one" in " ".join(parsed.problems)


@pytest.mark.parametrize(
    ("summary", "content", "text"),
    [
        ("A ship left.", "", "A ship left."),
        ("", "<p>A ship left port.</p>", "A ship left port."),
        ("A ship left port […]", "<p>A ship left port at dawn.</p>", "A ship left port at dawn."),
        ("A ship left.", "<p>A ship left.</p><p>Late.</p>", "A ship left.\n\nLate."),
        ("Heroes wanted. A ship left.", "<p>A ship left. It was late that day.</p>",
         "Heroes wanted.\n\nA ship left. It was late that day."),
    ],
)  # fmt: skip
def test_summary_and_content_are_both_searchable_and_neither_is_said_twice(
    summary: str, content: str, text: str
) -> None:
    head = '<rss xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><item>'
    body = f"<content:encoded><![CDATA[{content}]]></content:encoded>" if content else ""
    document = f"{head}<description>{summary}</description>{body}</item></channel></rss>"
    assert only(document.encode()).text == text


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://a.example/1", "https://a.example/1"),
        ("  https://a.example/1?x=1&amp;y=2\n", "https://a.example/1?x=1&y=2"),
        ("/1", "https://feed.example/1"),
        ("//b.example/1", "https://b.example/1"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("file:///etc/passwd", ""),
        ("http://[broken", ""),
        ("mailto:a@b.example", ""),
    ],
)
def test_only_web_addresses_are_kept_as_links(link: str, url: str) -> None:
    item = only(rss(f"<item><link>{link}</link></item>"), url="https://feed.example/rss.xml")
    assert item.url == url


def test_a_guid_stays_as_it_is_when_the_feed_moves() -> None:
    document = rss("<item><guid>story-1</guid></item>")
    here, there = (only(document, url=f"https://{host}.example/rss") for host in ("a", "b"))
    assert here.key == there.key == "story-1"


def test_the_language_of_config_comes_before_that_of_the_document() -> None:
    document = rss("<item><title>a</title></item>", head="<language>en-us</language>")
    assert only(document).lang == "en"
    assert only(document, lang="ko").lang == "ko"


def test_a_date_without_a_zone_is_read_in_the_feeds_own_zone() -> None:
    document = rss("<item><title>a</title><pubDate>2026-11-23 04:00:00</pubDate></item>")
    assert only(document).published is None
    assert only(document).published_raw == "2026-11-23 04:00:00"
    published = only(document, timezone="Asia/Seoul").published
    assert published is not None
    assert published.isoformat() == "2026-11-22T19:00:00+00:00"


def test_an_undeclared_prefix_still_gives_the_text() -> None:
    item = only(rss("<item><title>a</title><content:encoded>Whole text</content:encoded></item>"))
    assert item.text == "Whole text"


def test_entities_a_dtd_defines_are_known_and_cannot_grow() -> None:
    dtd = b'<!DOCTYPE rss [<!ENTITY port "Harbour"><!ENTITY more "&port;&port;">]>'
    item = only(dtd + rss("<item><title>&port; &more;</title></item>"))
    assert item.title == "Harbour &more;"


def test_an_external_entity_is_not_read() -> None:
    assert read("xxe.xml").items[0].title == "a&x;b"


RSS = rss(
    *(
        f"<item><guid>g-{n}</guid><title>Ship {n} &amp; crew</title>"
        f"<description><![CDATA[<p>It left</p> port {n}]]></description></item>"
        for n in range(4)
    )
)
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><title>배</title>'
    + "".join(f"<entry><id>e-{n}</id><title>배 {n}</title></entry>" for n in range(3))
    + "</feed>"
).encode()
JSON = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1",
        "items": [{"id": f"j-{n}", "content_text": f"Ship {n}"} for n in range(3)],
    }
).encode()


@pytest.mark.parametrize("whole", [RSS, ATOM, JSON], ids=["rss", "atom", "json"])
def test_a_document_cut_at_any_byte_gives_whole_items_only(whole: bytes) -> None:
    items = parse_document(whole).items
    for length in range(1, len(whole)):
        parsed = parse_document(whole[:length])
        assert parsed.items == items[: len(parsed.items)], length
        if parsed.items:
            assert parsed.status == "truncated", length


def test_a_document_both_broken_and_cut_gives_whole_items_only() -> None:
    broken = RSS.replace(b"Harbour news", b"<x>Harbour news")
    items = parse_document(broken).items
    assert len(items) == 4
    for length in range(RSS.index(b"</item>"), len(broken), 7):
        parsed = parse_document(broken[:length])
        assert parsed.status == "truncated"
        assert parsed.items == items[: len(parsed.items)], length


def test_an_items_end_that_is_quoted_in_its_text_is_none() -> None:
    parsed = parse_document(rss("<item><title><![CDATA[an </item> and")[:-16])
    assert (parsed.status, parsed.items) == ("truncated", ())


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_bytes_make_it_raise(data: st.DataObject) -> None:
    document = bytearray(data.draw(st.sampled_from([RSS, ATOM, JSON])))
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(document)))
        document[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    for item in parse_document(bytes(document), url="https://a.example/").items:
        item.title.encode()  # no half of a surrogate pair, which no database takes
        item.text.encode()
        assert not any(ord(character) < 32 and character != "\n" for character in item.text)
