"""A rule from plain words: whatever is typed, its file loads, and its tests pass."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchd.rules import rule_from_source, run_tests
from watchd.rules.draft import Draft, found_in, plain, query_of, terms, text_of, why_not, wrong_with
from watchd.rules.format import format_rule

LISTS = {"abroad": "alien land*\nKursk\n"}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("hero*, alien lands", ["hero*", "alien lands"]),
        ("“alien lands”, 'x y'", ["alien lands", "'x y'"]),
        ('"one, two", three', ["one, two", "three"]),
        ('"alien lands" OR hero* OR medal', ["alien lands", "hero*", "medal"]),
        ("해외 군사작전、异国；英雄", ["해외 군사작전", "异国", "英雄"]),
        ("one\ntwo\n\nthree", ["one", "two", "three"]),
        ("  ,, “” , ", []),
    ],
)
def test_commas_lines_and_or_part_what_is_typed(typed: str, found: list[str]) -> None:
    assert terms(typed) == found


@pytest.mark.parametrize(
    ("find", "near", "leave_out", "query"),
    [
        (["hero*"], [], [], "hero*"),
        (["alien lands", "medal"], [], [], '("alien lands" OR medal)'),
        (["medal"], ["hero*", "@abroad"], [], "medal NEAR/10 (hero* OR @abroad)"),
        (["medal"], [], ["chess", "sport"], "medal AND NOT (chess OR sport)"),
        (["China"], [], ["South China Sea"], '(China EXCEPT "South China Sea")'),
        (["Kursk"], [], ["@abroad"], "(Kursk EXCEPT @abroad)"),
        (
            ["China"],
            ["visit*"],
            ["China Daily", "sport"],
            '(China EXCEPT "China Daily") NEAR/10 visit* AND NOT sport',
        ),
    ],
)
def test_the_query_says_what_the_answers_say(
    find: list[str], near: list[str], leave_out: list[str], query: str
) -> None:
    draft = Draft(
        title="", severity="low", find=tuple(find), near=tuple(near), leave_out=tuple(leave_out)
    )
    assert query_of(draft, LISTS) == query


ODD = [
    'say "so"', "the \\ sign", "it'''s", "AND", "near", "NEAR/5 x",
    "# one", "a#b", "(x) y", "[z]", "영웅", "异国", "英雄 🚀", "hero* 🚀", "what?", "* star",
    "@nobody's", "http://a.b/c", "%s {} $HOME", "U.S.", "“curly", "party * congress",
    "\x1b[0m red", "tab\there",
]  # fmt: skip


@pytest.mark.parametrize("term", ODD)
def test_odd_words_give_a_rule_that_finds_them(term: str) -> None:
    (term,) = terms(term)
    assert wrong_with(term, LISTS) == ""
    text = f"They say: {term.replace('*', 'xyz')}, and no more."
    draft = Draft(
        title=f"Of {term}", severity="low", find=(term,), match=text, no_match=f"\\ \"'''{text[:4]}"
    )
    source = text_of(draft, LISTS, schema="../.schema/rule.schema.json")
    assert source.startswith("#:schema ../.schema/rule.schema.json\n")
    rule = rule_from_source("odd", "odd.toml", source, LISTS)
    assert rule.title == draft.title
    assert [str(failure) for failure in run_tests(rule)] == []
    assert format_rule(source) == source


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=4), st.text(), st.text())
@settings(max_examples=150, deadline=None)
def test_whatever_is_typed_either_is_refused_or_makes_a_rule(
    typed: list[str], title: str, text: str
) -> None:
    found = [term for line in typed for term in terms(line)]
    good = tuple(term for term in found if not wrong_with(term, {}))
    text = plain(text) or "nothing"
    if good:
        draft = Draft(
            title=plain(title) or "x", severity="low", find=good, match=text, no_match=text
        )
        source = text_of(draft, {})
        rule = rule_from_source("odd", "odd.toml", source, {})
        assert len(run_tests(rule)) == 1  # one text cannot be found and not found
        assert bool(why_not(draft, {}, text)) == (found_in(draft, {}, text) is None)


@pytest.mark.parametrize(
    ("term", "told"),
    [
        ("tanker AND vessel", "'AND' is not used here"),
        ("tanker NEAR/5 hit", "'NEAR/5' is not used here"),
        ("tanker NEAR 5 hit", "'NEAR 5' is not used here"),
        ("tanker W/5 hit", "'W/5' is not used here"),
        ("NOT film", "what to leave out is asked for"),
        ("-film", "what to leave out is asked for"),
        ("title:launch", "'title:' is not used here"),
        ("@nowhere", "there is no list @nowhere"),
        ("🚀", "no letter"),
        ("ab*", "three letters"),
    ],
)
def test_what_cannot_be_looked_for_is_told(term: str, told: str) -> None:
    assert told in wrong_with(term, LISTS)
