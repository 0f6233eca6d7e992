"""When is an item under an unknown key one that we know? Tables of cases, by documents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.delta import read
from tests.support.site import rss
from watchd.model import Item, Known, Namesake
from watchd.parse.renamed import renamed, same_address
from watchd.parse.window import unpack

MONDAY = datetime(2026, 11, 23, 4, tzinfo=UTC)


def story(n: int, guid: str = "", **more: Any) -> dict[str, Any]:
    link = f"https://a.example/{n}"
    date = MONDAY + timedelta(hours=n)
    return {"title": f"T {n}", "text": f"Text {n}", "link": link, "guid": guid or f"g{n}",
            "date": date} | more  # fmt: skip


def without(name: str, entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != name}


def archived(*documents: bytes) -> list[Namesake]:
    """What the archive holds after these documents."""
    items: dict[str, Item] = {item.key: item for body in documents for item in read(body).items}
    return [
        Namesake(
            known=Known(id=number, revision=1, hashes=frozenset([item.content_hash])),
            keys=(key,),
            url=item.url,
            content_hash=item.content_hash,
            published=item.published,
        )
        for number, (key, item) in enumerate(items.items(), 1)
    ]


def known_again(
    before: list[dict[str, Any]], after: list[dict[str, Any]], **more: Any
) -> list[str]:
    """The new keys of the entries of `after` that are taken for ones of `before`."""
    one, two = read(rss(before)), read(rss(after))
    held = archived(rss(before), *(rss([old]) for old in more.pop("older", ())))
    keys = {key for namesake in held for key in namesake.keys}
    found = renamed(
        [item for item in two.items if item.key not in keys],
        held,
        stood=unpack(one.window),
        stands=unpack(two.window),
        **more,
    )
    return sorted(found)


HOME = "https://a.example/alarms"
ALL_CLEAR = {"title": "All clear", "text": "The alarm is over.", "link": HOME}
FOUR = [story(n) for n in range(4)]


@pytest.mark.parametrize(
    ("before", "after", "again"),
    [
        (FOUR, [story(n, f"new{n}") for n in range(4)], ["new0", "new1", "new2", "new3"]),
        (FOUR, [story(9), story(3, "new"), *FOUR[:3]], ["new"]),
        (FOUR, [story(3, "new", date=MONDAY + timedelta(days=1)), *FOUR[:3]], ["new"]),
        (FOUR, [story(3, "new", link="http://www.a.example/3/?utm_source=x"), *FOUR[:3]], ["new"]),
        (FOUR, [story(3, "new", text="Another text"), *FOUR[:3]], []),
        (FOUR, [story(3, "new"), *FOUR], []),
        (FOUR, [story(3, "new", link="https://a.example/99"), *FOUR[:3]], []),
        (FOUR, [story(n, f"n{n}", link=f"https://b.example/{n}") for n in range(4)],
         ["n0", "n1", "n2", "n3"]),
        ([ALL_CLEAR | {"guid": 1, "date": MONDAY}, story(1)],
         [ALL_CLEAR | {"guid": 2, "date": MONDAY + timedelta(hours=5)}, story(1)], ["2"]),
        ([ALL_CLEAR | {"guid": 1, "date": MONDAY}, story(1, link=HOME)],
         [ALL_CLEAR | {"guid": 2, "date": MONDAY + timedelta(hours=5)}, story(1, link=HOME)], []),
        ([without("link", story(1)), story(2)], [without("link", story(1, "new")), story(2)],
         ["new"]),
        ([without("link", without("date", story(1, text=""))), story(2)],
         [without("link", without("date", story(1, "new", text=""))), story(2)], []),
    ],
    ids=[
        "all guids change", "one guid changes", "with another date", "over https", "and the text",
        "the old one still stands there", "under another link", "guids and links of all change",
        "an alarm with a page of its own", "an alarm on a page of alarms", "no links",
        "a headline and nothing else",
    ],
)  # fmt: skip
def test_an_entry_under_a_new_guid(
    before: list[dict[str, Any]], after: list[dict[str, Any]], again: list[str]
) -> None:
    assert known_again(before, after) == again


def test_an_item_that_had_left_comes_back_with_its_date_or_not_at_all() -> None:
    back = story(9, "new")
    assert known_again(FOUR, [back, *FOUR], older=[story(9)]) == ["new"]
    assert known_again(FOUR, [back | {"date": MONDAY}, *FOUR], older=[story(9)]) == []


def test_two_entries_are_never_taken_for_one() -> None:
    assert len(known_again(FOUR, [story(3, "x"), story(3, "y"), *FOUR[:3]])) == 1


def test_where_guids_are_trusted_only_a_change_of_all_counts() -> None:
    one = [story(3, "new"), *FOUR[:3]]
    assert known_again(FOUR, one, only_together=True) == []
    all_of_them = [story(n, f"new{n}") for n in range(4)]
    assert len(known_again(FOUR, all_of_them, only_together=True)) == 4


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example/1", "http://www.a.example:80/1/", True),
        ("https://a.example/1?utm_source=rss&id=2", "https://a.example/1?id=2#top", True),
        ("https://a.example/1?id=2", "https://a.example/1?id=3", False),
        ("https://a.example/1", "https://b.example/1", False),
        ("https://a.example/A", "https://a.example/a", False),
    ],
)
def test_the_same_address(one: str, other: str, same: bool) -> None:
    assert same_address(one, other) is same
