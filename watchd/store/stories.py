"""The story of an item, and where a story has been told already.

Only items with a hit that is to be sent are looked at: no other is ever compared, and costs
nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, Select, and_, delete, func, insert, or_, select

from watchd.model import Due, Item
from watchd.store.around import words_of
from watchd.store.rows import Place
from watchd.store.schema import alert_hits, deliveries, hits, items, sketches, stories
from watchd.stories.sketch import SHARED, Sketch, alike, one_page, sketch
from watchd.stories.telling import Told, less_told
from watchd.values import Struct

WINDOW = timedelta(days=14)
"""How long copies of a story are looked for, from when each was found."""

SHORT_WINDOW = timedelta(days=3)
"""The same for a text of a few words: "Rocket launched" is said again of the next one."""

_MOST = 20  # texts that are compared with one

_TOLD = or_(
    deliveries.c.state.in_(["pending", "sending", "sent"]),
    and_(deliveries.c.state == "unknown", deliveries.c.next_attempt_at.is_not(None)),
)
"""What arrived, or is still to be sent. What failed or was dropped has told nobody."""


class Found(Struct, frozen=True, kw_only=True):
    """An item with hits: where it was found, and what it says."""

    feed: str
    publisher: str
    item: Item


class Telling:
    """Keeps, for one write, to one alert per rule, story and endpoint."""

    def __init__(self, db: Connection, now: datetime) -> None:
        self._db, self._now = db, now
        # What this write is to tell: (item, endpoint, words), by rule and story.
        self._here = defaultdict[tuple[str, int], list[tuple[int, str, frozenset[str]]]](list)

    def once(self, found: Found, place: Place) -> Place:
        """The hits on an item, less what those they would go to know already."""
        item_id, revision, due = place
        if not any(one.endpoints for one in due):
            return place
        story = _story(self._db, item_id, found, self._now)
        others = and_(stories.c.story == story, stories.c.item_id != item_id)
        before = set(self._db.scalars(select(stories.c.publisher).where(others)))
        left = []
        for one in due:
            if one.endpoints:
                told = self._told(one, story, item_id)
                one = less_told(one, told, before, found.publisher)
                words = frozenset(quote.quote.casefold() for quote in one.hit.evidence)
                self._here[one.hit.rule, story] += [
                    (item_id, endpoint.name, words) for endpoint in one.endpoints
                ]
            left.append(one)
        return item_id, revision, left

    def _told(self, due: Due, story: int, item_id: int) -> dict[str, Told]:
        """By endpoint, what a rule has told of a story."""
        rule = due.hit.rule
        names = [rule, due.was] if due.was else [rule]
        query = (
            select(
                deliveries.c.endpoint,
                func.coalesce(deliveries.c.held_until, deliveries.c.created_at).label("at"),
                hits.c.item_id,
                hits.c.evidence,
            )
            .join_from(stories, hits, hits.c.item_id == stories.c.item_id)
            .join(alert_hits, alert_hits.c.hit_id == hits.c.id)
            .join(deliveries, deliveries.c.alert_id == alert_hits.c.alert_id)
            .where(stories.c.story == story, hits.c.rule.in_(names), _TOLD)
            .order_by(deliveries.c.id)
        )
        told = [
            (row.item_id, row.endpoint, words_of(row), row.at) for row in self._db.execute(query)
        ]
        told += [(*one, self._now) for one in self._here[rule, story]]
        known: dict[str, Told] = {}
        for item, endpoint, words, at in told:
            held = known.get(endpoint) or Told(words=frozenset(), at=at, by_copy=False)
            known[endpoint] = Told(
                words=held.words | words,
                at=max(at, held.at),
                by_copy=held.by_copy or item != item_id,
            )
        return known


def _story(db: Connection, item_id: int, found: Found, now: datetime) -> int:
    """The story of an item, found and written if it has none yet: the number of its first item."""
    known = db.scalar(select(stories.c.story).where(stories.c.item_id == item_id))
    if known is not None:
        return int(known)
    db.execute(delete(sketches).where(sketches.c.at <= now - WINDOW))  # nothing looks there
    its = sketch(found.item)
    story = _copy_of(db, its, found, now) or item_id
    row = {"item_id": item_id, "story": story, "publisher": found.publisher}
    db.execute(insert(stories).values(row))
    numbers = {its.words, *its.near, *([its.link] if its.link is not None else [])}
    db.execute(insert(sketches), [{"hash": one, "item_id": item_id, "at": now} for one in numbers])
    return story


def _copy_of(db: Connection, its: Sketch, found: Found, now: datetime) -> int | None:
    window = WINDOW if its.near else SHORT_WINDOW
    same = _sketched(now - window).where(sketches.c.hash == its.words)
    if first := db.scalar(same.with_only_columns(stories.c.story).limit(1)):
        return int(first)
    if its.link is not None:
        # Within one feed two items of one link are two: a page that is watched, a live blog.
        linked = _sketched(now - WINDOW).where(
            sketches.c.hash == its.link, items.c.feed != found.feed
        )
        for row in db.execute(linked.limit(_MOST)):
            if one_page((row.title, row.text), (found.item.title, found.item.text)):
                return int(row.story)
    return _like(db, its.near, found.item, now) if its.near else None


def _sketched(since: datetime) -> Select[tuple[object, ...]]:
    return (
        select(stories.c.story, items.c.title, items.c.text)
        .join_from(sketches, stories, stories.c.item_id == sketches.c.item_id)
        .join(items, items.c.id == sketches.c.item_id)
        .where(sketches.c.at > since)
        .order_by(sketches.c.item_id)
    )


def _like(db: Connection, near: Iterable[int], item: Item, now: datetime) -> int | None:
    shared = func.count()
    candidates = (
        select(sketches.c.item_id)
        .where(sketches.c.hash.in_(list(near)), sketches.c.at > now - WINDOW)
        .group_by(sketches.c.item_id)
        .having(shared >= SHARED)
        .order_by(shared.desc(), sketches.c.item_id)
        .limit(_MOST)
    )
    query = (
        select(stories.c.story, items.c.text)
        .join_from(stories, items, items.c.id == stories.c.item_id)
        .where(stories.c.item_id.in_(list(db.scalars(candidates))))
        .order_by(stories.c.item_id)
    )
    for story, text in db.execute(query):
        if alike(text, item.text):
            return int(story)
    return None
