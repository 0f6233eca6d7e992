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
)
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from watchd import log
from watchd.errors import WatchdError
from watchd.overdue import Happened

_log = log.Log("watchd.daemon")

Work = Callable[[], Awaitable[Any]]
Heard = Callable[[str, Happened], bool]
"""Hears what became of each run of a tick; returns whether that is worth a line."""

_HAPPENED: dict[int, Happened] = {
    EVENT_JOB_EXECUTED: "ran",
    EVENT_JOB_MAX_INSTANCES: "skipped",  # its last run still goes on
    EVENT_JOB_MISSED: "missed",
    EVENT_JOB_ERROR: "crashed",
}


class _Every(BaseTrigger):  # type: ignore[misc]
    """From now on, at this distance: after a clock jump there are no missed runs to make up."""

    def __init__(self, interval: timedelta) -> None:
        self.interval = interval

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        return now + self.interval


class Ticks:
    """Jobs that run again and again, each never twice at a time."""

    def __init__(
        self,
        jobs: Mapping[str, tuple[Work, timedelta]],
        heard: Heard = lambda tick, what: what != "ran",
    ) -> None:
        self._heard = heard
        self._failing: dict[str, str] = {}  # what each tick has said, until it is well
        # misfire_grace_time: the default of 1 s skips late runs without a word.
        usual: dict[str, Any] = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=usual)
        self._running: set[asyncio.Task[Any]] = set()
        self._stopping = False
        for name, (work, interval) in jobs.items():
            self._scheduler.add_job(
                self._run,
                _Every(interval),
                args=(name, work),
                id=name,
                name=name,
                next_run_time=datetime.now(UTC),
            )
        self._scheduler.add_listener(self._hear, sum(_HAPPENED))

    def start(self) -> None:
        """Run every job now, and then at its interval."""
        self._scheduler.start()

    def now(self) -> None:
        """Run every job at once: after the clock was set, none must wait for the old hour."""
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=datetime.now(UTC))

    async def stop(self) -> None:
        """Begin no more runs, and let those under way end, for at most a second."""
        self._stopping = True
        self._scheduler.pause()
        if self._running:  # a shutdown now would cancel them, half done
            await asyncio.wait(self._running, timeout=1)
        self._scheduler.shutdown(wait=False)

    async def _run(self, name: str, work: Work) -> None:
        """Trouble in one run is said once, and the next comes all the same."""
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            await work()
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
        tick, what = event.job_id, _HAPPENED[event.code]
        if not self._heard(tick, what):
            return
        if what == "crashed":
            _log.error("tick.crashed", tick=tick, error=repr(event.exception))
        elif what == "missed":
            _log.warning("tick.missed", tick=tick)
        else:
            _log.warning("tick.skipped", tick=tick, note="its last run still goes on")
