"""How often a feed must be asked so that nothing in it is missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from watchd.adding.pace import pace, sentence, spelled

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("gap", "items", "cheap", "interval", "at_least"),
    [
        (27 * MINUTE, 20, True, "15m", "2h"),  # as the docs say it
        (2 * MINUTE, 20, True, "5m", "5m"),
        (2 * MINUTE, 20, False, "15m", "5m"),  # it costs them a whole body each time
        (2 * HOUR, 10, True, "2h", "3h"),
        (DAY, 10, True, "6h", "1d"),
        (30 * DAY, 10, True, "6h", "1d"),
    ],
)
def test_the_interval_follows_the_rhythm(
    gap: timedelta, items: int, cheap: bool, interval: str, at_least: str
) -> None:
    found = pace([NOON - n * gap for n in range(items)], NOON, cheap=cheap)
    assert spelled(found.interval) == interval
    assert found.at_least_every is not None
    assert spelled(found.at_least_every) == at_least


def test_the_sentence() -> None:
    found = pace([NOON - n * 28 * MINUTE for n in range(20)], NOON, cheap=True)
    assert sentence(found) == "20 items over 9 h: ask at least every 2h so that none is missed"


def test_a_burst_that_fills_half_the_window_shortens_it() -> None:
    steady = [NOON - n * 6 * HOUR for n in range(10)]
    burst = [NOON - n * 10 * MINUTE for n in range(10)]
    calm, hasty = (pace(dates, NOON, cheap=True) for dates in (steady * 2, steady + burst))
    assert calm.at_least_every is not None
    assert hasty.at_least_every is not None
    assert hasty.at_least_every < calm.at_least_every


@pytest.mark.parametrize(
    "dates",
    [[], [None] * 20, [NOON, NOON - DAY], [NOON + 400 * DAY] * 10, [NOON] * 20],
    ids=["empty", "undated", "two", "the future", "all at once"],
)
def test_without_a_rhythm_it_is_the_usual_hour(dates: list[datetime | None]) -> None:
    found = pace(dates, NOON, cheap=True)
    assert found.interval == HOUR
    assert sentence(found) == ""


def test_what_has_been_silent_for_long_is_not_asked_as_in_its_best_days() -> None:
    dates = [NOON - 300 * DAY - n * 5 * MINUTE for n in range(20)]
    assert pace(dates, NOON, cheap=True).interval >= 15 * MINUTE
