"""Clauses that can never match, that make no difference, or that are always true."""

from __future__ import annotations

from collections.abc import Iterator

from watchd.rules.lints.covering import Vocabulary, is_plain_word, masks_as_much, may_overlap
from watchd.rules.lints.logic import Logic, pairs
from watchd.rules.lints.report import Report, short
from watchd.rules.lints.words import is_alone
from watchd.rules.tree import All, Any, AtLeast, Except, Fact, Near, Node, Not, Term, parts
from watchd.rules.written import Written

_MAIN = {"", "title", "body"}
_MOST_DENIED = 20  # parts of a NOT, and of the AND it stands in
_MOST_PAIRS = 5_000  # of words of an EXCEPT that are compared with one another


class Clauses:
    """Looks through one query."""

    def __init__(self, logic: Logic, written: Written, report: Report) -> None:
        self._logic = logic
        self._written = written
        self._report = report
        self._dead: dict[int, tuple[Node, str, str]] = {}  # by identity: clauses and why

    def look(self, query: Node) -> None:
        """Report what is found in the query."""
        dead = self._is_dead(query)
        for node, why, hint in self._dead.values():
            what = "this rule can never match" if dead else "this part can never match"
            self._report.in_query("W101", self._written, node, f"{what}: {why}", hint)
        if not dead:
            self._look_in(query, in_place=False)

    def _say(self, node: Node) -> str:
        return short(self._written.clause(node))

    def _operand(self, node: Node) -> str:
        clause = self._written.clause(node)
        return clause if isinstance(node, Term) or clause.startswith("@") else f"({clause})"

    def _is_dead(self, node: Node) -> bool:
        """Whether a clause is true of no item; notes why, at the smallest clause that is so."""
        match node:
            case Term() | Fact():
                return False
            case Any(name=name) if name:
                return False
            case Not():  # of what is never there: true, and told of as such
                self._is_dead(node.part)
                return False
            case Any():
                more = [part for part in node.parts if not isinstance(part, Term)]
                return sum(map(self._is_dead, more)) == len(node.parts)
            case Except():
                masked = self._is_dead(node.masked)
                if self._is_dead(node.kept):
                    return True
                return not masked and self._cause(node, *self._masked_away(node))
            case AtLeast():
                return self._is_dead(node.part)
            case All():
                if sum(map(self._is_dead, node.parts)):  # all are told of
                    return True
                return self._cause(node, *self._at_odds(node))
            case Near():
                if self._is_dead(node.left) | self._is_dead(node.right):  # both are told of
                    return True
                return self._cause(node, *self._never_near(node))

    def _cause(self, node: Node, why: str, hint: str) -> bool:
        if why:
            self._dead[id(node)] = node, why, hint
        return bool(why)

    def _at_odds(self, chain: All) -> tuple[str, str]:
        for one, other in pairs(chain):
            if self._logic.excludes(one, other):
                if isinstance(one, Fact) and isinstance(other, Fact):
                    hint = f"write {one.field}:({one.value} OR {other.value})"
                    return f"no item is both {one.field}:{one.value} and {other.value}", hint
                denied = other if isinstance(other, Not) else one
                if isinstance(denied, Not):
                    wanted = one if denied is other else other
                    why = f"whatever matches {self._say(wanted)} is left out by this NOT"
                    return f"{why}: {self._say(denied)}", f"take out {self._written.clause(denied)}"
                return f"{self._say(one)} and {self._say(other)} are never true of one item", ""
        return "", ""

    def _masked_away(self, node: Except) -> tuple[str, str]:
        kept, masks = _words(node.kept), _words(node.masked)
        if not kept or not masks:
            return "", ""
        masking = Vocabulary(masks)
        for term in kept:
            if not masking.covering(term, whole=False):
                return "", ""
        why = "EXCEPT leaves out every place of it"
        return why, f"take out EXCEPT {self._operand(node.masked)}"

    def _never_near(self, node: Near) -> tuple[str, str]:
        fields = [_fields(part) for part in (node.left, node.right)]
        if not any(_in_reach(one, other, node) for one in fields[0] for other in fields[1]):
            one, other = (f"{min(found) or 'text'}:" for found in fields)
            clauses = [self._operand(part) for part in (node.left, node.right)]
            why = f"what stands in {one} is never near what stands in {other}"
            return why, f"write {clauses[0]} AND {clauses[1]}"
        if self._logic.excludes(node.left, node.right):
            return f"{self._say(node.left)} and {self._say(node.right)} are never in one item", ""
        return "", ""

    def _look_in(self, node: Node, *, in_place: bool) -> None:
        """Report what makes no difference. `in_place`: in an operand of NEAR and the like."""
        if id(node) in self._dead or (isinstance(node, Any) and node.name):
            return
        match node:
            case Any():
                self._swallowed(node, in_place=in_place)
                if self._logic.always(node):
                    self._always(node)
            case All():
                self._needless(node)
            case Except():
                self._mask(node)
            case Fact() if self._logic.always(node):
                self._always(node)
            case AtLeast(times=1):
                message = "ATLEAST/1 asks for no more than the words do without it"
                self._report.in_query("W102", self._written, node, message, "write ATLEAST/2")
            case _:
                pass
        in_place = in_place or isinstance(node, (Near, Except, AtLeast))
        for part in parts(node):
            if not isinstance(part, Term):
                self._look_in(part, in_place=in_place)

    def _always(self, node: Node) -> None:
        message = "this is true of every item, so it says nothing"
        self._report.in_query("W105", self._written, node, message, "take it out")

    def _swallowed(self, chain: Any, *, in_place: bool) -> None:
        """The parts of an OR that find nothing which another part does not find."""
        words = [part for part in chain.parts if isinstance(part, Term)]
        gone = set[int]()
        for less, more in Vocabulary(words).needless(whole=in_place).items():
            gone.add(id(words[less]))
            self._swallows(words[less], words[more])
        lists = [part for part in chain.parts if isinstance(part, Any) and part.name]
        for word in words:
            for held in lists:
                if id(word) not in gone and self._follows(word, held, in_place=in_place):
                    gone.add(id(word))
                    self._swallows(word, held)
        if len(words) == len(chain.parts):
            return
        for one, other in pairs(chain):
            if is_alone(one) and is_alone(other) and Term in (type(one), type(other)):
                continue  # two words, or a word and a list: they are dealt with
            for part, whole in ((other, one), (one, other)):
                if {id(part), id(whole)} & gone:
                    continue
                if self._follows(part, whole, in_place=in_place):
                    gone.add(id(part))
                    self._swallows(part, whole)

    def _mask(self, node: Except) -> None:
        """An EXCEPT that leaves out nothing, or all places of one of its words."""
        kept, masks = _words(node.kept), _words(node.masked)
        few = 0 < len(kept) * len(masks) <= _MOST_PAIRS
        if few and not any(may_overlap(term, mask) for mask in masks for term in kept):
            message = (
                f"this leaves out nothing: it has no word in common with {self._say(node.kept)}"
            )
            hint = "take out EXCEPT, or write NOT to leave out items"
            self._report.in_query("W102", self._written, node.masked, message, hint)
            return
        self._masked_twice(node, masks)
        masking = Vocabulary(masks)
        for term in kept:
            if term.at != (0, 0) and (mask := masking.covering(term, whole=False)):
                by = self._say(mask) if mask.at != (0, 0) else self._say(node.masked)
                message = f"{self._say(term)} adds nothing: {by} leaves out every place of it"
                self._report.in_query("W102", self._written, term, message, "take it out")

    def _masked_twice(self, node: Except, masks: list[Term]) -> None:
        """A phrase of an EXCEPT, of which a part masks as much, here or in an EXCEPT before."""
        kept, before = _kept_and_masks(node)
        if not kept or not all(map(is_plain_word, kept)):
            return
        for mask in (mask for mask in masks if mask.at != (0, 0)):
            others = [*before, *(other for other in masks if other != mask)]
            by = next((other for other in others if masks_as_much(other, mask, kept)), None)
            if by:
                message = f"{self._say(mask)} adds nothing: EXCEPT {self._say(by)} is enough"
                self._report.in_query("W102", self._written, mask, message, "take it out")

    def _follows(self, one: Node, other: Node, *, in_place: bool) -> bool:
        if {id(one), id(other)} & self._dead.keys():
            return False
        return (self._logic.within if in_place else self._logic.implies)(one, other)

    def _swallows(self, less: Node, more: Node) -> None:
        what, finds_it = self._say(less), self._say(more)
        message = f"{what} adds nothing: {finds_it} finds it already"
        if what == finds_it:
            message = f"{what} stands in this OR already"
        self._report.in_query("W102", self._written, less, message, "take it out")

    def _needless(self, chain: All) -> None:
        """The parts of an AND that are so anyway."""
        gone = set[int]()
        for one, other in pairs(chain):
            for more, less in ((one, other), (other, one)):
                if not {id(less), id(more)} & gone and self._follows(more, less, in_place=False):
                    gone.add(id(less))
                    why = f"what matches {self._say(more)} matches it anyway"
                    if isinstance(less, Not):
                        denied = self._say(less.part)
                        why = f"what matches {self._say(more)} never matches {denied}"
                    message = f"{self._say(less)} changes nothing: {why}"
                    self._report.in_query("W102", self._written, less, message, "take it out")
        for part in chain.parts:
            if id(part) not in gone and isinstance(part, Not) and isinstance(part.part, All):
                self._needless_in_not(chain, part.part)

    def _needless_in_not(self, chain: All, denied: All) -> None:
        """The parts of a NOT (A AND B) that the query asks for beside it: they are there."""
        for less in denied.parts[:_MOST_DENIED]:
            for more in chain.parts[:_MOST_DENIED]:
                if not isinstance(more, Not) and self._follows(more, less, in_place=False):
                    why = f"what matches {self._say(more)} matches it anyway"
                    message = f"{self._say(less)} changes nothing in this NOT: {why}"
                    self._report.in_query("W102", self._written, less, message, "take it out")
                    break


def _kept_and_masks(node: Except) -> tuple[list[Term], list[Term]]:
    """What a chain of EXCEPT keeps at first, and the words that it leaves out before this one."""
    if not isinstance(node.kept, Except):
        return _words(node.kept), []
    kept, before = _kept_and_masks(node.kept)
    return kept, before + _words(node.kept.masked)


def _words(node: Node) -> list[Term]:
    """The terms of an operand that is a word, or an OR of words alone; else none."""
    flat = list(_flat(node))
    found = [part for part in flat if isinstance(part, Term)]
    return found if len(found) == len(flat) else []


def _flat(node: Node) -> Iterator[Node]:
    if isinstance(node, Any):
        for part in node.parts:
            yield from _flat(part)
    else:
        yield node


def _fields(node: Node) -> set[str]:
    """The fields that an operand is looked for in."""
    if isinstance(node, Term):
        return {node.field}
    looked = parts(node)[:1] if isinstance(node, Any) and node.name else parts(node)
    return {field for part in looked for field in _fields(part)}


def _in_reach(one: str, other: str, near: Near) -> bool:
    """Whether a word in one field can be near a word in the other: title and text are one."""
    if one == other:
        return True
    return {one, other} <= _MAIN and (isinstance(near.between, int) or "" in (one, other))
