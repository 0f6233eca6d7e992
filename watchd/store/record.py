"""The one write of a check: state, items, hits, alerts and deliveries, or nothing at all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy import insert as plain_insert

from watchd.errors import WatchdError
from watchd.model import (
    Due,
    FeedState,
    Finding,
    Item,
    Kept,
    Known,
    Memory,
    Observed,
    ReadingState,
    StoredItem,
)
from watchd.store import memories, observations, prepared
from watchd.store.archive import REVISED, find_items
from watchd.store.outbox import add_deliveries
from watchd.store.rows import (
    CHECKED_COLUMNS,
    Place,
    evidence_values,
    insert_new,
    item_values,
    over_time_values,
    parts,
    put,
    state_values,
)
from watchd.store.schema import (
    alert_hits,
    alerts,
    articles,
    feeds,
    hits,
    item_keys,
    item_revisions,
    items,
    windows,
)
from watchd.values import Struct, replace

_FREED: dict[str, Any] = {"claim": None, "claimed_until": None}
_STATE = (
    update(feeds)
    .where(feeds.c.name == bindparam("of_feed"), feeds.c.claim == bindparam("our_claim"))
    .values({name: bindparam(name) for name in CHECKED_COLUMNS} | _FREED)
)
"""Write the state of a feed and give up the claim, if it is still ours."""
_NUMBERED = select(items.c.key, items.c.id).where(
    items.c.feed == bindparam("of_feed"), items.c.key.in_(bindparam("wanted", expanding=True))
)

_LAST = select(func.max(items.c.id))
_ADDED = select(items.c.key, items.c.id).where(
    items.c.id > bindparam("last"), items.c.feed == bindparam("of_feed")
)

_LAST_HIT = select(func.max(hits.c.id))
_HIT = hits.c.rule, hits.c.item_id, hits.c.revision, hits.c.id
_ADDED_HITS = select(*_HIT).where(hits.c.id > bindparam("last")).order_by(hits.c.id)


class LostClaim(WatchdError):
    """The check took longer than its lease, and somebody else has the feed now."""


class Recorded(Struct, frozen=True, kw_only=True):
    """What a check added."""

    new: int = 0
    edited: int = 0
    hits: tuple[tuple[int, Due], ...] = ()  # (hit id, what was due)
    deliveries: int = 0


def record(
    db: Connection,
    *,
    claim: str,
    state: FeedState,
    findings: Sequence[Finding] = (),
    window: bytes = b"",
    renamed: Mapping[str, Known] | None = None,
    memory: Memory | None = None,
    publisher: str = "",
    kept: Mapping[str, Kept] | None = None,
    now: datetime,
) -> Recorded:
    """Write what a check found. The caller's transaction makes it all or nothing.

    `window` is that of a complete document, whose items are all kept now; b"" leaves the last
    one as it is. `renamed` are known items by the keys they have now, `kept` is evidence of items
    with hits by theirs. `publisher` is that of the feed, "" its name.

    The claim is the fence: when it is no longer ours nothing is written and LostClaim is
    raised. The validators in `state` vouch for the items in `findings`, which is why they are
    written together.
    """
    if prepared.run(db, _STATE, _state_row(state, claim)).rowcount != 1:
        raise LostClaim(f"feed '{state.feed}': this check took too long; its result was put aside")
    if renamed:
        rows = [{"feed": state.feed, "key": k, "item_id": one.id} for k, one in renamed.items()]
        db.execute(insert_new(db, item_keys), rows)
    if window:
        _keep_window(db, state, window)
    if memory is not None:
        memories.keep(db, memory)
    return keep(db, state.feed, findings, publisher=publisher, kept=kept, now=now)


def keep(
    db: Connection,
    feed: str,
    findings: Sequence[Finding],
    *,
    publisher: str = "",
    kept: Mapping[str, Kept] | None = None,
    now: datetime,
) -> Recorded:
    """Write the items of a feed that came in at one moment, their hits and their alerts.

    The arguments are those of `record`.
    """
    new = [finding for finding in findings if finding.known is None]
    edited = [finding for finding in findings if finding.known is not None]
    ids = _add_items(db, feed, new, now)
    if links := {ids[one.item.key]: one.item.url for one in new if one.read_article}:
        from watchd.store.articles import add  # most desks have no feed that needs it

        add(db, feed, links, now)
    observations.add(db, feed, [(ids.get(one.item.key), one) for one in findings], now)
    places: list[Place] = [(ids[one.item.key], 1, one.due) for one in new if one.due]
    places += [(*_revise(db, finding, now), finding.due) for finding in edited]
    about = [finding.item for finding in (*(one for one in new if one.due), *edited)]
    places = _once(db, feed, publisher, about, places, now)
    places = _muted(db, feed, about, places, now)
    if kept:
        from watchd.store import evidence  # most checks find nothing

        its = zip(about, places, strict=True)
        there = {item.key: (number, revision) for item, (number, revision, _) in its}
        evidence.keep(db, {there[key]: one for key, one in kept.items()})
    written = _add_hits(db, places, now)
    sent = sum(_add_deliveries(db, hit_id, due, now) for hit_id, due in written)
    return Recorded(new=len(new), edited=len(edited), hits=tuple(written), deliveries=sent)


def record_unchanged(db: Connection, claim: str, states: Sequence[FeedState]) -> None:
    """Write the states of checks that brought nothing, as far as they are still ours to write."""
    prepared.run(db, _STATE, *(_state_row(state, claim) for state in states))


def record_article(
    db: Connection,
    *,
    stored: StoredItem,
    text: str,
    due: Sequence[Due],
    publisher: str = "",
    kept: Kept | None = None,
    observed: Sequence[Observed] = (),
    now: datetime,
) -> Recorded | None:
    """Write the article of an item, with the hits on it; None when the item is no more as it was.

    Of the hits only those are written whose rule had not hit this revision of the item.
    `publisher` is that of the feed, "" its name.
    """
    here = items.c.id == stored.id
    if db.scalar(select(items.c.revision).where(here)) != stored.revision:
        return None
    read = {"state": ReadingState.READ.value, "text": text, "error": "", "next_at": None}
    written_at = {"http_status": 200, "fetched_at": now}
    of_item = articles.c.item_id == stored.id
    db.execute(update(articles).where(of_item).values(read | written_at))
    observations.add_to(db, stored, observed)
    if kept is not None:
        from watchd.store import evidence

        evidence.keep(db, {(stored.id, stored.revision): kept})
    return keep_article(db, stored, text, due, publisher=publisher, now=now)


def keep_article(
    db: Connection,
    stored: StoredItem,
    text: str,
    due: Sequence[Due],
    *,
    publisher: str = "",
    now: datetime,
) -> Recorded:
    """Write the hits on the article of an item, and their alerts; as `record_article`."""
    places: list[Place] = [(stored.id, stored.revision, due)]
    places = _once(db, stored.feed, publisher, [stored.item], places, now)
    places = _muted(db, stored.feed, [replace(stored.item, article=text)], places, now)
    written = _add_hits(db, places, now)
    sent = sum(_add_deliveries(db, hit_id, one, now) for hit_id, one in written)
    return Recorded(hits=tuple(written), deliveries=sent)


def _state_row(state: FeedState, claim: str) -> dict[str, Any]:
    return {**state_values(state), "of_feed": state.feed, "our_claim": claim}


def _keep_window(db: Connection, state: FeedState, window: bytes) -> None:
    row = {"feed": state.feed, "address": state.address, "entries": window}
    prepared.run(db, put(db, windows, "feed", "address", "entries"), row)


def _add_items(db: Connection, feed: str, new: Sequence[Finding], now: datetime) -> dict[str, int]:
    """Write new items; returns the numbers, by key, of those with hits or articles to fetch."""
    if not new:
        return {}
    rows = [
        {
            **item_values(finding.item),
            "feed": feed,
            "key": finding.item.key,
            "guid": finding.item.guid,
            "revision": 1,
            "first_seen_at": now,
            "seen_at": now,
            "baseline": finding.baseline,
        }
        for finding in new
    ]
    # Few items need their number.
    wanted = [one.item.key for one in new if one.due or one.read_article or one.observed]
    last = prepared.run(db, _LAST, {}).scalar() if wanted else None
    prepared.run(db, insert_new(db, items), *rows)
    if not wanted:
        return {}
    ours = prepared.run(db, _ADDED, {"of_feed": feed, "last": last or 0})
    added = {row.key: row.id for row in ours}
    # What is not among them was there already, against all that was known.
    for part in parts([key for key in wanted if key not in added]):
        rows_there = db.execute(_NUMBERED, {"of_feed": feed, "wanted": part})
        added |= {row.key: row.id for row in rows_there}
    return {key: added[key] for key in wanted}


def _revise(db: Connection, finding: Finding, now: datetime) -> tuple[int, int]:
    assert finding.known is not None
    item_id, revision = finding.known.id, finding.known.revision
    old = select(items.c.id, items.c.revision, *(items.c[name] for name in REVISED))
    columns = ["item_id", "revision", *REVISED]
    db.execute(plain_insert(item_revisions).from_select(columns, old.where(items.c.id == item_id)))
    text = {**item_values(finding.item), "revision": revision + 1, "seen_at": now}
    db.execute(update(items).where(items.c.id == item_id).values(text))
    return item_id, revision + 1


def _once(
    db: Connection,
    feed: str,
    publisher: str,
    about: Sequence[Item],
    places: list[Place],
    now: datetime,
) -> list[Place]:
    """The hits, less what readers know from a copy; `about` are the items of `places`."""
    if not any(due.endpoints for _, _, found in places for due in found):
        return places
    from watchd.store.stories import Found, Telling  # most checks have nothing to send

    telling = Telling(db, now)
    found = (Found(feed=feed, publisher=publisher or feed, item=item) for item in about)
    return [telling.once(one, place) for one, place in zip(found, places, strict=True)]


def _muted(
    db: Connection, feed: str, about: Sequence[Item], places: list[Place], now: datetime
) -> list[Place]:
    """The hits, less what people do not want to be told of; `about` are the items of `places`."""
    if not any(found for _, _, found in places):
        return places
    from watchd.store.muting import muted  # most checks have no hits

    return muted(db, feed, about, places, now)


def _add_hits(db: Connection, places: Sequence[Place], now: datetime) -> list[tuple[int, Due]]:
    """Write the hits that are not there yet; returns each with its id."""
    found = {
        (due.hit.rule, item_id, revision): due
        for item_id, revision, found_there in places
        for due in found_there
    }
    if not found:
        return []
    rows = [
        {
            "rule": rule,
            "rule_version": due.hit.rule_version,
            "item_id": item_id,
            "revision": revision,
            "title": due.hit.title,
            "severity": due.hit.severity,
            "why": due.hit.why,
            "evidence": evidence_values(due.hit.evidence),
            "status": due.hit.status.value,
            "update": due.hit.update,
            "follow_up": due.hit.follow_up,
            "at": now,
            "over_time": over_time_values(due.hit.over_time),
        }
        for (rule, item_id, revision), due in found.items()
    ]
    since: Iterable[Any]
    if db.dialect.name == "sqlite":
        # Nobody else writes meanwhile: what comes after the last is ours. To have each row returned
        # by a statement of its own costs several times as much.
        last = prepared.run(db, _LAST_HIT, {}).scalar()
        prepared.run(db, insert_new(db, hits), *rows)
        since = prepared.run(db, _ADDED_HITS, {"last": last or 0}).all()
    else:
        since = db.execute(insert_new(db, hits).returning(*_HIT), rows)
    added = ((row.id, found.get((row.rule, row.item_id, row.revision))) for row in since)
    return [(hit_id, due) for hit_id, due in added if due is not None]


def record_over_time(
    db: Connection,
    rule: str,
    found: Sequence[tuple[int, int, Due]],
    looked_at: Collection[int],
    now: datetime,
) -> list[tuple[int, Due]]:
    """Write the hits of a rule over time, each on an item and its revision, with their alerts.

    In the same transaction the observations that it was looked at for wait no longer.
    """
    places: list[Place] = []
    for item, revision, due in found:
        [stored] = find_items(db, id=item)
        places += _muted(db, stored.feed, [stored.item], [(item, revision, [due])], now)
    written = _add_hits(db, places, now)
    for hit_id, due in written:
        _add_deliveries(db, hit_id, due, now)
    observations.settle(db, rule, looked_at)
    return written


def _add_deliveries(db: Connection, hit_id: int, due: Due, now: datetime) -> int:
    if due.silence:
        from watchd.store.silences import keep_back

        keep_back(db, hit_id, due)
    if not due.endpoints:
        return 0
    made = plain_insert(alerts).values(severity=due.hit.severity, created_at=now)
    alert_id = db.scalar(made.returning(alerts.c.id))
    db.execute(plain_insert(alert_hits).values(alert_id=alert_id, hit_id=hit_id))
    assert alert_id is not None
    add_deliveries(db, alert_id, due.endpoints, now)
    return len(due.endpoints)
