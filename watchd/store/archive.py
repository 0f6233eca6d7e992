"""Reading items and hits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, case, func, or_, select

from watchd.model import (
    DeliveryState,
    Hit,
    HitStatus,
    Known,
    Namesake,
    StoredHit,
    StoredItem,
)
from watchd.store.rows import evidence_of, over_time_of, parts, stored_item
from watchd.store.said import marks_of, silences_of
from watchd.store.schema import (
    alert_hits,
    articles,
    deliveries,
    hits,
    item_keys,
    item_revisions,
    items,
    kept_back,
)
from watchd.values import replace

REVISED = (
    "url",
    "title",
    "text",
    "author",
    "categories",
    "lang",
    "published_at",
    "published_raw",
    "content_hash",
    "seen_at",
)
_ARTICLE = (
    articles.c.text.label("article"),
    articles.c.state.label("article_state"),
    articles.c.attempts.label("article_attempts"),
    articles.c.tried_at.label("article_tried_at"),
    articles.c.error.label("article_error"),
)
_ITEMS = select(items, *_ARTICLE).outerjoin(articles, articles.c.item_id == items.c.id)
"""Each item, with what came of its article."""


_KNOWN = (items.c.id, items.c.revision, items.c.content_hash)
_BY_KEY = select(items.c.key, *_KNOWN).where(
    items.c.feed == bindparam("of_feed"), items.c.key.in_(bindparam("wanted", expanding=True))
)
_BY_LATER_KEY = (
    select(item_keys.c.key, *_KNOWN)
    .join_from(item_keys, items)
    .where(
        item_keys.c.feed == bindparam("of_feed"),
        item_keys.c.key.in_(bindparam("wanted", expanding=True)),
    )
)
_NAMESAKE = select(
    items.c.id,
    items.c.key,
    items.c.revision,
    items.c.url,
    items.c.content_hash,
    items.c.published_at,
)


def known(db: Connection, feed: str, keys: Sequence[str]) -> dict[str, Known]:
    """Which of these items of a feed the archive holds, by key."""
    found: dict[str, Known] = {}
    for query in (_BY_KEY, _BY_LATER_KEY):
        wanted = [key for key in keys if key not in found]
        for part in parts(wanted):
            for row in db.execute(query, {"of_feed": feed, "wanted": part}):
                found[row.key] = Known(
                    id=row.id, revision=row.revision, hashes=frozenset([row.content_hash])
                )
    edited = [one.id for one in found.values() if one.revision > 1]
    if edited:
        older: dict[int, set[str]] = {}
        hashes = select(item_revisions.c.item_id, item_revisions.c.content_hash)
        for item_id, old_hash in db.execute(hashes.where(item_revisions.c.item_id.in_(edited))):
            older.setdefault(item_id, set()).add(old_hash)
        for key, one in found.items():
            found[key] = replace(one, hashes=one.hashes.union(older.get(one.id, ())))
    return found


def namesakes(db: Connection, feed: str, hashes: Sequence[str]) -> list[Namesake]:
    """The items of a feed that have these words now."""
    found: dict[int, Namesake] = {}
    for part in parts(hashes):
        here = and_(items.c.feed == feed, items.c.content_hash.in_(part))
        for row in db.execute(_NAMESAKE.where(here)):
            found[row.id] = Namesake(
                known=Known(id=row.id, revision=row.revision, hashes=frozenset([row.content_hash])),
                keys=(row.key,),
                url=row.url,
                content_hash=row.content_hash,
                published=row.published_at,
            )
    later = select(item_keys.c.item_id, item_keys.c.key)
    for numbers in parts(list(found)):
        for number, key in db.execute(later.where(item_keys.c.item_id.in_(numbers))):
            found[number] = replace(found[number], keys=(*found[number].keys, key))
    return list(found.values())


def words_before(db: Connection, item_ids: Iterable[int]) -> dict[tuple[int, str], set[str]]:
    """For each (item, rule) that was hit before: the words found then, case folded."""
    found: dict[tuple[int, str], set[str]] = {}
    rows = db.execute(
        select(hits.c.item_id, hits.c.rule, hits.c.evidence).where(
            hits.c.item_id.in_(list(item_ids))
        )
    )
    for row in rows:
        words = {e.quote.casefold() for e in evidence_of(row.evidence)}
        found.setdefault((row.item_id, row.rule), set()).update(words)
    return found


def texts_of_articles(db: Connection, item_ids: Sequence[int]) -> dict[int, str]:
    """The articles that were read, of these items."""
    found: dict[int, str] = {}
    for part in parts(item_ids):
        here = articles.c.item_id.in_(part)
        query = select(articles.c.item_id, articles.c.text).where(here, articles.c.text != "")
        found |= {row.item_id: row.text for row in db.execute(query)}
    return found


def list_items(
    db: Connection,
    *,
    feed: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    containing: str = "",
    before: StoredItem | None = None,
    limit: int | None = None,
) -> list[StoredItem]:
    """Items, the newest first. `containing` is plain text in title, text or article, any case.

    `since` and `until` are of the time an item was first seen. `before` is the last item of the
    page before, for reading an archive that need not fit into memory.
    """
    query = _ITEMS.order_by(items.c.first_seen_at.desc(), items.c.id.desc())
    if feed:
        query = query.where(items.c.feed == feed)
    if since:
        query = query.where(items.c.first_seen_at >= since)
    if until:
        query = query.where(items.c.first_seen_at < until)
    if before:
        # The first of the two is what the index serves; the second parts those of one moment.
        query = query.where(
            items.c.first_seen_at <= before.first_seen_at,
            or_(items.c.first_seen_at < before.first_seen_at, items.c.id < before.id),
        )
    if containing:
        like = or_(
            items.c.title.icontains(containing, autoescape=True),
            items.c.text.icontains(containing, autoescape=True),
            articles.c.text.icontains(containing, autoescape=True),
        )
        query = query.where(like)
    return [stored_item(row) for row in db.execute(query.limit(limit)).mappings()]


def first_id(db: Connection, since: datetime | None) -> int | None:
    """The lowest id among the items first seen since then; None when there are none."""
    query = select(func.min(items.c.id))
    if since:
        query = query.where(items.c.first_seen_at >= since)
    lowest: int | None = db.scalar(query)
    return lowest


def next_items(
    db: Connection,
    start: int,
    *,
    feed: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 1000,
) -> list[StoredItem]:
    """Up to `limit` items with ids from `start` on, in the order of their ids.

    For reading an archive that need not fit into memory: the next call begins behind the last id.
    """
    query = _ITEMS.where(items.c.id >= start).order_by(items.c.id)
    if feed:
        query = query.where(items.c.feed == feed)
    if since:
        query = query.where(items.c.first_seen_at >= since)
    if until:
        query = query.where(items.c.first_seen_at < until)
    return [stored_item(row) for row in db.execute(query.limit(limit)).mappings()]


def find_items(db: Connection, *, id: int = 0, url: str = "") -> list[StoredItem]:
    """The item with an id, or those at an address, the newest first: each as it is now."""
    query = _ITEMS.order_by(items.c.first_seen_at.desc(), items.c.id.desc())
    query = query.where(items.c.id == id) if id else query.where(items.c.url == url)
    return [stored_item(row) for row in db.execute(query).mappings()]


def count_items(db: Connection, *, since: datetime | None = None) -> int:
    """How many items the archive holds."""
    query = select(func.count()).select_from(items)
    if since:
        query = query.where(items.c.first_seen_at >= since)
    return db.scalar(query) or 0


def _hits_with_items() -> Select[tuple[object, ...]]:
    """Each hit beside the revision of the item it was found in."""
    current = items.c.revision == hits.c.revision
    revised = [
        case((current, items.c[name]), else_=item_revisions.c[name]).label(name) for name in REVISED
    ]
    return (
        select(
            hits.c.id.label("hit_id"),
            hits.c.rule,
            hits.c.rule_version,
            hits.c.title.label("rule_title"),
            hits.c.severity,
            hits.c.why,
            hits.c.evidence,
            hits.c.status,
            hits.c.update,
            hits.c.follow_up,
            hits.c.at,
            hits.c.over_time,
            items.c.id,
            items.c.feed,
            items.c.key,
            items.c.guid,
            items.c.first_seen_at,
            items.c.baseline,
            hits.c.revision.label("revision"),
            *revised,
            *_ARTICLE,
        )
        .join_from(hits, items, items.c.id == hits.c.item_id)
        .outerjoin(articles, articles.c.item_id == items.c.id)
        .outerjoin(
            item_revisions,
            and_(
                item_revisions.c.item_id == hits.c.item_id,
                item_revisions.c.revision == hits.c.revision,
            ),
        )
    )


def list_hits(
    db: Connection,
    *,
    rule: str = "",
    also: Sequence[str] = (),
    since: datetime | None = None,
    ids: Sequence[int] | None = None,
    item: int | None = None,
    silence: int | None = None,
    severities: Sequence[str] = (),
    statuses: Sequence[str] = (),
    limit: int | None = None,
) -> list[StoredHit]:
    """Hits, the newest first. `rule` is an id, or the last part of one; `also` are more ids.

    Of all levels and statuses, unless some are named; `silence` is the number of one, for what it
    kept back.
    """
    query = _hits_with_items().order_by(hits.c.at.desc(), hits.c.id.desc())
    if rule:
        query = query.where(_of_rule(rule, also))
    if since:
        query = query.where(hits.c.at >= since)
    if ids is not None:
        query = query.where(hits.c.id.in_(list(ids)))
    if item is not None:
        query = query.where(hits.c.item_id == item)
    if silence is not None:
        by_it = select(kept_back.c.hit_id).where(kept_back.c.silence_id == silence)
        query = query.where(hits.c.id.in_(by_it))
    if severities:
        query = query.where(hits.c.severity.in_(list(severities)))
    if statuses:
        query = query.where(hits.c.status.in_(list(statuses)))
    rows = list(db.execute(query.limit(limit)).mappings())
    numbers = [row["hit_id"] for row in rows]
    sent, marked = _deliveries(db, numbers), marks_of(db, numbers)
    kept = silences_of(db, [row["hit_id"] for row in rows if row["status"] == "silenced"])
    return [
        StoredHit(
            id=row["hit_id"],
            at=row["at"],
            stored=stored_item(row),
            states=tuple(state for state, _ in sent.get(row["hit_id"], ())),
            silence=kept.get(row["hit_id"], 0),
            mark=marked.get(row["hit_id"]),
            dropped=next(
                (why for state, why in sent.get(row["hit_id"], ()) if state == "dropped"), ""
            ),
            hit=Hit(
                rule=row["rule"],
                rule_version=row["rule_version"],
                title=row["rule_title"],
                severity=row["severity"],
                why=row["why"],
                evidence=evidence_of(row["evidence"]),
                status=HitStatus(row["status"]),
                update=row["update"],
                follow_up=row["follow_up"],
                over_time=over_time_of(row["over_time"]),
            ),
        )
        for row in rows
    ]


def next_hits(
    db: Connection,
    start: int,
    *,
    rule: str = "",
    also: Sequence[str] = (),
    feed: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 500,
) -> list[StoredHit]:
    """Up to `limit` hits with ids from `start` on, in the order of their ids."""
    query = select(hits.c.id).where(hits.c.id >= start).order_by(hits.c.id).limit(limit)
    if rule:
        query = query.where(_of_rule(rule, also))
    if feed:
        query = query.join(items, items.c.id == hits.c.item_id).where(items.c.feed == feed)
    if since:
        query = query.where(hits.c.at >= since)
    if until:
        query = query.where(hits.c.at < until)
    found = list(db.scalars(query))
    return sorted(list_hits(db, ids=found), key=lambda hit: hit.id) if found else []


def _of_rule(rule: str, also: Sequence[str]) -> ColumnElement[bool]:
    return or_(hits.c.rule.in_([rule, *also]), hits.c.rule.endswith("/" + rule, autoescape=True))


def _deliveries(
    db: Connection, hit_ids: Sequence[int]
) -> dict[int, list[tuple[DeliveryState, str]]]:
    """By hit: the state of each of its deliveries, and what is said of it."""
    found: dict[int, list[tuple[DeliveryState, str]]] = {}
    for part in parts(hit_ids):
        query = (
            select(alert_hits.c.hit_id, deliveries.c.state, deliveries.c.error)
            .join_from(alert_hits, deliveries, deliveries.c.alert_id == alert_hits.c.alert_id)
            .where(alert_hits.c.hit_id.in_(part))
            .order_by(deliveries.c.id)
        )
        for row in db.execute(query):
            found.setdefault(row.hit_id, []).append((DeliveryState(row.state), row.error))
    return found
