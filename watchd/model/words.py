"""What changes in the language of the archive: phrases that rose, fell or are new."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from watchd.values import Struct

PhraseKind = Literal["new", "rose", "fell"]


class Example(Struct, frozen=True, kw_only=True):
    """A text in which a phrase stands."""

    title: str
    url: str
    source: str
    at: datetime


class Phrase(Struct, frozen=True, kw_only=True):
    """A phrase that stands in more, or fewer, of the texts of a language than it did."""

    words: str  # folded
    lang: str  # "" where it is not known
    kind: PhraseKind
    now: int  # distinct texts with it
    of_now: int  # distinct texts in this language
    before: int
    of_before: int
    change: float  # of its share, as a power of two: 1 is twice as frequent
    g2: float  # log-likelihood ratio
    chance: float  # that one of all phrases looks like this by accident; at most 1
    examples: tuple[Example, ...]  # the latest first


class Words(Struct, frozen=True, kw_only=True):
    """What changed between a period and the one before it."""

    since: datetime  # the period begins
    until: datetime  # and ends
    baseline: datetime  # what it is held against begins here, and ends where the period begins
    texts: int  # distinct, in the period
    texts_before: int
    tried: int  # phrases
    phrases: tuple[Phrase, ...]  # the surest first
    not_ready: tuple[str, ...] = ()  # languages with too few texts in the baseline
    share: int = 1  # one text of so many was counted; more than 1 where there was no room for all
    more: int = 0  # phrases that are not told
    name: str = ""  # of the report, as config.toml has it; "": nobody asked for it there
    mode: str = ""  # when it is sent: "weekly@mon 07:30 Asia/Seoul"; "" as before
