"""What a rule finds in items, and how many alerts that would be. Pure: no I/O, no clock."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from watchd.cli.past import PastItem
from watchd.model import Evidence, Severity
from watchd.rules import Rule, RuleSet
from watchd.rules.tree import All, Any, AtLeast, Except, Near, Node, Not
from watchd.text import fold
from watchd.values import Struct, replace

# More alerts a week than this, and people stop reading those of a severity. What is critical
# interrupts; what is told for information is skimmed.
BEARABLE: dict[Severity, int] = {"critical": 7, "high": 35, "medium": 70, "low": 140, "info": 350}

_DAY = timedelta(days=1)
_FEW = 10  # items; a source with fewer says too little of how often it publishes
_TOO_FEW = 5  # hits; in less than a week they say nothing of how many a week there will be
_MISSES = 3


class Found(Struct, frozen=True, kw_only=True):
    """An item, and the words of it that a rule found."""

    past: PastItem
    evidence: tuple[Evidence, ...]


class Newest:
    """The newest of what is added, up to a number; what has no date comes last."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._heap: list[tuple[tuple[float, ...], int, Found]] = []
        self._count = 0

    def add(self, found: Found, *rank: float) -> None:
        """`rank` counts before the date: the higher, the better."""
        self._count += 1  # of equals the first stays
        at = found.past.at.timestamp() if found.past.at else float("-inf")
        heapq.heappush(self._heap, ((*rank, at), -self._count, found))
        if len(self._heap) > self._limit:
            heapq.heappop(self._heap)

    def __iter__(self) -> Iterator[Found]:
        return (found for _, _, found in sorted(self._heap, reverse=True, key=lambda one: one[:2]))


class Trial:
    """A rule at work on one item after another. It is tried also when it is off or has expired."""

    def __init__(self, rule: Rule, *, samples: int, now: datetime) -> None:
        self.rule = rule
        self.now = now
        self.items = 0
        self.unread = 0  # items of sources that the rule leaves out
        self.hits = 0
        self.undated = 0  # hits without a date
        self.per_day: Counter[date] = Counter()
        self.by_source: Counter[str] = Counter()
        self.sources: Counter[str] = Counter()  # all that there were
        self.samples = Newest(samples)
        self._ruleset = RuleSet([always(rule)])
        self._nearest = Nearest(rule, now)
        self._words: dict[str, Counter[str]] = {}  # by how they read to the rule, as written
        self._oldest: dict[str, datetime] = {}  # item of each source
        self._newest: datetime | None = None
        self._hit_at: list[tuple[str, datetime]] = []

    def look(self, past: PastItem) -> None:
        """Match one item."""
        self.items += 1
        self.sources[past.source] += 1
        if past.at is not None:
            self._oldest[past.source] = min(past.at, self._oldest.get(past.source, past.at))
            self._newest = max(past.at, self._newest or past.at)
        if not self.rule.reads(past.source, past.tags):
            self.unread += 1
            return
        matches = self._ruleset.match(past.item, source=past.source, tags=past.tags, now=self.now)
        if matches:
            self._hit(Found(past=past, evidence=matches[0].evidence))
        elif not self.hits:
            self._nearest.look(past)

    def _hit(self, found: Found) -> None:
        past = found.past
        self.hits += 1
        self.by_source[past.source] += 1
        self.samples.add(found)
        if past.at is None:
            self.undated += 1
        else:
            self.per_day[past.at.date()] += 1
            self._hit_at.append((past.source, past.at))
        for word, quote in {fold(e.quote).text: e.quote for e in found.evidence}.items():
            self._words.setdefault(word, Counter())[quote] += 1

    def words(self, most: int) -> list[tuple[str, int]]:
        """The words that matched in the most items, as they are mostly written, and in how many."""
        counted = [
            (spelled.most_common(1)[0][0], spelled.total()) for spelled in self._words.values()
        ]
        return sorted(counted, key=lambda one: -one[1])[:most]

    def span(self, window: timedelta | None) -> tuple[datetime, datetime] | None:
        """The time of the items; older ones than `window` before the newest are left aside."""
        if self._newest is None:
            return None
        first = min(self._oldest.values())
        return (max(first, self._newest - window) if window else first), self._newest

    def weekly(self, window: timedelta | None) -> float | None:
        """Alerts a week, as they came in the items; None when too little is known to tell.

        Each source counts over the time that its own items span: a feed that lists 20 items holds
        a day of one source and a year of another.
        """
        span = self.span(window)
        if span is None or (self.hits and self.undated == self.hits):
            return None
        start, end = span
        if self.hits < _TOO_FEW and end - start < timedelta(weeks=1):
            return None
        hits = Counter(self._group(source) for source, at in self._hit_at if at >= start)
        oldest: dict[str, datetime] = {}
        for source, at in self._oldest.items():
            group = self._group(source)
            oldest[group] = min(at, oldest.get(group, at))
        week = timedelta(weeks=1)
        return sum(
            count * (week / max(end - max(oldest[group], start), _DAY))
            for group, count in hits.items()
        )

    def noisy(self, window: timedelta | None) -> bool:
        """Whether these are more alerts than people read, for the severity of the rule."""
        return (self.weekly(window) or 0) > BEARABLE[self.rule.severity]

    def _group(self, source: str) -> str:
        return source if self.sources[source] >= _FEW else ""

    def nearest(self) -> list[tuple[Found, str]]:
        """If nothing was found: the items that were closest, and what each lacks, in words."""
        return [] if self.hits else self._nearest.told()


class Nearest:
    """Which items have most of what a rule asks for."""

    def __init__(self, rule: Rule, now: datetime) -> None:
        self._now = now
        self._rule = RuleSet([always(rule)])
        parts = list(dict.fromkeys(_parts(rule.query)))
        self._parts = RuleSet(
            replace(always(rule), id=str(number), query=part) for number, part in enumerate(parts)
        )
        self._best = Newest(_MISSES)

    def look(self, past: PastItem) -> None:
        """Weigh an item that the rule does not match."""
        matches = self._parts.match(past.item, source=past.source, tags=past.tags, now=self._now)
        spans = {evidence for match in matches for evidence in match.evidence}
        self._best.add(Found(past=past, evidence=tuple(sorted(spans))), len(matches))

    def told(self) -> list[tuple[Found, str]]:
        """The best, and what they lack. Where none has anything, one stands for all."""
        best = list(self._best)
        some = [found for found in best if found.evidence] or best[:1]
        return [
            (found, self._rule.why_not(found.past.item, source=found.past.source)) for found in some
        ]


def always(rule: Rule) -> Rule:
    """The rule as if it were in force, whatever its status and its last day."""
    return replace(rule, status="test", expires=None)


def _parts(node: Node) -> list[Node]:
    """What has to be there, piece by piece."""
    match node:
        case All(parts=parts):
            return [piece for part in parts for piece in _parts(part)]
        case Near(left=left, right=right):
            return _parts(left) + _parts(right)
        case Any(parts=parts) if any(isinstance(part, (All, Near)) for part in parts):
            return [piece for part in parts for piece in _parts(part)]
        case Except(kept=part) | AtLeast(part=part):
            return _parts(part)
        case Not():
            return []
        case _:
            return [node]
