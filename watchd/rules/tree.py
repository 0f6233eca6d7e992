"""The syntax tree of a query: what it says, without the places where it says it.

`str(node)` is the query in one plain spelling: two queries that mean the same by their words
and operators read the same, whatever their spaces, comments, quotes and list names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Field = Literal["title", "body", ""]  # "" is both together: the default


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word or phrase. `text` is folded, with * and ? for wildcards; see term.py."""

    text: str
    field: Field = ""
    lang: str = ""  # only in items of this language; "" means any
    exact: str = ""  # as written, where letters and case have to be the same

    def __str__(self) -> str:
        scope = f"{self.field}:" if self.field else ""
        lang = f"[{self.lang}]" if self.lang else ""
        return f'{scope}{lang}exact:"{self.exact}"' if self.exact else f'{scope}{lang}"{self.text}"'


@dataclass(frozen=True, slots=True)
class Any:
    """At least one of the parts (OR; also what a list stands for)."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return f"({' OR '.join(map(str, self.parts))})"


@dataclass(frozen=True, slots=True)
class All:
    """Each of the parts (AND)."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return f"({' AND '.join(map(str, self.parts))})"


@dataclass(frozen=True, slots=True)
class Not:
    """The part is not there."""

    part: Node

    def __str__(self) -> str:
        return f"NOT {self.part}"


@dataclass(frozen=True, slots=True)
class Near:
    """At most `between` words between the two; `ordered`: left comes first."""

    left: Node
    right: Node
    between: int
    ordered: bool = False

    def __str__(self) -> str:
        return f"({self.left} {'O' if self.ordered else ''}NEAR/{self.between} {self.right})"


@dataclass(frozen=True, slots=True)
class Except:
    """Each place of `kept` that does not overlap a place of `masked`."""

    kept: Node
    masked: Node

    def __str__(self) -> str:
        return f"({self.kept} EXCEPT {self.masked})"


@dataclass(frozen=True, slots=True)
class AtLeast:
    """At least `times` places of the part."""

    part: Node
    times: int

    def __str__(self) -> str:
        return f"ATLEAST/{self.times}{self.part}"


Node = Term | Any | All | Not | Near | Except | AtLeast


def true_of_nothing(node: Node) -> bool:
    """Whether an item without a word would match."""
    match node:
        case Any(parts=parts):
            return any(map(true_of_nothing, parts))
        case All(parts=parts):
            return all(map(true_of_nothing, parts))
        case Not(part=part):
            return not true_of_nothing(part)
        case _:
            return False


def terms(node: Node) -> list[Term]:
    """Every term of a query, in order."""
    match node:
        case Term():
            return [node]
        case Any(parts=parts) | All(parts=parts):
            return [term for part in parts for term in terms(part)]
        case Not(part=part) | AtLeast(part=part):
            return terms(part)
        case Near(left=first, right=second) | Except(kept=first, masked=second):
            return terms(first) + terms(second)


def in_field(node: Node, field: Field) -> Node:
    """The same query, looked for in one field only. Terms with a field of their own keep it."""
    match node:
        case Term():
            return node if node.field else replace(node, field=field)
        case Any(parts=parts):
            return Any(tuple(in_field(part, field) for part in parts))
        case All(parts=parts):
            return All(tuple(in_field(part, field) for part in parts))
        case Not(part=part):
            return Not(in_field(part, field))
        case AtLeast(part=part, times=times):
            return AtLeast(in_field(part, field), times)
        case Near():
            return Near(
                in_field(node.left, field), in_field(node.right, field), node.between, node.ordered
            )
        case Except():
            return Except(in_field(node.kept, field), in_field(node.masked, field))
