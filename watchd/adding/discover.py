"""From the address of a page, or of a feed, to the feeds that are there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from watchd.adding import addresses
from watchd.fetch import FetchError, Response
from watchd.model import Feed, ParsedFeed
from watchd.values import Struct, field

MOST_NAMED = 15  # candidates asked that the page itself leads to
MOST_GUESSED = 20
MOST_SITEMAPS = 4
SECONDS = 120.0  # for all of it; what was found by then is shown

_READ = ("ok", "degraded", "truncated", "empty")
_UNWANTED = (401, 403, 429, 451, 503)  # where guessing would only be knocking at a closed door
_BUSY = (429, 503)
_NO_SUCH_HOST = ("dns", "connect", "tls", "timeout", "deadline", "refused_address")


class Fetcher(Protocol):
    """What it needs of a `fetch.Client`."""

    async def fetch(self, feed: Feed) -> Response: ...


Parse = Callable[[Response, Feed], Awaitable[ParsedFeed]]


class Found(Struct, frozen=True, kw_only=True):
    """A feed that is there: its address as it may be written down, and what it said."""

    feed: Feed
    response: Response
    parsed: ParsedFeed


class Discovery(Struct, kw_only=True):
    """What came of a look: the feeds, the best first, and how it went, a sentence a step."""

    found: list[Found] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


class Search:
    """A search from one address. One request at a time, to at most some forty addresses.

    Whoever types an address means it, a private one too. What a page leads to is a stranger's
    word: it may be private only at the very place that was typed.
    """

    def __init__(self, fetcher: Fetcher, parse: Parse, say: Callable[[str], None]) -> None:
        self._fetcher, self._parse, self._say = fetcher, parse, say
        self._home: set[str] = set()  # the place that was typed; and its https, if it leads there
        self._login = ""
        self._private = False
        self._asked: set[str] = set()
        self._silent: set[str] = set()  # hosts that do not answer
        self._result = Discovery()

    async def run(self, url: str, *, every: bool = False) -> Discovery:
        """Look at `url`, and if that is no feed for the feeds of that page.

        With `every`, well-known paths are tried on after one of them was a feed.
        Raises FetchError when nothing can be had there.
        """
        try:
            async with asyncio.timeout(SECONDS):
                await self._run(url, every)
        except TimeoutError:
            self._result.said.append(f"not all was looked at: it took over {SECONDS:g} s")
        self._result.found = best_first(self._result.found)
        return self._result

    async def _run(self, url: str, every: bool) -> None:
        parts = urlsplit(url)
        self._home = {_place(url)}
        self._login = parts.netloc.rpartition("@")[0]
        page: Found | None = None
        trouble: FetchError | None = None
        try:
            page = await self._first(url)
        except FetchError as error:
            if error.kind != "status":  # nobody there
                raise
            trouble = error
            self._result.said.append(str(error))
        if page and page.parsed.status in _READ:
            self._result.found.append(page)
            return
        if page and _place(page.response.url) == f"https://{parts.hostname}":
            self._home.add(_place(page.response.url))  # its own step up to https
        here = page.response.url if page else addresses.without_login(url)
        named = [*addresses.services(here)]
        if page:
            self._result.said += page.parsed.problems[:1]
            named += [*page.parsed.feeds, *page.parsed.feed_links]
        await self._try(named, MOST_NAMED, every=True)
        unwanted = trouble.status in _UNWANTED if trouble else bool(page and page.parsed.wall)
        if not self._result.found and not unwanted and not addresses.has_none(here):
            self._say("the page names no feed that can be read; trying where sites often have one")
            await self._try(addresses.guesses(here), MOST_GUESSED, every=every)
            if not self._result.found:
                await self._sitemaps(here)
        if not self._result.found and trouble:
            raise trouble

    async def _first(self, url: str) -> Found:
        """What is at the address that was typed; from then on it is known if that is private."""
        self._asked.add(addresses.same_address(url))
        try:
            return await self._get(url)
        except FetchError as error:
            if error.kind != "refused_address":
                raise
        self._private = True
        return await self._get(url)

    async def _try(self, urls: Iterable[str], most: int, *, every: bool) -> None:
        for url in urls:
            name = addresses.same_address(url)
            seen = name in self._asked or addresses.host_of(url) in self._silent
            if seen or not url.isprintable():
                continue
            if most <= 0:
                self._result.said.append("the page leads to more addresses than were looked at")
                return
            most -= 1
            self._asked.add(name)
            if await self._candidate(url) and not every:
                return

    async def _candidate(self, url: str) -> bool:
        """Add the feed at this address, if it is one that is not there yet."""
        self._say(f"looking at {url}")
        try:
            found = await self._get(self._with_login(url))
        except FetchError as error:
            if error.kind in _NO_SUCH_HOST or error.status in _BUSY:
                self._silent.add(addresses.host_of(url))
            return False
        if found.parsed.status not in _READ:
            return False
        if not any(_is_same(found, other) for other in self._result.found):
            self._result.found.append(found)
        return True

    async def _sitemaps(self, here: str) -> None:
        """A news sitemap is a feed of a kind: where a robots.txt names one."""
        robots = await self._text(urljoin(here, "/robots.txt"))
        maps = addresses.sitemaps(robots)
        for _ in range(MOST_SITEMAPS):
            if not maps or await self._candidate(url := maps.pop(0)):
                return
            if inner := addresses.parts_of_index(await self._text(url)):
                maps = inner

    async def _text(self, url: str) -> str:
        try:
            response = await self._fetcher.fetch(self._feed(self._with_login(url)))
        except FetchError:
            return ""
        return response.body.decode("utf-8", "replace")

    async def _get(self, url: str) -> Found:
        feed = self._feed(url)
        response = await self._fetcher.fetch(feed)
        parsed = await self._parse(response, feed)
        if response.moved_to and parsed.status in _READ:
            feed = self._feed(self._with_login(response.moved_to))
        return Found(feed=feed, response=response, parsed=parsed)

    def _feed(self, url: str) -> Feed:
        private = self._private and _place(url) in self._home
        return Feed(name=addresses.host_of(url), url=url, publisher="", private=private)

    def _with_login(self, url: str) -> str:
        if not self._login or _place(url) not in self._home:
            return url
        parts = urlsplit(url)
        return parts._replace(netloc=f"{self._login}@{parts.netloc.rpartition('@')[2]}").geturl()


def best_first(found: list[Found]) -> list[Found]:
    """Feeds with items before empty ones, those of readers' comments last; else as they came."""

    def rank(one: Found) -> tuple[bool, bool]:
        is_comments = addresses.is_for_comments(one.feed.url, one.parsed.title)
        return is_comments, not one.parsed.items

    return sorted(found, key=rank)


def _is_same(one: Found, other: Found) -> bool:
    """Whether two feeds are one in two forms, as RSS and Atom of a blog are: the same links."""
    if addresses.same_address(one.response.url) == addresses.same_address(other.response.url):
        return True
    links, others = ({i.url for i in f.parsed.items if i.url} for f in (one, other))
    return bool(links) and len(links & others) * 10 >= 9 * max(len(links), len(others))


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()
