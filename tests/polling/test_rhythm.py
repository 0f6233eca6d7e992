"""How often a feed publishes, as the times of its items tell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from tests.polling.conftest import DAY, HOUR, MINUTE, NOON
from watchd.polling import rhythm
from watchd.polling.rhythm import Rhythm


def seen(times: Iterable[datetime | None], window: int = 20, at: datetime = NOON) -> Rhythm:
    return rhythm.after(Rhythm(), times, window, at)


def every(pause: timedelta, count: int) -> list[datetime]:
    return [NOON - pause * number for number in range(count)]


def test_of_a_steady_feed_every_pause_is_the_same() -> None:
    found = seen(every(HOUR, 50))
    assert rhythm.usual_pause(found) == rhythm.long_pause(found) == HOUR
    assert rhythm.longest_pause(found) == HOUR
    assert rhythm.last(found) == NOON
    assert rhythm.known_for(found, NOON) == 49 * HOUR


def test_too_few_items_tell_nothing() -> None:
    found = seen(every(DAY, 5))
    assert rhythm.usual_pause(found) is None
    assert rhythm.long_pause(found) is None
    assert rhythm.long_pause(seen([])) is None
    assert rhythm.last(seen([None])) is None


def test_items_that_came_together_are_one_moment() -> None:
    batches = [moment + timedelta(seconds=n) for moment in every(DAY, 7) for n in range(10)]
    assert rhythm.usual_pause(seen(sorted(batches)[:-9])) == DAY - timedelta(seconds=9)


def test_it_grows_as_items_come_and_survives_the_database() -> None:
    found = seen(every(HOUR, 30))
    for hours in range(1, 100):
        found = rhythm.after(found, [NOON + hours * HOUR], 20, NOON + hours * HOUR)
        assert rhythm.of(found.as_json()) == found
    assert len(found.times) == 100
    assert rhythm.known_for(found, NOON) == 29 * HOUR  # also what is no longer kept
    assert rhythm.of(None) == Rhythm()


def test_the_longest_pause_is_that_of_four_weeks() -> None:
    found = seen([NOON - 40 * DAY, NOON - 30 * DAY, *every(HOUR, 100)])
    assert rhythm.longest_pause(found) > 20 * DAY  # it ended within the four weeks
    later = rhythm.after(found, every(-HOUR, 24 * 30), 20, NOON + 30 * DAY)
    assert rhythm.longest_pause(later) == HOUR


@pytest.mark.parametrize("wrong", [NOON + DAY, datetime(1970, 1, 1, tzinfo=NOON.tzinfo)])
def test_a_date_that_cannot_be_is_not_believed(wrong: datetime) -> None:
    assert seen([wrong, *every(HOUR, 9)]) == seen(every(HOUR, 9))


def test_how_soon_a_document_fills() -> None:
    quiet = seen(every(HOUR, 20), window=20)
    assert rhythm.fills_in(quiet, 0.7) == 14 * HOUR
    burst = rhythm.after(quiet, every(-MINUTE, 16), 20, NOON + 16 * MINUTE)
    full = rhythm.fills_in(burst, 0.7)
    assert full is not None
    assert full <= 15 * MINUTE
    assert rhythm.fills_in(seen(every(HOUR, 9), window=20), 0.7) is None
    assert rhythm.fills_in(Rhythm(), 0.7) is None
