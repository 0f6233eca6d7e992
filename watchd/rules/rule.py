"""A rule, as read from its file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from watchd.model import FollowUp, Item, Severity
from watchd.rules.tree import Node
from watchd.values import Struct, field, without

if TYPE_CHECKING:
    from watchd.rules import schema

    Table: TypeAlias = (
        schema.Frequency
        | schema.Spike
        | schema.Ratio
        | schema.Sequence
        | schema.NewTerm
        | schema.Flatline
    )

Status = Literal["draft", "test", "stable", "off"]


class RuleTest(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One [[test]] of a rule file: an item, and whether the rule matches it."""

    name: str
    match: bool
    title: str = ""
    text: str = ""
    source: str = ""
    lang: str = ""
    author: str = ""
    url: str = ""
    categories: tuple[str, ...] = ()
    spans: tuple[str, ...] = ()  # words that have to be among the evidence
    line: int = 0


class OverTimeTest(Struct, frozen=True, kw_only=True):
    """One [[test]] of a rule over time: items, and what the rule makes of them at one time."""

    name: str
    expect: Literal["alert", "no alert", "not ready"]
    at: datetime
    history_from: datetime | None = None  # None: since the first of the items
    value: float | None = None  # None: any
    items: tuple[tuple[Item, str], ...] = ()  # each with the name of its feed, or ""
    line: int = 0


class AnyRule(Struct, frozen=True, kw_only=True, dict=True, omit_defaults=True):
    """What every rule file says of itself, whatever its type."""

    id: str  # the file's path without suffix, below the rules directory: dprk/alien-lands
    path: str
    title: str
    severity: Severity
    status: Status = "stable"
    tags: tuple[str, ...] = ()
    why: str = ""
    references: tuple[str, ...] = ()
    false_positives: tuple[str, ...] = ()
    owner: str = ""
    throttle: timedelta | None = None  # between two messages about one story
    follow_up: FollowUp = field(default_factory=FollowUp)
    was: str = ""  # the id the rule had before its file was renamed
    expires: date | None = None  # the last day on which the rule is looked at
    only: tuple[str, ...] = ()  # feeds, or tag:x; empty means all
    except_: tuple[str, ...] = ()
    indicator: Mapping[str, str] = field(default_factory=dict)
    # The text of the file and of the lists it names: what `rule_from_source` needs.
    source: str = ""
    lists: Mapping[str, str] = field(default_factory=dict)

    __repr__ = without("source", "lists")

    @property
    def ids(self) -> list[str]:
        """The id it has, and the one it had before, if its file was renamed."""
        return [self.id, self.was] if self.was else [self.id]

    def active(self, now: datetime) -> bool:
        """Whether the rule is looked at: not switched off, and not past its day."""
        return self.status != "off" and (self.expires is None or now.date() <= self.expires)

    def reads(self, source: str, tags: tuple[str, ...]) -> bool:
        """Whether the rule is for this feed."""
        if not self.only and not self.except_:
            return True
        names = {source, *(f"tag:{tag}" for tag in tags)}
        return (not self.only or not names.isdisjoint(self.only)) and names.isdisjoint(self.except_)


class Rule(AnyRule, frozen=True, kw_only=True, dict=True):
    """A rule of one item: what it must say, and what the analyst says of it."""

    query: Node
    tests: tuple[RuleTest, ...] = ()

    @cached_property
    def version(self) -> str:
        """A short hash of what the rule means; its title, tags and tests are no part of that."""
        return hash_of(f"{self.query}\nonly {sorted(self.only)}\nexcept {sorted(self.except_)}")


class Probe(Rule, frozen=True, kw_only=True, dict=True):
    """One query of a rule over time, looked for like a rule: what it finds is an observation."""

    of: str  # the id of the rule over time
    of_version: str  # of what its observations mean
    step: str  # the key that holds the query: ratio.count
    key: str = "query"  # the same in `source`, which is the file of another rule if a step names it
    asked_by: AnyRule | None = None  # the rule over time

    __repr__ = without("source", "lists", "asked_by")

    def reads(self, source: str, tags: tuple[str, ...]) -> bool:
        """Whether it is for this feed: another rule, which a step names, has sources of its own."""
        asked = self.asked_by is None or self.asked_by.reads(source, tags)
        return asked and super().reads(source, tags)


class OverTime(AnyRule, frozen=True, kw_only=True, dict=True):
    """A rule that asks for more than one item: its queries, and the table named like its type."""

    type: str
    queries: Mapping[str, Node]  # by the key that holds it: ratio.count
    table: Table
    tests: tuple[OverTimeTest, ...] = ()

    @cached_property
    def version(self) -> str:
        """A short hash of what the rule means, as that of a Rule."""
        queries = [f"{key} {query}" for key, query in self.queries.items()]
        sources = f"only {sorted(self.only)}\nexcept {sorted(self.except_)}"
        return hash_of("\n".join([self.type, *queries, repr(self.table), sources]))

    def reads(self, source: str, tags: tuple[str, ...]) -> bool:
        """Whether the rule is for this feed: a `flatline` names those that it listens to."""
        listens: Sequence[str] | None = getattr(self.table, "sources", None)
        if listens is None:
            return super().reads(source, tags)
        return not {source, *(f"tag:{tag}" for tag in tags)}.isdisjoint(listens)


def hash_of(meaning: str) -> str:
    """A short hash of a meaning that was written out."""
    return hashlib.sha256(meaning.encode()).hexdigest()[:12]
