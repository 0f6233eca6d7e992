"""The reasons for which alerts wait, in words."""

from __future__ import annotations

from collections.abc import Iterator

from watchd.model import HOLDS, Delivery, Held, HeldFor, Rate
from watchd.values import replace

TOLD: dict[HeldFor, str] = {
    HeldFor.GROUP: "gathered by its route",
    HeldFor.DIGEST: "kept for the digest",
    HeldFor.QUIET: "kept through the quiet hours",
    HeldFor.THROTTLE: "kept because the rule had sent enough",
    HeldFor.STORM: "kept because so much came at once",
    HeldFor.CATCH_UP: "found when watchd was back after a pause",
    HeldFor.FALLBACK: "meant for a receiver that does not take messages",
    HeldFor.ESCALATED: "escalated: nobody acknowledged it in time",
}
"""Each but "nothing"; docs/config.md has the same list."""
DELAYED = "Delayed "
"""Begins what is said of a message that comes late: "Delayed 2 h."."""
INSTEAD = "Sent here because "
"""Begins what is said of a message that was meant for another."""
UNHEARD = "ESCALATED: "
"""Begins what is said of a message that nobody acknowledged."""


def told_rate(rate: Rate) -> str:
    """As it is written: "20/1h"."""
    seconds = round(rate.per.total_seconds())
    for unit, length in (("w", 604800), ("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % length == 0:
            return f"{rate.count}/{seconds // length}{unit}"
    return f"{rate.count}/{seconds}s"


_BY_LIMIT = (HeldFor.THROTTLE, HeldFor.STORM, HeldFor.CATCH_UP)
"""Looked at when a message is put together, maybe after another hold. Of what was held before
these were all kept, it is not known when that was."""
_LEFT_OUT = "; what held it before is no longer kept"
_ASKED = "; then a person asked for it"


def holds_of(one: Delivery) -> Iterator[tuple[Held, str]]:
    """All that held a delivery, in its order, each with what is to be said of it besides."""
    if not one.holds:  # the last one is all that was kept then
        if not one.held_for or one.held_until is None:
            return
        later = one.held_for in _BY_LIMIT
        at = None if later else one.created_at
        last = Held(reason=one.held_for, at=at, until=one.held_until)
        yield last, "; what held it before is not noted" if later else ""
        return
    *before, last = one.holds
    for number, held in enumerate(before):
        yield held, _LEFT_OUT if number == 0 and len(one.holds) >= HOLDS else ""
    ends = one.held_until
    if ends is None or last.at is None or ends < last.at:  # it had been tried by then
        yield last, ""
        return
    # A config that was changed, or a person, may have let it go sooner.
    asked = one.retried_at == ends < last.until
    yield replace(last, until=min(last.until, ends)), _ASKED if asked else ""
