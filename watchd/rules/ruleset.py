"""Many rules over one item: a single pass finds which of them are worth a look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from watchd.model import Evidence, Item
from watchd.rules.index import literals
from watchd.rules.itemtext import Span, Text
from watchd.rules.match import evidence
from watchd.rules.rule import Rule
from watchd.rules.searches import Searches
from watchd.rules.tree import All, Any, AtLeast, Except, Fact, Field, Near, Node, Not, Term, terms
from watchd.rules.whynot import why_not

_MOST_EVIDENCE = 20
_SELDOM: tuple[Field, ...] = ("author", "url", "category")  # folded only where rules ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A rule, and the words of an item that made it match, in the order of the item."""

    rule: Rule
    evidence: tuple[Evidence, ...]


class RuleSet:
    """Rules compiled for matching. `rules` are those that can match at all, by their ids."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(sorted(rules, key=lambda rule: rule.id))
        self._searches = Searches()
        self._needs: list[tuple[frozenset[int], ...]] = []  # of each rule, beside its key
        self._by_key: dict[int, list[int]] = defaultdict(list)  # literal: rules
        self._unkeyed: list[int] = []
        for number, rule in enumerate(self.rules):
            needs = sorted(_needed(rule.query, self._searches), key=self._searches.rarity)
            for literal in needs[0] if needs else ():
                self._by_key[literal].append(number)
            if not needs:
                self._unkeyed.append(number)
            self._needs.append(tuple(needs[1:]))
        self._index = literals(list(self._searches.literals))
        asked = {field for rule in self.rules for field in _fields(rule.query)}
        self._more = tuple(field for field in _SELDOM if field in asked)

    def match(
        self, item: Item, *, source: str, tags: tuple[str, ...] = (), now: datetime
    ) -> list[Match]:
        """The rules that match an item of the feed `source`, in the order of their ids."""
        text = Text(item, source, self._more)
        places = self._index.find(text.text)
        present = {place[0] for place in places}
        candidates = {number for literal in present for number in self._by_key.get(literal, ())}
        candidates.update(self._unkeyed)
        text.add(places)
        matches = []
        for number in sorted(candidates):
            rule = self.rules[number]
            if any(need.isdisjoint(present) for need in self._needs[number]):
                continue
            if not rule.active(now) or not rule.reads(source, tags):
                continue
            groups = evidence(rule.query, text, self._searches)
            if groups is not None:
                matches.append(Match(rule=rule, evidence=_quotes(groups, text)))
        return matches

    def why_not(self, item: Item, *, source: str = "") -> str:
        """What an item lacks for the first rule to match it, in words; [sources] aside."""
        text = Text(item, source, self._more)
        text.add(self._index.find(text.text))
        return why_not(self.rules[0].query, text, self._searches)


def _fields(node: Node) -> set[Field]:
    return {term.field for term in terms(node)}


def _needed(node: Node, searches: Searches) -> list[frozenset[int]]:
    """Sets of literals, of each of which at least one is in every text that matches."""
    match node:
        case Term(text=text):
            return [frozenset(searches.add(text)[1])]
        case Any(parts=parts):
            of_parts = [_needed(part, searches) for part in parts]
            if not all(of_parts):
                return []
            return [
                frozenset[int]().union(*(min(needs, key=searches.rarity) for needs in of_parts))
            ]
        case All(parts=parts):
            return [need for part in parts for need in _needed(part, searches)]
        case Near(left=left, right=right):
            return _needed(left, searches) + _needed(right, searches)
        case Except(kept=part, masked=masked):
            _needed(masked, searches)  # its literals have to be found as well
            return _needed(part, searches)
        case AtLeast(part=part):
            return _needed(part, searches)
        case Not(part=part):
            _needed(part, searches)
            return []
        case Fact():
            return []


def _quotes(groups: list[list[Span]], text: Text) -> tuple[Evidence, ...]:
    """The evidence of each part of a query in turn, until there is enough."""
    spans = list(dict.fromkeys(span for turn in zip_longest(*groups) for span in turn if span))
    told = []
    for span in sorted(spans[:_MOST_EVIDENCE]):
        field, start, end, quote = text.original(*span)
        told.append(Evidence(field=field, start=start, end=end, quote=quote))
    return tuple(told)
