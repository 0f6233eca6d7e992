"""A database that forgets: what past items are put into, to see what would have come of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, func, select, update

from watchd.model import DeliveryState, HitStatus, Item, Rate, StoredItem
from watchd.store import claiming, outbox
from watchd.store.archive import REVISED
from watchd.store.engine import Store, open_store
from watchd.store.limits import Limits
from watchd.store.outbox import WAITS, Settled
from watchd.store.rows import insert_new, parts, stored_item
from watchd.store.schema import (
    alert_hits,
    deliveries,
    feeds,
    hits,
    item_revisions,
    items,
    observations,
)
from watchd.values import Struct

_SENT = Settled(state=DeliveryState.SENT, next_attempt_at=None)


@contextmanager
def scratch() -> Iterator[Store]:
    """An empty database in a folder of its own; both are gone afterwards."""
    with TemporaryDirectory(prefix="watchd-") as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'backtest.db'}")
        try:
            # It need not outlive a power cut.
            with store.engine.execution_options(watchd_alone=True).connect() as db:
                db.exec_driver_sql("PRAGMA synchronous=OFF")
            yield store
        finally:
            store.close()


class Told(Struct, frozen=True, kw_only=True):
    """An alert in a message."""

    rule: str
    hit: int
    title: str  # of the item
    feed: str
    url: str


class Message(Struct, frozen=True, kw_only=True):
    """What would have been sent: to whom, when, and what was in it."""

    at: datetime
    endpoint: str
    held_for: str  # HeldFor of its first alert
    told: tuple[Told, ...]


class PastHit(Struct, frozen=True, kw_only=True):
    """A hit there would have been, by what names it in any archive."""

    rule: str
    feed: str
    key: str
    title: str
    at: datetime
    alerted: bool


def meet(db: Connection, feed: str, since: datetime) -> None:
    """Begin with a feed, which is collected since then."""
    row = {
        "name": feed,
        "address": "",
        "validators_for": "",
        "title": "",
        "next_check_at": since,
        "ok_at": since,
        "baseline_at": since,
        "failures": 0,
        "error": "",
        "health": "ok",
        "moved_to": "",
        "claim": None,
    }
    db.execute(insert_new(db, feeds), [row])


def read_at(db: Connection, now: datetime) -> None:
    """All feeds were read at this time: of none is it unknown whether it is silent."""
    db.execute(update(feeds).values(ok_at=now))


def brought(db: Connection, feed: str, now: datetime) -> None:
    """A feed brought something new."""
    db.execute(update(feeds).where(feeds.c.name == feed).values(new_at=now))


def next_due(db: Connection) -> datetime | None:
    """When the next delivery is to be looked at; None: none waits."""
    at: datetime | None = db.scalar(select(func.min(deliveries.c.next_attempt_at)).where(WAITS))
    return at


def send(
    db: Connection, now: datetime, storm: Callable[[str], Rate | None]
) -> tuple[list[Message], datetime | None]:
    """All that goes out at a time, as if taken at once; and when something is due again.

    `storm` says of an endpoint what it takes.
    """
    sent, due = list[Message](), next_due(db)
    while due is not None and due <= now:
        before = len(sent)
        for name in claiming.due_endpoints(db, now):
            batch = claiming.claim_next(db, name, now, Limits(storm=storm(name)))
            if batch is not None:
                outbox.settle(db, batch.ids, _SENT, now)
                held = batch.deliveries[0].held_for.value
                said = tuple(told(db, batch.ids))
                sent.append(Message(at=now, endpoint=name, held_for=held, told=said))
        due = next_due(db)
        if len(sent) == before:
            break
    return sent, due


def told(db: Connection, ids: Sequence[int]) -> list[Told]:
    """What these deliveries carry, in their order."""
    query = (
        select(hits.c.rule, hits.c.id, items.c.title, items.c.feed, items.c.url)
        .join_from(deliveries, alert_hits, alert_hits.c.alert_id == deliveries.c.alert_id)
        .join(hits, hits.c.id == alert_hits.c.hit_id)
        .join(items, items.c.id == hits.c.item_id)
        .order_by(deliveries.c.id)
    )
    return [
        Told(rule=rule, hit=hit, title=title, feed=feed, url=url)
        for part in parts(ids)
        for rule, hit, title, feed, url in db.execute(query.where(deliveries.c.id.in_(part)))
    ]


def waiting(db: Connection) -> int:
    """How many deliveries wait still."""
    return db.scalar(select(func.count()).select_from(deliveries).where(WAITS)) or 0


def find(db: Connection, feed: str, key: str) -> StoredItem | None:
    """An item that was put here before; None: nothing was found in it, and it was not."""
    query = select(items).where(items.c.feed == feed, items.c.key == key)
    row = db.execute(query).mappings().first()
    return stored_item({**row, "article": "", "article_state": None}) if row else None


def looked_at(db: Connection, since: datetime) -> dict[str, int]:
    """For each rule over time, how many of its observations since then it was looked at for."""
    seen = select(observations.c.rule, func.count().label("count")).where(
        observations.c.wakes, observations.c.at >= since
    )
    return {
        row.rule: row._mapping["count"] for row in db.execute(seen.group_by(observations.c.rule))
    }


def past_hits(db: Connection, since: datetime | None) -> Iterator[PastHit]:
    """The hits since a time, the oldest first."""
    query = (
        select(hits.c.rule, items.c.feed, items.c.key, items.c.title, hits.c.at, hits.c.status)
        .join_from(hits, items, items.c.id == hits.c.item_id)
        .order_by(hits.c.id)
    )
    if since is not None:
        query = query.where(hits.c.at >= since)
    for rule, feed, key, title, at, status in db.execute(query):
        alerted = status == HitStatus.ALERTED.value
        yield PastHit(rule=rule, feed=feed, key=key, title=title, at=at, alerted=alerted)


def begun(db: Connection) -> dict[str, datetime]:
    """Of an archive: since when each feed is collected."""
    query = select(feeds.c.name, feeds.c.baseline_at).where(feeds.c.baseline_at.is_not(None))
    return {row.name: row.baseline_at for row in db.execute(query)}


def first_seen(db: Connection, since: datetime | None) -> datetime | None:
    """Of an archive: when the first item came in, since a time; None: none did."""
    query = select(func.min(items.c.first_seen_at))
    at: datetime | None = db.scalar(query.where(items.c.first_seen_at >= since) if since else query)
    return at


def earlier_revisions(
    db: Connection, ids: Collection[int]
) -> Mapping[int, list[tuple[datetime, Item]]]:
    """Of an archive: what edited items said before, with when that came in, oldest first."""
    found: dict[int, list[tuple[datetime, Item]]] = {}
    columns = [item_revisions.c[name] for name in REVISED]
    query = (
        select(items.c.id, items.c.feed, items.c.key, items.c.guid, items.c.first_seen_at)
        .add_columns(items.c.baseline, item_revisions.c.revision, *columns)
        .join_from(item_revisions, items, items.c.id == item_revisions.c.item_id)
        .order_by(items.c.id, item_revisions.c.revision)
    )
    for part in parts(list(ids)):
        for row in db.execute(query.where(items.c.id.in_(part))).mappings():
            one = stored_item({**row, "article": "", "article_state": None})
            found.setdefault(one.id, []).append((one.seen_at, one.item))
    return found


def names(db: Connection) -> set[str]:
    """Of an archive: the feeds it has items of."""
    return set(db.scalars(select(items.c.feed).distinct()))
