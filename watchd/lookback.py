"""Asking a feed once more: for what had rolled off, and whether it tells the truth."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from watchd import log
from watchd.fetch import FetchError
from watchd.model import Feed, FeedState, Item, Known, ParsedFeed
from watchd.polling import gaps
from watchd.response import NotYet
from watchd.sitemaps import Fetcher, Read
from watchd.values import replace

_log = log.Log("watchd.check")
_PAGES = 10  # of a feed's archive, walked back in one check

KnownOf = Callable[[Sequence[Item]], Awaitable[dict[str, Known]]]


async def earlier(
    feed: Feed,
    state: FeedState,
    parsed: ParsedFeed,
    *,
    fetcher: Fetcher,
    read: Read,
    known_of: KnownOf,
    window: bytes,
    now: datetime,
) -> tuple[list[Item], bool]:
    """What had rolled off, from the feed's own archive; and whether it goes back far enough.

    `window` is that of the last complete document.
    """
    found: dict[str, Item] = {}
    address, seen = parsed.older, {feed.url}
    while address and address not in seen and len(seen) <= _PAGES:
        seen.add(address)
        page = replace(feed, url=_with_login(address, feed.url))
        try:
            response = await fetcher.fetch(page, None, now=now)
        except FetchError as error:
            _log.info("feed.archive", feed=feed.name, error=error)
            break
        older = await read(response, page)
        known = await known_of(older.items)
        found.update((item.key, item) for item in older.items if item.key not in known)
        if gaps.vouched_for(known, state, window):
            return gaps.missed(found.values(), state, met=True), True
        address = older.older
    return gaps.missed(found.values(), state, met=False), False


async def lies(feed: Feed, state: FeedState, fetcher: Fetcher, now: datetime) -> bool:
    """Whether the server says "not modified" to the validators of a document it has replaced."""
    try:
        return (await fetcher.fetch(feed, state, now=now)).not_modified
    except (FetchError, NotYet):
        return False


def _with_login(address: str, configured: str) -> str:
    """The address with the name and password of the config: it is on the same host."""
    login, at, _ = urlsplit(configured).netloc.rpartition("@")
    parts = urlsplit(address)
    return parts._replace(netloc=f"{login}{at}{parts.netloc}").geturl()
