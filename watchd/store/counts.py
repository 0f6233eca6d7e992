"""How many a day: for charts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select

from watchd.store.schema import hits, items


def items_per_day(db: Connection, since: datetime) -> dict[str, Counter[date]]:
    """New items of each feed by the day (UTC) they were first seen; the first look is left out."""
    new = select(items.c.feed, items.c.first_seen_at)
    new = new.where(items.c.first_seen_at >= since, items.c.baseline.is_(False))
    found: dict[str, Counter[date]] = {}
    for feed, at in db.execute(new):
        found.setdefault(feed, Counter())[at.date()] += 1
    return found


def hits_per_day(db: Connection, since: datetime) -> Counter[date]:
    """Hits by the day (UTC) they were found."""
    return Counter(at.date() for at in db.scalars(select(hits.c.at).where(hits.c.at >= since)))


def days(counts: Counter[date], today: date, length: int) -> tuple[int, ...]:
    """The counts of the last days, today the last."""
    return tuple(counts[today - timedelta(days=back)] for back in range(length - 1, -1, -1))


def added(every: Sequence[tuple[int, ...]], length: int) -> tuple[int, ...]:
    """Several such rows of days as one."""
    return tuple(map(sum, zip(*every, strict=True))) if every else (0,) * length
