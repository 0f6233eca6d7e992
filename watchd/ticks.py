"""The daemon's few ticks, driven by APScheduler: the only importer of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_EXECUTED,
    EVENT_JOB_MAX_INSTANCES,
    EVENT_JOB_MISSED,
    EVENT_JOB_SUBMITTED,
)
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from watchd import log
from watchd.errors import WatchdError
from watchd.overdue import Happened
from watchd.values import Struct

_log = log.Log("watchd.daemon")

Work = Callable[[], Awaitable[Any]]
"""What a tick does. It may return how soon, as a timedelta, it wants to run again."""
Heard = Callable[[str, Happened], bool]
"""Hears what became of each run of a tick; returns whether that is worth a line."""

_HAPPENED: dict[int, Happened] = {
    EVENT_JOB_EXECUTED: "ran",
    EVENT_JOB_MAX_INSTANCES: "skipped",  # its last run still goes on
    EVENT_JOB_MISSED: "missed",
    EVENT_JOB_ERROR: "crashed",
}


class Tick(Struct, frozen=True):
    """Work that is done again and again, and how often."""

    work: Work
    every: timedelta
    least: timedelta = timedelta(seconds=1)
    """From one beginning to the next at least, however soon it is wanted."""


_TOGETHER = timedelta(minutes=1)  # such ticks come at round times: many at once wake us once
_ROUND = datetime(2000, 1, 1, tzinfo=UTC)


class _Every(BaseTrigger):  # type: ignore[misc]
    """From now on, at this distance: after a clock jump there are no missed runs to make up."""

    def __init__(self, interval: timedelta) -> None:
        self.interval = interval

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        then = now + self.interval
        return then if self.interval > _TOGETHER else then - (then - _ROUND) % self.interval


class Ticks:
    """Jobs that run again and again, each never twice at a time.

    A daemon is idle most of the time, and each run costs: so they are far apart, and who knows
    that there is work calls for one (`soon`).
    """

    def __init__(
        self,
        ticks: Mapping[str, Tick],
        heard: Heard = lambda tick, what: what != "ran",
    ) -> None:
        self._heard = heard
        self._failing: dict[str, str] = {}  # what each tick has said, until it is well
        # misfire_grace_time: the default of 1 s skips late runs without a word.
        usual: dict[str, Any] = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=usual)
        self._running: set[asyncio.Task[Any]] = set()
        self._stopping = False
        self._ticks = ticks
        self._began: dict[str, datetime] = {}  # the last run of each
        self._under_way: set[str] = set()
        self._rests: dict[str, timedelta] = {}  # what each said last, until it is heeded
        self._called: set[str] = set()  # for those that were under way
        self._jobs = {
            name: self._scheduler.add_job(
                self._run,
                _Every(tick.every),
                args=(name,),
                id=name,
                name=name,
                next_run_time=datetime.now(UTC),
            )
            for name, tick in ticks.items()
        }
        self._scheduler.add_listener(self._hear, sum(_HAPPENED) | EVENT_JOB_SUBMITTED)

    def start(self) -> None:
        """Run every job now, and then at its interval."""
        self._scheduler.start()

    def now(self) -> None:
        """Run every job at once: after the clock was set, none must wait for the old hour."""
        for job in self._jobs.values():
            job.modify(next_run_time=datetime.now(UTC))

    def soon(self, name: str, rest: timedelta = timedelta()) -> None:
        """Run a job after `rest`, unless it comes sooner anyway; never before its `least`."""
        if self._stopping:
            return
        if name in self._under_way:
            self._called.add(name)
            return
        now = datetime.now(UTC)
        began, least = self._began.get(name, now), self._ticks[name].least
        at = max(now + rest, min(began, now) + least)
        job = self._jobs[name]
        if job.next_run_time is not None and at < job.next_run_time:
            job.modify(next_run_time=at)

    async def stop(self) -> None:
        """Begin no more runs, and let those under way end, for at most a second."""
        self._stopping = True
        self._scheduler.pause()
        if self._running:  # a shutdown now would cancel them, half done
            await asyncio.wait(self._running, timeout=1)
        self._scheduler.shutdown(wait=False)

    async def _run(self, name: str) -> None:
        """Trouble in one run is said once, and the next comes all the same."""
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        self._called.discard(name)
        self._began[name] = datetime.now(UTC)
        try:
            rest = await self._ticks[name].work()
            if isinstance(rest, timedelta):
                self._rests[name] = rest
        except WatchdError as error:
            if self._failing.get(name) != str(error):
                self._failing[name] = str(error)
                _log.error("tick.failed", tick=name, error=error, note="said once")
        except asyncio.CancelledError:
            if not self._stopping:  # at the end it is we who cut it off: no trouble to tell
                raise
        else:
            if self._failing.pop(name, None):
                _log.info("tick.well", tick=name)
        finally:
            self._running.discard(task)

    def _hear(self, event: Any) -> None:
        tick = event.job_id
        if event.code == EVENT_JOB_SUBMITTED:
            self._under_way.add(tick)
            return
        what = _HAPPENED[event.code]
        if what != "skipped":  # only now is there room for its next run
            self._under_way.discard(tick)
            rest = self._rests.pop(tick, None)
            if tick in self._called:
                self._called.discard(tick)
                rest = timedelta()
            if rest is not None:
                self.soon(tick, rest)
        if not self._heard(tick, what):
            return
        if what == "crashed":
            _log.error("tick.crashed", tick=tick, error=repr(event.exception))
        elif what == "missed":
            _log.warning("tick.missed", tick=tick)
        else:
            _log.warning("tick.skipped", tick=tick, note="its last run still goes on")
