"""Warnings: what is told of rules that work and probably do not do what is wanted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from watchd.errors import Problem
from watchd.model import Feed
from watchd.rules import load
from watchd.rules.lints import lint
from watchd.values import replace

TODAY = date(2026, 1, 10)
LISTS = {
    "dprk": "DPRK\nNorth Korea*\n북한\n조선\n[ko]\n北\n",
    "wide": "DPRK\nNorth Korea*\n북한\n조선\nPyongyang\n[ko]\n北\n",
    "hanja": "[ko]\n北\n韓\n",
    "seas": "South China Sea\nEast China Sea\n",
    "shore": "coast*\nshore\n",
}
FEEDS = (
    Feed(name="kcna-en", url="https://example.org/1", publisher="1", lang="en", tags=("wire",)),
    Feed(name="yonhap", url="https://example.org/2", publisher="2", lang="ko"),
    Feed(name="xinhua", url="https://example.org/3", publisher="3", lang="zh-CN"),
)
TEST = '\n[[test]]\nname = "finds it"\nexpect = "match"\ntext = "an item"\n'

Warn = Callable[..., list[Problem]]


@pytest.fixture
def warn(tmp_path: Path) -> Warn:
    """The warnings about a folder of rules: files by path, or one rule by its query."""

    def look(
        query: str = "",
        *,
        files: dict[str, str] | None = None,
        feeds: tuple[Feed, ...] | None = None,
    ) -> list[Problem]:
        if query:
            lists = {f"lists/{name}.txt": LISTS[name] for name in LISTS if f"@{name}" in query}
            files = {"rule.toml": rule(query), **lists}
        for path, text in (files or {}).items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        loaded = load(tmp_path)
        assert [str(problem) for problem in loaded.problems] == []
        found = lint(loaded, today=TODAY, feeds=feeds)
        assert {problem.level for problem in found} <= {"warning"}
        return found

    return look


def rule(query: str, top: str = "", rest: str = TEST) -> str:
    return f"title = \"A rule\"\nseverity = \"low\"\n{top}query = '''\n{query}\n'''\n{rest}"


def told(problems: list[Problem]) -> list[tuple[str, str]]:
    """Each warning as its code, and the words under its carets."""
    return [(one.code, one.source[one.col - 1 : one.col - 1 + one.length]) for one in problems]


@pytest.mark.parametrize(
    ("query", "code", "under"),
    [
        # never true
        ("missile NOT missile", "W101", "missile NOT missile"),
        ("DPRK AND rocket NOT @dprk", "W101", "DPRK AND rocket NOT @dprk"),
        ('"North Korean" AND rocket AND NOT @dprk', "W101", None),
        ("rocket OR (missile NOT missil*)", "W101", "missile NOT missil*"),
        ("lang:ko AND rocket AND lang:ru", "W101", "lang:ko AND rocket AND lang:ru"),
        ("rocket AND site:kcna.kp AND site:tass.com", "W101", None),
        ("@hanja AND lang:ru", "W101", "@hanja AND lang:ru"),
        ("title:rocket NEAR/5 author:Kim", "W101", "title:rocket NEAR/5 author:Kim"),
        ("title:rocket NEAR/s body:launch", "W101", "title:rocket NEAR/s body:launch"),
        ('"South China Sea" EXCEPT Sea', "W101", '"South China Sea" EXCEPT Sea'),
        ("@seas EXCEPT China", "W101", "@seas EXCEPT China"),
        # makes no difference
        ('"North Korea" OR "North Korea*"', "W102", '"North Korea"'),
        ('rocket OR "rocket launch"', "W102", '"rocket launch"'),
        ("rocket OR title:rocket", "W102", "rocket"),
        ("DPRK OR @dprk OR rocket", "W102", "DPRK"),
        ("@dprk OR @wide", "W102", "@dprk"),
        ("당대회 OR 당대회를", "W102", "당대회를"),
        ("朝鲜 OR 北朝鲜", "W102", "北朝鲜"),
        ("rocket AND (rocket OR missile)", "W102", "rocket OR missile"),
        ("rocket AND rocket", "W102", "rocket"),
        ("(rocket NEAR/5 site) AND (rocket NEAR/50 site)", "W102", "rocket NEAR/50 site"),
        ("rocket OR (rocket AND missile)", "W102", "rocket AND missile"),
        ("(rocket NEAR/5 site) OR (site NEAR/5 rocket)", "W102", "site NEAR/5 rocket"),
        ("(rocket OR rockets OR rocket*) NEAR/5 site", "W102", "rockets"),
        ("rocket AND lang:ru NOT lang:ko", "W102", "NOT lang:ko"),
        ("@hanja AND lang:ko", "W102", "ko"),
        ("rocket AND lang:zh AND lang:zh-CN", "W102", "zh"),
        ("rocket NOT book NOT books NOT book*", "W102", "NOT book"),
        ('(China OR "China Sea") EXCEPT "China Sea"', "W102", '"China Sea"'),
        ('China EXCEPT "South Chinese Sea"', "W102", '"South Chinese Sea"'),
        ("(Russia* OR 러시아) EXCEPT @seas", "W102", "@seas"),
        ("ATLEAST/1(rocket OR missile)", "W102", "ATLEAST/1(rocket OR missile)"),
        ("missile NOT (launch AND missile)", "W102", "missile"),
        ("title:missile NOT (missile AND drill AND test)", "W102", "missile"),
        (
            'missile EXCEPT "missile launch" EXCEPT "missile launch site"',
            "W102",
            '"missile launch site"',
        ),
        ('China EXCEPT "China Sea" EXCEPT "China Sea"', "W102", '"China Sea"'),
        ('China EXCEPT ("China Sea" OR "South China Sea")', "W102", '"South China Sea"'),
        # short and common
        ('"(p" AND rocket', "W103", '"(p"'),
        ('"a b" AND rocket', "W103", '"a b"'),
        ("U.S. NEAR/5 troops", "W103", "U.S."),
        ("rocket AND said*", "W104", "said*"),
        ("rocket AND sa?d", "W104", "sa?d"),
        ('rocket AND "of the"', "W104", '"of the"'),
        ("EU AND rocket", "W103", "EU"),
        ("rocket NEAR/5 title:us", "W103", "us"),
        ("러 NEAR/5 로케트*", "W103", "러"),
        ("北 AND rocket", "W103", "北"),
        ("rocket OR said", "W104", "said"),
        ("rocket AND 있다", "W104", "있다"),
        ("한국 AND (以及 OR 会谈)", "W104", "以及"),
        # what reads like an alternative, or like a list
        ("rocket/missile", "W116", "rocket/missile"),
        ("rocket AND (missile/launch OR x-ray)", "W116", "missile/launch"),
        # always true
        ("rocket AND (book OR NOT book)", "W105", "book OR NOT book"),
        ("source:*", "W105", "*"),
        ("rocket AND source:*", "W105", "*"),
        # the other spelling
        ("푸틴 NEAR/5 letter*", "W106", "푸틴"),
        ("로씨야 OR Russia*", "W106", "로씨야"),
        ("조로 OR Russia*", "W106", "조로"),
    ],
)
def test_a_query_is_warned_of_at_the_words(
    warn: Warn, query: str, code: str, under: str | None
) -> None:
    found = warn(query)
    assert (code, under or query) in told(found)
    assert {(one.code, one.line) for one in found if one.code == code} == {(code, 4)}


@pytest.mark.parametrize(
    "query",
    [
        "missile NOT missiles",
        "(missile OR rocket) NOT missile",
        "DPRK NOT title:@dprk",
        "rocket AND lang:zh-CN NOT rockets",
        "(lang:ko OR lang:ru) AND rocket",
        "@dprk AND lang:ko NOT rocket",
        "title:rocket NEAR/5 body:launch",
        "title:rocket NEAR/s launch",
        "author:Kim NEAR/5 author:Putin",
        'China EXCEPT "South China Sea"',
        '(China OR Rus*) EXCEPT "white russian*"',
        "중국 EXCEPT 남중국해",
        'China EXCEPT "* Sea"',
        '(rocket NEAR/5 site) EXCEPT "rocket site"',
        '"North Korea" OR "South Korea"',
        '(rocket OR "rocket launch") NEAR/5 site',
        "title:rocket OR body:rocket",
        "exact:ISW OR exact:Isw",
        "@dprk OR Pyongyang",
        "@dprk NEAR/5 @wide",
        "정찰위성 OR 위성",
        "rocket AND (missile OR site)",
        "(rocket NEAR/5 site) AND (rocket NEAR/50 launch)",
        "(rocket ONEAR/5 site) OR (site ONEAR/5 rocket)",
        "(rocket NEAR/5 site) OR (rocket NEAR/s site)",
        "rocket NOT lang:ko",
        "rocket OR (missile AND site)",
        "ATLEAST/2(rocket OR rockets)",
        "missile NOT (launch AND missiles)",
        "missile NOT (launch AND title:missile)",
        "missile NOT (launch OR test)",
        'missile EXCEPT "missile launch site" EXCEPT "missile launch"',
        '(missile OR site) EXCEPT "missile launch" EXCEPT "missile launch site"',
        'missile EXCEPT title:"missile launch" EXCEPT "missile launch site"',
        'China EXCEPT ("China Sea" OR "Sea of China and China Sea")',
        'China EXCEPT ("Chin* Sea" OR "South China Sea")',
        "(U.S. OR exact:US) NEAR/5 troops",
        "(US OR U.S.) NEAR/5 troops  # ok: W103",
        '"U.S. troops" AND rocket',
        "exact:U.S. AND rocket",
        'saidov* AND "part of the rocket"',
        "exact:EU AND rocket",
        "G7 AND rocket",
        '"us troops"',
        "author:Li AND rocket",
        "파병 AND 会谈",
        '"he said" AND rocket',
        "rocket AND (book OR NOT novel)",
        "rocket AND source:kcna*",
        "(푸틴 OR 뿌찐) NEAR/5 letter*",
        "(푸틴 NEAR/5 letter*) OR (뿌찐 NEAR/5 letter*)",
        '(푸틴 OR 뿌찐) EXCEPT "푸틴 측근"',
        "rocket NOT 푸틴",
        "북미자유무역협정 AND 연합뉴스",
        "rocket*",
    ],
)
def test_a_query_that_is_right_is_not_warned_of(warn: Warn, query: str) -> None:
    assert told(warn(query)) == []


def test_a_rule_that_can_never_match_is_told_from_a_part_that_cannot(warn: Warn) -> None:
    (whole,) = warn("rocket AND lang:ko AND lang:ru")
    assert whole.message == "this rule can never match: no item is both lang:ko and ru"
    assert whole.hint == "write lang:(ko OR ru)"
    (part,) = warn("rocket OR (missile NOT missile)")
    assert part.message.startswith("this part can never match: ")
    assert part.hint == "take out NOT missile"


def test_a_word_that_stands_twice_is_told_as_such(warn: Warn) -> None:
    (twice,) = warn('rocket OR missile OR "rocket"')
    assert (twice.col, twice.message) == (22, "'rocket' stands in this OR already")


def test_the_hint_of_a_spelling_can_be_pasted(warn: Warn) -> None:
    (putin,) = warn('"푸틴 대통령" NEAR/5 letter*')
    assert putin.message == "Pyongyang writes 뿌찐 대통령, which this does not find"
    assert putin.hint == 'write ("푸틴 대통령" OR "뿌찐 대통령")'


def test_a_place_counts_in_a_query_of_one_line_with_escapes(warn: Warn) -> None:
    text = 'title = "A rule"\nseverity = "low"\nquery = "rocket OR \\"rocket site\\" OR EU"\n'
    found = warn(files={"rule.toml": text + TEST})
    assert [(one.code, one.line, one.col) for one in found] == [("W102", 3, 20), ("W103", 3, 39)]


def test_a_query_within_a_rule_over_time_is_looked_at(warn: Warn) -> None:
    ratio = "[ratio]\ncount = 'rocket NOT rocket'\nagainst = 'missile'\nwithin = '7d'\nabove = 2.0"
    test = '[[test]]\nname = "1"\nexpect = "alert"\nat = 2026-01-01T00:00:00Z'
    found = warn(files={"rule.toml": rule("satellite", 'type = "ratio"\n', f"{ratio}\n{test}\n")})
    assert [(one.code, one.line, one.col) for one in found] == [("W101", 8, 10)]


def test_a_step_that_names_a_rule_which_is_not_there(warn: Warn) -> None:
    step = '[[sequence.step]]\nname = "{0}"\nrule = "{0}"\n'
    steps = f'[sequence]\nwithin = "7d"\n{step.format("landing")}{step.format("gone")}'
    test = '[[test]]\nname = "1"\nexpect = "no alert"\nat = 2026-01-01T00:00:00Z\n'
    top = 'title = "T"\nseverity = "low"\ntype = "sequence"\n'
    files = {"both.toml": f"{top}{steps}{test}", "x/landing.toml": rule("satellite") + TEST}
    (one,) = warn(files=files)
    assert (one.code, one.line) == ("W101", 3)
    assert "the step 'gone' names the rule 'gone', which is not there" in str(one)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rocket\nmissile\nrocket\n", [("W110", 3, "rocket")]),
        ('Tongchang-ri\n  "Tongchang ri"\n', [("W110", 2, '"Tongchang ri"')]),
        ("heroic   # praise\nfeats\nhero*\n", [("W110", 1, "heroic")]),
        ("해외군사작전\n해외 군사작전\n", [("W110", 1, "해외군사작전")]),
        ("朝鲜\n[ko]\n朝鲜\n", [("W110", 3, "朝鲜")]),
        (
            "ship\ncargo ship\nSuez Canal\nSuez\n",
            [("W110", 2, "cargo ship"), ("W110", 3, "Suez Canal")],
        ),
        (
            "朝鲜\n北朝鲜\n*위성\n군사 위성사진\n",
            [("W110", 2, "北朝鲜"), ("W110", 4, "군사 위성사진")],
        ),
        ("rocket\nrockets\nwar ship\nwarship\n", []),
        ("[ko]\n北\n[ja]\n北\n", []),
        ("EU\nrocket\n", [("W103", 1, "EU")]),
        ("rocket\n北\n", [("W103", 2, "北")]),
        ("[ko]\n北\n[ru]\nРФ\n", []),
        ("rocket\nwhich\n", [("W104", 2, "which")]),
        ("푸틴\nPutin\n", [("W106", 1, "푸틴")]),
        ("푸틴\nPutin\n뿌찐\n", []),
        ("조선로동당\n로동신문\n", [("W106", 1, "조선로동당"), ("W106", 2, "로동신문")]),
        ("조선로동당\n노동당\n조선노동당\n", [("W106", 2, "노동당")]),
        ("rocket, missile\n", [("W116", 1, "rocket, missile")]),
        ('"rocket, missile"\n中国、俄罗斯\n', []),
        ("로켓，미사일\n", [("W116", 1, "로켓，미사일")]),
        ("rocket/missile\n", [("W116", 1, "rocket/missile")]),
        ("rocket\nAC/DC\n9/11\nkm/h\n", []),
        ("* rocket\n* missile\n", [("W116", 1, "* rocket"), ("W116", 2, "* missile")]),
        ("#missile\nrocket\n", [("W116", 1, "#missile")]),
        ("# missile\nrocket\n#\n#missile and more\n", []),
    ],
)
def test_a_list_is_warned_of_at_its_lines(
    warn: Warn, text: str, expected: list[tuple[str, int, str]]
) -> None:
    found = warn(files={"rule.toml": rule("@words"), "lists/words.txt": text})
    lines = [
        (one.code, one.line, under) for one, (_, under) in zip(found, told(found), strict=True)
    ]
    assert lines == expected


def test_what_only_masks_may_be_short_and_in_one_spelling(warn: Warn) -> None:
    lists = {"lists/words.txt": "EU\n푸틴 측근\n러\n"}
    assert warn(files={"rule.toml": rule("(푸틴 OR 뿌찐) EXCEPT @words"), **lists}) == []
    found = warn(files={"rule.toml": rule("rocket NOT @words"), **lists})
    assert [(one.code, one.line) for one in found] == [("W103", 1), ("W103", 3)]


def test_a_list_may_leave_a_spelling_to_another_list_of_the_rule(warn: Warn) -> None:
    lists = {"lists/south.txt": "푸틴\n", "lists/north.txt": "뿌찐\n"}
    assert warn(files={"rule.toml": rule("@south OR @north"), **lists}) == []
    found = warn(files={"other.toml": rule("@south AND @north AND letter"), **lists})
    assert told(found) == []


@pytest.mark.parametrize(
    "query", ["@words NEAR/3 Aden", "@words EXCEPT cargo", "Aden EXCEPT @words", "ATLEAST/2 @words"]
)
def test_a_phrase_counts_where_its_place_does(warn: Warn, query: str) -> None:
    text = "ship\nship at Aden\n*위성\n군사 위성사진\n朝鲜\n北朝鲜\n"
    found = warn(files={"rule.toml": rule(query), "lists/words.txt": text})
    assert [one for one in found if one.code == "W110"] == []


def test_a_part_that_changes_nothing_is_told_with_the_one_that_says_it(warn: Warn) -> None:
    (found,) = warn('rail AND "rail strike"')
    assert found.message == "'rail' changes nothing: what matches 'rail strike' matches it anyway"
    (found,) = warn("lang:ru AND rocket NOT lang:ko")
    said = "'NOT lang:ko' changes nothing: what matches 'lang:ru' never matches 'lang:ko'"
    assert found.message == said


def test_a_list_that_nobody_uses(warn: Warn) -> None:
    files = {"rule.toml": rule("@used"), "lists/used.txt": "rocket\n", "lists/idle.txt": "\nsite\n"}
    (idle,) = warn(files=files)
    assert (idle.code, Path(idle.path).name, idle.line) == ("W109", "idle.txt", 0)
    assert idle.hint == "write @idle into a query, or take the file out"
    files["lists/idle.txt"] = "# for next year  # ok: W109\nsite\n"
    assert warn(files=files) == []
    assert warn(files={"rule.toml": rule("@used OR @idle")}) == []


def test_a_rule_with_mistakes_may_use_any_list(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/idle.txt").write_text("site\n", encoding="utf-8")
    (tmp_path / "rule.toml").write_text(rule("@idle AND"), encoding="utf-8")
    assert lint(load(tmp_path), today=TODAY) == []


def test_two_rules_that_say_the_same(warn: Warn) -> None:
    lists = {"lists/words.txt": "rocket\nmissile\n"}
    first, second = rule("(rocket OR missile) AND site"), rule("site AND ('missile' OR rocket)")
    second = second.replace("'missile'", '"missile"').replace("low", "high")
    (twice,) = warn(files={"a.toml": first, "b.toml": second})
    assert (twice.code, Path(twice.path).name, twice.line, twice.col) == ("W111", "b.toml", 3, 1)
    assert "a.toml" in twice.message
    (twice,) = warn(files={"b.toml": rule("site AND @words"), **lists})
    assert twice.code == "W111"


@pytest.mark.parametrize(
    "other",
    [
        rule("(rocket OR missile) AND sites"),
        rule("(rocket OR missile) AND title:site"),
        rule("(rocket OR missile) NEAR/5 site"),
        rule("(rocket OR missile) AND site", 'status = "off"\n'),
        rule("(rocket OR missile) AND site", rest='[sources]\nonly = ["kcna"]\n' + TEST),
    ],
)
def test_rules_that_differ_in_what_they_find_are_two(warn: Warn, other: str) -> None:
    first = rule("(rocket OR missile) AND site")
    assert warn(files={"a.toml": first, "b.toml": other}) == []


@pytest.mark.parametrize(
    ("top", "rest", "expected"),
    [
        ("", "", [("W112", 1, 1, "title")]),
        ('status = "test"\n', "", [("W112", 1, 1, "title")]),
        ('status = "draft"\n', "", []),
        ('status = "off"\n', "", []),
        ("expires = 2026-01-09\n", TEST, [("W113", 3, 1, "expires")]),
        ("expires = 2026-01-10\n", TEST, []),
        ('throttle = "12h"\n', TEST, []),
        ("", '[sources]\nonly = ["a", "b"]\nexcept = ["b", "a"]' + TEST, [("W101", 7, 1, "only")]),
        ("", '[sources]\nonly = ["a", "b"]\nexcept = ["b"]' + TEST, []),
    ],
)
def test_a_rule_is_warned_of_at_its_keys(
    warn: Warn, top: str, rest: str, expected: list[tuple[str, int, int, str]]
) -> None:
    found = warn(files={"rule.toml": rule("rocket", top, rest)})
    keys = [under for _, under in told(found)]
    lines = [(one.code, one.line, one.col) for one in found]
    assert [(*line, key) for line, key in zip(lines, keys, strict=True)] == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("rocket AND lang:pl", [("W107", "pl")]),
        ("rocket AND lang:(ko OR ja)", [("W107", "ja")]),
        ("rocket AND lang:zh-TW", [("W107", "zh-TW")]),
        ("rocket AND lang:zh", []),
        ("rocket AND lang:(en OR zh-cn)", []),
        ("rocket AND lang:(en OR ko OR zh-cn)", [("W105", "en OR ko OR zh-cn")]),
        ("rocket AND source:yonhapp", [("W108", "yonhapp")]),
        ("rocket AND source:kcna", [("W108", "kcna")]),
        ("rocket AND source:KCNA-*", []),
        ("rocket NOT source:yonhap", []),
        # what a feed that says its language brings
        (
            "lang:ko AND source:kcna-en AND rocket",
            [("W101", "lang:ko AND source:kcna-en AND rocket")],
        ),
        (
            "rocket OR (lang:(ko OR zh) AND source:kcna-en)",
            [("W101", "lang:(ko OR zh) AND source:kcna-en")],
        ),
        (
            "rocket AND lang:en NOT source:kcna-*",
            [("W101", "rocket AND lang:en NOT source:kcna-*")],
        ),
        ("rocket AND lang:zh AND source:xinhua", []),
        ("rocket AND lang:en NOT source:yonhap", []),
        ("rocket AND (lang:ko OR source:kcna-en)", []),
        ("lang:pl AND source:kcna-en", [("W107", "pl")]),
        ("lang:(en OR ko OR zh)", [("W105", "en OR ko OR zh")]),
        ("rocket AND lang:(en OR ko OR zh)", [("W105", "en OR ko OR zh")]),
        ("rocket NOT lang:(en OR ko OR zh)", [("W101", "rocket NOT lang:(en OR ko OR zh)")]),
        ("rocket AND lang:(en OR ko)", []),
        ("rocket AND source:(kcna-en OR yonhap OR xinhua)", [("W105", None)]),
        ("rocket AND (rocket OR source:kcna-en)", [("W102", None)]),
    ],
)
def test_what_no_feed_has_is_told(warn: Warn, query: str, expected: list[tuple[str, str]]) -> None:
    found = told(warn(query, feeds=FEEDS))
    assert [
        (code, under if words else None)
        for (code, under), (_, words) in zip(found, expected, strict=True)
    ] == expected


def test_what_a_silent_feed_brings_may_be_in_any_language(warn: Warn) -> None:
    silent = (replace(FEEDS[0], lang=""), *FEEDS[1:])
    assert warn("lang:ko AND source:kcna-en AND rocket", feeds=silent) == []
    assert warn("rocket AND lang:(en OR ko OR zh)", feeds=silent) == []
    one = FEEDS[:1]
    assert warn("rocket AND lang:en", feeds=one) == []
    assert told(warn("lang:en", feeds=one)) == [("W105", "en")]


def test_a_rule_of_some_feeds_asks_for_what_they_have_not(warn: Warn) -> None:
    top = '[sources]\nonly = ["kcna-en"]\n'
    files = {"rule.toml": rule("rocket AND lang:ko", rest=top + TEST)}
    (found,) = warn(files=files, feeds=FEEDS)
    assert found.code == "W101"
    assert found.message == (
        "this rule can never match: of the feeds it reads, none brings what this asks for"
    )
    files = {"rule.toml": rule("rocket AND lang:ko", rest=top.replace("only", "except") + TEST)}
    assert warn(files=files, feeds=FEEDS) == []


def test_languages_are_only_known_when_every_feed_says_its_own(warn: Warn) -> None:
    silent = replace(FEEDS[0], lang="")
    assert warn("rocket AND lang:pl", feeds=(*FEEDS, silent)) == []


def test_a_list_for_languages_that_no_feed_has(warn: Warn) -> None:
    files = {"rule.toml": rule("@words"), "lists/words.txt": "[pl]\nrakieta\n[fr]\nfusée\n"}
    assert [(one.code, one.line) for one in warn(files=files, feeds=FEEDS)] == [("W107", 2)]
    files["lists/words.txt"] += "[*]\nrocket\n"
    assert warn(files=files, feeds=FEEDS) == []


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ('only = ["kcna-en", "tag:wires"]', [("W108", "tag:wires")]),
        ('except = ["yonhap-ko"]', [("W108", "yonhap-ko")]),
        ('only = ["tag:wire", "yonhap"]', []),
        ('only = ["tag:wire"]\nexcept = ["kcna-en"]', [("W101", "only")]),
    ],
)
def test_the_sources_of_a_rule_are_looked_up(
    warn: Warn, sources: str, expected: list[tuple[str, str]]
) -> None:
    files = {"rule.toml": rule("rocket", rest=f"[sources]\n{sources}\n{TEST}")}
    assert told(warn(files=files, feeds=FEEDS)) == expected
    assert warn(files=files) == []


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ('["tag:wires", "yonhap"]', [("W108", "tag:wires")]),
        ('["yonhap-ko"]  # ok: W108', []),
        ('["tag:wire", "yonhap"]', []),
    ],
)
def test_the_feeds_that_a_flatline_watches_are_looked_up(
    warn: Warn, sources: str, expected: list[tuple[str, str]]
) -> None:
    head = 'title = "A rule"\nseverity = "low"\nstatus = "draft"\ntype = "flatline"\n'
    files = {"rule.toml": f'{head}[flatline]\nwithin = "1d"\nsources = {sources}\n'}
    found = warn(files=files, feeds=FEEDS)
    assert told(found) == expected
    assert [one.hint for one in found] == ["write tag:wire" for _ in expected]
    assert warn(files=files) == []


def test_a_rule_over_time_may_be_for_some_feeds_too(warn: Warn) -> None:
    head = 'title = "A rule"\nseverity = "low"\nstatus = "draft"\ntype = "frequency"\n'
    rest = 'query = "rocket"\n[frequency]\nat_least = 2\nwithin = "1d"\n[sources]\nonly = ["kcna"]'
    assert told(warn(files={"rule.toml": f"{head}{rest}"}, feeds=FEEDS)) == [("W108", "kcna")]


def test_a_comment_on_the_line_says_that_it_is_meant(warn: Warn) -> None:
    assert warn("EU AND rocket  # ok: W103") == []
    assert told(warn("EU AND rocket  # ok: W102")) == [("W103", "EU")]
    assert told(warn("EU  # ok: W103\nAND us")) == [("W103", "us")]
    assert warn("said OR EU  # ok: W103, W104") == []
    files = {"rule.toml": rule("@words"), "lists/words.txt": "Xi   # the name # ok: W103\nrocket\n"}
    assert warn(files=files) == []


def test_long_lists_and_chains_are_looked_at_in_passing_time(warn: Warn) -> None:
    words = [f"word{number}" for number in range(3_000)]
    files = {
        "rule.toml": rule(f"@words OR {' OR '.join(words[:1_000])}"),
        "lists/words.txt": "\n".join([*words, "word7*"]),
    }
    found = warn(files=files)
    assert {one.code for one in found} == {"W102", "W110"}
    assert sum(one.code == "W110" for one in found) == sum(w.startswith("word7") for w in words)


@pytest.mark.parametrize(
    ("query", "list_", "hint"),
    [
        ('"EU" AND rocket', "", "write exact:EU"),
        ("us AND rocket", "", 'write a phrase with it: "us …"'),
        ("北 AND rocket", "", "put it in a list, and there below a line with its language"),
        ("rocket OR said", "", 'write a phrase with it: "said …"'),
        ("rocket AND said*", "", 'write a phrase with it: "said* …"'),
        ('"(p" AND rocket', "", 'write a phrase with it: "p …"'),
        ("U.S. AND rocket", "", "write (U.S. OR exact:US)"),
        ("@words", "U.S.\n", "write (@words OR exact:US) in the query"),
        ("@words", "EU\n", "take it out here, and write exact:EU in the query"),
        ("@words", "北\n", "put it below a line with its language, such as [ko]"),
        ("@words", "us\n", 'write a phrase with it: "us …"'),
    ],
)
def test_the_hint_of_a_short_or_common_word_tells_what_to_write(
    warn: Warn, query: str, list_: str, hint: str
) -> None:
    files = {"rule.toml": rule(query)} | ({"lists/words.txt": list_} if list_ else {})
    (found,) = warn(files=files)
    assert found.hint.startswith(hint)
