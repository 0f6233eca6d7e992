"""Ticks of the daemon that do not come: said in the log, and told to people, not too often."""

from __future__ import annotations

from datetime import timedelta

from tests.support.desk import NOW
from watchd.overdue import Overdue

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def test_a_tick_that_takes_a_little_longer_is_nothing_to_tell() -> None:
    ticks = Overdue()
    for second in range(20):
        assert not ticks.happened("check", "skipped", NOW + second * SECOND)
    assert not ticks.happened("check", "ran", NOW + 20 * SECOND)
    for second in range(21, 40):
        assert not ticks.happened("check", "skipped", NOW + second * SECOND)
    assert ticks.due(NOW + 40 * SECOND) is None


def test_a_tick_that_does_not_end_is_said_once_and_then_told() -> None:
    ticks = Overdue()
    said = [ticks.happened("check", "skipped", NOW + second * SECOND) for second in range(180)]
    assert said.count(True) == 1
    assert ticks.due(NOW + MINUTE) is None
    notice = ticks.due(NOW + 3 * MINUTE)
    assert notice is not None
    assert notice.lines == ("check: its last run has not ended since 2026-01-08 09:00 UTC",)
    assert ticks.due(NOW + 4 * MINUTE) is None
    assert ticks.due(NOW + 2 * HOUR) is not None


def test_bugs_in_a_tick_are_told_together_at_most_once_an_hour() -> None:
    ticks = Overdue()
    assert ticks.happened("rules", "crashed", NOW)
    first = ticks.due(NOW)
    for second in range(60):
        ticks.happened("rules", "crashed", NOW + second * SECOND)
    assert first is not None
    assert ticks.due(NOW + MINUTE) is None
    later = ticks.due(NOW + HOUR)
    assert later is not None
    assert later.lines == ("rules: stumbled over a bug, 60 times",)


def test_a_clock_set_back_does_not_silence_it() -> None:
    ticks = Overdue()
    ticks.happened("rules", "crashed", NOW)
    assert ticks.due(NOW)
    ticks.happened("rules", "crashed", NOW - HOUR)
    assert ticks.due(NOW - HOUR)
