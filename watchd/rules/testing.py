"""The tests inside rule files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from watchd.errors import Problem
from watchd.model import Item
from watchd.rules.rule import Rule, RuleTest
from watchd.rules.ruleset import RuleSet

_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)  # a test does not depend on the day it is run


@dataclass(frozen=True, slots=True, kw_only=True)
class TestFailure:
    """A [[test]] that came out otherwise than it expects; its problem says where and how."""

    rule: str  # ids and names, as they are shown
    test: str
    problem: Problem

    def __str__(self) -> str:
        return str(self.problem)


def run_tests(rule: Rule) -> list[TestFailure]:
    """Run a rule's tests, also those of a rule that is off or has expired."""
    rules = RuleSet([replace(rule, status="test", expires=None)])
    failures = []
    for test in rule.tests:
        if reason := _failure(rules, rule, test):
            message = f"the test '{test.name}' fails: {reason}"
            problem = Problem(code="E301", message=message, path=rule.path, line=test.line)
            failures.append(TestFailure(rule=rule.id, test=test.name, problem=problem))
    return failures


def _failure(rules: RuleSet, rule: Rule, test: RuleTest) -> str:
    item = Item(
        key=test.name,
        title=test.title,
        text=test.text,
        lang=test.lang,
        author=test.author,
        url=test.url,
        categories=test.categories,
    )
    source, tags = test.source, tuple[str, ...]()
    if not source:  # the test does not care: take a feed that the rule reads
        source = next((name for name in rule.only if not name.startswith("tag:")), "")
        tags = tuple(name.removeprefix("tag:") for name in rule.only if name.startswith("tag:"))
    matches = rules.match(item, source=source, tags=tags, now=_ANY_TIME)
    if not matches:
        if not test.match:
            return ""
        if not rule.reads(source, tags):
            return f"expected a match, but [sources] leaves out the feed '{source}'"
        return f"expected a match, but {rules.why_not(item, source=source)}"
    quotes = [evidence.quote for evidence in matches[0].evidence]
    found = ", ".join(f"“{quote}”" for quote in quotes) or "that nothing unwanted is there"
    if not test.match:
        return f"expected no match, but it matched by {found}"
    missing = [span for span in test.spans if span not in quotes]
    if missing:
        wanted = ", ".join(f"“{span}”" for span in missing)
        return f"it matched, but {wanted} is not among what it found: {found}"
    return ""
