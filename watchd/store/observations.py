"""What rules over time have found, and how far the archive was looked through for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, Text, case, cast, delete, func, select, update

from watchd.model import Finding, Item, Observation, Observed, OverTimeHit, StoredItem
from watchd.model.overtime import time_of
from watchd.store.rows import insert, over_time_of, parts
from watchd.store.schema import feeds, hits, items, observations, watches
from watchd.values import Struct

_AT_ONCE = 500  # rows
_OLD_HITS = 500  # of a rule: the newest, which tell when it may alert again


class Watch(Struct, frozen=True, kw_only=True):
    """A rule over time in force, and how far the archive was looked through for it."""

    rule: str
    version: str
    since: datetime
    next_item: int | None  # None: all of it was


class Waiting(Struct, frozen=True, kw_only=True):
    """The observations of a rule that it has not been looked at for."""

    rule: str
    version: str
    first: datetime


class Stand(Struct, frozen=True, kw_only=True):
    """How a feed stands."""

    since: datetime | None  # when it was first read whole; None: not yet
    read: datetime | None  # when it was last read; None: not yet
    new: datetime | None  # when it last brought something new; None: not since the first look


class Newest(Struct, frozen=True, kw_only=True):
    """How a feed stands, for a rule that waits for it to go quiet."""

    times: tuple[datetime, ...]  # when its items of a time were published, or else seen
    item: int  # its last one; 0: it never had any
    revision: int
    last: datetime | None


def add(
    db: Connection, feed: str, found: Iterable[tuple[int | None, Finding]], now: datetime
) -> None:
    """Write what a check observed; new items come with their numbers.

    What an edit has taken out of an item counts no longer.
    """
    rows = []
    for new_id, finding in found:
        item_id = finding.known.id if finding.known else new_id
        if finding.known:
            still = [one.rule for one in finding.observed]
            here = observations.c.item_id == item_id
            db.execute(delete(observations).where(here, observations.c.rule.not_in(still)))
        if finding.observed and item_id is not None:
            place = item_id, feed, time_of(finding.item, now), not finding.baseline
            rows += [_row(one, finding.item, *place, waiting=True) for one in finding.observed]
    _put(db, rows, again=True)


def add_to(
    db: Connection, stored: StoredItem, found: Sequence[Observed], *, old: bool = False
) -> None:
    """Write what was observed in an item of the archive; `old`: it starts no alert."""
    at = time_of(stored.item, stored.first_seen_at)
    place = stored.id, stored.feed, at, not (old or stored.baseline)
    _put(db, [_row(one, stored.item, *place, waiting=not old) for one in found], again=not old)


def _row(
    one: Observed, item: Item, item_id: int, feed: str, at: datetime, wakes: bool, *, waiting: bool
) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "item_id": item_id,
        "version": one.version,
        "at": at,
        "story": one.story,
        "feed": feed,
        "lang": item.lang,
        "steps": dict(one.steps),
        "words": list(one.words),
        "wakes": wakes,
        "waiting": waiting,
    }


def _put(db: Connection, rows: list[dict[str, Any]], *, again: bool) -> None:
    """Write observations; those of items that were edited anew, if `again`."""
    if not rows:
        return
    added = insert(db, observations)
    changed = ("version", "story", "steps", "words", "waiting")
    if again:
        key = ["rule", "item_id"]
        fresh = {name: added.excluded[name] for name in changed}
        added = added.on_conflict_do_update(index_elements=key, set_=fresh)
    else:
        added = added.on_conflict_do_nothing()
    db.execute(added, rows)


_WATCHES = select(watches)


def watching(db: Connection) -> dict[str, Watch]:
    """The rules over time that were in force last, by id."""
    return {
        row.rule: Watch(
            rule=row.rule, version=row.version, since=row.since, next_item=row.next_item
        )
        for row in db.execute(_WATCHES)
    }


def open_ones(db: Connection) -> tuple[dict[str, Watch], dict[str, Waiting]]:
    """What is watched, and of which rules something waits, by id: what every look begins with."""
    return watching(db), {one.rule: one for one in waiting(db)}


def follow(db: Connection, versions: Mapping[str, str], now: datetime) -> None:
    """Have these rules watched, in these versions: what is new begins at the first item."""
    held = watching(db)
    gone = [rule for rule in held if rule not in versions]
    changed = [rule for rule, version in versions.items() if _is_new(held.get(rule), version)]
    for part in parts(gone + changed):
        db.execute(delete(watches).where(watches.c.rule.in_(part)))
    for part in parts(gone):
        db.execute(delete(observations).where(observations.c.rule.in_(part)))
    for rule in changed:
        old = observations.c.rule == rule, observations.c.version != versions[rule]
        db.execute(delete(observations).where(*old))
    if changed:
        rows = [
            {"rule": rule, "version": versions[rule], "since": now, "next_item": 1}
            for rule in changed
        ]
        db.execute(insert(db, watches), rows)


def _is_new(held: Watch | None, version: str) -> bool:
    return held is None or held.version != version


def looked_through(
    db: Connection,
    found: Iterable[tuple[StoredItem, Sequence[Observed]]],
    rules: Collection[str],
    next_item: int | None,
) -> None:
    """Write what old items hold for these rules, and where to go on."""
    for stored, observed in found:
        add_to(db, stored, observed, old=True)
    here = watches.c.rule.in_(list(rules))
    db.execute(update(watches).where(here).values(next_item=next_item))


_WAITING = (
    select(observations.c.rule, observations.c.version, func.min(observations.c.at))
    .where(observations.c.waiting)
    .group_by(observations.c.rule, observations.c.version)
)


def waiting(db: Connection) -> list[Waiting]:
    """The rules that have observations they have not been looked at for."""
    return [
        Waiting(rule=rule, version=version, first=first)
        for rule, version, first in db.execute(_WAITING)
    ]


def load(
    db: Connection, rule: str, version: str, since: datetime, publishers: Mapping[str, str]
) -> tuple[list[Observation], set[int]]:
    """The observations of a rule since a time, in their order, and which of them wait.

    `publishers` are those of the feeds, as they are now in the config.
    """
    seen = observations.c
    query = (
        select(
            seen.item_id, seen.at, seen.story, seen.feed, seen.lang, cast(seen.steps, Text),
            cast(seen.words, Text), seen.wakes, seen.waiting,
        )
        .where(seen.rule == rule, seen.at >= since, seen.version == version)
        .order_by(seen.at, seen.item_id)
    )  # fmt: skip
    read = _Read()
    found, wait = list[Observation](), set[int]()
    for item, at, story, feed, lang, steps, words, wakes, waits in _rows(db, query):
        if waits:
            wait.add(item)
        found.append(
            Observation(
                item=item,
                at=at,
                story=story,
                feed=feed,
                publisher=publishers.get(feed, ""),
                lang=lang,
                steps=read[steps],
                words=tuple(read[words]),
                wakes=wakes,
            )
        )
    return found, wait


def _rows(db: Connection, query: Select[Any]) -> Iterator[Any]:
    """The rows of a long answer; held all at once, they would be gone through as garbage too."""
    for some in db.execute(query).partitions(_AT_ONCE):
        yield from some


class _Read(dict[str, Any]):
    """JSON by its text: most observations of a rule hold the same, which is read once."""

    def __missing__(self, text: str) -> Any:
        self[text] = found = json.loads(text)
        return found


def of_items(db: Connection, numbers: Collection[int]) -> list[tuple[str, Observation]]:
    """What is in these items, with the rule that found it, in the order of the rules."""
    query = select(observations).where(observations.c.item_id.in_(list(numbers)))
    ordered = query.order_by(observations.c.rule, observations.c.item_id)
    return [(row.rule, _observation(row)) for row in db.execute(ordered)]


def _observation(row: Any) -> Observation:
    return Observation(
        item=row.item_id,
        at=row.at,
        story=row.story,
        feed=row.feed,
        lang=row.lang,
        steps=row.steps,
        words=tuple(row.words),
        wakes=row.wakes,
    )


def ended(
    db: Connection, lengths: Mapping[str, timedelta], after: datetime, until: datetime
) -> set[str]:
    """The rules, each with a length of time, for which that has run out between two moments,
    counted from an observation that wakes them."""
    seen = observations.c
    return {
        rule
        for rule, length in lengths.items()
        if db.execute(
            select(seen.item_id)
            .where(seen.rule == rule, seen.at > after - length, seen.at <= until - length)
            .where(seen.wakes)
            .limit(1)
        ).first()
    }


def earlier_hits(db: Connection, rules: Sequence[str]) -> list[tuple[int, OverTimeHit]]:
    """The newest hits of a rule over time, under any of its ids, each with its item."""
    query = (
        select(hits.c.item_id, hits.c.over_time)
        .where(hits.c.rule.in_(list(rules)), hits.c.over_time.is_not(None))
        .order_by(hits.c.id.desc())
        .limit(_OLD_HITS)
    )
    found = [(row.item_id, over_time_of(row.over_time)) for row in db.execute(query)]
    return [(item, hit) for item, hit in found if hit is not None]


def published(db: Connection, names: Collection[str], since: datetime) -> list[datetime]:
    """When each story of these feeds came first, since a time, in order."""
    stated, seen = items.c.published_at, items.c.first_seen_at
    at = case((stated < seen, stated), else_=seen)
    # The feeds are told apart here: a database that is given their names goes by these, and
    # through the whole archive.
    query = select(items.c.feed, items.c.content_hash, at).where(seen >= since, at >= since)
    first: dict[str, datetime] = {}
    for feed, story, moment in _rows(db, query):
        if feed in names and first.setdefault(story, moment) > moment:
            first[story] = moment
    return sorted(first.values())


def stands(db: Connection) -> dict[str, Stand]:
    """How the feeds in the config stand, by name."""
    query = select(feeds.c.name, feeds.c.baseline_at, feeds.c.ok_at, feeds.c.new_at)
    return {
        name: Stand(since=since, read=read, new=new)
        for name, since, read, new in db.execute(query.where(feeds.c.active))
    }


def newest(db: Connection, feed: str, since: datetime) -> Newest:
    """The items of a feed since a time, and its last one."""
    here = items.c.feed == feed
    last = db.scalar(select(func.max(items.c.id)).where(here))
    row = db.execute(select(items).where(items.c.id == last)).first() if last else None
    at = row and (min(row.published_at, row.first_seen_at) if row.published_at else None)
    return Newest(
        times=_times(db, feed, since),
        item=row.id if row else 0,
        revision=row.revision if row else 0,
        last=(at or row.first_seen_at) if row else None,
    )


def _times(db: Connection, feed: str, since: datetime) -> tuple[datetime, ...]:
    stated, seen = items.c.published_at, items.c.first_seen_at
    rows = db.execute(select(stated, seen).where(items.c.feed == feed, seen > since))
    times = (min(published, first) if published else first for published, first in rows)
    return tuple(one for one in times if one > since)


def untold(
    db: Connection,
    rules: Sequence[str],
    names: Iterable[str],
    now: datetime,
    length: timedelta,
    spoke_again: Callable[[Sequence[datetime], datetime], bool],
) -> dict[str, Newest]:
    """By name, the feeds that ever had an item, and whose silence this rule has not told.

    `rules` are the ids it has and had, `length` its time. A silence that was told goes on until
    `spoke_again`, which is given the times of the feed's items and that of the last one then.
    """
    told: dict[str, tuple[int, datetime]] = {}
    for item, hit in earlier_hits(db, rules):
        told.setdefault(hit.key, (item, hit.at))  # the newest first
    found = {}
    for name in names:
        one = newest(db, name, now - length)
        item, at = told.get(name, (0, now))
        if item and (item == one.item or not spoke_again(_times(db, name, at - length), at)):
            continue
        if one.item:
            found[name] = one
    return found


def settle(db: Connection, rule: str, looked_at: Collection[int]) -> None:
    """These observations wait no longer."""
    for part in parts(list(looked_at)):
        here = observations.c.rule == rule, observations.c.item_id.in_(part)
        db.execute(update(observations).where(*here).values(waiting=False))
