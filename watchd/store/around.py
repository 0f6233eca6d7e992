"""What stands around a hit: the copies of its story, and the text before an edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, func, select

from watchd.model import Behind, HitStatus, StoredHit
from watchd.store.rows import evidence_of, parts
from watchd.store.schema import hits, item_revisions, items, stories
from watchd.stories.difference import difference
from watchd.values import Struct

_TITLE = 200  # characters of the text, in the place of a headline


def story_of(db: Connection, item_id: int) -> int:
    """The story of an item: the number of its first item; its own, when none was looked for."""
    return db.scalar(select(stories.c.story).where(stories.c.item_id == item_id)) or item_id


def stories_of(db: Connection, item_ids: Sequence[int]) -> dict[int, int]:
    """By item, the same of many."""
    found = {number: number for number in item_ids}
    query = select(stories.c.item_id, stories.c.story)
    for part in parts(list(found)):
        found |= {
            row.item_id: row.story for row in db.execute(query.where(stories.c.item_id.in_(part)))
        }
    return found


def items_of(db: Connection, story: int) -> list[int]:
    """The items that tell a story, the first one first."""
    query = select(stories.c.item_id).where(stories.c.story == story)
    return sorted({story, *db.scalars(query)})


def first_told(db: Connection, hit: int) -> int | None:
    """The first hit of the same rule and story that was sent on; None: there is none."""
    its = (
        select(hits.c.rule, stories.c.story)
        .join_from(hits, stories, stories.c.item_id == hits.c.item_id)
        .where(hits.c.id == hit)
    ).subquery()
    query = (
        select(func.min(hits.c.id))
        .join_from(hits, stories, stories.c.item_id == hits.c.item_id)
        .join(its, and_(its.c.rule == hits.c.rule, its.c.story == stories.c.story))
        .where(hits.c.id < hit, hits.c.status == HitStatus.ALERTED.value)
    )
    found: int | None = db.scalar(query)
    return found


class Around(Struct, frozen=True, kw_only=True):
    """What is to be said of a hit beside itself."""

    also: tuple[str, ...] = ()  # other publishers of its story, the first to have it first
    difference: str = ""  # what an edit changed; "" when it was none
    story: str = ""  # its number; "": none was looked for


def around(db: Connection, found: StoredHit, publisher: str) -> Around:
    """Who else has the story of a hit, and what the edit changed that made it."""
    item = found.stored
    story = db.scalar(select(stories.c.story).where(stories.c.item_id == item.id))
    others = (
        select(stories.c.publisher)
        .where(stories.c.story == story, stories.c.publisher != publisher)
        .group_by(stories.c.publisher)
        .order_by(func.min(stories.c.item_id))
    )
    changed = _edit(db, found) if found.hit.update and item.revision > 1 else ""
    return Around(
        also=tuple(db.scalars(others)), difference=changed, story=str(story) if story else ""
    )


def behind(db: Connection, found: StoredHit, publishers: Mapping[str, str]) -> tuple[Behind, ...]:
    """The newest stories that made a hit of a rule over time, the newest first.

    Each is there once, as far as it is known that two are the same; what was pruned is left out.
    `publishers` is by feed; one that is not in it is its own.
    """
    if found.hit.over_time is None:
        return ()
    numbers = found.hit.over_time.items
    query = (
        select(items.c.id, items.c.title, items.c.text, items.c.url)
        .add_columns(items.c.feed, items.c.published_at, items.c.first_seen_at, stories.c.story)
        .outerjoin_from(items, stories, stories.c.item_id == items.c.id)
        .where(items.c.id.in_(numbers))
    )
    rows = {row.id: row for row in db.execute(query)}
    told: dict[int, Behind] = {}
    for row in (rows[number] for number in numbers if number in rows):
        one = Behind(
            item=row.id,
            title=row.title or row.text[:_TITLE],
            url=row.url,
            publisher=publishers.get(row.feed, row.feed),
            at=min(row.published_at or row.first_seen_at, row.first_seen_at),
        )
        told.setdefault(row.story or row.id, one)
    return tuple(told.values())


def words_of(row: Any) -> frozenset[str]:
    """The words that made a hit, case folded."""
    return frozenset(one.quote.casefold() for one in evidence_of(row.evidence))


def _edit(db: Connection, found: StoredHit) -> str:
    here = found.stored
    of_item = item_revisions.c.item_id == here.id
    before = select(item_revisions.c.title, item_revisions.c.text).where(
        of_item, item_revisions.c.revision == here.revision - 1
    )
    old = db.execute(before).first()
    if old is None:
        return ""
    earlier = select(hits.c.evidence).where(
        hits.c.item_id == here.id, hits.c.rule == found.hit.rule, hits.c.id < found.id
    )
    had = {word for row in db.execute(earlier) for word in words_of(row)}
    new = dict.fromkeys(one.quote for one in found.hit.evidence if one.quote.casefold() not in had)
    item = here.item
    return difference((old.title, old.text), (item.title, item.text), list(new), first=not had)
