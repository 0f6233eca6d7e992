"""Hits that people do not want to be told of: silenced, or acknowledged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, or_, select

from watchd.holding.silences import About, keeps_back
from watchd.model import Due, HitStatus, Item
from watchd.model.triage import Silence
from watchd.store import prepared
from watchd.store.acks import is_seen, list_acks
from watchd.store.around import stories_of
from watchd.store.rows import Place
from watchd.store.schema import acks as all_acks
from watchd.store.schema import silences as all_silences
from watchd.store.silences import in_force
from watchd.values import replace

_MAY_BE_KNOWN = (HitStatus.ALERTED, HitStatus.REPEATED, HitStatus.SAME_STORY)
_SAID = select(
    or_(
        exists().where(all_acks.c.id.is_not(None)),
        exists().where(all_silences.c.ends_at > bindparam("now")),
    )
)
"""Whether there is anything to go by: most desks have no word of anybody."""


def muted(
    db: Connection,
    feed: str,
    about: Sequence[Item],
    places: Sequence[Place],
    now: datetime,
) -> list[Place]:
    """The hits, less what somebody has acknowledged or silenced; `about` are the items of `places`.

    They are still written, with the reason, and with whom they were kept from.
    """
    if not prepared.run(db, _SAID, {"now": now}).scalar():
        return list(places)
    silences = in_force(db, now)
    stories = stories_of(db, [item_id for item_id, _, due in places if due])
    acks = list_acks(db, stories=sorted(set(stories.values())))
    if not silences and not acks:
        return list(places)
    left: list[Place] = []
    for item, (item_id, revision, found) in zip(about, places, strict=True):
        due = [
            replace(one, hit=replace(one.hit, status=HitStatus.ACKED), endpoints=())
            if one.hit.status in _MAY_BE_KNOWN
            and is_seen(one.hit.rule, stories[item_id], one.hit.evidence, acks, was=one.was)
            else _silenced(one, feed, item, silences, now)
            for one in found
        ]
        left.append((item_id, revision, due))
    return left


def _silenced(due: Due, feed: str, item: Item, silences: Sequence[Silence], now: datetime) -> Due:
    if not due.endpoints:
        return due
    hit = due.hit
    about = About(rule=hit.rule, tags=due.tags, severity=hit.severity, source=feed, item=item)
    silence = keeps_back(silences, about, now)
    if silence is None:
        return due
    return replace(
        due,
        hit=replace(hit, status=HitStatus.SILENCED),
        endpoints=(),
        silence=silence.id,
        kept_from=tuple(one.name for one in due.endpoints),
    )
