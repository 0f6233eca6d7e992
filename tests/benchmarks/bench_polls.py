"""What a poll costs where most answers are "not modified": a daemon with many feeds on loopback.

    python -m tests.benchmarks.bench_polls [--feeds 100 10000] [--hosts 10000] [--rounds 3]

Every feed has 20 items, and each host is an address of its own in 127.0.0.0/8. After the first
look nine feeds of ten answer 304, and the tenth has a new item each time it is asked. The server
is another process. The daemon is the real one; its clock is put forward so that all feeds fall due
at once. The parser's CPU is told apart from the daemon's own.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import multiprocessing
import os
import resource
import socket
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

from watchd import config, log
from watchd.check import Checked
from watchd.checks import Checks
from watchd.daemon import Daemon, now
from watchd.desk import read_desk
from watchd.store import open_store

_LATER = timedelta(hours=2)  # by which the clock goes forward; the interval is one hour
_ITEMS = 20
_NEWS_EVERY = 10  # of so many feeds one has news
_START = multiprocessing.get_context("spawn")
_WORDS = "the ministry says that talks on grain and transit will go on in the spring as planned "


class Server(asyncio.Protocol):
    """Answers GETs over connections that are kept open. How often each path was asked tells."""

    asked: ClassVar = Counter[bytes]()
    answers: ClassVar = Counter[int]()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._got = transport, b""

    def data_received(self, data: bytes) -> None:
        self._got += data
        while b"\r\n\r\n" in self._got:
            request, _, self._got = self._got.partition(b"\r\n\r\n")
            self._transport.write(self._answer(request))

    def _answer(self, request: bytes) -> bytes:
        path = request.split(b" ", 2)[1]
        number = int(path.strip(b"/").split(b".")[0])
        edition = 0 if number % _NEWS_EVERY else self.asked[path]
        self.asked[path] += 1
        etag = b'"%d-%d"' % (number, edition)
        head = b"ETag: %b\r\nCache-Control: max-age=60\r\nServer: bench\r\n" % etag
        if etag in request:
            self.answers[304] += 1
            return b"HTTP/1.1 304 Not Modified\r\n%b\r\n" % head
        self.answers[200] += 1
        body = document(number, edition).encode()
        head += b"Content-Type: application/rss+xml\r\nContent-Length: %d\r\n" % len(body)
        return b"HTTP/1.1 200 OK\r\n%b\r\n%b" % (head, body)


def document(number: int, edition: int) -> str:
    """A feed of 20 items. Each edition has one more at the top, and the last one is gone."""
    items = "".join(
        f"<item><title>News {n} of feed {number}</title>"
        f"<link>https://example.org/{number}/{n}</link>"
        f'<guid isPermaLink="false">{number}-{n}</guid>'
        f"<description>{n} {_WORDS * 3}</description></item>"
        for n in range(edition + _ITEMS, edition, -1)
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
        f"<title>Feed {number}</title><link>https://example.org/</link>{items}</channel></rss>"
    )


def serve(pipe: Connection) -> None:
    """Serve until killed, on all addresses of the loopback device and on no other."""

    async def run() -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
        listener.bind(("0.0.0.0", 0))
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Server, sock=listener, backlog=1000)
        pipe.send(listener.getsockname()[1])
        async with server:
            while True:
                await asyncio.to_thread(pipe.recv)
                pipe.send(dict(Server.answers))
                Server.answers.clear()

    asyncio.run(run())


def write_config(folder: Path, count: int, hosts: int, port: int) -> None:
    lines = ['database = "watchd.db"', 'rules = "rules"']
    (folder / "rules").mkdir()
    for number in range(count):
        a, b = divmod(number % hosts, 250)
        url = f"http://127.1.{a}.{b + 1}:{port}/{number}.xml"
        lines += ["[[feed]]", f'name = "f{number}"', f'url = "{url}"', "private = true"]
    (folder / "config.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


class Spent:
    """CPU seconds and memory of this process and of its children, the parser's."""

    def __init__(self) -> None:
        self.wall, self.own = time.monotonic(), time.process_time()
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.parser = ended.ru_utime + ended.ru_stime + sum(map(_cpu, _children()))

    def since(self, earlier: Spent) -> tuple[float, float, float]:
        """Wall, own CPU, the parser's CPU."""
        return self.wall - earlier.wall, self.own - earlier.own, self.parser - earlier.parser


def _children() -> list[int]:
    tasks = Path("/proc/self/task").glob("*/children")
    return [int(pid) for path in tasks for pid in path.read_text().split()]


def _cpu(pid: int) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def _kilobytes(path: str, field: str) -> int:
    (line,) = (one for one in Path(path).read_text().splitlines() if one.startswith(field))
    return int(line.split()[1])


class Bench:
    """One daemon on one folder, from its start to the end of some rounds."""

    def __init__(self, folder: Path) -> None:
        self._ahead = timedelta()
        self._checked = Counter[str]()
        self._most = 0  # kB that this process and its children took together
        self._config = config.load(folder / "config.toml", environ=os.environ)
        self._store = open_store(self._config.database_url)
        self._desk = read_desk(self._config, self._store, self._clock())
        gc.freeze()  # as `watchd run` does
        gc.set_threshold(20_000, 20, 50)

    def _clock(self) -> datetime:
        return now() + self._ahead

    def _note(self, checked: Checked) -> None:
        self._checked[checked.status] += 1

    async def _watch_memory(self) -> None:
        while True:
            pids = [os.getpid(), *_children()]
            took = sum(_kilobytes(f"/proc/{pid}/smaps_rollup", "Pss:") for pid in pids)
            self._most = max(self._most, took)
            await asyncio.sleep(2)

    async def run(self, rounds: int) -> None:
        """A first look by `run --once`, rounds of a daemon, and what a tick takes."""
        count = len(self._config.feeds)
        began = Spent()
        await Daemon(self._desk, self._store, clock=self._clock, found=self._note).once()
        self._tell("first look", count, *Spent().since(began))
        daemon = Daemon(self._desk, self._store, clock=self._clock, found=self._note)
        begun = Spent()
        running = asyncio.create_task(daemon.run())
        await asyncio.sleep(1)
        print(f"  start of the daemon: {Spent().since(begun)[1]:.2f} s CPU")
        watch = asyncio.create_task(self._watch_memory())
        for _ in range(rounds):
            await self._round(count)
        watch.cancel()
        print(
            f"  memory: {_kilobytes('/proc/self/status', 'VmHWM') / 1024:.0f} MB at most in the "
            f"daemon, {self._most / 1024:.0f} MB (PSS) with its parser"
        )
        daemon.finish()
        await running
        await self._tick(count)

    async def _round(self, count: int) -> None:
        self._checked.clear()
        before = Spent()
        self._ahead += _LATER
        while self._checked.total() < count:
            await asyncio.sleep(0.05)
        wall = time.monotonic() - before.wall
        await asyncio.sleep(0.5)  # until all is written
        _, own, parser = Spent().since(before)
        self._tell("all due at once", count, wall, own, parser)

    def _tell(self, name: str, count: int, wall: float, own: float, parser: float) -> None:
        statuses = ", ".join(f"{number} {word}" for word, number in self._checked.items())
        print(
            f"  {name}: {wall:.1f} s wall, {own + parser:.2f} s CPU ({own:.2f} the daemon, "
            f"{parser:.2f} the parser), {own / count * 1e6:.0f} µs a poll and "
            f"{parser / count * 1e6:.0f} in the parser; {statuses}",
            flush=True,
        )

    async def _tick(self, count: int) -> None:
        """Claim and queue what is due, and check none of it."""
        checks = Checks(self._store, lambda: self._desk, self._clock, self._note)
        self._ahead += _LATER
        began, taken = time.process_time(), 0
        while found := await checks.claim():
            taken += found
        assert taken == count
        print(f"  tick: {(time.process_time() - began) / taken * 1e6:.0f} µs CPU a due feed")


def measure(folder: Path, rounds: int) -> None:
    """In a process of its own, whose log goes nowhere."""
    with open(os.devnull, "w") as sys.stderr:
        log.set_up()
        asyncio.run(Bench(folder).run(rounds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, nargs="+", default=[100, 10_000])
    parser.add_argument("--hosts", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for count in options.feeds:
        here, there = _START.Pipe()
        server = _START.Process(target=serve, args=(there,), daemon=True)
        server.start()
        port = here.recv()
        with TemporaryDirectory() as folder:
            write_config(Path(folder), count, options.hosts, port)
            print(f"{count} feeds on {min(count, options.hosts)} hosts", flush=True)
            daemon = _START.Process(target=measure, args=(Path(folder), options.rounds))
            daemon.start()
            daemon.join()
        here.send(None)
        print(f"  answers: {here.recv()}")
        server.kill()


if __name__ == "__main__":
    main()
