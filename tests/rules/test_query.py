"""Queries: what they mean, and what is said of a query that cannot be read."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchd.errors import FileProblems, Problem
from watchd.rules import parser
from watchd.rules.lexer import plain_source
from watchd.rules.parser import parse
from watchd.rules.plainquery import read_plain
from watchd.rules.term import fold_term
from watchd.rules.termlist import read_list
from watchd.rules.tree import Node, parts
from watchd.text import fold

LISTS = {
    "russia": read_list("russia", "lists/russia.txt", "Russia\nРосси*\n"),
    "aliases": read_list("aliases", "lists/aliases.txt", "North Korea\n[ko]\n北\n[*]\nDPRK\n"),
    "bad": read_list("bad", "lists/bad.txt", '"never closed\n'),
}


def read(query: str) -> str:
    return str(parse(plain_source(query, "rule.toml"), LISTS))


def problems(query: str) -> list[Problem]:
    with pytest.raises(FileProblems) as caught:
        read(query)
    return caught.value.problems


@pytest.mark.parametrize(
    ("query", "meaning"),
    [
        ("alien", '"alien"'),
        ('"alien lands"', '"alien lands"'),
        ("“alien lands”", '"alien lands"'),
        ("„alien lands“ OR «чужой» OR 「異国」", '("alien lands" OR "чужой" OR "異国")'),
        ("Kim-Putin", '"kim putin"'),
        ("a AND b AND c", '("a" AND "b" AND "c")'),
        ("a OR (b AND c)", '("a" OR ("b" AND "c"))'),
        ("a AND NOT b", '("a" AND NOT "b")'),
        ("a NOT b", '("a" AND NOT "b")'),
        ("a AND b NEAR/5 c", '("a" AND ("b" NEAR/5 "c"))'),
        ("a NEAR5 b", '("a" NEAR/5 "b")'),
        ("a NEAR/5 b ONEAR/2 c", '(("a" NEAR/5 "b") ONEAR/2 "c")'),
        ('China EXCEPT "South China Sea"', '("china" EXCEPT "south china sea")'),
        ("NOT a AND b", '(NOT "a" AND "b")'),
        ("title:a OR body:b OR text:c", '(title:"a" OR body:"b" OR "c")'),
        ("Title:(a OR b)", '(title:"a" OR title:"b")'),
        ("title: @russia", '(title:"russia" OR title:"росси*")'),
        ("@aliases", '("north korea" OR [ko]"北" OR "dprk")'),
        ("exact:ISW OR exact:“the Party”", '(exact:"ISW" OR exact:"the Party")'),
        ("ATLEAST/3(a OR b)", 'ATLEAST/3("a" OR "b")'),
        ("congrat*lation OR *위성 OR se?arate", '("congrat*lation" OR "*위성" OR "se?arate")'),
        ('"invincible *"', '"invincible *"'),
        ("KN-*ABC", '"kn *abc"'),
        (r'"say \"no\" now" OR a\*b', '("say no now" OR "a b")'),
        ("a # the first\nAND C#", '("a" AND "c")'),
        ("（中国 OR 俄国）", '("中国" OR "俄国")'),
        ("(((a)))", '"a"'),
    ],
)
def test_what_a_query_means(query: str, meaning: str) -> None:
    assert read(query) == meaning


@pytest.mark.parametrize(
    ("query", "code", "marked", "hint"),
    [
        ('a OR "alien lands', "E101", '"alien lands', '"alien lands"'),
        ("alien lands", "E102", "alien lands", '"alien lands"   or   alien AND lands'),
        ("(a OR b) @russia", "E102", "@russia", "AND @russia   or   OR @russia"),
        ("alien AND lands OR heroic", "E103", "OR", "(alien AND lands) OR heroic"),
        ("a OR b NOT c", "E103", "NOT", "(a OR b) AND NOT c"),
        ("a and b", "E104", "and", "write AND"),
        ("a Near/5 b", "E104", "Near/5", "write NEAR/5"),
        ("a NAER/5 b", "E105", "NAER/5", "did you mean NEAR/5?"),
        ("a ADN b", "E105", "ADN", "did you mean AND?"),
        ("a W/5 b", "E105", "W/5", "did you mean NEAR/5?"),
        ('"a b"~5', "E105", '"a b"~5', "write a NEAR/5 b"),
        ("a && b", "E105", "&&", "did you mean AND?"),
        ("a | b", "E105", "|", "did you mean OR?"),
        ("headline:a", "E106", "headline:", "title:"),
        ("a NEAR/5 (b AND c)", "E107", "AND", "(a NEAR/5 b) AND (a NEAR/5 c)"),
        ("(a NOT b) EXCEPT c", "E107", "NOT", "EXCEPT"),
        ("a NEAR/2 ATLEAST/2(b OR c)", "E107", "ATLEAST/2", "out of the brackets"),
        ("a AND", "E108", "AND", ""),
        ("OR a", "E108", "OR", ""),
        ("a AND OR b", "E108", "OR", ""),
        ("a AND ()", "E108", ")", ""),
        ("(a OR b", "E109", "(", "add )"),
        ("a) OR b", "E109", ")", ""),
        ("a OR {b}", "E109", "{b}", "write exact:b"),
        ("NOT a", "E110", "NOT a", "A AND NOT B"),
        ("a OR NOT b", "E110", "a OR NOT b", "A AND NOT B"),
        ("", "E111", "", ""),
        ("# only a comment", "E111", "", ""),
        ('a OR "..."', "E111", '"..."', ""),
        ("@rusia", "E112", "@rusia", "did you mean @russia?"),
        ("@qqq", "E112", "@qqq", "lists/qqq.txt"),
        ("a NEAR b", "E113", "NEAR", "NEAR/10"),
        ("a NEAR/99999999999999999999 b", "E113", "NEAR/99999999999999999999", "NEAR/10"),
        ("ATLEAST/0(a)", "E113", "ATLEAST/0", "ATLEAST/2"),
        ("a NEAR/q b", "E105", "NEAR/q", "NEAR/s"),
        ("auhtor:Kim", "E106", "auhtor:", "author:"),
        ("lang:korean", "E120", "korean", "write ko"),
        ("lang:k*", "E120", "k*", "such as ko"),
        ("site:https://www.kcna.kp/en", "E120", "https://www.kcna.kp/en", "write www.kcna.kp"),
        ("site:*.kcna.kp", "E120", "*.kcna.kp", "write kcna.kp"),
        ("a AND source:@them", "E120", "@them", "source:(A OR B)"),
        ("lang:ko NEAR/5 a", "E107", "lang:", ""),
        ("ATLEAST/s(a)", "E113", "ATLEAST/s", "ATLEAST/2"),
        ("a\\", "E115", "\\", ""),
        ("a AND -b", "E116", "-b", "NOT b"),
        ("@bad", "E117", "@bad", ""),
        ("US*", "E118", "US*", "write the words out"),
        ('"x * * y"', "E118", '"x * * y"', "write x ONEAR/2 y"),
        ("exact:Kim*", "E118", "Kim*", ""),
        ("a AND *", "E111", "*", ""),
    ],
)
def test_what_is_said_of_a_mistake(query: str, code: str, marked: str, hint: str) -> None:
    (problem,) = problems(query)
    assert problem.code == code
    assert problem.path == "rule.toml"
    shown = problem.source[problem.col - 1 : problem.col - 1 + problem.length]
    assert shown == marked
    assert hint in problem.hint


def test_every_mistake_is_told_at_its_own_place() -> None:
    query = "alien lands and\n  (heroic AND brave OR bold)\nADN US*"
    found = [(p.code, p.line, p.col) for p in problems(query)]
    assert found == [
        ("E102", 1, 1), ("E104", 1, 13), ("E103", 2, 21), ("E105", 3, 1), ("E118", 3, 5)
    ]  # fmt: skip


def test_a_mistake_is_shown_with_the_line_and_a_caret_under_it() -> None:
    (problem,) = problems("a OR\nb NAER/5 c")
    assert str(problem) == (
        "rule.toml:2:3: error[E105]: 'NAER/5' is not an operator\n"
        "  | b NAER/5 c\n"
        "  |   ^^^^^^\n"
        "  = hint: did you mean NEAR/5?  "
        "(to search for the word itself, put it in quotation marks)"
    )


@pytest.mark.parametrize(
    "query",
    ["(" * 5000, "NOT " * 5000 + "a", "a NEAR/1 " * 5000 + "a", "title:" * 5000, "a)" * 999],
)
def test_a_query_made_to_break_the_parser_is_refused(query: str) -> None:
    assert problems(query)


pieces = st.sampled_from(
    ["a", "alien", "AND", "OR", "NOT", "NEAR/3", "ONEAR/2", "NEAR", "EXCEPT", "ATLEAST/2", "(", ")",
     '"', "“", "”", "«", "@russia", "@bad", "@", "title:", "exact:", "foo:", "*", "?", "\\", "#",
     "\n", "and", "near/5", "-", "~5", "&&", "/", ":", "[", "]", "US*", "위성*", "*中", "'", "\t"]
)  # fmt: skip
any_query = st.text(max_size=40) | st.lists(
    st.tuples(pieces | st.text(max_size=3), st.sampled_from([" ", " ", ""])), max_size=25
).map(lambda parts: "".join(text + gap for text, gap in parts))


def mistakes(query: str) -> list[Problem]:
    """The mistakes in a query; none means that it has a meaning."""
    try:
        assert read(query)
    except FileProblems as error:
        return error.problems or [Problem(code="none", message="", path="")]
    return []


@settings(max_examples=500, deadline=None)
@given(any_query)
def test_any_text_is_a_query_or_has_its_mistakes_in_place(query: str) -> None:
    lines = query.split("\n")
    for problem in mistakes(query):
        assert 1 <= problem.line <= len(lines)
        assert problem.source == lines[problem.line - 1]
        assert 1 <= problem.col <= len(problem.source) + 1
        assert problem.length >= 1
        assert problem.col - 1 + problem.length <= len(problem.source) + 1
        assert re.fullmatch(r"E1\d\d", problem.code)
        assert problem.message


WORDS = [
    "alien", "lands", "Россия", "위성", "中国", "U", "kim?", "*위성", "land*", "a*", "*", "c*d*e*f",
    '"alien lands"', '"kim * un"', '"Kim’s"', '""', '"-"', "“союз”", '"no', "jong-un", "dprk’s",
    "@russia", "@aliases", "@bad", "@none", "nto", "YEAR", "SAME", "within5", "not", "near5",
    "nearly", "exact:ISW", "lang:ko", "kcna.kp", "a,b", "-x", "title", "x:y", "1", "__", '"a\\"b"',
]  # fmt: skip
JOINTS = [
    "AND", "OR", "NOT", "AND NOT", "NEAR/5", "ONEAR/0", "NEAR/s", "NEAR/1001", "EXCEPT", "NEAR",
    "and", "ATLEAST/2", "(", ")", "title:", "body:", "Title:", "text:", "# note\n", "#tag\n", "\n",
]  # fmt: skip


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joint = st.sampled_from(["AND", "AND NOT", "NEAR/5", "EXCEPT", "ONEAR/s", "#\nAND", "# x\n OR"])
    opening = st.sampled_from(["(", "(", "( ", "title:(", "url: (", "NOT (", "(NOT "])
    return st.one_of(
        st.builds(
            "{}{})".format, opening, st.lists(inner, min_size=1, max_size=4).map(" OR ".join)
        ),
        st.builds("{}{} {} {})".format, opening, inner, joint, inner),
        st.builds("{} {} {}".format, inner, joint, inner),
        st.builds("{}{}".format, st.sampled_from(["title:", "body: ", "NOT "]), inner),
    )


pieces_of_queries = st.one_of(
    st.lists(
        st.sampled_from([*WORDS, *JOINTS]).flatmap(
            lambda piece: st.sampled_from([piece, f"{piece} ", f" {piece} "])
        ),
        max_size=9,
    ).map("".join),
    st.recursive(st.sampled_from(WORDS[:23]), grown, max_leaves=9),
)


def agrees_with_the_parser(query: str) -> None:
    plain = read_plain(query, LISTS)
    if plain is not None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(parser, "read_plain", lambda text, lists: None)
            assert whole(parse(plain_source(query), LISTS)) == whole(plain)


@settings(max_examples=400, deadline=None)
@given(pieces_of_queries | any_query)
def test_a_plain_query_is_read_as_the_parser_reads_it(query: str) -> None:
    agrees_with_the_parser(query)


@pytest.mark.slow
@settings(max_examples=3000, deadline=None)
@given(pieces_of_queries | any_query)
def test_many_more_plain_queries_are_read_as_the_parser_reads_them(query: str) -> None:
    agrees_with_the_parser(query)


def whole(node: Node) -> object:
    """All of a tree, also the places and names that do not count when trees are compared."""
    own = [getattr(node, name) for name in node.__struct_fields__]
    return type(node), own, [whole(part) for part in parts(node)]


@pytest.mark.parametrize(
    "query",
    [
        "alien",
        '("alien lands" OR союз* OR @russia) AND NOT kim?  # whom else?',
        "(a1 OR (위성 NEAR/5 中国)) AND title:(x OR y) AND (b1 EXCEPT c1 EXCEPT d1)\nAND NOT e1",
    ],
)
def test_what_most_queries_consist_of_is_plain(query: str) -> None:
    assert read_plain(query, LISTS) is not None


def test_a_word_of_any_letter_is_folded_as_texts_are() -> None:
    for letter in filter(str.isalnum, map(chr, range(sys.maxunicode + 1))):
        assert fold_term((letter,)) == fold(letter).text.strip()


@settings(max_examples=500, deadline=None)
@given(any_query)
def test_the_plain_spelling_of_a_query_means_the_same(query: str) -> None:
    if mistakes(query) or "@" in query:  # the language of a list's term has no plain spelling
        return
    meaning = read(query)
    assert read(meaning).replace("(", "").replace(")", "") == (
        meaning.replace("(", "").replace(")", "")
    )


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Russia\n\n  Moscow  # the city\n# a comment\n", ["russia", "moscow"]),
        ('"Sea of Japan"\nSea of Okhotsk\n', ["sea of japan", "sea of okhotsk"]),
        ("\ufeffRussia\r\nRussia\r\n", ["russia"]),
        ("Росси*\n*위성\n", ["росси*", "*위성"]),
    ],
)
def test_a_list_has_a_term_on_each_line(text: str, terms: list[str]) -> None:
    held = read_list("x", "lists/x.txt", text)
    assert not held.problems
    assert [term.text for term in held.terms] == terms


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("Russia\n “never closed\n", "E101", "lists/x.txt:2:2"),
        ("...\n", "E111", "lists/x.txt:1:1"),
        ("@russia\n", "E117", "lists/x.txt:1:1"),
        ("[korean]\n", "E117", "lists/x.txt:1:1"),
        ('"one" "two"\n', "E117", "lists/x.txt:1:7"),
        ("a\nUS*\n", "E118", "lists/x.txt:2:1"),
        ("# nothing\n", "E117", "lists/x.txt"),
    ],
)
def test_a_mistake_in_a_list_is_told_by_its_line(text: str, code: str, place: str) -> None:
    (problem,) = read_list("x", "lists/x.txt", text).problems
    assert (problem.code, problem.where) == (code, place)
