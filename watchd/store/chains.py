"""What happened to items: for `explain`, and counted by reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from watchd.chain import Known, KnownHit
from watchd.model import Behind, HitStatus, Observation, StoredHit, StoredItem
from watchd.store import acks, escalations, feeds, observations, silences
from watchd.store.archive import list_hits
from watchd.store.around import behind, first_told, story_of
from watchd.store.outbox import of_hit
from watchd.store.schema import alert_hits, deliveries, hits, item_revisions, items, stories


def of_item(db: Connection, stored: StoredItem) -> Known:
    """All that is known of an item of the archive."""
    here = item_revisions.c.item_id == stored.id
    query = select(item_revisions.c.seen_at).where(here).order_by(item_revisions.c.revision)
    story = story_of(db, stored.id)
    copies = (
        select(items.c.id, items.c.feed)
        .join_from(stories, items, items.c.id == stories.c.item_id)
        .where(stories.c.story == story, items.c.id != stored.id)
        .order_by(items.c.id)
    )
    return Known(
        stored=stored,
        seen=(*db.scalars(query), stored.seen_at),
        state=feeds.state(db, stored.feed),
        hits=hits_of(db, stored.id),
        copies=[(row.id, row.feed) for row in db.execute(copies)],
        counted=observations.of_items(db, [stored.id]),
    )


def hits_of(db: Connection, item: int) -> list[KnownHit]:
    """The hits on an item, the newest first, each with all that became of it."""
    found = list_hits(db, item=item)
    if not found:
        return []
    said = acks.list_acks(db, stories=[story_of(db, item)])
    kept_by = {one.id: one for one in silences.list_silences(db)}
    known = []
    for hit in found:
        sent = of_hit(db, hit.id)
        same_story = hit.hit.status is HitStatus.SAME_STORY
        known.append(
            KnownHit(
                hit=hit,
                deliveries=sent,
                told_by=first_told(db, hit.id) if same_story else None,
                silence=kept_by.get(hit.silence),
                ack=next((one for one in said if one.rule == hit.hit.rule), None),
                waits=escalations.of_deliveries(db, [one.id for one in sent]),
                behind=_behind(db, hit),
            )
        )
    return known


def _behind(db: Connection, hit: StoredHit) -> list[tuple[Behind, Observation | None]]:
    if hit.hit.over_time is None:
        return []
    found = observations.of_items(db, hit.hit.over_time.items)
    seen = {one.item: one for rule, one in found if rule == hit.hit.rule}
    return [(one, seen.get(one.item)) for one in behind(db, hit, {})]


def counts(db: Connection, since: datetime) -> dict[str, int]:
    """By model.Reason: the items first seen since then, the hits found, and what became of these.

    What did not happen is left out.
    """
    found: Counter[str] = Counter()
    taken = select(items.c.baseline, func.count()).where(items.c.first_seen_at >= since)
    for baseline, count in db.execute(taken.group_by(items.c.baseline)):
        found["item.baseline" if baseline else "item.new"] += count
    new = hits.c.at >= since
    for status, count in db.execute(
        select(hits.c.status, func.count()).where(new).group_by(hits.c.status)
    ):
        found[f"hit.{status}"] += count
    columns: Sequence[tuple[str, object]] = (
        ("held", deliveries.c.held_for),
        ("delivery", deliveries.c.state),
    )
    for step, column in columns:
        query = (
            select(column, func.count())  # type: ignore[call-overload]
            .join_from(hits, alert_hits, alert_hits.c.hit_id == hits.c.id)
            .join(deliveries, deliveries.c.alert_id == alert_hits.c.alert_id)
            .where(new)
            .group_by(column)
        )
        for word, count in db.execute(query):
            if word:
                found[f"{step}.{word}"] += count
    return dict(sorted(found.items()))
