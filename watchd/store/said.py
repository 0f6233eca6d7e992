"""What is said of hits, as far as every start needs it: the rest is in `silences` and `acks`.

Most desks have no silences, and most rounds send nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select, update

from watchd.store.rows import parts
from watchd.store.schema import escalations, kept_back, marks, silences

if TYPE_CHECKING:
    from watchd.model.triage import Mark


def silences_of(db: Connection, hit_ids: Sequence[int]) -> dict[int, int]:
    """By hit: the number of the silence that kept it back."""
    query = select(kept_back.c.hit_id, kept_back.c.silence_id).distinct()
    return {
        row.hit_id: row.silence_id
        for part in parts(hit_ids)
        for row in db.execute(query.where(kept_back.c.hit_id.in_(part)))
    }


def marks_of(db: Connection, hit_ids: Sequence[int]) -> dict[int, Mark]:
    """By hit: what somebody thinks of it."""
    from watchd.model.triage import Mark

    return {
        row.hit_id: Mark(hit=row.hit_id, useful=row.useful, by=row.by, note=row.note, at=row.at)
        for part in parts(hit_ids)
        for row in db.execute(select(marks).where(marks.c.hit_id.in_(part)))
    }


def tell_with(db: Connection, endpoint: str, message: int, now: datetime) -> None:
    """A message goes to an endpoint: it says what silences that have ended kept from it."""
    ended = select(silences.c.id).where(silences.c.ends_at <= now)
    untold = (kept_back.c.told_in.is_(None), kept_back.c.endpoint == endpoint)
    if db.execute(select(kept_back.c.hit_id).where(*untold).limit(1)).first():
        told = update(kept_back).where(*untold, kept_back.c.silence_id.in_(ended))
        db.execute(told.values(told_in=message))


_WAITS = select(escalations.c.delivery_id).where(escalations.c.done_at.is_(None)).limit(1)
_KEPT = select(kept_back.c.hit_id).limit(1)


def follows(db: Connection) -> bool:
    """Whether anything may follow by itself: an escalation, or what a silence kept back."""
    return db.scalar(_WAITS) is not None or db.scalar(_KEPT) is not None
