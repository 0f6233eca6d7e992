"""The daemon: a handful of ticks that drive the stories; the reader of the clock.

The schedule itself is `next_check_at` in our table, so that it
survives restarts. Nothing that matters lives in memory.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from watchd import __version__, log, reloads, status, systemd, upkeep, waiting
from watchd.answering import Answering, Pulse
from watchd.check import Checked
from watchd.checks import Checks
from watchd.clockjumps import jumps
from watchd.desk import Desk
from watchd.errors import WatchdError
from watchd.evaluations import Evaluations
from watchd.exports import Exports
from watchd.overdue import Happened
from watchd.parse.confined import why_not
from watchd.reloads import Reloads
from watchd.sends import Sends
from watchd.store import Store, feeds, futures, outbox, said, service
from watchd.tally import Tally
from watchd.vitals import Vitals
from watchd.wordreports import WordReports

if TYPE_CHECKING:
    from watchd.evaluate import Evaluated
    from watchd.reading import Read
    from watchd.readings import Readings
    from watchd.ticks import Ticks

_log = log.Log("watchd.daemon")

IDLE = timedelta(seconds=10)  # what can be told of is told of at once; this is for all the rest
ACTIVE = timedelta(seconds=5)  # for what a desk may ask for: articles, escalations, heartbeats
CHECK_EVERY = timedelta(seconds=1)
SEND_LEAST = timedelta(milliseconds=100)  # what waits for its moment is sent at it
EVALUATE_LEAST = timedelta(seconds=2)
REPORT_EVERY = timedelta(seconds=15)
TELL_EVERY = timedelta(minutes=1)
WORDS_EVERY = timedelta(seconds=30)
PRUNE_EVERY = timedelta(hours=1)
PATIENCE = 7.0  # seconds for checks and sends to end after SIGTERM; we promise to be gone in 10
_REST = 10.0  # seconds, while the database is in trouble
AWAY = timedelta(hours=6)  # after such a pause, what was missed comes in one message


def now() -> datetime:
    """The wall clock. Nobody else but the command line reads it."""
    return datetime.now(UTC)


class Daemon:
    """watchd at work on one database, from `prepare` to `stop`."""

    def __init__(
        self,
        desk: Desk,
        store: Store,
        *,
        reload: Callable[[Desk], Desk] = lambda desk: desk,
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
        self._found = found
        self._checks = Checks(store, lambda: self.desk, clock, self._checked)
        self._answering = Answering(store, lambda: self.desk, clock, self._pulse)
        self._sends = Sends(
            store, lambda: self.desk, clock, self._answering.tried, lambda: self._soon("notify")
        )
        self._exports = Exports(store, lambda: self.desk, clock)
        self._evaluations = Evaluations(store, lambda: self.desk, clock, self._evaluated)
        self._readings: Readings | None = None  # until a feed wants full text
        self._words = WordReports(store, lambda: self.desk, clock, self._send_now)
        self._reloads = Reloads(
            store, lambda: self.desk, reload, self._take, clock, lambda: self._soon("rules")
        )
        self._vitals = Vitals(store, lambda: self.desk, clock, self._trouble)
        self._reloading: set[asyncio.Task[None]] = set()
        self._watchdog = systemd.Watchdog({"check", "notify", "report"})
        self._stopping = asyncio.Event()
        self._nudge: asyncio.Task[None] | None = None
        self._ticks: Ticks | None = None  # until `run`

    def _checked(self, checked: Checked) -> None:
        self.tally.checked(checked)
        self._answering.checked(checked)
        if self._found:
            self._found(checked)
        if checked.new or checked.edited:
            self._soon("evaluate", "read")
        self._came(checked.hits, checked.deliveries)

    def _came(self, hits: int, deliveries: int) -> None:
        """Something was found: what is done with it does not wait for a tick."""
        if hits:
            self._exports.mark()
            self._soon("export")
        if deliveries:
            self._send_now()

    def _soon(self, *ticks: str) -> None:
        if self._ticks is not None:
            for tick in ticks:
                self._ticks.soon(tick)

    async def _read_articles(self) -> timedelta | None:
        """Fetch the articles that are due, for feeds with `fulltext`."""
        if self.desk.fulltext and self._readings is None:
            from watchd.readings import Readings  # most desks have no use for it

            args = self.store, lambda: self.desk, self._clock, self._read
            self._readings = Readings(*args, robots=self._checks.robots)
        if self._readings is None:
            return None
        await self._readings.tick()
        return ACTIVE

    def _evaluated(self, evaluated: Evaluated) -> None:
        self.tally.hits += len(evaluated.hits)
        self._answering.found(due for _, due in evaluated.hits)
        self._came(len(evaluated.hits), evaluated.deliveries)

    def _read(self, read: Read) -> None:
        self.tally.hits += len(read.found)
        self._answering.found(due for _, due in read.found)
        self._soon("evaluate")
        self._came(len(read.found), read.deliveries)

    def _trouble(self) -> str:
        """What is wrong with the daemon itself, for those who watch it from outside; or ""."""
        if self._vitals.stuck:
            return f"database: {self._vitals.stuck}"
        if self._checks.network_out:
            return "network: no host answers"
        return "reload: the config on disk has mistakes" if self._reloads.failed else ""

    def _send_now(self) -> None:
        """An alert does not wait for a tick."""
        if self._nudge is None or self._nudge.done():
            self._nudge = asyncio.create_task(self._send())

    async def _send(self) -> None:
        if (rest := await self._sends.tick()) is not None and self._ticks is not None:
            self._ticks.soon("notify", rest)

    async def prepare(self) -> None:
        """Take the database over: end what a dead daemon left, follow the config."""
        # Names are looked up in these threads, and one dead name server holds each for long.
        lookups = ThreadPoolExecutor(max_workers=64, thread_name_prefix="lookup")
        asyncio.get_running_loop().set_default_executor(lookups)
        await self.store.do_write(feeds.release_all)
        known = 0
        if taken := self.store.receipts.read():
            known = await self.store.do_write(outbox.know_taken, taken)
        cut = await self.store.do_write(outbox.recover, self._clock())
        self.store.receipts.clear()
        last = await self.store.do_read(service.noted, "last_cycle")
        if last and self._clock() - last[1] > AWAY:
            self._sends.catch_up()
        if known:
            _log.info("delivery.known", count=known, note="taken, by their receipts")
        if cut:
            _log.warning("delivery.interrupted", count=cut, note="sent again as possible repeats")
        if last and last[1] > self._clock():  # written by a clock that was ahead
            await self.store.do_write(futures.pull_back, self._clock(), upkeep.longest(self.desk))
        await upkeep.follow(self.store, self.desk, self._clock())
        await self._checks.start()

    async def _take(self, desk: Desk) -> None:
        """Put a new desk in force, however long the database is in trouble."""
        while True:
            try:
                async with upkeep.readdressed(self.store, desk, self._sends.resting, self._clock):
                    self.desk = desk
                self._exports.mark()
                await upkeep.follow(self.store, self.desk, self._clock())
                self._soon("check", "export", "evaluate", "read")
                await self._report()
            except WatchdError as error:
                _log.error("config.unrecorded", error=error)
                await asyncio.sleep(_REST)
            else:
                return

    async def once(self) -> Tally:
        """Check every feed that is due (each one that was never checked is), send, and stop."""
        await self.prepare()
        work = asyncio.create_task(self._round())
        ended = asyncio.create_task(self._stopping.wait())
        self._heed(signal.SIGTERM, signal.SIGINT)
        await asyncio.wait([work, ended], return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        await self.stop()
        work.cancel()
        await asyncio.gather(work, ended, return_exceptions=True)
        if not work.cancelled() and (error := work.exception()):
            raise error
        return self.tally

    async def _round(self) -> None:
        moment = self._clock()  # what falls due again meanwhile is for the next round
        while await self._checks.claim(due_at=moment, every=True):
            await self._checks.wait()
        await self._evaluations.to_the_end(self._stopping.is_set)
        await self._sends.caught_up()
        await self._tell()
        await self._follow_up()
        await self._words.to_the_end()
        await self._sends.wait()
        await self._read_articles()
        if self._readings is not None:
            await self._readings.wait()
            await self._evaluations.to_the_end(self._stopping.is_set)
            await self._sends.wait()
        await self._exports.tick()
        await self._report()
        await self._look()

    def _heard(self, tick: str, what: Happened) -> bool:
        if what != "ran":
            self._answering.skipped(tick, what)
        elif not (tick == "check" and self._checks.stands_still):
            # Real work is what feeds the watchdog: looks for what is due, sends, a written
            # report. So does trouble that is known: no restart makes room on a full disk.
            self._watchdog.ended(tick)
        return self._vitals.heard(tick, what)

    def _pulse(self) -> Pulse:
        vitals = self._vitals
        trouble = self._trouble() or vitals.trouble
        return Pulse(
            started=vitals.started,
            completed=vitals.completed,
            trouble=trouble,
            reload_failed=self._reloads.failed,
        )

    async def _look(self) -> timedelta | None:
        """Follow the cycles, where anybody wants to know."""
        if not (self.desk.config.heartbeat.url or self._answering.is_open):
            return None
        await self._vitals.tick()
        return ACTIVE

    async def run(self) -> None:
        """Watch until SIGTERM or SIGINT; read rules that were saved, and on SIGHUP everything."""
        from watchd.ticks import Tick, Ticks  # `--once` has no use for a scheduler

        self._heed(signal.SIGTERM, signal.SIGINT)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.reload)
        await self.prepare()
        await self._reloads.start()
        await self._answering.open()
        self._ticks = ticks = Ticks(
            {
                "check": Tick(self._check, IDLE, least=self._check_every),
                "notify": Tick(self._sends.tick, IDLE, least=SEND_LEAST),
                "follow_up": Tick(self._follow_up, REPORT_EVERY),
                "export": Tick(self._exports.tick, TELL_EVERY),
                "read": Tick(self._read_articles, TELL_EVERY),
                "evaluate": Tick(self._evaluations.tick, REPORT_EVERY, least=EVALUATE_LEAST),
                "rules": Tick(self._reloads.tick, reloads.RARE),
                "report": Tick(self._report, REPORT_EVERY),
                "tell": Tick(self._tell, TELL_EVERY),
                "words": Tick(self._words.tick, WORDS_EVERY),
                "look": Tick(self._look, TELL_EVERY),
                "prune": Tick(self._prune, PRUNE_EVERY),
            },
            self._heard,
        )
        ticks.start()
        watch = asyncio.create_task(self._watch_clock(ticks))
        if reason := why_not():
            _log.warning("parser.unconfined", reason=reason)
        _log.info("daemon.started", version=__version__, pid=os.getpid(), **self.desk.summary())
        await self._report()
        systemd.notify(READY="1")
        await self._stopping.wait()
        _log.info("daemon.stopping")
        systemd.notify(STOPPING="1")
        watch.cancel()
        await ticks.stop()
        await self._answering.close()
        await self.stop()

    async def _check(self) -> timedelta | None:
        """Check what is due; once nothing is left of it, a pause has been made up for."""
        claimed = await self._checks.claim()
        if not self._sends.is_catching_up:
            return self._checks.rest if self._checks.rest < IDLE else None
        if not claimed and self._checks.idle:
            await self._sends.caught_up()
            self._send_now()
        return timedelta()

    def _heed(self, *signals: int) -> None:
        for number in signals:
            asyncio.get_running_loop().add_signal_handler(number, self.finish)

    def finish(self) -> None:
        """Ask `run` to end, as SIGTERM does."""
        self._stopping.set()

    async def stop(self) -> None:
        """Let what is under way end, within PATIENCE, and stop."""
        clean = await asyncio.gather(
            self._sends.stop(PATIENCE),
            self._checks.stop(PATIENCE),
            self._reloads.stop(PATIENCE),
            self._vitals.stop(PATIENCE),
            *([self._readings.stop(PATIENCE)] if self._readings else []),
            self._words.stop(),
        )
        self.tally.outcomes = self._sends.outcomes
        self.hung = not clean[0]
        _log.info("daemon.stopped", feeds_checked=self.tally.feeds, new_items=self.tally.new)

    def reload(self) -> None:
        """Read config and rules again, as SIGHUP asks."""
        task = asyncio.create_task(self._reloads.everything())
        self._reloading.add(task)
        task.add_done_callback(self._reloading.discard)

    async def _report(self) -> None:
        """Write down that we live, and tell systemd how things stand."""
        moment, about = self._clock(), {"pid": os.getpid(), "version": __version__}
        try:
            await self.store.do_write(service.note, "last_cycle", about, moment)
        except WatchdError as error:
            systemd.notify(STATUS=f"in trouble, and going on: {error}")
            await self._vitals.stuck_by(error, moment)
            raise
        await self._vitals.unstuck(moment)
        await self._vitals.tell(moment)
        if waiting.use_fallbacks(self.store, self.desk.receivers, moment):
            self._send_now()
        await upkeep.keep_alive(self.store, self.desk, moment)
        if systemd.listens():
            systemd.notify(STATUS=await status.line(self.store, moment))

    async def _follow_up(self) -> timedelta | None:
        """Escalate what nobody acknowledged, and tell of silences that have ended."""
        if not await self.store.do_read(said.follows):
            return None
        from watchd import followups  # most desks have no use for it

        if await followups.follow_up(self.store, self.desk, self._clock()):
            self._send_now()
        return ACTIVE

    async def _tell(self) -> None:
        if await upkeep.tell(self.store, self.desk, self._clock()):
            self._send_now()

    async def _prune(self) -> None:
        await upkeep.prune(self.store, self.desk, self._clock(), self._stopping.is_set)

    async def _watch_clock(self, ticks: Ticks) -> None:
        """A tick must not wait for the hour of a clock that was set."""
        async for jump in jumps():
            if jump > AWAY.total_seconds():  # this machine slept
                self._sends.catch_up()
            while True:
                try:
                    bounds = self._clock(), upkeep.longest(self.desk)
                    if jump < 0:
                        await self.store.do_write(futures.pull_back, *bounds)
                    await self.store.do_write(feeds.check_soon, *bounds)
                except WatchdError as error:
                    _log.error("clock.unrecorded", error=error)
                    await asyncio.sleep(_REST)
                else:
                    break
            ticks.now()
