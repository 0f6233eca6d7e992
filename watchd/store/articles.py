"""The articles to be fetched: which are due, who is spared, how each attempt ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from watchd.model import ReadingState, StoredItem
from watchd.store.archive import find_items
from watchd.store.rows import insert_new
from watchd.store.schema import articles
from watchd.values import Struct

# So long an article counts as being fetched; a crash meanwhile costs no more than this wait.
LEASE = timedelta(minutes=15)
PATIENCE = timedelta(days=3)  # after that nobody waits for an article any more
_HOUR = timedelta(hours=1)
_WAITS = articles.c.state == ReadingState.WAITING.value


class Work(Struct, frozen=True, kw_only=True):
    """An article to be fetched now: its item as it is, and which attempt this is, from 1."""

    stored: StoredItem
    attempt: int


class Ended(Struct, frozen=True, kw_only=True):
    """How an attempt ended, but for one that brought a text. `again_at` None: no further one."""

    state: ReadingState
    error: str
    http_status: int | None = None
    again_at: datetime | None = None
    host_rests: bool = False  # nothing else is asked of this host before `again_at`


class Counts(Struct, frozen=True, kw_only=True):
    """How many articles wait, and how many were given up lately."""

    waiting: int
    failed: int


def add(db: Connection, feed: str, links: Mapping[int, str], now: datetime) -> None:
    """Have the articles behind these links fetched, by item, unless that was asked before."""
    rows = [
        {
            "item_id": item_id,
            "feed": feed,
            "host": host,
            "state": ReadingState.WAITING.value,
            "attempts": 0,
            "created_at": now,
            "next_at": now,
            "error": "",
            "text": "",
        }
        for item_id, link in links.items()
        if (host := _host(link))
    ]
    if rows:
        db.execute(insert_new(db, articles), rows)


def due_hosts(db: Connection, now: datetime, per_hour: int) -> list[str]:
    """The hosts for which `claim_next` would find something now."""
    query = select(articles.c.host).where(_is_due(now, per_hour))
    return sorted(db.scalars(query.distinct()))


def claim_next(db: Connection, host: str, now: datetime, per_hour: int) -> Work | None:
    """Begin with an article on a host: the newest; None when none is due.

    In an hour at most `per_hour` are begun for one host, and for one feed.
    """
    query = select(articles.c.item_id, articles.c.attempts)
    query = query.where(_is_due(now, per_hour), articles.c.host == host)
    row = db.execute(query.order_by(articles.c.item_id.desc()).limit(1)).first()
    if row is None:
        return None
    begun = {"attempts": row.attempts + 1, "tried_at": now, "next_at": now + LEASE}
    db.execute(update(articles).where(articles.c.item_id == row.item_id).values(begun))
    return Work(stored=find_items(db, id=row.item_id)[0], attempt=row.attempts + 1)


def _is_due(now: datetime, per_hour: int) -> ColumnElement[bool]:
    due = and_(_WAITS, articles.c.next_at <= now)
    for asked in (articles.c.host, articles.c.feed):
        lately = select(asked).where(articles.c.tried_at > now - _HOUR).group_by(asked)
        due = and_(due, asked.not_in(lately.having(func.count() >= per_hour)))
    return due


def end(db: Connection, item_id: int, ended: Ended, now: datetime) -> None:
    """Write down how an attempt ended that brought no text."""
    here = articles.c.item_id == item_id
    values = {
        "state": ended.state.value,
        "error": ended.error,
        "http_status": ended.http_status,
        "next_at": ended.again_at,
        "fetched_at": now if ended.state is ReadingState.EMPTY else None,
    }
    db.execute(update(articles).where(here).values(values))
    if ended.host_rests and ended.again_at:
        host = select(articles.c.host).where(here).scalar_subquery()
        sooner = and_(_WAITS, articles.c.host == host, articles.c.next_at < ended.again_at)
        db.execute(update(articles).where(sooner).values(next_at=ended.again_at))


def release(db: Connection, item_ids: Iterable[int], now: datetime) -> None:
    """Give back what was begun and cut off: it is due again, and the attempt does not count."""
    mine = and_(_WAITS, articles.c.item_id.in_(list(item_ids)))
    again = {"attempts": articles.c.attempts - 1, "next_at": now}
    db.execute(update(articles).where(mine).values(again))


def give_up(db: Connection, now: datetime) -> int:
    """Wait no longer for what is too old. Returns how many that were."""
    why = f"not fetched within {PATIENCE.days} days"
    given_up = {"state": ReadingState.FAILED.value, "next_at": None, "error": why}
    return db.execute(update(articles).where(_is_old(now)).values(given_up)).rowcount


def any_old(db: Connection, now: datetime) -> bool:
    """Whether `give_up` would find something: a read, so an idle tick takes no write lock."""
    return db.execute(select(articles.c.item_id).where(_is_old(now)).limit(1)).first() is not None


def _is_old(now: datetime) -> ColumnElement[bool]:
    return and_(_WAITS, articles.c.created_at < now - PATIENCE)


def counts(db: Connection, since: datetime) -> Counts:
    """What waits, and what was given up among the articles tried since then, for `status`."""

    def count(which: ColumnElement[bool]) -> int:
        return db.scalar(select(func.count()).select_from(articles).where(which)) or 0

    failed = articles.c.state == ReadingState.FAILED.value
    lately = and_(failed, func.coalesce(articles.c.tried_at, articles.c.created_at) >= since)
    return Counts(waiting=count(_WAITS), failed=count(lately))


def _host(link: str) -> str:
    """Whom a request for a link goes to; "" where the link is no address on the web."""
    try:
        parts = urlsplit(link)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return ""
    return f"{parts.hostname}:{port}" if parts.hostname else ""
