"""Every hit of a digest for a program, in one request that its server takes.

Where there is little room, the texts of the items give way first: a program can ask for them.
Then hits are only named, of each rule the last ones first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from watchd.model import Alert, OfRule

TEXT = 20_000
"""Characters of an item's text, at most."""

Facts = dict[str, Any]
Size = Callable[[Any], int]
"""How many bytes something has when it is sent."""

_TEXTS = (TEXT, 4_000, 1_000, 200)
_NAMED = 10_000  # hits that are only named
_NUMBER = 14  # bytes, of one of their numbers
_JOINT = 4  # and between two hits: ", " in a form


def fitted(
    rules: Sequence[OfRule], of_hit: Callable[[Alert, int], Facts], size: Size, room: int
) -> tuple[list[Facts], Facts | None]:
    """The hits of a digest in `room` bytes, by rule, and which have no room; None: all have.

    `of_hit` tells of an alert, with so many characters of its text.
    """
    every = [alert for one in rules for alert in (*one.alerts, *one.others)]
    left = [number for one in rules for number in one.left]
    rest = room - _JOINT * len(every) - _NUMBER * min(len(left), _NAMED)
    for most in _TEXTS:
        # A character is a byte or more: what cannot fit need not be put together.
        if sum(min(len(alert.item.text), most) for alert in every) <= rest:
            hits = [of_hit(alert, most) for alert in every]
            if sum(map(size, hits)) <= rest:
                return hits, _more(left)
    seen = [
        place < len(one.alerts)
        for one in rules
        for place in range(len(one.alerts) + len(one.others))
    ]
    hits = [of_hit(alert, _TEXTS[-1]) for alert in every]
    rest = room - _NUMBER * min(len(every) + len(left), _NAMED)
    here = set[int]()
    # What people see of each rule, then the others of the gravest.
    for place in sorted(range(len(every)), key=lambda place: not seen[place]):
        if (bytes_of := size(hits[place]) + _JOINT) <= rest:
            rest -= bytes_of
            here.add(place)
    without = [alert.hit for place, alert in enumerate(every) if place not in here]
    return [hits[place] for place in sorted(here)], _more([*without, *left])


def _more(numbers: list[int]) -> Facts | None:
    return {"count": len(numbers), "hits": numbers[:_NAMED]} if numbers else None
