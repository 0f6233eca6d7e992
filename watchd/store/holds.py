"""Deliveries that wait for their time, and what a changed config means for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    and_,
    bindparam,
    func,
    not_,
    or_,
    select,
    update,
)

from watchd.holding.when import rests_until
from watchd.model import (
    Delivery,
    DeliveryState,
    Destination,
    HeldFor,
    Notice,
)
from watchd.store import endpoints, holdlist
from watchd.store.columns import UTCDateTime
from watchd.store.outbox import SINCE, WAITS, add_deliveries, add_notice, delivery_of, free
from watchd.store.schema import alerts, deliveries
from watchd.values import replace

_BY_ROUTE = [one.value for one in (HeldFor.GROUP, HeldFor.DIGEST, HeldFor.QUIET)]

_RECENT = timedelta(days=2)
"""What has no answer for longer, and waits for a person, is no news to a fallback named today."""

_ALIVE = (
    select(deliveries.c.id, deliveries.c.endpoint, deliveries.c.mode, deliveries.c.held_until)
    .join_from(deliveries, alerts, alerts.c.id == deliveries.c.alert_id)
    .where(alerts.c.notice.is_not(None), deliveries.c.held_for.in_(_BY_ROUTE))
    .where(deliveries.c.state.in_(["pending", "sending"]))
)
"""The alerts about nothing that still wait for their digest, or are going out in it."""


def keep_alive(
    db: Connection, wanted: Mapping[tuple[str, str], Destination], now: datetime
) -> None:
    """See to it that each digest that is sent also when it is empty has something to be sent.

    That is a delivery of an alert about nothing, which waits for the time of the digest. `wanted`
    are their next times, by endpoint and mode; of others what waits is taken back.
    """
    there = set()
    for row in db.execute(_ALIVE).all():
        key = (row.endpoint, row.mode)
        there.add(key)
        if key not in wanted and row.held_until > now:
            values = {"state": "dropped", "next_attempt_at": None, "finished_at": now}
            db.execute(update(deliveries).where(deliveries.c.id == row.id).values(values))
    for key, destination in wanted.items():
        if key not in there:
            nothing = Notice(at=now, severity="info", title="Digest", lines=(), why="")
            add_notice(db, nothing, [destination], now)


def alive(db: Connection, wanted: Collection[tuple[str, str]]) -> bool:
    """Whether `keep_alive` has nothing to do: a read, so that an idle tick writes nothing."""
    return {(row.endpoint, row.mode) for row in db.execute(_ALIVE)} == set(wanted)


def _failing() -> Select[Any]:
    now = bindparam("now", type_=UTCDateTime)
    first = deliveries.c.mode.not_like("fallback %")
    due = and_(deliveries.c.state == DeliveryState.PENDING.value, free(now), first)
    tried = and_(deliveries.c.message.is_not(None), deliveries.c.error != "")
    late = and_(tried, bindparam("since", type_=UTCDateTime) >= SINCE)
    unknown = and_(deliveries.c.state == DeliveryState.UNKNOWN.value, first)
    asked = func.coalesce(deliveries.c.retried_at, deliveries.c.created_at)
    unanswered = and_(unknown, late, asked >= bindparam("recent", type_=UTCDateTime))
    in_trouble: BindParameter[Any] = bindparam("in_trouble", expanding=True)
    stuck = (
        select(deliveries.c.endpoint)
        .where(due, late, deliveries.c.in_line, deliveries.c.endpoint.in_(in_trouble))
        .distinct()
    )
    empty = and_(alerts.c.notice.is_not(None), deliveries.c.held_for.in_(_BY_ROUTE))
    return (
        select(deliveries)
        .join_from(deliveries, alerts, alerts.c.id == deliveries.c.alert_id)
        .where(not_(empty))
        .where(or_(and_(due, or_(late, deliveries.c.endpoint.in_(stuck))), unanswered))
        .order_by(deliveries.c.id)
    )


_FAILING = _failing()


def failing(db: Connection, since: datetime, now: datetime) -> list[Delivery]:
    """What endpoints have not taken though it was due by `since`; the oldest first.

    Where the endpoint is in trouble, that is also all that waits behind it in line; else a message
    that it does not take stands alone: others may well pass. Among them is what it left without an
    answer, also when asked again: it may have arrived, but nobody can tell. In the quiet hours of
    its route nobody else gets it, unless a person asked for it to be sent.
    """
    in_trouble = [one.endpoint for one in endpoints.states(db).values() if one.is_in_trouble]
    given = {"now": now, "since": since, "recent": now - _RECENT, "in_trouble": in_trouble}
    return [
        delivery_of(row)
        for row in db.execute(_FAILING, given).mappings()
        if row["retried_at"] or not rests_until(row["quiet"], now)
    ]


def add_instead(
    db: Connection, alert: int, destinations: Sequence[Destination], now: datetime
) -> int:
    """Send an alert to these as well, as far as they do not get it. Returns to how many.

    What waits there for its digest, or the end of its throttle, does not wait any longer: whoever
    stands in for another is to know now. What the limit of the receiver itself holds after that
    is left to it.
    """
    of_alert = deliveries.c.alert_id == alert
    there = set(db.scalars(select(deliveries.c.endpoint).where(of_alert)))
    if new := [one for one in destinations if one.name not in there]:
        add_deliveries(db, alert, new, now)
    released = 0
    for one in (one for one in destinations if one.name in there):
        here = and_(of_alert, deliveries.c.endpoint == one.name, deliveries.c.mode != one.mode)
        held = select(deliveries.c.id, deliveries.c.holds).where(here, WAITS, not_(free(now)))
        lists = {row.id: row.holds for row in db.execute(held)}
        values = {"mode": one.mode, "throttle": one.throttle, "quiet": one.quiet}
        holdlist.hold(db, lists.items(), replace(one.hold, until=now), now, values)
        released += len(lists)
    return len(new) + released
