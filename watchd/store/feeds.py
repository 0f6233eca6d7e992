"""The schedule: which feeds there are, which are due, who is checking one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    and_,
    bindparam,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from watchd.model import Feed, FeedState, ReadingState
from watchd.store import prepared
from watchd.store.rows import first_state, insert_new, parts, state_of
from watchd.store.schema import articles, feeds, windows
from watchd.timing import first_check

# Long, for a host with many feeds is a long queue; a daemon that starts ends old claims anyway.
LEASE = timedelta(hours=1)


_WINDOWS = select(windows.c.feed, windows.c.address, windows.c.entries).where(
    windows.c.feed.in_(bindparam("of_feeds", expanding=True))
)


def sync(db: Connection, config: Iterable[Feed], now: datetime) -> None:
    """Make the table agree with the config: new feeds come in, feeds left out are put to rest.

    What is known of a feed that was left out stays: should it come back, nothing is new that
    is not.
    """
    wanted = list(config)
    db.execute(update(feeds).values(active=False))
    known = set(db.scalars(select(feeds.c.name)))
    new = [feed for feed in wanted if feed.name not in known]
    fresh = [first_state(feed, first_check(index, now)) for index, feed in enumerate(new)]
    if fresh:
        db.execute(insert_new(db, feeds), fresh)
    for part in parts([feed.name for feed in wanted]):
        db.execute(update(feeds).where(feeds.c.name.in_(part)).values(active=True))
    _forget_articles(db, {feed.name for feed in wanted if feed.fulltext})


def _forget_articles(db: Connection, wanting: set[str]) -> None:
    """Do not wait any more for articles of feeds that no longer want full text."""
    waits = articles.c.state == ReadingState.WAITING.value
    for name in set(db.scalars(select(articles.c.feed).where(waits).distinct())) - wanting:
        why = "its feed is no longer one with `fulltext`"
        given_up = {"state": ReadingState.FAILED.value, "next_at": None, "error": why}
        db.execute(update(articles).where(waits, articles.c.feed == name).values(given_up))


_SOONER = (
    update(feeds)
    .where(feeds.c.name == bindparam("of_feed"))
    .values(next_check_at=bindparam("soon"))
)


def check_soon(db: Connection, now: datetime, intervals: Mapping[str, timedelta]) -> None:
    """After a config change or a clock set back: who is well waits no longer than it may.

    What a server asked for stays. `intervals` are the longest that the config allows each feed.
    """
    waiting = select(feeds.c.name, feeds.c.next_check_at, feeds.c.not_before).where(
        feeds.c.active, feeds.c.failures == 0, feeds.c.next_check_at > now
    )
    sooner = []
    for name, next_check_at, not_before in db.execute(waiting).all():
        interval = intervals[name]
        if next_check_at > now + 5 * interval:  # four may be a server's wish: timing.next_check
            soon = max(filter(None, (now + interval, not_before)))
            if soon < next_check_at:
                sooner.append({"of_feed": name, "soon": soon})
    if sooner:
        prepared.run(db, _SOONER, *sooner)


_DUE = feeds.c.next_check_at <= bindparam("now")
_FREE = or_(feeds.c.claimed_until.is_(None), feeds.c.claimed_until < bindparam("now"))
_NEVER_CHECKED = and_(
    feeds.c.checked_at.is_(None),
    or_(feeds.c.not_before.is_(None), feeds.c.not_before <= bindparam("now")),
)


def _claim(due: ColumnElement[bool]) -> ReturningUpdate[Any]:
    chosen = (
        select(feeds.c.name)
        .where(feeds.c.active, due, _FREE)
        .order_by(feeds.c.next_check_at)
        .limit(bindparam("most", type_=Integer))
    )
    taken: dict[str, Any] = {"claim": bindparam("by"), "claimed_until": bindparam("until")}
    return update(feeds).where(feeds.c.name.in_(chosen)).values(taken).returning(feeds)


_CLAIM_DUE, _CLAIM_ALL = _claim(_DUE), _claim(or_(_DUE, _NEVER_CHECKED))
_ANY_DUE = select(feeds.c.name).where(feeds.c.active, _DUE, _FREE).limit(1)


def claim_due(
    db: Connection, now: datetime, *, claim: str, limit: int, every: bool = False
) -> list[FeedState]:
    """Take up to `limit` due feeds for checking, the longest overdue first.

    A claim ends by itself after LEASE; until then nobody else gets the feed, and only its
    holder can record the check. With `every`, feeds never checked count as due, but for those
    whose server wants to be left alone.
    """
    given = {"now": now, "by": claim, "until": now + LEASE, "most": limit}
    statement = _CLAIM_ALL if every else _CLAIM_DUE
    states = [state_of(row) for row in db.execute(statement, given).mappings()]
    return sorted(states, key=lambda state: state.next_check_at)


def any_due(db: Connection, now: datetime) -> bool:
    """Whether `claim_due` would find something: a read, so an idle tick takes no write lock."""
    return db.scalar(_ANY_DUE, {"now": now}) is not None


def put_off(db: Connection, claim: str, name: str, until: datetime) -> None:
    """Give back a claimed feed that must not be asked before a moment the server named."""
    mine = and_(feeds.c.claim == claim, feeds.c.name == name)
    later = {"next_check_at": until, "not_before": until, "claim": None, "claimed_until": None}
    db.execute(update(feeds).where(mine).values(later))


def hold_back(db: Connection, names: Iterable[str], until: datetime) -> None:
    """None of these feeds is due before a moment that a server named for all of them."""
    early = and_(feeds.c.name.in_(list(names)), feeds.c.next_check_at < until)
    later = {"next_check_at": until, "not_before": until}
    db.execute(update(feeds).where(early).values(later))


def release(db: Connection, claim: str, names: Iterable[str]) -> None:
    """Give back feeds that were claimed and not checked."""
    mine = and_(feeds.c.claim == claim, feeds.c.name.in_(list(names)))
    db.execute(update(feeds).where(mine).values(claim=None, claimed_until=None))


def release_all(db: Connection) -> None:
    """At the start, holding the lock: whoever had claims is dead."""
    db.execute(update(feeds).values(claim=None, claimed_until=None))


def windows_of(db: Connection, asked: Iterable[Feed]) -> dict[str, bytes]:
    """By feed, what stood in the last complete document from its address; b"": there is none."""
    addresses = {feed.name: feed.address for feed in asked}
    found = dict.fromkeys(addresses, b"")
    for part in parts(list(addresses)):
        for name, address, entries in db.execute(_WINDOWS, {"of_feeds": part}):
            if address == addresses[name]:
                found[name] = entries
    return found


def state(db: Connection, name: str) -> FeedState | None:
    """The state of a feed, also of one that left the config; None: there never was one."""
    row = db.execute(select(feeds).where(feeds.c.name == name)).mappings().first()
    return state_of(row) if row else None


def states(db: Connection) -> list[FeedState]:
    """Every feed in the config, by name."""
    rows = db.execute(select(feeds).where(feeds.c.active).order_by(feeds.c.name))
    return [state_of(row) for row in rows.mappings()]
