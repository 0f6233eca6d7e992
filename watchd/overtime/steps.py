"""`sequence`: several things within a time, in order or not, and some that must not be."""

from __future__ import annotations

from collections.abc import Sequence as Many
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from watchd.model import Observation
from watchd.overtime.windows import Look, span, within

if TYPE_CHECKING:
    from watchd.rules.schema import Sequence, Step


def key_of_step(number: int) -> str:
    """The key of the query of a step, counted from 0, as the file holds it."""
    return f"sequence.step.{number}.query"


def waits(table: Sequence) -> bool:
    """Whether the rule has a step that must not be: then it tells when the time has run out."""
    return any(step.absent for step in table.step)


def sequence(table: Sequence, seen: Many[Observation], at: datetime) -> list[Look]:
    """One look: whether the steps have come by `at`.

    With a step that must not be, the time begins with the first of the others and has to have
    run out: that is told for as long again.
    """
    if not waits(table):
        return [_steps(table, seen, at)]
    length = span(table.within)
    looks = [_steps(table, seen, end) for end in ends(table, seen) if at - length < end <= at]
    looks.sort(key=lambda look: look.state == "alert")
    return looks[-1:] or [Look(state="no alert", said=f"no step has waited {table.within}")]


def ends(table: Sequence, seen: Many[Observation]) -> list[datetime]:
    """When the time runs out that begins with each of these, where a step must not be."""
    wanted = [key_of_step(n) for n, step in enumerate(table.step) if not step.absent]
    length = span(table.within)
    return [one.at + length for one in seen if any(key in one.steps for key in wanted)]


def _steps(table: Sequence, seen: Many[Observation], at: datetime) -> Look:
    length = span(table.within)
    found = within(seen, at - length - timedelta(microseconds=1), at)
    wanted = [(key_of_step(n), step) for n, step in enumerate(table.step) if not step.absent]
    # A rule that waits tells of the one that began its time: the oldest; else the newest counts.
    if table.order == "as listed":
        chosen = _in_order(wanted, found, at_end=not waits(table))
    else:
        chosen = _any(wanted, found if waits(table) else found[::-1])
    there = [step.name for key, step in wanted if any(key in one.steps for one in found)]
    value = float(len(there))
    if len(chosen) < len(wanted):
        missing = [step.name for _, step in wanted if step.name not in there]
        lacks = f"no {', '.join(missing)}" if missing else "not in the order listed"
        came = f"{', '.join(there)} in {table.within}" if there else f"nothing in {table.within}"
        return Look(state="no alert", said=f"{came}; {lacks}", value=value)
    unwanted = [step.name for key, step in _absent(table) if any(key in o.steps for o in found)]
    said = "; ".join(
        f"{step.name} {one.at:%d %b %H:%M}" for (_, step), one in zip(wanted, chosen, strict=True)
    )
    if unwanted:
        said = f"{said}; but also {', '.join(unwanted)} in {table.within}"
        return Look(state="no alert", said=said, value=value)
    absent = [step.name for _, step in _absent(table)]
    said += f"; no {' and no '.join(absent)}" if absent else ""
    behind = tuple(sorted({one.item: one for one in chosen}.values(), key=lambda one: one.at))
    return Look(state="alert", said=f"{said}, within {table.within}", value=value, behind=behind)


def _absent(table: Sequence) -> list[tuple[str, Step]]:
    return [(key_of_step(n), step) for n, step in enumerate(table.step) if step.absent]


def _any(wanted: Many[tuple[str, Step]], found: Many[Observation]) -> list[Observation]:
    """The first of these for each step."""
    first = (next((one for one in found if key in one.steps), None) for key, _ in wanted)
    return [one for one in first if one]


def _in_order(
    wanted: Many[tuple[str, Step]], found: Many[Observation], *, at_end: bool
) -> list[Observation]:
    """An observation of each step, none before that of the step before it.

    The earliest of each; `at_end`: the newest of the last step, for which the rule is looked at.
    """
    chosen: list[Observation] = []
    for key, _ in wanted:
        later = [one for one in found if not chosen or one.at >= chosen[-1].at]
        one = next((one for one in later if key in one.steps), None)
        if one is None:
            break
        chosen.append(one)
    if at_end and len(chosen) == len(wanted):
        key = wanted[-1][0]
        chosen[-1] = next(one for one in reversed(found) if key in one.steps)
    return chosen
