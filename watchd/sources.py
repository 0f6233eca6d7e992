"""What a source shows beyond one document: the lines added to a page, the sitemaps of an index."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from watchd.model import Feed, Memory, ParsedFeed, fingerprint
from watchd.sitemaps import Fetcher, Read, has_more, walk
from watchd.store import Store
from watchd.store.memories import memory_of
from watchd.values import Struct, replace

UNCHANGED = ParsedFeed(status="ok")


class Shown(Struct, frozen=True, kw_only=True):
    """What there is to see. `backlog`: keys of items that are old news; `memory`: to be kept."""

    parsed: ParsedFeed
    backlog: frozenset[str] = frozenset()
    memory: Memory | None = None


async def remembered(feed: Feed, store: Store) -> Memory | None:
    """What this source has shown before; None for a first look, and for those that need none."""
    if not (_is_watched(feed) or feed.type == "sitemap"):
        return None
    memory = await store.do_read(memory_of, feed.name)
    # Whatever part of a page is watched, the lines that it has shown are no news.
    return memory if memory and memory.address == fingerprint(feed.url) else None


def has_unread(feed: Feed, memory: Memory | None, now: datetime) -> bool:
    """Whether there is something to read although the document is the one of last time."""
    return feed.type == "sitemap" and memory is not None and has_more(memory.data, now)


def has_window(feed: Feed) -> bool:
    """Whether its document shows the latest items each time, older ones with the new."""
    return feed.type == "feed" or (feed.page is not None and feed.page.list != "")


async def show(
    feed: Feed,
    checked_at: datetime | None,
    parsed: ParsedFeed,
    memory: Memory | None,
    *,
    fetcher: Fetcher,
    read: Read,
    now: datetime,
) -> Shown:
    """What `parsed` comes to, by what is remembered; UNCHANGED stands for the same document.

    `checked_at` is the time of the check before this one.
    """
    if parsed.sitemaps or parsed is UNCHANGED:
        walked = await walk(
            feed, parsed, memory.data if memory else None, fetcher=fetcher, read=read, now=now
        )
        kept = _memory(feed, now, walked.memory)
        return Shown(parsed=walked.parsed, backlog=walked.backlog, memory=kept)
    if _is_watched(feed) and parsed.items:
        return _added(feed, checked_at, parsed, memory, now)
    return Shown(parsed=parsed)


def _added(
    feed: Feed,
    checked_at: datetime | None,
    parsed: ParsedFeed,
    memory: Memory | None,
    now: datetime,
) -> Shown:
    # Here, since who watches no page need not load what is needed to read one.
    from watchd.addedlines import Seen, added
    from watchd.parse.identity import content_hash

    assert feed.page is not None
    before = Seen.from_json(memory.data) if memory else Seen(restless={})
    in_a_row = memory is not None and memory.at == checked_at
    (page,) = parsed.items
    text, seen = added(page.text, before, in_a_row=in_a_row)
    kept = _memory(feed, now, {"part": feed.page.text, **seen.as_json()})
    if not text:
        return Shown(parsed=replace(parsed, entries=0, items=()), memory=kept)
    digest = content_hash(page.title, text)
    item = replace(page, key=f"lines:{digest}", text=text, content_hash=digest)
    # Of a part of the page that nobody watched until now, all is old.
    watched = memory is not None and memory.data["part"] == feed.page.text
    backlog = frozenset() if watched else frozenset((item.key,))
    return Shown(parsed=replace(parsed, items=(item,)), backlog=backlog, memory=kept)


def _is_watched(feed: Feed) -> bool:
    return feed.page is not None and not feed.page.list


def _memory(feed: Feed, now: datetime, data: dict[str, Any]) -> Memory:
    return Memory(feed=feed.name, address=fingerprint(feed.url), at=now, data=data)
