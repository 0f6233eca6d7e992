"""Rule files: what is read from them, and what is said of mistakes in them."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from watchd import rules
from watchd.errors import FileProblems, Problem
from watchd.model import Item
from watchd.rules import Loaded, Rule, RuleSet
from watchd.rules.schema import TABLES
from watchd.tables.marks import keys

Write = Callable[..., Loaded]

WHOLE = """\
title    = "Troops in \\"alien lands\\""
severity = "high"
status   = "stable"
tags     = ["dprk-russia", "troops"]
why      = "It has come before further deployments."
references = ["https://example.org/1"]
false_positives = ["old wars"]
owner    = "desk"
expires  = 2026-12-31

query = '''
"alien lands" NEAR/40 @heroic
'''

[sources]
only   = ["kcna", "tag:state"]
except = ["tag:satire"]

[indicator]
problem   = "Alignment"
points_to = "further deployments"
weight    = "strong"
lasts     = "30d"

[[test]]
name   = "the wording"
expect = "match"
title  = "Heroic feats"
text   = "in the “alien lands”"
spans  = ["Heroic", "alien lands"]

[[test]]
name   = "no land"
expect = "no match"
text   = "heroic miners"
"""
SMALL = 'title = "T"\nseverity = "low"\nquery = "alien"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Write:
    """Writes files below a rules directory, by their names with / as __, and loads it."""

    def write(**files: str) -> Loaded:
        for name, text in files.items():
            suffix = ".txt" if name.startswith("lists__") else ".toml"
            path = tmp_path / (name.replace("__", "/") + suffix)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return rules.load(tmp_path)

    return write


def shown(loaded: Loaded) -> list[str]:
    return [f"{Path(p.path).name}:{p.line}:{p.col} {p.code}" for p in loaded.problems]


def marked(problem: Problem) -> str:
    return problem.source[problem.col - 1 : problem.col - 1 + problem.length]


def test_a_whole_rule(folder: Write) -> None:
    loaded = folder(dprk__alien=WHOLE, lists__heroic="hero*\nfeats\n")
    assert loaded.problems == ()
    (rule,) = loaded.rules
    assert rule.id == "dprk/alien"
    assert rule.title == 'Troops in "alien lands"'
    assert (rule.severity, rule.status, rule.owner) == ("high", "stable", "desk")
    assert rule.tags == ("dprk-russia", "troops")
    assert rule.expires == date(2026, 12, 31)
    assert (rule.only, rule.except_) == (("kcna", "tag:state"), ("tag:satire",))
    assert rule.indicator["points_to"] == "further deployments"
    assert rule.lists == {"heroic": "hero*\nfeats\n"}
    assert rule.source == WHOLE
    assert [test.name for test in rule.tests] == ["the wording", "no land"]
    assert rules.run_tests(rule) == []


def test_a_rule_can_be_built_again_from_what_was_kept_of_it(folder: Write) -> None:
    (rule,) = folder(dprk__alien=WHOLE, lists__heroic="hero*\n").rules
    again = rules.rule_from_source(rule.id, rule.path, rule.source, rule.lists)
    assert again == rule
    assert again.version == rule.version


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("T", "Another title", True),
        ("low", "high", True),
        ('"alien"', "'''\n  alien   # a comment\n'''", True),
        ('"alien"', '"Alien"', True),
        ('"alien"', '"aliens"', False),
        ('"alien"', '"title:alien"', False),
        ('"alien"', '"alien"\n[sources]\nonly = ["kcna"]', False),
        ('"alien"', '"alien"\n[[test]]\nname="t"\nexpect="match"\ntext="alien"', True),
    ],
)
def test_the_version_follows_the_meaning(folder: Write, old: str, new: str, same: bool) -> None:
    (first,) = folder(r=SMALL).rules
    (second,) = folder(r=SMALL.replace(old, new)).rules
    assert (first.version == second.version) is same


def test_the_version_follows_the_lists(folder: Write) -> None:
    text = SMALL.replace('"alien"', '"@them"')
    (first,) = folder(r=text, lists__them="alien\n").rules
    (second,) = folder(r=text, lists__them="alien # the same\n").rules
    (third,) = folder(r=text, lists__them="alien\naliens\n").rules
    assert first.version == second.version != third.version


def test_one_bad_file_takes_no_other_with_it(folder: Write) -> None:
    loaded = folder(
        a=SMALL,
        b='titel = "T"\nseverity = "hihg"\nquery = "alien AND"\nthrottle = "1x"\n',
        c=SMALL.replace('"alien"', '"@them OR @gone"'),
        lists__them="fine\nUS*\n@other\n",
    )
    assert [rule.id for rule in loaded.rules] == ["a"]
    assert sorted(loaded.broken) == ["b", "c"]
    assert shown(loaded) == [
        "b.toml:1:1 E201",
        "b.toml:2:13 E203",
        "b.toml:3:16 E108",
        "b.toml:4:13 E203",
        "c.toml:3:10 E117",
        "c.toml:3:19 E112",
        "them.txt:2:1 E118",
        "them.txt:3:1 E117",
    ]
    assert loaded.broken["b"] == loaded.problems[0]


@pytest.mark.parametrize(
    ("text", "code", "message", "mark", "hint"),
    [
        ("typ = 'match'", "E201", "there is no key `typ` in a rule", "typ", "did you mean type?"),
        ("[sources]\nonyl = ['a']", "E201", "no key `onyl` under [sources]", "onyl", "only"),
        ("[sources]\nstatus = 'test'", "E201", "belongs at the top", "status", "above [sources]"),
        ("[indicator]\nproblem='p'\npoints_to='x'\nthrottle='1h'", "E201", "belongs at the top",
         "throttle", "above [indicator]"),
        ("lasts = '3d'", "E201", "belongs under [indicator]", "lasts", ""),
        ("throttle = '1 h'", "E203", "a duration", "1 h", ""),
        ("type = 'spike'", "E204", "needs the table [spike]", "spike", "window, baseline"),
        ("[spike]\nwindow = '2d'\nbaseline='9d'", "E201", "of another type", "spike", "type ="),
        ("[[test]]\nname='t'\nexpect='match'\ntext='a'\nvalue=2.5", "E201", "rules over time",
         "value", ""),
        ("[[test]]\nname='t'\nexpect='match'\ntext='a'\ncategory='x'", "E203", "a list", "x", ""),
        ("type = 'mach'", "E203", 'new_term or flatline, not \'mach\'', "mach", 'type = "match"'),
        ("status = 'of'", "E203", "draft, test, stable or off, not 'of'", "of", 'status = "off"'),
        ("tags = 'troops'", "E203", "`tags` is to be a list", "troops", ""),
        ("tags = [1]", "E203", "`tags` is to be a text", "1", ""),
        ("why = 3", "E203", "`why` is to be a text", "3", ""),
        ("expires = '2026-12-31'", "E203", "a date without quotation marks", "2026-12-31", ""),
        ("[indicator]\nproblem='p'\npoints_to='x'\nlasts='30 days'", "E203", "a duration",
         "30 days", ""),
        ("[indicator]\nproblem='p'", "E204", "`points_to` is missing", "indicator", "points_to ="),
        ("[test]\nname = 't'", "E203", "written as [[test]]", "", ""),
        ("[[test]]\nname='t'\ntext='a'", "E204", "`expect` is missing", "test", 'expect = "match"'),
        ("[[test]]\nname='t'\nexpect='match'", "E204", "has no item", "test", ""),
        ("[[test]]\nname='t'\ntext='a'\nexpect='alert'", "E203", '"match", "no match"', "alert",
         'expect = "match"'),
        ("lasts = 30d", "T", "", "", ""),
        ("why = “x”", "T", "curly", "", ""),
    ],
)  # fmt: skip
def test_what_is_said_of_a_key(
    folder: Write, text: str, code: str, message: str, mark: str, hint: str
) -> None:
    (problem,) = folder(r=SMALL + text).problems
    assert problem.code.startswith(code)
    assert message in problem.message
    assert problem.line > 3
    if mark:
        assert marked(problem) == mark
    assert hint in problem.hint


def test_all_that_is_needed_is_asked_for_at_once(folder: Write) -> None:
    found = folder(r="").problems
    assert [(p.line, p.col, p.message.split()[0]) for p in found] == [
        (1, 1, "`title`"), (1, 1, "`severity`"), (1, 1, "`query`"),
    ]  # fmt: skip


def test_a_query_below_a_section_is_not_missing_as_well(folder: Write) -> None:
    (problem,) = folder(r=SMALL.replace("query", "[sources]\nquery")).problems
    assert (problem.code, problem.hint) == ("E201", "move it above [sources]")


VALUES = (
    "'x'", "''", "5", "-1", "2.5", "inf", "nan", "true", "[]", "['a']", "[1]", "[[1]]", "[{a=1}]",
    "{}", "{a=1}", "2026-01-31", "2026-01-31T09:00:00", "2026-01-31T09:00:00Z", "12:00:00",
)  # fmt: skip


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("table", TABLES, ids=lambda table: ".".join(table) or "top")
def test_no_value_of_any_kind_is_more_than_a_mistake(table: tuple[str, ...], value: str) -> None:
    header = f"[{'.'.join(table)}]\n" if table else ""
    if table in (("test",), ("sequence", "step")):
        header = f"[{header.strip()}]\n"
    for key in keys(TABLES[table]):
        line = f"{key} = {value}\n"
        if table == ("test", "items"):
            line = f"[[test]]\nitems = [{{ {key} = {value} }}]\n"
        others = [one for one in SMALL.splitlines(True) if table or not one.startswith(f"{key} ")]
        text = "".join(others) + (line if table == ("test", "items") else header + line)
        # An OverTime is no Rule, which is all that may be kept.
        with suppress(FileProblems, AssertionError):
            rules.rule_from_source("r", "r.toml", text, {})


@pytest.mark.parametrize(
    ("written", "hint"),
    [("2027", "2027-12-31"), ('" 2027-01-31 "', "2027-01-31"), ("true", ""), ("[]", "")],
)
def test_a_day_that_is_none_is_told(folder: Write, written: str, hint: str) -> None:
    (problem,) = folder(r=SMALL + f"expires = {written}\n").problems
    assert problem.code == "E203"
    assert problem.hint == (f"expires = {hint}" if hint else "")


@pytest.mark.parametrize("key", ["title", "severity", "query"])
def test_what_is_needed_is_asked_for(folder: Write, key: str) -> None:
    lines = [line for line in SMALL.splitlines() if not line.startswith(key)]
    (problem,) = folder(r="\n".join(lines)).problems
    assert problem.code == "E204"
    assert problem.message == f"`{key}` is missing from this rule"
    assert f"{key} = " in problem.hint


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ('"a NAER/5 b"', "3:12"),
        ("'a NAER/5 b'", "3:12"),
        ("'''\na OR c\nOR a NAER/5 b\n'''", "5:6"),
        ("'''a NAER/5 b'''", "3:14"),
        (r'"\"a\" NAER/5 \"b\""', "3:16"),
        ('"""\n\\"a\\" NAER/5 b\n"""', "4:7"),
    ],
)
def test_a_mistake_in_a_query_is_told_by_its_place_in_the_file(
    folder: Write, query: str, place: str
) -> None:
    (problem,) = folder(r=SMALL.replace('"alien"', query)).problems
    assert f"{problem.line}:{problem.col}" == place
    assert marked(problem) == "NAER/5"
    assert str(problem).startswith(f"{problem.path}:{place}: error[E105]: 'NAER/5' is not")


def test_a_byte_order_mark_is_no_matter_and_old_encodings_are_named(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "a.toml").write_text("\ufeff" + SMALL, encoding="utf-8")
    (tmp_path / "b.toml").write_bytes(SMALL.replace("alien", "로씨야").encode("cp949"))
    (tmp_path / "lists" / "x.txt").write_bytes("Россия\n".encode("cp1251"))
    loaded = rules.load(tmp_path)
    assert [rule.id for rule in loaded.rules] == ["a"]
    assert ["UTF-8" in problem.message for problem in loaded.problems] == [True, True]
    assert "EUC-KR" in loaded.problems[0].message


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.toml").mkdir()
    (problem,) = rules.load(tmp_path).problems
    assert "cannot be read" in problem.message
    (problem,) = rules.load(tmp_path / "gone").problems
    assert "there is no such rules directory" in problem.message


def test_a_rule_kept_by_an_older_version_may_have_mistakes_now() -> None:
    with pytest.raises(FileProblems):
        rules.rule_from_source("r", "r.toml", SMALL.replace("alien", "@gone"), {})


def failures(text: str) -> list[str]:
    source = SMALL.replace('"alien"', "'(alien NEAR/2 lands) AND NOT quiz'") + textwrap.dedent(text)
    rule = rules.rule_from_source("r", "r.toml", source, {})
    return [failure.problem.message for failure in rules.run_tests(rule)]


@pytest.mark.parametrize(
    ("test", "says"),
    [
        ("expect = 'match'\ntext = 'alien lands'", None),
        ("expect = 'no match'\ntext = 'alien'", None),
        ("expect = 'match'\ntitle = 'alien'\ntext = 'lands'\nspans = ['alien', 'lands']", None),
        ("expect = 'match'\ntext = 'lands'", 'there is no "alien"'),
        (
            "expect = 'match'\ntext = 'alien one two three lands'",
            "“alien” is 3 words away from “lands”, NEAR/2 allows 2",
        ),
        ("expect = 'match'\ntext = 'alien lands quiz'", "there is “quiz”, which NOT leaves out"),
        ("expect = 'no match'\ntext = 'alien lands'", "it matched by “alien”, “lands”"),
        ("expect = 'match'\ntext = 'alien lands'\nspans = ['heroic']", "“heroic” is not among"),
    ],
)
def test_a_test_that_fails_says_why(test: str, says: str | None) -> None:
    found = failures(f"[[test]]\nname = 'one'\n{test}\n")
    if says is None:
        assert found == []
    else:
        assert len(found) == 1
        assert found[0].startswith("the test 'one' fails: ")
        assert says in found[0]


def test_tests_run_for_the_feeds_of_the_rule_and_while_it_is_off() -> None:
    text = SMALL + (
        "status = 'off'\nexpires = 2020-01-01\n[sources]\nonly = ['tag:state']\nexcept = ['tass']\n"
        "[[test]]\nname = 'any feed'\nexpect = 'match'\ntext = 'alien'\n"
        "[[test]]\nname = 'left out'\nexpect = 'match'\ntext = 'alien'\nsource = 'tass'\n"
    )
    rule = rules.rule_from_source("r", "r.toml", text, {})
    (failure,) = rules.run_tests(rule)
    assert failure.test == "left out"
    assert "[sources] leaves out the feed 'tass'" in failure.problem.message
    assert failure.problem.line == text[: text.index("name = 'left out'")].count("\n")


@pytest.mark.parametrize("header", ["[[test]]", " [[ test ]]", '[["test"]]', "[['test']] # one"])
def test_a_test_is_known_by_its_line_whatever_stands_in_texts(header: str) -> None:
    text = f"{SMALL}why = '''\n[[test]]\n'''\n"
    text += f"{header}\nname = 'one'\nexpect = 'no match'\ntext = 'alien'\n"
    (failure,) = rules.run_tests(rules.rule_from_source("r", "r.toml", text, {}))
    assert failure.problem.line == text[: text.index("name = 'one'")].count("\n")


def test_thousands_of_rules_are_one_set(folder: Write) -> None:
    many: list[Rule] = []
    (one,) = folder(r=SMALL).rules
    for number in range(2000):
        query = rules.rule_from_query(f"word{number} AND alien").query
        many.append(Rule(id=f"r{number:04}", path="", title="", severity="low", query=query))
    item = Item(key="1", text="alien word7 word1999")
    found = RuleSet([one, *many]).match(item, source="x", now=datetime(2026, 3, 1, tzinfo=UTC))
    assert [match.rule.id for match in found] == ["r", "r0007", "r1999"]


def test_a_pipe_among_the_rules_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(SMALL)
    os.mkfifo(tmp_path / "b.toml")
    assert [rule.id for rule in rules.load(tmp_path).rules] == ["a"]
