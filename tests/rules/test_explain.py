"""Why a query matches an item or does not: each clause, its words, and what came nearest."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.rules.oracle_cases import cases
from watchd import rules
from watchd.model import Item
from watchd.rules import Rule, RuleSet
from watchd.rules.explain import Explanation
from watchd.rules.look import Clause
from watchd.values import replace

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LISTS = {
    "heroic": "hero*\nfeat*\n영웅\n",
    "north": "북한\n[ko]\n北\n[*]\nNorth Korea\n",
    "seas": "South China Sea\nEast China Sea\n",
}
FAR = "word " * 51


def explain(query: str, text: str = "", *, source: str = "", **item: Any) -> Explanation:
    rule = rules.rule_from_query(query, lists=LISTS)
    return RuleSet([rule]).explain(rule, Item(key="1", text=text, **item), source=source, now=NOW)


def lacks(query: str, text: str, **item: Any) -> str:
    explanation = explain(query, text, **item)
    assert not explanation.matches
    return explanation.summary


@pytest.mark.parametrize(
    ("query", "text", "said"),
    [
        # NEAR: the nearest two
        ('"alien lands" NEAR/40 @heroic', f"alien lands {FAR} heroic alien lands of",
         None),
        ('"alien lands" NEAR/40 @heroic', f"in alien lands {FAR} word heroic {FAR} {FAR} feats",
         "“alien lands” is 52 words away from “heroic”, NEAR/40 allows 40"),
        ("alien NEAR/1 lands", "alien one two lands", "2 words away from “lands”, NEAR/1 allows 1"),
        ("alien NEAR/0 lands", "alien one lands", "is 1 word away from “lands”, NEAR/0 allows 0"),
        ("조선 NEAR/1 파병", "조선 소식 전체 파병", "2 words away"),
        ("朝鲜 NEAR/1 俄罗斯", "朝鲜宣布将与俄罗斯会谈", "“朝鲜” is 4 words away from “俄罗斯”"),
        ("soldiers ONEAR/3 Kursk", "Kursk thanked the soldiers",
         "“Kursk” comes before “soldiers”, and ONEAR/3 wants it after"),
        ("soldiers ONEAR/1 Kursk", "Kursk one two three soldiers",
         "3 words away from “soldiers”, ONEAR/1 allows 1; and “Kursk” comes before “soldiers”"),
        ("Moscow NEAR/10 troops", "• Rain in Moscow\n• Troops on parade",
         "“Moscow” and “Troops” stand in different list items"),
        ("Moscow NEAR/s troops", "Rain in Moscow. Troops on parade.",
         "“Moscow” and “Troops” stand in different sentences"),
        ("Moscow NEAR/p troops", "Rain in Moscow.\n\nTroops on parade.",
         "“Moscow” and “Troops” stand in different paragraphs"),
        ("Kim NEAR/4 \"Kim Jong Un\"", "Kim Jong Un",
         "“Kim” and “Kim Jong Un” share their words, and NEAR/4 wants two places"),
        ("Kim NEAR/0 Kim", "Kim sings",
         "“Kim” stands for both sides of NEAR/0, which wants two places"),
        ("Kim NEAR/0 Kim", "Kim sings with Kim",
         "“Kim” is 2 words away from “Kim”, NEAR/0 allows 0"),
        ("(a NEAR/3 b) NEAR/2 c", "a b one two three c",
         "“a … b” is 3 words away from “c”, NEAR/2 allows 2"),
        ("a NEAR/3 b NEAR/2 c", "a b", 'there is no "c"'),
        # EXCEPT and ATLEAST
        ("China EXCEPT @seas", "South China Sea, East China Sea",
         "“China” stands only in “South China Sea”, “East China Sea”, which EXCEPT leaves out"),
        ("China EXCEPT @seas", "South China Sea, SOUTH CHINA SEA",
         "“China” stands only in “South China Sea”, which EXCEPT leaves out"),
        ("China EXCEPT (China OR @seas)", "South China Sea and East China Sea in China",
         "in “South China Sea”, “China”, “East China Sea”, which EXCEPT leaves out"),
        ("China EXCEPT @seas", "Sea", 'there is no "China"'),
        ("ATLEAST/2(missile OR rocket)", "one rocket",
         "there is “rocket”: 1 of the 2 that ATLEAST/2 asks for"),
        ("ATLEAST/2(missile OR rocket)", "none", 'there is none of "missile", "rocket"'),
        # NOT
        ("troops NOT exercise*", "troops, exercises, an exercise",
         "there is “exercises”, “exercise”, which NOT leaves out"),
        ("troops NOT (a OR b)", "a", 'there is no "troops"; there is “a”, which NOT leaves out'),
        # a word, and what is like it
        ("satellite", "two satellites", "the text has “satellites”: write satellite*"),
        ("satellites", "a satellite", "the text has “satellite”: write satellite*"),
        ("party", "parties", "the text has “parties”: write part*"),
        ("party", "parts of parsley", 'there is no "party"'),
        ("подвига", "о подвиге", "the text has “подвиге”: write подвиг*"),
        ("러시아", "벨로러시아", "the text has it within “벨로러시아”: write *러시아"),
        ("lands", "the wastelands", "the text has it within “wastelands”: write *lands"),
        ('"alien lands"', "one alien land", 'the text has “alien land”: write "alien land*"'),
        ('"alien lands"', "alien, faraway lands",
         "the text has “alien, faraway lands”, with words between: write alien NEAR/1 lands"),
        ('"alien lands"', "lands of the alien",
         "the text has “lands of the alien”, in another order: write alien NEAR/2 lands"),
        ('"alien lands"', f"lands {FAR} alien", 'there is no "alien lands"'),
        ('"Kim Jong Un"', "Kim, or Jong Un", "the text has “Kim, or Jong Un”, with words between"),
        ("exact:ISW", "isw", "the text has “isw”, and exact: wants the same letters and case"),
        ("exact:ISW", "war", "there is no exact:ISW"),
        # lists
        ("@north", "北京报道",
         "no word of @north (“北” counts only in [ko] items, and this one is zh)"),
        ("@heroic", "a defeat", "there is no word of @heroic"),
        ("a OR b OR c OR d OR e OR f OR g", "z", 'none of "a", "b", "c", "d", "e" or 2 others'),
        # of several ways to match, the nearest
        ("(alpha AND beta) OR (gamma NEAR/4 delta NEAR/5 epsilon) OR @north", "gamma delta",
         'there is no "epsilon"; that is the nearest of 3 ways to match'),
        ("alpha OR (beta AND gamma)", "z", 'there is no "alpha"; that is the nearest of 2 ways'),
        ("alpha AND (beta OR (gamma AND delta))", "alpha gamma", 'there is no "delta"'),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_with_what_comes_nearest(
    query: str, text: str, said: str | None
) -> None:
    if said is None:
        assert explain(query, text).matches
    else:
        assert said in lacks(query, text)


@pytest.mark.parametrize(
    ("query", "item", "said"),
    [
        ("title:launch", {"title": "At dawn", "text": "The launch"},
         "there is no title:launch (“launch” stands only in the body)"),
        ("body:(dawn OR dusk)", {"title": "At dawn"}, "“dawn” stands only in the title"),
        ("author:Kim AND Kim", {"text": "Kim"}, "“Kim” stands only in the body"),
        ("url:kcna AND title:Kim", {"title": "Kim KCNA"}, "“KCNA” stands only in the title"),
        ("Moscow NEAR/s troops", {"title": "Moscow", "text": "troops"},
         "“Moscow” and “troops” stand in different fields, title and body"),
        ("source:kcna-*", {"source": "yonhap"},
         "its source is yonhap, and the rule asks for source:kcna-*"),
        ("source:kcna", {}, "the item has no known source, and the rule asks for source:kcna"),
        ("site:(kp OR ru)", {"url": "https://en.yna.co.kr/1"},
         "its site is en.yna.co.kr, and the rule asks for site:(kp OR ru)"),
        ("category:(a NEAR/3 b)", {"categories": ("a", "b")},
         "“a” and “b” stand in different categories"),
        ("category:(a NEAR/s b)", {"categories": ("a", "b")},
         "“a” and “b” stand in different categories"),
        ("lang:ko", {"text": "news"}, "its language is en, and the rule asks for lang:ko"),
        ("lang:ko", {"text": "news", "lang": "zh-CN"}, "its language is zh-cn"),
        ("news NOT lang:en", {"text": "news"}, "there is lang:en, which NOT leaves out"),
    ],
)  # fmt: skip
def test_fields_and_facts_say_what_is_so_instead(
    query: str, item: dict[str, Any], said: str
) -> None:
    assert said in lacks(query, **{"text": "", **item})


def shown(clause: Clause) -> list[Any]:
    words = [one.quote for one in clause.found]
    return [clause.true, clause.written, clause.kind, words, *map(shown, clause.parts)]


def test_the_tree_has_each_clause_as_it_is_written_and_its_words() -> None:
    query = """
      (soldiers OR troops)   # who
      NEAR/3 @heroic
      AND NOT title:(drill OR exercise*)
      AND "alien *" EXCEPT exact:Alien
    """
    tree = explain(query, "Heroic troops, feats of soldiers; Alien lands", title="Exercises").tree
    assert shown(tree) == [
        False,
        '(soldiers OR troops) NEAR/3 @heroic AND NOT title:(drill OR exercise*) AND "alien *" '
        "EXCEPT exact:Alien",
        "AND",
        [],
        [
            True,
            "(soldiers OR troops) NEAR/3 @heroic",
            "NEAR/3",
            ["Heroic", "troops", "feats", "soldiers"],
            [
                True,
                "soldiers OR troops",
                "OR",
                ["troops", "soldiers"],
                [True, "soldiers", "word", ["soldiers"]],
                [True, "troops", "word", ["troops"]],
            ],
            [True, "@heroic", "list", ["Heroic", "feats"]],
        ],
        [
            False,
            "NOT title:(drill OR exercise*)",
            "NOT",
            [],
            [
                True,
                "title:(drill OR exercise*)",
                "OR",
                ["Exercises"],
                [False, "title:drill", "word", []],
                [True, "title:exercise*", "word", ["Exercises"]],
            ],
        ],
        [
            False,
            '"alien *" EXCEPT exact:Alien',
            "EXCEPT",
            [],
            [True, '"alien *"', "phrase", ["Alien lands"]],
            [True, "exact:Alien", "word", ["Alien"]],
        ],
    ]


def test_many_places_are_counted_and_the_first_are_shown() -> None:
    tree = explain("troops", "troops " * 50).tree
    assert (tree.count, len(tree.found)) == (50, 20)
    assert [(one.field, one.start, one.end) for one in tree.found[:2]] == [
        ("body", 0, 6),
        ("body", 7, 13),
    ]


def of_rule(rule: Rule, *, source: str, tags: tuple[str, ...] = ()) -> Explanation:
    item = Item(key="1", text="alien lands")
    return RuleSet([rule]).explain(rule, item, source=source, tags=tags, now=NOW)


def test_sources_status_and_expiry_keep_a_rule_from_an_item_it_would_match() -> None:
    plain = rules.rule_from_query("alien")
    only = replace(plain, only=("kcna", "tag:state"), except_=("tass",))
    said = "[sources] leaves out the feed 'wire': the rule reads only kcna, tag:state but tass"
    found = of_rule(only, source="wire")
    assert (found.matches, found.tree.true, found.left_out) == (False, True, (said,))
    assert found.summary == f"it would match by “alien”, but {said}"
    assert of_rule(only, source="wire", tags=("state",)).matches
    assert "items of no known feed" in of_rule(only, source="").summary
    off = replace(plain, status="off", expires=date(2026, 2, 28))
    assert of_rule(off, source="wire").left_out == (
        'status = "off": the rule is not looked for',
        "the rule expired on 2026-02-28",
    )


def test_what_matches_says_by_which_words() -> None:
    assert explain("alien OR lands", "alien lands, alien").summary == (
        "it matches by “alien”, “lands”"
    )
    many = explain("ATLEAST/2(a OR b OR c OR d OR e OR f)", "a b c d e f").summary
    assert many == "it matches by “a”, “b”, “c”, “d”, “e” and 1 more"
    assert explain("troops", "troops " * 50).summary == "it matches by “troops”"
    words = " ".join(f"troop{number}" for number in range(50))
    assert explain("troop*", words).summary.endswith("“troop4” and others")


def test_what_matches_by_no_word_says_what_is_so_of_the_item() -> None:
    query = "lang:en AND (source:wire OR source:kcna) NOT lands"
    found = explain(query, "alien", source="wire", lang="en")
    assert found.summary == "it matches by its language, en, and its source, wire"
    assert explain("NOT (NOT alien)", "alien").summary == "it matches by no word that can be shown"


def test_the_nearest_rules_are_those_of_which_most_is_there() -> None:
    queries = {
        "matches": "alien",
        "one-missing": "alien AND lands AND heroes",
        "too-far": "alien NEAR/1 lands",
        "two-missing": "alien AND beta AND gamma",
        "nothing": "delta OR epsilon",
        "left-out": "alien AND delta",
    }
    made = [replace(rules.rule_from_query(q), id=name) for name, q in queries.items()]
    made[-1] = replace(made[-1], only=("kcna",))
    item = Item(key="1", text="alien one two three lands")
    found = RuleSet(made).nearest(item, source="wire", now=NOW, limit=5)
    assert [one.rule.id for one in found] == ["too-far", "one-missing", "two-missing"]
    assert [one.rule.id for one in RuleSet(made).nearest(item, now=NOW, limit=1)] == ["too-far"]


def letters(number: int) -> str:
    """A word for a number, unlike that of any other."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number).zfill(5))


WORDS = [letters(number) for number in range(20_000)]


@pytest.mark.parametrize(
    ("query", "text", "listed"),
    [
        ("(aa OR bb) EXCEPT (aa OR bb)", "aa bb " * 33_000, []),
        ("aa ONEAR/1 bb", "bb x x aa x x " * 14_000, []),
        ("aa NEAR/3 bb", "aa " * 60_000 + "\n• " + "bb " * 6_000, []),
        ("@many", " ".join("commun" + word for word in WORDS[:16_000]),
         ["commun" + word + "ism" for word in WORDS[:5_000]]),
        ("@many", "a" * 200_000, ["aaaaa" + word for word in WORDS[:5_000]]),
        ("@many", "x".join(WORDS), WORDS[:5_000]),
        ("@many", "bb cc aa " * 22_000, [f"aa bb {word}" for word in WORDS[:2_500]]
         + [f"{'aa ' * number} bb" for number in range(2, 9)]),
        ("title:@many", " ".join(WORDS), WORDS[:5_000]),
        ("@many", " ".join(WORDS), [f"{word[:4]}*zzz" for word in WORDS[:1_000]]),
        (" OR ".join(WORDS[:2_000]), "x".join(WORDS), []),
        ("aaa NOT @many", " ".join(WORDS), WORDS[:5_000]),
        (f"{'(' * 18}aa{' AND bb) OR cc)' * 9} AND dd", "aa " * 60_000, []),
    ],
    ids=["except", "order", "items", "endings", "runs", "within", "phrases", "field", "wildcards",
         "or", "not", "deep"],
)  # fmt: skip
def test_a_text_and_a_list_made_to_be_slow_are_explained_in_passing_time(
    query: str, text: str, listed: list[str]
) -> None:
    rule = rules.rule_from_query(query, lists={"many": "\n".join(["none", *listed])})
    ruleset, item = RuleSet([rule]), Item(key="1", text=text[:200_000])
    started = time.process_time()
    matches = bool(ruleset.match(item, source="", now=NOW))
    to_match = time.process_time() - started
    started = time.process_time()
    told = ruleset.explain(rule, item, now=NOW)
    to_explain = time.process_time() - started
    assert told.matches == matches
    assert to_explain < 2 + 6 * to_match  # a second at most on a free machine


def test_words_of_a_stranger_do_no_harm_where_they_are_shown() -> None:
    said = lacks("alien NEAR/0 lands", "alien \x1b[31mone lands")
    assert "\x1b" not in said
    assert "\u202e" not in lacks("satellite", "satelli\u202etes")


def every(clause: Clause) -> Iterator[Clause]:
    yield clause
    for part in clause.parts:
        yield from every(part)


def test_explanations_agree_with_the_matcher_and_with_themselves() -> None:
    remedies = 0
    for case in cases(11, rules=5, items=10):
        made = [
            rules.rule_from_query(str(query), rule_id=str(number), lists=case.lists)
            for number, query in enumerate(case.rules)
        ]
        ruleset = RuleSet(made)
        for source, item in case.items:
            matching = {one.rule.id for one in ruleset.match(item, source=source, now=NOW)}
            texts = {"title": item.title, "body": item.text, "author": item.author, "url": item.url}
            for rule in made:
                told = ruleset.explain(rule, item, source=source, now=NOW)
                assert told.matches == (rule.id in matching), (rule.query, item)
                assert told.summary.strip()
                for clause in every(told.tree):
                    assert clause.written
                    assert not (clause.true and clause.note)
                    for one in clause.found:
                        text = texts.get(one.field, "".join(item.categories))
                        assert one.quote in text
                    remedies += helps(clause, item)
    assert remedies > 20


def helps(clause: Clause, item: Item) -> bool:
    """Whether a note names something to write in place of a word; that must then be found."""
    remedy = re.search(r": write (.+)$", clause.note)
    if not remedy or clause.kind not in ("word", "phrase"):
        return False
    field = re.match("(title|body|author|url|category):", clause.written)
    other = rules.rule_from_query(f"{field[0] if field else ''}({remedy[1]})")
    assert RuleSet([other]).match(item, source="", now=NOW), (clause, item)
    return True
