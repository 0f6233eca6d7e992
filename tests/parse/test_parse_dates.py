"""A date is the right instant or none."""

from __future__ import annotations

import pytest

from watchd.parse.dates import parse_date

FOUR = "2026-11-23T04:00:00"


@pytest.mark.parametrize(
    ("raw", "instant"),
    [
        ("Mon, 23 Nov 2026 04:00:00 GMT", FOUR),
        ("Mon, 23 Nov 2026 04:00 UT", FOUR),
        ("23 Nov 2026 04:00:00 +0000", FOUR),
        ("Mon, 23 Nov 26 04:00:00 GMT", FOUR),
        ("Mon,23 Nov 2026 04:00:00 Z", FOUR),
        ("Monday, 23-November-2026 04:00:00 GMT", FOUR),
        ("Mon, 23 Nov 2026 13:00:00 +0900", FOUR),
        ("Mon, 23 Nov 2026 13:00:00 +09:00", FOUR),
        ("Mon, 23 Nov 2026 13:00:00 +9", FOUR),
        ("Mon, 23 Nov 2026 13:00:00 GMT+0900", FOUR),
        ("Mon, 23 Nov 2026 13:00:00 +0900 (KST)", FOUR),
        ("Mon, 23 Nov 2026 13:00:00 KST", FOUR),
        ("Mon, 23 Nov 2026 13:00:00 JST", FOUR),
        ("Mon, 23 Nov 2026 07:00:00 MSK", FOUR),
        ("Wed, 23 Nov 2011 08:00:00 MSK", "2011-11-23T04:00:00"),  # then four hours ahead
        ("Sun, 22 Nov 2026 23:00:00 EST", FOUR),
        ("Sun, 22 Nov 2026 22:00:00 CST", FOUR),
        ("Mon, 23 Nov 2026 05:00:00 CET", FOUR),
        ("Mon, 23 Nov 2026 4:00 AM GMT", FOUR),
        ("Mon, 23 Nov 2026 4:00 p.m. GMT", "2026-11-23T16:00:00"),
        ("Mon, 23 Nov 2026 12:30 am UTC", "2026-11-23T00:30:00"),
        ("Пн, 23 ноя 2026 07:00:00 +0300", FOUR),
        ("23 листопада 2026 06:00 +0200", FOUR),
        ("lun., 23 nov. 2026 05:00:00 +0100", FOUR),
        ("mar, 24 nov 2026 04:00:00 GMT", "2026-11-24T04:00:00"),  # martes, not March
        ("Mo, 23 Dez 2026 05:00:00 +0100", "2026-12-23T04:00:00"),
        ("2026-11-23T04:00:00Z", FOUR),
        ("2026-11-23t04:00z", FOUR),
        ("2026-11-23T13:00:00+09:00", FOUR),
        ("2026-11-23T04:00:00.000Z", FOUR),
        ("2026-11-23 13:00:00 +0900", FOUR),
        ("2026-11-23 04:00:00 UTC", FOUR),
        ("2026-11-23 04:00:00 +0000 UTC", FOUR),
        ("20261123T040000Z", FOUR),
        ("２０２６-11-23T04:00:00Z", FOUR),
        ("2026年11月23日 13:00 +0900", FOUR),
        ("Mon Nov 23 04:00:00 UTC 2026", FOUR),
        ("Mon Nov 23 2026 13:00:00 GMT+0900 (Korean Standard Time)", FOUR),
        ("November 23, 2026 04:00 GMT", FOUR),
        ("11/23/2026 04:00 GMT", FOUR),
        ("1795406400", FOUR),
        ("1795406400000", FOUR),
        ("Mon, 23 Nov 2126 04:00:00 GMT", "2126-11-23T04:00:00"),
        ("", None),
        ("yesterday", None),
        ("2026-11-23", None),
        ("2026-11-23T04:00:00", None),
        ("2026.11.23. 04:00", None),
        ("2026/11/23", None),
        ("2026년 11월 23일", None),
        ("Mon, 23 Nov 2026 4:00 PM", None),
        ("Mon, 23 Nov 2026 04:00:00 IST", None),  # India, Israel or Ireland
        ("Mon Nov 23 04:00:00 CST 2026", None),  # Chicago or Shanghai
        ("Mon, 23 Nov 2026 04:00:00 XYZ", None),
        ("Thu, 23 Jul 2026 05:00:00 CET", None),  # in July that zone is CEST
        ("Thu, 32 Nov 2026 04:00:00 GMT", None),
        ("Mon, 23 Nov 2026 25:61:00 GMT", None),
        ("Mon, 23 Nov 2026 13:00 PM GMT", None),
        ("Mon, 23 Nov 2026 04:00:00 +2500", None),
        ("Mon, 23 Foo 2026 04:00:00 GMT", None),
        ("11/12/2026 04:00 GMT", None),
        ("2569-11-23T04:00:00Z", None),  # the Buddhist year
        ("1405/09/02 04:00 +0330", None),
        ("Juche 115 (2026) 11.23", None),
        ("17954064", None),
    ],
)
def test_a_date_is_the_right_instant_or_none(raw: str, instant: str | None) -> None:
    date = parse_date(raw)
    assert (date and date.isoformat()) == (instant and f"{instant}+00:00")


@pytest.mark.parametrize(
    ("raw", "timezone", "instant"),
    [
        ("2026.11.23. 13:00", "Asia/Seoul", FOUR),
        ("2026년 11월 23일 13:00", "Asia/Seoul", FOUR),
        ("2026년 11월 23일 오후 1:00", "Asia/Seoul", FOUR),
        ("2026年11月23日 13時00分", "Asia/Tokyo", FOUR),
        ("2026-11-23 12:00:00", "Asia/Shanghai", FOUR),
        ("23.11.2026 07:00", "Europe/Moscow", FOUR),
        ("Mon, 23 Nov 2026 09:30:00 IST", "Asia/Kolkata", FOUR),
        ("Mon, 23 Nov 2026 06:00:00 IST", "Asia/Jerusalem", FOUR),
        ("Mon, 23 Nov 2026 12:00:00 CST", "Asia/Shanghai", FOUR),
        ("Mon, 23 Nov 2026 04:00:00 GMT", "Asia/Seoul", FOUR),
        ("2026-11-23T04:00:00Z", "Asia/Seoul", FOUR),
        ("2026-11-23", "Asia/Seoul", None),  # a day is not an instant
        ("2026-10-25 02:30", "Europe/Berlin", None),  # clocks showed it twice
        ("2026-03-29 02:30", "Europe/Berlin", None),  # and this one never
        ("2026-11-23 04:00", "No/Such_Zone", None),
    ],
)
def test_a_feeds_own_zone_is_used_where_the_date_names_none(
    raw: str, timezone: str, instant: str | None
) -> None:
    date = parse_date(raw, timezone)
    assert (date and date.isoformat()) == (instant and f"{instant}+00:00")
