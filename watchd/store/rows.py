"""Between rows and the values of `watchd.model`, and the one INSERT both databases spell apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping, Table
from sqlalchemy.dialects import sqlite

from watchd.model import (
    Due,
    Evidence,
    Feed,
    FeedState,
    Item,
    OverTimeHit,
    Reading,
    ReadingState,
    StoredItem,
)

Row = Mapping[str, Any] | RowMapping
Place = tuple[int, int, Sequence[Due]]
"""An item by its number, its revision, and the hits on it."""

T = TypeVar("T")


def parts(values: Sequence[T]) -> Iterator[list[T]]:
    """As many at a time as one statement takes."""
    for start in range(0, len(values), 500):
        yield list(values[start : start + 500])


def insert(db: Connection, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT, in the words of this database."""
    return _insert(db.dialect.name, table)


def insert_new(db: Connection, table: Table) -> Any:
    """An INSERT that leaves rows as they are that are there already."""
    return _insert_new(db.dialect.name, table)


def put(db: Connection, table: Table, key: str, *others: str) -> Any:
    """An INSERT that puts a row in the place of the one with its `key`; `others`: what changes."""
    return _put(db.dialect.name, table, key, others)


# To make a statement costs as much as to run it: each of these is made once.
@cache
def _insert(dialect: str, table: Table) -> Any:
    if dialect != "postgresql":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # 40 ms that most starts need not pay

    return postgresql.insert(table)


@cache
def _insert_new(dialect: str, table: Table) -> Any:
    return _insert(dialect, table).on_conflict_do_nothing()


@cache
def _put(dialect: str, table: Table, key: str, others: tuple[str, ...]) -> Any:
    added = _insert(dialect, table)
    changed = {name: added.excluded[name] for name in others}
    return added.on_conflict_do_update(index_elements=[key], set_=changed)


def item_values(item: Item) -> dict[str, Any]:
    """The columns that `items` and `item_revisions` share, from an item."""
    return {
        "url": item.url,
        "title": item.title,
        "text": item.text,
        "author": item.author,
        "categories": list(item.categories),
        "lang": item.lang,
        "published_at": item.published,
        "published_raw": item.published_raw,
        "content_hash": item.content_hash,
    }


def stored_item(row: Row) -> StoredItem:
    """A row of `items` with its article (or with an earlier revision under the same names)."""
    return StoredItem(
        id=row["id"],
        feed=row["feed"],
        revision=row["revision"],
        first_seen_at=row["first_seen_at"],
        seen_at=row["seen_at"],
        baseline=row["baseline"],
        item=Item(
            key=row["key"],
            guid=row["guid"],
            url=row["url"],
            title=row["title"],
            text=row["text"],
            author=row["author"],
            categories=tuple(row["categories"]),
            lang=row["lang"],
            published=row["published_at"],
            published_raw=row["published_raw"],
            content_hash=row["content_hash"],
            article=row["article"] or "",
        ),
        reading=_reading(row) if row["article_state"] else None,
    )


def _reading(row: Row) -> Reading:
    return Reading(
        state=ReadingState(row["article_state"]),
        attempts=row["article_attempts"],
        tried_at=row["article_tried_at"],
        error=row["article_error"],
    )


def evidence_values(evidence: tuple[Evidence, ...]) -> list[list[Any]]:
    """As stored: [[field, start, end, quote], …]."""
    return [[e.field, e.start, e.end, e.quote] for e in evidence]


def evidence_of(values: list[list[Any]]) -> tuple[Evidence, ...]:
    """The reverse of `evidence_values`."""
    return tuple(Evidence(field=f, start=s, end=e, quote=q) for f, s, e, q in values)


def over_time_values(found: OverTimeHit | None) -> dict[str, Any] | None:
    """As stored; the time is written as text."""
    if found is None:
        return None
    return {
        "said": found.said,
        "value": found.value,
        "items": list(found.items),
        "series": list(found.series),
        "at": found.at.isoformat(),
        "key": found.key,
        "since": found.since.isoformat() if found.since else None,
        "until": found.until.isoformat() if found.until else None,
        "stories": found.stories,
        "words": list(found.words),
    }


def over_time_of(values: dict[str, Any] | None) -> OverTimeHit | None:
    """The reverse of `over_time_values`."""
    if values is None:
        return None
    since, until = values.get("since"), values.get("until")
    return OverTimeHit(
        said=values["said"],
        value=values["value"],
        items=tuple(values["items"]),
        series=tuple(values["series"]),
        at=datetime.fromisoformat(values["at"]),
        key=values["key"],
        since=datetime.fromisoformat(since) if since else None,
        until=datetime.fromisoformat(until) if until else None,
        stories=values.get("stories", 0),
        words=tuple(values.get("words", ())),
    )


STATE_COLUMNS = tuple(name for name in FeedState.__struct_fields__ if name != "feed")
_NOT_OF_A_CHECK = ("told", "told_at")  # written beside the notice that tells; see outbox
CHECKED_COLUMNS = tuple(name for name in STATE_COLUMNS if name not in _NOT_OF_A_CHECK)


def state_of(row: Row) -> FeedState:
    """A row of `feeds`."""
    return FeedState(feed=row["name"], **{name: row[name] for name in STATE_COLUMNS})


def state_values(state: FeedState) -> dict[str, Any]:
    """The columns of `feeds` that a check writes."""
    return {name: getattr(state, name) for name in CHECKED_COLUMNS}


def first_state(feed: Feed, next_check_at: Any) -> dict[str, Any]:
    """The row of a feed that was never checked."""
    state = FeedState(feed=feed.name, address=feed.address, next_check_at=next_check_at)
    return {"name": feed.name, "active": True, **state_values(state)}
