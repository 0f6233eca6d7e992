"""What is kept of all that held a delivery."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from watchd.model import HOLDS, HeldFor, Hold
from watchd.store import holdlist

NOW = datetime(2026, 1, 8, 21, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_what_would_have_held_it_for_a_shorter_time_stands_before_quiet_hours() -> None:
    storm = Hold(reason=HeldFor.STORM, until=NOW + HOUR)
    kept = holdlist.added(None, storm, NOW)
    throttle = Hold(reason=HeldFor.THROTTLE, until=NOW + 2 * HOUR)
    night = Hold(reason=HeldFor.QUIET, until=NOW + 10 * HOUR, before=throttle)
    found = holdlist.read(holdlist.added(kept, night, NOW + HOUR))
    assert [one.reason.value for one in found] == ["storm", "throttle", "quiet"]
    assert [one.at for one in found] == [NOW, NOW + HOUR, NOW + HOUR]
    assert [one.until for one in found] == [NOW + HOUR, NOW + 2 * HOUR, NOW + 10 * HOUR]


def test_what_goes_on_for_the_same_reason_is_one_hold() -> None:
    kept = holdlist.added(None, Hold(reason=HeldFor.CATCH_UP, until=NOW + HOUR), NOW)
    kept = holdlist.added(kept, Hold(reason=HeldFor.CATCH_UP, until=NOW + HOUR / 2), NOW + HOUR / 2)
    [one] = holdlist.read(kept)
    assert (one.at, one.until) == (NOW, NOW + HOUR / 2)


def test_the_last_ones_are_kept_and_nothing_of_what_is_never_held() -> None:
    assert holdlist.added(None, Hold(), NOW) is None
    kept = None
    for hours in range(HOLDS + 5):
        at = NOW + hours * HOUR
        kept = holdlist.added(kept, Hold(reason=HeldFor.STORM, until=at + HOUR), at)
    found = holdlist.read(kept)
    assert [one.at for one in found] == [NOW + hours * HOUR for hours in range(5, HOLDS + 5)]
