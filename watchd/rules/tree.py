"""The syntax tree of a query: what it says, and where in the query each part of it stands.

`str(node)` is the query in one plain spelling: two queries that mean the same by their words
and operators read the same, whatever their spaces, comments, quotes and list names. The places,
and the names of lists, are for messages; they do not count when trees are compared.
"""

from __future__ import annotations

from typing import Literal

from watchd.values import Struct, replace, without

Field = Literal["title", "body", "author", "url", "category", ""]  # "" is title and body
FactField = Literal["source", "site", "lang"]
Unit = Literal["s", "p"]  # one sentence, one paragraph
At = tuple[int, int]  # start and end in the text of the query; (0, 0) for what stands in a list

_NOWHERE = (0, 0)


class _Node(Struct, frozen=True, array_like=True, tag=str.lower):
    """Equal to another that says the same in another place, or as part of another list."""

    __repr__ = without("at", "name")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._said() == other._said()

    def __hash__(self) -> int:
        return hash(self._said())

    def _said(self) -> tuple[object, ...]:
        raise NotImplementedError


class Term(_Node, frozen=True, kw_only=True):
    """A word or phrase. `text` is folded, with * and ? for wildcards; see term.py."""

    text: str
    field: Field = ""
    lang: str = ""  # only in items of this language; "" means any
    exact: str = ""  # as written, where letters and case have to be the same
    at: At = _NOWHERE

    def __str__(self) -> str:
        scope = f"{self.field}:" if self.field else ""
        lang = f"[{self.lang}]" if self.lang else ""
        return f'{scope}{lang}exact:"{self.exact}"' if self.exact else f'{scope}{lang}"{self.text}"'

    def _said(self) -> tuple[object, ...]:
        return self.text, self.field, self.lang, self.exact


class Fact(_Node, frozen=True, kw_only=True):
    """What is so of an item as a whole: its feed, its site, its language.

    `value` is in small letters; that of a feed may have * and ? for wildcards.
    """

    field: FactField
    value: str
    at: At = _NOWHERE

    def __str__(self) -> str:
        return f'{self.field}:"{self.value}"'

    def _said(self) -> tuple[object, ...]:
        return self.field, self.value


class Any(_Node, frozen=True):
    """At least one of the parts (OR; also what a list stands for, with its `name`)."""

    parts: tuple[Node, ...]
    at: At = _NOWHERE
    name: str = ""

    def __str__(self) -> str:
        return f"({' OR '.join(map(str, self.parts))})"

    def _said(self) -> tuple[object, ...]:
        return (self.parts,)


class All(_Node, frozen=True):
    """Each of the parts (AND)."""

    parts: tuple[Node, ...]
    at: At = _NOWHERE

    def __str__(self) -> str:
        return f"({' AND '.join(map(str, self.parts))})"

    def _said(self) -> tuple[object, ...]:
        return (self.parts,)


class Not(_Node, frozen=True):
    """The part is not there."""

    part: Node
    at: At = _NOWHERE

    def __str__(self) -> str:
        return f"NOT {self.part}"

    def _said(self) -> tuple[object, ...]:
        return (self.part,)


class Near(_Node, frozen=True):
    """At most `between` words between the two, or both in one unit; `ordered`: left is first."""

    left: Node
    right: Node
    between: int | Unit
    ordered: bool = False
    at: At = _NOWHERE

    @property
    def operator(self) -> str:
        """As it is written: NEAR/5, ONEAR/s."""
        return f"{'O' if self.ordered else ''}NEAR/{self.between}"

    def __str__(self) -> str:
        return f"({self.left} {self.operator} {self.right})"

    def _said(self) -> tuple[object, ...]:
        return self.left, self.right, self.between, self.ordered


class Except(_Node, frozen=True):
    """Each place of `kept` that does not overlap a place of `masked`."""

    kept: Node
    masked: Node
    at: At = _NOWHERE

    def __str__(self) -> str:
        return f"({self.kept} EXCEPT {self.masked})"

    def _said(self) -> tuple[object, ...]:
        return self.kept, self.masked


class AtLeast(_Node, frozen=True):
    """At least `times` places of the part."""

    part: Node
    times: int
    at: At = _NOWHERE

    def __str__(self) -> str:
        return f"ATLEAST/{self.times}{self.part}"

    def _said(self) -> tuple[object, ...]:
        return self.part, self.times


Node = Term | Fact | Any | All | Not | Near | Except | AtLeast


def parts(node: Node) -> tuple[Node, ...]:
    """The parts of a node, in the order of the query."""
    match node:
        case Any(parts=found) | All(parts=found):
            return found
        case Not(part=part) | AtLeast(part=part):
            return (part,)
        case Near(left=first, right=second) | Except(kept=first, masked=second):
            return first, second
        case Term() | Fact():
            return ()


def with_parts(node: Node, new: tuple[Node, ...]) -> Node:
    """The same node over other parts, as many as it has."""
    match node:
        case Any() | All():
            return replace(node, parts=new)
        case Not() | AtLeast():
            return replace(node, part=new[0])
        case Near():
            return replace(node, left=new[0], right=new[1])
        case Except():
            return replace(node, kept=new[0], masked=new[1])
        case Term() | Fact():
            return node


def true_of_nothing(node: Node) -> bool:
    """Whether an item without a word would match, from whatever feed it comes."""
    match node:
        case Any(parts=found):
            return any(map(true_of_nothing, found))
        case All(parts=found):
            return all(map(true_of_nothing, found))
        case Not(part=part):
            return not true_of_nothing(part)
        case _:
            return False


def terms(node: Node) -> list[Term]:
    """Every term of a query, in order."""
    if isinstance(node, Term):
        return [node]
    return [term for part in parts(node) for term in terms(part)]


def in_field(node: Node, field: Field) -> Node:
    """The same query, looked for in one field only. Terms with a field of their own keep it."""
    if isinstance(node, Term):
        return node if node.field else replace(node, field=field)
    return with_parts(node, tuple(in_field(part, field) for part in parts(node)))
