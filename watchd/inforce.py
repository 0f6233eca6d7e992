"""Which rules are in force: those in the files, and for a broken file its last good version."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from watchd import __version__, log
from watchd.errors import FileProblems, Problem
from watchd.model import Item
from watchd.rules.files import texts
from watchd.store import Store, rulebook, service
from watchd.store.rulebook import RuleText

if TYPE_CHECKING:
    from watchd.rules import Match, Rule, RuleSet

_log = log.Log("watchd.rules")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """A rule whose file has mistakes: its last good version stays in force, if there is one."""

    rule: str
    since: datetime | None  # when that version was put in force; None: there is none
    problem: Problem

    def told(self) -> dict[str, str]:
        """For `status` and the log: what runs in its place, and why."""
        place = f"because of {self.problem.where}: {self.problem.message}"
        running = f"running the version of {self.since:%d %b %Y}" if self.since else "not running"
        return {"rule": self.rule, "where": self.problem.where, "problem": f"{running} {place}"}


class RulesInForce:
    """The rules that items are matched against.

    They are compiled when the first item asks: most rounds of a poller bring none.
    """

    def __init__(
        self,
        count: int,
        compiled: Callable[[], RuleSet],
        *,
        stale: tuple[Stale, ...] = (),
        mistakes: tuple[Problem, ...] = (),
    ) -> None:
        self.count = count
        self.stale = stale
        self.mistakes = mistakes  # in rule files and lists, all of them
        self._compiled = compiled

    def match(
        self, item: Item, *, source: str, tags: tuple[str, ...] = (), now: datetime
    ) -> list[Match]:
        """The rules that match an item of the feed `source`, in the order of their ids."""
        return self._set.match(item, source=source, tags=tags, now=now)

    @cached_property
    def _set(self) -> RuleSet:
        return self._compiled()

    def summary(self) -> dict[str, Any]:
        """For `status`: how many rules are in force, which are broken, and where."""
        in_lists = [
            {"rule": "", "where": one.where, "problem": f"{one.where}: {one.message}"}
            for one in self.mistakes
            if one.level == "error" and one.path.endswith(".txt")
        ]
        return {
            "loaded": self.count,
            "broken": len(self.stale),
            "problems": [one.told() for one in self.stale] + in_lists,
            "mistakes": len(self.mistakes),
            "by": __version__,
        }


def read_rules(folder: Path, store: Store, now: datetime) -> RulesInForce:
    """The rules of a folder, every mistake of theirs logged.

    A rule file with mistakes is no reason to stop: its last good version, which the database
    keeps, stays in force.
    """
    return _unchanged(folder, store) or _read(folder, store, now)


def _unchanged(folder: Path, store: Store) -> RulesInForce | None:
    """The rules without reading them again, when all is as it was and was without a mistake."""
    noted = store.read(service.noted, "rules")
    if noted is None or noted[0].get("by") != __version__ or noted[0].get("mistakes"):
        return None
    found = texts(folder)
    if found is None or not found[0]:
        return None
    rules, lists = found
    held = store.read(rulebook.last_good, None)
    same = [held[name][0] for name, text in rules.items() if _is_same(held.get(name), text, lists)]
    if len(same) < len(rules):
        return None

    def compiled() -> RuleSet:
        from watchd.rules import RuleSet, rule_from_source

        with _no_collection():  # a thousand rules are many objects, and all of them stay
            return RuleSet(
                rule_from_source(one.rule, one.path, one.source, one.lists) for one in same
            )

    return RulesInForce(len(same), compiled)


@contextmanager
def _no_collection() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


def _is_same(held: tuple[RuleText, datetime] | None, text: str, lists: dict[str, str]) -> bool:
    if held is None or held[0].source != text:
        return False
    return all(lists.get(name) == used for name, used in held[0].lists.items())


def _read(folder: Path, store: Store, now: datetime) -> RulesInForce:
    from watchd.rules import RuleSet, load

    loaded = load(folder)
    store.write(rulebook.remember, [_text(rule) for rule in loaded.rules], now)
    in_force, stale = list(loaded.rules), []
    held = store.read(rulebook.last_good, list(loaded.broken)) if loaded.broken else {}
    for rule_id, problem in loaded.broken.items():
        rule, since = _last_good(held.get(rule_id))
        if rule is not None:
            in_force.append(rule)
        stale.append(Stale(rule=rule_id, since=since, problem=problem))
    for one in stale:
        _log.error("rule.broken", **one.told())
    for mistake in loaded.problems:
        say = _log.error if mistake.level == "error" else _log.warning
        say("rule.mistake", where=mistake.where, code=mistake.code, text=mistake.message)
    ruleset = RuleSet(in_force)
    return RulesInForce(
        len(in_force), lambda: ruleset, stale=tuple(stale), mistakes=tuple(loaded.problems)
    )


def _text(rule: Rule) -> RuleText:
    return RuleText(
        rule=rule.id,
        version=rule.version,
        path=rule.path,
        source=rule.source,
        lists=dict(rule.lists),
    )


def _last_good(
    held: tuple[RuleText, datetime] | None,
) -> tuple[Rule | None, datetime | None]:
    from watchd.rules import rule_from_source

    if held is None:
        return None, None
    text, since = held
    try:
        return rule_from_source(text.rule, text.path, text.source, text.lists), since
    except FileProblems:  # written for another version of the rule language
        return None, None
