"""Mutations: which clauses of a rule could be lost without a test that notices."""

from __future__ import annotations

import textwrap
from datetime import UTC, datetime

import pytest

from tests.rules.oracle_cases import cases
from watchd import rules
from watchd.errors import Problem
from watchd.rules import Rule, RuleSet, RuleTest
from watchd.rules.mutate import Mutated, mutate
from watchd.values import replace

LISTS = {"heroic": "hero*\nfeat*\nimmortal\n"}


def rule(query: str, **tests: str) -> Rule:
    """A rule with tests: yes="text", yes_2="title|text", no="text"; each must pass."""
    lines = ['title = "T"', 'severity = "low"', "query = '''", query, "'''"]
    for name, told in tests.items():
        title, _, text = told.rpartition("|")
        expect = "match" if name.startswith("yes") else "no match"
        lines += ["[[test]]", f'name = "{name}"', f'expect = "{expect}"']
        lines += [f'title = "{title}"', f'text = "{text}"']
    made = rules.rule_from_source("r", "r.toml", "\n".join(lines), LISTS)
    assert [str(failure) for failure in rules.run_tests(made)] == []
    return made


def unnoticed(query: str, **tests: str) -> list[str]:
    return [problem.message for problem in mutate(rule(query, **tests)).unnoticed]


def marked(problem: Problem) -> str:
    return problem.source[problem.col - 1 : problem.col - 1 + problem.length]


@pytest.mark.parametrize(
    ("query", "tests", "without"),
    [
        # AND
        ("a AND b", {"yes": "a b"}, ['without "a"', 'without "b"']),
        ("a AND b", {"yes": "a b", "no": "a", "no_2": "b"}, []),
        ("a AND b", {"yes": "a b", "no": "b"}, ['without "b"']),
        # OR: bare words are told together
        ("a OR b OR c OR (d AND e)", {"yes": "a", "no": "e"},
         ["without d AND e", 'without "b" or without "c"']),
        ("a OR b", {"yes": "a", "yes_2": "b"}, []),
        # NOT
        ("a NOT b", {"yes": "a", "no": "b"}, ["without this NOT"]),
        ("a NOT b", {"yes": "a", "no": "a b"}, []),
        ("a NOT (b OR c)", {"yes": "a", "no": "a b"}, ['without "c"']),
        ("a NOT (b AND c)", {"yes": "a", "no": "a b c"}, ['without "b"', 'without "c"']),
        ("a NOT (b AND c)", {"yes": "a b", "yes_2": "a c", "no": "a b c"}, []),
        # EXCEPT
        ('a EXCEPT "a b"', {"yes": "a", "no": "b"}, ["without what EXCEPT leaves out"]),
        ('a EXCEPT "a b"', {"yes": "a", "no": "a b"}, []),
        ('a EXCEPT ("a b" OR "a c")', {"yes": "a", "no": "a b"}, ['without "a c"']),
        # NEAR: the loosest that goes unnoticed, and no tighter one
        ("a NEAR/2 b", {"yes": "a b", "no": "a", "no_2": "b"}, ["with AND in place of NEAR/2"]),
        ("a NEAR/2 b", {"yes": "a b", "no": "a 1 2 3 4 5 b"}, ["with NEAR/4 in place of NEAR/2"]),
        ("a NEAR/2 b", {"yes": "a b", "no": "a 1 2 3 b"}, []),
        ("a NEAR/2 b", {"yes": "a b", "no": "b"}, ['without "b"']),
        ("aa NEAR/s bb", {"yes": "aa bb", "no": "Aa. Bb."}, []),
        ("a NEAR/s b", {"yes": "a b", "no": "a|b"}, ["with NEAR/p in place of NEAR/s"]),
        ("a NEAR/p b", {"yes": "a b", "no": "a", "no_2": "b"}, ["with AND in place of NEAR/p"]),
        ("a ONEAR/2 b", {"yes": "a b", "no": "a 1 2 3 b"}, ["with NEAR/2 in place of ONEAR/2"]),
        ("a ONEAR/2 b", {"yes": "a b", "no": "a 1 2 3 b", "no_2": "b a"}, []),
        ("a NEAR/0 b NEAR/0 c", {"yes": "a b c", "no": "a b 1 c", "no_2": "a 1 b c"}, []),
        ("a NEAR/0 b NEAR/0 c", {"yes": "a b c", "no": "a b 1 c", "no_2": "a b", "no_3": "b c"},
         ["with AND in place of NEAR/0"]),
        # ATLEAST, fields, exact:
        ("ATLEAST/2(a OR b)", {"yes": "a b"}, ["with ATLEAST/1"]),
        ("ATLEAST/2(a OR b)", {"yes": "a b", "no": "a"}, []),
        ("title:(a OR b)", {"yes": "a|x", "yes_2": "b|x"}, ["without title:"]),
        ("title:(a OR b)", {"yes": "a|x", "yes_2": "b|x", "no": "a"}, []),
        ("exact:ISW", {"yes": "ISW"}, ["without exact:"]),
        ("exact:ISW", {"yes": "ISW", "no": "isw"}, []),
        # facts, lists
        ("가 AND lang:ko", {"yes": "가", "no": "나"}, ["without lang:ko"]),
        ("a NEAR/2 @heroic", {"yes": "a hero", "no": "a", "no_2": "hero", "no_3": "a 1 2 3 hero"},
         []),
        ("a", {"yes": "a"}, []),
    ],
)  # fmt: skip
def test_what_no_test_would_miss(query: str, tests: dict[str, str], without: list[str]) -> None:
    count = len(tests)
    still = f"all {count} tests still pass" if count > 1 else "the test still passes"
    assert unnoticed(query, **tests) == [f"{one}, {still}" for one in without]


def told(query: str, **tests: str) -> Problem:
    (problem,) = mutate(rule(query, **tests)).unnoticed
    return problem


def test_each_is_told_at_its_place_with_the_test_that_is_missing() -> None:
    query = """(alien OR foreign)
      NEAR/5 lands   # NEAR what?
      AND NOT (tour* OR "theme park")
    """
    problem = told(
        textwrap.dedent(query),
        yes="alien lands",
        yes_2="foreign lands",
        no="alien",
        no_2="lands",
        no_3="alien 1 2 3 4 5 6 lands",
    )
    assert (problem.where, problem.level) == ("r.toml:6:11", "warning")
    assert marked(problem) == 'NOT (tour* OR "theme park")'
    assert problem.hint == (
        'add a [[test]]: a near miss that would match but for tour* OR "theme park"'
    )
    assert str(problem).startswith("r.toml:6:11: warning: without this NOT, all 5 tests")


@pytest.mark.parametrize(
    ("query", "tests", "place", "hint"),
    [
        ("a NEAR/2 b # NEAR/9", {"yes": "a b", "no": "a", "no_2": "b"}, "NEAR/2",
         'a near miss in which "a" and "b" are more than 2 words apart'),
        ("a NEAR/2 b", {"yes": "a b", "no": "a 1 2 3 4 5 b"}, "NEAR/2",
         'a near miss in which "a" and "b" are 3 to 4 words apart'),
        ("(a OR b) NEAR/2 c", {"yes": "a c", "yes_2": "b c", "no": "c"}, "c",
         'a near miss that has a OR b without "c"'),
        ('a EXCEPT "a b"', {"yes": "a", "no": "b"}, '"a b"',
         'a near miss that has "a" only as part of "a b"'),
        ("a OR b", {"yes": "a"}, "b", 'a match by "b" alone'),
        ("a NOT (b OR c)", {"yes": "a", "no": "a b"}, "c", 'a near miss by "c" alone'),
        ("a NOT (b AND c)", {"yes": "a c", "no": "a b c"}, "c",
         'a match that has all the rest, without "c"'),
        ("title:a", {"yes": "a|x"}, "a", "a near miss that has a in the body only"),
    ],
)  # fmt: skip
def test_the_hint_is_a_test_that_would_notice(
    query: str, tests: dict[str, str], place: str, hint: str
) -> None:
    problem = told(query, **tests)
    assert marked(problem) == place
    assert problem.hint == f"add a [[test]]: {hint}"


def test_spans_notice_too() -> None:
    text = 'title = "T"\nseverity = "low"\nquery = "alien OR lands"\n[[test]]\nname = "n"\n'
    text += 'expect = "match"\ntext = "alien lands"\n'
    assert len(mutate(rules.rule_from_source("r", "r.toml", text, {})).unnoticed) == 1
    text += 'spans = ["lands", "alien"]\n'
    assert mutate(rules.rule_from_source("r", "r.toml", text, {})).unnoticed == ()


def test_what_stands_within_a_clause_that_nobody_misses_is_left_alone() -> None:
    found = mutate(rule("a OR (b NEAR/2 (c OR d) NOT e)", yes="a"))
    assert [problem.message for problem in found.unnoticed] == [
        "without b NEAR/2 (c OR d) NOT e, the test still passes"
    ]
    assert (found.tried, found.missed) == (2, 1)


def test_the_changes_are_counted() -> None:
    found: Mutated = mutate(rule("a OR b OR c", yes="a"))
    assert (found.tried, found.missed, len(found.unnoticed)) == (3, 2, 1)


def test_of_a_list_the_terms_in_no_test_are_counted() -> None:
    (use,) = mutate(rule("@heroic AND a", yes="a hero", no="feats")).lists
    assert (use.name, use.terms, use.unused) == ("heroic", 3, ("immortal",))


def test_a_test_for_a_feed_that_the_rule_leaves_out_notices_nothing() -> None:
    text = 'title = "T"\nseverity = "low"\nquery = "a NOT b"\n[sources]\nexcept = ["tass"]\n'
    text += '[[test]]\nname = "y"\nexpect = "match"\ntext = "a"\n'
    text += '[[test]]\nname = "n"\nexpect = "no match"\ntext = "a b"\nsource = "tass"\n'
    found = mutate(rules.rule_from_source("r", "r.toml", text, {}))
    assert [problem.message.partition(",")[0] for problem in found.unnoticed] == [
        "without this NOT"
    ]


def test_every_change_of_any_query_can_be_tried() -> None:
    now, tried, missed = datetime(2026, 3, 1, tzinfo=UTC), 0, 0
    for case in cases(12, rules=4, items=8):
        for query in case.rules:
            made = rules.rule_from_query(str(query), lists=case.lists)
            ruleset = RuleSet([made])
            tests = tuple(
                RuleTest(
                    name=str(number),
                    match=bool(ruleset.match(item, source=source, now=now)),
                    title=item.title,
                    text=item.text,
                    source=source,
                    lang=item.lang,
                    author=item.author,
                    url=item.url,
                    categories=item.categories,
                )
                for number, (source, item) in enumerate(case.items)
            )
            found = mutate(replace(made, tests=tests))
            assert len(found.unnoticed) <= found.missed <= found.tried
            tried, missed = tried + found.tried, missed + found.missed
    assert 0 < missed < tried
