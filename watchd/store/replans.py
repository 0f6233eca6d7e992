"""What waits, as its routes look at it, and what a changed config makes of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, not_, or_, select, update

from watchd.model import Delivery, Escalation, HeldFor, Hold, Item, Severity, StoredHit
from watchd.store import holdlist
from watchd.store.archive import list_hits
from watchd.store.outbox import WAITS, delivery_of, free
from watchd.store.rows import parts
from watchd.store.schema import alert_hits, deliveries, escalations, hits
from watchd.values import Struct

_HELD_FOR = [
    one.value
    for one in (
        HeldFor.GROUP,
        HeldFor.DIGEST,
        HeldFor.QUIET,
        HeldFor.THROTTLE,
        HeldFor.STORM,
    )
]


class Waiting(Struct, frozen=True, kw_only=True):
    """A delivery that waits, and what the routes look at."""

    delivery: Delivery
    throttle: str  # Rate.key of its route, or ""
    escalation: Escalation | None
    escalated: bool  # or it needs no more to be: that is over
    rule: str
    severity: Severity
    feed: str
    item: Item


class Replan(Struct, frozen=True, kw_only=True):
    """What is to become of a delivery that waits."""

    delivery: Delivery
    hold: Hold
    mode: str
    throttle: str
    quiet: str
    escalation: Escalation | None
    escalated: bool  # as of Waiting: then what is known of it stays
    route: str | None


def waiting(db: Connection, now: datetime, *, escalates: bool) -> list[Waiting]:
    """What is held, of hits, and what else is not sent yet and has to be acknowledged; the oldest
    first. `escalates`: all that is not sent yet, since it may have to be.
    """
    held = and_(not_(free(now)), deliveries.c.held_for.in_(_HELD_FOR))
    query = (
        select(deliveries, func.min(alert_hits.c.hit_id).label("hit"))
        .add_columns(escalations.c.after, escalations.c.receivers, escalations.c.done_at)
        .join_from(deliveries, alert_hits, alert_hits.c.alert_id == deliveries.c.alert_id)
        .outerjoin(escalations, escalations.c.delivery_id == deliveries.c.id)
        .group_by(deliveries.c.id, escalations.c.delivery_id)
        .order_by(deliveries.c.id)
    )
    wanted = WAITS if escalates else and_(WAITS, or_(held, escalations.c.delivery_id.is_not(None)))
    rows = list(db.execute(query.where(wanted)).mappings())
    found: dict[int, StoredHit] = {}
    for part in parts(sorted({row["hit"] for row in rows})):
        found |= {one.id: one for one in list_hits(db, ids=part)}
    return [
        Waiting(
            delivery=delivery_of(row),
            throttle=row["throttle"],
            escalation=(
                Escalation(after=row["after"], to=tuple(row["receivers"])) if row["after"] else None
            ),
            escalated=row["done_at"] is not None,
            rule=hit.hit.rule,
            severity=hit.hit.severity,
            feed=hit.stored.feed,
            item=hit.stored.item,
        )
        for row in rows
        if (hit := found.get(row["hit"]))
    ]


def replan(db: Connection, plans: Iterable[Replan], now: datetime) -> int:
    """Let these wait as the config has it now. Returns how many changed their time."""
    changed = 0
    for one in plans:
        number, until = one.delivery.id, one.hold.until
        values: dict[str, Any] = {"mode": one.mode, "throttle": one.throttle, "route": one.route}
        values["quiet"] = one.quiet
        if until != one.delivery.held_until:
            changed += 1
            held_for = one.hold.reason.value
            values |= {"held_for": held_for, "held_until": until, "next_attempt_at": until}
            if until and until > now:
                kept = db.scalar(select(deliveries.c.holds).where(deliveries.c.id == number))
                values["holds"] = holdlist.added(kept, one.hold, now)
        db.execute(update(deliveries).where(deliveries.c.id == number).values(values))
        open_ = and_(escalations.c.delivery_id == number, escalations.c.done_at.is_(None))
        db.execute(delete(escalations).where(open_))
        if (to := one.escalation) and not one.escalated:
            row = {"delivery_id": number, "after": to.after, "receivers": list(to.to)}
            db.execute(insert(escalations).values(row | {"outcome": ""}))
    return changed


def waiting_rules(db: Connection) -> list[tuple[str, str]]:
    """The rules, each with its version, of whose hits something is still to be sent."""
    query = (
        select(hits.c.rule, hits.c.rule_version)
        .join_from(deliveries, alert_hits, alert_hits.c.alert_id == deliveries.c.alert_id)
        .join(hits, hits.c.id == alert_hits.c.hit_id)
        .where(WAITS)
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
        update(deliveries).where(WAITS, deliveries.c.alert_id.in_(of_rule)).values(values)
    ).rowcount
