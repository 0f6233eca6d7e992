"""Checks under way: worker tasks, each with a client of its own, fed by a queue of our own."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import cache, partial

from watchd import fetch, log
from watchd.check import Checked, check_feed
from watchd.desk import Desk
from watchd.errors import WatchdError
from watchd.gathering import Gathering
from watchd.hostqueue import Closed, HostQueue
from watchd.model import Feed, FeedState
from watchd.parser import Parser
from watchd.polling import after, politeness
from watchd.polling.outage import ENOUGH, NO_NETWORK, Network
from watchd.robots import Polite, Robots
from watchd.store import Store, feeds, service
from watchd.store.record import LostClaim, record, record_unchanged
from watchd.windows import Windows

_log = log.Log("watchd.check")
_AT_ONCE = 2000  # feeds claimed in one go
_REST = 10.0  # seconds
_STILL = 3600.0  # seconds, as long as a claim holds
_PART = 90  # what falls due within this part of the shortest interval is checked together …
_TOGETHER_IN = timedelta(seconds=1), timedelta(seconds=10)  # … but within these bounds
_TOGETHER = 100  # states of unchanged feeds written in one go …
_SOON = 0.2  # … or after so many seconds

Clock = Callable[[], datetime]


class Checks:
    """Fetches claimed feeds with a bounded number of workers, one request a host at a time.

    `desk` is asked anew for each check, so that a reload takes hold at once. `done` is called
    after every check that ended, with what it came to.
    """

    def __init__(
        self,
        store: Store,
        desk: Callable[[], Desk],
        clock: Clock,
        done: Callable[[Checked], None],
    ) -> None:
        settings = desk().config.fetch
        self._store, self._desk, self._clock, self._done = store, desk, clock, done
        self._claim = uuid.uuid4().hex
        self._queue: HostQueue[tuple[Feed, FeedState]] = HostQueue(per_host=settings.per_host)
        self._queued: set[str] = set()
        self._windows = Windows(store)
        self._gathering = Gathering()
        self._unwritten: list[FeedState] = []
        self._unreleased: set[str] = set()  # claimed for nothing, since the database was in trouble
        self._writing: asyncio.Task[None] | None = None
        self._pen = asyncio.Lock()
        self._stopping = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._parser = Parser(workers=1)
        self._workers: list[asyncio.Task[None]] = []
        self._size = settings.concurrency
        self._trust = cache(fetch.ssl_context)
        self._network = Network()
        self._more = False  # is due than was claimed in one go
        self._noted: datetime | None = None  # `out_since` as the table has it
        self._moved = time.monotonic()  # when a check last ended
        self._waits: dict[str, datetime] = {}  # by host or domain: what its server asked for
        self.robots = Robots(settings.user_agent)

    async def start(self) -> None:
        """Start the workers. An outage that the last daemon noticed may well go on."""
        if (noted := await self._store.do_read(service.noted, "network")) and noted[0]:
            self._noted = datetime.fromisoformat(noted[0])
            self._network = Network(self._noted)
        await self._parser.__aenter__()
        for number in range(self._size):
            self._workers.append(asyncio.create_task(self._work(), name=f"check-{number}"))

    async def claim(self, *, due_at: datetime | None = None, every: bool = False) -> int:
        """Take what is due from the table into the queue. Returns how many feeds that were.

        `due_at` is now unless given; with `every`, feeds never checked are due in any case.
        """
        if self._stopping:
            return 0
        now = due_at or self._clock()
        if self._unreleased:  # else nobody would look at these before the claim ends by itself
            names, self._unreleased = self._unreleased, set()
            await self._release(names)
        self._more = False
        if not every and not await self._store.do_read(feeds.any_due, now):
            return 0
        states = await self._store.do_write(
            feeds.claim_due, now, claim=self._claim, limit=_AT_ONCE, every=every
        )
        if self._stopping:  # it began to, while the table answered
            await self._release([state.feed for state in states])
            return 0
        self._more = len(states) == _AT_ONCE
        by_name = self._desk().feeds
        for state in states:
            feed = by_name.get(state.feed)
            if feed is None or state.feed in self._queued:
                continue
            if not self._queued:
                self._moved = time.monotonic()
            self._queued.add(feed.name)
            self._idle.clear()
            self._queue.put(politeness.host(feed.url), (feed, state))
        return len(states)

    @property
    def rest(self) -> timedelta:
        """How long what falls due is gathered. Each look costs, and so does each commit."""
        if self._more:
            return timedelta()
        desk, (least, most) = self._desk(), _TOGETHER_IN
        return min(max(least, desk.shortest_interval / _PART), most)

    @property
    def idle(self) -> bool:
        """Whether nothing is claimed, or being checked."""
        return self._idle.is_set()

    @property
    def stands_still(self) -> bool:
        """Whether there is work, and for an hour none of it has come to an end.

        Each step of a check has a deadline, so this would be a bug; after an hour the feeds are
        anybody's to claim again.
        """
        return not self.idle and time.monotonic() - self._moved > _STILL

    @property
    def network_out(self) -> bool:
        """Whether no host answers, so that nothing can be fetched."""
        return self._network.out_since is not None

    async def wait(self) -> None:
        """Until every queued feed has been checked, and all of it is written."""
        await self._idle.wait()
        await self._write_unchanged()

    async def _work(self) -> None:
        settings = self._desk().config.fetch
        async with fetch.Client(settings.limits, settings.user_agent, trust=self._trust) as client:
            while True:
                try:
                    host, (feed, state) = await self._queue.take()
                except Closed:
                    return
                try:
                    await self._check(client, feed, state)
                finally:
                    self._moved = time.monotonic()
                    self._free(host, feed)
                    self._queued.discard(feed.name)
                    if not self._queued:
                        self._idle.set()

    def _free(self, host: str, feed: Feed) -> None:
        """The next feed of this host has its turn after a pause; our own servers need none."""
        pause = self._desk().config.fetch.spacing.total_seconds()
        if feed.private or not pause:
            self._queue.done(host)
        else:
            asyncio.get_running_loop().call_later(pause, self._queue.done, host)

    async def _check(self, client: fetch.Client, feed: Feed, state: FeedState) -> None:
        desk, now = self._desk(), self._clock()
        feed = desk.feeds.get(feed.name, feed)
        try:
            until = self._waits.get(politeness.scope(feed)) if self._waits else None
            if until is not None and now < until:
                await self._store.do_write(feeds.put_off, self._claim, feed.name, until)
                return
            with self._windows.during_check(feed), self._gathering.under_way():
                checked = await check_feed(
                    feed,
                    state,
                    claim=self._claim,
                    fetcher=Polite(client, self.robots),
                    parser=self._parser,
                    rules=desk.rules,
                    route=desk.route,
                    store=self._store,
                    unchanged=self._unchanged,
                    window_of=self._windows.of,
                    turn=self._gathering.turn,
                    out_since=partial(self._out_since, feed, now),
                    keeping=partial(desk.keeping, self._store),
                    now=now,
                    jitter=random.random(),
                )
            await self._learn(feed, checked, now)
            self._done(checked)
        except LostClaim as error:
            _log.warning("feed.late", feed=feed.name, error=error)
        except WatchdError as error:
            # The database is in trouble, and nothing of this check was kept: fetching more
            # would be for nothing, so this worker rests before the feed is due again.
            _log.error("feed.unrecorded", feed=feed.name, error=error)
            await self._rest()
            await self._release([feed.name])
        except Exception as error:
            _log.error("feed.crashed", feed=feed.name, error="a bug in watchd; please report it")
            log.traceback()
            await self._put_off(feed, state, error)

    def _out_since(self, feed: Feed, now: datetime, kind: str) -> datetime | None:
        """Since when our own network is out; None where it is the feed that is in trouble."""
        if feed.private or kind not in NO_NETWORK:
            return None
        was_out = self._network.out_since
        hosts = set[str]()
        for one in self._desk().feeds.values():
            if not one.private:
                hosts.add(politeness.host(one.url))
            if len(hosts) == ENOUGH:  # of thousands of feeds it is soon told
                break
        if self._network.failed(politeness.host(feed.url), len(hosts), now) and not was_out:
            note = "no host answers: nothing is held against the feeds"
            _log.error("network.out", since=self._network.out_since, note=note)
        return self._network.out_since

    async def _note_network(self) -> None:
        """For `status`: since when the network is out; null while it is there."""
        since = self._network.out_since
        if since != self._noted:
            self._noted = since
            told = since.isoformat() if since else None
            await self._store.do_write(service.note, "network", told, self._clock())

    async def _learn(self, feed: Feed, checked: Checked, now: datetime) -> None:
        """What an answer says of more than its own feed."""
        if not feed.private and checked.status not in NO_NETWORK and self._network.answered():
            _log.info("network.back", note="feeds are asked again within their intervals")
        await self._note_network()
        if feed.rate_scope == "feed" or (checked.wait_until is None and not self._waits):
            return
        scope = politeness.scope(feed)
        if checked.wait_until is None:
            if (until := self._waits.get(scope)) and now < until:  # named while we were asking
                await self._write_unchanged()
                await self._store.do_write(feeds.hold_back, [feed.name], until)
            return
        self._waits = {name: until for name, until in self._waits.items() if until > now}
        self._waits[scope] = checked.wait_until
        others = [
            other.name
            for other in self._desk().feeds.values()
            if other.name != feed.name and politeness.scope(other) == scope
        ]
        if others:
            await self._write_unchanged()  # or it would bring their checks forward again
            await self._store.do_write(feeds.hold_back, others, checked.wait_until)
            _log.info("feed.held", feeds=len(others), scope=scope, until=checked.wait_until)

    async def _unchanged(self, state: FeedState) -> None:
        """Most checks bring nothing: their states are written many at a time."""
        self._unwritten.append(state)
        if len(self._unwritten) >= _TOGETHER:
            await self._write_unchanged()
        elif self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_soon())

    async def _write_soon(self) -> None:
        await asyncio.sleep(_SOON)
        await self._write_unchanged()

    async def _write_unchanged(self) -> None:
        async with self._pen:  # who waits here wants all that came before to be written, too
            states, self._unwritten = self._unwritten, []
            if states:
                await self._write(states)

    async def _write(self, states: list[FeedState]) -> None:
        try:
            await self._store.do_write(record_unchanged, self._claim, states)
        except WatchdError as error:  # these feeds will be asked again, that is all
            _log.error("feed.unrecorded", feeds=len(states), error=error)
            await self._release([state.feed for state in states])

    async def _put_off(self, feed: Feed, state: FeedState, error: Exception) -> None:
        """A feed we stumble over must not be asked for every second."""
        text = f"feed '{feed.name}': watchd stumbled over it ({type(error).__name__})"
        now = self._clock()
        stumbled = after.failed(feed, state, text, now, random.random(), kind="error")
        try:
            await self._store.do_write(record, claim=self._claim, state=stumbled, now=now)
        except WatchdError as trouble:
            _log.error("feed.unrecorded", feed=feed.name, error=trouble)

    async def _release(self, names: Collection[str]) -> None:
        try:
            await self._store.do_write(feeds.release, self._claim, names)
        except WatchdError as error:
            self._unreleased.update(names)
            _log.error("feed.unreleased", error=error)

    async def _rest(self) -> None:
        """For _REST seconds, or until the end."""
        end = time.monotonic() + _REST
        while (now := time.monotonic()) < end and not self._stopping:
            self._moved = now  # we know what we are waiting for
            await asyncio.sleep(min(1, _REST))

    async def stop(self, patience: float) -> None:
        """Let the checks under way end, for at most `patience` seconds; give back the rest."""
        self._stopping = True
        waiting = [feed.name for feed, _ in self._queue.close()]
        self._queued.difference_update(waiting)
        if not self._queued:
            self._idle.set()
        try:
            await asyncio.wait_for(self._idle.wait(), patience)
        except TimeoutError:
            _log.warning("check.cut", feeds=len(self._queued))
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        await self._parser.__aexit__(None, None, None)
        await self._write_unchanged()
        await self._release([*waiting, *self._queued])
