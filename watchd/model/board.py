"""The board as a reader of digests gets it."""

from __future__ import annotations

from datetime import datetime, timedelta

from watchd.values import Struct


class Standing(Struct, frozen=True, kw_only=True):
    """How one indicator stands, for a reader of digests."""

    rule: str
    title: str
    problem: str
    level: str  # quiet, seen, active, faded, unknown
    was: str  # its level on the board before; "": that one did not have it
    weight: str
    lasts: timedelta  # how long a sighting counts
    texts: int  # distinct, within that time
    last: datetime | None  # of the last of them; None: there never was one
    hit: int  # the number of its hit; 0: there is none
    per_day: tuple[int, ...]  # distinct texts on each of the last days, today the last
    sources: int  # feeds it reads
    unwell: int  # of these, those that cannot be had or say nothing
    reckoned: str  # the level that follows from what was found
    author: str = ""  # who has set another; "": nobody
    reason: str = ""  # why

    @property
    def changed(self) -> bool:
        """Whether it stood otherwise on the board before, or not at all."""
        return self.was != self.level


class Board(Struct, frozen=True, kw_only=True):
    """The indicators that a reader's routes are about."""

    standings: tuple[Standing, ...]  # by problem, the most pressing first
    since: datetime | None = None  # when the one before it was sent; None: this is the first
