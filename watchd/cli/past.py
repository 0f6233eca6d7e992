"""The items that a rule or a list is tried on: of the archive, a file, a feed, or a text."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from watchd.cli.session import console, session
from watchd.cli.session import since as moment_of
from watchd.values import Struct

if TYPE_CHECKING:
    from watchd.config import Config
    from watchd.model import Item

_PAGE = 1000  # items read from the archive at a time


class PastItem(Struct, frozen=True, kw_only=True):
    """An item, as a feed of this name and these tags brought it."""

    item: Item
    source: str = ""
    tags: tuple[str, ...] = ()
    at: datetime | None = None  # published, or first seen if that is earlier or all that is known
    old: bool = False  # it came with the first look at its feed


class Past(Struct, frozen=True, kw_only=True):
    """Items, where they are from, and how many they will be (None: nobody knows yet)."""

    items: Iterable[PastItem]
    origin: str  # for people: "the archive since 8 Jan 2026"
    stored: bool = False  # from the archive
    total: int | None = None
    window: timedelta | None = None  # older items say nothing of how often something comes

    def __iter__(self) -> Iterator[PastItem]:
        """The items, with a bar on stderr when a person looks on."""
        from rich.progress import track

        talk = console(stderr=True)
        return iter(
            track(
                self.items,
                "Looking",
                total=self.total,
                console=talk,
                transient=True,
                disable=not talk.is_terminal,
            )
        )


def tags_of(config: Config | None) -> dict[str, tuple[str, ...]]:
    """The tags of each feed of the config, by its name."""
    return {feed.name: feed.tags for feed in config.feeds} if config else {}


def from_archive(
    since: str,
    tags: Mapping[str, tuple[str, ...]],
    now: datetime,
    lead: timedelta = timedelta(),
) -> Past:
    """The archive, oldest first: the items that came in since a span or day; "" for all.

    With `lead`, those from so long before are among them.
    """
    from watchd.store import archive

    start = moment_of(since, now)
    first = start - lead if start else None
    with session().store() as store:
        total = store.read(archive.count_items, since=first)
    return Past(
        items=_archive(first, tags),
        origin=f"the archive since {_day(start)}" if start else "the archive",
        stored=True,
        total=total,
        window=now - start if start else None,
    )


def _archive(start: datetime | None, tags: Mapping[str, tuple[str, ...]]) -> Iterator[PastItem]:
    from watchd.store import archive

    with session().store() as store:
        at = store.read(archive.first_id, start)
        while at is not None:
            page = store.read(archive.next_items, at, since=start, limit=_PAGE)
            for stored in page:
                seen = stored.first_seen_at
                yield PastItem(
                    item=stored.item,
                    source=stored.feed,
                    tags=tags.get(stored.feed, ()),
                    at=min(stored.item.published or seen, seen),
                    old=stored.baseline,
                )
            at = page[-1].id + 1 if page else None


def from_file(path: Path, source: str, tags: Mapping[str, tuple[str, ...]]) -> Past:
    """A file of items, one JSON object a line; `source`, if given, stands for that of each."""
    from watchd.cli import jsonl

    def items() -> Iterator[PastItem]:
        for line in jsonl.read(path):
            name = source or line.source
            yield PastItem(
                item=line.item, source=name, tags=tags.get(name, ()), at=line.item.published
            )

    return Past(items=items(), origin=str(path))


def from_text(text: str, source: str, tags: Mapping[str, tuple[str, ...]]) -> Past:
    """A text, as the body of an item."""
    from watchd.model import Item

    one = PastItem(item=Item(key="text", text=text), source=source, tags=tags.get(source, ()))
    return Past(items=[one], origin="this text", total=1)


def from_feed(what: str, source: str, config: Config | None) -> Past:
    """A feed fetched now, by its address or its name in the config; or a saved feed, or a text.

    Without `source` it is the feed of the config that has this name or address, if there is one.
    """
    from watchd.cli.feedlook import look

    path = Path(what)
    looked = asyncio.run(look(session(), what))
    feeds = config.feeds if config else ()
    known = next((feed for feed in feeds if what in (feed.name, feed.url)), None)
    name, tags = source or (known.name if known else ""), tags_of(config)
    if path.is_file() and looked.parsed.status in ("error", "html"):
        return from_text(path.read_text(encoding="utf-8", errors="replace"), name, tags)
    items = [
        PastItem(item=item, source=name, tags=tags.get(name, ()), at=item.published)
        for item in looked.parsed.items
    ]
    return Past(items=items, origin=what, total=len(items), window=timedelta(days=90))


def _day(moment: datetime) -> str:
    return f"{moment:%d %b %Y}".lstrip("0")
