"""What follows by itself: alerts that nobody acknowledged, silences that have ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from watchd import log
from watchd.model import Destination, Endpoint, Escalation
from watchd.store import Store, escalations, silences

TOLD_AFTER = timedelta(hours=1)
"""So long a silence that has ended waits for a message that tells what it kept back."""

_RECENT = timedelta(days=7)  # a message that was given up is made up for so long

_log = log.Log("watchd.notify")


class Reach(Protocol):
    """What is needed of the config in force: whom a message can go to, and when."""

    @property
    def endpoints(self) -> Mapping[str, Endpoint]: ...

    def escalated(self, escalation: Escalation, now: datetime) -> tuple[Destination, ...]: ...

    def is_resting(self, endpoint: Endpoint, now: datetime) -> bool: ...


async def follow_up(store: Store, reach: Reach, now: datetime) -> int:
    """Write what follows by itself. Returns how many messages there are to be sent."""
    return await _escalate(store, reach, now) + await _tell_of_silences(store, reach, now)


async def _escalate(store: Store, reach: Reach, now: datetime) -> int:
    """Send on what was delivered and nobody acknowledged in time. Returns how many messages.

    Each alert is decided once, and what is decided stands in the database: a restart neither
    forgets it nor does it again.
    """
    added = 0
    for one in await store.do_read(escalations.due, now):
        asked = Escalation(after=one.after, to=one.receivers)
        to = () if one.acknowledged else reach.escalated(asked, now)
        told = await store.do_write(escalations.settle, one, to, now)
        if told:
            receivers = ",".join(one.receivers)
            _log.warning("delivery.escalated", alert=one.alert, receivers=receivers, count=told)
        added += told
    return added


async def _tell_of_silences(store: Store, reach: Reach, now: datetime) -> int:
    """Tell what silences kept back, where no message has come by to do so. Returns to how many.

    Not in the quiet hours of an endpoint.
    """
    if lost := await store.do_read(silences.lost, now - _RECENT):
        await store.do_write(silences.tell_again, lost)
    told = 0
    for one in await store.do_read(silences.untold, now - TOLD_AFTER):
        endpoint = reach.endpoints.get(one.endpoint)
        if endpoint is None or reach.is_resting(endpoint, now):
            continue
        if await store.do_write(silences.tell, endpoint, one.silences, now):
            numbers = ",".join(str(number) for number in one.silences)
            _log.info("silence.told", silences=numbers, to=endpoint.name)
            told += 1
    return told
