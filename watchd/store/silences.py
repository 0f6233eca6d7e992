"""Silences, what they kept back, and who has been told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from watchd.model import Destination, Due, Endpoint, Notice
from watchd.model.triage import Matcher, Silence
from watchd.store.outbox import add_notice
from watchd.store.schema import deliveries, hits, kept_back, silences
from watchd.values import Struct

_MOST_RULES = 3  # named when a silence tells what it kept back
_ALL = "watchd silence list --all"
_LONGEST = 400  # characters of what a message says of silences
_SHOWN = 80  # characters of what its author wrote


def add(db: Connection, silence: Silence) -> int:
    """Put a silence in force. Returns its number."""
    values = {
        "matchers": [[one.key, one.value] for one in silence.matchers],
        "critical": silence.critical,
        "reason": silence.reason,
        "by": silence.by,
        "created_at": silence.created_at,
        "ends_at": silence.ends_at,
    }
    number: int = db.execute(insert(silences).values(values).returning(silences.c.id)).scalar_one()
    return number


def list_silences(
    db: Connection, *, now: datetime | None = None, ids: Sequence[int] | None = None
) -> list[Silence]:
    """Silences in the order they were made; those in force at `now`, if that is given."""
    kept = (
        select(kept_back.c.silence_id, func.count(kept_back.c.hit_id.distinct()).label("kept"))
        .group_by(kept_back.c.silence_id)
        .subquery()
    )
    query = (
        select(silences, func.coalesce(kept.c.kept, 0).label("kept"))
        .outerjoin(kept, kept.c.silence_id == silences.c.id)
        .order_by(silences.c.id)
    )
    if now is not None:
        query = query.where(silences.c.created_at <= now, silences.c.ends_at > now)
    if ids is not None:
        query = query.where(silences.c.id.in_(list(ids)))
    return [_silence(row) for row in db.execute(query).mappings()]


def in_force(db: Connection, now: datetime) -> list[Silence]:
    """The silences that hold now; what they have kept is not counted."""
    here = select(silences).where(silences.c.created_at <= now, silences.c.ends_at > now)
    return [_silence(row) for row in db.execute(here.order_by(silences.c.id)).mappings()]


def expire(db: Connection, number: int, now: datetime) -> bool:
    """End a silence now. False: there is none of that number, or it has ended already."""
    here = silences.c.id == number
    ended = update(silences).where(here, silences.c.ends_at > now).values(ends_at=now)
    return db.execute(ended).rowcount == 1


def keep_back(db: Connection, hit_id: int, due: Due) -> None:
    """Write down what keeps a hit back, and from whom."""
    rows = [
        {"hit_id": hit_id, "endpoint": endpoint, "silence_id": due.silence}
        for endpoint in due.kept_from
    ]
    db.execute(insert(kept_back), rows)


def told_with(db: Connection, endpoint: str, message: int) -> tuple[str, int]:
    """What a message says of silences, and how many hits they kept back.

    A sentence for each; where those are too long for a message, one for all of them.
    """
    query = (
        select(kept_back.c.silence_id, hits.c.rule)
        .join_from(kept_back, hits, hits.c.id == kept_back.c.hit_id)
        .where(kept_back.c.told_in == message, kept_back.c.endpoint == endpoint)
    )
    rules: dict[int, Counter[str]] = {}
    for row in db.execute(query):
        rules.setdefault(row.silence_id, Counter())[row.rule] += 1
    if not rules:
        return "", 0
    short = len(rules) > 1
    each = [_told(one, rules[one.id], short) for one in list_silences(db, ids=list(rules))]
    count = sum(one.total() for one in rules.values())
    words = " ".join(each)
    if len(words) > _LONGEST:
        words = f"{len(rules)} silences kept back {count} hits: watchd silence list --all."
    return words, count


def _told(silence: Silence, rules: Counter[str], short: bool) -> str:
    count = rules.total()
    kept = f"kept back {count} hit{'s' * (count != 1)}"
    if short:
        return f"Silence {silence.id} {kept}."
    named = [f"{rule} {number}" for rule, number in rules.most_common(_MOST_RULES)]
    if len(rules) > _MOST_RULES:
        named.append(f"and {len(rules) - _MOST_RULES} more rules")
    about = f"{silence.told[:_SHOWN]}, by {silence.by[:_SHOWN]}: {silence.reason[:_SHOWN]}"
    return f"Silence {silence.id} ({about}) {kept}: {', '.join(named)}."


class Untold(Struct, frozen=True, kw_only=True):
    """Silences that have ended, and an endpoint that knows of none of them."""

    endpoint: str
    silences: tuple[int, ...]


def untold(db: Connection, ended_by: datetime) -> list[Untold]:
    """What nobody has told of silences that had ended by then, where no message waits to do so."""
    waiting = select(deliveries.c.endpoint).where(
        deliveries.c.state.in_(["pending", "sending"]), deliveries.c.message.is_(None)
    )
    query = (
        select(kept_back.c.endpoint, kept_back.c.silence_id)
        .join_from(kept_back, silences, silences.c.id == kept_back.c.silence_id)
        .where(kept_back.c.told_in.is_(None), silences.c.ends_at <= ended_by)
        .where(kept_back.c.endpoint.not_in(waiting))
        .distinct()
        .order_by(kept_back.c.endpoint, kept_back.c.silence_id)
    )
    found: dict[str, list[int]] = {}
    for row in db.execute(query):
        found.setdefault(row.endpoint, []).append(row.silence_id)
    return [Untold(endpoint=name, silences=tuple(ids)) for name, ids in found.items()]


def lost(db: Connection, ended_since: datetime) -> list[int]:
    """The numbers of messages that told of silences, and were given up: nobody has read them.

    Of silences that ended since then: an endpoint that is dead is not told for ever.
    """
    query = (
        select(deliveries.c.id)
        .join_from(kept_back, deliveries, deliveries.c.id == kept_back.c.told_in)
        .join(silences, silences.c.id == kept_back.c.silence_id)
        .where(silences.c.ends_at >= ended_since, deliveries.c.state.in_(["failed", "dropped"]))
    )
    return sorted(set(db.scalars(query)))


def tell_again(db: Connection, messages: Sequence[int]) -> None:
    """What these messages said of silences is to be said by others."""
    lost = kept_back.c.told_in.in_(list(messages))
    db.execute(update(kept_back).where(lost).values(told_in=None))


def tell(db: Connection, endpoint: Endpoint, ended: Collection[int], now: datetime) -> bool:
    """Write a notice of what these silences kept from an endpoint. False: it knows already."""
    of_these = (
        kept_back.c.told_in.is_(None),
        kept_back.c.endpoint == endpoint.name,
        kept_back.c.silence_id.in_(list(ended)),
    )
    if not db.execute(select(kept_back.c.hit_id).where(*of_these).limit(1)).first():
        return False
    one = len(ended) == 1
    title = "A silence has ended" if one else f"{len(ended)} silences have ended"
    why = "nothing else was to be sent here that could have said so"
    notice = Notice(at=now, severity="info", title=title, lines=(), why=why, see=_ALL)
    alert = add_notice(db, notice, [Destination(endpoint=endpoint)], now)
    # A notice is a message of its own, and bears the number of its only delivery.
    message = db.scalar(select(deliveries.c.id).where(deliveries.c.alert_id == alert))
    db.execute(update(kept_back).where(*of_these).values(told_in=message))
    return True


def _silence(row: RowMapping) -> Silence:
    return Silence(
        id=row["id"],
        matchers=tuple(Matcher(key=key, value=value) for key, value in row["matchers"]),
        reason=row["reason"],
        by=row["by"],
        critical=row["critical"],
        created_at=row["created_at"],
        ends_at=row["ends_at"],
        kept=row.get("kept", 0),
    )
