"""The end of the daemon, within its own process."""

from __future__ import annotations

import asyncio
import os
import threading
from datetime import datetime, timedelta

import pytest

from tests.support.desk import NOW, DeskFolder
from watchd.config import load
from watchd.daemon import Daemon
from watchd.desk import read_desk
from watchd.store import Store, open_store, service


def test_a_tick_under_way_is_not_cut_off(
    desk: DeskFolder, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store(desk.database)
    try:
        asyncio.run(_stopped_in_the_middle_of_a_tick(desk, store, caplog))
    finally:
        store.close()
    assert "daemon.stopped" in caplog.text
    assert [r.getMessage() for r in caplog.records if r.levelname == "ERROR"] == []


async def _stopped_in_the_middle_of_a_tick(
    desk: DeskFolder, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    looks = 0

    def clock() -> datetime:
        nonlocal looks
        looks += 1  # every tick that begins looks at the clock
        return NOW

    caplog.set_level("INFO", "watchd")
    read = read_desk(load(desk.config, environ=os.environ), store, NOW)
    daemon = Daemon(read, store, clock=clock, check_every=timedelta(milliseconds=50))
    running = asyncio.create_task(daemon.run())
    while "daemon.started" not in caplog.text:
        await asyncio.sleep(0.01)
    assert await store.do_read(service.noted, "last_cycle")  # it waits for its first report
    ready = threading.Event()
    busy = asyncio.create_task(store.do_write(lambda _: ready.wait(10)))
    before = looks
    while looks == before:  # a tick begins, and has to wait for the database
        await asyncio.sleep(0.01)
    daemon.finish()
    while "daemon.stopping" not in caplog.text:
        await asyncio.sleep(0.01)
    ready.set()
    await asyncio.gather(busy, running)
