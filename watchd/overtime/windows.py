"""Observations within a time, stories among them, and the words for both."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from watchd.model import Item, Observation
from watchd.rules.meant import seconds
from watchd.text import fold
from watchd.values import Struct

_NO_WORD = re.compile(r"[\W_]+")

State = Literal["alert", "no alert", "not ready"]


class Look(Struct, frozen=True, kw_only=True):
    """What a rule over time comes to at one time, for one of the keys that it counts by."""

    state: State
    said: str  # the numbers in a sentence, or why it is not ready
    value: float | None = None  # the figure that `value` of a test asks for
    expected: float | None = None  # what the time before makes likely; None: the type knows none
    chance: float | None = None  # of such a figure or a higher one; None: the type knows none
    key: str = ""  # of `by`, or of the feed that went quiet; "": it counts all together
    behind: tuple[Observation, ...] = ()  # what was counted, oldest first
    words: tuple[str, ...] = ()  # that are new, of a `new_term`


class History(Struct, frozen=True, kw_only=True):
    """What is known beside the observations of a rule."""

    since: datetime  # when items began to be collected
    published: Sequence[datetime] = ()  # when each story of the rule's feeds came first, sorted
    told: frozenset[str] = frozenset()  # the wordings that alerts of the rule told of


def span(duration: str) -> timedelta:
    """The length of a duration as rules write it: "36h"."""
    return timedelta(seconds=seconds(duration))


def words_of(text: str) -> str:
    """A text as it is compared with another: without capitals and signs."""
    return _NO_WORD.sub(" ", fold(text).text).strip()


def story_of(item: Item) -> str:
    """What copies of one text have in common: a hash of its words, without signs and capitals."""
    words = words_of(f"{item.title}\n{item.text}")
    return hashlib.blake2b(words.encode(errors="replace"), digest_size=12).hexdigest()


def within(
    seen: Iterable[Observation], after: datetime, until: datetime, step: str = ""
) -> list[Observation]:
    """The observations later than `after` and no later than `until`; those of one query."""
    return [one for one in seen if after < one.at <= until and (not step or step in one.steps)]


def stories(seen: Iterable[Observation]) -> list[Observation]:
    """The first observation of each story."""
    first: dict[str, Observation] = {}
    for one in seen:
        first.setdefault(one.story, one)
    return list(first.values())


def counted(number: int, noun: str) -> str:
    """ "1 story", "2 stories"."""
    many = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else many}"


def chance_in_words(chance: float) -> str:
    """A small probability for a sentence: "about 0.7 %", "under 0.01 %"."""
    percent = chance * 100
    if percent < 0.01:
        return "under 0.01 %"
    return f"about {percent:.2g} %" if percent < 10 else f"about {percent:.0f} %"
