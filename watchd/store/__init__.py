"""The archive and the outbox: one SQLAlchemy Core statement set for SQLite and PostgreSQL.

Functions here take a `Connection` first; `Store.read` and `Store.write` supply it. Rows become
values of `watchd.model` at this edge.
"""

from watchd.store.engine import Store, open_store, scratch_copy
from watchd.store.troubles import NewerDatabase, NoDatabase

__all__ = ["NewerDatabase", "NoDatabase", "Store", "open_store", "scratch_copy"]
