"""Rules over time, evaluated by query over what was observed: nothing of it lives in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeAlias

from watchd import log
from watchd.judging import Router, log_hits
from watchd.model import Due, Feed, Hit, HitStatus, OverTimeHit, StoredItem
from watchd.overtime.looks import look, reach
from watchd.overtime.observing import observed, probes, version_of
from watchd.overtime.replay import Event, events, has_deadlines
from watchd.overtime.silence import Quiet, can_tell, spoke_again
from watchd.overtime.windows import History, span
from watchd.rules.ruleset import RuleSet
from watchd.rules.schema import Flatline
from watchd.store import Store, archive, observations
from watchd.store.record import record_over_time
from watchd.values import Struct

if TYPE_CHECKING:
    from watchd.rules import Match, OverTime, Rule
    from watchd.store.observations import Stand, Watch

_log = log.Log("watchd.evaluate")
_AT_ONCE = 1000  # items of the archive looked through in one go
_LATE = timedelta(days=7)  # a deadline that passed longer ago, while watchd was away, is old news


# When the stories of some feeds came, since a day: read once for all the rules that ask.
Published: TypeAlias = dict[tuple[frozenset[str], datetime], Sequence[datetime]]


class Evaluated(Struct, frozen=True, kw_only=True):
    """What came of one evaluation."""

    hits: tuple[tuple[int, Due], ...] = ()
    deliveries: int = 0
    more: bool = False  # the archive has not been looked through for every rule yet


class InForce(Struct, frozen=True, kw_only=True, dict=True):
    """The rules over time, those of one item that they may name, the feeds, and the routes."""

    over_time: Mapping[str, OverTime]
    rules: Mapping[str, Rule]
    feeds: Mapping[str, Feed]
    route: Router
    published: Callable[[set[str], datetime], Sequence[datetime]] | None = None
    """When the stories of some feeds came, since a time; None: the archive knows."""

    def active(self, now: datetime) -> dict[str, OverTime]:
        """The rules that are looked at."""
        return {name: rule for name, rule in self.over_time.items() if rule.active(now)}

    @cached_property
    def versions(self) -> dict[str, str]:
        """What the observations of each mean, by its id."""
        return {name: version_of(rule, self.rules) for name, rule in self.over_time.items()}

    def read_by(self, rule: OverTime) -> set[str]:
        """The names of the feeds that a rule reads."""
        return {feed.name for feed in self.feeds.values() if rule.reads(feed.name, feed.tags)}


async def evaluate(
    store: Store,
    desk: InForce,
    now: datetime,
    *,
    timed: bool = True,
    looked: datetime | None = None,
) -> Evaluated:
    """Look at every rule over time for which something has come in and, if `timed`, at those
    whose time may have run out since they were `looked` at (None: never)."""
    active = desk.active(now)
    held, waiting = await store.do_read(observations.open_ones)
    versions = {name: desk.versions[name] for name in active}
    if versions != {name: one.version for name, one in held.items()}:
        await store.do_write(observations.follow, versions, now)
        held = await store.do_read(observations.watching)
    more = await _look_through(store, desk, active, held, now)
    ready = {name: rule for name, rule in active.items() if held[name].next_item is None}
    clocked = await _clocked(store, ready.values(), now, looked) if timed else set()
    if not (waiting or clocked):
        return Evaluated(more=more)
    states = await store.do_read(observations.stands)
    found: list[tuple[int, Due]] = []
    published: Published = {}
    for name, rule in ready.items():
        if isinstance(rule.table, Flatline):
            if timed:
                found += await _silences(store, desk, rule, states, now)
        elif name in waiting or name in clocked:
            first = waiting[name].first if name in waiting else now
            found += await _evaluate(store, desk, rule, held[name], first, states, published, now)
    deliveries = sum(len(due.endpoints) for _, due in found)
    return Evaluated(hits=tuple(found), deliveries=deliveries, more=more)


async def _clocked(
    store: Store, rules: Iterable[OverTime], now: datetime, looked: datetime | None
) -> set[str]:
    """The rules that may have something to say though nothing has come in."""
    lengths = {rule.id: reach(rule) / 2 for rule in rules if has_deadlines(rule)}
    silences = {rule.id for rule in rules if isinstance(rule.table, Flatline)}
    if lengths and looked is not None:
        return silences | await store.do_read(observations.ended, lengths, looked, now)
    return silences | lengths.keys()


async def _look_through(
    store: Store,
    desk: InForce,
    active: Mapping[str, OverTime],
    held: Mapping[str, Watch],
    now: datetime,
) -> bool:
    """Look through some more of the archive for rules that are new; whether more is left."""
    behind = {name: one.next_item for name, one in held.items() if one.next_item is not None}
    if not behind:
        return False
    start = min(behind.values())
    rules = [active[name] for name, place in behind.items() if place == start]
    since = now - max(map(reach, rules))
    items = await store.do_read(archive.next_items, start, since=since, limit=_AT_ONCE)
    compiled = RuleSet(one for rule in rules for one in probes(rule, desk.rules))
    found = [
        (stored, observed(_matches(compiled, stored, desk, now), stored.item)) for stored in items
    ]
    next_item = items[-1].id + 1 if len(items) == _AT_ONCE else None
    names = [rule.id for rule in rules]
    await store.do_write(observations.looked_through, found, names, next_item)
    return True


def _matches(compiled: RuleSet, stored: StoredItem, desk: InForce, now: datetime) -> list[Match]:
    feed = desk.feeds.get(stored.feed)
    tags = feed.tags if feed else ()
    return compiled.match(stored.item, source=stored.feed, tags=tags, now=now)


async def _evaluate(
    store: Store,
    desk: InForce,
    rule: OverTime,
    watch: Watch,
    first: datetime,
    states: Mapping[str, Stand],
    published: Published,
    now: datetime,
) -> list[tuple[int, Due]]:
    """One rule: what its observations come to, written down with their alerts."""
    back = _LATE + reach(rule) if has_deadlines(rule) else reach(rule)
    since = min(first, now) - back
    publishers = {feed.name: feed.publisher for feed in desk.feeds.values()}
    seen, waiting = await store.do_read(
        observations.load, rule.id, watch.version, since, publishers
    )
    earlier = await store.do_read(observations.earlier_hits, rule.ids)
    history = await _history(store, desk, rule, since, states, published, now)
    known_since = max(watch.since, now - _LATE)
    made = events(rule, seen, waiting, earlier, history, now, known_since)
    places = [(one, await _due(store, desk, rule, one, now)) for one in made]
    return await _record(store, rule, places, waiting, now)


async def _history(
    store: Store,
    desk: InForce,
    rule: OverTime,
    since: datetime,
    states: Mapping[str, Stand],
    published: Published,
    now: datetime,
) -> History:
    """Since when items are collected for a rule and, if it asks for that, all that came."""
    names = desk.read_by(rule)
    begun = [one.since for name, one in states.items() if name in names and one.since]
    if rule.type != "spike":
        return History(since=min(begun, default=now))
    day = since.replace(hour=0, minute=0, second=0, microsecond=0)  # what many rules share
    if desk.published is not None:
        return History(since=min(begun, default=now), published=desk.published(names, day))
    scope = frozenset(names), day
    if scope not in published:
        published[scope] = await store.do_read(observations.published, names, day)
    return History(since=min(begun, default=now), published=published[scope])


async def _silences(
    store: Store, desk: InForce, rule: OverTime, states: Mapping[str, Stand], now: datetime
) -> list[tuple[int, Due]]:
    """The feeds of a `flatline` that have gone quiet: a hit on the last item of each."""
    table = rule.table
    assert isinstance(table, Flatline)
    length, places = span(table.within), list[Event]()
    asked = [
        name
        for name in watched(table.sources, desk.feeds.values())
        if (state := states.get(name)) and _may_be_quiet(table, state, now)
    ]
    if not asked:
        return []
    again = partial(spoke_again, table)
    quiet_ones = await store.do_read(observations.untold, rule.ids, asked, now, length, again)
    for name, newest in quiet_ones.items():
        state = states[name]
        quiet = Quiet(count=len(newest.times), last=newest.last, since=state.since, read=state.read)
        (found,) = look(rule, (), now, History(since=now), {name: quiet})
        if found.state == "alert":
            at = newest.last or now
            hit = OverTimeHit(
                said=found.said, value=found.value, items=(newest.item,), series=(), at=at, key=name
            )
            places.append(Event(item=newest.item, feed=name, found=hit))
    return await _record(
        store, rule, [(one, await _due(store, desk, rule, one, now)) for one in places], (), now
    )


def _may_be_quiet(table: Flatline, state: Stand, now: datetime) -> bool:
    """Whether a feed has to be looked at closely; most have just brought something."""
    if not can_tell(table, state.since, state.read, now):
        return False
    brought = state.new is not None and state.new > now - span(table.within)
    return table.fewer_than > 1 or not brought


def watched(sources: Iterable[str], known: Iterable[Feed]) -> list[str]:
    """The names of the feeds that a list of names and tags means."""
    wanted = set(sources)
    return [
        feed.name
        for feed in known
        if feed.name in wanted or not wanted.isdisjoint(f"tag:{tag}" for tag in feed.tags)
    ]


async def _due(
    store: Store, desk: InForce, rule: OverTime, event: Event, now: datetime
) -> tuple[int, Due] | None:
    """The hit of an alert with the revision of its item; None: the item is gone."""
    found = await store.do_read(archive.find_items, id=event.item)
    if not found:
        return None
    stored, feed = found[0], desk.feeds.get(event.feed)
    compiled = RuleSet(probes(rule, desk.rules))
    words = {one for match in _matches(compiled, stored, desk, now) for one in match.evidence}
    endpoints = desk.route(feed, stored.item, now)(rule) if feed else ()
    status = HitStatus.ALERTED if endpoints else HitStatus.UNROUTED
    if rule.status != "stable":
        status, endpoints = HitStatus.QUIET, ()
    hit = Hit(
        rule=rule.id,
        rule_version=rule.version,
        title=rule.title,
        severity=rule.severity,
        why=f"{event.found.said}. {rule.why}".strip(),
        evidence=tuple(sorted(words)),
        status=status,
        over_time=event.found,
    )
    return stored.revision, Due(hit=hit, endpoints=endpoints)


async def _record(
    store: Store,
    rule: OverTime,
    made: Sequence[tuple[Event, tuple[int, Due] | None]],
    looked_at: Collection[int],
    now: datetime,
) -> list[tuple[int, Due]]:
    """Write hits and alerts, and that these observations wait no longer: all, or nothing."""
    found = [(event.item, *due) for event, due in made if due]
    if not found and not looked_at:
        return []
    written = await store.do_write(record_over_time, rule.id, found, looked_at, now)
    feed_of = {due[1].hit.over_time: event.feed for event, due in made if due}
    for hit_id, due in written:
        log_hits(_log, feed_of.get(due.hit.over_time, ""), [(hit_id, due)])
    return written
