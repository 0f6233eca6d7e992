"""What is kept by the names of endpoints follows their addresses; and who left the config."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, case, delete, func, insert, select, update

from watchd.holding.addresses import moves, receiver_of, renamed
from watchd.model import Delivery, Destination, Endpoint, EndpointState, Notice
from watchd.store import endpoints, marks
from watchd.store.outbox import WAITS, add_notice, delivery_of
from watchd.store.schema import deliveries, escalations, kept_back, service
from watchd.values import replace

_NOTES = ("endpoint ", "board daily ", "board weekly ")
"""What `service` notes of endpoints begins with: how they do, and what board they know."""

_UNDONE = deliveries.c.state.in_(["pending", "sending", "unknown", "failed"])


def moved(db: Connection, here: Sequence[Endpoint]) -> dict[str, str]:
    """The names that `follow` would change, each with the one in its place."""
    before, now = marks.read(db).marks, _marks(here)
    if not now or not moves(before, now):
        return {}
    kept = set(db.scalars(select(kept_back.c.endpoint).distinct()))
    return moves(before, now, kept | endpoints.known(db))


def follow(db: Connection, here: Sequence[Endpoint], now: datetime) -> dict[str, str]:
    """Bring all that is kept by name to where its address stands now, among these endpoints.

    Returns the names that changed, each with the one in its place. Where endpoints have no marks,
    nothing is compared.
    """
    before, its = marks.read(db), _marks(here)
    if not its:
        return {}
    found = moved(db, here)
    if found:
        _rename(db, found, {one.receiver for one in here})
    undone = set(db.scalars(select(deliveries.c.endpoint).where(_UNDONE).distinct()))
    gone = {found.get(name, name): mark for name, mark in before.marks.items()}
    after = {name: mark for name, mark in gone.items() if name in undone} | its
    left = [found.get(name, name) for name in before.left]
    left = [name for name in left if name not in its]
    if (after, left) != (before.marks, before.left):
        marks.write(db, replace(before, marks=after, left=left), now)
    return found


def _marks(here: Iterable[Endpoint]) -> dict[str, str]:
    return {one.name: one.mark for one in here if one.mark}


def _rename(db: Connection, found: Mapping[str, str], receivers: Collection[str]) -> None:
    aside = {f"moving {old}": new for old, new in found.items()}
    for table in (deliveries, kept_back):  # in two steps: two that change places are one at a time
        name = table.c.endpoint
        db.execute(update(table).where(name.in_(found)).values(endpoint="moving " + name))
        values = {"endpoint": case(aside, value=name)}
        if table is deliveries:
            to = {old: receiver_of(new) for old, new in aside.items()}
            values["receiver"] = case(to, value=name)
        db.execute(update(table).where(name.in_(aside)).values(values))
    modes = {f"fallback {old}": f"fallback {new}" for old, new in found.items()}
    mode = deliveries.c.mode
    db.execute(update(deliveries).where(mode.in_(modes)).values(mode=case(modes, value=mode)))
    _rename_notes(db, found)
    _rename_escalations(db, found, receivers)


def _rename_notes(db: Connection, found: Mapping[str, str]) -> None:
    names = {prefix + old: prefix + new for old, new in found.items() for prefix in _NOTES}
    rows = db.execute(select(service).where(service.c.name.in_(names))).mappings().all()
    db.execute(delete(service).where(service.c.name.in_({*names, *names.values()})))
    if rows:
        db.execute(insert(service), [{**row, "name": names[row["name"]]} for row in rows])


def _rename_escalations(
    db: Connection, found: Mapping[str, str], receivers: Collection[str]
) -> None:
    number = escalations.c.delivery_id
    waiting = select(number, escalations.c.receivers).where(escalations.c.done_at.is_(None))
    for row in db.execute(waiting).all():
        if (names := renamed(row.receivers, found, receivers)) != row.receivers:
            here = update(escalations).where(number == row.delivery_id)
            db.execute(here.values(receivers=names))


_WAITED_FOR = select(deliveries.c.endpoint).where(WAITS).distinct()


def without_endpoint(db: Connection, names: Collection[str]) -> list[Delivery]:
    """Open deliveries to endpoints that are none of these."""
    strange = set(db.scalars(_WAITED_FOR)).difference(names)
    if not strange:
        return []
    query = select(deliveries).where(WAITS, deliveries.c.endpoint.in_(strange))
    return [delivery_of(row) for row in db.execute(query.order_by(deliveries.c.id)).mappings()]


def taken(db: Connection, alert: int) -> set[str]:
    """The endpoints an alert already has a delivery for."""
    return set(db.scalars(select(deliveries.c.endpoint).where(deliveries.c.alert_id == alert)))


def redirect(db: Connection, delivery: int, endpoint: str) -> None:
    """Point a delivery at another endpoint of its receiver."""
    db.execute(update(deliveries).where(deliveries.c.id == delivery).values(endpoint=endpoint))


def give_up(db: Connection, delivery: int, reason: str, now: datetime) -> None:
    """Nobody to send this to: it fails, visibly."""
    db.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery)
        .values(state="failed", next_attempt_at=None, finished_at=now, error=reason)
    )


def left(db: Connection) -> list[str]:
    """Endpoints that have left the config while something waited for them, and still does."""
    return list(marks.read(db).left)


def leave(
    db: Connection,
    names: Sequence[str],
    notice: Notice | None,
    to: Sequence[Endpoint],
    now: datetime,
) -> None:
    """Note that these have left, and tell of it. What was given up before is not told again."""
    known = marks.read(db)
    marks.write(db, replace(known, left=sorted({*known.left, *names})), now)
    noted, failed = endpoints.states(db), _failed(db, names)
    for name in names:
        told, at = failed.get(name, 0), None
        if name in noted:  # what was given up, and not told yet, still is to be
            told, at = noted[name].told_failed, noted[name].told_failed_at
        state = EndpointState(endpoint=name, told_failed=told, told_failed_at=at)
        endpoints.know(db, [state], now)
    if notice is not None and to:
        add_notice(db, notice, [Destination(endpoint=one) for one in to], now)


def over(db: Connection) -> list[str]:
    """Those that have left for which nothing waits, and of which all is told that was given up."""
    names = left(db)
    if not names:
        return []
    waiting = select(deliveries.c.endpoint).where(WAITS, deliveries.c.endpoint.in_(names))
    waits, failed = set(db.scalars(waiting.distinct())), _failed(db, names)
    states = endpoints.states(db, names)
    told = [name for name in names if failed.get(name, 0) <= states[name].told_failed]
    return [name for name in told if name not in waits]


def forget(db: Connection, names: Collection[str], now: datetime) -> None:
    """Of these, nothing more is to be told."""
    known = marks.read(db)
    still = [name for name in known.left if name not in names]
    marks.write(db, replace(known, left=still), now)


def _failed(db: Connection, names: Collection[str]) -> dict[str, int]:
    """By endpoint, the last delivery that was given up."""
    last = select(deliveries.c.endpoint, func.max(deliveries.c.id))
    of_these = last.where(deliveries.c.state == "failed", deliveries.c.endpoint.in_(names))
    rows = db.execute(of_these.group_by(deliveries.c.endpoint))
    return {row[0]: row[1] for row in rows}
