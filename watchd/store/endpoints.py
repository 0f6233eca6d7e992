"""How endpoints take what is sent to them: well, or in trouble since when, with what answer.

What is not as usual is a note in `service`, one for each endpoint; when an endpoint last took
something is read from its deliveries.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, select, update

from watchd.model import IN_TROUBLE, DeliveryState, EndpointState, Outcome, SendResult
from watchd.store.schema import deliveries, service
from watchd.store.service import note
from watchd.timing import rest_of_endpoint
from watchd.values import Struct, asdict, replace

_PREFIX = "endpoint "
_STATES = select(service.c.name, service.c.value).where(
    service.c.name.startswith(_PREFIX, autoescape=True)
)


class Heard(Struct, frozen=True, kw_only=True):
    """What an endpoint answered to an attempt."""

    endpoint: str
    result: SendResult
    jitter: float  # from 0 to 1
    last: bool = False  # the message was given up: the next one need not wait


def heard(db: Connection, answer: Heard, now: datetime) -> None:
    """Note what came of an attempt. After trouble, the first message taken lets the line go on."""
    before, result = state(db, answer.endpoint), answer.result
    if result.outcome is Outcome.SENT:
        if before.failures or before.rests_until:
            _write(db, before.well(), now)
        if before.is_in_trouble:
            _go_on(db, answer.endpoint, now)
        return
    after = before.worse(result, now, None)
    if (after.is_in_trouble or result.retry_after) and not answer.last:
        times = after.outages - IN_TROUBLE + 1
        rest = rest_of_endpoint(times, result.retry_after, answer.jitter)
        after = before.worse(result, now, rest)
    _write(db, after, now)


def state(db: Connection, endpoint: str) -> EndpointState:
    """How an endpoint does."""
    query = select(service.c.value).where(service.c.name == _PREFIX + endpoint)
    return _state(endpoint, db.scalar(query) or {})


def states(db: Connection, endpoints: Iterable[str] = ()) -> dict[str, EndpointState]:
    """How these endpoints do, and all others of which something is noted."""
    values = {row.name.removeprefix(_PREFIX): row.value for row in db.execute(_STATES)}
    return {name: _state(name, values.get(name) or {}) for name in sorted({*endpoints, *values})}


def known(db: Connection) -> set[str]:
    """All to which something was, or is to be, sent."""
    return set(db.scalars(select(deliveries.c.endpoint).distinct()))


def forget(db: Connection, gone: Iterable[str]) -> None:
    """Keep no note of these: they have left the config."""
    names = [_PREFIX + name for name in gone]
    db.execute(delete(service).where(service.c.name.in_(names)))


def last_taken(db: Connection, endpoint: str) -> datetime | None:
    """When an endpoint last took a message, as far as the outbox goes back."""
    sent = and_(
        deliveries.c.endpoint == endpoint,
        deliveries.c.finished_at.is_not(None),
        deliveries.c.state == DeliveryState.SENT.value,
    )
    query = select(deliveries.c.finished_at).where(sent)
    moment: datetime | None = db.scalar(query.order_by(deliveries.c.finished_at.desc()).limit(1))
    return moment


def wake(db: Connection, endpoints: Iterable[str], now: datetime) -> None:
    """End the rest of these: a person says that they can be tried again."""
    for name in endpoints:
        one = state(db, name)
        if one.rests_until:
            _write(db, replace(one, rests_until=None), now)


def know(db: Connection, states: Iterable[EndpointState], now: datetime) -> None:
    """Write down what people know of these."""
    for one in states:
        _write(db, one, now)


def _go_on(db: Connection, endpoint: str, now: datetime) -> None:
    """What waited for its next attempt while nothing was taken is due."""
    waits = and_(
        deliveries.c.endpoint == endpoint,
        deliveries.c.state == DeliveryState.PENDING.value,
        deliveries.c.in_line,
        deliveries.c.message.is_not(None),
        deliveries.c.next_attempt_at > now,
    )
    db.execute(update(deliveries).where(waits).values(next_attempt_at=now))


def _state(name: str, value: dict[str, Any]) -> EndpointState:
    return EndpointState(
        endpoint=name,
        failures=value.get("failures", 0),
        outages=value.get("outages", 0),
        failing_since=_moment(value.get("failing_since")),
        rests_until=_moment(value.get("rests_until")),
        error=value.get("error", ""),
        told=value.get("told", False),
        told_failed=value.get("told_failed", 0),
        told_failed_at=_moment(value.get("told_failed_at")),
        told_until=_moment(value.get("told_until")),
        told_unanswered=value.get("told_unanswered", 0),
    )


def _write(db: Connection, one: EndpointState, now: datetime) -> None:
    value = {
        name: each.isoformat() if isinstance(each, datetime) else each
        for name, each in asdict(one).items()
        if name != "endpoint"
    }
    note(db, _PREFIX + one.endpoint, value, now)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
