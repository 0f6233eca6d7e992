"""What an alert of a rule over time shows: a picture of its numbers, and the stories behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from math import ceil

from watchd.model import Alert, Behind, OverTimeHit
from watchd.render.entry import Entry
from watchd.render.inert import inert, link
from watchd.values import Struct

# Without ▄ and █, which some fonts set at another height than the rest.
_BARS = "▁▂▃▅▇"


class Picture(Struct, frozen=True, kw_only=True):
    """How many stories came in equal stretches of time, oldest first."""

    series: tuple[int, ...]
    span: str  # from when to when, how many stretches, and the most in one

    @property
    def bars(self) -> str:
        """The picture in letters: the lowest for none, the highest for the most."""
        return sparkline(self.series)

    @property
    def told(self) -> str:
        return f"{self.bars} {self.span}"


def sparkline(series: Sequence[int]) -> str:
    """A letter for each number. What is not none is always higher than none."""
    most, steps = max(series, default=0), len(_BARS) - 1
    return "".join(_BARS[ceil(count * steps / most) if most else 0] for count in series)


def picture(found: OverTimeHit) -> Picture | None:
    """The picture beside the numbers; None where there is nothing to draw: a feed is silent."""
    if found.since is None or not any(found.series):
        return None
    most = max(found.series)
    span = (
        f"{_at(found.since)} to {_at(found.until or found.at)} UTC in {len(found.series)} bars, "
        f"the highest {most:,} {'story' if most == 1 else 'stories'}"
    )
    return Picture(series=found.series, span=span)


def entries(alert: Alert) -> tuple[Entry, ...]:
    """The stories behind an alert, the newest first; its own item where they were not looked up."""
    if alert.over_time is None:
        return ()
    item = alert.item
    own = Behind(
        item=alert.item_id,
        title=item.title or item.text[:200],
        url=item.url,
        publisher=alert.publisher or alert.source,
        at=alert.over_time.at,
    )
    return tuple(map(_entry, alert.behind or (own,)))


def more(alert: Alert) -> int:
    """How many stories are behind it beside those."""
    found = alert.over_time
    return max(0, found.stories - len(found.items)) if found and alert.behind else 0


def _entry(one: Behind) -> Entry:
    return Entry(
        headline=inert(one.title, 200) or "(no headline)",
        source=f"{inert(one.publisher, 80)} · {_at(one.at)} UTC",
        url=link(one.url),
    )


def _at(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M}"
