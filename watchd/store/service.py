"""What the daemon writes about itself, for `status` to read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from watchd.store.rows import insert
from watchd.store.schema import service


def note(db: Connection, name: str, value: Any, now: datetime) -> None:
    """Keep one JSON value under a name."""
    added = insert(db, service).values(name=name, value=value, at=now)
    changed = {"value": added.excluded.value, "at": added.excluded.at}
    db.execute(added.on_conflict_do_update(index_elements=["name"], set_=changed))


def noted(db: Connection, name: str) -> tuple[Any, datetime] | None:
    """The value and when it was written; None when it never was."""
    row = db.execute(select(service).where(service.c.name == name)).first()
    return (row.value, row.at) if row else None
