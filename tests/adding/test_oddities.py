"""What is odd about items, and what a feed needs in config.toml because of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from watchd.adding import oddities
from watchd.model import Item, ParsedFeed
from watchd.parse.dates import parse_date

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def item(number: int = 0, **more: Any) -> Item:
    values = {"key": f"{number}", "guid": f"g{number}", "url": f"https://a.kr/{number}"}
    raw = more.get("published_raw", "Mon, 23 Nov 2026 04:00:00 GMT")
    dated = {"published_raw": raw, "published": parse_date(raw)}
    return Item(**{**values, "title": "Rain", **dated, **more})


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, []),
        ({"published_raw": ""}, ["no date"]),
        ({"published_raw": "2026-11-23 4:00"}, ["a date without a time zone ('2026-11-23 4:00')"]),
        ({"published_raw": "Juche 115"}, ["a date that names no certain time ('Juche 115')"]),
        ({"published": NOON + timedelta(days=1)}, ["a date in the future"]),
        ({"guid": ""}, ["no guid"]),
        ({"guid": "", "url": ""}, ["neither guid nor link"]),
        ({"url": ""}, ["no link"]),
        ({"title": ""}, ["no words"]),
        ({"guid": "shared"}, ["a guid that others have, too"]),
    ],
)  # fmt: skip
def test_what_is_odd_about_an_item(more: dict[str, Any], words: list[str]) -> None:
    shared = oddities.shared_guids([item(1, guid="shared"), item(2, guid="shared"), item(3)])
    assert oddities.of_item(item(**more), NOON, shared=shared, relative=False) == words


def test_what_is_odd_about_all_of_them_is_said_once() -> None:
    items = tuple(item(n, published_raw="2026-11-23 04:00") for n in range(3))
    odd = oddities.of_feed(ParsedFeed(status="ok", entries=4, items=items), NOON, relative=2)
    assert odd == [
        "all items with a date that names no time zone: set `timezone`, or such dates stay unknown",
        "2 items with a link that names no host",
        "1 item repeated word for word",
    ]


@pytest.mark.parametrize(
    ("host", "raw", "zone"),
    [
        ("a.kr", "2026-11-23 04:00", ("Asia/Seoul", True)),
        ("a.kr", "2026-11-24 04:00", ("Asia/Seoul", False)),  # that would be tomorrow
        ("a.ru", "2026-11-23 04:00", ("Europe/Moscow", False)),  # eleven zones
        ("a.com", "2026-11-23 04:00", ("", False)),
        ("a.kr", "Mon, 23 Nov 2026 04:00:00 GMT", ("", False)),
    ],
)
def test_a_time_zone_is_proposed_where_it_is_certain(
    host: str, raw: str, zone: tuple[str, bool]
) -> None:
    parsed = ParsedFeed(status="ok", items=(item(published_raw=raw),))
    assert oddities.timezone(parsed, host, "", NOON) == zone


def test_the_words_tell_the_language_not_the_software() -> None:
    items = tuple(item(n, title=f"북한이 발사체를 쏘았다 {n}") for n in range(5))
    wrong = "it says its language is en, but its words are ko"
    assert oddities.spoken(ParsedFeed(status="ok", lang="en", items=items)) == ("ko", wrong)
    assert oddities.spoken(ParsedFeed(status="ok", lang="ko", items=items)) == ("ko", "")
    assert oddities.spoken(ParsedFeed(status="ok", lang="en", items=items[:1])) == ("en", "")


TEXT = "<rss>Корабль вышел из порта на рассвете, сообщили в пароходстве.</rss>"


@pytest.mark.parametrize(
    ("declared", "written", "proposed"),
    [
        ("utf-8", "cp1251", "windows-1251"),
        ("windows-1251", "cp1251", ""),
        ("utf-8", "utf-8", ""),
        ("", "koi8-r", "koi8-u"),
    ],
)
def test_an_encoding_is_proposed_where_the_feed_names_a_wrong_one(
    declared: str, written: str, proposed: str
) -> None:
    body = f'<?xml version="1.0" encoding="{declared}"?>{TEXT}'.encode(written)
    assert oddities.encoding(body, "") == proposed
