"""Writes that wait are committed together, and each still stands or falls alone."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, select

from watchd.store import open_store
from watchd.store.schema import service

NOW = datetime(2026, 1, 8, 9, tzinfo=UTC)


def note(db: Connection, number: int) -> int:
    db.execute(service.insert().values(name=f"n{number}", value=number, at=NOW))
    return number


def fail(db: Connection) -> None:
    note(db, 1000)
    raise LookupError("it cannot be")


def test_writes_that_wait_share_a_commit_and_one_that_fails_spoils_none(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'watchd.db'}")
    commits: list[object] = []
    event.listen(store.engine, "commit", commits.append)
    held = threading.Event()

    async def all_at_once() -> list[object]:
        store._thread.submit(held.wait)  # the store is at work while these come in
        jobs = [store.do_write(note, number) for number in range(20)]
        writes = asyncio.gather(*jobs, store.do_write(fail), return_exceptions=True)
        await asyncio.sleep(0)
        held.set()
        return await writes

    *numbers, error = asyncio.run(all_at_once())
    assert numbers == list(range(20))
    assert isinstance(error, LookupError)
    kept = store.read(lambda db: set(db.scalars(select(service.c.value))))
    assert kept == set(range(20))  # and nothing of what failed
    assert len(commits) == 21  # one failed, so that each had to go by itself

    async def again() -> None:
        store._thread.submit(held.wait)
        await asyncio.gather(*(store.do_write(note, number) for number in range(20, 60)))

    held.clear()
    commits.clear()
    threading.Timer(0.05, held.set).start()
    asyncio.run(again())
    assert 1 <= len(commits) <= 2
    store.close()


def test_a_write_that_nobody_waits_for_any_more_is_not_made(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'watchd.db'}")
    held = threading.Event()

    async def given_up() -> None:
        store._thread.submit(held.wait)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await store.do_write(note, 1)
        held.set()

    asyncio.run(given_up())
    assert store.read(lambda db: list(db.scalars(select(service.c.value)))) == []
    store.close()
