"""An archive of a test's own making, written as the store writes it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from tests.support.desk import DeskFolder
from watchd.model import Item
from watchd.store import Store, open_store
from watchd.store.rows import item_values
from watchd.store.schema import items as table
from watchd.values import replace

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


def archive_of(
    folder: Path, found: Iterable[tuple[str, Item]], *, apart: timedelta = timedelta(hours=1)
) -> Store:
    """A database with these items, each with its feed: the last first seen at NOW."""
    every = list(found)
    store = open_store(f"sqlite:///{folder / 'watchd.db'}")

    def fill(db: Connection) -> None:
        for number, (feed, item) in enumerate(every, 1):
            at = NOW - apart * (len(every) - number)
            row = {**item_values(replace(item, content_hash=str(number))), "key": str(number)}
            row |= {"feed": feed, "guid": "", "revision": 1, "baseline": False}
            db.execute(table.insert().values(first_seen_at=at, seen_at=at, **row))

    store.write(fill)
    return store


def copy_of(desk: DeskFolder, folder: Path) -> DeskFolder:
    """A desk as another one is now, to be changed by one test alone."""
    shutil.copytree(desk.path, folder, dirs_exist_ok=True)
    return DeskFolder(folder, list(desk.lines))
