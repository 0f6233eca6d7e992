"""Reports on words: up to when each was made, and what each said until it is delivered.

A report is an alert without hits, with its deliveries. It is written together with the time it was
due, a note in `service`: so each moment has one report, however often watchd is started.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from watchd.model import Destination
from watchd.model.words import Example, Phrase, Words
from watchd.store.outbox import add_deliveries
from watchd.store.schema import alerts, service
from watchd.store.service import note, noted
from watchd.values import Struct, asdict

_PREFIX = "words "
_SLIP = timedelta(hours=1)  # by which a clock may be put right without a report coming again


def known(db: Connection) -> dict[str, datetime]:
    """Up to when each report was made, by its name."""
    theirs = service.c.name.startswith(_PREFIX, autoescape=True)
    rows = db.execute(select(service.c.name, service.c.at).where(theirs))
    return {row.name.removeprefix(_PREFIX): row.at for row in rows}


def is_strange(until: Mapping[str, datetime], names: Sequence[str], now: datetime) -> bool:
    """Whether `follow` has something to do: a read, so that an idle tick writes nothing."""
    return until.keys() != set(names) or any(at > now + _SLIP for at in until.values())


def follow(db: Connection, names: Sequence[str], now: datetime) -> dict[str, datetime]:
    """As `known`, of these reports. One that is new is due from now on.

    Of others nothing is kept. A time that is still to come is of a clock that was ahead: it is
    forgotten.
    """
    until = known(db)
    for name in until.keys() - set(names):
        db.execute(delete(service).where(service.c.name == _PREFIX + name))
    for name in names:
        if name not in until or until[name] > now + _SLIP:
            note(db, _PREFIX + name, None, now)
            until[name] = now
    return {name: until[name] for name in names}


def record(
    db: Connection, words: Words, destinations: Sequence[Destination], now: datetime
) -> bool:
    """Write a report with its deliveries. False: that moment has one already."""
    last = noted(db, _PREFIX + words.name)
    if last is not None and last[1] >= words.until:
        return False
    note(db, _PREFIX + words.name, None, words.until)
    said = {"severity": "info", "title": f"Words: {words.name}", "lines": [], "why": ""}
    notice = {**said, "see": "watchd words", "words": as_json(words)}
    made = insert(alerts).values(severity="info", created_at=now, notice=notice)
    alert = db.scalar(made.returning(alerts.c.id))
    assert alert is not None
    add_deliveries(db, alert, destinations, now)
    return True


def of_alert(db: Connection, alert: int) -> Words | None:
    """The report that an alert is; None: it is something else."""
    notice = db.scalar(select(alerts.c.notice).where(alerts.c.id == alert))
    return from_json(notice["words"]) if notice and "words" in notice else None


def as_json(words: Words) -> dict[str, Any]:
    """Words as values of JSON, times in the form of ISO 8601."""
    found: dict[str, Any] = _plain(words)
    return found


def from_json(said: dict[str, Any]) -> Words:
    """The reverse of `as_json`."""
    times = {name: datetime.fromisoformat(said[name]) for name in ("since", "until", "baseline")}
    phrases = tuple(
        Phrase(**{**one, "examples": tuple(map(_example, one["examples"]))})
        for one in said["phrases"]
    )
    return Words(**{**said, **times, "phrases": phrases, "not_ready": tuple(said["not_ready"])})


def _example(said: dict[str, Any]) -> Example:
    return Example(**{**said, "at": datetime.fromisoformat(said["at"])})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Struct):
        value = asdict(value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
