"""Sends under way: for each endpoint one message at a time, and never waiting for another's."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial

from watchd import log
from watchd.desk import Desk
from watchd.errors import WatchdError
from watchd.model import Outcome
from watchd.notify import Tried, send_next
from watchd.store import Store, claiming, limits, outbox
from watchd.store.limits import Limits

_log = log.Log("watchd.notify")

_CATCH_UP = timedelta(minutes=5)  # the longest that anything waits for the slowest feed


class Sends:
    """Drains the outbox, one task per endpoint that has something due.

    `drained` hears when such a task has ended and left something: that is due again later.
    """

    def __init__(
        self,
        store: Store,
        desk: Callable[[], Desk],
        clock: Callable[[], datetime],
        tried: Tried | None = None,
        drained: Callable[[], None] = lambda: None,
    ) -> None:
        self._store, self._desk, self._clock = store, desk, clock
        self._tried, self._drained = tried, drained
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._threads = ThreadPoolExecutor(max_workers=32, thread_name_prefix="send")
        self._resting: frozenset[str] = frozenset()
        self._stopping = False
        self._catching_up: tuple[datetime, datetime] | None = None
        self.outcomes: Counter[Outcome] = Counter()

    def catch_up(self) -> None:
        """Until `caught_up`, keep what comes, but for what is critical: it is one message then."""
        began = self._clock()
        self._catching_up = began, began + _CATCH_UP

    async def caught_up(self) -> None:
        """Everything was looked at: what was kept goes out."""
        if self._catching_up is not None:
            began, _ = self._catching_up
            self._catching_up = None  # and at once, before any other claim:
            await self._store.do_write(limits.caught_up, began, self._clock())

    @property
    def is_catching_up(self) -> bool:
        """Whether a look at what was missed is under way."""
        return self._catching_up is not None

    async def tick(self) -> timedelta | None:
        """Begin with every endpoint that has something due and is not at it already.

        Returns how long until more may be due; None where nothing waits.
        """
        if self._stopping:
            return None
        busy = set(self._tasks)
        found = await self._store.do_read(claiming.under_way, self._clock())
        due = found.due
        # Marked as being sent though nobody is sending it: it would hold up its endpoint. Those
        # that ended while the table answered are not stuck either.
        if stuck := found.sending - busy - set(self._tasks):
            await self._store.do_write(outbox.recover, self._clock(), sorted(stuck))
            _log.error("delivery.freed", endpoints=",".join(sorted(stuck)))
            due = await self._store.do_read(claiming.due_endpoints, self._clock())
        for name in due:
            known = name in self._desk().endpoints and name not in self._resting
            if known and name not in self._tasks:
                self._tasks[name] = asyncio.create_task(self._drain(name), name=f"send-{name}")
        return found.rest

    @asynccontextmanager
    async def resting(self, names: Collection[str]) -> AsyncIterator[None]:
        """Begin nothing to endpoints of these names meanwhile; what was under way has ended."""
        self._resting = frozenset(names)
        try:
            while busy := [task for name, task in self._tasks.items() if name in names]:
                await asyncio.wait(busy)
            yield
        finally:
            self._resting = frozenset()

    async def _drain(self, name: str) -> None:
        left, taken = True, True
        try:
            while not self._stopping and name not in self._resting:
                desk = self._desk()
                if (endpoint := desk.endpoints.get(name)) is None:
                    return
                outcome = await send_next(
                    self._store,
                    endpoint,
                    desk.send,
                    publishers=desk.publishers,
                    grades=desk.grades,
                    brief=partial(desk.brief, self._store),
                    give_up_after=desk.config.notify.give_up_after,
                    threads=self._threads,
                    tried=self._tried,
                    limits=Limits(
                        storm=desk.storm(endpoint),
                        catching_up=self._catching_up,
                    ),
                    now=self._clock(),
                    jitter=random.random(),
                )
                if outcome is None:
                    left = not taken
                    return
                self.outcomes[outcome] += 1
                taken = taken and outcome is Outcome.SENT
        except WatchdError as error:
            _log.error("delivery.unrecorded", to=name, error=error)
        except Exception:
            _log.error("delivery.crashed", to=name, error="a bug in watchd; please report it")
            log.traceback()
        finally:
            del self._tasks[name]
            if left:
                self._drained()

    async def wait(self) -> None:
        """Until nothing more is due now."""
        await self.tick()
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))
            await self.tick()

    async def stop(self, patience: float) -> bool:
        """Let the sends under way end, for at most `patience` seconds.

        False: some did not. They are sent again at the next start, marked as possible repeats.
        """
        self._stopping = True
        tasks = list(self._tasks.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=patience)
            for task in late:
                task.cancel()
            if late:
                _log.warning("delivery.cut", endpoints=len(late))
                self._threads.shutdown(wait=False, cancel_futures=True)
                return False
        self._threads.shutdown(wait=False, cancel_futures=True)
        return True
