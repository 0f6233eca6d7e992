"""Runs the daemon's own rounds through the days of a script, on a clock that jumps to what is due.

The database, the schedule in it, the claims, the parser's child process and all of the fetching
but the sockets are the real ones; `servers.Network` stands where the sockets would.
"""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection, func, select

from tests.timeline.press import DAY, MINUTE, Publisher
from tests.timeline.servers import Network
from watchd.config import load
from watchd.daemon import Daemon
from watchd.desk import Desk, read_desk
from watchd.exchange import Exchange
from watchd.store import Store, open_store
from watchd.store.schema import feeds
from watchd.values import replace

BEGAN = datetime(2026, 1, 5, tzinfo=UTC)
STEP = 3 * MINUTE  # the clock stands on whole steps
LOOK = 9 * MINUTE  # how often the states of all feeds are looked at


@dataclass(frozen=True, slots=True)
class Seen:
    """What `status` would have said of a feed from `at` on."""

    at: float
    health: str
    told: str
    gap_at: datetime | None
    lying_at: datetime | None
    moved_to: str
    pace: timedelta | None


@dataclass
class Run:
    """A script, and all that came of it."""

    script: Sequence[Publisher]
    days: float
    restarts: int = 0
    network: Network = field(init=False)
    seen: dict[str, list[Seen]] = field(init=False)
    told_at: set[datetime] = field(default_factory=set)  # when people were told of feeds
    now: float = 0.0

    def __post_init__(self) -> None:
        self.seen = {one.name: [] for one in self.script}

    def clock(self) -> datetime:
        return BEGAN + timedelta(seconds=self.now)


async def live(run: Run, folder: Path, *, seed: int = 1) -> Store:
    """The days of the script, lived through; returns the store, open, as it is at the end.

    In the middle of them our own network is away, for two days of thirty.
    """
    chance = random.Random(f"driver {seed}")
    random.seed(seed)  # what watchd leaves to chance
    end = run.days * DAY
    away = (0.55 * end, 0.55 * end + end / 15)
    run.network = Network(run.script, BEGAN, lambda: run.now, [away], seed)
    restarts = sorted(chance.uniform(0, end) for _ in range(run.restarts))
    store, desk = _desk(run, folder)
    with _network(run.network):
        daemon = await _started(desk, store, run)
        looked = -LOOK
        while (due := _next(store)) is not None and due < end:
            run.now = max(run.now + STEP, -(-due // STEP) * STEP)
            if restarts and restarts[0] <= run.now:
                restarts.pop(0)
                await daemon.stop()
                store.close()
                store, desk = _desk(run, folder)
                daemon = await _started(desk, store, run)
            await _round(daemon)
            if run.now - looked >= LOOK:
                looked = run.now
                await daemon._tell()
                _look(store, run)
        await daemon.stop()
        _look(store, run)
    return store


async def _round(daemon: Daemon) -> None:
    """A tick of the daemon, and what it leaves for a moment later."""
    checks = daemon._checks
    await checks.claim()
    await checks.wait()
    await checks._write_unchanged()


async def _started(desk: Desk, store: Store, run: Run) -> Daemon:
    daemon = Daemon(desk, store, clock=run.clock)
    await daemon.prepare()
    return daemon


def _desk(run: Run, folder: Path) -> tuple[Store, Desk]:
    """The desk of a config with these feeds, and one rule."""
    (folder / "rules").mkdir(exist_ok=True)
    rule = 'title = "Ferries"\nseverity = "low"\nquery = "ferry AND strike"\n'
    (folder / "rules" / "ferries.toml").write_text(rule)
    lines = ['database = "watchd.db"', 'rules = "rules"']
    for one in run.script:
        values: dict[str, Any] = {"name": one.name, "url": one.url}
        values["interval"] = f"{one.interval:.0f}s"
        lines += ["[[feed]]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
    (folder / "config.toml").write_text("\n".join(lines) + "\n")
    config = load(folder / "config.toml", environ={})
    bounds = {one.name: one.pace for one in run.script if one.pace}
    config = replace(
        config,
        fetch=replace(config.fetch, spacing=timedelta()),  # which would pass in real time
        feeds=tuple(
            replace(
                feed,
                min_interval=timedelta(seconds=bounds[feed.name][0]),
                max_interval=timedelta(seconds=bounds[feed.name][1]),
            )
            if feed.name in bounds
            else feed
            for feed in config.feeds
        ),
    )
    store = open_store(config.database_url)
    return store, read_desk(config, store, run.clock())


@contextmanager
def _network(network: Network) -> Iterator[None]:
    """Every client sends over this network in place of sockets."""

    async def send(_self: Exchange, request: Any, **_more: object) -> Any:
        return await network.send(request)

    with patch.object(Exchange, "send", send):
        yield


def _next(store: Store) -> float | None:
    """When the next feed is due, in seconds since the beginning."""

    def soonest(db: Connection) -> datetime | None:
        return db.scalar(select(func.min(feeds.c.next_check_at)).where(feeds.c.active))

    at = store.read(soonest)
    return (at - BEGAN).total_seconds() if at else None


_TOLD = (
    feeds.c.name,
    feeds.c.told_at,
    feeds.c.health,
    feeds.c.told,
    feeds.c.gap_at,
    feeds.c.lying_at,
    feeds.c.moved_to,
    feeds.c.pace,
)


def _look(store: Store, run: Run) -> None:
    def told(db: Connection) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in db.execute(select(*_TOLD))]

    for name, told_at, *rest in store.read(told):
        run.told_at |= {told_at} if told_at else set()
        seen = run.seen[name]
        now = Seen(run.now, *rest)
        if not seen or dataclasses.replace(seen[-1], at=run.now) != now:
            seen.append(now)
