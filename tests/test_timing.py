"""When we come back to a feed, and when we try a message again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from watchd.timing import first_check, next_check, rest_of_endpoint, retry_delivery

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CHANCES = (0.0, 0.25, 0.5, 0.999)


def pauses(interval: timedelta = HOUR, **more: Any) -> list[timedelta]:
    return [next_check(interval, NOON, jitter, **more) - NOON for jitter in CHANCES]


def test_new_feeds_are_spread() -> None:
    starts = [first_check(index, NOON) for index in range(1000)]
    assert starts[:5] == [NOON] * 5
    for second in range(200):
        assert starts.count(NOON + timedelta(seconds=second)) == 5


def test_a_good_feed_is_checked_at_its_interval_more_or_less() -> None:
    found = pauses()
    assert found[0] == 0.9 * HOUR
    assert found[2] == HOUR
    assert max(found) <= 1.1 * HOUR
    assert len(set(found)) == len(CHANCES)


@pytest.mark.parametrize(
    ("interval", "max_age", "least"),
    [
        (HOUR, 2 * HOUR, 2 * HOUR),
        (HOUR, 16 * 365 * DAY, 4 * HOUR),
        (5 * HOUR, 16 * 365 * DAY, 6 * HOUR),
        (timedelta(minutes=5), DAY, timedelta(minutes=20)),
    ],
)
def test_a_server_can_ask_for_a_longer_interval(
    interval: timedelta, max_age: timedelta, least: timedelta
) -> None:
    assert min(pauses(interval, max_age=max_age)) == least
    assert max(pauses(interval, max_age=max_age)) <= 1.1 * least


@pytest.mark.parametrize("max_age", [timedelta(), timedelta(minutes=1), HOUR])
@pytest.mark.parametrize("interval", [HOUR, 12 * HOUR])
def test_a_server_cannot_ask_for_a_shorter_one(interval: timedelta, max_age: timedelta) -> None:
    assert pauses(interval, max_age=max_age) == pauses(interval)


@pytest.mark.parametrize(
    ("interval", "failures", "most"),
    [
        (HOUR, 1, HOUR),
        (HOUR, 2, 2 * HOUR),
        (HOUR, 3, 4 * HOUR),
        (HOUR, 4, 8 * HOUR),
        (HOUR, 5, 8 * HOUR),
        (HOUR, 10**6, 8 * HOUR),
        (6 * HOUR, 3, DAY),
        (2 * DAY, 9, 2 * DAY),
    ],
)
def test_a_failing_feed_is_asked_less_and_less_but_for_ever(
    interval: timedelta, failures: int, most: timedelta
) -> None:
    found = pauses(interval, failures=failures)
    assert max(found) == most
    assert min(found) >= max(interval, 0.75 * most)


@pytest.mark.parametrize("failures", [0, 1, 5])
def test_retry_after_is_the_soonest(failures: int) -> None:
    assert min(pauses(failures=failures, retry_after=10 * HOUR)) >= 10 * HOUR
    assert max(pauses(failures=failures, retry_after=10 * HOUR)) <= 11 * HOUR
    quick = pauses(failures=failures, retry_after=timedelta(seconds=5))
    assert quick == pauses(failures=failures)


def test_retry_after_is_not_believed_beyond_two_days() -> None:
    assert min(pauses(failures=1, retry_after=400 * DAY)) == 2 * DAY
    assert max(pauses(failures=1, retry_after=400 * DAY)) <= 1.1 * 2 * DAY


@pytest.mark.parametrize(
    ("attempts", "seconds", "refused"),
    [
        *[(n, s, s) for n, s in ((1, 2), (2, 5), (3, 15), (4, 60), (5, 300))],
        *[(n, 300, s) for n, s in ((6, 900), (7, 1800), (500, 1800))],
    ],
)
def test_a_message_is_tried_again_ever_more_slowly(
    attempts: int, seconds: int, refused: int
) -> None:
    for of_refusal, pause in ((False, seconds), (True, refused)):
        found = [
            retry_delivery(attempts, None, jitter, refused=of_refusal).total_seconds()
            for jitter in CHANCES
        ]
        assert found[0] == 0.8 * pause
        assert found[2] == pause
        assert max(found) <= 1.2 * pause


@pytest.mark.parametrize(
    ("outages", "seconds"), [(1, 2), (2, 5), (3, 15), (4, 60), (60, 60), (65, 300), (900, 300)]
)
def test_an_endpoint_in_trouble_is_left_alone_for_a_minute_and_after_an_hour_for_five(
    outages: int, seconds: int
) -> None:
    assert rest_of_endpoint(outages, None, 0.5).total_seconds() == seconds


def test_a_receiver_that_names_a_time_is_not_tried_before() -> None:
    for jitter in CHANCES:
        assert retry_delivery(1, timedelta(minutes=4), jitter) == timedelta(minutes=4)
        assert retry_delivery(7, timedelta(seconds=1), jitter, refused=True) >= timedelta(
            minutes=24
        )
        assert retry_delivery(1, 400 * DAY, jitter) == 6 * HOUR
