"""Warnings: what a rules folder says that works, and is probably not what is wanted.

Each kind has its module. A warning is about one place; a comment `# ok: W103` on its line says
that it is meant.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from watchd.errors import Problem
from watchd.model import Feed
from watchd.rules.files import Stray
from watchd.rules.lints import signs, spellings, words
from watchd.rules.lints.clauses import Clauses
from watchd.rules.lints.covering import Vocabulary
from watchd.rules.lints.desk import Feeds
from watchd.rules.lints.logic import Logic
from watchd.rules.lints.report import Report, short
from watchd.rules.loading import Loaded
from watchd.rules.rule import OverTime, Rule
from watchd.rules.termlist import TermList
from watchd.rules.tree import Any, AtLeast, Except, Near, Node, Term, parts
from watchd.rules.written import Written

_NAME = re.compile(r"[\w-]+")


def lint(
    loaded: Loaded,
    *,
    today: date,
    feeds: Sequence[Feed] | None = None,
    strays: Iterable[Stray] = (),
) -> list[Problem]:
    """The warnings about the rules and lists of a folder, by file and line.

    `feeds` are those of the config; None when they are not known. `strays` are the files of the
    folder that were not read.
    """
    linter = _Linter(loaded, today, feeds)
    for rule in loaded.rules:
        linter.look_at_rule(rule)
    for over_time in loaded.over_time:
        linter.look_at_rule_over_time(over_time)
    for held in loaded.lists.values():
        linter.look_at_list(held)
    for stray in strays:
        linter.look_at_stray(stray)
    return sorted(linter.report.problems, key=lambda one: (one.path, one.line, one.col, one.code))


class _Linter:
    def __init__(self, loaded: Loaded, today: date, feeds: Sequence[Feed] | None) -> None:
        self.report = Report()
        self._loaded = loaded
        self._today = today
        self._feeds = Feeds(feeds) if feeds else None
        self._logic = Logic()
        rules: list[Rule | OverTime] = [*loaded.rules, *loaded.over_time]
        self._used = {name for rule in rules for name in rule.lists}
        self._in_place = set[str]()  # lists used where it matters which words of a text are found
        self._said: dict[object, Rule] = {}  # by what they say: rules seen so far
        # What the rules that use a list do with it, and which other spellings they lack then.
        self._roles: dict[str, set[words.Role]] = defaultdict(set)
        self._spellings: dict[str, list[tuple[Term, str, str]]] = {}
        self._lacking: dict[str, dict[Term, tuple[str, str]]] = defaultdict(dict)

    def look_at_rule(self, rule: Rule) -> None:
        if not rule.tests and rule.status in ("stable", "test"):
            self._untested(rule)
        self._past(rule)
        if rule.only and set(rule.only) <= set(rule.except_):
            message = "this rule can never match: `except` takes away all that `only` names"
            self.report.at_key("W101", rule, "only", message)
        elif self._feeds:
            self._feeds.look_at_sources(rule, self.report)
        self._twice(rule)
        self._look_at_query(rule, "query", rule.query)

    def look_at_rule_over_time(self, rule: OverTime) -> None:
        if not rule.tests and rule.status in ("stable", "test"):
            self._untested(rule)
        self._past(rule)
        if self._feeds:
            self._feeds.look_at_sources(rule, self.report)
        for step in getattr(rule.table, "step", ()):
            if step.rule and not self._is_a_rule(step.rule):
                message = f"the step '{step.name}' names the rule '{step.rule}', which is not there"
                hint = "write the id of a rule of one item: its path below the rules folder"
                self.report.at_key("W101", rule, "type", message, hint)
        for key, query in rule.queries.items():
            self._look_at_query(rule, key, query)

    def look_at_list(self, held: TermList) -> None:
        if held.problems:
            return
        used = held.name in self._used
        # A rule with mistakes may use any list. A name that no query can have is told of as such.
        if not used and not self._loaded.broken and _NAME.fullmatch(held.name):
            message = f"no rule uses the list @{held.name}"
            hint = f"write @{held.name} into a query, or take the file out"
            self.report.of_file("W109", held.path, held.source.partition("\n")[0], message, hint)
        whole = not used or held.name in self._in_place
        needless = Vocabulary(entry.term for entry in held.entries).needless(whole=whole)
        for less, more in needless.items():
            entry, other = held.entries[less], held.entries[more]
            message = f"{short(entry.written)} stands on line {other.line} already"
            if entry.term.text != other.term.text:
                found_by = f"{short(other.written)} (line {other.line})"
                message = f"{short(entry.written)} adds nothing: {found_by} finds it already"
            self.report.in_list("W110", held, entry, message, "take it out")
        signs.look_at_list(held, self.report)
        if self._roles[held.name] & {"found", "left out"}:
            words.look_at_list(held, self.report)
        if self._feeds and used:
            self._feeds.look_at_list(held, self.report)
        for term, (twin, whose) in self._lacking[held.name].items():
            line = next(entry for entry in held.entries if entry.term == term)
            message = f"{whose} writes {twin}, which is not in this list"
            self.report.in_list("W106", held, line, message, f"add the line {twin}")

    def look_at_stray(self, stray: Stray) -> None:
        message = "this file is not read: rules end in .toml"
        if stray.is_list:
            message = "this file is not read: lists are in lists/ itself, and end in .txt"
            if stray.place.parent == stray.path.parent and stray.path.suffix == ".txt":
                message = "no query can name this list: write it in letters, digits, _ and -"
        self.report.of_file("W115", str(stray.path), stray.first_line, message, stray.hint)

    def _past(self, rule: Rule | OverTime) -> None:
        if rule.expires and rule.expires < self._today:
            message = f"this rule is no longer looked for: its last day was {rule.expires}"
            self.report.at_key("W113", rule, "expires", message, "take the file or this line out")

    def _is_a_rule(self, name: str) -> bool:
        """Whether a step's `rule` is there: by its id, or the end of it."""
        found = [rule.id for rule in self._loaded.rules if f"/{rule.id}".endswith(f"/{name}")]
        return name in found or len(found) == 1 or name in self._loaded.broken

    def _untested(self, rule: Rule | OverTime) -> None:
        message = "this rule has no [[test]]: nothing shows that it finds what it should"
        expected = "match" if isinstance(rule, Rule) else "alert"
        hint = f'add at the end:  [[test]]  with name, expect = "{expected}", and an item'
        self.report.at_key("W112", rule, "title", message, hint)

    def _twice(self, rule: Rule) -> None:
        if rule.status == "off":
            return
        meaning = self._logic.key(rule.query), frozenset(rule.only), frozenset(rule.except_)
        first = self._said.setdefault(meaning, rule)
        if first is not rule:
            message = f"this rule says the same as {first.path}"
            self.report.at_key("W111", rule, "query", message, "take one of the two files out")

    def _look_at_query(self, rule: Rule | OverTime, key: str, query: Node) -> None:
        written = Written(rule, key)
        signs.look_at_query(query, written, self.report)
        Clauses(self._logic, written, self.report).look(query)
        if self._feeds:
            self._feeds.look_at_query(query, written, self.report)
            if isinstance(rule, Rule):
                self._feeds.look_at_what_they_bring(rule, written, self.report)
        if rule.lists:
            self._in_place |= set(_lists_in_place(query, in_place=isinstance(rule, OverTime)))
        here: list[tuple[list[Node], words.Role]] = [*words.groups(query)]
        for group, role in here:
            for part in group:
                if isinstance(part, Any):
                    self._roles[part.name].add(role)
                elif isinstance(part, Term) and role != "masked":
                    words.look_at_word(part, written, self.report, group)
        self._look_for_spellings(here, written)

    def _look_for_spellings(
        self, groups: list[tuple[list[Node], words.Role]], written: Written
    ) -> None:
        """The words of a query, and its lists, that lack the spelling of the other half of Korea.

        That it stands elsewhere in the query is enough.
        """
        found = [part for group, role in groups if role == "found" for part in group]
        alone = [part for part in found if isinstance(part, Term)]
        lists = {part.name: part.parts for part in found if isinstance(part, Any)}
        lacking = spellings.lacking(alone)
        of_lists = {name: few for name, held in lists.items() if (few := self._of_list(name, held))}
        if not lacking and not of_lists:
            return
        every = Vocabulary(
            [*alone, *(term for held in lists.values() for term in held if isinstance(term, Term))]
        )
        for term, other, whose in lacking:
            if not spellings.is_there(other, term, every):
                message = f"{whose} writes {other}, which this does not find"
                hint = f"write ({written.clause(term)} OR {_quoted(other)})"
                self.report.in_query("W106", written, term, message, hint)
        for name, few in of_lists.items():
            for term, other, whose in few:
                if not spellings.is_there(other, term, every):
                    self._lacking[name][term] = other, whose

    def _of_list(self, name: str, held: Sequence[Node]) -> list[tuple[Term, str, str]]:
        if name not in self._spellings:
            terms = [term for term in held if isinstance(term, Term)]
            self._spellings[name] = spellings.lacking(terms)
        return self._spellings[name]


def _lists_in_place(node: Node, *, in_place: bool) -> Iterator[str]:
    """The lists whose words NEAR, EXCEPT or ATLEAST measure, or a rule over time counts."""
    if isinstance(node, Any) and node.name:
        if in_place:
            yield node.name
        return
    for part in parts(node):
        yield from _lists_in_place(
            part, in_place=in_place or isinstance(node, Near | Except | AtLeast)
        )


def _quoted(text: str) -> str:
    return f'"{text}"' if " " in text else text
