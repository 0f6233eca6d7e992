"""The daemon: a handful of ticks that drive the stories; the reader of the clock.

APScheduler drives the ticks; the schedule itself is `next_check_at` in our table, so that it
survives restarts. Nothing that matters lives in memory.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from watchd import __version__, log, notify, status, systemd
from watchd.check import Checked
from watchd.checks import Checks
from watchd.desk import Desk
from watchd.errors import WatchdError
from watchd.model import Outcome
from watchd.sends import Sends
from watchd.store import Store, feeds, outbox, service

_log = log.Log("watchd.daemon")

CHECK_EVERY = timedelta(seconds=1)
NOTIFY_EVERY = timedelta(seconds=1)
REPORT_EVERY = timedelta(seconds=15)
PATIENCE = 7.0  # seconds for checks and sends to end after SIGTERM; we promise to be gone in 10
CLOCK_JUMP = 5.0  # seconds by which the wall clock may drift from the monotonic one in a second


def now() -> datetime:
    """The wall clock. Nobody else but the command line reads it."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Tally:
    """What happened since the start."""

    feeds: int = 0
    failed: int = 0
    unreachable: int = 0
    new: int = 0
    hits: int = 0
    baseline: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)


class _Every(BaseTrigger):  # type: ignore[misc]
    """From now on, at this distance: after a clock jump there are no missed runs to make up."""

    def __init__(self, interval: timedelta) -> None:
        self.interval = interval

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        return now + self.interval


class Daemon:
    """watchd at work on one database, from `prepare` to `stop`."""

    def __init__(
        self,
        desk: Desk,
        store: Store,
        *,
        reload: Callable[[], Desk] | None = None,
        found: Callable[[Checked], None] | None = None,
        check_every: timedelta = CHECK_EVERY,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.desk = desk
        self.store = store
        self.tally = Tally()
        self.hung = False
        self._clock = clock
        self._check_every = check_every
        self._reload = reload
        self._found = found
        self._checks = Checks(store, lambda: self.desk, clock, self._checked)
        self._sends = Sends(store, lambda: self.desk, clock)
        self._stopping = asyncio.Event()
        self._nudge: asyncio.Task[None] | None = None
        self._ticks: set[asyncio.Task[None]] = set()  # under way

    def _checked(self, checked: Checked) -> None:
        self.tally.feeds += 1
        self.tally.failed += bool(checked.error) and checked.status not in ("ok", "degraded")
        self.tally.unreachable += checked.status in ("dns", "connect")
        self.tally.new += checked.new
        self.tally.hits += checked.hits
        self.tally.baseline += checked.hits if checked.baseline else 0
        if self._found:
            self._found(checked)
        if checked.deliveries and not (self._nudge and not self._nudge.done()):
            self._nudge = asyncio.create_task(self._sends.tick())  # an alert does not wait a tick

    async def prepare(self) -> None:
        """Take the database over: end what a dead daemon left, follow the config."""
        # Names are looked up in these threads, and one dead name server holds each for long.
        lookups = ThreadPoolExecutor(max_workers=64, thread_name_prefix="lookup")
        asyncio.get_running_loop().set_default_executor(lookups)
        await self.store.do_write(feeds.release_all)
        cut = await self.store.do_write(outbox.recover, self._clock())
        if cut:
            _log.warning("delivery.interrupted", count=cut, note="sent again as possible repeats")
        self._follow()
        await self._checks.start()

    def _follow(self) -> None:
        """Make the database agree with the desk: feeds, receivers, what `status` tells."""
        moment, config = self._clock(), self.desk.config
        everything = list(self.desk.feeds.values())
        self.store.write(feeds.sync, everything, moment)
        intervals = {feed.name: feed.interval for feed in everything}
        self.store.write(feeds.check_soon, moment, intervals)
        notify.follow_config(self.store, self.desk.receivers, moment, config.notify.give_up_after)
        self.store.write(service.note, "rules", self.desk.rules_summary(), moment)

    async def once(self) -> Tally:
        """Check every feed that is due (each one that was never checked is), send, and stop."""
        await self.prepare()
        await self.store.do_write(service.note, "daemon", self._about(), self._clock())
        moment = self._clock()  # what falls due again meanwhile is for the next round
        while await self._checks.claim(due_at=moment, every=True):
            await self._checks.wait()
        await self._sends.wait()
        await self._report()
        await self.stop()
        return self.tally

    async def run(self) -> None:
        """Watch until SIGTERM or SIGINT; on SIGHUP read config and rules again."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        loop.add_signal_handler(signal.SIGHUP, self.reload)
        await self.prepare()
        scheduler = self._scheduler()
        scheduler.start()
        watch = asyncio.create_task(self._watch_clock(scheduler))
        _log.info("daemon.started", version=__version__, pid=os.getpid(), **self.desk.summary())
        await self._report()
        systemd.notify(READY="1")
        await self._stopping.wait()
        _log.info("daemon.stopping")
        systemd.notify(STOPPING="1")
        watch.cancel()
        scheduler.pause()
        if self._ticks:  # a shutdown now would cancel them, half done
            await asyncio.wait(self._ticks, timeout=1)
        scheduler.shutdown(wait=False)
        await self.stop()

    def finish(self) -> None:
        """Ask `run` to end, as SIGTERM does."""
        self._stopping.set()

    async def stop(self) -> None:
        """Let what is under way end, within PATIENCE, and stop."""
        clean = await asyncio.gather(self._sends.stop(PATIENCE), self._checks.stop(PATIENCE))
        self.tally.outcomes = self._sends.outcomes
        self.hung = not clean[0]
        _log.info("daemon.stopped", feeds_checked=self.tally.feeds, new_items=self.tally.new)

    def reload(self) -> None:
        """Read config and rules again. Whatever is wrong with them, the old ones stay."""
        if self._reload is None:
            return
        systemd.reloading()
        try:
            desk = self._reload()
        except WatchdError as error:
            _log.error("config.kept", note="the edit has mistakes; the old config stays in force")
            for line in str(error).splitlines():
                _log.error("config.mistake", text=line)
        else:
            self.desk = desk
            self._follow()
            _log.info("config.reloaded", **desk.summary())
        systemd.notify(READY="1")

    def _scheduler(self) -> AsyncIOScheduler:
        # misfire_grace_time: the default of 1 s skips late runs without a word.
        options: dict[str, Any] = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=options)
        jobs: dict[str, tuple[Callable[[], Awaitable[Any]], timedelta]] = {
            "check": (self._checks.claim, self._check_every),
            "notify": (self._sends.tick, NOTIFY_EVERY),
            "report": (self._report, REPORT_EVERY),
        }
        for name, (work, interval) in jobs.items():
            scheduler.add_job(
                self._tick, _Every(interval), args=(name, work), id=name, name=name,
                next_run_time=datetime.now(UTC),
            )  # fmt: skip
        scheduler.add_listener(_overdue, EVENT_JOB_MISSED | EVENT_JOB_ERROR)
        return scheduler

    async def _tick(self, name: str, work: Callable[[], Awaitable[Any]]) -> None:
        """Trouble in one tick is said once, and the next tick comes all the same."""
        task = asyncio.current_task()
        assert task is not None
        self._ticks.add(task)
        try:
            await work()
        except WatchdError as error:
            _log.error("tick.failed", tick=name, error=error)
        finally:
            self._ticks.discard(task)

    async def _report(self) -> None:
        """Write down that we live, and tell systemd how things stand."""
        moment = self._clock()
        await self.store.do_write(service.note, "last_cycle", self._about(), moment)
        found = status.gather(self.store, moment)
        systemd.notify(STATUS=status.headline(found))

    def _about(self) -> dict[str, Any]:
        return {"pid": os.getpid(), "version": __version__}

    async def _watch_clock(self, scheduler: AsyncIOScheduler) -> None:
        """Notice when somebody sets the clock: a tick must not wait for the old hour."""
        offset = time.time() - time.monotonic()
        while True:
            await asyncio.sleep(1)
            jump = time.time() - time.monotonic() - offset
            if abs(jump) < CLOCK_JUMP:
                continue
            offset += jump
            _log.warning("clock.jumped", seconds=round(jump))
            intervals = {feed.name: feed.interval for feed in self.desk.feeds.values()}
            await self.store.do_write(feeds.check_soon, self._clock(), intervals)
            for job in scheduler.get_jobs():
                job.modify(next_run_time=datetime.now(UTC))


def _overdue(event: Any) -> None:
    if event.exception is not None:
        _log.error("tick.crashed", tick=event.job_id, error=repr(event.exception))
    else:
        _log.warning("tick.missed", tick=event.job_id)
