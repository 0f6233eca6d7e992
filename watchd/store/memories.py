"""What watched pages and sitemap indexes have shown before; read only when one is read again."""

from __future__ import annotations

from sqlalchemy import Connection, select

from watchd.model import Memory
from watchd.store.rows import put
from watchd.store.schema import memories


def memory_of(db: Connection, feed: str) -> Memory | None:
    """What this page or index has shown; None: it has not been read yet."""
    row = db.execute(select(memories).where(memories.c.feed == feed)).mappings().first()
    return Memory(**row) if row else None


def keep(db: Connection, memory: Memory) -> None:
    """Write it down in the place of what was known. The caller's transaction is the check's."""
    row = {"feed": memory.feed, "address": memory.address, "at": memory.at, "data": memory.data}
    db.execute(put(db, memories, "feed", "address", "at", "data"), row)
