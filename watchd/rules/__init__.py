"""Rules: from files to a RuleSet, and from an item to the rules that match it."""

from __future__ import annotations

from watchd.rules.load import Loaded, load, rule_from_query, rule_from_source
from watchd.rules.rule import Rule, RuleTest
from watchd.rules.ruleset import Match, RuleSet
from watchd.rules.testing import TestFailure, run_tests

__all__ = [
    "Loaded",
    "Match",
    "Rule",
    "RuleSet",
    "RuleTest",
    "TestFailure",
    "load",
    "rule_from_query",
    "rule_from_source",
    "run_tests",
]
