"""Rules: from files to a RuleSet, and from an item to the rules that match it.

The names below are imported when they are first asked for: who only wants to know which files
there are need not wait for the language.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from watchd.rules.loading import (
        Loaded,
        any_from_source,
        load,
        rule_from_query,
        rule_from_source,
    )
    from watchd.rules.rule import OverTime, Rule, RuleTest
    from watchd.rules.ruleset import Match, RuleSet
    from watchd.rules.testing import TestFailure, run_tests

_HOMES = {
    "Loaded": "loading",
    "any_from_source": "loading",
    "load": "loading",
    "rule_from_query": "loading",
    "rule_from_source": "loading",
    "OverTime": "rule",
    "Rule": "rule",
    "RuleTest": "rule",
    "Match": "ruleset",
    "RuleSet": "ruleset",
    "TestFailure": "testing",
    "run_tests": "testing",
}

__all__ = [
    "Loaded",
    "Match",
    "OverTime",
    "Rule",
    "RuleSet",
    "RuleTest",
    "TestFailure",
    "any_from_source",
    "load",
    "rule_from_query",
    "rule_from_source",
    "run_tests",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'watchd.rules' has no attribute '{name}'")
    found = globals()[name] = getattr(import_module(f"watchd.rules.{_HOMES[name]}"), name)
    return found
