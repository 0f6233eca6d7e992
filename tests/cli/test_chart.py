"""Counts per day, drawn so that a person sees what happened when."""

from __future__ import annotations

from datetime import date, timedelta

from watchd.cli.chart import chart

THURSDAY = date(2026, 1, 8)


def days(count: int) -> timedelta:
    return timedelta(days=count)


def test_one_day_is_one_line() -> None:
    assert chart({THURSDAY: 3}, THURSDAY, THURSDAY) == [f"Thu 08 Jan  {'█' * 30} 3"]


def test_of_a_week_each_day_has_a_line_also_a_day_without_hits() -> None:
    lines = chart({THURSDAY: 4, THURSDAY + days(2): 2}, THURSDAY, THURSDAY + days(6))
    assert len(lines) == 7
    assert lines[0] == f"Thu 08 Jan  {'█' * 30} 4"
    assert lines[1] == "Fri 09 Jan  ·"
    assert lines[2] == f"Sat 10 Jan  {'█' * 15} 2"


def test_ninety_days_are_weeks_with_a_small_bar_for_each_day() -> None:
    hits = {THURSDAY + days(number): number % 4 for number in range(90)}
    head, first, *rest = chart(hits, THURSDAY, THURSDAY + days(89))
    assert head == "week of  MTWTFSS"
    assert first == "05 Jan      ·▃▆█     6"
    assert 12 <= len(rest) <= 13


def test_a_single_hit_among_very_many_is_still_seen() -> None:
    _, line = chart({THURSDAY: 1000, THURSDAY + days(1): 1}, THURSDAY, THURSDAY + days(20))[:2]
    assert line.split() == ["05", "Jan", "█▁··", "1001"]


def test_years_are_months_and_a_long_quiet_time_is_one_line() -> None:
    hits = {date(2025, 8, 1): 1, date(2026, 1, 31): 2}
    assert chart(hits, date(2025, 1, 15), date(2026, 2, 1)) == [
        "⋮ 7 months without a hit",
        f"Aug 2025  {'█' * 15} 1",
        "⋮ 4 months without a hit",
        f"Jan 2026  {'█' * 30} 2",
        "Feb 2026  ·",
    ]


def test_no_chart_is_longer_than_a_screen_or_wider_than_a_line() -> None:
    for length in (1, 7, 14, 15, 90, 189, 190, 1000, 5000):
        last = THURSDAY + days(length - 1)
        hits = {last - days(back): back + 1 for back in range(0, length, 3)}
        lines = chart(hits, THURSDAY, last)
        assert len(lines) <= 37
        assert max(map(len, lines)) < 60


def test_what_lies_outside_is_left_out() -> None:
    assert chart({THURSDAY - days(1): 9}, THURSDAY, THURSDAY) == ["Thu 08 Jan  ·"]
