"""What the board rests on: where rules found something, and the levels that people have set."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from watchd.indicators import Judgement, Level, Sighting
from watchd.store.rows import over_time_of, parts
from watchd.store.schema import board_levels, hits, items


def sightings(db: Connection, rules: Sequence[str]) -> list[tuple[str, Sighting]]:
    """The hits of these rules, each once for each item, with the id of the rule.

    A hit of a rule over time stands for the items of the stories behind it, as far as it names
    them, and is told of them; that a feed went quiet was seen then, too, on an item that is older.
    """
    columns = hits.c.id, hits.c.rule, hits.c.item_id, hits.c.over_time, hits.c.at
    query = select(*columns).order_by(hits.c.id)
    wanted: list[tuple[str, int, int, datetime | None, bool]] = []
    for some in parts(rules):
        for hit, rule, item, numbers, at in db.execute(query.where(hits.c.rule.in_(some))):
            over_time = over_time_of(numbers)
            behind = over_time.items if over_time else (item,)
            told = at if over_time else None
            is_silence = over_time is not None and over_time.since is None
            wanted += [(rule, hit, one, told, is_silence) for one in reversed(behind)]
    texts = _texts(db, {item for _, _, item, *_ in wanted})
    found: dict[tuple[str, str, str], tuple[str, Sighting]] = {}
    for rule, hit, item, told, is_silence in wanted:
        if (row := texts.get(item)) is not None:  # else it is forgotten
            at = min(row.published_at or row.first_seen_at, row.first_seen_at)
            found[rule, row.feed, row.url or row.content_hash] = (
                rule,
                Sighting(
                    hit=hit,
                    story=row.content_hash,
                    source=row.feed,
                    title=row.title,
                    url=row.url,
                    at=told if told and is_silence else at,
                    told=told,
                ),
            )
    return list(found.values())


def _texts(db: Connection, numbers: Collection[int]) -> dict[int, Any]:
    columns = (
        *(items.c.id, items.c.feed, items.c.title, items.c.url),
        *(items.c.content_hash, items.c.published_at, items.c.first_seen_at),
    )
    return {
        row.id: row
        for part in parts(sorted(numbers))
        for row in db.execute(select(*columns).where(items.c.id.in_(part)))
    }


def judge(db: Connection, judgement: Judgement) -> None:
    """Write down a person's judgement; what was judged before stays as history."""
    db.execute(
        board_levels.insert().values(
            rule=judgement.rule,
            level=judgement.level.value if judgement.level else None,
            reason=judgement.reason,
            author=judgement.author,
            at=judgement.at,
        )
    )


def history(db: Connection, rule: str = "") -> list[Judgement]:
    """All judgements, or those on one rule, the oldest first."""
    query = select(board_levels).order_by(board_levels.c.id)
    if rule:
        query = query.where(board_levels.c.rule == rule)
    return [
        Judgement(
            rule=row.rule,
            level=Level(row.level) if row.level else None,
            reason=row.reason,
            author=row.author,
            at=row.at,
        )
        for row in db.execute(query)
    ]
