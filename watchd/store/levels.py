"""What the board rests on: where rules found something, and the levels that people have set."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from watchd.indicators import Judgement, Level, Sighting
from watchd.store.rows import parts
from watchd.store.schema import board_levels, hits, items


def sightings(db: Connection, rules: Sequence[str]) -> list[tuple[str, Sighting]]:
    """The hits of these rules, each once for each item, with the id of the rule."""
    columns = (
        *(hits.c.id, hits.c.rule, items.c.feed, items.c.title, items.c.url),
        *(items.c.content_hash, items.c.published_at, items.c.first_seen_at),
    )
    query = select(*columns).join_from(hits, items, items.c.id == hits.c.item_id)
    found: dict[tuple[str, str, str], tuple[str, Sighting]] = {}
    for some in parts(rules):
        for row in db.execute(query.where(hits.c.rule.in_(some)).order_by(hits.c.id)):
            found[row.rule, row.feed, row.url or row.content_hash] = (
                row.rule,
                Sighting(
                    hit=row.id,
                    story=row.content_hash,
                    source=row.feed,
                    title=row.title,
                    url=row.url,
                    at=min(row.published_at or row.first_seen_at, row.first_seen_at),
                ),
            )
    return list(found.values())


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
