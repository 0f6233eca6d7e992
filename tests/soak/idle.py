"""watchd with little to do: 500 feeds that have no news, a thousand rules, as systemd runs it.

The feeds are served on this machine and answer "not modified"; a socket of our own stands for
systemd's. After the first look, so that the archive holds what a day brings, the checks are
spread over the interval, the daemon is started anew, and what it takes is counted. A line for
each thing that is promised, and exit code 1 if one is not kept.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.benchmarks.bench_polls import serve
from tests.soak.process import Daemon, start
from tests.soak.resources import Resources, Sample
from tests.soak.steady import Verdict, desk

INTERVAL = timedelta(minutes=15)
CPU, MEMORY = 0.01, 120.0  # of a core, and MB, at most
_SETTLED = 60.0  # seconds after its start in which the daemon is not looked at
_START = multiprocessing.get_context("spawn")

_REST = """
[store]
keep = "365d"

[[receiver]]
name = "desk"
url = "json://127.0.0.1:9/desk"
fallback = "second"

[[receiver]]
name = "second"
url = "json://127.0.0.1:9/second"

[[receiver]]
name = "ops"
url = "json://127.0.0.1:9/ops"

[[route]]
receivers = ["desk"]
severity = ["medium", "high", "critical"]
quiet = ["22:00-07:00 Europe/Berlin"]
escalate = "30m"
escalate_to = ["second"]

[[route]]
receivers = ["second"]
mode = "daily@07:30 Asia/Seoul"
empty = true
"""


def write_config(folder: Path, count: int, port: int) -> list[str]:
    """A desk of so many feeds, each on a host of its own; returns their names."""
    numbers = [n for n in range(2 * count) if n % 10][:count]  # the tenth would have news
    lines = ['database = "watchd.db"', 'rules = "rules"']
    for n in numbers:
        a, b = divmod(n, 250)
        url = f"http://127.1.{a}.{b + 1}:{port}/{n}.xml"
        lines += ["[[feed]]", f'name = "f{n}"', f'url = "{url}"', "private = true"]
        lines += [f'interval = "{INTERVAL.seconds // 60}m"']
    (folder / "config.toml").write_text("\n".join(lines) + _REST, encoding="utf-8")
    return [f"f{n}" for n in numbers]


@contextmanager
def served() -> Iterator[int]:
    """The feeds, in a process of their own; the port."""
    here, there = _START.Pipe()
    server = _START.Process(target=serve, args=(there,), daemon=True)
    server.start()
    try:
        yield here.recv()
    finally:
        server.kill()


@contextmanager
def listening(folder: Path) -> Iterator[Counter[str]]:
    """What systemd would be told meanwhile, counted by key."""
    told, place = Counter[str](), folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(place))
        os.environ["NOTIFY_SOCKET"] = str(place)

        def hear() -> None:
            while data := ear.recv(65536):
                told.update(line.partition("=")[0] for line in data.decode().splitlines())

        threading.Thread(target=hear, daemon=True).start()
        yield told
        del os.environ["NOTIFY_SOCKET"]


def first_look(folder: Path) -> None:
    """Let a daemon check all of the feeds once, and spread what comes next over the interval."""
    daemon = start(folder, fork=False)
    with closing(sqlite3.connect(folder / "watchd.db", timeout=30)) as db:
        unseen = "select count(*) from feeds where ok_at is null"
        while daemon.poll() is None and db.execute(unseen).fetchone()[0]:
            time.sleep(1)
    daemon.terminate()
    daemon.wait()
    with closing(sqlite3.connect(folder / "watchd.db", timeout=30)) as db:
        names = [name for (name,) in db.execute("select name from feeds order by name")]
        now, step = datetime.now(UTC), INTERVAL / len(names)
        for turn, name in enumerate(names, 1):
            due = f"{now + turn * step:%Y-%m-%d %H:%M:%S.%f}"
            db.execute("update feeds set next_check_at = ? where name = ?", (due, name))
        db.commit()


def watched(daemon: Daemon, seconds: float) -> list[Sample]:
    """What a settled daemon takes in so many seconds."""
    resources = Resources(5.0)
    time.sleep(_SETTLED)
    resources.watch(daemon, seconds)
    return resources.samples[daemon.pid]


def verdicts(samples: Sequence[Sample]) -> Iterator[Verdict]:
    """What is promised of an idle daemon, and whether it was kept."""
    first, last = samples[0], samples[-1]
    share = (last.cpu - first.cpu) / (last.at - first.at)
    yield Verdict(
        f"under {CPU:.0%} of a core", share < CPU, f"{share:.2%} over {last.at - first.at:.0f} s"
    )
    memory = max((one.rss + one.children) / 1e6 for one in samples)
    of_daemon = max(one.rss for one in samples) / 1e6
    told = f"{memory:.1f} MB at most, {of_daemon:.1f} MB of it the daemon"
    yield Verdict(f"under {MEMORY:.0f} MB", memory < MEMORY, told)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.idle", description=__doc__)
    add = parser.add_argument
    add("--minutes", type=float, default=10.0, help="how long to watch (%(default)s)")
    add("--feeds", type=int, default=500, help="(%(default)s)")
    add("--rules", type=int, default=1000, help="(%(default)s)")
    told = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="idle-") as scratch, served() as port:
        folder = Path(scratch)
        names = write_config(folder, told.feeds, port)
        desk(folder / "rules", names, told.rules)
        first_look(folder)
        with listening(folder) as heard:
            daemon = start(folder, fork=False)
            print(f"process {daemon.pid}", file=sys.stderr, flush=True)
            samples = watched(daemon, told.minutes * 60)
            daemon.terminate()
            daemon.wait()
        lines = (folder / "daemon.log").read_text("utf-8").splitlines()
        checked = sum(" feed.checked " in line for line in lines) - told.feeds
        print(f"{checked} checks after the first look; systemd was told: {dict(heard)}")
        found = list(verdicts(samples))
        print(*found, sep="\n")
    return 0 if all(one.kept for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
