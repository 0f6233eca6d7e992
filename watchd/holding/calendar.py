"""From what clocks on a wall show to moments, also on the days on which they are changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo

DAY = 24 * 60  # minutes
_SECOND = timedelta(seconds=1)


def moment(day: date, minutes: int, zone: tzinfo, *, last: bool = False) -> datetime:
    """The moment (UTC) at which the clocks of a zone show so many minutes of a day.

    A time that they skip is the moment of the skip. Of a time that they show twice it is the
    first, or with `last` the last. `minutes` may lie beyond the day: 1440 is the next midnight.
    """
    shown = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minutes)
    wall = shown.replace(tzinfo=zone, fold=int(last))
    found = wall.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == shown:
        return found
    return _skip(wall.replace(fold=1).astimezone(UTC), wall.replace(fold=0).astimezone(UTC), zone)


def _skip(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """When the clocks were put on, between these two: the first second with the new offset."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + _SECOND * ((after - before) // _SECOND // 2)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def next_daily(now: datetime, minutes: int, zone: tzinfo) -> datetime:
    """The next moment after `now` at which the clocks show a time of the day."""
    return _next(now, minutes, zone, range(7))


def next_weekly(now: datetime, weekday: int, minutes: int, zone: tzinfo) -> datetime:
    """The next moment after `now` at which they show it on that day of the week (0: Monday)."""
    return _next(now, minutes, zone, (weekday,))


def _next(now: datetime, minutes: int, zone: tzinfo, weekdays: range | tuple[int]) -> datetime:
    today = now.astimezone(zone).date()
    for ahead in range(-1, 16):
        day = today + timedelta(days=ahead)
        if day.weekday() in weekdays and (found := moment(day, minutes, zone)) > now:
            return found
    raise AssertionError("every week has such a day")
