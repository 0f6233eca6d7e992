"""From the looks of a rule over time to its alerts: when it is looked at, and when it rests."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from watchd.model import Observation, OverTimeHit
from watchd.overtime.looks import look, reach, rest
from watchd.overtime.steps import waits
from watchd.overtime.windows import History, Look, stories

if TYPE_CHECKING:
    from watchd.rules import OverTime

_MOST_BEHIND = 5  # stories that an alert names
_BARS = 14  # of the picture beside the numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An alert of a rule over time, on the item that made it."""

    item: int
    feed: str
    found: OverTimeHit


def events(
    rule: OverTime,
    seen: Sequence[Observation],
    waiting: Collection[int],
    earlier: Sequence[tuple[int, OverTimeHit]],
    history: History,
    now: datetime,
    since: datetime,
) -> list[Event]:
    """The alerts that observations which have come in (`waiting`, by item) make.

    A rule is looked at as of the time of each of these, and of those after them that they may
    have completed: so a late item counts where it belongs, and whether watchd was stopped
    meanwhile makes no difference. `earlier` are the alerts there were, with their items: after
    one the rule rests for the length of its window, for that key. `since` is when the rule was
    put in force: an absence that was complete before is old news.
    """
    length, found = rest(rule), list[Event]()
    alerts = [(one.key, one.at) for _, one in earlier]
    told = {item for item, _ in earlier}
    for end, one, before in _looked_at(rule, seen, waiting, now, since):
        if one.item in told:
            continue
        for at_once in look(rule, before, end, history):
            if at_once.state != "alert" or one not in at_once.behind:
                continue
            if any(key == at_once.key and abs(one.at - at) < length for key, at in alerts):
                continue
            found.append(
                Event(item=one.item, feed=one.feed, found=hit_of(rule, at_once, before, one))
            )
            alerts.append((at_once.key, one.at))
            told.add(one.item)
            break
    return found


def _looked_at(
    rule: OverTime,
    seen: Sequence[Observation],
    waiting: Collection[int],
    now: datetime,
    since: datetime,
) -> Iterator[tuple[datetime, Observation, Sequence[Observation]]]:
    """When the rule is looked at: with the observation that is the reason, and those known then."""
    if has_deadlines(rule):
        length = reach(rule) / 2
        for one in seen:
            if one.wakes and since < one.at + length <= now:
                yield one.at + length, one, seen
        return
    came = [one.at for one in seen if one.item in waiting]
    if not came:
        return
    first, last = min(came), max(came) + rest(rule)
    for number, one in enumerate(seen, 1):
        if one.wakes and first <= one.at <= last:
            yield one.at, one, seen[:number]


def has_deadlines(rule: OverTime) -> bool:
    """Whether time alone can make an alert: a step that must not be has not been."""
    return rule.type == "sequence" and waits(rule.table)  # type: ignore[arg-type]


def hit_of(
    rule: OverTime, at_once: Look, seen: Sequence[Observation], one: Observation
) -> OverTimeHit:
    """What is written down of an alert: its numbers, and the newest stories behind it."""
    value, length, behind = at_once.value, reach(rule), stories(at_once.behind)
    others = [other.item for other in reversed(behind) if other.story != one.story]
    told = at_once.behind if at_once.key else seen  # the picture is of what the numbers are of
    return OverTimeHit(
        said=at_once.said,
        value=value if value is not None and math.isfinite(value) else None,
        items=(one.item, *others[: _MOST_BEHIND - 1]),
        series=bars([other.at for other in stories(told)], one.at, length),
        at=one.at,
        key=at_once.key,
        since=one.at - length,
        stories=len(behind),
    )


def bars(times: Sequence[datetime], until: datetime, length: timedelta) -> tuple[int, ...]:
    """How many of these fall into each of 14 equal stretches of a length of time."""
    counts = [0] * _BARS
    for at in times:
        place = _BARS - 1 - int((until - at) / (length / _BARS))
        if at <= until and place >= 0:
            counts[place] += 1
    return tuple(counts)
