"""Which clauses of a rule would no test miss?

Each clause of the query is taken out, or weakened, and the tests are run again. Where all of them
still pass, nothing would tell if that clause were lost in an edit. What stands within such a
clause is not looked at further.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from watchd.errors import Problem
from watchd.rules.itemtext import Text
from watchd.rules.match import evidence
from watchd.rules.rule import Rule, RuleTest
from watchd.rules.ruleset import RuleSet
from watchd.rules.testing import feed_of, in_test, item_of, passes
from watchd.rules.tree import (
    All,
    Any,
    At,
    AtLeast,
    Except,
    Fact,
    Near,
    Node,
    Not,
    Term,
    parts,
    terms,
    true_of_nothing,
    with_parts,
)
from watchd.rules.written import Written, asked
from watchd.values import Struct, replace

_ANYWHERE = 1_000_000  # words: as far apart as one likes, within a list item
_MOST_TOLD = 8
_LONGEST = 50

Put = Callable[[Node], Node]  # from a clause that takes another's place to the whole query


class ListUse(Struct, frozen=True, kw_only=True):
    """A list of the query, and those of its terms that no test has."""

    name: str
    terms: int
    unused: tuple[str, ...]


class Mutated(Struct, frozen=True, kw_only=True):
    """What came of a rule's mutations: how many there were, how many of them no test noticed.

    `unnoticed` tells these, each with its place; words of one OR are told together.
    """

    rule: Rule
    tried: int
    missed: int
    unnoticed: tuple[Problem, ...]
    lists: tuple[ListUse, ...]


class _Change(Struct, frozen=True):
    """Where in the query, the query after, and in words: what was done, which test would notice."""

    at: At
    query: Node
    done: str
    wanted: str


def mutate(rule: Rule) -> Mutated:
    """Take each clause out in turn. The rule's tests must pass as it is."""
    compiled = RuleSet([in_test(rule)])
    tests: list[tuple[RuleTest, Text]] = []
    for test in rule.tests:
        source, tags = feed_of(rule, test)
        if rule.reads(source, tags):
            tests.append((test, compiled.read(item_of(test), source=source)))

    def unnoticed(query: Node) -> bool:
        return all(
            passes(test, evidence(query, text, compiled.searches), text) for test, text in tests
        )

    mutations = _Mutations(rule, unnoticed)
    mutations.walk(rule.query, lambda new: new)
    texts = [text for _, text in tests]
    named = {node.name: node for node in _nodes(rule.query) if isinstance(node, Any) and node.name}
    return Mutated(
        rule=rule,
        tried=mutations.tried,
        missed=mutations.missed,
        unnoticed=tuple(mutations.found),
        lists=tuple(_use(node, texts, compiled) for node in named.values()),
    )


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for part in parts(node):
        yield from _nodes(part)


def _use(node: Any, texts: list[Text], compiled: RuleSet) -> ListUse:
    held = terms(node)
    unused = [
        term for term in held if not any(text.spans(term, compiled.searches) for text in texts)
    ]
    return ListUse(name=node.name, terms=len(held), unused=tuple(term.text for term in unused))


class _Mutations:
    def __init__(self, rule: Rule, unnoticed: Callable[[Node], bool]) -> None:
        self.tried = 0
        self.missed = 0
        self.found: list[Problem] = []
        self._written = Written(rule)
        self._unnoticed = unnoticed
        self._tests = len(rule.tests)

    def walk(
        self, node: Node, put: Put, *, wants: bool = True, near: bool = False, field: bool = True
    ) -> None:
        """Try every change in a clause.

        `wants` is whether the clause helps the rule to match (not so within NOT), `near` whether
        it is an operand of NEAR, `field` whether its field is still to be tried.
        """
        if field and (plain := _without_field(node)) is not None:
            (scope,) = {term.field for term in terms(node)}
            other = "body" if scope == "title" else "title"
            words = self._shown(node).removeprefix(f"{scope}:")
            wanted = f"{self._test(wants)} that has {words} in the {other} only"
            self._try(_Change(node.at, put(plain), f"without {scope}:", wanted))
            field = False
        match node:
            case Any(name=name) if name:
                return
            case All() | Any():
                self._operands(node, put, wants=wants, near=near, field=field)
            case Not(part=part):
                self.walk(part, lambda new: put(replace(node, part=new)), wants=not wants)
            case Near():
                self._near(node, put, wants=wants, near=near)
            case Except(kept=kept, masked=masked):
                has = f"{self._shown(kept)} only as part of {self._shown(masked)}"
                done, wanted = (
                    "without what EXCEPT leaves out",
                    f"{self._test(wants)} that has {has}",
                )
                if not self._try(_Change(masked.at, put(kept), done, wanted)):
                    self.walk(
                        masked,
                        lambda new: put(replace(node, masked=new)),
                        wants=not wants,
                        near=True,
                    )
                self.walk(kept, lambda new: put(replace(node, kept=new)), wants=wants, near=True)
            case AtLeast(part=part, times=times):
                if times > 1:
                    fewer = put(replace(node, times=times - 1))
                    wanted = f"{self._test(wants)} that has only {times - 1} of them"
                    self._try(_Change(node.at, fewer, f"with ATLEAST/{times - 1}", wanted))
                self.walk(part, lambda new: put(replace(node, part=new)), wants=wants, near=True)
            case Term(exact=exact) if exact:
                wanted = f"{self._test(wants)} that has the word in other letters, small or capital"
                self._try(_Change(node.at, put(replace(node, exact="")), "without exact:", wanted))
            case Term() | Fact():
                return

    def _operands(self, node: All | Any, put: Put, *, wants: bool, near: bool, field: bool) -> None:
        """Each operand of AND or OR. The bare words of an OR that no test has are told at once."""
        idle: list[Node] = []
        for number, part in enumerate(node.parts):
            rest = node.parts[:number] + node.parts[number + 1 :]
            without = put(rest[0] if len(rest) == 1 else replace(node, parts=rest))
            if isinstance(node, Any) and isinstance(part, Term | Fact):
                self.tried += 1
                if self._unnoticed(without):
                    idle.append(part)
                    continue
            elif self._try(self._without(node, part, without, wants)):
                continue

            def within(new: Node, at: int = number) -> Node:
                kept = node.parts
                return put(with_parts(node, (*kept[:at], new, *kept[at + 1 :])))

            self.walk(part, within, wants=wants, near=near, field=field)
        if idle:
            self.missed += len(idle)
            words = [asked(self._written.clause(part)) for part in idle]
            more = f" and {len(words) - _MOST_TOLD} more" if len(words) > _MOST_TOLD else ""
            done = f"without {' or without '.join(words[:_MOST_TOLD])}{more}"
            alone = "each of them" if len(words) > 1 else words[0]
            wanted = f"{self._test(not wants)} by {alone} alone"
            self._tell(_Change(idle[0].at, node, done, wanted))

    def _without(self, node: All | Any, part: Node, query: Node, wants: bool) -> _Change:
        shown = self._shown(part, marked=True)
        if isinstance(part, Not):
            wanted = f"{self._test(wants)} that would match but for {self._shown(part.part)}"
            return _Change(part.at, query, "without this NOT", wanted)
        if isinstance(node, All):
            wanted = f"{self._test(wants)} that has all the rest, without {shown}"
            return _Change(part.at, query, f"without {shown}", wanted)
        wanted = f"{self._test(not wants)} by {shown} alone"
        return _Change(part.at, query, f"without {shown}", wanted)

    def _near(self, node: Near, put: Put, *, wants: bool, near: bool) -> None:
        idle = False
        sides = ((node.left, node.right), (node.right, node.left))
        for part, other in sides:
            shown = self._shown(part, marked=True)
            wanted = f"{self._test(wants)} that has {self._shown(other)} without {shown}"
            if self._try(_Change(part.at, put(other), f"without {shown}", wanted)):
                idle = True
        if idle:
            return
        for change in self._looser(node, put, wants=wants, near=near):
            if self._try(change):
                break
        self.walk(node.left, lambda new: put(replace(node, left=new)), wants=wants, near=True)
        self.walk(node.right, lambda new: put(replace(node, right=new)), wants=wants, near=True)

    def _looser(self, node: Near, put: Put, *, wants: bool, near: bool) -> Iterator[_Change]:
        """The loosest first: who does not notice that, notices none."""
        at = self._written.operator(node)
        two = " and ".join(self._shown(side) for side in (node.left, node.right))
        test = f"{self._test(wants)} in which {two if len(two) <= _LONGEST else 'the two'} are"
        apart: Node = All((node.left, node.right))
        if near:  # beside NEAR there is no AND
            apart = replace(node, between=_ANYWHERE, ordered=False)
        done = f"with AND in place of {node.operator}"
        if isinstance(node.between, str):
            unit = {"s": "sentences", "p": "paragraphs"}[node.between]
            yield _Change(at, put(apart), done, f"{test} in two {unit}")
            if node.between == "s":
                wider = replace(node, between="p")
                done = f"with {wider.operator} in place of {node.operator}"
                yield _Change(at, put(wider), done, f"{test} in two sentences of a paragraph")
        else:
            least, most = node.between + 1, max(1, 2 * node.between)
            yield _Change(at, put(apart), done, f"{test} more than {node.between} words apart")
            wider = replace(node, between=most)
            done = f"with {wider.operator} in place of {node.operator}"
            yield _Change(at, put(wider), done, f"{test} {least} to {most} words apart")
        if node.ordered:
            free = replace(node, ordered=False)
            done = f"with {free.operator} in place of {node.operator}"
            yield _Change(at, put(free), done, f"{test} in the other order")

    def _shown(self, node: Node, *, marked: bool = False) -> str:
        """A clause within a sentence; a long one is cut, or not named where carets mark it."""
        written = asked(self._written.clause(node))
        if len(written) <= _LONGEST:
            return written
        return "this clause" if marked else f"{written[: _LONGEST - 1]}…"

    def _test(self, wants: bool) -> str:
        return "a near miss" if wants else "a match"

    def _try(self, change: _Change) -> bool:
        """Whether no test notices a change. One that leaves only NOTs nobody could make."""
        if true_of_nothing(change.query):
            return False
        self.tried += 1
        if not self._unnoticed(change.query):
            return False
        self.missed += 1
        self._tell(change)
        return True

    def _tell(self, change: _Change) -> None:
        still = (
            f"all {self._tests} tests still pass" if self._tests > 1 else "the test still passes"
        )
        hint = f"add a [[test]]: {change.wanted}"
        self.found.append(self._written.problem(change.at, f"{change.done}, {still}", hint=hint))


def _without_field(node: Node) -> Node | None:
    """The clause looked for in title and body alike; None where it has no such field of its own."""
    fields = {term.field for term in terms(node)}
    if not isinstance(node, Term | Any) or fields not in ({"title"}, {"body"}):
        return None
    return _anywhere(node)


def _anywhere(node: Node) -> Node:
    if isinstance(node, Term):
        return replace(node, field="")
    return with_parts(node, tuple(map(_anywhere, parts(node))))
