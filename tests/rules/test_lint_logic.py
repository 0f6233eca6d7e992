"""What the warnings take for sure of two queries is so of every item."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import permutations

import pytest

from watchd.errors import FileProblems
from watchd.model import Feed, Item
from watchd.rules import Rule, RuleSet, rule_from_query
from watchd.rules.lints.brought import may, must
from watchd.rules.lints.covering import masks_as_much
from watchd.rules.lints.logic import Logic
from watchd.rules.tree import Term
from watchd.values import replace

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))]
LISTS = {
    "one": "rocket\nlaunch site\n",
    "two": "[ko]\n대회\nrocket\n",
    "three": "rockets\n[ru]\nпутин\n",
}
WORDS = "rocket rockets launch site 朝鲜 北朝鲜 당대회 대회 путин".split(" ")
TERMS = [
    *WORDS, "rocket*", "laun*", '"rocket launch"', '"launch site"', '"rocket * site"', "당대회를",
    '"당 대회"', "title:rocket", "body:launch", 'title:"launch site"', "@one", "@two", "@three",
]  # fmt: skip
NEARS = ["NEAR/1", "NEAR/3", "ONEAR/1", "ONEAR/2", "NEAR/s", "NEAR/p"]
FACTS = ["lang:ko", "lang:ru", "source:a", "source:b", "source:*"]


class Writer:
    """Writes queries and items of few words, so that they meet."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def words(self, depth: int = 0) -> str:
        if depth > 1 or self._random.random() < 0.5:
            return self._random.choice(TERMS)
        parts = [self.words(depth + 1) for _ in range(self._random.randint(2, 3))]
        return f"({' OR '.join(parts)})"

    def operand(self) -> str:
        kind = self._random.random()
        if kind < 0.5:
            return self.words()
        if kind < 0.8:
            return f"({self.words()} {self._random.choice(NEARS)} {self.words()})"
        return f"({self.words()} EXCEPT {self.words()})"

    def query(self, depth: int = 0) -> str:
        kind = self._random.random()
        if depth > 1 or kind < 0.45:
            return self.operand()
        if kind < 0.5:
            return self._random.choice(FACTS)
        if kind < 0.55:
            return f"ATLEAST/{self._random.randint(1, 2)}({self.words()} OR {self.words()})"
        operator = self._random.choice([" AND ", " OR ", " AND NOT "])
        parts = [self.query(depth + 1) for _ in range(self._random.randint(2, 3))]
        return f"({operator.join(parts)})"

    def item(self, key: int) -> Item:
        lang = self._random.choice(["", "ko", "ru", "en"])
        return Item(key=str(key), title=self._text(), text=self._text(), lang=lang)

    def _text(self) -> str:
        ends = [" ", " ", " ", "", " . ", ". X ", "\n\n"]
        words = range(self._random.randint(0, 7))
        return "".join(
            self._random.choice([*WORDS, "x"]) + self._random.choice(ends) for _ in words
        )


def rules(count: int, write: Callable[[], str]) -> list[Rule]:
    """So many rules; queries that the language refuses are written anew."""
    found = list[Rule]()
    while len(found) < count:
        try:
            found.append(rule_from_query(write(), rule_id=str(len(found)), lists=LISTS))
        except FileProblems:
            continue
    return found


def hits(of: list[Rule], items: list[Item]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {rule.id: set() for rule in of}
    matcher = RuleSet(of)
    for item in items:
        for match in matcher.match(item, source="a", now=NOW):
            found[match.rule.id].add(item.key)
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_what_follows_and_what_is_ruled_out_is_so_of_items(seed: int) -> None:
    writer, logic = Writer(seed), Logic()
    items = [writer.item(number) for number in range(200)]
    every = rules(120, writer.query)
    found = hits(every, items)
    follows = excludes = 0
    for one, other in permutations(every, 2):
        if logic.implies(one.query, other.query):
            follows += 1
            assert found[one.id] <= found[other.id], f"{one.source}  =>  {other.source}"
        if logic.excludes(one.query, other.query):
            excludes += 1
            assert not found[one.id] & found[other.id], f"{one.source}  and  {other.source}"
    for rule in every:
        assert not logic.always(rule.query) or len(found[rule.id]) == len(items), rule.source
    assert follows > 100
    assert excludes > 100


@pytest.mark.parametrize("seed", SEEDS)
def test_what_stands_within_makes_no_difference_to_near_and_except(seed: int) -> None:
    writer, logic = Writer(seed), Logic()
    items = [writer.item(number) for number in range(200)]
    alone = rules(80, writer.operand)
    near = hits(with_each(alone, "({}) NEAR/1 (site OR 朝鲜)"), items)
    kept = hits(with_each(alone, "(site OR launch OR 北朝鲜) EXCEPT ({})"), items)
    within = 0
    for one, other in permutations(alone, 2):
        if logic.within(one.query, other.query):
            within += 1
            assert near[one.id] <= near[other.id], f"{one.source}  in  {other.source}"
            assert kept[other.id] <= kept[one.id], f"{one.source}  in  {other.source}"
    assert within > 50


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_feeds_bring_is_so_of_their_items(seed: int) -> None:
    writer = Writer(seed)
    langs = {"a": "ko", "b": "zh-CN", "c": ""}
    feeds = [Feed(name=name, url="", publisher="", lang=lang) for name, lang in langs.items()]
    every = rules(300, writer.query)
    items = [writer.item(number) for number in range(100)]
    matcher = RuleSet(every)
    never = always = 0
    for feed in feeds:
        of_feed = [replace(item, lang=feed.lang or item.lang) for item in items]
        found = [{m.rule.id for m in matcher.match(i, source=feed.name, now=NOW)} for i in of_feed]
        for rule in every:
            hits = [rule.id in one for one in found]
            never += not may(rule.query, feed)
            always += must(rule.query, feed)
            assert may(rule.query, feed) or not any(hits), rule.source
            assert not must(rule.query, feed) or all(hits), rule.source
    assert never > 20
    assert always > 5


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mask_that_is_enough_leaves_out_as_much_as_a_longer_one(seed: int) -> None:
    pick = random.Random(seed)
    words = ["rocket", "launch", "site", "Kim"]
    items = [
        Item(key=str(number), title=" ".join(pick.choices([*words, "x"], k=pick.randint(1, 9))))
        for number in range(300)
    ]
    enough = 0
    for _ in range(300):
        kept = pick.sample(words, pick.randint(1, 2))
        one, other = (" ".join(pick.choices(words, k=pick.randint(1, 4))) for _ in range(2))
        terms = [Term(text=word.lower()) for word in kept]
        if not masks_as_much(Term(text=one.lower()), Term(text=other.lower()), terms):
            continue
        enough += 1
        query = f'({" OR ".join(kept)}) EXCEPT "{one}"'
        both = rules_of(query, f'{query} EXCEPT "{other}"')
        found = hits(both, items)
        assert found["0"] == found["1"], both[1].source
    assert enough > 10


def rules_of(*queries: str) -> list[Rule]:
    return [rule_from_query(query, rule_id=str(number)) for number, query in enumerate(queries)]


def with_each(alone: list[Rule], query: str) -> list[Rule]:
    return [
        rule_from_query(query.format(rule.source), rule_id=rule.id, lists=LISTS) for rule in alone
    ]
