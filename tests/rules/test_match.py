"""What a query finds in an item, by the words it shows for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchd import rules
from watchd.model import Item
from watchd.rules import Rule, RuleSet
from watchd.rules import index as engines
from watchd.rules.index import PlainLiterals

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LISTS = {
    "north": "북한\n[ko]\n北\n[*]\nNorth Korea\n",
    "russia": "Russia\nRussian*\n로씨야\n러시아\nРосси*\n俄罗斯\n조로\n북러\n",
}


def quotes(query: str, text: str, *, title: str = "", lang: str = "") -> list[str] | None:
    ruleset = RuleSet([rules.rule_from_query(query, lists=LISTS)])
    item = Item(key="1", title=title, text=text, lang=lang)
    matches = ruleset.match(item, source="feed", now=NOW)
    return [evidence.quote for evidence in matches[0].evidence] if matches else None


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        # Latin and Cyrillic: whole words, the possessive aside
        ('"alien lands"', "fought in alien lands", ["alien lands"]),
        ('"alien lands"', "fought in the “Alien–Lands”", ["Alien–Lands"]),
        ("land", "landed in Iceland", None),
        ("alien", "inalienable rights; they alienate", None),
        ("Kim", "Kim’s letter and KIM'S reply", ["Kim", "KIM"]),
        ('"Kim Jong Un"', "Kim Jong-un, Kim\nJong  Un and Kim Jong\u00a0Un",
         ["Kim Jong-un", "Kim\nJong  Un", "Kim Jong\u00a0Un"]),
        ('"Workers Party"', "the Workers’ Party of Korea", ["Workers’ Party"]),
        ('"North Korea leader"', "North Korea's leader", ["North Korea's leader"]),
        ('"N Korea"', "N. Korea; N Korea", ["N. Korea", "N Korea"]),
        ("KCNA", "据KCNA报道", ["KCNA"]),
        ("союз", "нерушимый союз; союзник", ["союз"]),
        ("елка", "Ёлка и ёлки", ["Ёлка"]),
        ("Путин", "Пу\u0301тин", ["Пу\u0301тин"]),
        ("cafe", "Café", ["Café"]),
        ("9th", "the 9th, the 19th", ["9th"]),
        # wildcards
        ("hero*", "Heroic, heroes, hero; antihero", ["Heroic", "heroes", "hero"]),
        ("*land", "Iceland and landing", ["Iceland"]),
        ("wom?n", "women, woman, womn, womaan", ["women", "woman"]),
        ("Путин*", "Путину и Путина, распутинский", ["Путину", "Путина"]),
        ('"спутник* шпион*"', "спутников-шпионов", ["спутников-шпионов"]),
        ('"invincible *"', "invincible alliance, invincible 俄国",
         ["invincible alliance", "invincible 俄"]),
        ('"seen * * troops"', "seen many foreign troops", ["seen many foreign troops"]),
        ('"seen * troops"', "seen many foreign troops", None),
        # Hangul: the start of a word, any ending; gaps may be nothing, a space or a dot
        ("영웅", "영웅적위훈을", ["영웅"]),
        ("위성", "정찰위성을 발사", None),
        ("*위성", "정찰위성을 발사", ["정찰위성"]),
        ("평양", "태평양", None),
        ('"해외 군사작전"', "해외군사작전에, 해외 군사작전, 해외·군사작전",
         ["해외군사작전", "해외 군사작전", "해외·군사작전"]),
        ('"북 러"', "북러 북 러 북·러 북-러", ["북러", "북 러", "북·러", "북-러"]),
        ("북러", "북·러 정상, 북 러시아", ["북·러"]),
        ("조로", "조─로 량국", ["조─로"]),
        ("러시아", "중국·러시아 관계", ["러시아"]),
        ("9차", "제９차당대회, 19차", ["９차"]),
        ('"조선로동당 제9차 대회"', "조선로동당 제９차대회를", ["조선로동당 제９차대회"]),
        ('"북한 *"', "북한 특수부대가", ["북한 특수부대가"]),
        # a dot is a gap like any other for the * of any word, and for a word with a * at its end
        ('"* 러시아"', "중국·러시아", ["중국·러시아"]),
        ("북러*", "북·러시아", ["북·러시아"]),
        ('"위?성 북러* 회담"', "위성성 북·러의 회담", ["위성성 북·러의 회담"]),
        # Han and Kana: anywhere
        ("异国", "称赞在异国作战的战士", ["异国"]),
        ("中国", "开会中，国家", None),
        ("第9回", "朝鮮労働党第９回大会", ["第９回"]),
        ("ロシア", "ベラルーシとロシアの", ["ロシア"]),
        ("プーチン", "ﾌﾟｰﾁﾝ大統領", ["ﾌﾟｰﾁﾝ"]),
        ('"朝鲜 劳动党"', "朝鲜劳动党 朝鲜 劳动党", ["朝鲜劳动党", "朝鲜 劳动党"]),
        ("中?国", "中美国", ["中美国"]),
        # a phrase ends with its paragraph
        ('"Kim Jong Un"', "Kim\n\nJong Un", None),
    ],
)  # fmt: skip
def test_a_term(query: str, text: str, found: list[str] | None) -> None:
    assert quotes(query, text) == found


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("a NEAR/2 b", "a one two b", ["a", "b"]),
        ("a NEAR/1 b", "a one two b", None),
        ("a NEAR/2 b", "b one two a", ["b", "a"]),
        ("a ONEAR/2 b", "b one two a", None),
        ("a ONEAR/2 b", "a one two b", ["a", "b"]),
        ("a NEAR/0 b", "a, b", ["a", "b"]),
        ("a NEAR/9 b", "a. New sentence. b", ["a", "b"]),
        ("a NEAR/9 b", "a\n\nb", ["a", "b"]),
        ("a NEAR/9 b", "• a here\n• b there", None),
        ("a NEAR/9 b", "a\n• b", None),
        ("a NEAR/9 b", "• Kim\n• a and b\n• Kim", ["a", "b"]),
        ("a NEAR/9 a", "only one a", None),
        ("a NEAR/9 a", "a and a", ["a", "a"]),
        ("alien NEAR/5 (land OR lands)", "alien far far lands, lands", ["alien", "lands", "lands"]),
        ('"alien land" NEAR/5 land', "alien land", None),
        ("金正恩 NEAR/3 普京", "金正恩向普京致贺电", ["金正恩", "普京"]),
        ("金正恩 NEAR/3 贺电", "金正恩向普京致贺电", None),
        ("러시아 NEAR/0 대통령", "러시아대통령", None),
        ("러시아 NEAR/0 *대통령", "러시아 대통령", ["러시아", "대통령"]),
        ("a NEAR/3 b NEAR/3 c", "a c b", ["a", "c", "b"]),
        ("a NEAR/1 b NEAR/1 c", "a x b x c", ["a", "b", "c"]),
        ("a NEAR/1 b NEAR/1 c", "a x b x x c", None),
        ('China EXCEPT "South China Sea"', "the South China Sea and China", ["China"]),
        ('China EXCEPT "South China Sea"', "the South China Sea", None),
        ("(*위성 EXCEPT 방위성) NEAR/5 발사", "방위성은 발사 후", None),
        ("(*위성 EXCEPT 방위성) NEAR/5 발사", "방위성은 정찰위성 발사", ["정찰위성", "발사"]),
        ('(a NEAR/0 b) EXCEPT "b c"', "a b c d a b d", ["a", "b"]),
        ('(a NEAR/0 b) EXCEPT "b c"', "a b c", None),
        ("ATLEAST/3(a OR b)", "a b c", None),
        ("ATLEAST/3(a OR b)", "a b a", ["a", "b", "a"]),
        # the s of a possessive is no word of one letter, whatever the marks and signs between
        ("Kim NEAR/s letter", "The plan is Kim’s. Letter sent", None),
        ("IX NEAR/s letter", "Part Ⅸ. Letter sent", None),
        ("us NEAR/s letter", "It is u\u0301s. Letter sent", None),
        ("Korea NEAR/s letter", "N\u00ad. Korea sends a letter", ["Korea", "letter"]),
        ("Korea NEAR/s letter", "Seen in Korea.\u200b \u00adLetter sent", None),
        ("Korea NEAR/s letter", "Seen in Korea. \u00adletter sent", ["Korea", "letter"]),
        ("Kim NEAR/s Putin", "Ｋｉｍ ｌｅｆｔ． Ｐｕｔｉｎ ｃａｍｅ", None),
        ("a AND NOT b", "a b", None),
        ("a AND NOT (b NEAR/0 c)", "a b x c", ["a"]),
        ("a AND (b OR c)", "c and a", ["c", "a"]),
        ("a OR (b AND c)", "c only", None),
        ("NOT (NOT a)", "a", []),
        ("NOT (NOT a)", "b", None),
        ("exact:ISW", "ISW, isw", ["ISW"]),
        ("exact:ISW", "isw", None),
        ('exact:"the Party"', "the party; the  Party", ["the  Party"]),
        # the same letters, however they are coded, spaced and spread
        ("exact:café", "cafe, CAFÉ, cafe\u0301", ["cafe\u0301"]),
        ("exact:ISW", "ＩＳＷ, I\u00adSW, ｉｓｗ", ["ＩＳＷ", "I\u00adSW"]),
        ("exact:KN-23", "KN–23, Kn-23", ["KN–23"]),
        ("exact:북러", "북ㆍ러, 북러", ["북ㆍ러", "북러"]),
        ('exact:"Kim letter"', "Kim’s letter, kim letter", ["Kim’s letter"]),
        ("exact:북·러", "북＇s러", ["북＇s러"]),
        ("exact:러시아", "러시아에서", None),
        ("exact:中国", "在中国", ["中国"]),
        ("@russia NEAR/3 @north", "북한과 로씨야", ["북한", "로씨야"]),
    ],
)  # fmt: skip
def test_an_operator(query: str, text: str, found: list[str] | None) -> None:
    assert quotes(query, text) == found


@pytest.mark.parametrize(
    ("query", "title", "text", "found"),
    [
        ("title:a", "a", "a", ["a"]),
        ("title:a", "b", "a", None),
        ("body:a", "a", "b a", ["a"]),
        ("text:(a AND b)", "a", "b", ["a", "b"]),
        ("title:(a AND b)", "a", "b", None),
        ("title:@russia", "Russia", "", ["Russia"]),
        ("a NEAR/1 b", "x a", "b x", ["a", "b"]),
        ('"a b"', "a", "b", None),
        ("title:a NEAR/3 body:b", "a", "b", ["a", "b"]),
        ("a AND NOT title:quiz", "a quiz", "a", None),
        ("a AND NOT title:quiz", "news", "a quiz", ["a"]),
    ],
)
def test_title_and_body(query: str, title: str, text: str, found: list[str] | None) -> None:
    assert quotes(query, text, title=title) == found


@pytest.mark.parametrize(
    ("text", "lang", "found"),
    [
        ("北, 미사일 발사", "", ["北"]),
        ("北京举行会谈", "", None),
        ("北京举行会谈", "ko", ["北"]),
        ("北, 미사일 발사", "ko-KR", ["北"]),
        ("北, 미사일 발사", "zh", None),
        ("North Korea", "fr", ["North Korea"]),
    ],
)
def test_a_term_of_one_language_counts_only_there(
    text: str, lang: str, found: list[str] | None
) -> None:
    assert quotes("@north", text, lang=lang) == found


def test_evidence_is_the_words_of_the_original_with_their_places() -> None:
    ruleset = RuleSet([rules.rule_from_query('"kim jong un" AND letter*')])
    item = Item(key="1", title="Kim Jong‑un’s visit", text="Two\u00a0“Letters”.")
    (match,) = ruleset.match(item, source="feed", now=NOW)
    assert [(e.field, e.start, e.end, e.quote) for e in match.evidence] == [
        ("title", 0, 11, "Kim Jong‑un"),
        ("body", 5, 12, "Letters"),
    ]


def test_what_looks_the_same_in_two_categories_is_told_once() -> None:
    ruleset = RuleSet([rules.rule_from_query("category:china")])
    item = Item(key="1", categories=("China", "China and Russia", "Trade with China"))
    (match,) = ruleset.match(item, source="feed", now=NOW)
    assert [(e.start, e.quote) for e in match.evidence] == [(0, "China"), (11, "China")]


def test_much_evidence_is_cut_but_each_part_of_the_query_keeps_some() -> None:
    found = quotes("a AND b", "a " * 100 + "b b b")
    assert found == ["a"] * 17 + ["b"] * 3


@pytest.fixture
def rule() -> Callable[..., Rule]:
    def build(query: str = "a", **keys: object) -> Rule:
        values = {"id": "r", "path": "r.toml", "title": "R", "severity": "low", **keys}
        return Rule(query=rules.rule_from_query(query).query, **values)  # type: ignore[arg-type]

    return build


@pytest.mark.parametrize(
    ("keys", "matches"),
    [
        ({}, True),
        ({"status": "draft"}, True),
        ({"status": "off"}, False),
        ({"expires": date(2026, 3, 1)}, True),
        ({"expires": date(2026, 2, 28)}, False),
        ({"only": ("kcna",)}, True),
        ({"only": ("tag:state",)}, True),
        ({"only": ("tass", "tag:wire")}, False),
        ({"except_": ("kcna",)}, False),
        ({"except_": ("tag:state",)}, False),
        ({"except_": ("tass",)}, True),
        ({"only": ("tag:state",), "except_": ("kcna",)}, False),
    ],
)
def test_a_rule_is_looked_at_when_and_where_it_says(
    rule: Callable[..., Rule], keys: dict[str, object], matches: bool
) -> None:
    ruleset = RuleSet([rule(**keys)])
    item = Item(key="1", text="a")
    assert bool(ruleset.match(item, source="kcna", tags=("state",), now=NOW)) is matches


def test_rules_answer_in_the_order_of_their_ids(rule: Callable[..., Rule]) -> None:
    ruleset = RuleSet([rule(id="z"), rule("b", id="m"), rule("a AND c", id="a")])
    item = Item(key="1", text="c b a")
    assert [match.rule.id for match in ruleset.match(item, source="x", now=NOW)] == ["a", "m", "z"]


def test_no_rules_at_all_match_nothing() -> None:
    assert RuleSet([]).match(Item(key="1", text="a"), source="x", now=NOW) == []


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("(a NEAR/50 b) NEAR/50 (c NEAR/50 e) EXCEPT d", "a b c e d " * 20_000),
        ("a NEAR/9 b", "• a\n• b\n" * 20_000),
        ("*abc* OR abc*", "abc" * 100_000),
        ("中*国", "中" * 100_000),
        ('"* 中 *"', "中" * 100_000),
        ("lan*ds", "lan" * 100_000),
    ],
)
def test_a_text_made_to_be_slow_is_not(query: str, text: str) -> None:
    start = time.process_time()
    quotes(query, text)
    assert time.process_time() - start < 10


words = st.lists(st.sampled_from([" a ", "ab", " b", "中", "中国", " 위", "b "]), max_size=30)


@settings(max_examples=300, deadline=None)
@given(
    literals=st.lists(
        st.sampled_from([" a ", " ab", "b ", "中", "中国", " 위성", "위", " a b ", "ab"]),
        min_size=1, unique=True,
    ),
    text=words.map("".join),
)  # fmt: skip
def test_both_engines_find_every_place(literals: list[str], text: str) -> None:
    expected = {
        (number, start, start + len(literal))
        for number, literal in enumerate(literals)
        for start in range(len(text))
        if text.startswith(literal, start)
    }
    assert set(PlainLiterals(literals).find(text)) == expected
    assert set(engines.literals(literals).find(text)) == expected


def test_without_the_library_the_plain_engine_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "AhoCorasick", None)
    assert quotes('"북 러" OR kim*', "북·러, Kims") == ["북·러", "Kims"]
    assert isinstance(engines.literals(["a"]), PlainLiterals)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("aa NEAR/s bb", "aa bb" + "." * 190_000),
        ("aa NEAR/s bb", "aa bb." + "\u200b" * 190_000 + " X"),
        ("aa NEAR/s bb", "aa. \n\nBb. " * 18_000),
        ("exact:AA", "aa bb " * 30_000),
        ("aa NEAR/1000 bb", "aa bb " * 33_000),
        ("aa NEAR/p bb", "aa bb " * 33_000),
        ("朝*鲜*国", "朝鲜" * 90_000),
        ("aa EXCEPT (aa NEAR/9 bb)", "aa bb " * 33_000),
        ("(aa NEAR/1000 bb) NEAR/1000 (aa NEAR/1000 bb)", "aa bb " * 33_000),
    ],
)
def test_a_text_made_to_be_slow_is_soon_done(query: str, text: str) -> None:
    start = time.process_time()
    quotes(query, text)
    assert time.process_time() - start < 10  # once: minutes


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("cc ONEAR/0 (aa NEAR/1000 bb)", "aa bb " * 150 + "cc aa bb"),
        ('(aa NEAR/p bb) EXCEPT "aa bb zz"', "aa bb zz " * 1_200 + "aa bb"),
        ("aa NEAR/1000 bb NEAR/1000 cc", "aa bb " * 400 + "cc"),
    ],
)
def test_many_mentions_hide_none(query: str, text: str) -> None:
    assert quotes(query, text)


def test_at_least_counts_mentions_that_do_not_overlap() -> None:
    assert not quotes('ATLEAST/2(Kim OR "Kim Jong Un")', "Kim Jong Un spoke")
    assert quotes('ATLEAST/2(Kim OR "Kim Jong Un")', "Kim Jong Un spoke, Kim wrote")
    assert not quotes("ATLEAST/2(朝鲜 OR 北朝鲜)", "北朝鲜")
    assert not quotes("ATLEAST/2(aa NEAR/5 bb)", "aa bb bb")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('url:"north korea"', ["north%20korea"]),
        ("url:북한", ["%EB%B6%81%ed%95%9c"]),
        ("url:exact:북한", ["%EB%B6%81%ed%95%9c"]),
        ('url:"news 북한"', ["news%2F%EB%B6%81%ed%95%9c"]),
        ("url:1", ["1"]),
        ("url:end", ["end"]),  # behind what is no encoding, and what is no letter
        ("url:20korea", None),
        ("url:EB", None),
    ],
)
def test_an_address_is_read_decoded_and_shown_as_written(
    query: str, found: list[str] | None
) -> None:
    url = "https://x.org/north%20korea/news%2F%EB%B6%81%ed%95%9c/1/%zz%FF%E4b/end"
    item = Item(key="1", title="", text="", url=url)
    matches = RuleSet([rules.rule_from_query(query, lists={})]).match(item, source="feed", now=NOW)
    evidence = matches[0].evidence if matches else ()
    assert [one.quote for one in evidence] == (found or [])
    assert all(url[one.start : one.end] == one.quote for one in evidence)
    assert bool(matches) == (found is not None)


@pytest.mark.parametrize(
    ("site", "url"),
    [
        ("朝鲜.中国", "https://xn--tpvu40j.xn--fiqs8s/"),
        ("中国", "https://www.xn--tpvu40j.xn--fiqs8s/1"),
        ("xn--tpvu40j.xn--fiqs8s", "https://朝鲜。中国/1"),
        ("Bücher.de", "https://www.BU\u0308CHER.de/"),
        ("bücher.de", "https://xn--bcher-kva.de/"),
        ("straße.de", "https://xn--strae-oqa.de/"),
        ("xn--99999999.kp", "https://xn--99999999.kp/"),
    ],
)
def test_a_site_is_the_same_in_either_of_its_spellings(site: str, url: str) -> None:
    item = Item(key="1", title="a", text="", url=url)
    for query, is_so in ((f"a AND site:{site}", True), ("a AND site:朝鮮.中国", False)):
        ruleset = RuleSet([rules.rule_from_query(query, lists={})])
        assert bool(ruleset.match(item, source="feed", now=NOW)) == is_so
