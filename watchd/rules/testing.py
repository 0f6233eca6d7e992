"""The tests inside rule files."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar

from watchd.errors import Problem
from watchd.model import Item
from watchd.rules.explain import Explanation
from watchd.rules.itemtext import Span, Text
from watchd.rules.look import Look
from watchd.rules.match import evidence
from watchd.rules.rule import AnyRule, Rule, RuleTest
from watchd.rules.ruleset import RuleSet, quotes
from watchd.values import Struct, replace

AnyOne = TypeVar("AnyOne", bound=AnyRule)

_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)  # a test does not depend on the day it is run


class TestFailure(Struct, frozen=True, kw_only=True):
    """A [[test]] that came out otherwise than it expects; its problem says where and how."""

    rule: str  # ids and names, as they are shown
    test: str
    problem: Problem

    def __str__(self) -> str:
        return str(self.problem)


def run_tests(*rules: Rule) -> list[TestFailure]:
    """Run the tests of rules, also of those that are off or have expired.

    Many rules at once cost far less than one by one: what they share is compiled once.
    """
    compiled = RuleSet(rule for rule in rules if rule.tests)
    return [
        TestFailure(rule=rule.id, test=test.name, problem=_problem(rule, test, reason))
        for rule in rules
        for test in rule.tests
        if (reason := _failure(compiled, rule, test))
    ]


def explain_test(rule: Rule, test: RuleTest) -> Explanation:
    """How the rule sees the item of one of its tests."""
    source, tags = feed_of(rule, test)
    compiled = RuleSet([in_test(rule)])
    (held,) = compiled.rules
    return compiled.explain(held, item_of(test), source=source, tags=tags, now=_ANY_TIME)


def in_test(rule: AnyOne) -> AnyOne:
    """The rule as it is tested: looked for, whatever its status and its last day."""
    return replace(rule, status="test", expires=None)


def item_of(test: RuleTest) -> Item:
    """The item that a test shows."""
    return Item(
        key=test.name,
        title=test.title,
        text=test.text,
        lang=test.lang,
        author=test.author,
        url=test.url,
        categories=test.categories,
    )


def feed_of(rule: Rule, test: RuleTest) -> tuple[str, tuple[str, ...]]:
    """The name and the tags of the feed it comes from; if the test does not care, of one that
    the rule reads."""
    if test.source:
        return test.source, ()
    tags = tuple(name.removeprefix("tag:") for name in rule.only if name.startswith("tag:"))
    return next((name for name in rule.only if not name.startswith("tag:")), ""), tags


def passes(test: RuleTest, groups: list[list[Span]] | None, text: Text) -> bool:
    """Whether a test expects just what a query found; None is no match."""
    if groups is None or not test.match:
        return test.match == (groups is not None)
    return not test.spans or not _missing(test, groups, text)


def _missing(test: RuleTest, groups: list[list[Span]], text: Text) -> list[str]:
    found = {one.quote for one in quotes(groups, text)}
    return [span for span in test.spans if span not in found]


def _problem(rule: Rule, test: RuleTest, reason: str) -> Problem:
    message = f"the test '{test.name}' fails: {reason}"
    return Problem(code="E301", message=message, path=rule.path, line=test.line, col=1)


def _failure(compiled: RuleSet, rule: Rule, test: RuleTest) -> str:
    source, tags = feed_of(rule, test)
    if not rule.reads(source, tags):
        left_out = f"expected a match, but [sources] leaves out the feed '{source}'"
        return left_out if test.match else ""
    text = compiled.read(item_of(test), source=source)
    groups = evidence(rule.query, text, compiled.searches)
    if passes(test, groups, text):
        return ""
    if groups is None:
        return f"expected a match, but {Look(rule, text, compiled.searches).lacks()}"
    found = ", ".join(f"“{one.quote}”" for one in quotes(groups, text))
    found = found or "that nothing unwanted is there"
    if not test.match:
        return f"expected no match, but it matched by {found}"
    wanted = ", ".join(f"“{span}”" for span in _missing(test, groups, text))
    return f"it matched, but {wanted} is not among what it found: {found}"
