"""Many rules over one item: a single pass finds which of them are worth a look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import zip_longest
from typing import TYPE_CHECKING

from watchd.model import Evidence, Item
from watchd.rules.index import literals
from watchd.rules.itemtext import Span, Text
from watchd.rules.match import count_apart, evidence
from watchd.rules.rule import Probe, Rule
from watchd.rules.searches import Searches
from watchd.rules.tree import Field
from watchd.values import Struct

if TYPE_CHECKING:
    from watchd.rules.explain import Explanation

_MOST_EVIDENCE = 20
_SELDOM: tuple[Field, ...] = ("author", "url", "category")  # folded only where rules ask


class Match(Struct, frozen=True, kw_only=True):
    """A rule, and the words of an item that made it match, in the order of the item."""

    rule: Rule
    evidence: tuple[Evidence, ...]
    mentions: int = 0  # places that do not overlap; counted for rules over time only

    @property
    def is_observation(self) -> bool:
        """Whether it is a query of a rule over time that matches: no hit by itself."""
        return isinstance(self.rule, Probe)


class RuleSet:
    """Rules compiled for matching. `rules` are those that can match at all, by their ids."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(sorted(rules, key=lambda rule: rule.id))
        self.searches = Searches()
        self._needs: list[tuple[frozenset[int], ...]] = []  # of each rule, beside its key
        self._by_key: dict[int, list[int]] = defaultdict(list)  # literal: rules
        self._unkeyed: list[int] = []
        for number, rule in enumerate(self.rules):
            needs = self.searches.needs(rule.query)
            for literal in needs[0] if needs else ():
                self._by_key[literal].append(number)
            if not needs:
                self._unkeyed.append(number)
            self._needs.append(tuple(needs[1:]))
        self._index = literals(list(self.searches.literals))
        self._more = tuple(field for field in _SELDOM if field in self.searches.fields)

    def match(
        self, item: Item, *, source: str, tags: tuple[str, ...] = (), now: datetime
    ) -> list[Match]:
        """The rules that match an item of the feed `source`, in the order of their ids."""
        text = Text(item, source, self._more)
        places = self._index.find(text.text)
        present = {place[0] for place in places}
        candidates = {number for literal in present for number in self._by_key.get(literal, ())}
        candidates.update(self._unkeyed)
        likely = []
        for number in candidates:  # most fall at their first need: a generator each would cost more
            for need in self._needs[number]:
                if need.isdisjoint(present):
                    break
            else:
                likely.append(number)
        if likely:
            text.add(places)
        matches = []
        for number in sorted(likely):
            rule = self.rules[number]
            if not rule.active(now) or not rule.reads(source, tags):
                continue
            groups = evidence(rule.query, text, self.searches)
            if groups is not None:
                mentions = count_mentions(groups) if isinstance(rule, Probe) else 0
                found = quotes(groups, text)
                matches.append(Match(rule=rule, evidence=found, mentions=mentions))
        return matches

    def read(self, item: Item, *, source: str = "") -> Text:
        """An item with all in it that these rules look for: what a query is evaluated over."""
        text = Text(item, source, self._more)
        text.add(self._index.find(text.text))
        return text

    def explain(
        self, rule: Rule, item: Item, *, source: str = "", tags: tuple[str, ...] = (), now: datetime
    ) -> Explanation:
        """Why one of these rules matches an item, or why not."""
        from watchd.rules.explain import explain

        text = self.read(item, source=source)
        return explain(rule, text, self.searches, source=source, tags=tags, now=now)

    def nearest(
        self,
        item: Item,
        *,
        source: str = "",
        tags: tuple[str, ...] = (),
        now: datetime,
        limit: int,
    ) -> list[Explanation]:
        """Of the rules that do not match an item, those that come nearest to it."""
        from watchd.rules.explain import nearest

        read = (one for one in self.rules if one.active(now) and one.reads(source, tags))
        text = self.read(item, source=source)
        found = nearest(read, text, self.searches, limit)
        return [self.explain(one, item, source=source, tags=tags, now=now) for one in found]

    def why_not(self, item: Item, *, source: str = "") -> str:
        """What an item lacks for the first rule to match it, in words; [sources] aside."""
        from watchd.rules.look import Look

        return Look(self.rules[0], self.read(item, source=source), self.searches).lacks()


def count_mentions(groups: list[list[Span]]) -> int:
    """How many places were found; of words that overlap, one: "Kim Jong Un" is one of Kim."""
    return count_apart([(span,) for group in groups for span in group])


def quotes(groups: list[list[Span]], text: Text) -> tuple[Evidence, ...]:
    """The evidence of each part of a query in turn, until there is enough."""
    spans = dict.fromkeys(span for turn in zip_longest(*groups) for span in turn if span)
    told: dict[Evidence, Span] = {}
    for span in spans:
        field, start, end, quote = text.original(*span)
        # Two categories may begin alike: what looks the same is told once.
        told.setdefault(Evidence(field=field, start=start, end=end, quote=quote), span)
        if len(told) == _MOST_EVIDENCE:
            break
    return tuple(sorted(told, key=told.__getitem__))
