"""What the board is made from, in one read; and how it stood when a reader was last sent it.

The latter is a note in `service`, one for each endpoint and kind of digest. It is written in the
transaction that notes that the digest was taken: a digest that did not arrive has told nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, or_, select

from watchd.indicators import Judgement, Sighting
from watchd.model import Digest, FeedState
from watchd.store import feeds, levels, outbox
from watchd.store.endpoints import Heard
from watchd.store.outbox import Settled
from watchd.store.schema import service
from watchd.store.service import note
from watchd.values import Struct


class Seen(Struct, frozen=True, kw_only=True):
    """What was found and judged, and how the feeds do. As it stands, nothing was ever read."""

    sightings: Sequence[tuple[str, Sighting]] = ()  # each with the id of its rule
    states: Sequence[FeedState] = ()
    history: Sequence[Judgement] = ()  # the oldest first


class Told(Struct, frozen=True, kw_only=True):
    """The board that a reader was last sent. `since` None: none was."""

    levels: Mapping[str, str]  # by the id of the rule
    since: datetime | None


def seen(db: Connection, rules: Sequence[str]) -> Seen:
    """What the board of these rules rests on."""
    return Seen(
        sightings=levels.sightings(db, rules), states=feeds.states(db), history=levels.history(db)
    )


def told(db: Connection, reader: str, kinds: Collection[str]) -> Told:
    """The board that came with the last digest of these kinds: "daily", "weekly".

    Of both kinds the older one: that is what the reader has not been told since. `reader` is an
    endpoint, or a receiver: then it is that of its endpoints which got one last.
    """
    found = [one for kind in kinds if (one := _last(db, _name(reader, kind)))]
    if not found:
        return Told(levels={}, since=None)
    levels_then, at = min(found, key=lambda one: one[1])
    return Told(levels=levels_then, since=at)


def _last(db: Connection, name: str) -> tuple[dict[str, str], datetime] | None:
    of_it = or_(service.c.name == name, service.c.name.startswith(f"{name}/", autoescape=True))
    query = select(service.c.value, service.c.at).where(of_it)
    row = db.execute(query.order_by(service.c.at.desc()).limit(1)).first()
    return (row.value, row.at) if row else None


def of_reader(
    db: Connection, rules: Sequence[str], reader: str, kinds: Collection[str]
) -> tuple[Seen, Told]:
    """Both, for the digest that an endpoint is to get, or a receiver."""
    return seen(db, rules), told(db, reader, kinds)


def settle(
    db: Connection,
    ids: Sequence[int],
    settled: Settled,
    now: datetime,
    heard: Heard | None,
    digest: Digest,
) -> None:
    """As `outbox.settle`, for a digest that arrived: its board is what its reader knows."""
    outbox.settle(db, ids, settled, now, heard)
    if digest.board and heard:
        known = {one.rule: one.level for one in digest.board.standings}
        for kind in digest.scheduled:
            note(db, _name(heard.endpoint, kind), known, digest.at)


def _name(reader: str, kind: str) -> str:
    return f"board {kind} {reader}"
