"""What follows from a clause of a query, and what it rules out.

All of this is sure and none of it is complete: where it says yes it is so for every item; where
it says no it does not know.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import combinations
from typing import NamedTuple

from watchd.rules.lints.covering import Vocabulary, covers
from watchd.rules.tree import All, Any, AtLeast, Except, Fact, Near, Node, Not, Term
from watchd.rules.tree import parts as tree_parts

_MOST_PARTS = 40  # of a chain of AND or OR that are compared with one another
_Key = Term | Fact | int  # a clause: a word and a fact as they are, all else by a number
_Pair = tuple[_Key, _Key]


class _Clause(NamedTuple):
    node: Node
    parts: tuple[_Key, ...]
    denies: bool  # there is a NOT in it
    scoped: bool  # there is a fact in it, or a word for items of one language


class Logic:
    """The clauses of all rules. Those that say the same have one key."""

    def __init__(self) -> None:
        self._clauses: list[_Clause] = []
        self._numbers: dict[object, int] = {}
        self._known: dict[int, tuple[object, _Key]] = {}  # by identity, kept alive here
        self._implied: dict[_Pair, bool] = {}
        self._within: dict[_Pair, bool] = {}
        self._excluded: dict[_Pair, bool] = {}
        self._vocabularies: dict[_Key, Vocabulary] = {}

    def key(self, node: Node) -> _Key:
        """The same for clauses that are the same but for order and repetition."""
        if isinstance(node, (Term, Fact)):
            return node
        # The terms of a list are one tuple in all rules: it is read once.
        shared: object = node.parts if isinstance(node, Any) and node.name else node
        known = self._known.get(id(shared))
        if known is None:
            known = self._known[id(shared)] = shared, self._new_key(node)
        return known[1]

    def _new_key(self, node: Node) -> _Key:
        parts = tuple(
            part if isinstance(part, Term) else self.key(part) for part in tree_parts(node)
        )
        meaning: object = parts
        match node:
            case Any() | All():
                parts = tuple(self._flat(type(node), parts))
                meaning = frozenset(parts)
                if len(meaning) < len(parts):
                    parts = tuple(dict.fromkeys(parts))
                if len(parts) == 1:
                    return parts[0]
            case Near():
                meaning = node.operator, parts if node.ordered else frozenset(parts)
            case AtLeast():
                meaning = node.times, parts
            case _:
                pass
        number = self._numbers.setdefault((type(node), meaning), len(self._clauses))
        if number == len(self._clauses):
            clauses = [self._clauses[part] for part in parts if isinstance(part, int)]
            plain = [part for part in parts if not isinstance(part, int)]
            denies = isinstance(node, Not) or any(clause.denies for clause in clauses)
            scoped = any(clause.scoped for clause in clauses) or any(map(_is_scoped, plain))
            self._clauses.append(_Clause(node, parts, denies, scoped))
        return number

    def _flat(self, kind: type[Any] | type[All], parts: tuple[_Key, ...]) -> Iterator[_Key]:
        """The parts of a chain, with those of chains of its kind that stand in it."""
        for part in parts:
            if isinstance(part, int) and isinstance(self._clauses[part].node, kind):
                yield from self._clauses[part].parts
            else:
                yield part

    def _denies(self, key: _Key) -> bool:
        return isinstance(key, int) and self._clauses[key].denies

    def _is_scoped(self, key: _Key) -> bool:
        return self._clauses[key].scoped if isinstance(key, int) else _is_scoped(key)

    def _node(self, key: _Key) -> Node:
        return self._clauses[key].node if isinstance(key, int) else key

    def _parts(self, key: _Key) -> tuple[_Key, ...]:
        return self._clauses[key].parts if isinstance(key, int) else ()

    def implies(self, one: Node, other: Node) -> bool:
        """Whether `other` is true of every item of which `one` is."""
        return self._implies(self.key(one), self.key(other))

    def within(self, one: Node, other: Node) -> bool:
        """Whether every place of `one` is a place of `other`: for operands of NEAR and the like."""
        return self._is_within(self.key(one), self.key(other))

    def excludes(self, one: Node, other: Node) -> bool:
        """Whether no item can have both."""
        return self._excludes(self.key(one), self.key(other))

    def always(self, node: Node) -> bool:
        """Whether a clause is true of every item."""
        match node:
            case Any(parts=parts):
                clauses = [part for part in parts if not isinstance(part, Term)][:_MOST_PARTS]
                denied = [part.part for part in clauses if isinstance(part, Not)]
                return any(map(self.always, clauses)) or any(
                    self.implies(clause, part) for clause in denied for part in parts
                )
            case All(parts=parts):
                return all(map(self.always, parts))
            case Fact(field="source", value=value):
                return not value.strip("*")
            case _:
                return False

    def _implies(self, one: _Key, other: _Key) -> bool:
        if not isinstance(one, int) or not isinstance(other, int):
            return one == other or self._works_out(one, other)
        if (one, other) not in self._implied:
            self._implied[one, other] = one == other or self._works_out(one, other)
        return self._implied[one, other]

    def _works_out(self, one: _Key, other: _Key) -> bool:
        first, second = self._node(one), self._node(other)
        mine, its = self._parts(one), self._parts(other)
        if isinstance(first, Not) and not self._denies(other):
            return False
        if isinstance(second, All):
            return all(self._implies(one, part) for part in its)
        if isinstance(first, Any):
            return all(self._implies(part, other) for part in mine)
        if isinstance(second, Any):
            if isinstance(first, Term):
                return bool(self._vocabulary(other).covering(first, whole=False))
            clauses = [part for part in its if not isinstance(part, Term)][:_MOST_PARTS]
            if any(self._implies(one, part) for part in clauses):
                return True
        match first, second:
            case Not(), Not():
                return self._implies(its[0], mine[0])
            case _, Not():
                return self._excludes(one, its[0])
            case (Near(), Near()) if self._is_within(one, other):
                return True
            case (Except(), Except()) | (AtLeast(), AtLeast()) if self._is_within(one, other):
                return True
            case (Term(), Term()) | (Fact(), Fact()) | (Term(), Fact()):
                return _follows(first, second)  # type: ignore[arg-type]  # mypy loses the pairs
            case ((All() | Near()), _):
                return any(self._implies(part, other) for part in mine)
            case ((Except() | AtLeast()), _):
                return self._implies(mine[0], other)
        return False

    def _is_within(self, one: _Key, other: _Key) -> bool:
        if not isinstance(one, int) or not isinstance(other, int):
            return one == other or self._finds_within(one, other)
        if (one, other) not in self._within:
            self._within[one, other] = one == other or self._finds_within(one, other)
        return self._within[one, other]

    def _finds_within(self, one: _Key, other: _Key) -> bool:
        first, second = self._node(one), self._node(other)
        mine, its = self._parts(one), self._parts(other)
        match first, second:
            case Any(), _:
                return all(self._is_within(part, other) for part in mine)
            case Term(), Any():
                return bool(self._vocabulary(other).covering(first, whole=True))
            case _, Any():
                return any(self._is_within(one, part) for part in its[:_MOST_PARTS])
            case Term(), Term():
                return covers(second, first, whole=True)
            case Near(), Near():
                straight = self._is_within(mine[0], its[0]) and self._is_within(mine[1], its[1])
                turned = not second.ordered and (
                    self._is_within(mine[0], its[1]) and self._is_within(mine[1], its[0])
                )
                return (straight or turned) and _is_wider(second, first)
            case Except(), Except():
                return self._is_within(mine[0], its[0]) and self._is_within(its[1], mine[1])
            case Except(), _:
                return self._is_within(mine[0], other)
            case AtLeast(times=more), AtLeast(times=less):
                return more >= less and mine == its
        return False

    def _excludes(self, one: _Key, other: _Key) -> bool:
        denied = self._denies(one) or self._denies(other)
        if not denied and not (self._is_scoped(one) and self._is_scoped(other)):
            return False
        if (one, other) not in self._excluded:
            self._excluded[one, other] = self._rules_out(one, other)
        return self._excluded[one, other]

    def _rules_out(self, one: _Key, other: _Key) -> bool:
        first, second = self._node(one), self._node(other)
        if isinstance(first, Not) and isinstance(second, Not):
            return False
        if isinstance(second, Not):
            return self._implies(one, self._parts(other)[0])
        if isinstance(first, Not):
            return self._implies(other, self._parts(one)[0])
        for number, node, against in ((one, first, other), (other, second, one)):
            parts = self._parts(number)
            if isinstance(node, Any):
                return all(self._excludes(part, against) for part in parts)
            if isinstance(node, (All, Near, Except, AtLeast)):
                needed = parts if isinstance(node, (All, Near)) else parts[:1]
                if any(self._excludes(part, against) for part in needed):
                    return True
        return (
            isinstance(first, (Term, Fact))
            and isinstance(second, (Term, Fact))
            and (_differ(first, second))
        )

    def _vocabulary(self, number: _Key) -> Vocabulary:
        if number not in self._vocabularies:
            terms = (part for part in self._parts(number) if isinstance(part, Term))
            self._vocabularies[number] = Vocabulary(terms)
        return self._vocabularies[number]


def pairs(chain: Any | All) -> list[tuple[Node, Node]]:
    """Every two parts of a chain; of a very long one, of its first clauses."""
    parts = sorted(chain.parts, key=lambda part: isinstance(part, Term))
    return list(combinations(parts[:_MOST_PARTS], 2))


def _is_scoped(part: Term | Fact) -> bool:
    return isinstance(part, Fact) or part.lang != ""


def _follows(one: Term | Fact, other: Term | Fact) -> bool:
    """Whether the second is so wherever the first is, of terms and facts."""
    if isinstance(one, Term):
        if isinstance(other, Term):
            return covers(other, one, whole=False)
        return other.field == "lang" and one.lang == other.value
    if isinstance(other, Term) or one.field != other.field:
        return False
    match one.field:
        case "lang":
            return f"{one.value}-".startswith(f"{other.value}-")
        case "site":
            return f".{one.value}".endswith(f".{other.value}")
        case "source":
            return fnmatchcase(one.value, _glob(other.value))


def _differ(one: Term | Fact, other: Term | Fact) -> bool:
    """Whether no item can have both."""
    first, second = _language(one), _language(other)
    if first and second:
        first, second = sorted((first, second), key=len)
        return not f"{second}-".startswith(f"{first}-")
    if isinstance(one, Term) or isinstance(other, Term) or one.field != other.field:
        return False
    wild = set("*?") & set(one.value + other.value)
    return not wild and not _follows(one, other) and not _follows(other, one)


def _language(one: Term | Fact) -> str:
    if isinstance(one, Term):
        return one.lang
    return one.value if one.field == "lang" else ""


def _glob(value: str) -> str:
    return value.replace("[", "[[]")


def _is_wider(one: Near, other: Near) -> bool:
    """Whether the first reaches at least as far as the second, and asks for no more order."""
    if one.ordered and not other.ordered:
        return False
    if isinstance(one.between, int) and isinstance(other.between, int):
        return one.between >= other.between
    return one.between == other.between or (one.between, other.between) == ("p", "s")
