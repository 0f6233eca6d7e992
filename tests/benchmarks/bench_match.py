"""What matching costs beside folding the text, and beside a loop of regular expressions.

    python -m tests.benchmarks.bench_match [--items 300] [--words 300]

Rules and texts are made up from one seed: words by Zipf's law in five scripts, rules of AND of
OR-groups with phrases, wildcards, NEAR and NOT, rare words mostly, as analysts' rules are.
"""

from __future__ import annotations

import argparse
import gc
import random
import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from watchd import rules
from watchd.model import Item
from watchd.rules import Rule, RuleSet, index
from watchd.text import fold

_NOW = datetime(2026, 3, 1, tzinfo=UTC)
_LETTERS = {
    "en": "etaoinshrdlucmfwypvbgk",
    "ru": "оеаинтсрвлкмдпуяыьгзбчй",
    "ko": "가나다라마바사아자차카타파하기니디리미비시이지고노도로모보소오조구누두루무부수우주",
    "zh": "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着",
    "es": "eaosrnidlctumpbgáéí",
}
_SHARE = {"en": 60, "ru": 15, "ko": 10, "zh": 10, "es": 5}


def _vocabulary(lang: str, rng: random.Random, size: int = 20_000) -> list[str]:
    short, long = (1, 3) if lang in ("ko", "zh") else (2, 10)
    letters = _LETTERS[lang]
    words = ("".join(rng.choices(letters, k=rng.randint(short, long))) for _ in range(3 * size))
    return list(dict.fromkeys(words))[:size]


class World:
    """Made-up languages, and what is written in them; `shortest` words are those of rules."""

    def __init__(self, seed: int, *, shortest: int = 0) -> None:
        self.rng = random.Random(seed)
        self.words = {lang: _vocabulary(lang, self.rng) for lang in _SHARE}
        self.rare_words = {
            lang: [
                w
                for w in words[300:]
                if len(w) >= (min(shortest, 2) if lang in ("ko", "zh") else shortest)
            ]
            for lang, words in self.words.items()
        }

    def lang(self) -> str:
        return self.rng.choices(list(_SHARE), list(_SHARE.values()))[0]

    def word(self, lang: str) -> str:
        words = self.words[lang]
        return words[min(int(self.rng.paretovariate(0.6)), len(words)) - 1]

    def rare(self, lang: str) -> str:
        return self.rng.choice(self.rare_words[lang])

    def item(self, words: int) -> Item:
        lang = self.lang()
        joint = "" if lang == "zh" else " "
        said = [self.word(lang) for _ in range(words)]
        for at in range(0, words, 17):
            said[at] = said[at].capitalize() + (". " if joint else "。")
        text = joint.join(said)
        quoted = text.replace(". ", ".” ", 2) if self.rng.random() < 0.3 else text
        return Item(key="1", title=text[:80], text=quoted)

    def term(self, lang: str) -> str:
        rng, word = self.rng, self.rare(lang)
        kind = rng.random()
        if kind < 0.25:
            return f'"{word} {self.rare(lang)}"'
        if kind < 0.45 and lang in ("en", "ru", "es") and len(word) > 4:
            return f"{word[:-1]}*"
        return f'"{word}"'

    def query(self) -> str:
        rng, lang = self.rng, self.lang()
        groups = [
            "(" + " OR ".join(self.term(lang) for _ in range(rng.randint(2, 3))) + ")"
            for _ in range(rng.choice((1, 2, 2)))
        ]
        joint = f" NEAR/{rng.randint(3, 20)} " if rng.random() < 0.2 else " AND "
        query = joint.join(groups)
        return f"({query}) AND NOT {self.term(lang)}" if rng.random() < 0.2 else query


def _seconds(work: Callable[[Item], object], items: Sequence[Item], rounds: int = 3) -> float:
    """CPU seconds an item, the best of some rounds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        for item in items:
            work(item)
        best = min(best, (time.process_time() - start) / len(items))
    return best


def _loop(of_rules: Sequence[Rule]) -> Callable[[Item], object]:
    """One regular expression a rule: any of its terms. Less than a rule asks, to be fair."""
    expressions = []
    for rule in of_rules:
        terms = re.findall(r'"([^"]+)"', str(rule.query))
        inner = "|".join(re.escape(term).replace(r"\*", r"\w*") for term in terms)
        expressions.append(re.compile(rf"\b(?:{inner})\b", re.IGNORECASE))
    return lambda item: [expression.search(item.text) for expression in expressions]


def _compiled(made: Sequence[Rule], *, plain: bool) -> RuleSet:
    """The rules ready to match, with the engine installed or the one in plain Python."""
    library = index.AhoCorasick
    try:
        if plain:
            index.AhoCorasick = None  # type: ignore[assignment, misc]
        return RuleSet(made)
    finally:
        index.AhoCorasick = library  # type: ignore[misc]


def _matching(world: World, items: Sequence[Item], count: int, folding: float) -> None:
    made = [rules.rule_from_query(world.query(), rule_id=f"r{n:05}") for n in range(count)]
    for plain in (False, True):
        ruleset = _compiled(made, plain=plain)

        def match(item: Item, ruleset: RuleSet = ruleset) -> int:
            return len(ruleset.match(item, source="bench", now=_NOW))

        hits = sum(map(match, items)) / len(items)
        cost = _seconds(match, items)
        line = f"{count:7,} rules: {cost * 1e6:6.0f} us = {cost / folding:5.2f} x folding"
        if plain:
            print(line + ", in plain Python")
            continue
        line += f"; {hits:.2f} hits an item"
        if count <= 1_000:
            few = items[: max(3, 3_000 // count)]
            loop = _seconds(_loop(made), few, 1)
            line += f"; a loop of `re` {loop / cost:,.0f} x slower"
        print(line)


def _compiling(world: World, count: int) -> None:
    queries = [world.query() for _ in range(count)]
    gc.disable()  # as `watchd run` and `watchd check` do
    start = time.process_time()
    made = [rules.rule_from_query(query, rule_id=f"r{n:06}") for n, query in enumerate(queries)]
    parsed = time.process_time()
    RuleSet(made)
    compiled = time.process_time()
    gc.enable()
    print(
        f"{count:7,} rules: {compiled - start:.2f} s from their queries to ready; "
        f"{parsed - start:.2f} s of it to read the queries"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--words", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    world = World(options.seed)
    items = [world.item(options.words) for _ in range(options.items)]
    folding = _seconds(lambda item: (fold(item.title), fold(item.text)), items)
    print(f"{options.items} items of {options.words} words, mean {_mean(items):.0f} characters")
    print(f"folding alone: {folding * 1e6:.0f} us an item = 1.0")
    for count in (10, 1_000, 10_000):
        _matching(world, items, count, folding)
    for count in (10_000, 100_000):
        _compiling(world, count)


def _mean(items: Sequence[Item]) -> float:
    return sum(len(item.text) for item in items) / len(items)


if __name__ == "__main__":
    main()
