"""The rules we ship hold what they promise, in every language and every spelling of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from watchd.model import Item
from watchd.overtime.testing import run_over_time_tests
from watchd.rules import OverTime, Rule, RuleSet, RuleTest, load, run_tests

DIRECTORY = Path(__file__).parent.parent / "rules"
SIGNALS = {
    "alien-lands",
    "china-ties",
    "hostile-two-states",
    "kim-putin-messages",
    "party-congress",
    "satellite-launch",
    "troops-in-russia",
}
NOW = datetime(2026, 3, 1, tzinfo=UTC)

LOADED = load(DIRECTORY)
RULES = {rule.id: rule for rule in LOADED.rules}
ENGINES = {rule_id: RuleSet([rule]) for rule_id, rule in RULES.items()}


OVER_TIME = {rule.id: rule for rule in LOADED.over_time}
SIGNALS_OVER_TIME = {
    "alliance-wording-burst",
    "kcna-silent",
    "kim-putin-letters-frequency",
    "new-alliance-epithet",
    "party-congress-russia-china",
    "satellite-russian-advisers",
}


@pytest.mark.parametrize("rule", OVER_TIME.values(), ids=OVER_TIME.keys())
def test_a_rule_over_time_passes_its_tests_of_which_one_is_a_near_miss(rule: OverTime) -> None:
    assert [str(failure) for failure in run_over_time_tests([rule], RULES)] == []
    assert len(rule.tests) >= 3
    assert {"alert", "no alert"} <= {test.expect for test in rule.tests}
    assert any(test.name.startswith("near miss") for test in rule.tests)
    for told in (rule.why, rule.references, rule.false_positives, rule.indicator, rule.tags):
        assert told


def test_these_rules_over_time_are_shipped() -> None:
    assert {rule_id.removeprefix("dprk/") for rule_id in OVER_TIME} == SIGNALS_OVER_TIME


def every_rule() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())


def language(test: RuleTest) -> str:
    """What language a test is written in, by its script."""
    text = test.title + test.text
    for code, letters in (("ko", "가-힣"), ("ja", "ぁ-ヺ"), ("zh", "一-鿿"), ("ru", "а-яё")):
        if re.search(f"[{letters}]", text, re.IGNORECASE) and test.lang in ("", code):
            return code
    return "en"


def matches(rule: Rule, title: str, text: str, lang: str) -> bool:
    item = Item(key="1", title=title, text=text, lang=lang)
    return bool(ENGINES[rule.id].match(item, source="feed", now=NOW))


def test_all_of_them_load_without_a_problem() -> None:
    assert [str(problem) for problem in LOADED.problems] == []
    assert {rule_id.removeprefix("dprk/") for rule_id in RULES} == SIGNALS


@every_rule()
def test_its_own_tests_pass(rule: Rule) -> None:
    assert [str(failure) for failure in run_tests(rule)] == []


@every_rule()
def test_it_says_why_and_what_may_mislead_it(rule: Rule) -> None:
    assert rule.status == "stable"
    for told in (rule.why, rule.references, rule.false_positives, rule.indicator, rule.tags):
        assert told


@every_rule()
def test_it_has_tests_that_match_and_near_misses(rule: Rule) -> None:
    assert len(rule.tests) >= 3
    assert any(test.match and test.spans for test in rule.tests)
    assert any(not test.match for test in rule.tests)


@every_rule()
def test_it_is_shown_to_match_in_five_languages(rule: Rule) -> None:
    found = {language(test) for test in rule.tests if test.match}
    assert found >= {"en", "ko", "ru", "zh", "ja"}


@every_rule()
def test_it_is_shown_near_misses_in_several_languages(rule: Rule) -> None:
    assert len({language(test) for test in rule.tests if not test.match}) >= 3


@every_rule()
def test_korean_is_shown_more_than_once(rule: Rule) -> None:
    """North and South spell differently."""
    assert sum(test.match and language(test) == "ko" for test in rule.tests) >= 2


@every_rule()
def test_its_lists_hold_no_term_twice(rule: Rule) -> None:
    for name, source in rule.lists.items():
        terms = [line.strip() for line in source.splitlines() if line.strip()]
        twice = {term for term in terms if terms.count(term) > 1}
        assert not twice, name


def terms(source: str) -> Iterator[tuple[str, str]]:
    """Each term of a list, bare of marks, and the language it is limited to."""
    lang = ""
    for line in source.splitlines():
        term = re.sub(r"(^|\s+)#.*", "", line).strip()
        if term.startswith("["):
            lang = term.strip("[]*")
        elif term:
            yield re.sub(r"[\W_]", "", term), lang


@every_rule()
def test_its_lists_hold_no_term_too_short_to_mean_one_thing(rule: Rule) -> None:
    """Hangul, Han and Kana say more with a letter; one of them needs its language."""
    short = [
        (name, term)
        for name, source in rule.lists.items()
        for term, lang in terms(source)
        if not lang and len(term) < (2 if re.search("[가-힣一-鿿ぁ-ヺ]", term) else 3)
    ]
    assert short == []


def test_no_list_lies_about_unused() -> None:
    used = {name for rule in [*RULES.values(), *OVER_TIME.values()] for name in rule.lists}
    assert {path.stem for path in (DIRECTORY / "lists").glob("*.txt")} == used


def within_words(mark: str) -> Callable[[str], str]:
    return lambda text: re.sub(r"(?<=\w)(?=\w)", mark, text)


def full_width(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def curly(text: str) -> str:
    return re.sub(r'"([^"]*)"', r"“\1”", text).replace("'", "’")


REWRITES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "curly quotation marks": curly,
    "no-break spaces": lambda text: text.replace(" ", "\u00a0"),
    "en dashes": lambda text: text.replace("-", "–"),
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "upper case": str.upper,
    # not where lines mean something: the items of a list
    "a line for each word": lambda text: text if "•" in text else text.replace(" ", "\n"),
    "double spaces": lambda text: text.replace(" ", "  "),
    "zero-width spaces": within_words("\u200b"),
    "soft hyphens": within_words("\u00ad"),
    "full width": full_width,
    "a full stop at the end": lambda text: f"{text}.",
}


@pytest.mark.parametrize("rewrite", REWRITES.values(), ids=REWRITES.keys())
@every_rule()
def test_a_near_miss_stays_one_in_another_spelling(
    rule: Rule, rewrite: Callable[[str], str]
) -> None:
    found = [
        test.name
        for test in rule.tests
        if not test.match and matches(rule, rewrite(test.title), rewrite(test.text), test.lang)
    ]
    assert found == []


@pytest.mark.parametrize("rewrite", REWRITES.values(), ids=REWRITES.keys())
@every_rule()
def test_a_match_survives_another_spelling(rule: Rule, rewrite: Callable[[str], str]) -> None:
    lost = [
        test.name
        for test in rule.tests
        if test.match and not matches(rule, rewrite(test.title), rewrite(test.text), test.lang)
    ]
    assert lost == []
