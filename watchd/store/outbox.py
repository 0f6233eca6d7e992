"""The outbox: one row per alert and endpoint, from written to answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from watchd.model import Alert, Delivery, DeliveryState, Endpoint, Notice
from watchd.polling.notices import Telling
from watchd.store.archive import list_hits
from watchd.store.rows import Row
from watchd.store.schema import alert_hits, alerts, deliveries, feeds, hits

_WAITS = and_(
    deliveries.c.state.in_([DeliveryState.PENDING.value, DeliveryState.UNKNOWN.value]),
    deliveries.c.next_attempt_at.is_not(None),
)


def due_endpoints(db: Connection, now: datetime) -> list[str]:
    """Names of the endpoints for which `claim_next` would find something now."""
    heads = select(func.min(deliveries.c.id)).where(_WAITS, deliveries.c.in_line)
    first_in_line = deliveries.c.id.in_(heads.group_by(deliveries.c.endpoint))
    due = and_(_WAITS, deliveries.c.next_attempt_at <= now)
    query = select(deliveries.c.endpoint).where(due, or_(first_in_line, ~deliveries.c.in_line))
    return sorted(db.scalars(query.distinct()))


def claim_next(db: Connection, endpoint: str, now: datetime) -> Delivery | None:
    """Mark the next delivery to an endpoint as being sent; None when nothing is due.

    Deliveries keep their order: the oldest in line goes first, and while it waits for its
    next attempt the ones behind it wait too. Out of line are those the endpoint refused
    (another message may well pass) and those that may have arrived already.
    """
    here = deliveries.c.endpoint == endpoint
    busy = select(deliveries.c.id).where(here, deliveries.c.state == DeliveryState.SENDING.value)
    if db.execute(busy.limit(1)).first():
        return None
    waiting = select(deliveries).where(here, _WAITS)
    line = waiting.where(deliveries.c.in_line).order_by(deliveries.c.id).limit(1)
    aside = (
        waiting.where(~deliveries.c.in_line, deliveries.c.next_attempt_at <= now)
        .order_by(deliveries.c.next_attempt_at, deliveries.c.id)
        .limit(1)
    )
    for query in (line, aside):
        row = db.execute(query).mappings().first()
        if row is not None and row["next_attempt_at"] <= now:
            attempts = row["attempts"] + 1
            db.execute(
                update(deliveries)
                .where(deliveries.c.id == row["id"])
                .values(state=DeliveryState.SENDING.value, attempts=attempts)
            )
            return _delivery({**row, "attempts": attempts, "state": "sending"})
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How an attempt leaves a delivery. `next_attempt_at` None: finished, or for a person."""

    state: DeliveryState
    next_attempt_at: datetime | None
    in_line: bool = True
    may_repeat: bool = False
    ambiguous: int = 0
    error: str = ""


def settle(db: Connection, delivery: int, settled: Settled, now: datetime) -> None:
    """Write down how an attempt ended."""
    finished = settled.state in (DeliveryState.SENT, DeliveryState.FAILED)
    db.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery)
        .values(
            state=settled.state.value,
            next_attempt_at=settled.next_attempt_at,
            in_line=settled.in_line,
            may_repeat=settled.may_repeat,
            ambiguous=settled.ambiguous,
            error=settled.error,
            finished_at=now if finished else None,
        )
    )


def sending(db: Connection) -> set[str]:
    """The endpoints to which something is being sent, as far as the table knows."""
    busy = deliveries.c.state == DeliveryState.SENDING.value
    return set(db.scalars(select(deliveries.c.endpoint).where(busy)))


def without_endpoint(db: Connection, endpoints: Sequence[str]) -> list[Delivery]:
    """Open deliveries to endpoints that are none of these."""
    strange = set(db.scalars(select(deliveries.c.endpoint).where(_WAITS).distinct()))
    strange.difference_update(endpoints)
    query = select(deliveries).where(_WAITS, deliveries.c.endpoint.in_(strange))
    return [_delivery(row) for row in db.execute(query.order_by(deliveries.c.id)).mappings()]


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
            may_repeat=delivery.may_repeat,
        )
    hit_ids = select(alert_hits.c.hit_id).where(alert_hits.c.alert_id == delivery.alert)
    hits = list_hits(db, ids=list(db.scalars(hit_ids)))
    if not hits:
        return None
    publisher = publishers.get(hits[0].stored.feed, hits[0].stored.feed)
    return hits[0].alert(publisher=publisher, id=delivery.alert, may_repeat=delivery.may_repeat)


def tell(db: Connection, telling: Telling, endpoints: Sequence[Endpoint], now: datetime) -> None:
    """Write what is told of feeds: a notice with its deliveries, and what people know by then.

    Without endpoints only the latter is written: there is nobody to tell.
    """
    notice = telling.notice
    if notice is not None and endpoints:
        said = {
            "severity": notice.severity,
            "title": notice.title,
            "lines": list(notice.lines),
            "why": notice.why,
        }
        made = insert(alerts).values(severity=notice.severity, created_at=now, notice=said)
        alert_id = db.scalar(made.returning(alerts.c.id))
        assert alert_id is not None
        add_deliveries(db, alert_id, endpoints, now)
    at = {"told_at": now} if notice is not None else {}
    for feed, word in telling.told.items():
        db.execute(update(feeds).where(feeds.c.name == feed).values(told=word, **at))


def add_deliveries(
    db: Connection, alert_id: int, endpoints: Sequence[Endpoint], now: datetime
) -> None:
    """Write one delivery of an alert for each endpoint, due at once."""
    rows = [
        {
            "alert_id": alert_id,
            "receiver": endpoint.receiver,
            "endpoint": endpoint.name,
            "state": "pending",
            "attempts": 0,
            "ambiguous": 0,
            "created_at": now,
            "next_attempt_at": now,
            "error": "",
        }
        for endpoint in endpoints
    ]
    db.execute(insert(deliveries), rows)


def list_deliveries(
    db: Connection, *, states: Sequence[str] = (), limit: int | None = None
) -> list[Delivery]:
    """Rows of the outbox, the oldest first; all states unless some are named."""
    query = select(deliveries).order_by(deliveries.c.id)
    if states:
        query = query.where(deliveries.c.state.in_(list(states)))
    return [_delivery(row) for row in db.execute(query.limit(limit)).mappings()]


def of_hit(db: Connection, hit: int) -> list[Delivery]:
    """What was, or is to be, sent of a hit."""
    alerts = select(alert_hits.c.alert_id).where(alert_hits.c.hit_id == hit)
    query = select(deliveries).where(deliveries.c.alert_id.in_(alerts)).order_by(deliveries.c.id)
    return [_delivery(row) for row in db.execute(query).mappings()]


def retry(db: Connection, ids: Sequence[int] | None, now: datetime) -> int:
    """Send these again now (None: every open or failed one). Returns how many."""
    again = deliveries.c.state.in_(
        [s.value for s in (DeliveryState.PENDING, DeliveryState.UNKNOWN, DeliveryState.FAILED)]
    )
    chosen = again if ids is None else and_(again, deliveries.c.id.in_(list(ids)))
    # Something that may have arrived still may have: its next attempt goes on saying so.
    values = {"state": "pending", "next_attempt_at": now, "finished_at": None, "created_at": now}
    return db.execute(update(deliveries).where(chosen).values(values)).rowcount


def drop(db: Connection, ids: Sequence[int], now: datetime) -> int:
    """Give up on these, by a person's decision. Returns how many were still open or failed."""
    undone = deliveries.c.state.in_(["pending", "unknown", "failed"])
    return db.execute(
        update(deliveries)
        .where(undone, deliveries.c.id.in_(list(ids)))
        .values(state=DeliveryState.DROPPED.value, next_attempt_at=None, finished_at=now)
    ).rowcount


def waiting_rules(db: Connection) -> list[tuple[str, str]]:
    """The rules, each with its version, of whose hits something is still to be sent."""
    query = (
        select(hits.c.rule, hits.c.rule_version)
        .join_from(deliveries, alert_hits, alert_hits.c.alert_id == deliveries.c.alert_id)
        .join(hits, hits.c.id == alert_hits.c.hit_id)
        .where(_WAITS)
    )
    return [(row.rule, row.rule_version) for row in db.execute(query.distinct())]


def withdraw(db: Connection, rule: str, version: str, reason: str, now: datetime) -> int:
    """Send nothing more of what this version of a rule found. Returns how many that concerns."""
    found = select(alert_hits.c.alert_id).join_from(
        alert_hits, hits, hits.c.id == alert_hits.c.hit_id
    )
    of_rule = found.where(hits.c.rule == rule, hits.c.rule_version == version)
    values = {"state": "dropped", "next_attempt_at": None, "finished_at": now, "error": reason}
    return db.execute(
        update(deliveries).where(_WAITS, deliveries.c.alert_id.in_(of_rule)).values(values)
    ).rowcount


def redirect(db: Connection, delivery: int, endpoint: str) -> None:
    """Point a delivery at another endpoint of its receiver."""
    db.execute(update(deliveries).where(deliveries.c.id == delivery).values(endpoint=endpoint))


def give_up(db: Connection, delivery: int, reason: str, now: datetime) -> None:
    """Nobody to send this to: it fails, visibly."""
    db.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery)
        .values(state="failed", next_attempt_at=None, finished_at=now, error=reason)
    )


def endpoints_of(db: Connection, alert: int) -> set[str]:
    """The endpoints an alert already has a delivery for."""
    return set(db.scalars(select(deliveries.c.endpoint).where(deliveries.c.alert_id == alert)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The outbox in numbers."""

    due: int  # pending or being sent
    held: int  # unanswered, waiting for a person to decide
    failed: int
    oldest: datetime | None  # creation of the oldest one still to be sent; None: none is


def counts(db: Connection) -> Counts:
    """How the outbox stands."""
    to_send = or_(deliveries.c.state == DeliveryState.SENDING.value, _WAITS)
    held = and_(deliveries.c.state == "unknown", deliveries.c.next_attempt_at.is_(None))
    failed = deliveries.c.state == DeliveryState.FAILED.value

    def count(which: ColumnElement[bool]) -> int:
        return db.scalar(select(func.count()).select_from(deliveries).where(which)) or 0

    oldest = select(deliveries.c.created_at).where(to_send).order_by(deliveries.c.id).limit(1)
    return Counts(
        due=count(to_send), held=count(held), failed=count(failed), oldest=db.scalar(oldest)
    )


def _delivery(values: Row) -> Delivery:
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
    )
