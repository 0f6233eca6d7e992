"""A rule over time, looked at once: whatever its type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from watchd.model import Observation
from watchd.overtime.counting import frequency, ratio
from watchd.overtime.silence import Quiet, flatline
from watchd.overtime.steps import sequence, waits
from watchd.overtime.surge import FEWEST_WINDOWS, spike
from watchd.overtime.windows import History, Look, span
from watchd.overtime.wording import SETTLED, new_term

if TYPE_CHECKING:
    from watchd.rules import OverTime


def look(
    rule: OverTime,
    seen: Sequence[Observation],
    at: datetime,
    history: History,
    feeds: Mapping[str, Quiet] | None = None,
) -> list[Look]:
    """What a rule comes to at a time, one look for each key that it counts by.

    `seen` are its observations in the order of their times, `feeds` those that a `flatline`
    watches.
    """
    from watchd.rules import schema  # with its library, which most rounds need not load

    seen = [one for one in seen if one.at <= at]
    match rule.table:
        case schema.Frequency() as table:
            return frequency(table, seen, at)
        case schema.Spike() as table:
            return spike(table, seen, at, history)
        case schema.Ratio() as table:
            return ratio(table, seen, at)
        case schema.Sequence() as table:
            return sequence(table, seen, at)
        case schema.NewTerm() as table:
            return new_term(table, seen, at, history)
        case schema.Flatline() as table:
            return flatline(table, feeds or {}, at)


def reach(rule: OverTime) -> timedelta:
    """How far back from the time of a look its observations matter."""
    from watchd.rules import schema

    match rule.table:
        case schema.Spike() as table:
            return span(table.window) + span(table.baseline)
        case schema.NewTerm() as table:
            return span(table.history)
        case schema.Sequence() as table:
            return span(table.within) * (2 if waits(table) else 1)
        case table:
            return span(table.within)


def ready(rule: OverTime, since: datetime) -> datetime | None:
    """When there is history enough for a rule, if items are collected since a time.

    None: it needs none.
    """
    from watchd.rules import schema

    match rule.table:
        case schema.Spike() as table:
            return since + max(span(table.warm_up), span(table.window) * (FEWEST_WINDOWS + 1))
        case schema.NewTerm() as table:
            return since + min(SETTLED, span(table.history))
        case _:
            return None


def rest(rule: OverTime) -> timedelta:
    """For how long a rule is quiet after an alert: one alert for what one window holds.

    A wording is new only once, and a feed goes quiet only once until it speaks again.
    """
    from watchd.rules import schema

    match rule.table:
        case schema.Spike() as table:
            return span(table.window)
        case schema.NewTerm() | schema.Flatline():
            return timedelta(0)
        case table:
            return span(table.within)
