"""How things stand in a few figures: what is told all the time, and so must cost little."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from watchd.store import endpoints, outbox, service
from watchd.store.schema import feeds
from watchd.values import Struct


class Standing(Struct, frozen=True, kw_only=True):
    """Counts, and what the daemon has noted; None: it has noted nothing."""

    healths: Counter[str]  # of the feeds in the config
    outbox: outbox.Counts
    failing: int  # endpoints
    rules: dict[str, Any] | None
    network: str | None


_HEALTHS = select(feeds.c.health, func.count()).where(feeds.c.active).group_by(feeds.c.health)


def standing(db: Connection, now: datetime) -> Standing:
    """How things stand."""
    rules, network = service.noted(db, "rules"), service.noted(db, "network")
    return Standing(
        healths=Counter({row[0]: row[1] for row in db.execute(_HEALTHS)}),
        outbox=outbox.counts(db, now),
        failing=sum(one.is_failing for one in endpoints.states(db).values()),
        rules=rules[0] if rules else None,
        network=network[0] if network else None,
    )
