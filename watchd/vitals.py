"""How the daemon is, for those outside: its cycles, the heartbeat, and what it answers when asked.

A cycle begins at a moment, and is complete when every feed that was due then has been checked
and every delivery tried. That is what the heartbeat vouches for, not that a process exists.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from watchd import fetch, heartbeat, log
from watchd.desk import Desk
from watchd.errors import WatchdError
from watchd.model import Destination, Endpoint, Notice
from watchd.overdue import Happened, Overdue
from watchd.store import Store, cycles, outbox

_log = log.Log("watchd.daemon")

_STUCK = timedelta(minutes=1)  # before people are told: a lock may pass


class Vitals:
    """Follows the cycles of one daemon, and sends the heartbeat.

    `trouble` says in a few words what is wrong with the daemon itself, or "".
    """

    def __init__(
        self,
        store: Store,
        desk: Callable[[], Desk],
        clock: Callable[[], datetime],
        trouble: Callable[[], str],
    ) -> None:
        self._store, self._desk, self._clock, self._trouble = store, desk, clock, trouble
        self.started = clock()
        self.completed: datetime | None = None  # when the last cycle was found complete
        self.trouble = ""  # what keeps cycles from being complete, as far as is known
        self._began: datetime | None = None
        self._told: tuple[datetime, bool] | None = None  # the last heartbeat, and whether well
        self._beating: asyncio.Task[None] | None = None
        self._unheard = False
        self._overdue = Overdue()
        self.stuck = ""  # why the database cannot be written
        self._stuck_since: datetime | None = None
        self._told_directly = False
        self._telling: set[asyncio.Task[None]] = set()

    async def tick(self) -> None:
        """See whether a cycle has been completed, and let that be known. Waits for no answer."""
        now = self._clock()
        try:
            is_done = await self._is_done(now)
            self.trouble = self._trouble()
        except WatchdError as error:
            self.trouble = f"database: {error}"
            raise
        finally:
            if self.trouble:
                self._beat(now, well=False)
        if is_done:
            self.completed, self._began = now, now
            if not self.trouble:
                self._beat(now, well=True)

    async def _is_done(self, now: datetime) -> bool:
        if self._began is None or self._began > now:  # after the clock was set back
            self._began = now
        return await self._store.do_read(cycles.is_done, self._began, self._desk().endpoints)

    def _beat(self, now: datetime, *, well: bool) -> None:
        """Send a heartbeat if it is time for one: at once where something begins to be wrong."""
        beat = self._desk().config.heartbeat
        if not beat.url or (self._beating is not None and not self._beating.done()):
            return
        if self._told is not None:
            at, was_well = self._told
            worse = was_well and not well
            if not worse and timedelta() <= now - at < beat.every:
                return
            if not well and was_well:
                _log.warning("heartbeat.trouble", why=self.trouble)
        self._told = now, well
        self._beating = asyncio.create_task(self._send(beat.url, well=well))

    async def _send(self, url: str, *, well: bool) -> None:
        agent = self._desk().config.fetch.user_agent
        try:
            async with fetch.Client(heartbeat.LIMITS, agent) as client:
                error = await heartbeat.beat(client, url, well=well)
        except Exception:
            _log.error("heartbeat.crashed", error="a bug in watchd; please report it")
            log.traceback()
            return
        if error and not self._unheard:
            _log.warning("heartbeat.missed", error=error)
        self._unheard = bool(error)

    def heard(self, tick: str, what: Happened) -> bool:
        """Take note of a run of a tick. Returns whether it is worth a line."""
        return self._overdue.happened(tick, what, self._clock())

    async def tell(self, now: datetime) -> None:
        """Tell people of ticks of ours that do not come, if it is time for that."""
        notice, endpoints = self._overdue.due(now), self._desk().operators()
        if notice is not None and endpoints:
            to = [Destination(endpoint=one) for one in endpoints]
            await self._store.do_write(outbox.add_notice, notice, to, now)

    async def stuck_by(self, error: WatchdError, now: datetime) -> None:
        """The database cannot be written: say so, and tell people without it."""
        self.stuck = str(error)
        if self._stuck_since is None:
            self._stuck_since = now
            _log.error("database.stuck", error=error, note="nothing new is taken in meanwhile")
        if self._told_directly or now - self._stuck_since < _STUCK:
            return
        self._told_directly = True
        notice = Notice(
            at=now,
            severity="critical",
            title="watchd cannot write to its database",
            lines=(self.stuck,),
            why="nothing new is taken in; what is there is kept, and it goes on by itself",
        )
        for endpoint in self._desk().operators():
            task = asyncio.create_task(self._send_directly(endpoint, notice))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _send_directly(self, endpoint: Endpoint, notice: Notice) -> None:
        loop = asyncio.get_running_loop()
        try:
            result = await loop.run_in_executor(None, self._desk().send, endpoint, notice)
        except Exception as error:  # a bug in a plug-in, as in `notify`
            outcome: str = type(error).__name__
        else:
            outcome = result.outcome.value
        _log.warning("database.told", to=endpoint.name, outcome=outcome)

    async def unstuck(self, now: datetime) -> None:
        """The database can be written; say so where it could not."""
        if self._stuck_since is None:
            return
        since, told = self._stuck_since, self._told_directly
        self.stuck, self._stuck_since, self._told_directly = "", None, False
        _log.warning("database.well", since=f"{since:%Y-%m-%dT%H:%M:%SZ}")
        if told:
            notice = Notice(
                at=now,
                severity="info",
                title="watchd can write to its database again",
                lines=(f"it could not since {since:%Y-%m-%d %H:%M} UTC",),
                why="feeds are asked again; what they still have is not missed",
            )
            to = [Destination(endpoint=one) for one in self._desk().operators()]
            if to:
                await self._store.do_write(outbox.add_notice, notice, to, now)

    async def stop(self, patience: float) -> None:
        """Let a heartbeat under way end, for at most `patience` seconds."""
        begun = [*self._telling, *filter(None, [self._beating])]
        under_way = [task for task in begun if not task.done()]
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=patience)
            for task in late:
                task.cancel()
