"""From the looks of a rule over time to its alerts: when it is looked at, and when it rests."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from watchd.model import Observation, OverTimeHit
from watchd.overtime.looks import look, reach, rest
from watchd.overtime.silence import Quiet, spoke_again
from watchd.overtime.steps import waits
from watchd.overtime.windows import History, Look, stories
from watchd.values import Struct, replace

if TYPE_CHECKING:
    from watchd.rules import OverTime

_MOST_BEHIND = 5  # stories that an alert names
_BARS = 14  # of the picture beside the numbers


class Event(Struct, frozen=True, kw_only=True):
    """An alert of a rule over time, on the item that made it."""

    item: int
    feed: str
    found: OverTimeHit


class Looked(Struct, frozen=True, kw_only=True):
    """A rule was looked at because of one observation."""

    at: datetime
    one: Observation
    known: Sequence[Observation]  # what it was looked at with
    look: Look
    alerts: bool = False  # it makes an alert, which `look` alone does not say
    rests_until: datetime | None = None  # it would, had it not made one so shortly before


def events(
    rule: OverTime,
    seen: Sequence[Observation],
    waiting: Collection[int],
    earlier: Sequence[tuple[int, OverTimeHit]],
    history: History,
    now: datetime,
    since: datetime,
) -> list[Event]:
    """The alerts that observations which have come in (`waiting`, by item) make."""
    return [
        Event(
            item=found.one.item,
            feed=found.one.feed,
            found=hit_of(rule, found.look, found.known, found.one),
        )
        for found in looks(rule, seen, waiting, earlier, history, now, since)
        if found.alerts
    ]


def looks(
    rule: OverTime,
    seen: Sequence[Observation],
    waiting: Collection[int],
    earlier: Sequence[tuple[int, OverTimeHit]],
    history: History,
    now: datetime,
    since: datetime,
) -> Iterator[Looked]:
    """Each look at a rule that observations which have come in (`waiting`, by item) are reason for.

    A rule is looked at as of the time of each of these, and of those after them that they may
    have completed: so a late item counts where it belongs, and whether watchd was stopped
    meanwhile makes no difference. `earlier` are the alerts there were, with their items: after
    one the rule rests for the length of its window, for that key; a wording that one told of is
    not new while the rule looks back as far. `since` is when the rule was put in force: an
    absence that was complete before is old news.
    """
    length = rest(rule)
    alerts = [(one.key, one.at) for _, one in earlier]
    words = [(one.at, one.words) for _, one in earlier if one.words]
    told = {item for item, one in earlier if not one.words}
    for end, one, known in _looked_at(rule, seen, waiting, now, since):
        if one.item in told:
            continue
        if words:
            history = replace(history, told=_told(words, end - reach(rule)))
        found = [
            _looked(rule, at_once, end, one, known, alerts, length)
            for at_once in look(rule, known, end, history)
        ]
        chosen = max(found, key=_says_most)
        if chosen.alerts:
            alerts.append((chosen.look.key, one.at))
            if chosen.look.words:  # an edit may add another
                words.append((one.at, chosen.look.words))
            else:
                told.add(one.item)
        yield chosen


def _told(words: Sequence[tuple[datetime, Sequence[str]]], after: datetime) -> frozenset[str]:
    """The wordings that alerts later than a time told of."""
    return frozenset(word for at, some in words if at > after for word in some)


def _looked(
    rule: OverTime,
    at_once: Look,
    end: datetime,
    one: Observation,
    known: Sequence[Observation],
    alerts: Sequence[tuple[str, datetime]],
    length: timedelta,
) -> Looked:
    """Whether this observation makes an alert: none of its key has made one shortly before.

    One that is not among what was counted, as a copy is not, makes none; and where something
    must not follow, only the one that began the time: another's has another end.
    """
    looked = Looked(at=end, one=one, known=known, look=at_once)
    if at_once.state != "alert":
        return looked
    near = [at for key, at in alerts if key == at_once.key and abs(one.at - at) < length]
    if near:
        return replace(looked, rests_until=max(near) + length)
    made_it = at_once.behind[:1] if has_deadlines(rule) else at_once.behind
    return replace(looked, alerts=one in made_it)


def _says_most(found: Looked) -> tuple[bool, bool]:
    """Of the looks for several keys: the alert, else the key that the observation counts for."""
    return found.alerts, found.one in found.look.behind


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
                yield one.at + length, one, _of_reach(rule, seen, one.at + length, len(seen))
        return
    came = [one.at for one in seen if one.item in waiting]
    if not came:
        return
    first, last = min(came), max(came) + rest(rule)
    for number, one in enumerate(seen, 1):
        if one.wakes and first <= one.at <= last:
            yield one.at, one, _of_reach(rule, seen, one.at, number)


def _of_reach(
    rule: OverTime, seen: Sequence[Observation], end: datetime, number: int
) -> Sequence[Observation]:
    """Of the first so many: those that matter at a time. A year of them is not gone through."""
    first = end - reach(rule)
    return seen[bisect_left(seen, first, key=lambda one: one.at) : number]


def silences(
    rule: OverTime, feed: str, seen: Sequence[Observation], since: datetime, end: datetime
) -> Iterator[Looked]:
    """Each look at a `flatline` up to `end` that one of its feeds is reason for.

    That is whenever an item (`seen`, in the order of their times) gets as old as the rule's time:
    until then it holds no fewer. The feed counts as read all the while, `since` a time.
    """
    length = reach(rule)
    told: datetime | None = None
    again = partial(spoke_again, rule.table)  # type: ignore[arg-type]
    times = [one.at for one in seen]
    for at in sorted({one + length for one in times}):
        if at > end:
            break
        past = bisect_right(times, at)
        newest, count = seen[past - 1], past - bisect_right(times, at - length)
        quiet = Quiet(count=count, last=newest.at, since=since, read=at)
        (found,) = look(rule, (), at, History(since=since), {feed: quiet})
        is_new = told is None or again(_since(times, told - length, past), told)
        alerts = found.state == "alert" and is_new
        if alerts:
            told = newest.at
        yield Looked(at=at, one=newest, known=(), look=found, alerts=alerts)


def _since(times: Sequence[datetime], first: datetime, number: int) -> Sequence[datetime]:
    return times[bisect_right(times, first) : number]


def has_deadlines(rule: OverTime) -> bool:
    """Whether time alone can make an alert: a step that must not be has not been."""
    return rule.type == "sequence" and waits(rule.table)  # type: ignore[arg-type]


def hit_of(
    rule: OverTime, at_once: Look, seen: Sequence[Observation], one: Observation
) -> OverTimeHit:
    """What is written down of an alert: its numbers, and the newest stories behind it."""
    value, behind = at_once.value, stories(at_once.behind)
    since, until = _pictured(rule, one.at)
    last = until if until == one.at else until - timedelta(microseconds=1)  # its beginning is in it
    others = [other.item for other in reversed(behind) if other.story != one.story]
    told = at_once.behind if at_once.key else seen  # the picture is of what the numbers are of
    return OverTimeHit(
        said=at_once.said,
        value=value if value is not None and math.isfinite(value) else None,
        items=(one.item, *others[: _MOST_BEHIND - 1]),
        series=bars([other.at for other in stories(told)], last, until - since),
        at=one.at,
        key=at_once.key,
        since=since,
        until=until if until != one.at else None,
        stories=len(behind),
        words=at_once.words,
    )


def _pictured(rule: OverTime, at: datetime) -> tuple[datetime, datetime]:
    """Of which time the picture of an alert is, on an item of `at`: what was looked at.

    Where a step must not be, that is what came after the item.
    """
    return (at, at + reach(rule) / 2) if has_deadlines(rule) else (at - reach(rule), at)


def bars(times: Sequence[datetime], until: datetime, length: timedelta) -> tuple[int, ...]:
    """How many of these fall into each of 14 equal stretches of a length of time."""
    counts = [0] * _BARS
    for at in times:
        place = _BARS - 1 - int((until - at) / (length / _BARS))
        if at <= until and place >= 0:
            counts[place] += 1
    return tuple(counts)
