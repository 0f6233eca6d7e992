"""A disk that becomes full at any write: nothing new comes in, nothing is lost, and it goes on.

The disks are real ones, in memory; the daemons run on the real clock, all at once.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Hooks
from tests.support.site import Site
from watchd import checks, daemon, notify, vitals
from watchd.config import load
from watchd.daemon import Daemon
from watchd.desk import read_desk
from watchd.store import open_store

POINTS = 20
OLD = {"title": "Rice", "text": "All is well.", "link": "https://x.example/1", "guid": "1"}
NEWS = [
    {"title": f"News {n}", "text": f"In alien lands. {'x' * 9000}", "guid": f"n{n}"}
    for n in range(4)
]


def mounted(folder: Path) -> bool:
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


@pytest.fixture
def disks(tmp_path: Path) -> Iterator[list[Path]]:
    folders = [tmp_path / f"disk{number}" for number in range(POINTS)]
    try:
        if not all(mounted(folder) for folder in folders):
            pytest.skip("no disk in memory can be mounted here: that takes root")
        yield folders
    finally:
        for folder in folders:
            subprocess.run(["umount", "-l", str(folder)], capture_output=True)


class Desk:
    """A desk on a small disk, that is filled at the n-th write once it is armed."""

    def __init__(self, disk: Path, point: int, site: Site, hooks: Hooks) -> None:
        self.disk, self.point, self.path = disk, point, f"/{point}"
        self.armed, self.writes, self.refused, self.full = False, 0, 0, False
        folder = DeskFolder(disk)
        folder.lines += ["[fetch]", 'min_interval = "1s"']
        folder.feed("kcna", site.url(f"{self.path}.xml"), interval="1s")
        folder.receiver("desk", f"json://{hooks.address}{self.path}")
        folder.receiver("ops", f"json://{hooks.address}{self.path}/ops")
        folder.lines += ["[[route]]", 'receivers = ["desk"]']
        folder.write()
        folder.rule("alien-lands", '"alien lands"')
        site.feed(f"{self.path}.xml", [OLD])
        self.folder, self.store = folder, open_store(folder.database)
        event.listen(self.store.engine, "before_cursor_execute", self._before)
        event.listen(self.store.engine, "handle_error", self._after)
        current = read_desk(load(folder.config, environ=os.environ), self.store, NOW)
        self.daemon = Daemon(current, self.store)

    def _before(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        writes = statement.startswith(("INSERT", "UPDATE", "DELETE"))
        if self.armed and writes:
            self.writes += 1
            if self.writes == self.point + 1:
                self.fill()

    def _after(self, context: object) -> None:
        self.refused += 1

    def fill(self) -> None:
        self.full = True
        # A log that has room in itself would take some more.
        with (self.disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
            while True:
                filler.write(bytes(4096))

    def free(self) -> None:
        (self.disk / "filler").unlink(missing_ok=True)
        self.full = False


@pytest.mark.slow
@pytest.mark.fault
def test_a_disk_that_is_full_at_any_write_loses_nothing(
    disks: list[Path],
    site: Site,
    hooks: Hooks,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for module in (checks, notify):
        monkeypatch.setattr(module, "_REST", 0.2)
    monkeypatch.setattr(daemon, "REPORT_EVERY", timedelta(seconds=1))
    monkeypatch.setattr(vitals, "_STUCK", timedelta(seconds=2))
    desks = [Desk(disk, point, site, hooks) for point, disk in enumerate(disks)]

    async def until(true: object, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not true():  # type: ignore[operator]
            if time.monotonic() > end:
                return False
            await asyncio.sleep(0.05)
        return True

    def sent(one: Desk) -> bool:
        return len({post.json()["title"] for post in hooks.at(one.path)}) >= len(NEWS)

    def told(words: str) -> bool:
        return any(words in post.body for one in desks for post in hooks.at(f"{one.path}/ops"))

    async def story() -> None:
        running = [asyncio.create_task(one.daemon.run()) for one in desks]
        assert await until(lambda: all(one.daemon.tally.feeds for one in desks), 30)
        await asyncio.sleep(1)
        for one in desks:
            site.feed(f"{one.path}.xml", [*NEWS, OLD])
            one.armed = True
        await until(lambda: all(one.refused >= 3 for one in desks) and told("cannot write"), 12)
        for one in desks:
            one.free()
        assert await until(lambda: all(sent(one) for one in desks), 40)
        await asyncio.sleep(2)
        for one in desks:
            one.daemon.finish()
        await asyncio.gather(*running)

    asyncio.run(story())
    filled = [one for one in desks if one.writes > one.point]
    refused = [one for one in filled if one.refused]
    print(f"{len(filled)} disks were filled, {len(refused)} refused a write")
    repeats = 0
    for one in desks:
        one.store.close()
        rows = sqlite3.connect(one.folder.path / "watchd.db")
        assert rows.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert rows.execute("SELECT count(*) FROM items").fetchone() == (len(NEWS) + 1,)
        assert rows.execute("SELECT count(*) FROM hits").fetchone() == (len(NEWS),)
        states = rows.execute(
            "SELECT DISTINCT state FROM deliveries WHERE receiver = 'desk'"
        ).fetchall()
        assert states == [("sent",)], one.point
        repeats += len(hooks.at(one.path)) - len(NEWS)
    assert repeats == 0
    assert len(filled) >= POINTS * 3 // 4
    assert len(refused) >= POINTS // 2
    assert "the disk is full" in caplog.text
    assert caplog.text.count("tick.failed") < 20 * POINTS
    assert told("cannot write")
    assert told("again")
    assert threading.active_count() < 200
