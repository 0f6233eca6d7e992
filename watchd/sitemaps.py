"""The sitemaps that a sitemap index names: the newest first, a few at a check.

What is remembered of each (`Memory.data`) tells which have changed since they were read.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from watchd.model import Feed, FeedState, Item, ParsedFeed, fingerprint
from watchd.response import FetchError, NotYet, Response
from watchd.values import Struct, asdict, replace

AT_A_CHECK = 5  # sitemaps read
_MOST = 2000  # sitemaps of an index that are looked at, the newest
_PLAIN_AGAIN = timedelta(days=7)  # one that lists pages and no news is looked at so seldom
_LATE = timedelta(days=3)  # so long after it was published, a story in a new sitemap is still news
_A_DAY_ANYWHERE = timedelta(hours=38)  # from its start in UTC to its end in the last zone
_NO_NEWS = re.compile(r"(?:^|[-_/.])(?:image|video)s?(?=[-_/.]|\d|$)", re.IGNORECASE)
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)

Read = Callable[[Response, Feed], Awaitable[ParsedFeed]]


class Fetcher(Protocol):
    """What we need of a `fetch.Client`."""

    async def fetch(self, feed: Feed, state: FeedState | None, *, now: datetime) -> Response: ...


class _Sitemap(Struct, frozen=True, kw_only=True):
    """What is known of one sitemap, as JSON. Times are ISO 8601, in UTC."""

    url: str
    listed: str  # its lastmod as the index says now; "": it says none
    lastmod: str = ""  # the one of what was read, or of what was passed over at the first look
    since: str  # of a first read: what was published before is no news
    archive: bool  # it was there at the first look
    read: str = ""  # "": never
    failed: bool = False  # the last time it was asked for
    plain: bool = False  # it lists pages, and no news
    etag: str = ""  # bytes, as latin-1
    last_modified: str = ""
    validators_for: str = ""

    def is_due(self, now: datetime) -> bool:
        """Whether it may say something that we have not read."""
        if self.plain and now < datetime.fromisoformat(self.read) + _PLAIN_AGAIN:
            return False
        if self.listed == self.lastmod and self.listed:
            # Of a mere day: until that is over everywhere, there may be more.
            return len(self.listed) <= 10 and now < _time(self.listed) + _A_DAY_ANYWHERE
        return _time(self.listed) >= _time(self.lastmod)

    def is_old(self, item: Item) -> bool:
        """Whether an item of its first read had been there before we looked."""
        if item.published is None:
            return self.archive
        return item.published < datetime.fromisoformat(self.since)


class Walked(Struct, frozen=True, kw_only=True):
    """What the sitemaps of an index came to. `backlog` are the keys of items that are old news."""

    parsed: ParsedFeed
    memory: dict[str, Any]
    backlog: frozenset[str] = frozenset()


def has_more(memory: Mapping[str, Any] | None, now: datetime) -> bool:
    """Whether sitemaps wait to be read, although the index says nothing new."""
    return memory is not None and bool(_due(_known(memory), now))


async def walk(
    feed: Feed,
    index: ParsedFeed,
    memory: Mapping[str, Any] | None,
    *,
    fetcher: Fetcher,
    read: Read,
    now: datetime,
) -> Walked:
    """Read those sitemaps of an index that have changed, the newest first, a few at most.

    An `index` that names none stands for one that has not changed. `memory` is None at the
    first look, which reads the newest and passes over the rest. What cannot be had now is due
    again at the next check.
    """
    first = memory is None
    sitemaps = _known(memory or {"sitemaps": []})
    if index.sitemaps:
        sitemaps = _merged(feed, index.sitemaps, sitemaps, now, first=first)
    if not sitemaps:
        return _nothing("a sitemap index that names no news sitemap of its own site")
    due = [one.url for one in _due(sitemaps, now)[:AT_A_CHECK]]
    known = {one.url: one for one in sitemaps}
    if first:
        passed_over = (one for one in sitemaps if one.url not in due)
        known |= {one.url: replace(one, lastmod=one.listed) for one in passed_over}
    items: dict[str, Item] = {}
    backlog = set[str]()
    title, problems = "", list(index.problems)
    for url in due:
        before = known[url]
        try:
            parsed, known[url] = await _read(feed, before, fetcher, read, now)
        except NotYet:  # the site wants more time: at the next check
            break
        except FetchError as error:
            problems.append(f"{urlsplit(url).path}: {error}")
            known[url] = replace(before, failed=True)
            continue
        title = title or parsed.title
        problems += [f"{urlsplit(url).path}: {problem}" for problem in parsed.problems]
        items |= {item.key: item for item in parsed.items if item.key not in items}
        if not before.read and not first:
            backlog |= {item.key for item in parsed.items if before.is_old(item)}
    asked = [known[url] for url in due]
    if asked and all(one.failed for one in asked):
        return _nothing(*problems)
    if first and not items and all(one.plain or one.failed for one in asked):
        return _nothing("none of its newest sitemaps holds news, with titles", *problems)
    return Walked(
        parsed=ParsedFeed(
            status="degraded" if problems else "ok",
            title=title,
            entries=len(items),
            items=tuple(items.values()),
            problems=tuple(problems),
        ),
        memory={"sitemaps": [asdict(one) for one in known.values()]},
        backlog=frozenset(backlog),
    )


async def _read(
    feed: Feed, sitemap: _Sitemap, fetcher: Fetcher, read: Read, now: datetime
) -> tuple[ParsedFeed, _Sitemap]:
    """What one sitemap says that is new, and what is known of it then."""
    own = _as_feed(feed, sitemap.url)
    state = FeedState(
        feed=feed.name,
        address=fingerprint(sitemap.url),
        etag=sitemap.etag.encode("latin-1") or None,
        last_modified=sitemap.last_modified.encode("latin-1") or None,
        validators_for=sitemap.validators_for,
        next_check_at=now,
    )
    try:
        response = await fetcher.fetch(own, state, now=now)
    except FetchError as error:
        error.args = (str(error).removeprefix(f"feed {feed.name!r}: "),)
        raise
    after = replace(sitemap, lastmod=sitemap.listed, read=now.isoformat(), failed=False)
    if response.not_modified:
        return ParsedFeed(status="ok"), after
    parsed = await read(response, own)
    if parsed.status == "error" and parsed.entries:  # it lists pages, and no titles
        return ParsedFeed(status="ok"), replace(after, plain=True)
    if parsed.status in ("error", "html") or parsed.sitemaps:
        return parsed, replace(sitemap, failed=True)
    if parsed.status == "truncated":  # its lastmod stays as it was: it is due again
        return parsed, replace(sitemap, read=after.read, failed=False)
    return parsed, replace(
        after,
        plain=False,
        etag=(response.etag or b"").decode("latin-1"),
        last_modified=(response.last_modified or b"").decode("latin-1"),
        validators_for=fingerprint(response.url),
    )


def _merged(
    feed: Feed,
    named: Sequence[tuple[str, str]],
    before: Iterable[_Sitemap],
    now: datetime,
    *,
    first: bool,
) -> list[_Sitemap]:
    """What the index names now, with what was known of it."""
    known = {one.url: one for one in before}
    since = (now if first else now - _LATE).isoformat()
    ours = {url: lastmod for url, lastmod in named if _may_have_news(feed, url)}
    newest = sorted(ours, key=lambda url: _time(ours[url]), reverse=True)[:_MOST]
    return [
        replace(known[url], listed=ours[url])
        if url in known
        else _Sitemap(url=url, listed=ours[url], since=since, archive=first)
        for url in newest
    ]


def _due(sitemaps: Iterable[_Sitemap], now: datetime) -> list[_Sitemap]:
    """The newest first; among equals those called news, and then the longest unread."""
    due = [one for one in sitemaps if one.is_due(now)]
    due.sort(key=lambda one: ("news" not in one.url.rpartition("/")[2].lower(), one.read))
    due.sort(key=lambda one: _time(one.listed), reverse=True)
    return sorted(due, key=lambda one: one.failed)


def _may_have_news(feed: Feed, url: str) -> bool:
    """Whether a sitemap is of the index's own site, and not one of images or videos."""
    home, host = (urlsplit(one).hostname or "" for one in (feed.url, url))
    home, host = home.removeprefix("www."), host.removeprefix("www.")
    own = home == host or home.endswith(f".{host}") or host.endswith(f".{home}")
    return own and not _NO_NEWS.search(urlsplit(url).path.rpartition("/")[2])


def _as_feed(feed: Feed, url: str) -> Feed:
    """The sitemap as a feed. Login and private address are of one place only: the index's own."""
    home, there = urlsplit(feed.url), urlsplit(url)
    login, _, place = home.netloc.rpartition("@")
    own = (home.scheme, place) == (there.scheme, there.netloc)
    if own and login:
        url = there._replace(netloc=f"{login}@{place}").geturl()
    return replace(feed, url=url, private=feed.private and own)


def _known(memory: Mapping[str, Any]) -> list[_Sitemap]:
    return [_Sitemap(**one) for one in memory["sitemaps"]]


def _time(lastmod: str) -> datetime:
    """For an order only: a day counts from its start, and what cannot be read as long ago."""
    try:
        time = datetime.fromisoformat(lastmod)
    except ValueError:
        return _LONG_AGO
    try:
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError:
        return _LONG_AGO


def _nothing(*problems: str) -> Walked:
    return Walked(parsed=ParsedFeed(status="error", problems=problems), memory={})
