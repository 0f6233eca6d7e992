"""What people say of stories and hits: acknowledged, useful, noise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, select
from sqlalchemy import insert as plain_insert

from watchd.model import Evidence, StoredHit
from watchd.model.triage import Ack, Mark, Marks
from watchd.store.archive import words_before
from watchd.store.around import items_of, story_of
from watchd.store.rows import insert, parts
from watchd.store.schema import acks, hits, marks


def acknowledge(db: Connection, found: StoredHit, by: str, note: str, now: datetime) -> Ack:
    """Somebody has seen a hit: of its story and rule, only new words are sent from now on."""
    story = story_of(db, found.stored.id)
    before = words_before(db, items_of(db, story))
    words = frozenset[str]().union(
        *(said for (_, rule), said in before.items() if rule == found.hit.rule)
    )
    ack = Ack(hit=found.id, rule=found.hit.rule, story=story, words=words, by=by, note=note, at=now)
    values = {
        "hit_id": ack.hit,
        "rule": ack.rule,
        "story": ack.story,
        "words": sorted(ack.words),
        "note": note,
        "by": by,
        "at": now,
    }
    db.execute(plain_insert(acks).values(values))
    return ack


def list_acks(
    db: Connection, *, stories: Sequence[int] | None = None, limit: int | None = None
) -> list[Ack]:
    """Acknowledgements, the newest first; those of these stories, if any are named."""
    query = select(acks).order_by(acks.c.at.desc(), acks.c.id.desc())
    if stories is None:
        return [_ack(row) for row in db.execute(query.limit(limit)).mappings()]
    return [
        _ack(row)
        for part in parts(stories)
        for row in db.execute(query.where(acks.c.story.in_(part))).mappings()
    ]


def is_seen(
    rule: str, story: int, evidence: Iterable[Evidence], known: Iterable[Ack], *, was: str = ""
) -> bool:
    """Whether somebody has acknowledged all words that a rule found in a story.

    `was` is the name that the rule had before, or "".
    """
    words = [one.words for one in known if one.rule in (rule, was) and one.story == story]
    found = {one.quote.casefold() for one in evidence}
    return bool(words) and found <= frozenset[str]().union(*words)


def _ack(row: RowMapping) -> Ack:
    return Ack(
        hit=row["hit_id"],
        rule=row["rule"],
        story=row["story"],
        words=frozenset(row["words"]),
        by=row["by"],
        note=row["note"],
        at=row["at"],
    )


def set_mark(db: Connection, mark: Mark) -> None:
    """What somebody thinks of a hit, in the place of what was thought before."""
    values = {"useful": mark.useful, "note": mark.note, "by": mark.by, "at": mark.at}
    added = insert(db, marks).values(hit_id=mark.hit, **values)
    db.execute(added.on_conflict_do_update(index_elements=["hit_id"], set_=values))


def count_marks(db: Connection, rules: Iterable[str] | None = None) -> list[Marks]:
    """The marks of each rule that has any, by rule; of all rules, unless some are named."""
    query = (
        select(hits.c.rule, marks.c.useful, func.count().label("number"))
        .join_from(marks, hits, hits.c.id == marks.c.hit_id)
        .group_by(hits.c.rule, marks.c.useful)
    )
    if rules is not None:
        query = query.where(hits.c.rule.in_(list(rules)))
    counted: dict[str, dict[bool, int]] = {}
    for row in db.execute(query):
        counted.setdefault(row.rule, {})[row.useful] = row.number
    return [
        Marks(rule=rule, useful=found.get(True, 0), noise=found.get(False, 0))
        for rule, found in sorted(counted.items())
    ]
