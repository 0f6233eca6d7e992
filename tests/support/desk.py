"""A desk of a test's own: config, rules and database in a folder, and watchd at work on it.

`desk.once(now)` is one round in this process, at a time the test names; `with desk.running()`
is the daemon itself in a process of its own, on the real clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.commandline import watchd
from tests.support.readers import lent
from watchd.config import load
from watchd.daemon import Daemon
from watchd.desk import read_desk
from watchd.model import Delivery, StoredHit, StoredItem
from watchd.store import archive, open_store, outbox
from watchd.tally import Tally

NOW = datetime(2026, 1, 8, 9, tzinfo=UTC)


@dataclass
class DeskFolder:
    """A folder with config.toml and rules/; change it with `feed`, `receiver`, `rule`, `write`."""

    path: Path
    lines: list[str] = field(default_factory=lambda: ['database = "watchd.db"', 'rules = "rules"'])

    def __post_init__(self) -> None:
        (self.path / "rules" / "lists").mkdir(parents=True, exist_ok=True)
        self.write()

    @property
    def config(self) -> Path:
        return self.path / "config.toml"

    @property
    def database(self) -> str:
        return f"sqlite:///{self.path / 'watchd.db'}"

    def write(self) -> None:
        self.config.write_text("\n".join(self.lines) + "\n", encoding="utf-8")

    def feed(self, name: str, url: str, **more: str) -> None:
        values = {"name": name, "url": url, "interval": "5m", **more}
        self._table("feed", values, "private = true")

    def receiver(self, name: str, url: str) -> None:
        self._table("receiver", {"name": name, "url": url})

    def route(self, **values: object) -> None:
        self.lines += ["[[route]]", *(f"{key} = {json.dumps(v)}" for key, v in values.items())]
        self.write()

    def _table(self, name: str, values: dict[str, str], *more: str) -> None:
        self.lines += [f"[[{name}]]", *(f"{k} = {json.dumps(v)}" for k, v in values.items()), *more]
        self.write()

    def rule(self, name: str, query: str, *, severity: str = "high", **more: object) -> None:
        lines = [f'title = "Rule {name}"', f'severity = "{severity}"']
        lines += [f"{key} = {json.dumps(value)}" for key, value in more.items()]
        lines += ["query = '''", query, "'''"]
        (self.path / "rules" / f"{name}.toml").write_text("\n".join(lines) + "\n", "utf-8")

    def once(self, now: datetime = NOW) -> Tally:
        """One round of the daemon's work, as `run --once` does it, with the clock at `now`."""
        store = open_store(self.database)
        try:
            desk = read_desk(load(self.config, environ=os.environ), store, now)
            with lent():
                return asyncio.run(Daemon(desk, store, clock=lambda: now).once())
        finally:
            store.close()

    def _read(self, query: Callable[..., Any], **more: Any) -> Any:
        store = open_store(self.database, create=False)
        try:
            return store.read(query, **more)
        finally:
            store.close()

    def hits(self) -> list[StoredHit]:
        found: list[StoredHit] = self._read(archive.list_hits)
        return found

    def items(self) -> list[StoredItem]:
        found: list[StoredItem] = self._read(archive.list_items)
        return found

    def deliveries(self) -> list[Delivery]:
        found: list[Delivery] = self._read(outbox.list_deliveries)
        return found

    def watchd(
        self, *words: str, here: bool = False, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the command line as a user would; `here`: from within the folder."""
        config = () if here else ("-c", str(self.config))
        return watchd(*config, *words, folder=self.path if here else None, **environ)

    @contextlib.contextmanager
    def running(self, *options: str, **environ: str) -> Iterator[Running]:
        """The daemon, from started to ended; killed if the test leaves it running."""
        log = self.path / "log.txt"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "watchd", "-c", str(self.config), *options, "run"],
                stdout=output,
                stderr=output,
                env={**os.environ, **environ},
            )
        daemon = Running(process, log, log.stat().st_size)
        try:
            daemon.says("daemon.started")
            yield daemon
            daemon.stop()
        finally:
            process.kill()
            process.wait()


@dataclass
class Running:
    """The daemon at work in its own process."""

    process: subprocess.Popen[bytes]
    log: Path
    start: int

    def words(self) -> str:
        """What it has logged since it was started."""
        return self.log.read_bytes()[self.start :].decode()

    def says(self, words: str, *, times: int = 1) -> str:
        """Wait until it has logged `words`; the whole log so far."""
        wait_for(lambda: self.words().count(words) >= times or self.process.poll() is not None)
        found = self.words()
        assert found.count(words) >= times, f"never said {words!r}:\n{found}"
        return found

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def stop(self) -> float:
        """SIGTERM; the seconds it took to end."""
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)
        return time.monotonic() - began


def wait_for(true: Callable[[], object], seconds: float = 20) -> None:
    """Until `true()` is; fails after `seconds`. For other processes, which have their own clock."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@pytest.fixture
def desk(tmp_path: Path) -> DeskFolder:
    return DeskFolder(tmp_path)
