"""What came in, and when, as an archive tells it: items, edits of them, and their articles."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime

from watchd.backtest.run import Came
from watchd.model import Item, StoredItem
from watchd.store import Store, archive, replaying
from watchd.values import replace

_PAGE = 1000  # items read at a time


def from_archive(
    store: Store, since: datetime | None = None, until: datetime | None = None
) -> Iterator[Came]:
    """All that came in from `since` to before `until`, in its order.

    Edits and articles of items from before `since` are left out.
    """
    later: list[tuple[datetime, int, Came]] = []
    at, number = store.read(archive.first_id, since), 0
    while at is not None:
        page = store.read(archive.next_items, at, since=since, until=until, limit=_PAGE)
        edited = [one.id for one in page if one.revision > 1]
        revisions = store.read(replaying.earlier_revisions, edited) if edited else {}
        for stored in page:
            while later and later[0][0] <= stored.first_seen_at:
                yield heapq.heappop(later)[2]
            first, *rest = _of(stored, revisions.get(stored.id, []))
            yield first
            for came in rest:
                if until is None or came.at < until:
                    number += 1
                    heapq.heappush(later, (came.at, number, came))
        at = page[-1].id + 1 if page else None
    while later:
        yield heapq.heappop(later)[2]


def _of(stored: StoredItem, earlier: list[tuple[datetime, Item]]) -> list[Came]:
    """An item as it came, then its edits, and its article when that was read."""
    now = stored.seen_at if earlier else stored.first_seen_at
    texts = [*earlier, (now, replace(stored.item, article=""))]
    article = stored.item.article
    tried = stored.reading.tried_at if stored.reading else None
    read_at = max(tried, stored.first_seen_at) if article and tried else None
    found = []
    for number, (at, item) in enumerate(texts):
        text = replace(item, article=article) if read_at and number and read_at <= at else item
        found.append(
            Came(
                item=text,
                feed=stored.feed,
                at=at if number else stored.first_seen_at,
                old=stored.baseline and not number,
                again="edit" if number else "",
            )
        )
    if read_at:
        then = [item for at, item in texts if at <= read_at][-1:] or [texts[0][1]]
        whole = replace(then[0], article=article)
        came = Came(item=whole, feed=stored.feed, at=read_at, again="article")
        found.append(came)
    return found
