"""The daemon's few ticks, driven by APScheduler: the only importer of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from watchd import log
from watchd.errors import WatchdError

_log = log.Log("watchd.daemon")

Work = Callable[[], Awaitable[Any]]


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
        ended: Callable[[str], None] = lambda name: None,
    ) -> None:
        """`ended` hears the name of each run that ended, in trouble that is known or without."""
        # misfire_grace_time: the default of 1 s skips late runs without a word.
        usual: dict[str, Any] = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=usual)
        self._running: set[asyncio.Task[Any]] = set()
        self._stopping = False
        self._ended = ended
        for name, (work, interval) in jobs.items():
            self._scheduler.add_job(
                self._run,
                _Every(interval),
                args=(name, work),
                id=name,
                name=name,
                next_run_time=datetime.now(UTC),
            )
        self._scheduler.add_listener(_overdue, EVENT_JOB_MISSED | EVENT_JOB_ERROR)

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
            self._ended(name)
        except WatchdError as error:
            _log.error("tick.failed", tick=name, error=error)
            self._ended(name)  # a full disk is an answer, too, and no restart makes room
        except asyncio.CancelledError:
            if not self._stopping:  # at the end it is we who cut it off: no trouble to tell
                raise
        finally:
            self._running.discard(task)


def _overdue(event: Any) -> None:
    if event.exception is not None:
        _log.error("tick.crashed", tick=event.job_id, error=repr(event.exception))
    else:
        _log.warning("tick.missed", tick=event.job_id)
