"""Many alerts in one message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from watchd.model.feeds import Severity
from watchd.model.hits import Alert
from watchd.model.routes import HeldFor
from watchd.values import Struct, field, replace

if TYPE_CHECKING:
    from watchd.model.board import Board
    from watchd.model.triage import Marks
    from watchd.model.words import Words


class OfRule(Struct, frozen=True, kw_only=True):
    """What a digest has of one rule: how many alerts, and the first of them.

    Programs get all: `others`, and the numbers of the hits of those `left`, which are too many.
    """

    rule: str
    title: str
    severity: Severity  # the highest of them
    count: int
    since: datetime  # when the first was made
    alerts: tuple[Alert, ...]
    others: tuple[Alert, ...] = ()  # the next of them; read only where a program is told
    left: tuple[int, ...] = ()


class Digest(Struct, frozen=True, kw_only=True):
    """One message worth of many alerts, or of none where a digest is proof of life."""

    id: int  # of the first delivery in it
    at: datetime
    mode: str = "now"  # of the routes they took, if it was one: "daily@07:30 Asia/Seoul"
    scheduled: tuple[str, ...] = ()  # "daily", "weekly": the digests it is; of a storm none
    rules: tuple[OfRule, ...] = ()  # the gravest first
    board: Board | None = None  # None: its routes are about no indicator, or want none
    reasons: Mapping[HeldFor, int] = field(default_factory=dict)  # why they come together
    words: Words | None = None  # what it reports in the place of alerts; None: it is of alerts
    feeds: int = 0
    trouble: tuple[tuple[str, str], ...] = ()  # feeds that are not well: name, health
    kept: str = ""  # what else is to be said of its delivery, or ""
    aside: str = ""  # what is to be said beside it: of silences that have ended, or ""
    silenced: int = 0  # hits that those kept back
    marks: tuple[Marks, ...] = ()  # of its rules, as far as they have any
    may_repeat: bool = False

    @property
    def count(self) -> int:
        """How many alerts there are."""
        return sum(one.count for one in self.rules)


def graded(alert: Alert, grades: Mapping[str, str]) -> Alert:
    """An alert with the grade of its feed; `grades` are by the names of feeds."""
    return replace(alert, grade=grades.get(alert.source, ""))


def graded_digest(digest: Digest, grades: Mapping[str, str]) -> Digest:
    """The same for each alert of a digest."""
    rules = (
        replace(one, alerts=tuple(graded(alert, grades) for alert in one.alerts))
        for one in digest.rules
    )
    return replace(digest, rules=tuple(rules))
