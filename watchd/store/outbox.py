"""The outbox: one row per alert and endpoint, from written to answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)

from watchd.model import (
    Alert,
    Delivery,
    DeliveryState,
    Destination,
    Endpoint,
    HeldFor,
    Notice,
    Outcome,
    SendResult,
)
from watchd.polling.notices import Telling
from watchd.store import endpoints, holdlist, marks, prepared
from watchd.store.archive import list_hits
from watchd.store.around import around, behind
from watchd.store.endpoints import Heard
from watchd.store.receipts import Taken
from watchd.store.rows import Row, parts
from watchd.store.schema import alert_hits, alerts, deliveries, escalations, feeds
from watchd.values import Struct, replace

WAITS = and_(
    deliveries.c.state.in_([DeliveryState.PENDING.value, DeliveryState.UNKNOWN.value]),
    deliveries.c.next_attempt_at.is_not(None),
)

SINCE = func.coalesce(deliveries.c.retried_at, deliveries.c.held_until, deliveries.c.created_at)
"""From when on a delivery is to be sent, as model.Delivery.tried_since has it."""


def free(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Of deliveries that wait: those that wait for no time of their own."""
    return or_(
        deliveries.c.message.is_not(None),
        deliveries.c.held_until.is_(None),
        deliveries.c.held_until <= now,
    )


class Settled(Struct, frozen=True, kw_only=True):
    """How an attempt leaves a delivery. `next_attempt_at` None: finished, or for a person."""

    state: DeliveryState
    next_attempt_at: datetime | None
    in_line: bool = True
    may_repeat: bool = False
    ambiguous: int = 0
    error: str = ""


def settle(
    db: Connection,
    ids: Sequence[int],
    settled: Settled,
    now: datetime,
    heard: Heard | None = None,
) -> None:
    """Write down how an attempt ended, for all deliveries of its message."""
    finished = settled.state in (DeliveryState.SENT, DeliveryState.FAILED)
    values = {
        "state": settled.state.value,
        "next_attempt_at": settled.next_attempt_at,
        "in_line": settled.in_line,
        "may_repeat": settled.may_repeat,
        "ambiguous": settled.ambiguous,
        "error": settled.error,
        "finished_at": now if finished else None,
    }
    for part in parts(ids):
        db.execute(update(deliveries).where(deliveries.c.id.in_(part)).values(values))
    if heard is not None:
        endpoints.heard(db, heard, now)


_SENDING = select(deliveries.c.endpoint).where(deliveries.c.state == DeliveryState.SENDING.value)


def sending(db: Connection) -> set[str]:
    """The endpoints to which something is being sent, as far as the table knows."""
    return set(db.scalars(_SENDING))


def know_taken(db: Connection, taken: Taken) -> int:
    """Settle what was being sent when its sender died, as far as receipts say that it was taken.

    Returns how many there were.
    """
    query = select(deliveries).where(deliveries.c.state == DeliveryState.SENDING.value)
    known = 0
    for one in map(delivery_of, db.execute(query.order_by(deliveries.c.id)).mappings().all()):
        if at := taken.get((one.id, one.created_at)):
            after = Settled(
                state=DeliveryState.SENT,
                next_attempt_at=None,
                may_repeat=one.may_repeat,
                ambiguous=one.ambiguous,
            )
            well = SendResult(outcome=Outcome.SENT)
            settle(db, [one.id], after, at, Heard(endpoint=one.endpoint, result=well, jitter=0.0))
            known += 1
    return known


def recover(db: Connection, now: datetime, endpoints: Sequence[str] | None = None) -> int:
    """What was being sent when its sender died may or may not have arrived (None: to anybody).

    It goes out again, and says so. An attempt that was cut off says nothing of the receiver, so
    it does not count. Returns how many there were.
    """
    cut = deliveries.c.state == DeliveryState.SENDING.value
    if endpoints is not None:
        cut = and_(cut, deliveries.c.endpoint.in_(endpoints))
    again = (
        update(deliveries)
        .where(cut)
        .values(
            state=DeliveryState.PENDING.value,
            may_repeat=True,
            attempts=deliveries.c.attempts - 1,
            next_attempt_at=now,
            error="watchd stopped while sending this",
        )
    )
    return db.execute(again).rowcount


def alert_of(
    db: Connection, delivery: Delivery, publishers: dict[str, str]
) -> Alert | Notice | None:
    """What a delivery carries, with everything a renderer needs; None when its hit is gone.

    `publishers` maps feed names to publishers; a feed no longer in the config is its own.
    """
    about = db.execute(
        select(alerts.c.notice, alerts.c.created_at).where(alerts.c.id == delivery.alert)
    ).first()
    if about is not None and about.notice is not None:
        return Notice(
            id=delivery.alert,
            at=about.created_at,
            severity=about.notice["severity"],
            title=about.notice["title"],
            lines=tuple(about.notice["lines"]),
            why=about.notice["why"],
            see=about.notice.get("see", ""),
            may_repeat=delivery.may_repeat,
        )
    hit_ids = select(alert_hits.c.hit_id).where(alert_hits.c.alert_id == delivery.alert)
    hits = list_hits(db, ids=list(db.scalars(hit_ids)))
    if not hits:
        return None
    publisher = publishers.get(hits[0].stored.feed, hits[0].stored.feed)
    more = around(db, hits[0], publisher)
    return hits[0].alert(
        publisher=publisher,
        id=delivery.alert,
        may_repeat=delivery.may_repeat,
        also=more.also,
        difference=more.difference,
        story=more.story,
        behind=behind(db, hits[0], publishers),
    )


_TOLD = update(feeds).where(feeds.c.name == bindparam("of_feed")).values(told=bindparam("told"))
_TOLD_NOW = _TOLD.values(told_at=bindparam("told_at"))


def tell(db: Connection, telling: Telling, endpoints: Sequence[Endpoint], now: datetime) -> None:
    """Write what is told of feeds: a notice with its deliveries, and what people know by then.

    Without endpoints only the latter is written: there is nobody to tell.
    """
    notice = telling.notice
    if notice is not None and endpoints:
        add_notice(db, notice, [Destination(endpoint=one) for one in endpoints], now)
    rows = [{"of_feed": feed, "told": word} for feed, word in telling.told.items()]
    if rows and notice is not None:
        prepared.run(db, _TOLD_NOW, *({**row, "told_at": now} for row in rows))
    elif rows:
        prepared.run(db, _TOLD, *rows)


def add_notice(
    db: Connection, notice: Notice, destinations: Sequence[Destination], now: datetime
) -> int:
    """Write an alert that is about watchd itself, with its deliveries. Returns its number."""
    said = {
        "severity": notice.severity,
        "title": notice.title,
        "lines": list(notice.lines),
        "why": notice.why,
        "see": notice.see,
    }
    made = insert(alerts).values(severity=notice.severity, created_at=now, notice=said)
    alert_id = db.scalar(made.returning(alerts.c.id))
    assert alert_id is not None
    add_deliveries(db, alert_id, destinations, now)
    return int(alert_id)


def add_deliveries(
    db: Connection, alert_id: int, destinations: Sequence[Destination], now: datetime
) -> None:
    """Write one delivery of an alert for each endpoint, due at once or at the end of its hold."""
    destinations = marks.as_named(db, destinations)
    rows = []
    for one in destinations:
        hold = one.hold
        if hold.reason is HeldFor.GROUP:
            hold = replace(hold, until=_open_group(db, one, now) or hold.until)
        rows.append(
            {
                "alert_id": alert_id,
                "receiver": one.endpoint.receiver,
                "endpoint": one.name,
                "state": "pending",
                "attempts": 0,
                "ambiguous": 0,
                "created_at": now,
                "next_attempt_at": hold.until or now,
                "error": "",
                "held_for": hold.reason.value,
                "held_until": hold.until,
                "holds": holdlist.added(None, hold, now),
                "mode": one.mode,
                "throttle": one.throttle,
                "quiet": one.quiet,
                "route": one.route,
            }
        )
    db.execute(insert(deliveries), rows)
    if any(one.escalation for one in destinations):
        _await_acks(db, alert_id, destinations)


def _await_acks(db: Connection, alert: int, destinations: Sequence[Destination]) -> None:
    """Write down of the deliveries of an alert who is told when nobody acknowledges it."""
    of_alert = select(deliveries.c.id, deliveries.c.endpoint).where(deliveries.c.alert_id == alert)
    ids = {row.endpoint: row.id for row in db.execute(of_alert)}
    rows = [
        {
            "delivery_id": ids[one.name],
            "after": one.escalation.after,
            "receivers": list(one.escalation.to),
            "outcome": "",
        }
        for one in destinations
        if one.escalation
    ]
    db.execute(insert(escalations), rows)


def _open_group(db: Connection, one: Destination, now: datetime) -> datetime | None:
    """When the group that is gathering for an endpoint goes out; None: this begins one."""
    gathering = and_(
        deliveries.c.state == DeliveryState.PENDING.value,
        deliveries.c.endpoint == one.name,
        deliveries.c.mode == one.mode,
        deliveries.c.held_for == HeldFor.GROUP.value,
        deliveries.c.message.is_(None),
        deliveries.c.next_attempt_at > now,
    )
    until: datetime | None = db.scalar(
        select(deliveries.c.next_attempt_at)
        .where(gathering)
        .order_by(deliveries.c.next_attempt_at)
        .limit(1)
    )
    return until


def list_deliveries(
    db: Connection, *, states: Sequence[str] = (), limit: int | None = None
) -> list[Delivery]:
    """Rows of the outbox, the oldest first; all states unless some are named."""
    query = select(deliveries).order_by(deliveries.c.id)
    if states:
        query = query.where(deliveries.c.state.in_(list(states)))
    return [delivery_of(row) for row in db.execute(query.limit(limit)).mappings()]


def of_hit(db: Connection, hit: int) -> list[Delivery]:
    """What was, or is to be, sent of a hit."""
    alerts = select(alert_hits.c.alert_id).where(alert_hits.c.hit_id == hit)
    query = select(deliveries).where(deliveries.c.alert_id.in_(alerts)).order_by(deliveries.c.id)
    return [delivery_of(row) for row in db.execute(query).mappings()]


def retry(db: Connection, ids: Sequence[int] | None, now: datetime) -> int:
    """Send these again now. None: every one that was tried and is not done. Returns how many.

    They are given up so long after this, and keep the time at which they were made.
    """
    again = deliveries.c.state.in_(
        [s.value for s in (DeliveryState.PENDING, DeliveryState.UNKNOWN, DeliveryState.FAILED)]
    )
    chosen = and_(again, free(now) if ids is None else deliveries.c.id.in_(list(ids)))
    # Something that may have arrived still may have: its next attempt goes on saying so.
    values = {"state": "pending", "next_attempt_at": now, "finished_at": None, "retried_at": now}
    until = case((deliveries.c.held_until > now, now), else_=deliveries.c.held_until)
    values["held_until"] = until
    names = db.scalars(select(deliveries.c.endpoint).where(chosen).distinct())
    endpoints.wake(db, names.all(), now)
    return db.execute(update(deliveries).where(chosen).values(values)).rowcount


def drop(db: Connection, ids: Sequence[int], now: datetime) -> int:
    """Give up on these, by a person's decision. Returns how many were still open or failed."""
    undone = deliveries.c.state.in_(["pending", "unknown", "failed"])
    return db.execute(
        update(deliveries)
        .where(undone, deliveries.c.id.in_(list(ids)))
        .values(state=DeliveryState.DROPPED.value, next_attempt_at=None, finished_at=now)
    ).rowcount


class Counts(Struct, frozen=True, kw_only=True):
    """The outbox in numbers."""

    due: int  # pending or being sent
    held: dict[str, int]  # waiting for their time, by what for
    unanswered: int  # waiting for a person to decide
    failed: int
    oldest: datetime | None  # creation of the oldest one still to be sent; None: none is


def counts(db: Connection, now: datetime) -> Counts:
    """How the outbox stands."""
    to_send = or_(deliveries.c.state == DeliveryState.SENDING.value, and_(WAITS, free(now)))
    unanswered = and_(deliveries.c.state == "unknown", deliveries.c.next_attempt_at.is_(None))
    failed = deliveries.c.state == DeliveryState.FAILED.value

    def count(which: ColumnElement[bool]) -> int:
        return db.scalar(select(func.count()).select_from(deliveries).where(which)) or 0

    oldest = func.min(SINCE)
    held = select(deliveries.c.held_for, func.count()).where(WAITS, not_(free(now)))
    return Counts(
        due=count(to_send),
        held={row[0]: row[1] for row in db.execute(held.group_by(deliveries.c.held_for))},
        unanswered=count(unanswered),
        failed=count(failed),
        oldest=db.scalar(select(oldest).where(to_send)),
    )


def delivery_of(values: Row) -> Delivery:
    return Delivery(
        id=values["id"],
        alert=values["alert_id"],
        receiver=values["receiver"],
        endpoint=values["endpoint"],
        state=DeliveryState(values["state"]),
        attempts=values["attempts"],
        ambiguous=values["ambiguous"],
        created_at=values["created_at"],
        next_attempt_at=values["next_attempt_at"],
        may_repeat=values["may_repeat"],
        error=values["error"],
        held_for=HeldFor(values["held_for"]),
        held_until=values["held_until"],
        holds=holdlist.read(values["holds"]),
        mode=values["mode"],
        quiet=values["quiet"],
        message=values["message"],
        finished_at=values["finished_at"],
        route=values["route"],
        retried_at=values["retried_at"],
    )
