"""What people are told of feeds, and when: all at once, and each thing once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.polling.conftest import DAY, HOUR, MINUTE, NOON, a_feed, a_state
from watchd.model import FeedState
from watchd.polling.notices import Telling, due
from watchd.values import replace

NAMES = [f"feed-{number:02}" for number in range(50)]
FEEDS = {name: a_feed(name) for name in NAMES}


def failing(name: str, since: datetime, **more: Any) -> FeedState:
    facts = {"failures": 9, "failing_since": since, "error": f"feed '{name}': 500"}
    return a_state(name, health="failing", health_since=since, **{**facts, **more})


class People:
    """What they have been told so far; a minute of the daemon is a `look`."""

    def __init__(self, *states: FeedState, details: bool = True) -> None:
        self.states = {state.feed: state for state in states}
        self.told: list[str] = []
        self.details = details

    def look(self, now: datetime) -> Telling | None:
        telling = due(FEEDS, self.states.values(), now, details=self.details)
        if telling is None:
            return None
        for feed, word in telling.told.items():
            at = {"told_at": now} if telling.notice else {}
            self.states[feed] = replace(self.states[feed], told=word, **at)
        if telling.notice:
            self.told.append(telling.notice.title)
        return telling

    def watch(self, begin: datetime, end: datetime) -> list[str]:
        now = begin
        while now <= end:
            self.look(now)
            now += MINUTE
        return self.told


def test_trouble_is_told_once_after_its_time() -> None:
    people = People(failing("feed-00", NOON))
    assert people.watch(NOON, NOON + 5.9 * HOUR) == []
    assert people.watch(NOON + 5.9 * HOUR, NOON + 2 * DAY) == ["feed feed-00 wants a look"]


def test_fifty_feeds_that_fail_at_once_are_one_message() -> None:
    people = People(*(failing(name, NOON + number * MINUTE) for number, name in enumerate(NAMES)))
    assert people.watch(NOON, NOON + 2 * DAY) == ["50 feeds want a look"]


def test_and_one_message_when_they_are_well_again() -> None:
    since = NOON - DAY
    states = [failing(name, since, told="failing", told_at=since) for name in NAMES]
    people = People(*states)
    for minute in range(120):
        now = NOON + minute * MINUTE
        if minute < len(NAMES):
            well = a_state(NAMES[minute], told="failing", told_at=since, health_since=now)
            people.states[NAMES[minute]] = well
        people.look(now)
    assert people.told == ["50 feeds are well again"]


def test_the_message_names_each_with_evidence_and_what_to_do() -> None:
    telling = People(failing("feed-00", NOON)).look(NOON + 6 * HOUR)
    assert telling is not None
    assert telling.notice is not None
    (line,) = telling.notice.lines
    assert line.startswith("feed-00: failing for 6 h: 500. To do: open its address")
    assert telling.notice.severity == "high"


def test_a_feed_that_comes_and_goes_is_not_told_of_each_time() -> None:
    people = People(failing("feed-00", NOON, told="failing", told_at=NOON))
    for hours in range(24):
        now = NOON + hours * HOUR
        word = {"health": "ok"} if hours % 2 else {"health": "failing"}
        people.states["feed-00"] = replace(people.states["feed-00"], **word, health_since=now)
        people.watch(now, now + 10 * MINUTE)
    assert people.told == []


def test_who_knows_that_it_fails_need_not_hear_that_it_is_blocked() -> None:
    state = failing("feed-00", NOON, told="failing", told_at=NOON)
    people = People(replace(state, health="blocked"))
    assert people.watch(NOON, NOON + 10 * HOUR) == []
    people.states["feed-00"] = replace(people.states["feed-00"], health="gone")
    assert people.watch(NOON + 10 * HOUR, NOON + 11 * HOUR) == ["feed feed-00 wants a look"]


@pytest.mark.parametrize("word", ["gap", "moved", "lying-304"])
def test_what_needs_no_hurry_is_for_those_whose_task_it_is(word: str) -> None:
    state = a_state("feed-00", health=word, health_since=NOON, gap_note="why", moved_to="there")
    assert People(state, details=False).watch(NOON, NOON + DAY) == []
    people = People(state)
    assert people.watch(NOON, NOON + DAY) == ["feed feed-00 wants a look"]
    people.states["feed-00"] = replace(people.states["feed-00"], health="ok")
    assert people.watch(NOON + DAY, NOON + 2 * DAY) == ["feed feed-00 wants a look"]
    assert people.states["feed-00"].told == ""


def test_stale_is_told_at_once_and_a_feed_that_left_the_config_never() -> None:
    people = People(a_state("feed-00", health="stale", health_since=NOON))
    assert people.watch(NOON, NOON) == ["feed feed-00 wants a look"]
    assert People(a_state("other", health="stale", health_since=NOON)).look(NOON) is None
