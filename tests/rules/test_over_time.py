"""Rules over time: their files are read and checked like all others, and are not among the rules
that items are matched against."""

from __future__ import annotations

from pathlib import Path

import pytest

from watchd import rules
from watchd.rules import Loaded

TOP = 'title = "T"\nseverity = "low"\n'
QUERY = 'query = "alien"\n'
TABLES = {
    "frequency": 'at_least = 5\nwithin = "7d"\nby = "source"\ndistinct = "story"\n',
    "spike": (
        'window = "2d"\nbaseline = "28d"\nsensitivity = "high"\nat_least = 4\nwarm_up = "9d"\n'
    ),
    "ratio": (
        "count = '@them'\nagainst = 'lands'\nunit = \"items\"\nwithin = \"30d\"\nabove = 3\n"
        "below = 0.5\nat_least = 8\n"
    ),
    "sequence": (
        'within = "21d"\norder = "as listed"\n[[sequence.step]]\nname = "one"\nquery = "alien"\n'
        '[[sequence.step]]\nname = "two"\nrule = "other"\nabsent = true\n'
    ),
    "new_term": 'history = "730d"\nknown = ["invincible army"]\n',
    "flatline": 'sources = ["kcna-en"]\nfewer_than = 2\nwithin = "36h"\n',
}
TEST = """
[[test]]
name   = "one"
expect = "not ready"
at     = 2026-02-10T00:00:00Z
history_from = 2026-01-10T00:00:00Z
value  = 2.5
items  = [
  { published = 2026-02-07T00:00:00Z, title = "t", text = "x", source = "kcna-en", lang = "en" },
]
"""


def text_of(kind: str) -> str:
    query = "" if kind in ("sequence", "flatline") else QUERY
    return f'{TOP}type = "{kind}"\n{query}[{kind}]\n{TABLES[kind]}'


def load(folder: Path, text: str) -> Loaded:
    (folder / "lists").mkdir(exist_ok=True)
    (folder / "lists/them.txt").write_text("alien*\n")
    (folder / "r.toml").write_text(text)
    return rules.load(folder)


@pytest.mark.parametrize("kind", TABLES)
def test_each_type_is_read_whole_and_matches_nothing_by_itself(tmp_path: Path, kind: str) -> None:
    loaded = load(tmp_path, text_of(kind) + TEST)
    assert [str(problem) for problem in loaded.problems] == []
    assert loaded.rules == ()
    (rule,) = loaded.over_time
    assert (rule.id, rule.type, len(rule.tests)) == ("r", kind, 1)


def test_every_query_in_them_is_parsed_and_every_list_known(tmp_path: Path) -> None:
    (rule,) = load(tmp_path, text_of("ratio")).over_time
    assert {key: str(query) for key, query in rule.queries.items()} == {
        "query": '"alien"',
        "ratio.count": '("alien*")',
        "ratio.against": '"lands"',
    }
    assert rule.lists == {"them": "alien*\n"}


@pytest.mark.parametrize(
    ("kind", "old", "new", "code", "where", "says"),
    [
        ("frequency", "within", "witin", "E201", "7:1", "did you mean within?"),
        ("frequency", "within", "timeout", "E201", "7:1", "did you mean within?"),
        ("frequency", "at_least = 5", "at_least = 5.0", "E203", "6:12", "at_least = 5"),
        ("frequency", "at_least = 5\n", "", "E204", "5:2", "is missing from [frequency]"),
        ("frequency", "at_least = 5", "at_least = 0", "E203", "6:12", "1 or more"),
        ("frequency", "at_least = 5", 'at_least = "5"', "E203", "6:13", "a whole number"),
        ("frequency", '"7d"', "7", "E203", "7:10", 'within = "7h"   or   "7d"'),
        ("frequency", '"story"', '"stories"', "E203", "9:13", 'distinct = "story"'),
        ("spike", '"high"', '"hihg"', "E203", "8:16", 'sensitivity = "high"'),
        ("spike", QUERY, "", "E204", "1:1", "`query` is missing"),
        ("spike", '"28d"', '"2d"', "E203", "7:13", "longer than `window`"),
        ("flatline", '"kcna-en"', '"tags: kcna"', "E203", "5:13", "write tag:kcna"),
        ("ratio", "'@them'", "'@the'", "E112", "6:10", "did you mean @them?"),
        ("ratio", "'lands'", "'lands AND'", "E108", "7:18", "nothing after AND"),
        ("ratio", "above = 3\nbelow = 0.5\n", "", "E204", "5:2", "needs `above` or `below`"),
        ("ratio", "above = 3", "above = -1", "E203", "10:9", "more than 0"),
        ("sequence", 'query = "alien"', 'query = "a NAER/5 b"', "E105", "9:12", "NEAR/5"),
        ("sequence", 'rule = "other"\n', "", "E204", "10:12", "either a `query` or a `rule`"),
        ("sequence", "within", 'query = "a"\nwithin', "E201", "5:1", "[[sequence.step]]"),
        ("sequence", "[sequence]", 'query = "a"\n[sequence]', "E201", "4:1", "no `query`"),
        ("sequence", "absent = true", 'absent = "yes"', "E203", "13:11", "true or false"),
        ("sequence", 'name = "one"', 'name = "one"\nabsent = true', "E203", "9:1", "every step is"),
        ("new_term", '"730d"', '"730"', "E203", "6:12", "a duration"),
        ("flatline", '["kcna-en"]', "[]", "E203", "5:11", "empty"),
        ("flatline", "[flatline]", 'query = "a"\n[flatline]', "E201", "4:1", "no `query`"),
    ],
)  # fmt: skip
def test_what_is_said_of_a_mistake(
    tmp_path: Path, kind: str, old: str, new: str, code: str, where: str, says: str
) -> None:
    text = text_of(kind)
    assert old in text
    loaded = load(tmp_path, text.replace(old, new))
    (problem,) = loaded.problems
    assert (problem.code, f"{problem.line}:{problem.col}") == (code, where), str(problem)
    assert says in str(problem)
    assert loaded.broken == {"r": problem}
    assert loaded.over_time == ()


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("2026-02-10T00:00:00Z", '"2026-02-10"', "E203", "without quotation marks"),
        ("2026-02-10T00:00:00Z", "2026-02-10T00:00:00", "E203", "a time with its zone"),
        ("2026-02-10T00:00:00Z", "2026-02-10", "E203", "a time"),
        ("2026-02-10T00:00:00Z", "2026-02-10T00:00:00", "E203", "at = 2026-02-10T00:00:00Z"),
        ("published =", "pubDate =", "E201", "did you mean published?"),
        ("at     = 2026-02-10T00:00:00Z\n", "", "E204", "has no `at`"),
        ("published = 2026-02-07T00:00:00Z, ", "", "E204", "`published` is missing"),
        ("source =", "sorce =", "E201", "did you mean source?"),
        ('"not ready"', '"no match"', "E203", 'expect = "no alert"'),
        ("value  = 2.5", 'text = "x"', "E201", "tests of rules of one item"),
    ],
)
def test_what_is_said_of_a_mistake_in_their_tests(
    tmp_path: Path, old: str, new: str, code: str, says: str
) -> None:
    assert old in TEST
    (problem,) = load(tmp_path, text_of("new_term") + TEST.replace(old, new)).problems
    assert problem.code == code, str(problem)
    assert problem.line > 8
    assert says in str(problem)
