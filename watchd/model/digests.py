"""Many alerts in one message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from watchd.model.feeds import Severity
from watchd.model.hits import Alert
from watchd.model.routes import HeldFor
from watchd.model.triage import Marks


@dataclass(frozen=True, slots=True, kw_only=True)
class OfRule:
    """What a digest has of one rule: how many alerts, and the first of them."""

    rule: str
    title: str
    severity: Severity  # the highest of them
    count: int
    since: datetime  # when the first was made
    alerts: tuple[Alert, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """One message worth of many alerts, or of none where a digest is proof of life."""

    id: int  # of the first delivery in it
    at: datetime
    mode: str = "now"  # of the routes they took, if it was one: "daily@07:30 Asia/Seoul"
    rules: tuple[OfRule, ...] = ()  # the gravest first
    reasons: Mapping[HeldFor, int] = field(default_factory=dict)  # why they come together
    feeds: int = 0
    trouble: tuple[tuple[str, str], ...] = ()  # feeds that are not well: name, health
    kept: str = ""  # what else is to be said of its delivery, or ""
    marks: tuple[Marks, ...] = ()  # of its rules, as far as they have any
    may_repeat: bool = False

    @property
    def count(self) -> int:
        """How many alerts there are."""
        return sum(one.count for one in self.rules)
