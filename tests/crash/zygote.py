"""Runs rounds of watchd that die at a chosen point. Forks for each, so that start-up is paid once.

Reads one JSON object a line: {"folder", "now", "die_at"} (die_at 0: live). A point is any
statement that writes, before and after it, any commit, and any send, before and after it; one that
reads changes nothing, and to die at it is to die at the point before. With die_at -1 it is the
first point of a write after the first send.
Answers one line: {"points": N, "died": bool}, N counted up to where it ended.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys
from datetime import datetime
from pathlib import Path

from sqlalchemy import event

from watchd import send
from watchd.config import load
from watchd.daemon import Daemon
from watchd.desk import read_desk
from watchd.store import open_store
from watchd.values import replace

DEAD = 77


def live(folder: Path, now: datetime, die_at: int, report: int) -> None:
    """One round, up to its end or its death."""
    points, sent = 0, False

    def point(*_args: object, **_more: object) -> None:
        nonlocal points
        points += 1
        if points == die_at or (sent and die_at == -1):
            tell(report, points)
            os._exit(DEAD)

    store = open_store(f"sqlite:///{folder / 'watchd.db'}")

    def at_write(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.startswith(("SELECT", "PRAGMA")):
            point()

    for name in ("before_cursor_execute", "after_cursor_execute"):
        event.listen(store.engine, name, at_write)
    event.listen(store.engine, "commit", point)

    def deliver(endpoint, alert):
        nonlocal sent
        point()
        result = send.deliver(endpoint, alert)
        point()
        sent = True
        return result

    store.lock()
    desk = read_desk(load(folder / "config.toml", environ=os.environ), store, now)
    desk = replace(desk, send=deliver)
    asyncio.run(Daemon(desk, store, clock=lambda: now).once())
    tell(report, points)


def tell(report: int, points: int) -> None:
    """How far it came, and what it has imported by then."""
    with os.fdopen(report, "w") as out:
        json.dump({"points": points, "imported": sorted(sys.modules)}, out)


def warm(imported: list[str]) -> None:
    """What one round imported, the next need not: most of what a round costs is that."""
    for name in imported:
        if name not in sys.modules and not name.startswith("_"):
            importlib.import_module(name)


def main() -> None:
    send.endpoints("warm", ["json://127.0.0.1:9/"])  # loads Apprise before the first fork
    for line in sys.stdin:
        order = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                live(
                    Path(order["folder"]),
                    datetime.fromisoformat(order["now"]),
                    order["die_at"],
                    writing,
                )
                code = 0
            finally:
                sys.stderr.flush()
                os._exit(code)
        os.close(writing)
        with os.fdopen(reading) as heard:
            told = heard.read()
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        if code not in (0, DEAD):
            raise SystemExit(f"a round broke (exit {code})")
        report = json.loads(told)
        warm(report["imported"])
        print(json.dumps({"points": report["points"], "died": code == DEAD}), flush=True)


if __name__ == "__main__":
    main()
