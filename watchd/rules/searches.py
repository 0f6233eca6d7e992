"""The terms of all rules, each compiled once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from watchd.rules.term import Search, search
from watchd.rules.tree import Any, Node, Term


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """An OR of terms alone, such as a list: its terms by the literals that hint at them."""

    of_literal: dict[int, tuple[Term, ...]]


class Searches:
    """The terms of all rules, compiled; equal terms, literals and lists are shared."""

    def __init__(self) -> None:
        self.literals: dict[str, int] = {}
        self._frequency: list[float] = []  # of each literal: a guess, only good for comparing
        self._terms: dict[str, tuple[Search, tuple[int, ...]]] = {}
        self._choices: dict[tuple[Node, ...], Choice] = {}
        # By identity, as to hash a long list costs more than to look it up; kept alive here.
        self._choice_of: dict[int, tuple[Any, Choice | None]] = {}

    def add(self, term: str) -> tuple[Search, tuple[int, ...]]:
        """A folded term, and the numbers of its literals."""
        if term not in self._terms:
            compiled = search(term)
            self._terms[term] = compiled, tuple(map(self._number, compiled.literals))
        return self._terms[term]

    def rarity(self, literals: Iterable[int]) -> float:
        """A guess at how often any of these occurs: the less, the better a key to a rule."""
        return sum(self._frequency[number] for number in literals)

    def choice(self, node: Any) -> Choice | None:
        """None for an OR of more than terms."""
        if id(node) not in self._choice_of:
            self._choice_of[id(node)] = node, self._new_choice(node)
        return self._choice_of[id(node)][1]

    def _new_choice(self, node: Any) -> Choice | None:
        if node.parts not in self._choices:
            by_literal: dict[int, list[Term]] = defaultdict(list)
            for part in node.parts:
                if not isinstance(part, Term):
                    return None
                for number in self.add(part.text)[1]:
                    by_literal[number].append(part)
            choice = Choice({number: tuple(terms) for number, terms in by_literal.items()})
            self._choices[node.parts] = choice
        return self._choices[node.parts]

    def _number(self, literal: str) -> int:
        if literal not in self.literals:
            self.literals[literal] = len(self.literals)
            # The longer, the rarer; one Han character says as much as three letters.
            self._frequency.append(0.4 ** len(literal.strip().encode()))
        return self.literals[literal]
