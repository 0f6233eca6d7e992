"""Checks that are about to write wait a moment for one another: each commit waits for the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

_MOMENT = 0.1  # seconds that one waits at most: no reader of an alert notices
_MOST = 16  # that write together: their transaction must not keep others waiting for long


class Gathering:
    """Lets go those who are ready when all who are under way are, or a moment has passed.

    Who was let go is under way until it has ended.
    """

    def __init__(self) -> None:
        self._under_way = 0
        self._ready: list[asyncio.Future[None]] = []
        self._timer: asyncio.TimerHandle | None = None

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Something is done that may come to `turn`."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self._look()

    async def turn(self) -> None:
        """Wait for the others, but not for long."""
        loop = asyncio.get_running_loop()
        self._ready.append(loop.create_future())
        if self._timer is None:
            self._timer = loop.call_later(_MOMENT, self._let_go)
        mine = self._ready[-1]
        self._look()
        await mine

    def _look(self) -> None:
        if self._ready and len(self._ready) >= min(self._under_way, _MOST):
            self._let_go()

    def _let_go(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        ready, self._ready, self._timer = self._ready, [], None
        for one in ready:
            if not one.done():  # cancelled
                one.set_result(None)
