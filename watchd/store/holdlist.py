"""All that held a delivery, one after the other: a short list in its row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from watchd.model import HOLDS, Held, HeldFor, Hold
from watchd.store.rows import parts
from watchd.store.schema import deliveries

Kept = list[list[str]] | None
"""As stored: of each hold its reason, when it was decided, and until when; None: there is none."""


def added(kept: Kept, hold: Hold, now: datetime) -> Kept:
    """The list with one more hold, and with what would have kept it for a shorter time.

    What goes on for the same reason, to another end, is the same hold.
    """
    if not hold.reason or hold.until is None:
        return kept
    before = (added(kept, hold.before, now) if hold.before else kept) or []
    reason, at = hold.reason.value, now.isoformat()
    if before and before[-1][0] == reason and now < datetime.fromisoformat(before[-1][2]):
        *before, (_, at, _) = before
    return [*before, [reason, at, hold.until.isoformat()]][-HOLDS:]


def read(kept: Kept) -> tuple[Held, ...]:
    """The holds of a list, in their order."""
    return tuple(
        Held(
            reason=HeldFor(reason),
            at=datetime.fromisoformat(at),
            until=datetime.fromisoformat(until),
        )
        for reason, at, until in kept or ()
    )


def hold(
    db: Connection,
    found: Iterable[tuple[int, Kept]],
    hold: Hold,
    now: datetime,
    values: dict[str, Any] | None = None,
) -> None:
    """Let deliveries wait, of which the lists so far are given; `values` are written with it."""
    until = hold.until or now
    written = {"held_for": hold.reason.value, "held_until": until, "next_attempt_at": until}
    same = defaultdict[str, list[int]](list)
    lists = dict[str, Kept]()
    for number, kept in found:
        same[repr(kept)].append(number)
        lists[repr(kept)] = kept
    for key, numbers in same.items():
        of_these = {**written, **(values or {}), "holds": added(lists[key], hold, now)}
        for part in parts(numbers):
            db.execute(update(deliveries).where(deliveries.c.id.in_(part)).values(of_these))
