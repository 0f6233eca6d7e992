"""The matcher finds what the specification says, in the very places, over five scripts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.oracle import Oracle, Query, script_of
from watchd import rules
from watchd.model import Item

NOW = datetime(2026, 3, 1, tzinfo=UTC)
WORDS = {
    "latin": ["kim", "Kims", "alien", "LANDS", "land", "été", "9th", "s", "us", "landland"],
    "cyrillic": ["союз", "Союза", "ёж", "еж", "мой", "9й"],
    "hangul": ["북", "러", "북러", "위성", "정찰위성", "군사", "군사작전을", "위", "성위성"],
    "han": ["中", "国", "中国", "俄中国", "ロシア", "ア中", "国々"],
    "digits": ["9", "19", "２０２６"],
}
GAPS = [" ", " ", " ", "", "-", "·", "─", ", ", "\n", "\n\n", "\n• ", "’s ", "'s", ". ", "\u200b",
        " “", "• ", "\u00a0", " \n \n"]  # fmt: skip
PATTERNS = ["al*n", "lan*", "*land", "*and*", "l?nds", "союз*", "*위성", "군사*", "*위성*", "군*전",
            "위?위*", "俄*国", "中?国", "kim?"]  # fmt: skip

ALL_WORDS = [word for words in WORDS.values() for word in words]
FEW = 4  # words in one case, so that query and text often meet; "0" to "3" until they are drawn

gaps = st.sampled_from(GAPS)
numbers = st.integers(0, FEW - 1)
fields = st.sampled_from(["", "", "", "title", "body"])
scraps = st.lists(st.tuples(numbers, gaps), max_size=14)
word_or_pattern = numbers.map(str) | numbers.map(str) | st.sampled_from(["*", *PATTERNS])
terms = st.builds(
    lambda words, field: Query("term", words=tuple(words), field=field),
    st.lists(word_or_pattern, min_size=1, max_size=3),
    fields,
)


def _pairs(inner: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
    kind = st.sampled_from(["any", "near", "near", "onear", "except"])
    return st.builds(
        lambda kind, a, b, number: Query(kind, (a, b), number=number),
        kind, inner, inner, st.integers(0, 4),
    )  # fmt: skip


def _logic(inner: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
    return st.builds(
        lambda kind, a, b: Query(kind, (a, b)), st.sampled_from(["any", "all"]), inner, inner
    ) | (st.builds(lambda a, b: Query("all", (a, Query("not", (b,)))), inner, inner))


operands = st.recursive(terms, _pairs, max_leaves=5)
counted = st.builds(lambda a, n: Query("atleast", (a,), number=n), operands, st.integers(1, 3))
queries = st.recursive(operands | counted, _logic, max_leaves=4)


def words_of(written: str) -> list[str]:
    """The words, folded, that a written word is: ア中 is one, KN호 would be two."""
    words: list[str] = []
    for letter in Oracle(written, "").row:
        if letter.gap:
            words.append("")
        words[-1] += letter.char
    return words


def with_words(query: Query, vocabulary: list[str]) -> Query:
    """The query with the words of this case in it."""
    words: list[str] = []
    for word in query.words:
        words += words_of(vocabulary[int(word)]) if word.isdigit() else [word]
    if any(set("*?") & set(word) for word in words) and sum(map(len, words)) < 6:
        words.append("союз")  # a wildcard needs some letters
    parts = tuple(with_words(part, vocabulary) for part in query.parts)
    return replace(query, words=tuple(words), parts=parts)


def written(start: str, scraps: list[tuple[int, str]], vocabulary: list[str]) -> str:
    return start + "".join(vocabulary[number] + gap for number, gap in scraps)


starts = st.sampled_from(["", "", "• "])
cases = st.builds(
    lambda vocabulary, query, first, title, second, body: (
        with_words(query, vocabulary),
        written(first, title, vocabulary),
        written(second, body, vocabulary),
    ),
    st.lists(st.sampled_from(ALL_WORDS), min_size=FEW, max_size=FEW),
    terms | queries, starts, scraps, starts, scraps,
)  # fmt: skip


def found(query: Query, title: str, body: str) -> set[tuple[str, int, int]] | None:
    ruleset = rules.RuleSet([rules.rule_from_query(str(query))])
    item = Item(key="1", title=title, text=body)
    matches = ruleset.match(item, source="feed", now=NOW)
    for match in matches:
        for one in match.evidence:
            original = title if one.field == "title" else body
            assert one.quote == original[one.start : one.end]
    if not matches:
        return None
    return {(one.field, one.start, one.end) for one in matches[0].evidence}


@settings(max_examples=500, deadline=None)
@given(cases)
def test_the_matcher_finds_what_the_specification_says(case: tuple[Query, str, str]) -> None:
    query, title, body = case
    expected, actual = Oracle(title, body).spans(query), found(query, title, body)
    if expected is not None and actual is not None and len(expected) > 20:
        assert len(actual) == 20
        assert actual <= expected
    else:
        assert actual == expected


def test_the_words_of_these_tests_are_of_five_scripts() -> None:
    scripts = {script_of(char) for words in WORDS.values() for word in words for char in word}
    assert scripts >= {"letters:LATIN", "letters:CYRILLIC", "hangul", "han", "digits"}
