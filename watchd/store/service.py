"""What the daemon writes about itself, for `status` to read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from watchd.store.rows import put
from watchd.store.schema import service

_NOTED = select(service.c.value, service.c.at).where(service.c.name == bindparam("of_name"))


def note(db: Connection, name: str, value: Any, now: datetime) -> None:
    """Keep one JSON value under a name."""
    db.execute(put(db, service, "name", "value", "at"), {"name": name, "value": value, "at": now})


def noted(db: Connection, name: str) -> tuple[Any, datetime] | None:
    """The value and when it was written; None when it never was."""
    row = db.execute(_NOTED, {"of_name": name}).first()
    return (row.value, row.at) if row else None
