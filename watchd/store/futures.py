"""After the clock was set back: times that were written by a clock that was ahead.

What has happened cannot lie in the future; and what is to come lies no further ahead than the
longest wait that there is. Without this, a day under a wrong clock could silence a feed, a
message or a notice for as long as the clock had been ahead.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, select, update

from watchd.model import HeldFor
from watchd.store.outbox import WAITS
from watchd.store.schema import articles, deliveries, feeds

_PAST = {
    feeds: (
        "checked_at", "ok_at", "failing_since", "health_since", "audited_at", "lying_at",
        "moved_since", "gap_at", "new_at", "told_at",
    ),
    deliveries: ("created_at", "finished_at", "retried_at"),
    articles: ("created_at", "tried_at", "fetched_at"),
}  # fmt: skip
_SERVERS_WISH = timedelta(hours=53)  # timing: 48 h, and a tenth by chance
_GONE = timedelta(days=8)  # timing: a feed that was taken away is asked once a week
_RETRY = timedelta(hours=6)  # timing: whatever a receiver asks for
_WEEKLY = timedelta(days=8)  # holding.calendar: the rarest digest
_ARTICLE = timedelta(days=1)  # reading: the longest wait for an article


def pull_back(db: Connection, now: datetime, intervals: Mapping[str, timedelta]) -> None:
    """Bring all times of the tables to where they can be. `intervals`: the longest of each feed."""
    for table, names in _PAST.items():
        for name in names:
            column = table.c[name]
            db.execute(update(table).where(column > now).values({name: now}))
    too_far = feeds.c.not_before > now + _SERVERS_WISH
    db.execute(update(feeds).where(too_far).values(not_before=None))
    waiting = select(feeds.c.name, feeds.c.next_check_at, feeds.c.not_before).where(
        feeds.c.active, feeds.c.next_check_at > now
    )
    for name, next_check_at, not_before in db.execute(waiting).all():
        interval = intervals.get(name, timedelta(hours=1))
        if next_check_at > now + max(_GONE, 9 * interval):
            soon = max(now + interval, not_before or now)
            db.execute(update(feeds).where(feeds.c.name == name).values(next_check_at=soon))
    due = {"next_attempt_at": now}
    free = deliveries.c.held_for == HeldFor.NOTHING.value
    late = and_(WAITS, free, deliveries.c.next_attempt_at > now + _RETRY)
    db.execute(update(deliveries).where(late).values(due))
    held = and_(WAITS, deliveries.c.held_until > now + _WEEKLY)
    db.execute(update(deliveries).where(held).values(held_until=now, **due))
    far = articles.c.next_at > now + _ARTICLE
    db.execute(update(articles).where(far).values(next_at=now))
