"""How often a rule has matched before: a message says whether it tells of something new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, func, select

from watchd.model import MANY, History, HitStatus
from watchd.store.schema import hits

_MONTH = timedelta(days=30)
# Old news of a feed's first look, trials of drafts, and second sights of one item do not count.
_COUNTED = (HitStatus.ALERTED.value, HitStatus.UNROUTED.value)


def of_rule(db: Connection, rule: str, hit: int, now: datetime) -> History:
    """How often a rule has matched, today (UTC) and in 30 days; when it last did before `hit`.

    Counts to MANY at most: a rule that matches all day must not cost more with every message.
    """
    its = select(hits.c.id).where(hits.c.rule == rule, hits.c.status.in_(_COUNTED))

    def since(first: ColumnElement[bool]) -> int:
        some = its.where(first, hits.c.at <= now).limit(MANY).subquery()
        return db.scalar(select(func.count()).select_from(some)) or 0

    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    before = its.with_only_columns(hits.c.at).where(hits.c.id < hit)
    return History(
        today=since(hits.c.at >= day),
        month=since(hits.c.at > now - _MONTH),
        last=db.scalar(before.order_by(hits.c.at.desc()).limit(1)),
    )
