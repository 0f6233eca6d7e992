"""Searching the archive: a query of the rules' own language, over the items as they are stored.

Every item is folded and matched as it was when it came in, so that a search finds what a rule of
these words would have found. There is no index beside the archive: one that serves Hangul endings,
two Han characters and wildcards alike would make each new item dearer, and 100,000 items are read
and matched in a few seconds (docs/performance.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from watchd.model import Evidence, StoredItem
from watchd.rules import Rule, RuleSet
from watchd.store import Store, archive
from watchd.values import Struct

_PAGE = 500  # items in memory at a time


class Find(Struct, frozen=True, kw_only=True):
    """An item, and the words in it that made the query true."""

    stored: StoredItem
    evidence: tuple[Evidence, ...]


def search(
    store: Store,
    rule: Rule,
    *,
    now: datetime,
    feed: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    containing: str = "",
    looked: Callable[[int], None] = lambda count: None,
) -> Iterator[Find]:
    """The items that a rule's query is true of, the newest first, read page by page.

    `feed`, `since`, `until` and `containing` are those of `archive.list_items`; `looked` is told
    of each page how many items it had.
    """
    rules, last = RuleSet([rule]), None
    while page := store.read(
        archive.list_items,
        feed=feed,
        since=since,
        until=until,
        containing=containing,
        before=last,
        limit=_PAGE,
    ):
        for stored in page:
            for match in rules.match(stored.item, source=stored.feed, now=now):
                yield Find(stored=stored, evidence=match.evidence)
        looked(len(page))
        last = page[-1]
