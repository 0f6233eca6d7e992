"""Alerts that somebody has to acknowledge in time: else others are told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, and_, or_, select, update

from watchd.holding.when import rests_until
from watchd.model import DeliveryState, Destination
from watchd.store.acks import is_seen, list_acks
from watchd.store.around import stories_of
from watchd.store.holds import add_instead
from watchd.store.rows import evidence_of, parts
from watchd.store.schema import alert_hits, deliveries, escalations, hits
from watchd.values import Struct, replace

Outcome = Literal["escalated", "acknowledged", "nobody"]
"""How it ended; "nobody": those to be told have it already, or are no longer in the config."""


class Open(Struct, frozen=True, kw_only=True):
    """An alert that was delivered, and has been waiting for somebody for too long."""

    delivery: int
    alert: int
    after: timedelta
    receivers: tuple[str, ...]
    quiet: str  # as of its Destination
    acknowledged: bool


def due(db: Connection, now: datetime) -> list[Open]:
    """What was delivered so long ago that others are to be told, unless it is acknowledged.

    To whom it was meant for, or to the fallback of that. In the quiet hours of the route it came
    by nobody is told: by their end somebody may have acknowledged it.
    """
    arrived = deliveries.alias("arrived")
    there = or_(
        arrived.c.id == deliveries.c.id, arrived.c.mode == "fallback " + deliveries.c.endpoint
    )
    query = (
        select(escalations, deliveries.c.alert_id, deliveries.c.quiet, arrived.c.finished_at)
        .join_from(escalations, deliveries, deliveries.c.id == escalations.c.delivery_id)
        .join(arrived, and_(arrived.c.alert_id == deliveries.c.alert_id, there))
        .where(escalations.c.done_at.is_(None), arrived.c.state == DeliveryState.SENT.value)
        .order_by(escalations.c.delivery_id)
    )
    rows = [
        row
        for row in db.execute(query)
        if row.finished_at + row.after <= now and not rests_until(row.quiet, now)
    ]
    late = {row.delivery_id: row for row in rows}.values()
    known = _acknowledged(db, {row.alert_id for row in late})
    return [
        Open(
            delivery=row.delivery_id,
            alert=row.alert_id,
            after=row.after,
            receivers=tuple(row.receivers),
            quiet=row.quiet,
            acknowledged=row.alert_id in known,
        )
        for row in late
    ]


def _acknowledged(db: Connection, alert_ids: Collection[int]) -> set[int]:
    """Those of these alerts that somebody has acknowledged, words and all."""
    query = select(alert_hits.c.alert_id, hits.c.rule, hits.c.item_id, hits.c.evidence).join_from(
        alert_hits, hits, hits.c.id == alert_hits.c.hit_id
    )
    found = [
        row
        for part in parts(sorted(alert_ids))
        for row in db.execute(query.where(alert_hits.c.alert_id.in_(part)))
    ]
    if not found:
        return set()
    stories = stories_of(db, [row.item_id for row in found])
    acks = list_acks(db, stories=sorted(set(stories.values())))
    return {
        row.alert_id
        for row in found
        if is_seen(row.rule, stories[row.item_id], evidence_of(row.evidence), acks)
    }


def settle(db: Connection, one: Open, destinations: Sequence[Destination], now: datetime) -> int:
    """End the waiting of an alert: send it to these as well. Returns to how many it goes."""
    told = add_instead(db, one.alert, [replace(to, quiet=one.quiet) for to in destinations], now)
    outcome: Outcome = "escalated" if told else "nobody"
    if one.acknowledged:
        outcome = "acknowledged"
    here = escalations.c.delivery_id == one.delivery
    db.execute(update(escalations).where(here).values(done_at=now, outcome=outcome))
    return told


class Waits(Struct, frozen=True, kw_only=True):
    """Of one delivery: who is told when nobody acknowledges it, and what became of that."""

    delivery: int
    after: timedelta
    receivers: tuple[str, ...]
    outcome: str  # "": it is open


def of_deliveries(db: Connection, ids: Sequence[int]) -> dict[int, Waits]:
    """By delivery, of those that have to be acknowledged."""
    return {
        row.delivery_id: Waits(
            delivery=row.delivery_id,
            after=row.after,
            receivers=tuple(row.receivers),
            outcome=row.outcome,
        )
        for part in parts(ids)
        for row in db.execute(select(escalations).where(escalations.c.delivery_id.in_(part)))
    }
