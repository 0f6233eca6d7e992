"""When to come back: to a feed, and with a message. Pure: time and chance are passed in.

`jitter` is a number from 0 to 1, drawn anew by the caller each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

_FIRST_PER_SECOND = 5
_DAY = timedelta(hours=24)
_SLOWEST = 8  # times the interval, after failures
_LONGEST_WAIT = timedelta(hours=48)  # whatever a feed's Retry-After says
_GONE_FOR_GOOD = 3  # times that a server says so
_WEEK = timedelta(days=7)
_LONGEST_HINT = timedelta(hours=6)  # whatever its max-age says: 16 years have been seen
_HINT = 4  # times the interval, at most, for the same reason

_RETRIES = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 15, 60, 300))
_REFUSED = (*_RETRIES, timedelta(minutes=15), timedelta(minutes=30))
_AN_HOUR = 60  # rests of a minute
_RESTS = (*_RETRIES[:4], *[timedelta(minutes=1)] * _AN_HOUR, timedelta(minutes=5))
_LONGEST_RETRY_AFTER = timedelta(hours=6)


def first_check(index: int, now: datetime) -> datetime:
    """When to check the `index`-th (from 0) of many feeds that were never checked.

    Five a second, the first five at once: thousands of new feeds are no burst.
    """
    return now + timedelta(seconds=index // _FIRST_PER_SECOND)


def next_check(
    interval: timedelta,
    now: datetime,
    jitter: float,
    *,
    failures: int = 0,
    retry_after: timedelta | None = None,
    max_age: timedelta | None = None,
) -> datetime:
    """When to check a feed again. `failures` counts those in a row; 0: all is well.

    - well: the interval, 10 % more or less. `max_age`, the time the server calls its answer
      fresh, can lengthen it: to four intervals or six hours, whichever is less, never shorten it;
    - failing: the interval doubles with each failure up to eight times or a day, less up to a
      quarter by chance, and never below the interval. It never gives up;
    - `retry_after` is the soonest in any case, up to 48 h, and up to 10 % later by chance.
    """
    if failures:
        pause = _backoff(interval, failures, jitter)
    else:
        pause = interval * (0.9 + 0.2 * jitter)
        if max_age is not None:
            fresh = min(max_age, _HINT * interval, _LONGEST_HINT)
            pause = max(pause, fresh) if fresh > interval else pause
    if retry_after is not None:
        pause = max(pause, min(retry_after, _LONGEST_WAIT) * (1 + 0.1 * jitter))
    return now + pause


def not_before(now: datetime, retry_after: timedelta | None) -> datetime | None:
    """The moment a server named, up to 48 h away; None when it named none."""
    return now + min(retry_after, _LONGEST_WAIT) if retry_after is not None else None


def check_again_though_gone(
    interval: timedelta, now: datetime, jitter: float, times: int
) -> datetime:
    """When to ask again for what was taken away for good (410), for the `times`-th time (from 1).

    Some come back: a day later at first, and once a week after the third time.
    """
    pause = max(interval, _DAY if times <= _GONE_FOR_GOOD else _WEEK)
    return now + pause * (0.9 + 0.2 * jitter)


def retry_delivery(
    attempts: int, retry_after: timedelta | None, jitter: float, *, refused: bool = False
) -> timedelta:
    """How long to wait after the `attempts`-th attempt (from 1) to send a message failed.

    2 s, 5 s, 15 s, 1 min, then 5 min; one that was `refused` for what it is 15 min after that,
    then 30 min. Each 20 % more or less; `retry_after` is the soonest, up to 6 h.
    """
    return _pause(_REFUSED if refused else _RETRIES, attempts, retry_after, jitter)


def rest_of_endpoint(outages: int, retry_after: timedelta | None, jitter: float) -> timedelta:
    """How long to leave an endpoint alone that is in trouble, after so many attempts (from 1).

    2 s, 5 s, 15 s, then 1 min for an hour, then 5 min: it is one attempt for all that wait. Each
    20 % more or less; `retry_after` is the soonest, up to 6 h.
    """
    return _pause(_RESTS, outages, retry_after, jitter)


def _pause(
    pauses: Sequence[timedelta], times: int, retry_after: timedelta | None, jitter: float
) -> timedelta:
    pause = pauses[min(max(times, 1), len(pauses)) - 1] * (0.8 + 0.4 * jitter)
    if retry_after is None:
        return pause
    return max(pause, min(retry_after, _LONGEST_RETRY_AFTER))


def _backoff(interval: timedelta, failures: int, jitter: float) -> timedelta:
    slowest = max(interval, min(_DAY, _SLOWEST * interval))
    # The exponent is bounded, since a feed may fail for years.
    pause = min(slowest, interval * (1 << min(failures - 1, 10)))
    return max(interval, pause * (1 - jitter / 4))


def told_span(span: timedelta) -> str:
    """A length of time for a sentence: "50 min", "7 h", "3 days"."""
    minutes = max(0, round(span.total_seconds() / 60))
    if minutes < 120:
        return f"{minutes} min"
    return f"{round(minutes / 60)} h" if minutes < 48 * 60 else f"{round(minutes / 1440)} days"
