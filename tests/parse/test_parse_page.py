"""Pages by their selectors: what becomes of markup, links and dates, and what is told."""

from __future__ import annotations

import pytest

from watchd.model import IdentityPolicy, Item, Page, ParsedFeed
from watchd.parse.document import parse_document
from watchd.parse.identity import keyed
from watchd.parse.page import is_selector

HOME = "https://x.example/en/news"
NORTH = "Asia/Pyongyang"
FOUR = "2026-11-23T04:00"
JUCHE = "주체{}(2026)년 11월 23일 13:00"


def read(markup: str, *, timezone: str = "", cut: bool = False, **page: str) -> ParsedFeed:
    return parse_document(
        markup.encode(),
        url=HOME,
        page=Page(**page),
        timezone=timezone,
        cut_short=cut,
        source="page",
    )


def one(markup: str, **page: str) -> Item:
    (item,) = read(markup, **{"list": "li", **page}).items
    return item


@pytest.mark.parametrize(
    ("markup", "page", "found"),
    [
        ("<li><a href=/1>One</a></li>", {}, ("One", "https://x.example/1")),
        ("<li><a>No</a><a href=2>Two</a>", {}, ("Two", "https://x.example/en/2")),
        ("<li><a href=a><img></a><h3>T</h3>", {"title": "h3"}, ("T", "https://x.example/en/a")),
        ("<li><a href=a>T</a>", {"list": "li a"}, ("T", "https://x.example/en/a")),
        ("<li><a href=x>X</a><a class=m href=m>M</a>", {"link": ".m"}, ("M", "https://x.example/en/m")),
        ("<li><h3><a href=a>T</a></h3>", {"link": "h3"}, ("T", "https://x.example/en/a")),
        ("<base href=/b/><li><a href=a>T</a>", {}, ("T", "https://x.example/b/a")),
        ("<li><a href='?q=A==&amp;b'>T</a>", {}, ("T", "https://x.example/en/news?q=A==&b")),
        ("<li><a href='javascript:x()'>T</a>", {}, ("T", "")),
        ("<li><b>Only a title</b>", {"title": "b"}, ("Only a title", "")),
        ("<li><a href=/1>a<nobr><span>Kim Jong Un</span></nobr>b</a>", {}, ("a Kim Jong Un b", "https://x.example/1")),
        ("<li><a href=/1>&lt;script&gt;x&lt;/script&gt; T</a>", {}, ("T", "https://x.example/1")),
        ("<li><a href=/1><my-title>T</my-title></a>", {}, ("T", "https://x.example/1")),
        ("<li><a href=/1>T <time>1 May</time></a>", {}, ("T", "https://x.example/1")),
    ],
)  # fmt: skip
def test_title_and_link(markup: str, page: dict[str, str], found: tuple[str, str]) -> None:
    item = one(markup, **page)
    assert (item.title, item.url) == found


def test_text_is_what_its_selector_finds_without_the_date() -> None:
    markup = "<li><a href=/1>T</a><p>Lead <b>one</b>. <time>1 May 2026</time></p>"
    assert one(markup).text == ""
    assert one(markup, text="p").text == "Lead one."


@pytest.mark.parametrize(
    ("markup", "timezone", "raw", "instant"),
    [
        ("<time datetime='2026-11-23T04:00Z'>x</time>", "", "2026-11-23T04:00Z", FOUR),
        ("<time>2026-11-23 13:00 +0900</time>", "", "2026-11-23 13:00 +0900", FOUR),
        ("<time>[2026.02.20]</time>", NORTH, "2026.02.20", None),
        ("<time>[2026.02.20]</time>", "", "2026.02.20", None),
        ("<time>(2026.11.23 13:00)</time>", NORTH, "2026.11.23 13:00", FOUR),
        ("<time>Published: 23 Nov 2026 04:00 GMT</time>", "", "23 Nov 2026 04:00 GMT", FOUR),
        ("<time>Mon, 23 Nov 2026 04:00 GMT</time>", "", "Mon, 23 Nov 2026 04:00 GMT", FOUR),
        ("<time>Juche115.11.23</time>", NORTH, "Juche115.11.23", None),
        ("<time>Juche115.11.23. 13:00</time>", NORTH, "Juche115.11.23. 13:00", FOUR),
        (f"<time>{JUCHE.format(115)}</time>", NORTH, JUCHE.format(115), FOUR),
        (f"<time>{JUCHE.format(114)}</time>", NORTH, JUCHE.format(114), None),
        ("<time>2 hours ago</time>", NORTH, "2 hours ago", None),
        ("", "", "", None),
    ],
)  # fmt: skip
def test_a_date_is_an_instant_or_kept_as_it_is(
    markup: str, timezone: str, raw: str, instant: str | None
) -> None:
    found = read(f"<li><a href=/1>T</a>{markup}", list="li", timezone=timezone)
    (item,) = found.items
    assert item.published_raw == raw
    assert (item.published.isoformat()[:16] if item.published else None) == instant
    assert found.status == "ok"


@pytest.mark.parametrize(
    ("markup", "page", "status", "told"),
    [
        ("<p>", {"list": "li"}, "error", "the selector `list` (li) finds nothing on this page"),
        ("<li>", {"list": "li", "link": ".x"}, "error", "`link` (.x) finds nothing in any of 1 el"),
        ("<li>", {"list": "li"}, "error", "`list` finds 1 elements, but none with a link or"),
        ("<li><a href=/>T", {"list": "li", "text": "p"}, "degraded", "`text` (p) finds nothing"),
        ("<li><a href=/>T", {"list": "li", "link": "b"}, "degraded", "`link` (b) finds nothing"),
        ("<p>T", {"text": "main"}, "error", "the selector `text` (main) finds nothing on this pag"),
        ("<script>x</script>", {}, "error", "a page without any text"),
        ("", {}, "error", "an empty body"),
        ("%PDF-1.4", {}, "error", "a PDF, not a page"),
        ("<form><input type=password>", {"list": "li"}, "html", "a login page"),
        ("<title>Just a moment...</title>", {"list": "li"}, "html", "a bot challenge"),
        ("<title>Just a moment...</title><p>Wait", {}, "html", "a bot challenge"),
        ("<li><a href=/1>A captcha is solved</a>", {"list": "li"}, "ok", ""),
        ("<div>" * 1500, {"list": "li"}, "error", "nest deeper"),
        ("<div>" * 900 + "word " * 20_000, {"list": "div"}, "error", "parts within parts"),
    ],
)  # fmt: skip
def test_what_a_page_turns_out_to_be(
    markup: str, page: dict[str, str], status: str, told: str
) -> None:
    found = read(markup, **page)
    assert found.status == status
    assert told in " ".join(found.problems)


def test_of_a_page_cut_short_the_last_item_does_not_count() -> None:
    markup = "<li><a href=/1>One</a><li><a href=/2>Tw"
    found = read(markup, list="li", cut=True)
    assert (found.status, [item.title for item in found.items]) == ("truncated", ["One"])
    found = read("<p>One</p><p>Tw", cut=True)
    assert (found.status, found.items[0].text) == ("truncated", "One")


def test_a_part_within_a_part_is_watched_once() -> None:
    (item,) = read("<div class=a>One<div class=a>Two</div></div>", text=".a").items
    assert item.text == "One\n\nTwo"


def test_the_language_is_that_of_the_page() -> None:
    markup = "<html lang=ko-KR><li><a href=/1>T</a>"
    assert one(markup).lang == "ko"


@pytest.mark.parametrize("text", ["ul.news > li", "a[href^='/n']", "li:not(.ad) h3", "#x, .y"])
def test_what_is_a_selector(text: str) -> None:
    assert is_selector(text)


@pytest.mark.parametrize("text", ["", "ul[", "//li", "li::text", "li:foo", ">", "a\0b"])
def test_what_is_none(text: str) -> None:
    assert not is_selector(text)


def item(title: str, url: str, *, text: str = "", date: str = "", guid: str = "") -> Item:
    return Item(key=guid or url, guid=guid, url=url, title=title, text=text, published_raw=date)


@pytest.mark.parametrize(
    ("policy", "items", "count"),
    [
        ("auto", [item("T", "/1", text="x"), item("T", "/2", text="x")], 2),
        ("text", [item("T", "/1", text="x"), item("T", "/2", text="x")], 1),
        ("text", [item("T", "/1", text="x"), item("T", "/2", text="y")], 2),
        ("text", [item("T", "/1", date="d"), item("T", "/2", date="d")], 1),
        ("text", [item("T", "/1", date="d"), item("T", "/2", date="e")], 2),
        ("text", [item("T", "/1"), item("T", "/2")], 2),
        ("url", [item("T", "/1", guid="a"), item("T", "/1", guid="b")], 1),
        ("guid", [item("T", "/1", guid="a"), item("U", "/2", guid="a")], 1),
        ("guid", [item("T", "/1"), item("T", "/2")], 2),
    ],
)
def test_what_makes_two_items_one(policy: IdentityPolicy, items: list[Item], count: int) -> None:
    assert len(keyed(items, policy)) == count


def test_the_identity_by_words_does_not_mind_spacing() -> None:
    one, other = (
        keyed([item("A  B", "/1", text="x")], "text"),
        keyed([item("A B", "/2", text="x ")], "text"),
    )
    assert one[0].key == other[0].key
