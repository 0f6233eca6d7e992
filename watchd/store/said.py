"""What is said of single hits: which silence kept one back, and what somebody thinks of it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from watchd.model import Mark
from watchd.store.rows import parts
from watchd.store.schema import kept_back, marks


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
    return {
        row.hit_id: Mark(hit=row.hit_id, useful=row.useful, by=row.by, note=row.note, at=row.at)
        for part in parts(hit_ids)
        for row in db.execute(select(marks).where(marks.c.hit_id.in_(part)))
    }
