"""The article behind an item's link: fetched once, shown to the rules, recorded."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from watchd import log
from watchd.fetch import FetchError
from watchd.judging import Matcher, Router, apart, judge, log_hits
from watchd.model import (
    Due,
    Feed,
    Item,
    Keeping,
    KeepMode,
    Kept,
    Known,
    Observed,
    ReadingState,
    StoredItem,
)
from watchd.parser import Parser
from watchd.response import NotYet, Response
from watchd.robots import Fetcher
from watchd.store import Store, archive, articles
from watchd.store.articles import Ended, Work
from watchd.store.record import record_article
from watchd.values import Struct, replace, without

_log = log.Log("watchd.reading")

ATTEMPTS = 3
_PAUSES = (timedelta(minutes=10), timedelta(hours=1))
_LONGEST_WAIT = timedelta(days=1)  # who asks for a longer one is not asked again
# What ails a host, not this one page: its other pages wait, too.
_OF_HOST = {"robots", "dns", "connect", "tls", "timeout", "deadline"}
_LASTING = {"too_large", "redirect", "refused_address", "bad_url", "encoding"}
_PASSING = {408, 425, 429}  # and all from 500 on
_FRONT = re.compile(r"/?(?:(?:index|default|home)\.\w{2,5})?", re.I)


class Read(Struct, frozen=True, kw_only=True):
    """What the reading of an article came to."""

    item: int
    feed: str
    state: ReadingState
    characters: int = 0
    deliveries: int = 0
    error: str = ""
    found: tuple[tuple[int, Due], ...] = ()

    __repr__ = without("found")


class _Failed(Exception):
    """The article could not be had. `lasting`: nor will it be by asking again."""

    def __init__(
        self,
        reason: str,
        *,
        lasting: bool = False,
        http_status: int | None = None,
        wait: timedelta | None = None,
        of_host: bool = False,
    ) -> None:
        super().__init__(reason)
        self.lasting, self.http_status, self.of_host = lasting, http_status, of_host
        self.wait = wait


async def read_article(
    work: Work,
    feed: Feed,
    *,
    fetcher: Fetcher,
    parser: Parser,
    rules: Matcher,
    route: Router,
    store: Store,
    keeping: Callable[[], Keeping] = Keeping,
    now: datetime,
    jitter: float,
) -> Read:
    """Fetch the article behind an item's link, match the item with it, and record what was found.

    What the feed itself said has long been matched and sent: whatever happens here, nothing of
    that changes. `keeping` says what is kept as evidence of hits; `jitter` is a number from 0 to
    1. Expected trouble of the page is part of the result; trouble of the database is raised, and
    the article is due again after a while.
    """
    began, stored = time.monotonic(), work.stored
    try:
        response, text = await _fetched(stored.item, feed, fetcher, parser, now)
    except _Failed as failure:
        ended = _after(failure, work.attempt, now, jitter)
        await store.do_write(articles.end, stored.id, ended, now)
        read = Read(item=stored.id, feed=feed.name, state=ended.state, error=ended.error)
        return _logged(read, began, ended.again_at)
    text = _without_headline(text, stored.item.title)
    if len(text) <= len(stored.item.text):
        why = "the page says no more than the feed"
        ended = Ended(state=ReadingState.EMPTY, error=why, http_status=HTTPStatus.OK)
        await store.do_write(articles.end, stored.id, ended, now)
        return _logged(Read(item=stored.id, feed=feed.name, state=ended.state, error=why), began)
    kept: Kept | None = None
    while True:
        before = await store.do_read(archive.words_before, [stored.id])
        due, observed = judged(stored, text, feed, rules, route, before, now)
        if due and kept is None and (wanted := keeping()).mode is not KeepMode.OFF:
            from watchd import evidence  # most articles bring no hit

            kept = await asyncio.to_thread(evidence.of_article, wanted, feed, response, now)
        recorded = await store.do_write(
            record_article,
            stored=stored, text=text, due=due, observed=observed, publisher=feed.publisher,
            kept=kept if due else None, now=now,
        )  # fmt: skip
        if recorded is not None:
            break
        # The feed edited the item meanwhile: what was matched is no more what it says.
        now_there = await store.do_read(archive.find_items, id=stored.id)
        if not now_there:
            gone = "the item is no longer in the archive"
            read = Read(item=stored.id, feed=feed.name, state=ReadingState.FAILED, error=gone)
            return _logged(read, began)
        stored = now_there[0]
    read = Read(
        item=stored.id,
        feed=feed.name,
        state=ReadingState.READ,
        characters=len(text),
        deliveries=recorded.deliveries,
        found=recorded.hits,
    )
    return _logged(read, began)


def address_of(item: Item, feed: Feed) -> Feed:
    """The link of an item, as something to fetch.

    The config's word that a feed may be at a private address holds for its own host, and for no
    other that a link in it names. It is a page: robots.txt is asked for it.
    """
    at_home = _place(item.url) in (_place(feed.url), _place(feed.url.replace("http:", "https:", 1)))
    url = item.url.replace(f"//{urlsplit(item.url).netloc.rpartition('@')[0]}@", "//", 1)
    return Feed(
        name=feed.name,
        url=url,
        publisher="",
        private=feed.private and at_home,
        type="page",
        robots=feed.robots,
    )


def _place(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    usual = 443 if parts.scheme == "https" else 80
    return parts.scheme, parts.hostname or "", parts.port or usual


async def _fetched(
    item: Item, feed: Feed, fetcher: Fetcher, parser: Parser, now: datetime
) -> tuple[Response, str]:
    """The page, and the text of the article in it. Raises _Failed."""
    place = address_of(item, feed)
    try:
        response = await fetcher.fetch(place, None, now=now)
    except NotYet as error:
        raise _Failed(str(error), wait=error.wait, of_host=True) from error
    except FetchError as error:
        raise _failure(error, feed) from error
    if response.truncated:
        raise _Failed("the page was cut short", http_status=response.status)
    if _is_front_page(response.url) and not _is_front_page(place.url):
        reason = "it leads to the front page of the site: the article is gone"
        raise _Failed(reason, lasting=True, http_status=response.status)
    parsed = await parser.parse(
        response.body, url=response.url, content_type=response.content_type, what="article"
    )
    if parsed.status != "ok":
        reason = "; ".join(parsed.problems)
        raise _Failed(reason, lasting=True, http_status=response.status)
    return response, parsed.items[0].article


def _failure(error: FetchError, feed: Feed) -> _Failed:
    """Why a page could not be had; what a feed's error advises is not for a page."""
    status = error.status
    if error.kind == "status" and status is not None:
        name = f" {HTTPStatus(status).phrase}" if status in set(HTTPStatus) else ""
        passing = status in _PASSING or status >= 500
        return _Failed(
            f"{status}{name}",
            lasting=not passing,
            http_status=status,
            wait=error.retry_after,
            of_host=passing,
        )
    reason = str(error).removeprefix(f"feed {feed.name!r}: ")
    if error.kind == "robots" and error.retry_after is None:
        return _Failed("the site's robots.txt does not allow it", lasting=True)
    if error.kind == "refused_address":
        reason = "its link leads to a private address: refused"
    elif error.kind == "bad_url":
        reason = "its link is no address on the web"
    return _Failed(
        reason,
        lasting=error.kind in _LASTING,
        http_status=status,
        wait=error.retry_after,
        of_host=error.kind in _OF_HOST,
    )


def _after(failure: _Failed, attempt: int, now: datetime, jitter: float) -> Ended:
    """Whether and when an article is tried again: after 10 min, then 1 h, or as the server asks."""
    wait = failure.wait or timedelta(0)
    if failure.lasting or attempt >= ATTEMPTS or wait > _LONGEST_WAIT:
        return Ended(state=ReadingState.FAILED, error=str(failure), http_status=failure.http_status)
    pause = max(_PAUSES[attempt - 1], wait) * (1 + jitter / 5)
    return Ended(
        state=ReadingState.WAITING,
        error=str(failure),
        http_status=failure.http_status,
        again_at=now + pause,
        host_rests=failure.of_host,
    )


def _is_front_page(url: str) -> bool:
    """Whether an address is that of a whole site: where many lead for an article that is gone."""
    parts = urlsplit(url)
    return not parts.query and _FRONT.fullmatch(parts.path) is not None


def _without_headline(text: str, title: str) -> str:
    """The article without its headline, which the feed has told: its words must not count twice."""
    first, _, rest = text.partition("\n\n")
    return rest if " ".join(first.split()).casefold() == title.casefold() else text


def judged(
    stored: StoredItem,
    text: str,
    feed: Feed,
    rules: Matcher,
    route: Router,
    before: dict[tuple[int, str], set[str]],
    now: datetime,
) -> tuple[list[Due], tuple[Observed, ...]]:
    """What the rules find only now that they see the article, too, and where that goes.

    What rules over time observe is all that they find now.
    """
    place: dict[str, Any] = {"source": feed.name, "tags": feed.tags, "now": now}
    # What matches without the article is told already, or a rule that was edited since.
    told = {match.rule.id for match in rules.match(replace(stored.item, article=""), **place)}
    known = Known(id=stored.id, revision=stored.revision, hashes=frozenset())
    item = replace(stored.item, article=text)
    matches, observed = apart(rules.match(item, **place), stored.item)
    due = [
        judge(match, known, before, False, route(feed, stored.item, now))
        for match in matches
        if match.rule.id not in told
    ]
    # `update` tells of an edit, which this is not.
    return [replace(one, hit=replace(one.hit, update=False)) for one in due], observed


def _logged(read: Read, began: float, again_at: datetime | None = None) -> Read:
    took = round((time.monotonic() - began) * 1000)
    if read.state is not ReadingState.READ:
        _log.info(
            "article.missed",
            item=read.item,
            feed=read.feed,
            state=read.state.value,
            said=read.error,
            **({"next": f"{again_at:%H:%M:%SZ}"} if again_at else {}),
            ms=took,
        )
        return read
    _log.info(
        "article.read",
        item=read.item,
        feed=read.feed,
        characters=read.characters,
        hits=len(read.found),
        ms=took,
    )
    log_hits(_log, read.feed, read.found)
    return read
