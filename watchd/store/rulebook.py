"""Rule files as they were last good, so that a careless edit survives even a restart."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, select

from watchd.store.rows import insert, put
from watchd.store.schema import packed_rules, rule_versions
from watchd.values import Struct

_MOST_IDS = 500  # asked for by name; beyond that, all are read
_PACKED = select(packed_rules.c.packed)


class RuleText(Struct, frozen=True, kw_only=True):
    """A rule file that loaded: enough to build the rule again without the file."""

    rule: str
    version: str
    path: str
    source: str
    lists: dict[str, str]


def remember(db: Connection, rules: Collection[RuleText], now: datetime) -> None:
    """Keep each rule as it is in force now, if it is not as it was the last time."""
    held = {name: text for name, (text, _) in last_good(db, [one.rule for one in rules]).items()}
    rows = [
        {
            "rule": rule.rule,
            "version": rule.version,
            "path": rule.path,
            "source": rule.source,
            "lists": rule.lists,
            "loaded_at": now,
        }
        for rule in rules
        if held.get(rule.rule) != rule
    ]
    if not rows:
        return
    added = insert(db, rule_versions)
    fresh = {name: added.excluded[name] for name in ("path", "source", "lists", "loaded_at")}
    db.execute(added.on_conflict_do_update(index_elements=["rule", "version"], set_=fresh), rows)


def last_good(
    db: Connection, rule_ids: Collection[str] | None
) -> dict[str, tuple[RuleText, datetime]]:
    """The newest good version of each rule, and when it was put in force.

    Of these rules at least; None, and very many, mean all there are.
    """
    query = select(rule_versions).order_by(rule_versions.c.loaded_at)
    if rule_ids is not None and len(rule_ids) <= _MOST_IDS:
        query = query.where(rule_versions.c.rule.in_(list(rule_ids)))
    found: dict[str, tuple[RuleText, datetime]] = {}
    for row in db.execute(query):
        text = RuleText(
            rule=row.rule, version=row.version, path=row.path, source=row.source, lists=row.lists
        )
        found[row.rule] = (text, row.loaded_at)
    return found


def versions(db: Connection, rule_ids: Collection[str]) -> list[tuple[RuleText, datetime]]:
    """Every version of a rule, under any of its ids, and when it was last put in force.

    The newest comes first.
    """
    query = select(rule_versions).where(rule_versions.c.rule.in_(list(rule_ids)))
    return [
        (
            RuleText(
                rule=row.rule,
                version=row.version,
                path=row.path,
                source=row.source,
                lists=row.lists,
            ),
            row.loaded_at,
        )
        for row in db.execute(query.order_by(rule_versions.c.loaded_at.desc()))
    ]


def version_of(db: Connection, rule: str, version: str) -> RuleText | None:
    """A version of a rule as it was in force once; None when it is not kept."""
    here = (rule_versions.c.rule == rule, rule_versions.c.version == version)
    row = db.execute(select(rule_versions).where(*here)).mappings().first()
    if row is None:
        return None
    return RuleText(**{name: row[name] for name in RuleText.__struct_fields__})


def keep_packed(db: Connection, packed: bytes, now: datetime) -> None:
    """Keep the rules as they were read, in the place of those before; b"": keep none."""
    if packed == last_packed(db):
        return
    if packed:
        row = {"id": 1, "packed": packed, "at": now}
        db.execute(put(db, packed_rules, "id", "packed", "at"), row)
    else:
        db.execute(delete(packed_rules))


def last_packed(db: Connection) -> bytes:
    """The rules as they were last read; b"" for none."""
    return db.scalar(_PACKED) or b""
