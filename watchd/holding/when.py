"""When an alert is sent, as its route has it: at once, or held for what, until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache

from watchd.holding.calendar import DAY, moment, next_daily, next_weekly
from watchd.model import HeldFor, Hold, Mode, Quiet, Rate, Severity

NOW = Mode(kind="now", text="now")
_GROUPED = Mode(kind="group", text="group:15m", every=timedelta(minutes=15))
_DAILY = Mode(kind="daily", text="daily@07:30", minutes=7 * 60 + 30)
USUAL: dict[Severity, Mode] = {
    "critical": NOW,
    "high": NOW,
    "medium": _GROUPED,
    "low": _DAILY,
    "info": _DAILY,
}
"""The modes of routes that name none, by the level of the alert."""

_MOST_QUIET = 32  # quiet times that follow one another without a pause
_WEEK = timedelta(days=7)


def when(
    mode: Mode,
    quiet: Sequence[Quiet],
    severity: Severity,
    *,
    born: datetime,
    now: datetime,
    zone: tzinfo,
) -> Hold:
    """How long an alert that was made at `born` waits, looked at `now`.

    Quiet hours do not hold what is critical. `zone` is for modes and hours that name none.
    """
    due, reason = _due(mode, born, now, zone)
    hold = Hold(reason=reason, until=due) if due > now else Hold()
    if severity != "critical" and (ends := quiet_until(quiet, due, zone)):
        return _on(hold, ends)
    return hold


def _on(hold: Hold, ends: datetime) -> Hold:
    """A hold that goes on to the end of quiet hours."""
    return Hold(reason=HeldFor.QUIET, until=ends, before=hold if hold.until else None)


def key(quiet: Sequence[Quiet], zone: tzinfo) -> str:
    """Quiet hours as they are stored with what keeps them: Quiet.key of each."""
    return ";".join(one.key(zone) for one in quiet)


@cache
def _of_key(stored: str) -> tuple[Quiet, ...]:
    return tuple(Quiet.read(one) for one in stored.split(";"))


def rests_until(stored: str, at: datetime) -> datetime | None:
    """When the quiet hours that are stored under a `key` end; None: they are not on then."""
    return quiet_until(_of_key(stored), at, UTC) if stored else None


def through_quiet(hold: Hold, stored: str) -> Hold:
    """The same hold; where it would end in quiet hours, it goes on to their end."""
    ends = rests_until(stored, hold.until) if hold.until else None
    return _on(hold, ends) if ends else hold


def _due(mode: Mode, born: datetime, now: datetime, zone: tzinfo) -> tuple[datetime, HeldFor]:
    zone = mode.zone or zone
    if mode.kind == "group":
        return max(now, born + mode.every), HeldFor.GROUP
    if mode.kind == "daily":
        return next_daily(now, mode.minutes, zone), HeldFor.DIGEST
    if mode.kind == "weekly":
        return next_weekly(now, mode.weekday, mode.minutes, zone), HeldFor.DIGEST
    return now, HeldFor.NOTHING


def last_due(mode: Mode, after: datetime, now: datetime, zone: tzinfo) -> datetime | None:
    """The last time of a digest's mode that is past; None: there was none after `after`."""
    found = None
    at = max(after, now - _WEEK - timedelta(days=1))
    while (at := _due(mode, at, at, zone)[0]) <= now:
        found = at
    return found


def quiet_until(quiet: Sequence[Quiet], now: datetime, zone: tzinfo) -> datetime | None:
    """When the quiet that it is in ends, also when one follows on another; None: it is in none."""
    at = now
    for _ in range(_MOST_QUIET):
        ends = [end for one in quiet if (end := _ends(one, at, zone))]
        if not ends:
            break
        at = max(ends)
    return at if at > now else None


def is_always(quiet: Sequence[Quiet]) -> bool:
    """Whether these quiet hours leave no time to send anything in."""
    start = datetime(2026, 1, 5, tzinfo=UTC)
    ends = quiet_until(quiet, start, UTC)
    return ends is not None and ends - start > _WEEK


def _ends(quiet: Quiet, at: datetime, zone: tzinfo) -> datetime | None:
    zone = quiet.zone or zone
    today = at.astimezone(zone).date()
    for day in (today - timedelta(days=1), today):
        if day.weekday() in quiet.days:
            end = quiet.end + (DAY if quiet.end <= quiet.start else 0)
            ends = moment(day, end, zone, last=True)
            if moment(day, quiet.start, zone) <= at < ends:
                return ends
    return None


def left(rate: Rate, sent: Sequence[datetime], now: datetime) -> tuple[int, datetime]:
    """How many messages a rate has left, and when there is one again.

    `sent` are the times of those that were taken.
    """
    recent = sorted(time for time in sent if time > now - rate.per)
    free = rate.count - len(recent)
    return free, now if free > 0 else recent[-rate.count] + rate.per
