"""What rules over time look at, and what they find."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from watchd.model.items import Item
from watchd.values import Struct


class Observation(Struct, frozen=True, kw_only=True):
    """An item in which a rule over time has found one of its queries, or several."""

    item: int  # its number in the archive
    at: datetime  # when it was published; when it was first seen, if that is not known or later
    story: str  # the same for copies of one text
    feed: str
    publisher: str = ""
    lang: str = ""
    steps: Mapping[str, int]  # mentions, by the key of the query: ratio.count
    words: tuple[str, ...] = ()  # the wordings of `new_term`, folded
    wakes: bool = True  # False: old news, which counts, and starts no alert by itself


class Observed(Struct, frozen=True, kw_only=True):
    """What a rule over time has found in an item, before the item has its number."""

    rule: str
    version: str
    story: str  # as in Observation
    steps: Mapping[str, int]
    words: tuple[str, ...] = ()


class OverTimeHit(Struct, frozen=True, kw_only=True):
    """What a hit of a rule over time says beside the words of its item."""

    said: str  # the numbers in a sentence
    value: float | None  # the figure; None: there is none, or it has no bounds
    items: tuple[int, ...]  # the newest stories behind it, as numbers of items, newest first
    series: tuple[int, ...]  # stories in equal stretches of time up to it, oldest first
    at: datetime  # of the item that made it
    key: str = ""  # what it was counted for; "": for all together
    since: datetime | None = None  # the beginning of the series; None: there is no series
    stories: int = 0  # behind it altogether
    until: datetime | None = None  # the end of the series; None: `at`
    words: tuple[str, ...] = ()  # that it told as new, as they are compared


class Behind(Struct, frozen=True, kw_only=True):
    """A story behind an alert of a rule over time: the newest item that counted for it."""

    item: int
    title: str
    url: str
    publisher: str
    at: datetime  # as in Observation


def time_of(item: Item, seen: datetime) -> datetime:
    """When an item counts: when it was published, but never after it was seen."""
    return min(item.published, seen) if item.published else seen
