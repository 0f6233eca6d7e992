"""What waits, was given up or stays without an answer, endpoint by endpoint, and telling of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select

from watchd.holding.receivers import GivenUp, Telling
from watchd.model import DeliveryState, Destination, Endpoint, EndpointState
from watchd.store import endpoints
from watchd.store.outbox import WAITS, add_notice, free
from watchd.store.schema import deliveries
from watchd.values import Struct


class Counted(Struct, frozen=True, kw_only=True):
    """The deliveries of an endpoint that are not done. Those that are held are not counted."""

    waiting: int = 0
    unanswered: int = 0  # for a person to decide
    failed: int = 0  # given up


def counted(db: Connection, now: datetime) -> dict[str, Counted]:
    """By endpoint; not those with nothing to count."""
    state = deliveries.c.state
    kinds = {
        "waiting": or_(state == DeliveryState.SENDING.value, and_(WAITS, free(now))),
        "unanswered": and_(
            state == DeliveryState.UNKNOWN.value, deliveries.c.next_attempt_at.is_(None)
        ),
        "failed": state == DeliveryState.FAILED.value,
    }
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for kind, which in kinds.items():
        query = select(deliveries.c.endpoint, func.count()).where(which)
        for endpoint, count in db.execute(query.group_by(deliveries.c.endpoint)):
            found[endpoint][kind] = count
    return {endpoint: Counted(**counts) for endpoint, counts in found.items()}


def given_up(db: Connection, known: Mapping[str, EndpointState]) -> dict[str, GivenUp]:
    """By endpoint, the deliveries given up, or left to a person, that people do not know of."""
    failed = deliveries.c.state == DeliveryState.FAILED.value
    unknown = deliveries.c.state == DeliveryState.UNKNOWN.value
    left = and_(unknown, deliveries.c.next_attempt_at.is_(None))
    query = select(
        deliveries.c.endpoint, deliveries.c.id, deliveries.c.state, deliveries.c.finished_at
    )
    found: dict[str, GivenUp] = {}
    for row in db.execute(query.where(or_(failed, left))):
        state = known.get(row.endpoint) or EndpointState(endpoint=row.endpoint)
        before = found.get(row.endpoint, GivenUp())
        if row.state == DeliveryState.UNKNOWN.value:
            if row.id > state.told_unanswered:
                found[row.endpoint] = before.with_unanswered(row.id)
        # One that was tried again by hand and given up again has the number it had.
        elif row.id > state.told_failed or _is_after(row.finished_at, state):
            found[row.endpoint] = before.with_failed(row.id, row.finished_at)
    return found


def _is_after(moment: datetime | None, known: EndpointState) -> bool:
    until = known.told_until or known.told_failed_at
    return moment is not None and until is not None and moment > until


def tell(db: Connection, telling: Telling, to: Sequence[Endpoint], now: datetime) -> None:
    """Write a notice with its deliveries, and what people know by then."""
    add_notice(db, telling.notice, [Destination(endpoint=one) for one in to], now)
    endpoints.know(db, telling.knowing, now)
