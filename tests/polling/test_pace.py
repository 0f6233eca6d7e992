"""How often a feed is asked: its rhythm, within the user's bounds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.polling.conftest import DAY, HOUR, MINUTE, NOON, a_feed, a_state
from watchd.polling import rhythm
from watchd.polling.pace import bounds, pace
from watchd.polling.rhythm import Rhythm


def publishing(pause: timedelta, window: int, **more: Any) -> Any:
    times: list[datetime] = [NOON - pause * n for n in range(100)]
    return a_state(rhythm=rhythm.after(Rhythm(), times, window, NOON).as_json(), **more)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, (15 * MINUTE, HOUR)),
        ({"interval": 10 * MINUTE}, (5 * MINUTE, 10 * MINUTE)),
        ({"interval": 2 * MINUTE}, (2 * MINUTE, 2 * MINUTE)),
        ({"min_interval": MINUTE}, (MINUTE, HOUR)),
        ({"max_interval": DAY}, (15 * MINUTE, DAY)),
    ],
)
def test_the_bounds(more: dict[str, Any], expected: tuple[timedelta, timedelta]) -> None:
    assert bounds(a_feed(**more)) == expected


@pytest.mark.parametrize(
    ("pause", "window", "more", "expected"),
    [
        (HOUR, 20, {}, HOUR),  # nothing is missed at its interval
        (MINUTE, 20, {}, 15 * MINUTE),  # all the more often: but a quarter is the least
        (2 * MINUTE, 20, {}, 28 * MINUTE),  # fourteen of twenty in 28 minutes
        (MINUTE, 20, {"min_interval": 10 * MINUTE}, 14 * MINUTE),  # as soon as it fills
        (4 * MINUTE, 100, {"min_interval": MINUTE}, 2 * MINUTE),  # half its usual pause
        (DAY, 20, {"max_interval": 6 * HOUR}, 6 * HOUR),
        (4 * HOUR, 20, {"max_interval": 6 * HOUR}, 2 * HOUR),
        (DAY, 20, {}, HOUR),
    ],
)
def test_the_pace_follows_the_rhythm(
    pause: timedelta, window: int, more: dict[str, Any], expected: timedelta
) -> None:
    assert pace(a_feed(**more), publishing(pause, window), NOON) == expected


def test_a_gap_halves_it_for_a_week() -> None:
    feed = a_feed()
    state = publishing(HOUR, 20, pace=HOUR, gap_at=NOON)
    assert pace(feed, state, NOON) == HOUR / 2
    later = publishing(HOUR, 20, pace=HOUR / 2, gap_at=NOON)
    assert pace(feed, later, NOON + DAY) == HOUR / 2
    assert pace(feed, later, NOON + 8 * DAY) == HOUR
