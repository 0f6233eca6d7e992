"""The same item stays the same item, and only an edit is an edit."""

from __future__ import annotations

from pathlib import Path

from watchd.model import Item
from watchd.parse.document import parse_document

FEEDS = Path(__file__).parent.parent / "data" / "feeds"


def items(*entries: str, tail: str = "") -> list[Item]:
    document = f'<rss version="2.0"><channel>{"".join(entries)}{tail}</channel></rss>'
    return list(parse_document(document.encode()).items)


def entry(guid: str = "", link: str = "", title: str = "", text: str = "", date: str = "") -> str:
    fields = {"guid": guid, "link": link, "title": title, "description": text, "pubDate": date}
    return f"<item>{''.join(f'<{k}>{v}</{k}>' for k, v in fields.items() if v)}</item>"


def test_a_document_that_breaks_changes_no_key_and_no_hash() -> None:
    entries = [
        entry(
            "https://a.example/?p=1&amp;q=2", "https://a.example/1", "A &amp;amp; B", "x &lt;b&gt;y"
        ),
        entry("", "https://a.example/2?a=1&amp;b=2", "Kim&amp;#8217;s", "&lt;p&gt;z&lt;/p&gt;"),
        entry("", "", "no link", "some text &amp; more"),
    ]
    well_formed, broken = items(*entries), items(*entries, tail="<x>")
    assert len(well_formed) == 3
    assert [item.key for item in well_formed] == [item.key for item in broken]
    assert [item.content_hash for item in well_formed] == [item.content_hash for item in broken]


def test_an_edit_changes_the_hash_and_not_the_key() -> None:
    (before,), (after,) = (
        parse_document((FEEDS / name).read_bytes()).items
        for name in ("edited_v1.xml", "edited_v2.xml")
    )
    assert before.key == after.key
    assert before.content_hash != after.content_hash


def test_markup_noise_is_no_edit() -> None:
    first = (FEEDS / "volatile_v2.xml").read_bytes()
    then = first.replace(b"r=222", b"r=333").replace(b"gen 05:00", b"gen 06:00")
    assert first != then
    (before,), (after,) = (parse_document(body).items for body in (first, then))
    assert (before.key, before.content_hash) == (after.key, after.content_hash)


def test_items_that_share_a_guid_keep_their_keys_when_their_order_changes() -> None:
    one, two, three = (
        entry("same", f"https://a.example/{n}", f"Title {n}") for n in ("1", "2", "3")
    )
    before = {item.title: item.key for item in items(one, two)}
    after = {item.title: item.key for item in items(three, two, one)}
    assert len(set(after.values())) == 3
    assert before == {title: key for title, key in after.items() if title in before}


def test_items_that_share_a_link_are_told_apart_by_their_words() -> None:
    home = "https://a.example/"
    found = items(entry("", home, "One"), entry("", home, "Two"), entry("", home, "Two"))
    assert len({item.key for item in found}) == len(found) == 2


def test_a_headline_that_comes_back_is_another_item() -> None:
    title = "Greeting received"
    found = items(
        entry(title=title, date="Mon, 23 Nov 2026 04:00:00 GMT"),
        entry(title=title, date="Tue, 24 Nov 2026 04:00:00 GMT"),
        entry(title=title, text="From country A"),
        entry(title=title, text="From country B"),
    )
    assert len({item.key for item in found}) == 4


def test_a_key_is_never_too_long_for_a_column() -> None:
    one, two = items(entry("g" * 9000 + "1"), entry("g" * 9000 + "2"))
    assert one.key != two.key
    assert max(len(one.key), len(two.key)) < 100
