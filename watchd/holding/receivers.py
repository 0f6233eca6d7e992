"""What people are told of receivers: that one takes nothing, that messages were given up, that it
is well again; all at once, and each thing once. Pure: the time is passed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from watchd.model import EndpointState, Notice
from watchd.timing import told_span
from watchd.values import Struct, replace

FAILS_AFTER = timedelta(minutes=10)
"""An endpoint that takes nothing for so long has failed: people are told, its fallback is used."""
_AGAIN = timedelta(hours=24)  # between two words about messages to one endpoint that were given up
_SAID = 200  # characters of an endpoint's own words
_WHY = "what a receiver does not take, nobody reads"


class GivenUp(Struct, frozen=True, kw_only=True):
    """Deliveries to an endpoint that end without arriving, and that people do not know of."""

    count: int = 0  # given up
    last: int = 0  # the highest of their numbers
    until: datetime | None = None  # when the last of them was
    unanswered: int = 0  # left to a person: they may have arrived
    last_unanswered: int = 0

    def with_failed(self, number: int, at: datetime | None) -> GivenUp:
        """With one more that was given up."""
        until = max(filter(None, (self.until, at)), default=None)
        return replace(self, count=self.count + 1, last=max(self.last, number), until=until)

    def with_unanswered(self, number: int) -> GivenUp:
        """With one more that waits for a person."""
        last = max(self.last_unanswered, number)
        return replace(self, unanswered=self.unanswered + 1, last_unanswered=last)


class Telling(Struct, frozen=True, kw_only=True):
    """What is to be said, of whom, and what people know of each endpoint afterwards."""

    notice: Notice
    knowing: tuple[EndpointState, ...]
    failing: frozenset[str]  # not to be told themselves: they would not take it


def due(
    states: Mapping[str, EndpointState],
    given_up: Mapping[str, GivenUp],
    waiting: Mapping[str, int],
    now: datetime,
) -> Telling | None:
    """What is to be told now of these endpoints; None for nothing.

    With the first that has failed for FAILS_AFTER go all that have for half as long. `waiting` are
    the messages that wait for each.
    """
    failing = [one for one in states.values() if one.is_failing]
    new = [one for one in failing if not one.told]
    is_due = any(_age(one, now) >= FAILS_AFTER for one in new)
    bad = [one for one in new if is_due and _age(one, now) >= FAILS_AFTER / 2]
    well = [one for one in states.values() if one.told and not one.failures]
    lost = [
        one
        for name, one in states.items()
        if name in given_up and (one.told_failed_at is None or now - one.told_failed_at >= _AGAIN)
    ]
    if not (bad or well or lost):
        return None
    knowing = dict(states)
    for one in [*bad, *well]:
        knowing[one.endpoint] = replace(knowing[one.endpoint], told=one.is_failing)
    for one in lost:
        now_known, before = given_up[one.endpoint], knowing[one.endpoint]
        knowing[one.endpoint] = replace(
            before,
            told_failed=max(before.told_failed, now_known.last),
            told_failed_at=now,
            told_until=now_known.until or before.told_until,
            told_unanswered=max(before.told_unanswered, now_known.last_unanswered),
        )
    return Telling(
        notice=_notice(bad, well, {one.endpoint: given_up[one.endpoint] for one in lost},
                       waiting, now),
        knowing=tuple(one for name, one in knowing.items() if one != states[name]),
        failing=frozenset(one.endpoint for one in failing),
    )  # fmt: skip


def _notice(
    bad: list[EndpointState],
    well: list[EndpointState],
    given_up: Mapping[str, GivenUp],
    waiting: Mapping[str, int],
    now: datetime,
) -> Notice:
    lines = [
        f"{one.endpoint}: takes nothing for {told_span(_age(one, now))}; "
        f"{_messages(waiting.get(one.endpoint, 0))} wait{_s(waiting.get(one.endpoint, 0))}; "
        f"it says: {one.error[:_SAID] or 'nothing'}"
        for one in bad
    ]
    lines += [
        f"{name}: {' and '.join(_left(one))}; see `watchd outbox`" for name, one in given_up.items()
    ]
    lines += [f"{one.endpoint}: takes messages again" for one in well]
    parts = []
    if bad:
        parts.append(_counted(bad, "takes no messages", "take no messages"))
    whole = GivenUp(
        count=sum(one.count for one in given_up.values()),
        unanswered=sum(one.unanswered for one in given_up.values()),
    )
    parts += _left(whole)
    if well:
        parts.append(_counted(well, "is well again", "are well again"))
    return Notice(
        at=now,
        severity="high" if bad or given_up else "info",
        title="; ".join(parts),
        lines=tuple(lines),
        why=_WHY,
    )


def _left(one: GivenUp) -> list[str]:
    said = [f"{_messages(one.count)} given up"] if one.count else []
    if one.unanswered:
        said.append(f"{_messages(one.unanswered)} without an answer, for you to decide on")
    return said


def _age(one: EndpointState, now: datetime) -> timedelta:
    return now - (one.failing_since or now)


def _messages(count: int) -> str:
    return f"{count} message" if count == 1 else f"{count} messages"


def _s(count: int) -> str:
    return "s" if count == 1 else ""


def _counted(those: Iterable[EndpointState], one: str, many: str) -> str:
    names = [each.endpoint for each in those]
    return f"{names[0]} {one}" if len(names) == 1 else f"{len(names)} endpoints {many}"
