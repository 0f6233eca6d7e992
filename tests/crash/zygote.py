"""Runs rounds of watchd that die at a chosen point. Forks for each, so that start-up is paid once.

Reads one JSON object a line: {"folder", "now", "die_at"} (die_at 0: live). A point is any
statement or commit of the database, before and after it, and any send, before and after it.
Answers one line: {"points": N, "died": bool}, N counted up to where it ended.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import event

from watchd import send
from watchd.config import load
from watchd.daemon import Daemon
from watchd.desk import read_desk
from watchd.store import open_store

DEAD = 77


def live(folder: Path, now: datetime, die_at: int, report: int) -> None:
    """One round, up to its end or its death."""
    points = 0

    def point(*_args: object, **_more: object) -> None:
        nonlocal points
        points += 1
        if points == die_at:
            os.write(report, str(points).encode())
            os._exit(DEAD)

    store = open_store(f"sqlite:///{folder / 'watchd.db'}")
    for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(store.engine, name, point)

    def deliver(endpoint, alert):
        point()
        result = send.deliver(endpoint, alert)
        point()
        return result

    store.lock()
    desk = read_desk(load(folder / "config.toml", environ=os.environ), store, now)
    desk = replace(desk, send=deliver)
    asyncio.run(Daemon(desk, store, clock=lambda: now).once())
    os.write(report, str(points).encode())


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
        points = os.read(reading, 32)
        os.close(reading)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        if code not in (0, DEAD):
            raise SystemExit(f"a round broke (exit {code})")
        print(json.dumps({"points": int(points), "died": code == DEAD}), flush=True)


if __name__ == "__main__":
    main()
