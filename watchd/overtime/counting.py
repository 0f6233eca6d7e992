"""`frequency` and `ratio`: so many within a time, and how two counts compare."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from watchd.model import Observation
from watchd.overtime.statistics import wilson
from watchd.overtime.windows import Look, State, counted, span, stories, within

if TYPE_CHECKING:
    from watchd.rules.schema import Frequency, Ratio


def key_of(seen: Observation, by: str | None) -> str:
    """What an observation counts for under `by`."""
    if by is None:
        return ""
    keys = {"source": seen.feed, "publisher": seen.publisher or seen.feed}
    return {**keys, "lang": seen.lang, "story": seen.story}[by]


def frequency(table: Frequency, seen: Sequence[Observation], at: datetime) -> list[Look]:
    """A look for each key of `by`; one look where nothing was found."""
    groups: dict[str, list[Observation]] = {}
    for one in within(seen, at - span(table.within), at):
        groups.setdefault(key_of(one, table.by), []).append(one)
    return [_frequent(table, key, group) for key, group in (groups or {"": []}).items()]


def _frequent(table: Frequency, key: str, group: list[Observation]) -> Look:
    different = {key_of(one, table.distinct) for one in group}
    count = len(different) if table.distinct else len(group)
    said = f"{counted(len(group), 'item')} in {table.within}"
    if table.distinct:
        said = f"{counted(count, table.distinct)} in {table.within}"
    if table.by and table.by != "story" and key:
        said += f" for {table.by} {key}"
    said += f"; the rule asks for {table.at_least}"
    state: State = "alert" if count >= table.at_least else "no alert"
    return Look(state=state, said=said, value=count, key=key, behind=tuple(group))


def ratio(table: Ratio, seen: Sequence[Observation], at: datetime) -> list[Look]:
    """One look; each story counts once, however often it was copied."""
    found = stories(within(seen, at - span(table.within), at, "query"))
    of_count, of_against = _numbers(found, "ratio.count"), _numbers(found, "ratio.against")
    named, other = (sum(map(bool, numbers)) for numbers in (of_count, of_against))
    either = [one for one, a, b in zip(found, of_count, of_against, strict=True) if a or b]
    mentions = table.unit == "mentions"
    count, against = (sum(of_count), sum(of_against)) if mentions else (named, other)
    what = table.unit if mentions else "stories"
    said = f"{_name(table.count)} {count:,}, {_name(table.against)} {against:,} {what}"
    if not count + against:
        return [Look(state="no alert", said=f"{said} in {table.within}")]
    value = count / against if against else math.inf
    said += f": {value:.1f} times as often" if against else ""
    name = "names" if len(either) == 1 else "name"
    low, high = wilson(named, len(either))
    said += (
        f", in {table.within}; {_name(table.count)} is named in {named} of "
        f"{counted(len(either), 'story')} that {name} either (95 %: {low:.0%} to {high:.0%})"
    )
    beyond = (table.above is not None and value >= table.above) or (
        table.below is not None and value <= table.below
    )
    state: State = "alert" if beyond and count + against >= table.at_least else "no alert"
    return [Look(state=state, said=said, value=value, behind=tuple(either))]


def _numbers(found: Iterable[Observation], step: str) -> list[int]:
    return [one.steps.get(step, 0) for one in found]


def _name(query: str) -> str:
    """How the numbers call a query: its first word, or list, without the sign."""
    words = query.replace("(", " ").replace('"', " ").split()
    return words[0].removeprefix("@").rstrip("*").replace("_", " ") if words else "it"
