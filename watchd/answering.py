"""What the daemon answers to programs on this machine: how it is, and its figures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from watchd import log, status
from watchd.check import Checked
from watchd.desk import Desk
from watchd.errors import WatchdError
from watchd.model import Delivery, Due, Outcome
from watchd.store import Store
from watchd.values import Struct

if TYPE_CHECKING:
    from watchd.listener import Listener, Page
    from watchd.metrics import Metrics

_log = log.Log("watchd.daemon")

STALLED = timedelta(minutes=30)
"""Without a complete cycle for so long, and no check that ended lately, nothing is being done."""
_LATELY = timedelta(minutes=5)


class Pulse(Struct, frozen=True, kw_only=True):
    """How the daemon itself is. `completed` None: no cycle has been complete yet."""

    started: datetime
    completed: datetime | None
    trouble: str = ""
    reload_failed: bool = False


class Answering:
    """Counts what happens, and answers, if config.toml says where; else all of it does nothing."""

    def __init__(
        self,
        store: Store,
        desk: Callable[[], Desk],
        clock: Callable[[], datetime],
        pulse: Callable[[], Pulse],
    ) -> None:
        self._store, self._desk, self._clock, self._pulse = store, desk, clock, pulse
        self._metrics: Metrics | None = None
        self._listener: Listener | None = None
        self._checked_at: datetime | None = None
        self._one_at_a_time = asyncio.Lock()

    @property
    def is_open(self) -> bool:
        """Whether anybody may ask."""
        return self._listener is not None

    async def open(self) -> None:
        """Begin to answer, if wanted. A port that is taken is said, and no reason not to watch."""
        address = self._desk().config.listen
        if not address:
            return
        from watchd.listener import CannotListen, Listener
        from watchd.metrics import Metrics

        pages = {"/healthz": self._healthy, "/readyz": self._ready, "/metrics": self._figures}
        listener = Listener(pages)
        try:
            await listener.open(address)
        except CannotListen as error:
            _log.error("answer.impossible", error=error)
            return
        self._metrics, self._listener = Metrics(), listener
        _log.info("answer.open", at=address)

    async def close(self) -> None:
        """Answer no more."""
        if self._listener is not None:
            await self._listener.close()

    def checked(self, checked: Checked) -> None:
        """A check has ended."""
        if self._metrics is not None:
            self._checked_at = self._clock()
            failed = bool(checked.error) and checked.status not in ("ok", "degraded")
            self._metrics.checked(checked.feed, checked.status, new=checked.new, failed=failed)
            self._metrics.found(due for _, due in checked.found)

    def found(self, dues: Iterable[Due]) -> None:
        """Articles brought hits."""
        if self._metrics is not None:
            self._metrics.found(dues)

    def tried(self, deliveries: Iterable[Delivery], outcome: Outcome, now: datetime) -> None:
        """A message was tried."""
        if self._metrics is not None:
            self._metrics.tried(deliveries, outcome, now)

    def skipped(self, tick: str, reason: str) -> None:
        """A run of a tick did not begin, or crashed."""
        if self._metrics is not None:
            self._metrics.skipped(tick, reason)

    def _cycle_age(self) -> timedelta:
        pulse = self._pulse()
        return max(timedelta(), self._clock() - (pulse.completed or pulse.started))

    async def _healthy(self) -> Page:
        """Whether work is being done: what a restart could mend where it is not."""
        age, now = self._cycle_age(), self._clock()
        works = self._checked_at is not None and now - self._checked_at < _LATELY
        well = age < STALLED or works
        return _page(well, f"last complete cycle {round(age.total_seconds())} s ago")

    async def _ready(self) -> Page:
        """Whether the daemon can do its work: database, network, config."""
        pulse = self._pulse()
        why = pulse.trouble or ("" if pulse.completed else "the first cycle is not complete")
        return _page(not why, why)

    async def _figures(self) -> Page:
        from watchd.listener import Page
        from watchd.metrics import CONTENT_TYPE

        async with self._one_at_a_time:
            body = await asyncio.get_running_loop().run_in_executor(None, self._text)
        return Page(body=body, content_type=CONTENT_TYPE)

    def _text(self) -> bytes:
        assert self._metrics is not None
        found = None
        if not self._pulse().trouble.startswith("database"):
            try:
                found = status.gather(self._store, self._desk().feeds, self._clock())
            except WatchdError as error:
                _log.error("answer.partial", error=error)
        self._metrics.reloaded(well=not self._pulse().reload_failed)
        return self._metrics.text(self._cycle_age().total_seconds(), found)


def _page(well: bool, note: str) -> Page:
    from watchd.listener import Page

    word = "ok" if well else "not well"
    text = f"{word}: {note}" if note else word
    return Page(body=f"{text}\n".encode(), status=200 if well else 503)
