"""The terms of all rules, each compiled once."""

from __future__ import annotations

from collections.abc import Iterable

from watchd.rules.term import Search, literals, search
from watchd.rules.tree import All, Any, AtLeast, Except, Fact, Field, Near, Node, Not, Term
from watchd.values import Struct


class Choice(Struct, frozen=True, eq=False):
    """An OR of terms alone, such as a list: its terms by the literals that hint at them."""

    of_literal: dict[int, tuple[Term, ...]]


class Searches:
    """The terms of all rules, compiled; equal terms, literals and lists are shared."""

    def __init__(self) -> None:
        self.literals: dict[str, int] = {}
        self.fields = set[Field]()  # in which any term is looked for
        self._frequency: list[float] = []  # of each literal: a guess, only good for comparing
        self._numbers: dict[str, tuple[int, ...]] = {}  # of the literals of each term
        self._compiled: dict[str, Search] = {}  # most are never found: not before one is asked for
        # Of lists by the identity of their terms, as to hash a long list costs more than to look
        # it up; the list is kept alive beside what is known of it.
        self._needs_of: dict[int, tuple[tuple[Node, ...], list[frozenset[int]]]] = {}
        self._lists: dict[tuple[Node, ...], Choice] = {}
        self._choice_of: dict[int, tuple[Any, Choice | None]] = {}

    def search(self, term: str) -> tuple[Search, tuple[int, ...]]:
        """How a folded term is found, and the numbers of its literals."""
        if term not in self._compiled:
            self._compiled[term] = search(term)
        return self._compiled[term], self._numbers_of(term)

    def _numbers_of(self, term: str) -> tuple[int, ...]:
        known = self._numbers.get(term)
        if known is None:
            known = self._numbers[term] = tuple(map(self._number, literals(term)))
        return known

    def _number(self, literal: str) -> int:
        number = self.literals.setdefault(literal, len(self._frequency))
        if number == len(self._frequency):
            # The longer, the rarer; one Han character says as much as three letters.
            self._frequency.append(0.4 ** len(literal.strip().encode()))
        return number

    def needs(self, node: Node) -> list[frozenset[int]]:
        """Sets of literals, of each of which at least one is in every text that matches a query.

        The rarest set comes first. All the literals of the query are numbered on the way.
        """
        found = self._needs(node)
        if len(found) > 1:
            found = sorted(found, key=self._rarity)
        return found

    def _rarity(self, literals: Iterable[int]) -> float:
        return sum(map(self._frequency.__getitem__, literals))

    def _needs(self, node: Node) -> list[frozenset[int]]:
        match node:
            case Term():
                return [frozenset(self._needs_of_term(node))]
            case Any():
                return self._needs_of_list(node) if node.name else self._needs_of_any(node)
            case All():
                return [need for part in node.parts for need in self._needs(part)]
            case Near():
                return self._needs(node.left) + self._needs(node.right)
            case Except():
                self._needs(node.masked)
                return self._needs(node.kept)
            case AtLeast():
                return self._needs(node.part)
            case Not():
                self._needs(node.part)
                return []
            case Fact():
                return []

    def _needs_of_term(self, term: Term) -> tuple[int, ...]:
        self.fields.add(term.field)
        return self._numbers_of(term.text)

    def _needs_of_any(self, node: Any) -> list[frozenset[int]]:
        union, is_needed = list[int](), True
        for part in node.parts:
            if isinstance(part, Term):
                union += self._needs_of_term(part)
            elif needs := self._needs(part):
                union += min(needs, key=self._rarity)
            else:
                is_needed = False
        return [frozenset(union)] if is_needed else []

    def _needs_of_list(self, node: Any) -> list[frozenset[int]]:
        known = self._needs_of.get(id(node.parts))
        if known is None:
            known = self._needs_of[id(node.parts)] = node.parts, self._needs_of_any(node)
        return known[1]

    def choice(self, node: Any) -> Choice | None:
        """None for an OR of more than terms."""
        if id(node) not in self._choice_of:
            self._choice_of[id(node)] = node, self._new_choice(node)
        return self._choice_of[id(node)][1]

    def _new_choice(self, node: Any) -> Choice | None:
        if node.name and node.parts in self._lists:
            return self._lists[node.parts]
        of_literal: dict[int, tuple[Term, ...]] = {}
        for part in node.parts:
            if not isinstance(part, Term):
                return None
            for number in self._numbers_of(part.text):
                of_literal[number] = (*of_literal.get(number, ()), part)
        choice = Choice(of_literal)
        if node.name:
            self._lists[node.parts] = choice
        return choice
