"""What may not go out yet: while what was missed is looked at, by a throttle, or in a storm."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, func, not_, or_, select, update

from watchd.holding.when import USUAL, left, rests_until, through_quiet
from watchd.model import DeliveryState, HeldFor, Hold, Rate
from watchd.store import holdlist
from watchd.store.outbox import WAITS
from watchd.store.rows import parts
from watchd.store.schema import alert_hits, alerts, deliveries, hits
from watchd.values import Struct

_DIGESTS = ("daily@", "weekly@")
_OF_DIGEST = (HeldFor.DIGEST.value, HeldFor.QUIET.value)
_USUAL_DIGEST = USUAL["low"].text


class Limits(Struct, frozen=True, kw_only=True):
    """What a receiver takes. `storm` None: every alert in a message of its own."""

    storm: Rate | None = None
    catching_up: tuple[datetime, datetime] | None = None
    """When a look at what was missed began, and by when it ends; None: none is on."""


class Fresh(Struct):
    """A delivery that was never tried and is due."""

    row: RowMapping
    of_watchd: bool  # what it has to say of itself is never held
    critical: bool  # neither is this
    asked_for: bool  # nor what a person wants to be sent: `watchd outbox retry`

    @property
    def id(self) -> int:
        number: int = self.row["id"]
        return number

    @property
    def was_held(self) -> bool:
        held_for = self.row["held_for"]
        return bool(held_for) and not (self.of_watchd and held_for == HeldFor.FALLBACK.value)

    @property
    def counts(self) -> bool:
        """Whether the limit of its receiver is for it, as `_COUNTS` has it of what was sent."""
        return not (self.of_watchd or self.critical or self.asked_for or self.of_digest)

    @property
    def of_digest(self) -> bool:
        """Whether it comes with the digest of its route."""
        held_for: str = self.row["held_for"]
        return held_for in _OF_DIGEST and self.row["mode"].startswith(_DIGESTS)

    @property
    def comes_together(self) -> bool:
        """Whether it goes out in one message with others also where each comes by itself."""
        throttle, held_for = HeldFor.THROTTLE.value, self.row["held_for"]
        led_on = held_for == HeldFor.QUIET.value and self.row["holds"]  # into quiet hours
        return (
            self.of_digest
            or held_for == throttle
            or bool(led_on and any(reason == throttle for reason, *_ in led_on))
        )


_COUNTS = and_(
    alerts.c.notice.is_(None),
    alerts.c.severity != "critical",
    deliveries.c.retried_at.is_(None),
    not_(
        and_(
            deliveries.c.held_for.in_(_OF_DIGEST),
            or_(*(deliveries.c.mode.startswith(kind) for kind in _DIGESTS)),
        )
    ),
)
"""What is never held by `storm` uses up none of it: else what it held waits longer than was told
in the last message before it."""


def after_pause(db: Connection, fresh: list[Fresh], limits: Limits, now: datetime) -> list[Fresh]:
    """What may go out though what was missed is still looked at: nothing but what is critical,
    and what a person asks for.

    What was held before, and is due, is in no message of its own, either: it goes with the rest.
    """
    if limits.catching_up is None or now >= limits.catching_up[1]:
        return fresh
    began, ends = limits.catching_up
    found = [one for one in fresh if one.row["created_at"] >= began]
    may_wait = [
        one for one in found if not (one.of_watchd or one.critical or one.asked_for or one.was_held)
    ]
    others = hold(db, fresh, may_wait, Hold(reason=HeldFor.CATCH_UP, until=ends), now)
    return [one for one in others if one.critical or one.asked_for or not one.was_held]


def awake(db: Connection, fresh: list[Fresh], now: datetime) -> list[Fresh]:
    """Hold what keeps quiet hours that are on, whatever let it go in them: a limit, a group, the
    start of watchd. What a person asks for is sent."""
    quiet = [one for one in fresh if one.row["quiet"] and not one.asked_for]
    for key, its in _by_quiet(quiet):
        if ends := rests_until(key, now):
            fresh = hold(db, fresh, its, Hold(reason=HeldFor.QUIET, until=ends), now)
    return fresh


def put_off(db: Connection, message: Sequence[RowMapping], now: datetime) -> bool:
    """Whether a message that was tried keeps quiet hours that are on: it waits for their end then.

    It stays the message it is, and as late as it is; it is out of line, so that an endpoint in
    trouble is not tried with it before that.
    """
    ends = [rests_until(row["quiet"], now) for row in message]
    until = max((end for end in ends if end), default=now)
    if not all(ends) or any(row["retried_at"] for row in message):
        return False
    night = Hold(reason=HeldFor.QUIET, until=until)
    for row in message:
        values: dict[str, Any] = {"in_line": False, "next_attempt_at": until}
        values["holds"] = holdlist.added(row["holds"], night, now)
        db.execute(update(deliveries).where(deliveries.c.id == row["id"]).values(values))
    return True


def held_back(
    db: Connection,
    fresh: list[Fresh],
    held: Iterable[Fresh],
    reason: HeldFor,
    until: datetime,
    now: datetime,
) -> list[Fresh]:
    """Hold what is more than a limit until there is room, or to the end of the quiet hours in
    which that would be; returns the others."""
    for key, its in _by_quiet(held):
        led_on = through_quiet(Hold(reason=reason, until=until), key)
        fresh = hold(db, fresh, its, led_on, now)
    return fresh


def _by_quiet(some: Iterable[Fresh]) -> list[tuple[str, list[Fresh]]]:
    found = defaultdict[str, list[Fresh]](list)
    for one in some:
        found[one.row["quiet"]].append(one)
    return list(found.items())


def hold(
    db: Connection, fresh: list[Fresh], held: Iterable[Fresh], as_: Hold, now: datetime
) -> list[Fresh]:
    """Hold some of them; returns the others."""
    lists = {one.id: one.row["holds"] for one in held}
    holdlist.hold(db, lists.items(), as_, now)
    return [one for one in fresh if one.id not in lists]


def throttled(db: Connection, endpoint: str, fresh: list[Fresh], now: datetime) -> list[Fresh]:
    """Hold what is more than its route lets a rule send."""
    bound = [
        one
        for one in fresh
        if one.row["throttle"] and not (one.critical or one.of_watchd or one.asked_for)
    ]
    if not bound:
        return fresh
    rules = _rules_of(db, [one.row["alert_id"] for one in bound])
    by_rule = defaultdict[tuple[str, str], list[Fresh]](list)
    for one in bound:
        by_rule[rules.get(one.row["alert_id"], ""), one.row["throttle"]].append(one)
    for (rule, key), its in by_rule.items():
        rate = Rate.read(key)
        taken = sent(db, endpoint, now - rate.per, rule)
        slots, until = left(rate, taken, now)
        if slots <= 0:
            fresh = held_back(db, fresh, its, HeldFor.THROTTLE, until, now)
    return fresh


def _rules_of(db: Connection, alert_ids: Sequence[int]) -> dict[int, str]:
    query = select(alert_hits.c.alert_id, hits.c.rule).join_from(alert_hits, hits)
    return {
        alert: rule
        for part in parts(alert_ids)
        for alert, rule in db.execute(query.where(alert_hits.c.alert_id.in_(part)))
    }


def sent(db: Connection, endpoint: str, since: datetime, rule: str = "") -> list[datetime]:
    """When messages were taken that count, or all those of a rule: only what arrived counts."""
    query = select(func.max(deliveries.c.finished_at)).where(
        deliveries.c.endpoint == endpoint,
        deliveries.c.finished_at > since,
        deliveries.c.state == DeliveryState.SENT.value,
    )
    if rule:
        query = (
            query.join_from(deliveries, alert_hits, alert_hits.c.alert_id == deliveries.c.alert_id)
            .join(hits, hits.c.id == alert_hits.c.hit_id)
            .where(hits.c.rule == rule)
        )
    else:
        query = query.join_from(deliveries, alerts, alerts.c.id == deliveries.c.alert_id)
        query = query.where(_COUNTS)
    message = func.coalesce(deliveries.c.message, deliveries.c.id)
    return list(db.scalars(query.group_by(message)))


def room(db: Connection, endpoint: str, storm: Rate, now: datetime) -> datetime:
    """When an endpoint takes messages again; now, if it does."""
    return left(storm, sent(db, endpoint, now - storm.per), now)[1]


def caught_up(db: Connection, began: datetime, now: datetime) -> int:
    """What a look at what was missed has found goes out, in one message for each endpoint.

    `began` is when the look did. With it goes what a group would gather, and what its level alone
    would keep for the next morning; a digest that a route names keeps its time. What is critical
    is none of it. Returns how much it is.
    """
    may_wait = select(alerts.c.id).where(alerts.c.notice.is_(None), alerts.c.severity != "critical")
    gathered = [HeldFor.NOTHING.value, HeldFor.CATCH_UP.value, HeldFor.GROUP.value]
    of_usual = and_(
        deliveries.c.held_for == HeldFor.DIGEST.value, deliveries.c.mode == _USUAL_DIGEST
    )
    found = and_(
        WAITS,
        deliveries.c.message.is_(None),
        or_(deliveries.c.held_for.in_(gathered), of_usual),
        deliveries.c.created_at >= began,
        deliveries.c.alert_id.in_(may_wait),
    )
    lists = {row.id: row.holds for row in db.execute(select(deliveries).where(found))}
    holdlist.hold(db, lists.items(), Hold(reason=HeldFor.CATCH_UP, until=now), now)
    return len(lists)
