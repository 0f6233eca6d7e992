"""Sequences over random histories, beside a reckoning that does it the simple way."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tests.overtime.test_looks import rule_of
from watchd.model import Observation
from watchd.overtime.replay import events
from watchd.overtime.windows import History

DAY = timedelta(days=1)
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
STEP = '[[sequence.step]]\nname = "{0}"\nquery = "{0}"\n'
PAIR = f'within = "4d"\n{STEP.format("alpha")}{STEP.format("beta")}'


def history_of(seed: int) -> list[Observation]:
    """Fourteen items, half a day to five days apart, each with one of two words."""
    chance, at, found = random.Random(seed), BEGAN, []
    for number in range(14):
        at += chance.choice([0.5, 1, 2, 3, 5]) * DAY
        step = chance.choice([0, 0, 1])
        found.append(
            Observation(
                item=number,
                feed="a",
                publisher="a",
                story=str(number),
                at=at,
                steps={f"sequence.step.{step}.query": 1},
                words=(),
            )
        )
    return found


def alerts(table: str, seen: Sequence[Observation]) -> list[int]:
    rule = rule_of("sequence", table)
    end = seen[-1].at + 9 * DAY
    since = BEGAN - 400 * DAY
    found = events(
        rule, seen, {one.item for one in seen}, [], History(since=since), end, since=since
    )
    return [one.item for one in found]


def is_of(one: Observation, step: int) -> bool:
    return f"sequence.step.{step}.query" in one.steps


@pytest.mark.parametrize("seed", range(60))
def test_what_must_not_follow_is_reckoned_from_the_first_on(seed: int) -> None:
    seen, wanted = history_of(seed), list[Observation]()
    for one in (one for one in seen if is_of(one, 0)):
        rests = wanted and one.at - wanted[-1].at < 4 * DAY
        end = one.at + 4 * DAY
        if not rests and not any(is_of(two, 1) and one.at <= two.at <= end for two in seen):
            wanted.append(one)
    assert alerts(f"{PAIR}absent = true\n", seen) == [one.item for one in wanted]


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("order", ["any", "as listed"])
def test_what_completes_a_sequence_alerts_unless_it_rests(seed: int, order: str) -> None:
    seen, wanted = history_of(seed), list[Observation]()
    for one in seen:
        before = [two for two in seen if one.at - 4 * DAY <= two.at < one.at]
        other = 0 if is_of(one, 1) else 1
        is_complete = any(is_of(two, other) for two in before)
        if order == "as listed":
            is_complete = is_complete and is_of(one, 1)
        if is_complete and not (wanted and one.at - wanted[-1].at < 4 * DAY):
            wanted.append(one)
    assert alerts(f'order = "{order}"\n{PAIR}', seen) == [one.item for one in wanted]
