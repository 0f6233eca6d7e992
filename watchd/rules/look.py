"""A query over one item, clause by clause: what is true, and of what is not, what is nearest."""

from __future__ import annotations

from collections.abc import Iterator

from watchd.model import Evidence
from watchd.rules.hints import Hints
from watchd.rules.itemtext import Span, Text
from watchd.rules.match import evidence, places
from watchd.rules.nearmiss import apart, masked, quotes, too_few
from watchd.rules.rule import Probe, Rule
from watchd.rules.searches import Searches
from watchd.rules.tree import (
    All,
    Any,
    AtLeast,
    Except,
    Fact,
    FactField,
    Near,
    Node,
    Not,
    Term,
    parts,
)
from watchd.rules.written import Written, asked
from watchd.values import Struct

_MOST_FOUND = 20
_MOST_TOLD = 5
_FACTS: dict[FactField, str] = {"source": "source", "site": "site", "lang": "language"}


class Clause(Struct, frozen=True, kw_only=True):
    """One clause of a query, over one item.

    `kind` is its operator (AND, OR, NOT, NEAR/5, EXCEPT, ATLEAST/2), else list, word, phrase,
    source, site or lang. `found` are its words in the item, at most 20 of `count`. `note` says
    of a clause that is false what comes nearest. A list has no parts: it is told as one.
    """

    written: str
    kind: str
    true: bool
    found: tuple[Evidence, ...] = ()
    count: int = 0
    note: str = ""
    parts: tuple[Clause, ...] = ()


class Look:
    """A rule's query over one item."""

    def __init__(self, rule: Rule, text: Text, searches: Searches) -> None:
        self._rule = rule
        self._text = text
        self._searches = searches
        self._written = Written(rule, rule.key if isinstance(rule, Probe) else "query")
        self._hints = Hints(text, searches)
        # What is known, by the node's identity.
        self._known: dict[int, list[Span] | None] = {}
        self._notes: dict[int, str] = {}
        self._lacking: dict[int, float] = {}
        self._there: dict[int, bool] = {}

    def _spans(self, node: Node) -> list[Span] | None:
        """None when a clause is false; else its words."""
        if id(node) not in self._known:
            # A part that is false makes the whole so, and saves the looking.
            is_false = any(self._spans(part) is None for part in _needed(node))
            groups = None if is_false else evidence(node, self._text, self._searches)
            told = None if groups is None else sorted({span for group in groups for span in group})
            self._known[id(node)] = told
        return self._known[id(node)]

    def clause(self, node: Node) -> Clause:
        """A clause with all that it is made of."""
        spans = self._spans(node)
        is_one = isinstance(node, Any) and (node.name or _fact(node))
        below = () if is_one else parts(node)
        return Clause(
            written=self._written.clause(node),
            kind=_kind(node),
            true=spans is not None,
            found=tuple(self._evidence(span) for span in (spans or [])[:_MOST_FOUND]),
            count=len(spans or []),
            note="" if spans is not None else self._note(node),
            parts=tuple(map(self.clause, below)),
        )

    def _evidence(self, span: Span) -> Evidence:
        field, start, end, words = self._text.original(*span)
        return Evidence(field=field, start=start, end=end, quote=words)

    def lacks(self) -> str:
        """What the item lacks for a match: of all that would do, the least. "" when it matches."""
        query = self._rule.query
        if self._spans(query) is not None:
            return ""
        ways = len(query.parts) if isinstance(query, Any) and not _is_choice(query) else 0
        nearest = f"; that is the nearest of {ways} ways to match" if ways else ""
        return self._lacks(query) + nearest

    def matched_by(self) -> str:
        """What of the item makes the query true: its words; where there is none, what is so."""
        query = self._rule.query
        if spans := self._spans(query):
            words = quotes(self._text, spans[:_MOST_FOUND])
            more = f"{len(words) - _MOST_TOLD} more" if len(spans) <= _MOST_FOUND else "others"
            told = ", ".join(words[:_MOST_TOLD])
            return f"{told} and {more}" if len(words) > _MOST_TOLD else told
        facts = dict.fromkeys(self._true_facts(query))
        so = (f"its {_FACTS[field]}, {self._text.fact(field)}" for field in facts)
        return ", and ".join(so) or "no word that can be shown"

    def _true_facts(self, node: Node) -> Iterator[FactField]:
        if self._spans(node) is None:
            return
        if isinstance(node, Fact):
            yield node.field
        elif not isinstance(node, Not):
            for part in parts(node):
                yield from self._true_facts(part)

    def missing(self) -> float:
        """About how many clauses are missing for a match; 0 when it matches."""
        return self._missing(self._rule.query)

    def has_some(self) -> bool:
        """Whether anything is there that the query wants."""
        return self._has_some(self._rule.query)

    def _has_some(self, node: Node) -> bool:
        if id(node) not in self._there:
            self._there[id(node)] = self._has_some_of(node)
        return self._there[id(node)]

    def _has_some_of(self, node: Node) -> bool:
        match node:
            case Term() | Any() if isinstance(node, Term) or _is_choice(node):
                return not _fact(node) and self._spans(node) is not None
            case Except(kept=part):
                return self._has_some(part)
            case Not() | Fact():
                return False
            case _:
                return any(map(self._has_some, parts(node)))

    def _missing(self, node: Node) -> float:
        if id(node) not in self._lacking:
            there = self._spans(node) is not None
            self._lacking[id(node)] = 0 if there else self._missing_of(node)
        return self._lacking[id(node)]

    def _missing_of(self, node: Node) -> float:
        match node:
            case All(parts=parts):
                return sum(map(self._missing, parts))
            case Any(parts=parts) if not _is_choice(node):
                return self._missing(min(parts, key=self._distance))
            case Near(left=left, right=right):
                return self._missing(left) + self._missing(right) or 0.5
            case Except(kept=part) | AtLeast(part=part):
                return self._missing(part) or 0.5
            case _:
                return 1

    def _lacks(self, node: Node) -> str:
        match node:
            case All(parts=parts):
                return "; ".join(self._lacks(part) for part in parts if self._missing(part))
            case Any(parts=parts) if not _is_choice(node):
                return self._lacks(min(parts, key=self._distance))
            case Near(left=left, right=right) if self._missing(left) + self._missing(right):
                return "; ".join(self._lacks(side) for side in (left, right) if self._missing(side))
            case Except(kept=part) | AtLeast(part=part) if self._missing(part):
                return self._lacks(part)
            case Any() | Term() if not _fact(node):
                note = self._note(node)
                return f"there is {self._none_of(node)}" + (f" ({note})" if note else "")
            case _:
                return self._note(node)

    def _none_of(self, node: Any | Term) -> str:
        written = self._written.clause(node)
        if isinstance(node, Term):
            return f"no {asked(written)}"
        if node.name:
            return f"no word of {written}"
        words = [asked(self._written.clause(part)) for part in node.parts]
        more = f" or {len(words) - _MOST_TOLD} others" if len(words) > _MOST_TOLD else ""
        return f"none of {', '.join(words[:_MOST_TOLD])}{more}"

    def _distance(self, node: Node) -> tuple[bool, float]:
        """Of several ways to match: first those of which something is there."""
        return not self._has_some(node), self._missing(node)

    def _note(self, node: Node) -> str:
        """What is nearest to a clause that is false; "" where its parts say it all."""
        if id(node) not in self._notes:
            self._notes[id(node)] = self._new_note(node)
        return self._notes[id(node)]

    def _new_note(self, node: Node) -> str:
        text, searches = self._text, self._searches
        match node:
            case Term():
                return self._hints.best([node])
            case Any(parts=found) if _is_choice(node) and not _fact(node):
                return self._hints.best(part for part in found if isinstance(part, Term))
            case Fact() | Any() if fact := _fact(node):
                return self._other(node, fact)
            case Not(part=part):
                words = quotes(text, self._spans(part) or [])
                told = ", ".join(words[:_MOST_TOLD]) or self._written.clause(part)
                return f"there is {told}, which NOT leaves out"
            case Near(left=left, right=right):
                sides = places(left, text, searches), places(right, text, searches)
                return apart(node, *sides, text) if all(sides) else ""
            case Except(kept=kept, masked=mask):
                found_places = places(kept, text, searches)
                masks = [span for place in places(mask, text, searches) for span in place]
                return masked(found_places, masks, text) if found_places else ""
            case AtLeast(part=part, times=times):
                found_places = places(part, text, searches)
                return too_few(found_places, times, text) if found_places else ""
            case _:
                return ""

    def _other(self, node: Node, field: FactField) -> str:
        """What is so of the item in place of what is asked for."""
        there = self._text.fact(field)
        name, wanted = _FACTS[field], self._written.clause(node)
        if not there:
            return f"the item has no known {name}, and the rule asks for {wanted}"
        return f"its {name} is {there}, and the rule asks for {wanted}"


def _needed(node: Node) -> tuple[Node, ...]:
    """The parts without which a clause is false."""
    match node:
        case All() | Near() | AtLeast():
            return parts(node)
        case Except(kept=kept):
            return (kept,)
        case _:
            return ()


def _is_choice(node: Node) -> bool:
    """Whether a node is a list, or an OR of nothing but words, or of nothing but facts."""
    if not isinstance(node, Any):
        return False
    return all(isinstance(part, Term) for part in node.parts) or bool(_fact(node))


def _fact(node: Node) -> FactField | None:
    """The one thing that a fact, or an OR of facts, asks for."""
    if isinstance(node, Fact):
        return node.field
    fields = {_fact(part) for part in node.parts} if isinstance(node, Any) else set()
    return fields.pop() if len(fields) == 1 else None


def _kind(node: Node) -> str:
    match node:
        case Term(text=text):
            return "phrase" if " " in text else "word"
        case Fact(field=field):
            return field
        case Any(name=name):
            return "list" if name else _fact(node) or "OR"
        case All():
            return "AND"
        case Not():
            return "NOT"
        case Near():
            return node.operator
        case Except():
            return "EXCEPT"
        case AtLeast(times=times):
            return f"ATLEAST/{times}"
