"""A queue that gives out work so that each host is asked by few at a time, and all in turn."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from typing import Generic, TypeVar

Work = TypeVar("Work")


class Closed(Exception):
    """The queue was closed."""


class HostQueue(Generic[Work]):
    """Work waits by host; workers take the next of which the host has a free slot.

    Hosts take turns, so that one with a thousand feeds holds up nobody else. Every operation
    costs the same however much is waiting. For one event loop; `put` never blocks.

        host, feed = await queue.take()
        try: ...
        finally: queue.done(host)
    """

    def __init__(self, per_host: int = 1) -> None:
        self._per_host = per_host
        self._waiting: dict[str, deque[Work]] = {}  # no host without work
        self._ready: OrderedDict[str, None] = OrderedDict()  # hosts with work and a free slot
        self._busy: Counter[str] = Counter()
        self._takers: deque[asyncio.Future[None]] = deque()
        self._closed = False

    def __len__(self) -> int:
        """How many are waiting."""
        return sum(map(len, self._waiting.values()))

    def put(self, host: str, work: Work) -> None:
        """Add work for a host. Raises Closed."""
        if self._closed:
            raise Closed
        self._waiting.setdefault(host, deque()).append(work)
        self._offer(host)

    async def take(self) -> tuple[str, Work]:
        """The next host and work; waits for one. Call `done(host)` afterwards. Raises Closed."""
        while not self._ready:
            if self._closed:
                raise Closed
            taker = asyncio.get_running_loop().create_future()
            self._takers.append(taker)
            try:
                await taker
            except asyncio.CancelledError:
                self._wake()  # the call may have been meant for us: pass it on
                raise
        host, _ = self._ready.popitem(last=False)
        line = self._waiting[host]
        work = line.popleft()
        self._busy[host] += 1
        if line:
            self._offer(host)
        else:
            del self._waiting[host]
        return host, work

    def done(self, host: str) -> None:
        """The work taken for this host is finished, well or not."""
        self._busy[host] -= 1
        if not self._busy[host]:
            del self._busy[host]
        self._offer(host)

    def close(self) -> list[Work]:
        """Take nothing more in and give nothing more out; returns what was still waiting."""
        self._closed = True
        left = [work for line in self._waiting.values() for work in line]
        self._waiting.clear()
        self._ready.clear()
        while self._takers:
            self._wake()
        return left

    def _offer(self, host: str) -> None:
        """Line the host up for its turn, if it has work and a free slot."""
        free = self._busy[host] < self._per_host
        if free and host in self._waiting and host not in self._ready:
            self._ready[host] = None
            self._wake()

    def _wake(self) -> None:
        while self._takers:
            taker = self._takers.popleft()
            if not taker.done():
                taker.set_result(None)
                return
