"""How often a rule has matched before: a message says whether it tells of something new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, select

from watchd.model import MANY, History, HitStatus
from watchd.store.schema import hits

_MONTH = timedelta(days=30)
# Old news of a feed's first look, trials of drafts, and second sights of one item do not count.
_COUNTED = (HitStatus.ALERTED.value, HitStatus.UNROUTED.value)


def of_rule(db: Connection, rule: str, hit: int, now: datetime) -> History:
    """How often a rule has matched, today (UTC) and in 30 days; when it last did before `hit`.

    Reads MANY hits at most: a rule that matches all day must not cost more with every message.
    """
    counted = select(hits.c.id, hits.c.at).where(hits.c.status.in_(_COUNTED)).limit(MANY)
    found = db.execute(counted.where(hits.c.rule == rule)).all()
    if len(found) == MANY:
        # Backwards by their numbers, not by the index over rules, which would sort them all first.
        unindexed = func.coalesce(hits.c.rule, "") == rule
        found = db.execute(counted.where(unindexed).order_by(hits.c.id.desc())).all()
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return History(
        today=sum(day <= one.at <= now for one in found),
        month=sum(now - _MONTH < one.at <= now for one in found),
        last=max((one.at for one in found if one.id < hit), default=None),
    )
