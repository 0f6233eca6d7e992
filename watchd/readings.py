"""Articles being fetched: for each host one at a time, with a pause, and few at once."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache, partial

from watchd import fetch, log
from watchd.desk import Desk
from watchd.errors import WatchdError
from watchd.model import ReadingState
from watchd.parser import Parser
from watchd.reading import Read, read_article
from watchd.robots import Polite, Robots
from watchd.store import Store, articles
from watchd.store.articles import Ended, Work
from watchd.values import replace

_log = log.Log("watchd.reading")

AT_ONCE = 4
SPACING = timedelta(seconds=2)  # between two articles of one host
_REST = 10.0  # seconds, while the database is in trouble
_MAX_BYTES = 5 * 2**20  # no article is larger, whatever a feed may be
_ACCEPT = "text/html, application/xhtml+xml, */*;q=0.1"


class Readings:
    """Fetches what waits in the table of articles, one task per host that has something due.

    `desk` is asked anew for each article. `done` is called after each one that was read.
    `robots` are those that checks use, too.
    """

    def __init__(
        self,
        store: Store,
        desk: Callable[[], Desk],
        clock: Callable[[], datetime],
        done: Callable[[Read], None],
        *,
        robots: Robots | None = None,
        spacing: timedelta = SPACING,
    ) -> None:
        self._store, self._desk, self._clock, self._done = store, desk, clock, done
        self._spacing = spacing
        self._robots = robots or Robots(desk().config.fetch.user_agent)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._begun: set[int] = set()
        self._asked: dict[str, float] = {}  # when a host was asked last, in monotonic seconds
        self._free = asyncio.Semaphore(AT_ONCE)
        self._parser = Parser(workers=1)  # of its own: a page must not hold up the feeds
        self._trust = cache(fetch.ssl_context)
        self._stopping = False

    async def tick(self) -> None:
        """Begin with every host that has something due and is not asked already."""
        desk = self._desk()
        if self._stopping or not desk.fulltext:
            return
        await self._give_up()
        per_hour = desk.config.fetch.articles_per_hour
        for host in await self._store.do_read(articles.due_hosts, self._clock(), per_hour):
            if host not in self._tasks and not self._stopping:
                self._tasks[host] = asyncio.create_task(self._drain(host), name=f"read-{host}")

    async def _give_up(self) -> None:
        now = self._clock()
        if await self._store.do_read(articles.any_old, now):
            count = await self._store.do_write(articles.give_up, now)
            _log.warning("article.late", count=count)

    async def _drain(self, host: str) -> None:
        settings = self._desk().config.fetch
        limits = replace(settings.limits, max_bytes=min(settings.max_bytes, _MAX_BYTES))
        try:
            async with fetch.Client(
                limits, settings.user_agent, trust=self._trust, accept=_ACCEPT
            ) as client:
                while await self._next(client, host):
                    pass
        except WatchdError as error:
            _log.error("article.unrecorded", host=host, error=error)
            await asyncio.sleep(_REST)
        finally:
            del self._tasks[host]

    async def _next(self, client: fetch.Client, host: str) -> bool:
        """Fetch the next article of a host; False: none is due there."""
        per_hour = self._desk().config.fetch.articles_per_hour
        due = await self._store.do_read(articles.due_hosts, self._clock(), per_hour)
        if host not in due or self._stopping:
            return False
        since = time.monotonic() - self._asked.get(host, -math.inf)
        await asyncio.sleep(max(0.0, self._spacing.total_seconds() - since))
        async with self._free:
            if self._stopping:
                return False
            work = await self._store.do_write(articles.claim_next, host, self._clock(), per_hour)
            if work is not None:
                self._asked[host] = time.monotonic()
                await self._read(client, work)
        return work is not None

    async def _read(self, client: fetch.Client, work: Work) -> None:
        desk, item_id = self._desk(), work.stored.id
        feed = desk.feeds.get(work.stored.feed)
        if feed is None:
            return  # it left the config just now
        self._begun.add(item_id)
        try:
            read = await read_article(
                work,
                feed,
                fetcher=Polite(client, self._robots),
                parser=self._parser,
                rules=desk.rules,
                route=desk.route,
                store=self._store,
                keeping=partial(desk.keeping, self._store),
                now=self._clock(),
                jitter=random.random(),
            )
        except WatchdError:
            raise
        except Exception as error:
            _log.error("article.crashed", item=item_id, error="a bug in watchd; please report it")
            log.traceback()
            reason = f"watchd stumbled over it ({type(error).__name__})"
            ended = Ended(state=ReadingState.FAILED, error=reason)
            await self._store.do_write(articles.end, item_id, ended, self._clock())
        else:
            self._done(read)
        self._begun.discard(item_id)

    async def wait(self) -> None:
        """Until nothing more is due now."""
        await self.tick()
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))
            await self.tick()

    async def stop(self, patience: float) -> None:
        """Let what is being fetched end, for at most `patience` seconds; give back the rest."""
        self._stopping = True
        tasks = list(self._tasks.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._parser.__aexit__(None, None, None)
        if self._begun:
            try:
                await self._store.do_write(articles.release, self._begun, self._clock())
            except WatchdError as error:  # they are due again when their lease ends
                _log.error("article.unrecorded", articles=len(self._begun), error=error)
