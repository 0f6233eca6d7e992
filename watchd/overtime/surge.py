"""`spike`: more stories in a window than those before it make likely."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from watchd.model import Observation
from watchd.overtime.statistics import surprise
from watchd.overtime.windows import (
    History,
    Look,
    State,
    chance_in_words,
    counted,
    span,
    stories,
    within,
)
from watchd.values import replace

if TYPE_CHECKING:
    from watchd.rules.schema import Spike

CHANCES = {"low": 0.001, "normal": 0.01, "high": 0.05}
"""How small the chance must be, by `sensitivity`."""
FEWEST_WINDOWS = 4  # of baseline: with fewer, its spread is anybody's guess
_FEWEST_OTHERS = 10  # stories a window that the query does not find


def spike(table: Spike, seen: Sequence[Observation], at: datetime, history: History) -> list[Look]:
    """One look."""
    window, baseline = span(table.window), span(table.baseline)
    since = at - window - baseline
    found = stories(within(seen, since, at))
    now = [one for one in found if one.at > at - window]
    if at - history.since < span(table.warm_up):
        said = f"not {table.warm_up} of history yet: items are collected since "
        return [Look(state="not ready", said=f"{said}{history.since:%Y-%m-%d %H:%M} UTC")]
    edges = [at]
    while edges[-1] - window >= max(since, history.since):
        edges.append(edges[-1] - window)
    windows = len(edges) - 2
    if windows < FEWEST_WINDOWS:
        said = f"{counted(max(windows, 0), 'window')} of {table.window} to compare with"
        return [Look(state="not ready", said=f"{said}, and {FEWEST_WINDOWS} are needed")]
    edges.reverse()
    counts = _per_window([one.at for one in found], edges)
    offered = _per_window(history.published, edges)
    # What matches is among what was published, whatever the two count as one story.
    offered = [max(much, count) for much, count in zip(offered, counts, strict=True)]
    others = sum(offered[:-1]) - sum(counts[:-1])
    by_volume = others >= _FEWEST_OTHERS * windows and min(offered) > 0
    exposures = offered if by_volume else [1] * len(edges[1:])
    count, usual = counts[-1], sum(counts[:-1])
    than = surprise(count, exposures[-1], counts[:-1], exposures[:-1])
    of = f" of {offered[-1]:,}" if by_volume else ""
    of_usual = f" of {sum(offered[:-1]):,}" if by_volume else ""
    said = (
        f"{count:,}{of} {'stories' if by_volume or count != 1 else 'story'} in {table.window}; "
        f"usual {usual:,}{of_usual} in {counted(windows, 'window')} of that length "
        f"(about {than.expected:.2g} expected); chance {chance_in_words(than.chance)}"
    )
    unusual = than.chance < CHANCES[table.sensitivity] and count >= table.at_least
    state: State = "alert" if unusual else "no alert"
    look = Look(state=state, said=said, value=count, behind=tuple(now))
    return [replace(look, expected=than.expected, chance=than.chance)]


def _per_window(times: Sequence[datetime], edges: Sequence[datetime]) -> list[int]:
    """How many of these sorted times fall between each two edges, the later one included."""
    places = [bisect_right(times, edge) for edge in edges]
    return [after - before for before, after in pairwise(places)]
