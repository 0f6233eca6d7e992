"""What people say of hits: silences, acknowledgements, marks.

Not among the names of `watchd.model`: a start has no use for them.
"""

from __future__ import annotations

from datetime import datetime

from watchd.values import Struct


class Matcher(Struct, frozen=True, kw_only=True):
    """One condition of a silence: `key` is rule, tag, source or words."""

    key: str
    value: str  # a pattern, `*` standing for any letters; of words a phrase, or a query


class Silence(Struct, frozen=True, kw_only=True):
    """Hits that all its matchers fit are kept, and not sent, from `created_at` to `ends_at`."""

    id: int = 0  # 0: not stored yet
    matchers: tuple[Matcher, ...]
    reason: str
    by: str
    critical: bool = False  # keeps back what is critical, too
    created_at: datetime
    ends_at: datetime
    kept: int = 0  # hits it has kept back so far

    @property
    def told(self) -> str:
        """Its matchers as they are written: "rule=dprk/* tag=missile"."""
        return " ".join(f"{one.key}={one.value}" for one in self.matchers)


class Ack(Struct, frozen=True, kw_only=True):
    """Somebody has seen what a rule found in a story: only new words are sent of it."""

    hit: int
    rule: str
    story: int
    words: frozenset[str]  # case folded: what the rule had found in the story by then
    by: str
    note: str
    at: datetime


class Mark(Struct, frozen=True, kw_only=True):
    """What somebody thinks of a hit."""

    hit: int
    useful: bool  # False: noise
    by: str
    note: str
    at: datetime

    @property
    def word(self) -> str:
        """As it is typed."""
        return "useful" if self.useful else "noise"


class Marks(Struct, frozen=True, kw_only=True):
    """The marks on the hits of a rule, counted."""

    rule: str
    useful: int
    noise: int

    @property
    def precision(self) -> float:
        """The share that was useful, from 0 to 1. There is at least one mark."""
        return self.useful / (self.useful + self.noise)

    @property
    def told(self) -> str:
        """In words: "9 of 12 useful (75 %)"."""
        count = self.useful + self.noise
        return f"{self.useful} of {count} useful ({round(100 * self.precision)} %)"
