"""What `watchd test` tells of the tests inside rule files."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from watchd.cli.clausetree import explanation_json, mark, tree_text
from watchd.cli.session import console, number
from watchd.errors import Problem
from watchd.rules import OverTime, Rule, RuleTest, TestFailure
from watchd.rules.mutate import Mutated
from watchd.rules.testing import explain_test
from watchd.values import Struct, field

_FEW = 20  # rules of which each has a line of its own


class Chosen(Struct):
    """What is to be tested."""

    rules: list[Rule] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    over_time: list[OverTime] = field(default_factory=list)
    named: dict[str, Rule] = field(default_factory=dict)  # by id: what a step may name

    @property
    def every(self) -> list[Rule | OverTime]:
        return [*self.rules, *self.over_time]


def tell(
    chosen: Chosen,
    failures: list[TestFailure],
    mutated: list[Mutated],
    seconds: float,
    *,
    verbose: bool,
    lists: bool,
) -> None:
    """Print the failures, each with its clause tree; what no test noticed; and the counts."""
    out = console()
    for problem in chosen.problems:
        out.print(f"{problem}\n")
    failed = {(failure.rule, failure.problem.line): failure for failure in failures}
    brief = bool(mutated) or len(chosen.every) > _FEW
    for rule in chosen.every:
        _tell_rule(rule, failed, out, verbose=verbose, passed=not brief)
    for one in mutated:
        _tell_mutated(one, out, lists=lists)
    talk = console(stderr=True)
    talk.print(_summary(chosen, len(failures), seconds))
    if mutated:
        tried, missed = sum(one.tried for one in mutated), sum(one.missed for one in mutated)
        talk.print(f"{tried - missed} of {tried} changes to the queries were noticed by a test")


def _tell_rule(
    rule: Rule | OverTime,
    failed: dict[tuple[str, int], TestFailure],
    out: Console,
    *,
    verbose: bool,
    passed: bool,
) -> None:
    bad = [test for test in rule.tests if (rule.id, test.line) in failed]
    if rule.tests and not bad and (passed or verbose):
        out.print(mark(True).append(f"{rule.id}  {number(len(rule.tests), 'test')}"))
    for test in rule.tests:
        if test not in bad:
            if verbose:
                out.print(Text("  ").append(mark(True)).append(test.name))
            continue
        out.print(Text(f"{failed[rule.id, test.line]}", "bold"))
        if isinstance(rule, Rule) and isinstance(test, RuleTest):
            out.print(tree_text(explain_test(rule, test).tree, indent="    "))
        out.print()


def _tell_mutated(mutated: Mutated, out: Console, *, lists: bool) -> None:
    for problem in mutated.unnoticed:
        out.print(f"{problem}\n")
    noticed = f"{mutated.tried - mutated.missed} of {number(mutated.tried, 'change')}"
    tests = number(len(mutated.rule.tests), "test")
    out.print(f"{mutated.rule.id}: {noticed} noticed by its {tests}")
    for one in mutated.lists:
        if one.unused:
            named = ": " + ", ".join(one.unused) if lists else ""
            out.print(
                f"  @{one.name}: {len(one.unused)} of {one.terms} terms are in no test{named}"
            )
    out.print()


def _summary(chosen: Chosen, failures: int, seconds: float) -> str:
    rules = chosen.every
    tests = sum(len(rule.tests) for rule in rules)
    counts = f"{number(len(rules), 'rule')}, {number(tests, 'test')}"
    parts = [f"{counts}: " + (f"{failures} failed" if failures else "all passed")]
    if not tests:
        parts = [counts]
    if errors := sum(problem.level == "error" for problem in chosen.problems):
        parts.append(f"{number(errors, 'mistake')} in the files")
    if bare := [rule.id for rule in rules if not rule.tests]:
        more = f" and {len(bare) - _FEW:,} more" if len(bare) > _FEW else ""
        parts.append(f"without tests: {', '.join(bare[:_FEW])}{more}")
    return f"{'; '.join(parts)} ({seconds:.2f} s)"


def as_json(
    chosen: Chosen, failures: list[TestFailure], mutated: list[Mutated] | None, seconds: float
) -> dict[str, Any]:
    """The same for programs; `mutated` is None when nothing was taken out."""
    failed = {(failure.rule, failure.problem.line): failure.problem for failure in failures}
    every = chosen.every
    rules = [
        {
            "rule": rule.id,
            "path": rule.path,
            "tests": [
                {
                    "name": test.name,
                    "line": test.line,
                    "passed": (problem := failed.get((rule.id, test.line))) is None,
                    "message": problem.message if problem else None,
                    "explanation": _explanation(rule, test) if problem else None,
                }
                for test in rule.tests
            ],
        }
        for rule in every
    ]
    tests = sum(len(rule.tests) for rule in every)
    told = {
        "rules": rules,
        "passed": tests - len(failures),
        "failed": len(failures),
        "without_tests": [rule.id for rule in every if not rule.tests],
        "problems": [_problem_json(problem) for problem in chosen.problems],
        "seconds": round(seconds, 3),
    }
    return told if mutated is None else {**told, "mutations": [_mutated_json(m) for m in mutated]}


def _explanation(rule: Rule | OverTime, test: object) -> dict[str, Any] | None:
    """The clause tree of a test of one item; of many items there is none."""
    if isinstance(rule, Rule) and isinstance(test, RuleTest):
        return explanation_json(explain_test(rule, test))
    return None


def _problem_json(problem: Problem) -> dict[str, Any]:
    return {
        "path": problem.path,
        "line": problem.line,
        "col": problem.col,
        "code": problem.code or None,
        "message": problem.message,
        "hint": problem.hint or None,
    }


def _mutated_json(mutated: Mutated) -> dict[str, Any]:
    return {
        "rule": mutated.rule.id,
        "tried": mutated.tried,
        "noticed": mutated.tried - mutated.missed,
        "unnoticed": [_problem_json(problem) for problem in mutated.unnoticed],
        "lists": [
            {"list": one.name, "terms": one.terms, "in_no_test": list(one.unused)}
            for one in mutated.lists
        ],
    }
