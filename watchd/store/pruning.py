"""Forgetting old items, a few at a time, so that nobody waits for it.

What stays, however old:

    items that are in the last complete document of their feed (its window): they would come back
    as news; so does all of a feed that has no window, and of a watched page or an index of
    sitemaps, since nobody can tell what these still show
    the newest items of each feed: an archive that is walked back to close a gap must meet them
    items with a hit of which an alert still waits for its receiver, or for a person
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, false, or_, select

from watchd.model import DeliveryState
from watchd.parse.window import Window, digest, unpack
from watchd.store.engine import Store
from watchd.store.schema import (
    alert_hits,
    alerts,
    deliveries,
    hits,
    item_keys,
    items,
    memories,
    windows,
)
from watchd.values import Struct

STEP = 500  # items looked at in one transaction
_NEWEST = 200  # of each feed: more than a page of any archive holds
_DONE = (DeliveryState.SENT.value, DeliveryState.DROPPED.value)


class Bounds(Struct, frozen=True, kw_only=True):
    """What is old: what was last changed before these times. None: nothing is."""

    items: datetime | None = None  # items in which no rule found anything
    hits: datetime | None = None  # items with a hit, and the hits themselves


def bounds(now: datetime, *, keep: timedelta | None, keep_hits: timedelta | None) -> Bounds | None:
    """The bounds that `[store]` means now; None: everything is kept for ever."""
    if keep is None and keep_hits is None:
        return None
    return Bounds(
        items=None if keep is None else now - keep,
        hits=None if keep_hits is None else now - keep_hits,
    )


class Pruned(Struct, frozen=True, kw_only=True):
    """What one step came to. `next` is where the following one begins; None: that was the last."""

    items: int
    next: int | None


def prune(store: Store, bounds: Bounds) -> Iterator[Pruned]:
    """Forget what is old, step by step, each in a transaction of its own."""
    start: int | None = 1
    while start is not None:
        done = store.write(partial(step, start=start, bounds=bounds))
        yield done
        start = done.next


def step(db: Connection, *, start: int, bounds: Bounds) -> Pruned:
    """Of the next items that are old, from the number `start` on, forget those that may go."""
    old = select(items.c.id, items.c.feed, items.c.key, items.c.url, items.c.content_hash)
    old = old.where(items.c.id >= start, or_(false(), *_conditions(bounds)))
    rows = db.execute(old.order_by(items.c.id).limit(STEP)).all()
    later: dict[int, list[str]] = {}
    numbers = [row.id for row in rows]
    keys = select(item_keys.c.item_id, item_keys.c.key).where(item_keys.c.item_id.in_(numbers))
    for number, key in db.execute(keys):
        later.setdefault(number, []).append(key)
    shown = {feed: _Shown(db, feed) for feed in {row.feed for row in rows}}
    gone = [
        row.id
        for row in rows
        if not shown[row.feed].has(
            row.id, [row.key, *later.get(row.id, ())], row.url, row.content_hash
        )
    ]
    if gone:
        _forget(db, gone)
    return Pruned(items=len(gone), next=numbers[-1] + 1 if len(rows) == STEP else None)


def _conditions(bounds: Bounds) -> Iterator[ColumnElement[bool]]:
    """Each tells of some items that are old enough, and that nothing waits for."""
    of_item = hits.c.item_id == items.c.id
    if bounds.items:
        yield and_(items.c.seen_at < bounds.items, ~exists().where(of_item))
    if bounds.hits:
        waits = exists().where(
            alert_hits.c.hit_id == hits.c.id,
            deliveries.c.alert_id == alert_hits.c.alert_id,
            or_(deliveries.c.state.not_in(_DONE), deliveries.c.finished_at >= bounds.hits),
        )
        has_hit, has_to_stay = exists().where(of_item), or_(hits.c.at >= bounds.hits, waits)
        yield and_(items.c.seen_at < bounds.hits, has_hit, ~exists().where(of_item, has_to_stay))


class _Shown:
    """What a feed shows, as far as that can be told."""

    def __init__(self, db: Connection, feed: str) -> None:
        newest = select(items.c.id).where(items.c.feed == feed).order_by(items.c.id.desc())
        self._newest = db.scalar(newest.offset(_NEWEST - 1).limit(1)) or 0
        found = db.scalar(select(windows.c.entries).where(windows.c.feed == feed))
        window = unpack(found) if found else None
        if db.scalar(select(memories.c.feed).where(memories.c.feed == feed)) is not None:
            window = None
        self._entries = _digests(window) if window else None

    def has(self, number: int, keys: Iterable[str], url: str, content_hash: str) -> bool:
        if self._entries is None or number >= self._newest:
            return True
        words = bytes.fromhex(content_hash)[:8]
        marks = {words, *map(digest, keys), *([digest(url)] if url else [])}
        return not marks.isdisjoint(self._entries)


def _digests(window: Window) -> frozenset[bytes]:
    """By key, link or words: an entry that has any of them may be the item."""
    return frozenset(
        one for entry in window.entries for one in (entry.name, entry.key, entry.url, entry.content)
    )


def _forget(db: Connection, numbers: list[int]) -> None:
    """Delete items, and with them all that hangs on them; alerts of nothing else go as well."""
    of_items = select(hits.c.id).where(hits.c.item_id.in_(numbers))
    about = select(alert_hits.c.alert_id).where(alert_hits.c.hit_id.in_(of_items))
    touched = list(db.scalars(about.distinct()))
    db.execute(delete(items).where(items.c.id.in_(numbers)))
    if touched:
        left = exists().where(alert_hits.c.alert_id == alerts.c.id)
        db.execute(delete(alerts).where(and_(alerts.c.id.in_(touched), ~left)))
