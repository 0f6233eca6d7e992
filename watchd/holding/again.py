"""How long what waits is held when the config has changed. Pure: the time is passed in."""

from __future__ import annotations

from datetime import datetime

from watchd.holding.when import through_quiet
from watchd.model import Delivery, Destination, HeldFor, Hold


def held_again(
    before: Delivery, throttle: str, plan: Destination | None, room: datetime | None, now: datetime
) -> Hold:
    """The hold of a delivery, by the config as it is now; the same one where nothing has changed.

    `throttle` is the limit of its rule till now (Rate.key, or ""), `plan` what its routes would
    do with it now (None: nothing, and it keeps its time), `room` when its receiver takes messages
    again, by the limit it has now (None: it is no longer there). What a limit held and does not
    hold any more is due now, though not in quiet hours, and keeps the reason it has waited for;
    where another limit stands it is held by that when its message is put together.
    """
    kept = Hold(reason=before.held_for, until=before.held_until)
    if not before.is_held(now):
        return kept
    if before.waited_for is HeldFor.STORM:
        if room is None:
            return kept
        if room <= now:
            return _due(before, plan, now)
        return through_quiet(Hold(reason=HeldFor.STORM, until=room), (plan or before).quiet)
    if plan is None:
        return kept
    if before.waited_for is HeldFor.THROTTLE:
        was = (throttle, before.mode, before.quiet)
        return kept if (plan.throttle, plan.mode, plan.quiet) == was else _due(before, plan, now)
    until = plan.hold.until or now
    gathers = plan.hold.reason is before.held_for is HeldFor.GROUP
    if gathers and plan.mode == before.mode and before.held_until:
        until = min(until, before.held_until)  # that of the group it belongs to
    return Hold(reason=plan.hold.reason or before.held_for, until=until)


def _due(before: Delivery, plan: Destination | None, now: datetime) -> Hold:
    if plan is not None and plan.hold.reason is HeldFor.QUIET:
        return plan.hold
    return Hold(reason=before.waited_for, until=now)
