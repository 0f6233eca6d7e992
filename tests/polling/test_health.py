"""How a feed is, in a word, with evidence and advice."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from tests.polling.conftest import DAY, HOUR, MINUTE, NOON, a_feed, a_state
from watchd.model import Feed, FeedState
from watchd.polling import health, rhythm
from watchd.polling.health import HEALTH, TROUBLE, health_of, stale_after
from watchd.polling.rhythm import Rhythm
from watchd.values import replace

FAILED = {"failures": 2, "failing_since": NOON - HOUR, "error": "feed 'kcna': 500"}


@pytest.mark.parametrize(
    ("word", "facts"),
    [
        ("ok", {}),
        ("new", {"checked_at": None}),
        ("degraded", {"kind": "degraded"}),
        ("failing", {**FAILED, "kind": "dns"}),
        ("failing", {**FAILED, "kind": "status", "http_status": 500}),
        ("failing", {**FAILED, "kind": "html", "http_status": 200}),
        ("failing", {**FAILED, "kind": "empty", "http_status": 200}),
        ("blocked", {**FAILED, "kind": "status", "http_status": 403}),
        ("blocked", {**FAILED, "kind": "wall", "http_status": 200}),
        ("gone", {**FAILED, "kind": "status", "http_status": 410}),
        ("lying-304", {"lying_at": NOON - DAY}),
        ("gap", {"gap_at": NOON - 3 * DAY}),
        ("ok", {"gap_at": NOON - 8 * DAY}),
        ("moved", {"moved_to": "https://b.example/", "moved_since": NOON - 8 * DAY,
                   "moved_polls": 12}),
        ("ok", {"moved_to": "https://b.example/", "moved_since": NOON - 2 * DAY,
                "moved_polls": 40}),
        ("failing", {**FAILED, "kind": "dns", "lying_at": NOON, "gap_at": NOON}),
    ],
)  # fmt: skip
def test_the_word_for_what_is_known(
    word: str, facts: dict[str, Any], feed: Feed, state: FeedState
) -> None:
    state = replace(state, **facts)
    assert health_of(feed, state, NOON) == word
    assert word in HEALTH


def test_every_word_but_the_good_ones_has_evidence_and_advice(feed: Feed) -> None:
    for word in HEALTH:
        state = a_state(health=word, error="why", gap_note="why", moved_to="https://b.example/")
        told = bool(health.evidence(feed, state, NOON)), bool(health.advice(state))
        assert told == ((False, False) if word in ("new", "ok") else (True, True)), word


def test_since_when_it_is_so(feed: Feed, state: FeedState) -> None:
    failing = health.with_health(feed, replace(state, **FAILED), NOON)
    assert (failing.health, failing.health_since) == ("failing", NOON)
    later = health.with_health(feed, failing, NOON + HOUR)
    assert later.health_since == NOON
    assert health.with_health(feed, state, NOON) is state


def with_rhythm(found: Rhythm, **more: Any) -> FeedState:
    return a_state(rhythm=found.as_json(), **more)


def habits(*times: datetime) -> Rhythm:
    return rhythm.after(Rhythm(), times, 20, NOON)


def test_stale_is_four_times_its_own_long_pause(feed: Feed) -> None:
    hourly = habits(*(NOON - HOUR * n for n in range(24 * 10)))
    assert stale_after(feed, with_rhythm(hourly), NOON) == 3.6 * HOUR
    state = with_rhythm(hourly)
    assert health_of(feed, state, NOON + 3.5 * HOUR) == "ok"
    assert health_of(feed, state, NOON + 3.7 * HOUR) == "stale"
    assert "nothing new for 5 h" in health.evidence(
        feed, replace(state, health="stale"), NOON + 5 * HOUR
    )


def test_what_is_new_to_us_is_given_a_day(feed: Feed) -> None:
    hourly = habits(*(NOON - HOUR * n for n in range(24)))
    assert stale_after(feed, with_rhythm(hourly), NOON) == DAY


def test_silence_of_what_was_never_known_to_speak_is_none(feed: Feed) -> None:
    assert stale_after(feed, a_state(), NOON) is None
    assert stale_after(feed, with_rhythm(habits(NOON), baseline_at=None), NOON) is None


def test_the_config_may_say_what_is_expected() -> None:
    feed = a_feed(expect_every=2 * DAY)
    state = a_state(new_at=NOON)
    assert health_of(feed, state, NOON + 1.9 * DAY) == "ok"
    assert health_of(feed, state, NOON + 2.1 * DAY) == "stale"


@pytest.mark.parametrize(
    ("hours", "days"), [(range(24), 7), (range(8, 19), 7), (range(8, 19), 5), ([9], 5), ([9], 1)]
)
def test_nights_and_weekends_are_no_silence(hours: range, days: int) -> None:
    """A year of a feed that publishes by chance in its hours: at most one false word."""
    feed, chance = a_feed(), Random(f"{hours}{days}")
    found, false, wrong, stale = Rhythm(), 0, False, None
    start = NOON - timedelta(days=400)
    for hour in range(400 * 24):
        now = start + timedelta(hours=hour)
        if now.hour in hours and now.weekday() < days and chance.random() < 0.8:
            found = rhythm.after(found, [now - timedelta(minutes=chance.randrange(60))], 20, now)
        state = a_state(rhythm=found.as_json(), baseline_at=start)
        stale = health_of(feed, state, now) == "stale"
        false += stale and not wrong
        wrong = stale
    assert false <= 1


def test_bursts_at_random_are_no_silence() -> None:
    """Six years, each a feed of its own that was added at its beginning: one false word a year."""
    feed, false = a_feed(), 0
    for year in range(6):
        chance, found, at = Random(year), Rhythm(), NOON - 30 * DAY
        while at < NOON + 365 * DAY:
            pause = timedelta(days=chance.expovariate(1 / 0.8))
            if at > NOON:  # until then nobody looked
                state = a_state(rhythm=found.as_json(), baseline_at=NOON)
                limit = stale_after(feed, state, at + pause)
                false += limit is not None and pause > limit
            at += pause
            burst = [at + chance.random() * 20 * MINUTE for _ in range(chance.randint(4, 14))]
            found = rhythm.after(found, burst, 30, at + 20 * MINUTE)
    assert false <= 6


def test_a_feed_that_is_back_from_a_holiday_is_judged_by_its_days(feed: Feed) -> None:
    before = (NOON - 60 * DAY - HOUR * n for n in range(40))
    back = habits(*before, *(NOON - HOUR * n for n in range(24)))
    month = [NOON + 30 * HOUR * n for n in range(1, 24)]
    later = rhythm.after(back, month, 20, NOON + 29 * DAY)
    limit = stale_after(feed, with_rhythm(later), NOON + 29 * DAY)
    assert limit is not None
    assert 3.6 * 30 * HOUR <= limit < 4 * 30 * HOUR


def test_what_a_person_should_see_to_is_among_the_words() -> None:
    assert set(TROUBLE) < set(HEALTH)
