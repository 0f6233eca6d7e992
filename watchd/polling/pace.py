"""How often a feed is asked: as often as its own rhythm wants, within the user's bounds."""

from __future__ import annotations

from datetime import datetime, timedelta

from watchd.model import Feed, FeedState
from watchd.polling import rhythm

_SHARE = 0.7  # of its document may be new: then all of it is still there to be seen
_QUARTER = 4  # times as often as asked for, at most, unless the user allows more
_FLOOR = timedelta(minutes=5)
_SHORTER_FOR = timedelta(days=7)  # after a gap


def bounds(feed: Feed) -> tuple[timedelta, timedelta]:
    """The shortest and the longest interval.

    Unless the user sets them, a feed is never asked more seldom than its `interval`, and up to
    four times as often (never below five minutes) where items would slip by otherwise.
    """
    least = min(feed.interval, max(feed.interval / _QUARTER, _FLOOR))
    shortest = feed.min_interval or least
    return shortest, max(feed.max_interval or feed.interval, shortest)


def pace(feed: Feed, state: FeedState, now: datetime) -> timedelta:
    """The interval for the next checks.

    It follows the feed: half its usual pause where the user gave bounds to move in, else the
    `interval`; and always less than the shortest time in which most of its document was ever
    replaced. For a week after a gap it is at most half of what it was then.
    """
    shortest, longest = bounds(feed)
    habits = rhythm.of(state.rhythm)
    wanted = feed.interval
    if feed.min_interval or feed.max_interval:
        usual = rhythm.usual_pause(habits)
        wanted = usual / 2 if usual else wanted
    if (full := rhythm.fills_in(habits, _SHARE)) is not None:
        wanted = min(wanted, full)
    if state.gap_at is not None and now - state.gap_at < _SHORTER_FOR:
        in_use = state.pace or feed.interval
        wanted = min(wanted, in_use / 2 if state.gap_at == now else in_use)
    return min(max(wanted, shortest), longest)
