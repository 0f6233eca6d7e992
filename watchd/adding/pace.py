"""How often a feed must be asked so that none of its items is missed. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from watchd.values import Struct

_STEPS = tuple(
    timedelta(minutes=minutes) for minutes in (5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)
)
_USUAL = timedelta(hours=1)
_SOONEST, _LATEST = timedelta(minutes=15), timedelta(hours=6)  # for the sake of timeliness alone
_FEWEST = 3  # dated items that make a rhythm
_SHARE = 4  # an item should be seen in about so many answers before it leaves the feed


class Pace(Struct, frozen=True, kw_only=True):
    """The rhythm that a single look at a feed shows."""

    items: int
    dated: int
    span: timedelta | None = None  # from its oldest dated item to its newest; None: too few
    gap: timedelta | None = None  # the median time between two items
    newest: datetime | None = None
    at_least_every: timedelta | None = None  # asked more seldom, it may lose items; None: unknown
    interval: timedelta = _USUAL  # what is proposed


def pace(published: Iterable[datetime | None], now: datetime, *, cheap: bool) -> Pace:
    """The rhythm of items by their dates; None for one that names none for certain.

    `cheap`: the server answers 304, so that asking often costs it little.
    """
    dates = list(published)
    known = sorted(date for date in dates if date is not None and date <= now + timedelta(days=1))
    if len(known) < _FEWEST:
        newest = known[-1] if known else None
        return Pace(items=len(dates), dated=len(known), newest=newest)
    span = known[-1] - known[0]
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(known)]
    gap = timedelta(seconds=median(gaps))
    # Half of the window may come in one burst; a feed that dates all its items alike has none.
    half = max(1, len(known) // 2)
    burst = min(known[at + half] - known[at] for at in range(len(known) - half))
    safe = max(min(span / _SHARE, burst), span / (4 * _SHARE))
    # What has been silent for longer than its whole window is slower than that tells.
    quiet = now - known[-1]
    wanted = min(max(gap, _SOONEST), _LATEST) if quiet < 4 * span else _USUAL
    wanted = min(wanted, safe) if span else _USUAL
    floor = _STEPS[0] if cheap else _SOONEST
    return Pace(
        items=len(dates),
        dated=len(known),
        span=span,
        gap=gap,
        newest=known[-1],
        at_least_every=step(safe) if span else None,
        interval=max(floor, step(wanted)),
    )


def step(length: timedelta) -> timedelta:
    """The longest usual interval that is not over `length`; the shortest one below them all."""
    return max((one for one in _STEPS if one <= length), default=_STEPS[0])


def sentence(found: Pace) -> str:
    """ "20 items over 9 h: ask at least every 2 h so that none is missed"; "" for no rhythm."""
    if found.span is None or found.at_least_every is None:
        return ""
    every = spelled(found.at_least_every)
    return (
        f"{found.dated} items over {roughly(found.span)}: "
        f"ask at least every {every} so that none is missed"
    )


def roughly(length: timedelta) -> str:
    """A length of time for people, in its largest fitting unit: "9 h", "3 d", "40 min"."""
    seconds = length.total_seconds()
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def spelled(length: timedelta) -> str:
    """As config.toml wants it: "15m", "2h", "1d"."""
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
