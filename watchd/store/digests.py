"""What the deliveries of one message carry, put together for one reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from watchd.holding.words import DELAYED, INSTEAD, TOLD, UNHEARD
from watchd.model import (
    SEVERITIES,
    Alert,
    Delivery,
    Digest,
    HeldFor,
    Notice,
    OfRule,
    Rate,
    StoredHit,
)
from watchd.polling.health import TROUBLE
from watchd.store.archive import list_hits
from watchd.store.around import around
from watchd.store.claiming import Batch, claim_next
from watchd.store.history import of_rule
from watchd.store.limits import Limits
from watchd.store.outbox import WAITS, alert_of, delivery_of
from watchd.store.rows import parts
from watchd.store.schema import alert_hits, alerts, deliveries, feeds, hits
from watchd.timing import told_span
from watchd.values import replace

if TYPE_CHECKING:
    from watchd.model.words import Words

_OF_RULE = 5  # alerts shown of one rule
_SHOWN = 40  # and of all
_WHOLE = 500  # that a program gets; more have no room in one request
_LATE = timedelta(hours=1)  # after its time: what is later says so
_DIGESTS = ("daily@", "weekly@")


def next_message(
    db: Connection,
    endpoint: str,
    now: datetime,
    limits: Limits,
    publishers: Mapping[str, str],
) -> tuple[Batch, Alert | Notice | Digest | None] | None:
    """Claim what goes out next to an endpoint, with what it says; None when nothing is due."""
    batch = claim_next(db, endpoint, now, limits)
    return None if batch is None else (batch, carried(db, batch, publishers, now))


def carried(
    db: Connection, batch: Batch, publishers: Mapping[str, str], now: datetime
) -> Alert | Notice | Digest | None:
    """What a message says: an alert, or a digest of many; None when all its hits are gone.

    One alert that was gathered, or kept through the night, comes whole. What a digest's route
    brings is a digest, also when it is only one.
    """
    from watchd.store.silences import told_with  # only what is sent needs it

    first = batch.deliveries[0]
    aside, silenced = told_with(db, first.endpoint, batch.message)
    kept = _kept(batch, now)
    if len(batch.deliveries) == 1 and not _is_digest(batch):
        alert = alert_of(db, first, dict(publishers))
        if isinstance(alert, Notice):
            from watchd.store import vocabularies  # only what is sent needs it

            if words := vocabularies.of_alert(db, first.alert):
                report = _report(words, batch, _kept(batch, now, words.until))
                return replace(report, aside=aside, silenced=silenced)
            # In front: of many lines the last are not shown.
            lines = (aside, *alert.lines) if aside else alert.lines
            return replace(alert, lines=lines, silenced=silenced)
        escalated = "".join(_unacknowledged(batch))
        if alert is None:
            return None
        return replace(
            alert,
            kept=kept,
            escalated=escalated,
            aside=aside,
            silenced=silenced,
            history=of_rule(db, alert.rule, alert.hit, now),
        )
    digest = _digest(db, batch, publishers, now)
    if not (digest.rules or _is_digest(batch)):
        return None
    return replace(digest, aside=aside, silenced=silenced)


def waiting(db: Connection, receiver: str, publishers: Mapping[str, str], now: datetime) -> Digest:
    """What waits for a receiver and was not tried yet, as one message; it may be empty."""
    of_it = (deliveries.c.receiver == receiver, deliveries.c.message.is_(None))
    query = select(deliveries).where(WAITS, *of_it).order_by(deliveries.c.id)
    each = {row["alert_id"]: delivery_of(row) for row in db.execute(query).mappings()}
    return _digest(db, Batch(deliveries=tuple(each.values())), publishers, now)


def _digest(db: Connection, batch: Batch, publishers: Mapping[str, str], now: datetime) -> Digest:
    from watchd.store.acks import count_marks

    rules = _by_rule(db, batch, publishers)
    modes = {_mode(one) for one in batch.deliveries}
    states = db.execute(select(feeds.c.name, feeds.c.health).where(feeds.c.active)).all()
    reasons = Counter(one.held_for for one in batch.deliveries)
    return Digest(
        id=next((one.message or one.id for one in batch.deliveries), 0),
        at=now,
        mode=next(iter(modes)) if len(modes) == 1 else "",
        scheduled=_scheduled(batch),
        rules=rules,
        reasons=reasons,
        feeds=len(states),
        trouble=tuple((row.name, row.health) for row in states if row.health in TROUBLE),
        kept=_kept(batch, now),
        marks=tuple(count_marks(db, [one.rule for one in rules])),
        may_repeat=any(one.may_repeat for one in batch.deliveries),
    )


def _report(words: Words, batch: Batch, kept: str) -> Digest:
    first = batch.deliveries[0]
    return Digest(
        id=batch.message,
        at=words.until,
        mode=words.mode,
        words=words,
        kept=kept,
        may_repeat=first.may_repeat,
    )


def _is_digest(batch: Batch) -> bool:
    return bool(_scheduled(batch))


def _scheduled(batch: Batch) -> tuple[str, ...]:
    """The kinds of digests that a message is: "daily", "weekly"."""
    modes = (_mode(one) for one in batch.deliveries if one.held_for)
    return tuple(sorted({mode.partition("@")[0] for mode in modes if mode.startswith(_DIGESTS)}))


def _mode(one: Delivery) -> str:
    """As what it goes out: what was missed in a pause does not wait for the digest of its level."""
    return "now" if one.waited_for is HeldFor.CATCH_UP else one.mode


def _kept(batch: Batch, now: datetime, due: datetime | None = None) -> str:
    """What is said of a message that comes late, of the limit of a receiver, and of what was
    meant for another. `due` None: when its deliveries were."""
    said = []
    late = now - (due or min((one.due_at for one in batch.deliveries), default=now))
    if late >= _LATE:
        said.append(f"{DELAYED}{told_span(late)}.")
    reasons = {one.held_for for one in batch.deliveries}
    for span in _unacknowledged(batch):
        if len(batch.deliveries) > 1:
            said.append(f"{UNHEARD}nobody acknowledged these within {span}.")
    instead = _behind(batch, "fallback ")
    # That a route gathers for minutes is no news, and a digest says what it is.
    reasons -= {HeldFor.ESCALATED, HeldFor.GROUP, HeldFor.DIGEST}
    if instead:
        reasons.discard(HeldFor.FALLBACK)
    if len(batch.deliveries) == 1 and reasons and (told := TOLD.get(next(iter(reasons)))):
        said.append(f"{told[0].upper()}{told[1:]}.")
    if batch.capped:
        said.append(_last(*batch.capped, now))
    if instead:
        said.append(f"{INSTEAD}{', '.join(instead)} does not take messages.")
    return " ".join(said)


def _last(rate: Rate, until: datetime, now: datetime) -> str:
    """What the last message before a limit says of it."""
    day = "" if until.date() == now.date() else f" on {until:%Y-%m-%d}"
    what = (
        "This is the only message"
        if rate.count == 1
        else f"This is the last of {rate.count} messages"
    )
    return f"{what}: what else comes until {until:%H:%M} UTC{day} is gathered into one."


def _unacknowledged(batch: Batch) -> list[str]:
    """How long nobody acknowledged what is escalated in a message: "30 min"; mostly nothing is."""
    return _behind(batch, "escalated ")


def _behind(batch: Batch, mode: str) -> list[str]:
    """What stands behind such modes, which stay when a limit holds them for its own reason."""
    return sorted(
        {one.mode.removeprefix(mode) for one in batch.deliveries if one.mode.startswith(mode)}
    )


def whole(db: Connection, batch: Batch, digest: Digest, publishers: Mapping[str, str]) -> Digest:
    """The digest of a batch with all its alerts, for a program: up to 500, and which others.

    The gravest rules come first, as they do in the digest.
    """
    every = {rows[0].rule: rows for rows in _rows(db, batch)}
    room = _WHOLE - sum(len(one.alerts) for one in digest.rules)
    told = list[OfRule]()
    for one in digest.rules:
        here = {alert.id for alert in one.alerts}
        rest = [row for row in every.get(one.rule, ()) if row.id not in here]
        others, left = rest[:room], rest[room:]
        room -= len(others)
        alerts = _alerts(db, others, publishers)
        told.append(replace(one, others=alerts, left=tuple(row.hit for row in left)))
    return replace(digest, rules=tuple(told))


def _rows(db: Connection, batch: Batch) -> list[list[Any]]:
    """The alerts of a batch by rule, the gravest first: each by its first hit."""
    found: dict[str, list[Any]] = {}
    query = (
        select(alerts.c.id, alerts.c.created_at, hits.c.rule, hits.c.title, hits.c.severity)
        .add_columns(hits.c.id.label("hit"))
        .join_from(alerts, alert_hits, alert_hits.c.alert_id == alerts.c.id)
        .join(hits, hits.c.id == alert_hits.c.hit_id)
        .order_by(alerts.c.id, hits.c.id)
    )
    seen = set[int]()
    for part in parts(sorted(one.alert for one in batch.deliveries)):
        for row in db.execute(query.where(alerts.c.id.in_(part))):
            if row.id not in seen:  # an alert of several hits is told of by its first
                seen.add(row.id)
                found.setdefault(row.rule, []).append(row)
    return sorted(found.values(), key=lambda rows: (-_gravity(rows), -len(rows), rows[0].rule))


def _by_rule(db: Connection, batch: Batch, publishers: Mapping[str, str]) -> tuple[OfRule, ...]:
    ordered = _rows(db, batch)
    each = max(1, min(_OF_RULE, _SHOWN // max(1, len(ordered))))
    shown = [row for rows in ordered for row in rows[:each]][:_SHOWN]
    told = {one.hit: one for one in _alerts(db, shown, publishers)}
    return tuple(
        OfRule(
            rule=rows[0].rule,
            title=rows[-1].title,
            severity=SEVERITIES[_gravity(rows)],
            count=len(rows),
            since=min(row.created_at for row in rows),
            alerts=tuple(one for row in rows[:each] if (one := told.get(row.hit))),
        )
        for rows in ordered
    )


def _alerts(
    db: Connection, rows: Sequence[Any], publishers: Mapping[str, str]
) -> tuple[Alert, ...]:
    """The alerts of rows, in their order, as far as their hits are in the archive."""
    found = {
        one.id: one
        for part in parts([row.hit for row in rows])
        for one in list_hits(db, ids=part)
    }  # fmt: skip
    return tuple(
        _told(db, one, row.id, publishers.get(one.stored.feed, one.stored.feed))
        for row in rows
        if (one := found.get(row.hit))
    )


def _told(db: Connection, hit: StoredHit, alert: int, publisher: str) -> Alert:
    more = around(db, hit, publisher)
    return hit.alert(publisher=publisher, id=alert, also=more.also, difference=more.difference)


def _gravity(rows: Sequence[Any]) -> int:
    return max(SEVERITIES.index(row.severity) for row in rows)
