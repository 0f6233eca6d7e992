"""The reasons for which alerts wait, in words."""

from __future__ import annotations

from watchd.model import HeldFor, Rate

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
