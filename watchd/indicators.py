"""Indicators and warning: how far each sign has shown itself, and who could have seen it.

A rule with an [indicator] table is one indicator of a problem. What it says is a judgement of what
was found, never of what was not: where most of its sources cannot be had, "nothing found" is
`unknown` and not `quiet`. A person's judgement stands above what is reckoned here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from watchd.values import Struct

DAYS = 30  # of the small chart


class Level(StrEnum):
    """How an indicator stands."""

    QUIET = "quiet"  # nothing found, and most of its sources could be read
    SEEN = "seen"  # found of late, in fewer texts than its weight asks for
    # Found of late in as many: one for strong, two for moderate, three for weak; or told of late by
    # a rule over time, which alerts of what many texts say together.
    ACTIVE = "active"
    FADED = "faded"  # found, and not of late
    UNKNOWN = "unknown"  # nothing of late, and most of its sources cannot be had or say nothing


NEEDED = {"strong": 1, "moderate": 2, "weak": 3}
"""Distinct texts within `lasts` that make an indicator active, by its weight."""


class Sighting(Struct, frozen=True, kw_only=True):
    """One text in which a rule found something. `story` is the same for copies of one text."""

    hit: int
    story: str
    source: str
    title: str
    url: str
    at: datetime  # published, or first seen if that is earlier or all that is known
    # When a rule over time told of it, or now, while the silence that it told of goes on. None: a
    # rule of one item found it.
    told: datetime | None = None

    @property
    def counts_from(self) -> datetime:
        """From when on it counts, for as long as `lasts`."""
        return self.told or self.at


class Judgement(Struct, frozen=True, kw_only=True):
    """A level that a person has set. `level` None: the reckoned one counts again."""

    rule: str
    level: Level | None
    reason: str
    author: str
    at: datetime


class Indicator(Struct, frozen=True, kw_only=True):
    """One line of the board."""

    rule: str
    title: str
    problem: str
    points_to: str
    weight: str  # strong, moderate, weak
    lasts: timedelta  # how long a sighting counts
    reckoned: Level
    texts: int  # distinct, within `lasts`
    last: Sighting | None  # None: never
    seen_in: tuple[str, ...]  # feeds, within `lasts`
    sources: tuple[str, ...]  # feeds it reads
    unwell: tuple[str, ...]  # those of them that cannot be had, or say nothing
    per_day: tuple[int, ...]  # distinct texts on each of the last DAYS days, today the last
    judgement: Judgement | None = None  # the last one of a person; None: none is in force

    @property
    def level(self) -> Level:
        """A person's, else the reckoned one."""
        if self.judgement and self.judgement.level:
            return self.judgement.level
        return self.reckoned


def reckon(
    sightings: Sequence[Sighting],
    *,
    weight: str,
    lasts: timedelta,
    sources: Collection[str],
    unwell: Collection[str],
    now: datetime,
) -> Level:
    """The level that follows from what was found, and from what could be read.

    `sources` are the feeds that the rule reads, `unwell` those of them that say nothing now.
    """
    fresh = [one for one in sightings if one.counts_from > now - lasts]
    if fresh:
        texts = len({one.story for one in fresh})
        is_enough = texts >= NEEDED[weight] or any(one.told for one in fresh)
        return Level.ACTIVE if is_enough else Level.SEEN
    if 2 * len(unwell) >= len(sources):
        return Level.UNKNOWN
    return Level.FADED if sightings else Level.QUIET


def per_day(sightings: Sequence[Sighting], today: date) -> tuple[int, ...]:
    """Distinct texts on each of the last DAYS days, today the last."""
    counts = [0] * DAYS
    for day, _ in {(one.at.date(), one.story) for one in sightings}:
        back = (today - day).days
        if 0 <= back < DAYS:
            counts[DAYS - 1 - back] += 1
    return tuple(counts)
