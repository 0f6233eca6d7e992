"""robots.txt (RFC 9309): what a site lets us fetch, and how long it wants between two requests.

It is asked for pages, sitemaps and articles. A feed's address was given by its user: to ask for
that is no crawling.
"""

from __future__ import annotations

import asyncio
import re
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from watchd.model import Feed, FeedState
from watchd.response import FetchError, Kind, NotYet, Response
from watchd.values import Struct, replace

if TYPE_CHECKING:
    from protego import Protego

_KEPT = timedelta(days=1)
_KEPT_UNREACHABLE = timedelta(minutes=5)
_MAX_SITES = 5000
_MAX_BYTES = 500 * 1024  # as much as RFC 9309 asks us to read
_MAX_DELAY = timedelta(hours=1)  # of a Crawl-delay: a longer one shuts us out by a slip
_PATIENCE = timedelta(seconds=30)  # a check holds a place that others need
_AGENT = re.compile(r"^[ \t]*user[ -]?agent\b[ \t]*:?[ \t]*(.*)$", re.IGNORECASE)


class Fetcher(Protocol):
    """What we need of a `fetch.Client`."""

    async def fetch(self, feed: Feed, state: FeedState | None, *, now: datetime) -> Response: ...


class _Rules(Struct, frozen=True, kw_only=True):
    """What one site's robots.txt says, until it is asked for again."""

    until: datetime
    rules: Protego | None = None  # None: all is allowed
    trouble: str = ""  # why it could not be had: then nothing is allowed for now
    kind: Kind = "robots"  # of that trouble


class Robots:
    """The robots.txt of every site we asked, each kept for a day. For one event loop.

    `user_agent` is how we introduce ourselves; what counts is the name before its first slash.
    """

    def __init__(self, user_agent: str) -> None:
        self._agent = user_agent.partition("/")[0].strip().lower() or "watchd"
        self._sites: dict[str, _Rules] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._next: dict[str, float] = {}  # by site: the next free moment, monotonic

    async def permit(self, fetcher: Fetcher, feed: Feed, url: str, now: datetime) -> None:
        """Wait until `url`, which belongs to `feed`, may be fetched; and see `was_asked`.

        Raises FetchError where robots.txt forbids it or cannot be had, and NotYet where the
        site's Crawl-delay is longer than a check can wait.
        """
        if not feed.robots:
            return
        await self.allowed(fetcher, feed, url, now)
        await self._turn(url)

    async def allowed(self, fetcher: Fetcher, feed: Feed, url: str, now: datetime) -> None:
        """Raises FetchError where robots.txt forbids `url` to us, or cannot be had."""
        if not feed.robots:
            return
        site = _site(url)
        async with self._locks.setdefault(site, asyncio.Lock()):
            known = self._sites.get(site)
            if known is None or known.until <= now:
                known = self._sites[site] = await self._ask(fetcher, feed, site, now)
                self._forget(now)
        name = f"feed {feed.name!r}: "
        host = urlsplit(url).hostname
        if known.trouble:
            text = f"{name}robots.txt of {host} cannot be had, so we wait ({known.trouble})"
            raise FetchError(text, kind=known.kind, retry_after=known.until - now)
        if known.rules and not known.rules.can_fetch(url, self._agent):
            text = (
                f"{name}robots.txt of {host} asks us not to fetch this address; "
                "if the site lets you, set `robots = false` for this feed"
            )
            raise FetchError(text, kind="robots")

    async def _ask(self, fetcher: Fetcher, feed: Feed, site: str, now: datetime) -> _Rules:
        home = feed.private and site == _site(feed.url)
        asked = replace(feed, url=f"{site}/robots.txt", private=home)
        try:
            response = await fetcher.fetch(asked, None, now=now)
        except FetchError as error:
            if error.status is not None and 400 <= error.status < 500 and error.status != 429:
                return _Rules(until=now + _KEPT)
            wait = max(_KEPT_UNREACHABLE, error.retry_after or timedelta())
            trouble = str(error).removeprefix(f"feed {feed.name!r}: ")
            kind = "robots" if error.status is not None else error.kind
            return _Rules(until=now + min(wait, _KEPT), trouble=trouble, kind=kind)
        if response.truncated:
            return _Rules(until=now + _KEPT_UNREACHABLE, trouble="it was cut short")
        from protego import Protego  # 20 ms that who watches no page need not pay

        text = response.body[:_MAX_BYTES].decode("utf-8", "replace").removeprefix("\ufeff")
        # A second for the largest there may be: others get their turn meanwhile.
        rules = await asyncio.to_thread(Protego.parse, self._ours(text))
        return _Rules(until=now + _KEPT, rules=rules)

    def _forget(self, now: datetime) -> None:
        """Articles may be anywhere: without this the sites of years would be kept."""
        if len(self._sites) > _MAX_SITES:
            old = [site for site, known in self._sites.items() if known.until <= now]
            for site in old or list(self._sites)[:-1]:
                if not self._locks[site].locked():
                    del self._sites[site], self._locks[site]
                    self._next.pop(site, None)

    def _ours(self, text: str) -> str:
        """The text with all agents but us and everybody as one: thousands would cost too much."""
        lines = text.splitlines()
        for number, line in enumerate(lines):
            if agent := _AGENT.match(line.partition("#")[0]):
                name = agent[1].strip().lower().partition("/")[0]
                lines[number] = f"User-agent: {name if name in ('*', self._agent) else '-'}"
        return "\n".join(lines)

    async def _turn(self, url: str) -> None:
        """Keep the site's distance between two requests, whoever makes them."""
        site = _site(url)
        delay = self._delay(site)
        if not delay:
            return
        here = time.monotonic()
        wait = max(0.0, self._next.get(site, here) - here)
        if wait > _PATIENCE.total_seconds():
            text = f"robots.txt of {urlsplit(url).hostname} wants {delay:g} s between requests"
            raise NotYet(text, wait=timedelta(seconds=wait))
        self._next[site] = here + wait + delay
        await asyncio.sleep(wait)

    def was_asked(self, url: str) -> None:
        """It has been fetched, or not: from now on counts the site's distance to the next."""
        site = _site(url)
        if delay := self._delay(site):
            self._next[site] = max(self._next.get(site, 0.0), time.monotonic() + delay)

    def _delay(self, site: str) -> float:
        """Seconds that the site wants between two requests."""
        known = self._sites.get(site)
        delay = known.rules.crawl_delay(self._agent) if known and known.rules else None
        return min(delay or 0.0, _MAX_DELAY.total_seconds())


class Polite:
    """A fetcher that asks robots.txt first, but for the addresses of feeds."""

    def __init__(self, fetcher: Fetcher, robots: Robots) -> None:
        self._fetcher, self._robots = fetcher, robots

    async def fetch(self, feed: Feed, state: FeedState | None, *, now: datetime) -> Response:
        """`fetch.Client.fetch`, where the site allows it. Raises FetchError and NotYet."""
        if feed.type == "feed":
            return await self._fetcher.fetch(feed, state, now=now)
        await self._robots.permit(self._fetcher, feed, feed.url, now)
        try:
            response = await self._fetcher.fetch(feed, state, now=now)
        finally:
            self._robots.was_asked(feed.url)
        if _site(response.url) != _site(feed.url):  # a redirect to somebody else's
            await self._robots.allowed(self._fetcher, feed, response.url, now)
        return response


def _site(url: str) -> str:
    """Scheme, host and port, without name and password."""
    parts = urlsplit(url)
    return f"{parts.scheme.lower()}://{parts.netloc.rpartition('@')[2].lower()}"
