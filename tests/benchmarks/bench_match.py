"""What matching costs beside folding the text, and beside a loop of regular expressions.

    python -m tests.benchmarks.bench_match [--items 300] [--words 300]

Rules and texts are made up from one seed: words by Zipf's law in five scripts, rules of AND of
OR-groups with phrases, wildcards, NEAR and NOT, rare words mostly, as analysts' rules are.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from watchd import rules
from watchd.model import Item
from watchd.rules import Rule, RuleSet
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


class _World:
    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.words = {lang: _vocabulary(lang, self.rng) for lang in _SHARE}

    def lang(self) -> str:
        return self.rng.choices(list(_SHARE), list(_SHARE.values()))[0]

    def word(self, lang: str) -> str:
        words = self.words[lang]
        return words[min(int(self.rng.paretovariate(0.6)), len(words)) - 1]

    def rare(self, lang: str) -> str:
        return self.rng.choice(self.words[lang][300:])

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


def _expressions(of_rules: Sequence[Rule]) -> list[re.Pattern[str]]:
    """One regular expression a rule: any of its terms. Less than a rule asks, to be fair."""
    found = []
    for rule in of_rules:
        terms = re.findall(r'"([^"]+)"', str(rule.query))
        inner = "|".join(re.escape(term).replace(r"\*", r"\w*") for term in terms)
        found.append(re.compile(rf"\b(?:{inner})\b", re.IGNORECASE))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--words", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    world = _World(options.seed)
    items = [world.item(options.words) for _ in range(options.items)]
    folding = _seconds(lambda item: (fold(item.title), fold(item.text)), items)
    print(f"{options.items} items of {options.words} words, mean {_mean(items):.0f} characters")
    print(f"folding alone: {folding * 1e6:.0f} us an item = 1.0")
    for count in (10, 1_000, 10_000):
        made = [rules.rule_from_query(world.query(), rule_id=f"r{n:05}") for n in range(count)]
        start = time.process_time()
        ruleset = RuleSet(made)
        compiled = time.process_time() - start

        def match(item: Item, ruleset: RuleSet = ruleset) -> int:
            return len(ruleset.match(item, source="bench", now=_NOW))

        hits = sum(map(match, items)) / len(items)
        cost = _seconds(match, items)
        line = (
            f"{count:6} rules: {cost * 1e6:7.0f} us = {cost / folding:5.2f} x folding; "
            f"{hits:.2f} hits an item; compiled in {compiled:.2f} s"
        )
        if count <= 1_000:
            expressions = _expressions(made)
            few = items[: max(3, 3_000 // count)]
            loop = _seconds(
                lambda item, all_of=expressions: [e.search(item.text) for e in all_of], few, 1
            )
            line += f"; a loop of `re` {loop / cost:,.0f} x slower"
        print(line)


def _mean(items: Sequence[Item]) -> float:
    return sum(len(item.text) for item in items) / len(items)


if __name__ == "__main__":
    main()
