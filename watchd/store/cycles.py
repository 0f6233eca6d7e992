"""Whether all that was due at a moment has been done by now."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, and_, select

from watchd.model import DeliveryState
from watchd.store.claiming import due_endpoints
from watchd.store.schema import deliveries, feeds


def is_done(db: Connection, began: datetime, endpoints: Collection[str]) -> bool:
    """Whether each feed that was due at `began` was checked, and each delivery tried.

    Deliveries to other endpoints than these do not count: their receiver left the config.
    """
    due = select(feeds.c.name).where(feeds.c.active, feeds.c.next_check_at <= began)
    if db.execute(due.limit(1)).first() is not None:
        return False
    sending = and_(
        deliveries.c.state == DeliveryState.SENDING.value, deliveries.c.next_attempt_at <= began
    )
    under_way = db.scalars(select(deliveries.c.endpoint).where(sending).distinct())
    return not {*under_way, *due_endpoints(db, began)}.intersection(endpoints)
