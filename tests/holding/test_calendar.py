"""What clocks show, over a year with its two changes of the clocks, minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from watchd.config.times import mode, quiet
from watchd.holding.calendar import moment, next_daily, next_weekly
from watchd.holding.when import is_always, key, quiet_until, rests_until, when
from watchd.model import HeldFor

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BERLIN, NEW_YORK, SEOUL = map(ZoneInfo, ("Europe/Berlin", "America/New_York", "Asia/Seoul"))
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # puts its clocks on by half an hour
START = datetime(2026, 1, 1, tzinfo=UTC)


def clock(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


@pytest.mark.parametrize(
    ("day", "shown", "last", "is_then"),
    [
        ((2026, 1, 8), "07:30", False, "06:30"),
        ((2026, 7, 8), "07:30", False, "05:30"),
        ((2026, 3, 29), "02:30", False, "01:00"),  # skipped: when they go from 2 to 3
        ((2026, 3, 29), "02:00", True, "01:00"),
        ((2026, 3, 29), "03:00", False, "01:00"),
        ((2026, 10, 25), "02:30", False, "00:30"),  # shown twice
        ((2026, 10, 25), "02:30", True, "01:30"),
        ((2026, 10, 24), "26:30", True, "01:30"),
    ],
)
def test_the_moment_at_which_clocks_show_a_time(day, shown, last, is_then) -> None:
    found = moment(date(*day), clock(shown), BERLIN, last=last)
    assert f"{found:%H:%M}" == is_then


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, SEOUL, LORD_HOWE], ids=str)
@pytest.mark.parametrize("shown", ["00:00", "01:30", "02:00", "02:30", "07:30", "23:59"])
def test_a_daily_time_comes_once_on_each_of_366_days(zone, shown) -> None:
    at, days = START, []
    while at < START + 366 * DAY:
        at = next_daily(at, clock(shown), zone)
        local = at.astimezone(zone)
        days.append(local.date())
        behind = local.hour * 60 + local.minute - clock(shown)
        assert behind == 0 or (0 < behind <= 60 and local.utcoffset() != zone.utcoffset(None)), at
    assert days == [days[0] + n * DAY for n in range(len(days))]


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, SEOUL], ids=str)
def test_a_weekly_time_comes_once_a_week(zone) -> None:
    at = START
    for _ in range(53):
        before, at = at, next_weekly(at, 6, clock("02:30"), zone)
        local = at.astimezone(zone)
        assert local.weekday() == 6
        assert local.hour in (2, 3)
        assert at - before < 8 * DAY


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Seoul"])
@pytest.mark.parametrize(
    "hours", ["22:00-07:00", "01:00-02:30", "02:30-03:30", "fri-sun 18:00-06:00"]
)
def test_quiet_hours_are_those_that_the_clocks_show_all_year(zone, hours) -> None:
    """A quarter of an hour at a time, against what a clock on the wall says."""
    quiets = [quiet(f"{hours} {zone}")]
    begins, ends = map(clock, hours.split()[-1].split("-"))
    days = {4, 5, 6} if "fri" in hours else set(range(7))
    wall = ZoneInfo(zone)
    at = START
    before = None
    while at < START + 365 * DAY:
        local = at.astimezone(wall)
        shown = local.hour * 60 + local.minute
        begun = local.weekday() if shown >= begins else (local.weekday() - 1) % 7
        over_night = ends <= begins
        inside = shown >= begins or shown < ends if over_night else begins <= shown < ends
        until = quiet_until(quiets, at, UTC)
        around = {(at + side * 3 * HOUR).astimezone(wall).utcoffset() for side in (-1, 1)}
        if len(around) == 1:  # in the night of a change, the clocks alone do not say it
            assert (until is not None) == (inside and begun in days), at
        if before is not None and until is not None:
            assert until == before, at  # it never moves
        before = until
        at += 15 * MINUTE


@pytest.mark.parametrize("zone", ["America/New_York", "UTC"])
def test_quiet_hours_in_a_row_of_the_outbox_are_the_same(zone) -> None:
    """Those without a zone are of the config's, and stay so."""
    quiets = [quiet("22:00-07:00"), quiet("sat,sun 00:00-24:00 Asia/Tokyo"), quiet("03:00-04:00")]
    wall = UTC if zone == "UTC" else ZoneInfo(zone)
    stored = key(quiets, wall)
    for hours in range(0, 365 * 24, 11):
        at = START + hours * HOUR
        assert rests_until(stored, at) == quiet_until(quiets, at, wall)
    assert rests_until(key([], wall), START) is None


_WEEKEND = ["sat,sun 00:00-24:00", "22:00-07:00"]


@pytest.mark.parametrize(
    ("written", "hours", "made", "until", "reason"),
    [
        ("now", [], "2026-01-08 09:00", None, ""),
        ("group:15m", [], "2026-01-08 09:00", "2026-01-08 09:15", "group"),
        ("daily@07:30 Asia/Seoul", [], "2026-01-08 09:00", "2026-01-08 22:30", "digest"),
        ("daily@07:30", [], "2026-01-08 06:30", "2026-01-09 06:30", "digest"),
        ("weekly@mon 07:30", [], "2026-01-08 09:00", "2026-01-12 06:30", "digest"),
        ("now", ["22:00-07:00"], "2026-01-08 21:30", "2026-01-09 06:00", "quiet"),
        ("now", ["22:00-07:00"], "2026-01-08 06:00", None, ""),
        ("now", _WEEKEND, "2026-01-09 21:30", "2026-01-12 06:00", "quiet"),
        ("group:2h", ["22:00-07:00"], "2026-01-08 20:00", "2026-01-09 06:00", "quiet"),
        ("daily@05:00", ["22:00-07:00"], "2026-01-08 12:00", "2026-01-09 06:00", "quiet"),
    ],
)  # fmt: skip
def test_when_an_alert_is_sent(written, hours, made, until, reason) -> None:
    now = datetime.fromisoformat(f"{made}+00:00")
    hold = when(
        mode(written), [quiet(one) for one in hours], "high", born=now, now=now, zone=BERLIN
    )
    assert hold.until == (datetime.fromisoformat(f"{until}+00:00") if until else None)
    assert hold.reason == HeldFor(reason)


def test_what_is_critical_breaks_through_quiet_hours() -> None:
    night = datetime(2026, 1, 8, 23, tzinfo=UTC)
    hours = [quiet("22:00-07:00")]
    args = {"born": night, "now": night, "zone": UTC}
    assert when(mode("now"), hours, "critical", **args).until is None
    assert when(mode("now"), hours, "high", **args).until is not None


def test_quiet_hours_without_an_end_are_told() -> None:
    assert is_always([quiet("00:00-24:00")])
    assert is_always([quiet("07:00-22:00"), quiet("22:00-07:00")])
    assert not is_always([quiet("mon-sat 00:00-24:00")])
