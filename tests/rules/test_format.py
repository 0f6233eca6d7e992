"""Rule files and lists in their one layout, which never changes what they say."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchd.errors import FileProblems
from watchd.rules import rule_from_query
from watchd.rules.format import format_list, format_rule
from watchd.rules.formatquery import WIDTH, columns, format_query

ROOT = Path(__file__).parents[2]
RULE = 'title    = "A rule"\nseverity = "low"\n\n'


@pytest.mark.parametrize(
    ("written", "laid_out"),
    [
        ("a  OR\n  b", "a OR b"),
        ("“alien lands” OR „Ausland“", '"alien lands" OR "Ausland"'),
        ("«alien lands» OR 「異国」", '"alien lands" OR "異国"'),
        ('«the "heroes"» OR a', '«the "heroes"» OR a'),
        ("a NEAR5 b ONEAR/S c", "a NEAR/5 b ONEAR/s c"),
        ("（a OR b）AND Title：c", "(a OR b) AND title:c"),
        ("ATLEAST2( a OR b )", "ATLEAST/2(a OR b)"),
        ("title: exact:ISW NOT site:( kp OR kr )", "title:exact:ISW NOT site:(kp OR kr)"),
        (r"a\* OR “say \“so\””", r"a\* OR “say \“so\””"),
        ("(#kimjongun OR b)", '("#kimjongun" OR b)'),  # else a line might begin like a comment
        ("a OR b # two words", "a OR b  # two words"),
        ("a\n OR b # the second", "a\nOR b  # the second"),
        ("# what it is about\na OR b", "# what it is about\na OR b"),
    ],
)
def test_what_fits_stands_on_one_line(written: str, laid_out: str) -> None:
    assert format_query(written) == laid_out
    assert format_query(laid_out) == laid_out


def test_a_long_query_has_a_clause_on_each_line_and_brackets_set_in() -> None:
    words = " OR ".join(f"word{number}" for number in range(14))
    query = f"({words} OR\n영웅) NEAR/12 (b EXCEPT c) AND @dprk AND NOT title:(d OR e)"
    assert format_query(query) == (
        "(\n"
        "  word0 OR word1 OR word2 OR word3 OR word4 OR word5 OR word6 OR word7 OR word8 OR word9"
        " OR word10\n"
        "  OR word11 OR word12 OR word13\n"
        "  OR 영웅\n"  # a line for each language stays one
        ")\n"
        "NEAR/12 (b EXCEPT c)\n"
        "AND @dprk\n"
        "AND NOT title:(d OR e)"
    )


def test_comments_stay_with_their_words() -> None:
    written = """
# about all
( a OR # English
b # Korean
# before the bracket ends
) NEAR/5 c # near
AND d
# the end"""
    laid_out = """\
# about all
(
  a  # English
  OR b  # Korean
  # before the bracket ends
)
NEAR/5 c  # near
AND d
# the end"""
    assert format_query(written) == laid_out
    assert format_query(laid_out) == laid_out


WORDS = st.sampled_from(
    ["a1", "hero*", "“alien lands”", "@list", "#tag", "발사", "«x \" y»", "title:x", "exact:ISW",
     '"a long phrase of many words, to fill the lines"', "异国战场", r"a\*b"]
)  # fmt: skip
GAPS = st.sampled_from([" ", "\n", "  ", " # note\n", "\n# above\n", "\n\n"])


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def joined(operator: str) -> st.SearchStrategy[str]:
        parts = st.lists(st.tuples(GAPS, inner, GAPS), min_size=2, max_size=7)
        return parts.map(lambda some: f"({operator.join(''.join(part) for part in some)} )")

    return st.one_of([joined(one) for one in ("OR", "AND", "AND NOT", "NEAR/s", "EXCEPT")])


def comments(query: str) -> list[str]:
    return sorted(line.partition("# ")[2] for line in query.split("\n") if "# " in line)


@given(st.recursive(WORDS, grown, max_leaves=25))
@settings(max_examples=150, deadline=None)
def test_a_layout_is_final_and_keeps_each_word_and_comment(query: str) -> None:
    lists = {"list": "term"}
    try:
        before = rule_from_query(query, lists=lists).query
    except FileProblems:
        return  # AND within NEAR: it is not laid out, for it is no query
    laid_out = format_query(query)
    assert rule_from_query(laid_out, lists=lists).query == before
    assert format_query(laid_out) == laid_out
    assert comments(laid_out) == comments(query)
    for line in laid_out.split("\n"):
        assert columns(line.partition("  # ")[0]) <= WIDTH


UNTIDY = """\
\ufeff#:schema ../x.json

# about the level
severity="low"   # for now
query = "a OR “b c”" # both
title = 'A rule'
tags=["a",
  'b' ]
false_positives = ["LONG", "MORE"]
[[test]]
expect = "match"
name = "first"
text = \"\"\"
a = # no comment
\"\"\"


# on the board
[indicator]
points_to="y" # what
problem='x'
[[test]]
name = "second"
expect = "no match"
text = "c"
# at the end
"""
TIDY = """\
#:schema ../x.json

title    = 'A rule'
# about the level
severity = "low"  # for now
tags     = ["a", 'b']
false_positives = [
  "LONG",
  "MORE",
]

query = '''
a OR "b c"
'''  # both

# on the board
[indicator]
problem   = 'x'
points_to = "y"  # what

[[test]]
name   = "first"
expect = "match"
text   = \"\"\"
a = # no comment
\"\"\"

[[test]]
name   = "second"
expect = "no match"
text   = "c"
# at the end
"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_keys_stand_in_one_order_and_below_one_another(line_end: str) -> None:
    untidy, tidy = (
        one.replace("LONG", "x" * 60).replace("MORE", "y" * 60) for one in (UNTIDY, TIDY)
    )
    assert format_rule(untidy.replace("\n", line_end)) == tidy
    assert format_rule(tidy) == tidy


TOP = ['title = "A rule"', "severity = 'low'", "tags=['a' ,\n'b']", '"why" = "a # b"', "was = 'x'"]
TOP += ["query = '''\na # why\n'''", "references = [ # none\n]"]
SECTIONS = [
    ["[ sources ]", "only = ['a']", 'except = ["[x]"]'],
    ["[indicator]", "points_to = 'a'", 'problem = """\n# b"""'],
    ["[[test]]", 'name = "one"', "expect = 'match'", "text = 'a'"],
    ["[[test]]", "text = '''\n[a] = # b\n'''", 'expect = "no match"', 'name = "two"'],
]
ABOVE = st.lists(st.sampled_from(["", "", "# note", "#:schema x"]), max_size=4).map("\n".join)
BEHIND = st.sampled_from(["", "", "  # aside", "#aside"])


@st.composite
def rule_files(draw: st.DrawFn) -> str:
    blocks = [draw(st.permutations(TOP))]
    for header, *inside in draw(st.permutations(SECTIONS)):
        blocks.append([header, *draw(st.permutations(inside))])
    lines = [draw(ABOVE) + "\n" + line + draw(BEHIND) for block in blocks for line in block]
    return "\n".join([*lines, draw(ABOVE)])


@given(rule_files())
@settings(max_examples=100, deadline=None)
def test_a_rule_keeps_its_comments_and_values_in_whatever_order_they_come(text: str) -> None:
    laid_out = format_rule(text)
    assert format_rule(laid_out) == laid_out
    for comment in ("# note", "aside", "#:schema x", "# none", "# why"):
        assert laid_out.count(comment) == text.count(comment)
    before, after = tomllib.loads(text), tomllib.loads(laid_out)
    assert before.pop("query").split() == after.pop("query").split()
    assert before == after
    assert list(after) == "title severity tags why references was sources indicator test".split()


def test_a_rule_over_time_has_its_table_first_and_its_steps_in_their_order() -> None:
    text = (
        f'{RULE}type = "sequence"\n[[test]]\nname = "t"\nexpect = "alert"\n'
        "items = [{ published = 2026-01-01T00:00:00Z }]\nat = 2026-01-02T00:00:00Z\n"
        '[sequence]\nwithin = "1d"\n'
        '[[sequence.step]]\nquery = "b"\nname = "two"\n[[sequence.step]]\n'
        'name = "one"\nrule = "x"\n'
    )
    laid_out = format_rule(text)
    places = [laid_out.index(one) for one in ("[sequence]", '"two"', '"one"', "[[test]]")]
    assert places == sorted(places)
    assert "name  = \"two\"\nquery = '''\nb\n'''" in laid_out
    assert "items  = [\n  { published = 2026-01-01T00:00:00Z },\n]\n" in laid_out


def test_a_query_that_no_block_can_hold_stays_as_it_was_written() -> None:
    text = RULE + 'query = "\\"it\'\'\'s\\"   OR b"\n'
    assert format_rule(text) == text


SHIPPED = sorted((ROOT / "rules").rglob("*.toml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_what_is_shipped_says_the_same_laid_out(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    laid_out = format_rule(text)
    assert format_rule(laid_out) == laid_out
    before, after = tomllib.loads(text), tomllib.loads(laid_out)
    assert {**before, "query": ""} == {**after, "query": ""}


DOCS = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^```toml\n(# rules/[\s\S]*?)^```", DOCS, re.MULTILINE)


@pytest.mark.parametrize("text", SHOWN)
def test_the_docs_show_rules_as_they_are_laid_out(text: str) -> None:
    assert format_rule(text) == text


@pytest.mark.parametrize(
    ("written", "tidy"),
    [
        ("hero*  \nbrave  # note \n", "hero*\nbrave  # note\n"),
        ("\ufeffhero*\r\nbrave", "hero*\nbrave\n"),
        ("\n\nзапуск*\n[ko]\n발사\n\n\n", "запуск*\n[ko]\n발사\n"),
        ("\u1107\u116e\u11a8\u1112\u1161\u11ab\n", "북한\n"),
    ],
)
def test_a_list_keeps_its_order_and_loses_what_nobody_sees(written: str, tidy: str) -> None:
    assert format_list(written) == tidy
    assert format_list(tidy) == tidy
