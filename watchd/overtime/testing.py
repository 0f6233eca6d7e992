"""The tests inside the files of rules over time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from watchd.errors import Problem
from watchd.model import Item, Observation
from watchd.overtime.looks import look
from watchd.overtime.observing import observed, probes
from watchd.overtime.silence import Quiet
from watchd.overtime.windows import History, Look, span, story_of
from watchd.rules.rule import OverTime, OverTimeTest, Rule
from watchd.rules.ruleset import RuleSet
from watchd.rules.schema import Flatline
from watchd.rules.testing import TestFailure, in_test

_CLOSE = 0.05  # a figure is written with one decimal, as a message tells it
_ORDER = ("no alert", "not ready", "alert")  # of several looks, the last of these counts


def run_over_time_tests(
    rules: Iterable[OverTime], named: Mapping[str, Rule] = {}
) -> list[TestFailure]:
    """Run the tests of rules over time, also of those that are off or have expired.

    `named` are the rules, by id, that a step may name.
    """
    return [
        TestFailure(rule=rule.id, test=test.name, problem=_problem(rule, test, reason))
        for rule in rules
        for test in rule.tests
        if (reason := _failure(rule, test, named))
    ]


def look_at_test(rule: OverTime, test: OverTimeTest, named: Mapping[str, Rule] = {}) -> Look:
    """What the rule comes to over the items of one of its tests, at the test's time."""
    seen = _observations(rule, test, named)
    times = sorted(_time(item) for item, _ in test.items)
    since = test.history_from or _since(rule, test, times)
    first = dict[str, datetime]()
    for item, _ in sorted(test.items, key=lambda one: _time(one[0])):
        first.setdefault(story_of(item), _time(item))
    history = History(since=since, published=sorted(first.values()))
    looks = look(rule, seen, test.at, history, _feeds(rule, test, since))
    return max(looks, key=lambda one: (_ORDER.index(one.state), one.value or 0))


def _since(rule: OverTime, test: OverTimeTest, times: Sequence[datetime]) -> datetime:
    """Since when items were collected, where a test does not say."""
    if rule.type == "new_term" or not times:
        return test.at - timedelta(days=3650)
    return times[0]


def _observations(
    rule: OverTime, test: OverTimeTest, named: Mapping[str, Rule]
) -> list[Observation]:
    compiled = RuleSet(map(in_test, probes(rule, named)))
    found = []
    for number, (item, source) in enumerate(test.items):
        feed, tags = _feed(rule, source)
        matches = compiled.match(item, source=feed, tags=tags, now=test.at)
        found += [
            Observation(
                item=number,
                at=_time(item),
                story=one.story,
                feed=source,
                lang=item.lang,
                steps=one.steps,
                words=one.words,
            )
            for one in observed(matches, item)
        ]
    return sorted(found, key=lambda one: (one.at, one.item))


def _feed(rule: OverTime, source: str) -> tuple[str, tuple[str, ...]]:
    """A feed for an item: the one that it names, else one that the rule reads."""
    if source:
        return source, ()
    tags = tuple(name.removeprefix("tag:") for name in rule.only if name.startswith("tag:"))
    return next((name for name in rule.only if not name.startswith("tag:")), ""), tags


def _feeds(rule: OverTime, test: OverTimeTest, since: datetime) -> dict[str, Quiet]:
    """The feeds that a `flatline` watches; of a tag, those that the items name."""
    table = rule.table
    if not isinstance(table, Flatline):
        return {}
    names = [name for name in table.sources if not name.startswith("tag:")]
    if len(names) < len(table.sources):
        names += [source for _, source in test.items if source]
    found = {}
    for name in dict.fromkeys(names):
        times = [_time(item) for item, source in test.items if source == name]
        times = [one for one in times if one <= test.at]
        count = sum(one > test.at - span(table.within) for one in times)
        found[name] = Quiet(count=count, last=max(times, default=None), since=since, read=test.at)
    return found


def _time(item: Item) -> datetime:
    assert item.published is not None, "the schema asks for it"
    return item.published


def _failure(rule: OverTime, test: OverTimeTest, named: Mapping[str, Rule]) -> str:
    found = look_at_test(rule, test, named)
    if found.state != test.expect:
        return f"expected {_named(test.expect)}, but it is {_named(found.state)}: {found.said}"
    if test.value is not None and not _same(test.value, found.value):
        said = "none" if found.value is None else f"{found.value:g}"
        return f"expected the value {test.value:g}, but it is {said}: {found.said}"
    return ""


def _same(wanted: float, found: float | None) -> bool:
    return found is not None and math.isclose(wanted, found, abs_tol=_CLOSE)


def _named(state: str) -> str:
    return "an alert" if state == "alert" else state


def _problem(rule: OverTime, test: OverTimeTest, reason: str) -> Problem:
    message = f"the test '{test.name}' fails: {reason}"
    return Problem(code="E301", message=message, path=rule.path, line=test.line, col=1)
