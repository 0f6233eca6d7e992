"""What a rule over time makes of past items, look by look, by the daemon's own functions. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Literal, TypeAlias

from watchd.cli.past import Past, PastItem
from watchd.cli.trial import BEARABLE, Found
from watchd.model import Evidence, Observation
from watchd.overtime.looks import reach, ready, rest
from watchd.overtime.observing import observed, probes
from watchd.overtime.offered import Offered
from watchd.overtime.replay import Looked, looks, silences
from watchd.overtime.windows import History, story_of
from watchd.parse.identity import content_hash
from watchd.rules import OverTime, Rule, RuleSet
from watchd.rules.schema import Flatline, Ratio, Spike
from watchd.values import Struct, field, replace

Outcome: TypeAlias = Literal["alert", "rests", "no alert", "not ready"]

_WEEK = timedelta(weeks=1)
_NEAREST = 3


class Items(Struct):
    """The items that a rule over time was tried on."""

    written: OverTime
    rule: OverTime  # the same as if it were in force, whatever its status and its last day
    count: int = 0
    earlier: int = 0  # of them history: from before the time that is asked about
    unread: int = 0  # of sources that the rule leaves out
    undated: int = 0  # before any item with a time
    old: int = 0  # found, and come with the first look at their feed: they start no alert
    sources: Counter[str] = field(default_factory=Counter)
    found: list[Found] = field(default_factory=list)  # by the numbers that observations have
    seen: list[Observation] = field(default_factory=list)
    published: list[tuple[datetime, str]] = field(default_factory=list)  # each with its story
    first: datetime | None = None  # of those that the rule reads
    last: datetime | None = None  # of all


class Tried(Struct, frozen=True, kw_only=True, dict=True):
    """What came of it."""

    items: Items
    looks: tuple[Looked, ...]  # from `start` on, in the order of their times
    start: datetime | None  # None: there was no item with a time that the rule reads
    end: datetime | None
    ready: datetime | None  # when there is history enough; None: the rule needs none

    @property
    def rule(self) -> OverTime:
        return self.items.rule

    @cached_property
    def alerts(self) -> list[Looked]:
        """The looks that would have made an alert."""
        return [one for one in self.looks if one.alerts]

    @cached_property
    def per_day(self) -> Counter[date]:
        """Alerts."""
        return Counter(one.at.date() for one in self.alerts)

    @cached_property
    def weekly(self) -> float | None:
        """Alerts a week; None where the items span less than one."""
        if self.start is None or self.end is None or self.end - self.start < _WEEK:
            return None
        return len(self.alerts) * (_WEEK / (self.end - self.start))

    @property
    def noisy(self) -> bool:
        """Whether these are more alerts than people read, for the severity of the rule."""
        return (self.weekly or 0) > BEARABLE[self.rule.severity]

    def found(self, looked: Looked) -> Found:
        """The item that was the reason for a look."""
        return self.items.found[looked.one.item]

    def nearest(self) -> list[Looked]:
        """Where there is no alert: the looks that came nearest to one, the nearest first."""
        some = [one for one in self.looks if outcome(one) == "no alert"]
        if self.alerts or not any(one.look.value is not None for one in some):
            return []
        return sorted(some, key=lambda one: (_far(self.rule, one), -one.at.timestamp()))[:_NEAREST]


def outcome(looked: Looked) -> Outcome:
    """What a look comes to."""
    if looked.alerts:
        return "alert"
    if looked.rests_until:
        return "rests"
    return "not ready" if looked.look.state == "not ready" else "no alert"


def adds_nothing(looked: Looked) -> bool:
    """Whether the numbers are those of an alert, and yet not by this item: a copy, say."""
    return looked.look.state == "alert" and outcome(looked) == "no alert"


def try_over_time(
    rule: OverTime,
    named: Mapping[str, Rule],
    past: Past,
    publishers: Mapping[str, str],
    begun: Mapping[str, datetime],
    now: datetime,
) -> Tried:
    """Look at a rule as the daemon would have, over past items on their own clock.

    `named` are the rules that its steps may name, `publishers` those of the feeds. `begun` tells
    since when each feed is collected that the rule reads, where that is known: else its items
    begin with the first one here. Each feed counts as read all the time.
    """
    items = Items(written=rule, rule=replace(rule, status="test", expires=None))
    _gather(items, named, past, publishers, now)
    if items.first is None or items.last is None:
        return Tried(items=items, looks=(), start=None, end=None, ready=None)
    end = now if past.stored else items.last
    since = min(begun.values(), default=items.first)
    start = now - past.window if past.stored and past.window else items.first
    items.earlier = bisect_left(sorted(at for at, _ in items.published), start)
    if isinstance(rule.table, Flatline):
        found = _quiet(items, begun, end)
    else:
        # An alert from shortly before the time that is asked about lets the rule rest in it.
        first = start - rest(rule)
        found = looks(
            items.rule,
            items.seen,
            {one.item for one in items.seen if one.at >= first},
            (),
            History(since=since, published=_offered(items)),
            end,
            first - timedelta(microseconds=1),
        )
    ordered = sorted((one for one in found if one.at >= start), key=lambda one: one.at)
    return Tried(
        items=items,
        looks=tuple(ordered),
        start=max(start, items.first),
        end=end,
        ready=ready(items.rule, since),
    )


def lead(rule: OverTime) -> timedelta:
    """How long before a time the items matter for what the rule makes of it."""
    return reach(rule) + rest(rule)


def _gather(
    items: Items,
    named: Mapping[str, Rule],
    past: Past,
    publishers: Mapping[str, str],
    now: datetime,
) -> None:
    """Go through the items, and keep what the rule observes in them."""
    rule, compiled = items.rule, RuleSet(probes(items.rule, named))
    at: datetime | None = None
    for one in past:
        items.count += 1
        items.sources[one.source] += 1
        at = one.at or at  # in a file, that of the one before it
        if at is not None:
            items.last = max(at, items.last or at)
        if not rule.reads(one.source, one.tags):
            items.unread += 1
        elif at is None:
            items.undated += 1
        else:
            _take(items, compiled, replace(one, at=at), publishers.get(one.source, ""), now)
    items.seen.sort(key=lambda one: (one.at, one.item))


def _take(items: Items, compiled: RuleSet, one: PastItem, publisher: str, now: datetime) -> None:
    at, item = one.at, one.item
    assert at is not None
    items.first = min(at, items.first or at)
    items.published.append((at, item.content_hash or content_hash(item.title, item.text)))
    seen = Observation(
        item=len(items.found),
        at=at,
        story=story_of(item),
        feed=one.source,
        publisher=publisher,
        lang=item.lang,
        steps={},
        wakes=not one.old,
    )
    evidence = set[Evidence]()
    if not isinstance(items.rule.table, Flatline):
        matches = compiled.match(item, source=one.source, tags=one.tags, now=now)
        counts = observed(matches, item)  # by the one rule that there is
        if not counts:
            return
        seen = replace(seen, steps=counts[0].steps, words=counts[0].words)
        evidence = {part for match in matches for part in match.evidence}
        items.old += one.old
    items.seen.append(seen)
    items.found.append(Found(past=one, evidence=tuple(sorted(evidence))))


def _offered(items: Items) -> list[datetime]:
    """When each story came first that was published in what a `spike` reads."""
    if not isinstance(items.rule.table, Spike) or not items.published:
        return []
    offered = Offered(reach(items.rule))
    for at, story in sorted(items.published):
        offered.add(story, at)
    return list(offered.since(min(at for at, _ in items.published)))


def _quiet(items: Items, begun: Mapping[str, datetime], end: datetime) -> Iterable[Looked]:
    """The looks at each feed that a `flatline` watches."""
    by_feed: dict[str, list[Observation]] = {}
    for one in items.seen:
        by_feed.setdefault(one.feed, []).append(one)
    for feed, seen in by_feed.items():
        since = begun.get(feed, seen[0].at)
        yield from silences(items.rule, feed, seen, since, end)


def _far(rule: OverTime, looked: Looked) -> float:
    """How far a look is from an alert; only what one rule makes of several looks compares."""
    value = looked.look.value
    if looked.look.chance is not None:
        return looked.look.chance
    if value is None:
        return float("inf")
    fewer_is_nearer = isinstance(rule.table, Flatline) or (
        isinstance(rule.table, Ratio) and rule.table.below is not None
    )
    return value if fewer_is_nearer else -value
