"""What is sent next to an endpoint: one alert, or many that go out in one message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    update,
)

from watchd.holding.when import left, rests_until
from watchd.model import Delivery, DeliveryState, EndpointState, HeldFor, Rate
from watchd.store import endpoints
from watchd.store import limits as limits_of
from watchd.store.limits import Fresh, Limits
from watchd.store.outbox import WAITS, delivery_of, free, sending
from watchd.store.rows import parts
from watchd.store.said import tell_with
from watchd.store.schema import alert_hits, alerts, deliveries, hits, stories
from watchd.values import Struct, replace

AT_ONCE = 5
"""More alerts than these, due at the same time, are one message."""

AGAIN = timedelta(seconds=1)  # from one look at what is due to the next

_LOOK = 100  # deliveries, for one that does not stand behind another
PATIENCE = 7
"""After so many attempts, some 20 minutes, an update no longer waits for a message that was refused
itself."""


_NO_LIMITS = Limits()


class Batch(Struct, frozen=True, kw_only=True):
    """What goes out in one message, marked as being sent. Mostly it is one delivery."""

    deliveries: tuple[Delivery, ...]
    capped: tuple[Rate, datetime] | None = None  # no more for now: the rate, and until when

    @property
    def ids(self) -> list[int]:
        return [one.id for one in self.deliveries]

    @property
    def message(self) -> int:
        """Its number: that of the first delivery that was ever in it."""
        first = self.deliveries[0]
        return first.message or first.id


def due_endpoints(db: Connection, now: datetime) -> list[str]:
    """Names of the endpoints for which `claim_next` is to be asked now.

    It finds nothing where all that is due stands behind what waits for its next attempt.
    """
    return _due(db, endpoints.states(db), now)


def _due(db: Connection, states: Mapping[str, EndpointState], now: datetime) -> list[str]:
    resting = [name for name, one in states.items() if one.rests(now)]
    in_trouble = [name for name, one in states.items() if one.is_in_trouble]
    due = deliveries.c.next_attempt_at <= now
    goes_first = and_(deliveries.c.in_line, free(now), deliveries.c.endpoint.in_(in_trouble))
    query = select(deliveries.c.endpoint).where(
        WAITS, deliveries.c.endpoint.not_in(resting), or_(due, goes_first)
    )
    return sorted(db.scalars(query.distinct()))


class UnderWay(Struct, frozen=True, kw_only=True):
    """What is being sent, as far as the table knows, what is due, and when something will be."""

    sending: set[str]  # names of endpoints
    due: list[str]  # names of endpoints
    rest: timedelta | None  # until something may be due; None: nothing waits


_NEXT = select(func.min(deliveries.c.next_attempt_at)).where(WAITS)
_NEXT_OF_EACH = (
    select(deliveries.c.endpoint, func.min(deliveries.c.next_attempt_at).label("at"))
    .where(WAITS)
    .group_by(deliveries.c.endpoint)
)


def under_way(db: Connection, now: datetime) -> UnderWay:
    """How sending stands: little is read where nothing waits, for that is nearly always so."""
    sent, first = sending(db), db.scalar(_NEXT)
    if first is None:
        return UnderWay(sending=sent, due=[], rest=None)
    states = endpoints.states(db)
    due = _due(db, states, now)
    # What is due may be under way, or stand behind another: it is looked at again and again.
    rests = [AGAIN] if due else []
    for row in db.execute(_NEXT_OF_EACH):
        if row.endpoint not in due:
            rests.append(_moment(row.at, states.get(row.endpoint), now) - now)
    return UnderWay(sending=sent, due=due, rest=min(rests))


def _moment(first: datetime, state: EndpointState | None, now: datetime) -> datetime:
    """When an endpoint to which nothing is due is to be looked at; `first`: its next attempt."""
    if state is None or state.rests_until is None or not state.rests(now):
        return first
    # In trouble it is tried after its rest, whatever the message waits for.
    return state.rests_until if state.is_in_trouble else max(first, state.rests_until)


def claim_next(
    db: Connection, endpoint: str, now: datetime, limits: Limits = _NO_LIMITS
) -> Batch | None:
    """Mark the next message to an endpoint as being sent; None when nothing is due.

    An endpoint that is in trouble is left alone for a while, and then tried with the oldest that
    is in line, so that it is not asked again and again, and gets all in order. Else each waits
    for itself: one message that was not taken holds up no other, but for an update of the same.
    Out of line are those the endpoint refused (another message may well pass), those that may
    have arrived already, and those held for their time. What was once tried as one message is
    tried again as that. What is due for the first time may be held now, by the limits of its rule
    and of its receiver.
    """
    here = deliveries.c.endpoint == endpoint
    busy = select(deliveries.c.id).where(here, deliveries.c.state == DeliveryState.SENDING.value)
    if db.execute(busy.limit(1)).first():
        return None
    state = endpoints.state(db, endpoint)
    if state.rests(now):
        return None
    waiting = select(deliveries).where(here, WAITS).order_by(deliveries.c.id)
    due = waiting.where(deliveries.c.next_attempt_at <= now)
    in_line = waiting.where(deliveries.c.in_line, free(now))
    head = _foremost(db, in_line if state.is_in_trouble else due)
    if head is None and state.is_in_trouble:
        head = _foremost(db, due)
    if head is None:
        return None
    if head["message"] is not None:
        if _put_off(db, head, now):
            return claim_next(db, endpoint, now, limits)
        return _again(db, head, now)
    bound = head["held_for"] or head["throttle"] or rests_until(head["quiet"], now)
    if limits == _NO_LIMITS and not bound:
        # Thousands may wait after it, and need no look.
        return _telling(db, _taken(db, [head]), now)
    if batch := _first_time(db, endpoint, now, limits):
        return batch
    tried = _foremost(db, due.where(deliveries.c.message.is_not(None)))
    if tried is None:
        return None
    if _put_off(db, tried, now):
        return claim_next(db, endpoint, now, limits)
    return _again(db, tried, now)


_earlier, _of_earlier, _its_hits = deliveries.alias(), alert_hits.alias(), hits.alias()
_story, _its_story = stories.alias(), stories.alias()
_BEHIND = (
    select(deliveries.c.id)
    .join(alert_hits, alert_hits.c.alert_id == deliveries.c.alert_id)
    .join(hits, hits.c.id == alert_hits.c.hit_id)
    .join(_story, _story.c.item_id == hits.c.item_id)
    .join(_its_story, _its_story.c.story == _story.c.story)
    .join(
        _its_hits,
        and_(
            _its_hits.c.item_id == _its_story.c.item_id,
            func.coalesce(_its_hits.c.rule, "") == hits.c.rule,
        ),
    )
    .join(_of_earlier, _of_earlier.c.hit_id == _its_hits.c.id)
    .join(_earlier, _earlier.c.alert_id == _of_earlier.c.alert_id)
    .where(
        deliveries.c.id.in_(bindparam("ids", expanding=True)),
        or_(hits.c.update, hits.c.follow_up != ""),
        _earlier.c.id < deliveries.c.id,
        # From the story on, and by no index over rules or states: these may lead to thousands.
        func.coalesce(_earlier.c.endpoint, "") == deliveries.c.endpoint,
        func.coalesce(_earlier.c.state, "").in_(
            [DeliveryState.PENDING.value, DeliveryState.UNKNOWN.value]
        ),
        _earlier.c.next_attempt_at.is_not(None),
        _earlier.c.message.is_not(None),
        or_(_earlier.c.in_line, _earlier.c.attempts < PATIENCE),
    )
)
"""Of deliveries of updates and follow-ups: those of whose story one is still being tried. For a
while: what an endpoint refused again and again does not keep the update from it."""


def _foremost(db: Connection, waiting: Select[Any]) -> RowMapping | None:
    """The first of these that does not stand behind another."""
    first = db.execute(waiting.limit(1)).mappings().first()
    if first is None or not _stand_behind(db, [first["id"]]):
        return first
    rows = db.execute(waiting.limit(_LOOK)).mappings().all()
    behind = _stand_behind(db, [row["id"] for row in rows])
    return next((row for row in rows if row["id"] not in behind), None)


def _stand_behind(db: Connection, ids: Sequence[int]) -> set[int]:
    return {number for part in parts(ids) for number in db.scalars(_BEHIND, {"ids": list(part)})}


def _again(db: Connection, row: RowMapping, now: datetime) -> Batch:
    """What was tried together, as far as it still waits."""
    return _taken(db, _together(db, row) if row["message"] is not None else [row])


def _put_off(db: Connection, row: RowMapping, now: datetime) -> bool:
    return bool(row["quiet"]) and limits_of.put_off(db, _together(db, row), now)


def _together(db: Connection, row: RowMapping) -> Sequence[RowMapping]:
    same = and_(deliveries.c.endpoint == row["endpoint"], deliveries.c.message == row["message"])
    together = select(deliveries).where(WAITS, same, deliveries.c.in_line == row["in_line"])
    return db.execute(together.order_by(deliveries.c.id)).mappings().all()


def _taken(
    db: Connection, rows: Sequence[RowMapping], capped: tuple[Rate, datetime] | None = None
) -> Batch:
    message = rows[0]["message"] or rows[0]["id"]
    sending = DeliveryState.SENDING
    values: dict[str, Any] = {"state": sending.value, "message": message}
    values["attempts"] = deliveries.c.attempts + 1
    for part in parts([row["id"] for row in rows]):
        db.execute(update(deliveries).where(deliveries.c.id.in_(part)).values(values))
    taken = (
        replace(delivery_of(row), state=sending, message=message, attempts=row["attempts"] + 1)
        for row in rows
    )
    return Batch(deliveries=tuple(taken), capped=capped)


def _first_time(db: Connection, endpoint: str, now: datetime, limits: Limits) -> Batch | None:
    fresh = limits_of.after_pause(db, _fresh(db, endpoint, now), limits, now)
    fresh = limits_of.awake(db, fresh, now)
    fresh = limits_of.throttled(db, endpoint, fresh, now)
    storm, slots, until = limits.storm, 0, now
    if storm is not None and fresh:
        sent = limits_of.sent(db, endpoint, now - storm.per)
        slots, until = left(storm, sent, now)
        if slots <= 0:
            counting = [one for one in fresh if one.counts]
            fresh = limits_of.held_back(db, fresh, counting, HeldFor.STORM, until, now)
        elif slots == 1:
            until = left(storm, [now, *sent], now)[1]
    if not fresh:
        return None
    first = fresh[0]
    if first.of_watchd and not first.was_held:
        return _taken(db, [first.row])
    at_once = [one for one in fresh if not one.was_held and not one.of_watchd]
    released = [one for one in fresh if one.was_held]
    messages = len(at_once) + any(one.counts for one in released)
    if storm is not None and (len(at_once) > AT_ONCE or messages > max(1, slots)):
        chosen = [*at_once, *released]
    elif storm is None and not first.comes_together:
        chosen = [first]
    elif storm is None:
        chosen = [one for one in released if one.comes_together]
    else:
        chosen = released if first.was_held else [first]
    is_last = slots == 1 and any(one.counts for one in chosen)
    rows = [one.row for one in sorted(chosen, key=lambda one: one.id)]
    until = rests_until(rows[0]["quiet"], until) or until  # what comes by then waits for that
    batch = _taken(db, rows, (storm, until) if storm and is_last else None)
    return _telling(db, batch, now)


def _telling(db: Connection, batch: Batch, now: datetime) -> Batch:
    """The same, which is to tell what silences that have ended kept back."""
    tell_with(db, batch.deliveries[0].endpoint, batch.message, now)
    return batch


def _fresh(db: Connection, endpoint: str, now: datetime) -> list[Fresh]:
    due = and_(WAITS, deliveries.c.in_line, deliveries.c.message.is_(None))
    query = (
        select(deliveries, alerts.c.severity, alerts.c.notice.is_not(None).label("of_watchd"))
        .join_from(deliveries, alerts, alerts.c.id == deliveries.c.alert_id)
        .where(due, deliveries.c.endpoint == endpoint, deliveries.c.next_attempt_at <= now)
        .order_by(deliveries.c.id)
    )
    rows = db.execute(query).mappings().all()
    behind = _stand_behind(db, [row["id"] for row in rows])
    return [
        Fresh(
            row=row,
            of_watchd=bool(row["of_watchd"]),
            critical=row["severity"] == "critical",
            asked_for=row["retried_at"] is not None,
        )
        for row in rows
        if row["id"] not in behind
    ]
