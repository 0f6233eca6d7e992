"""Which rules are in force: those in the files, and for a broken file its last good version."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from watchd import __version__, log
from watchd.errors import FileProblems, Problem, WatchdError
from watchd.model import Item
from watchd.rules.edition import edition
from watchd.rules.files import Glance, glance, texts
from watchd.store import Store, rulebook, service
from watchd.store.rulebook import RuleText
from watchd.values import Struct

if TYPE_CHECKING:
    from watchd.rules import Match, OverTime, Rule, RuleSet

_log = log.Log("watchd.rules")


class FolderAway(WatchdError):
    """The rules folder is gone, or cannot be looked into: that says nothing about the rules."""


class Stale(Struct, frozen=True, kw_only=True):
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
    """The rules that items are matched against. They never change: a reload makes new ones.

    They are read and compiled when the first item asks: most rounds of a poller bring none.
    """

    def __init__(
        self,
        count: int,
        read: Callable[[], Iterable[Rule | OverTime]],
        *,
        stale: tuple[Stale, ...] = (),
        mistakes: tuple[Problem, ...] = (),
        over_time: frozenset[str] = frozenset(),
        renamed: Mapping[str, str] = {},
        seen: Glance | None = None,
    ) -> None:
        self.count = count
        self.stale = stale
        self.mistakes = mistakes  # in rule files and lists, all of them
        self.over_time = over_time  # ids of the rules over time
        self.renamed = renamed  # the ids that rules had before, by their ids
        self.seen = seen  # the folder just before it was read; None: it could not be looked into
        self._read = read

    def match(
        self, item: Item, *, source: str, tags: tuple[str, ...] = (), now: datetime
    ) -> list[Match]:
        """The rules that match an item of the feed `source`, in the order of their ids."""
        return self._set.match(item, source=source, tags=tags, now=now)

    def compile(self) -> None:
        """Get ready now, not when the first item asks."""
        _ = self._set

    @cached_property
    def every(self) -> Mapping[str, Rule | OverTime]:
        """All of them by their ids."""
        return {rule.id: rule for rule in self._read()}

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """Those of one item, by their ids."""
        from watchd.rules import Rule

        return {name: rule for name, rule in self.every.items() if isinstance(rule, Rule)}

    @cached_property
    def watching(self) -> Mapping[str, OverTime]:
        """Those over time, by their ids."""
        if not self.over_time:
            return {}
        from watchd.rules import OverTime

        return {name: rule for name, rule in self.every.items() if isinstance(rule, OverTime)}

    @cached_property
    def _set(self) -> RuleSet:
        from watchd.rules import RuleSet

        if not self.over_time:
            return RuleSet(self.rules.values())
        from watchd.overtime.observing import probes

        queries = [one for rule in self.watching.values() for one in probes(rule, self.rules)]
        return RuleSet([*self.rules.values(), *queries])

    def withdrawn(self, rule: str, version: str) -> str:
        """Why alerts of a rule that still wait are not sent any more; "" if they are.

        Only a person's clear word withdraws an alert: the file was deleted, or says `off`. A file
        with mistakes says nothing, and neither does a folder without any rule. A rule that runs
        under another name was not deleted.
        """
        if rule in self.every:
            return f"rule '{rule}' was switched off" if self.every[rule].status == "off" else ""
        there = any(one.rule == rule for one in self.stale)
        if there or not self.every or self.seen is None:
            return ""
        if rule in self.renamed.values():
            return ""
        if any(one.version == version for one in self.every.values()):
            return ""
        return f"rule '{rule}' was deleted"

    def summary(self, trouble: str = "") -> dict[str, Any]:
        """For `status`: how many rules are in force, and all that is wrong, and where.

        `trouble` is what is wrong with the folder itself.
        """
        in_lists = [
            {"rule": "", "where": one.where, "problem": f"{one.where}: {one.message}"}
            for one in self.mistakes
            if one.level == "error" and one.path.endswith(".txt")
        ]
        of_folder = [{"rule": "", "where": "", "problem": trouble}] if trouble else []
        return {
            "loaded": self.count,
            "broken": len(self.stale),
            "over_time": len(self.over_time),
            "watching": sorted(self.over_time),
            "renamed": dict(self.renamed),
            "problems": of_folder + [one.told() for one in self.stale] + in_lists,
            "mistakes": len(self.mistakes),
            "by": _by(),
        }


def read_rules(
    folder: Path, store: Store, now: datetime, before: RulesInForce | None = None
) -> RulesInForce:
    """The rules of a folder, every mistake of theirs logged.

    A rule file with mistakes is no reason to stop: its last good version, which the database
    keeps, stays in force. With `before`, the rules read earlier, only what differs from them is
    read, remembered and logged. Then FolderAway is raised when the folder has gone away.
    """
    try:
        seen = look(folder, before.seen if before else None)
    except FolderAway as error:
        if before:
            raise
        _log.error("rules.away", error=error)
        seen = None
    unchanged = _unchanged(folder, store, seen) if before is None else None
    return unchanged or _read(folder, store, now, seen, before)


def look(folder: Path, before: Glance | None) -> Glance:
    """Look at the rules folder. `before` is what it looked like when its rules were read.

    Raises FolderAway when it cannot be looked into, and when an empty folder that is not the
    one from before has come to its place: the mount point of a disk that is not there, say.
    """
    try:
        found = glance(folder)
    except OSError as error:
        where = error.filename or folder
        raise FolderAway(f"{where}: cannot be looked into: {error.strerror}") from error
    if before and found.empties(before):
        raise FolderAway(f"{folder}: an empty folder has taken the place of the rules folder")
    return found


def _by() -> str:
    """Who read the rules: another watchd, or an edited one, may read them in another way."""
    return f"{__version__} {edition()}".rstrip()


def _unchanged(folder: Path, store: Store, seen: Glance | None) -> RulesInForce | None:
    """The rules without reading them again, when all is as it was and was without a mistake."""
    by = _by()  # before the modules are imported that read rules
    noted = store.read(service.noted, "rules")
    if noted is None or noted[0].get("by") != by or noted[0].get("mistakes"):
        return None
    if "watching" not in noted[0]:
        return None
    found = texts(folder)
    if found is None or not found[0]:
        return None
    rules, lists = found
    # Read now, not when the first item asks: that may be within another transaction.
    held, packed = store.read(lambda db: (rulebook.last_good(db, None), rulebook.last_packed(db)))
    same = [held[name][0] for name, text in rules.items() if _is_same(held.get(name), text, lists)]
    if len(same) < len(rules):
        return None
    over_time = frozenset(noted[0]["watching"])
    return RulesInForce(
        len(same) - len(over_time),
        lambda: _again(same, lists, over_time, packed),
        over_time=over_time,
        renamed=noted[0].get("renamed", {}),
        seen=seen,
    )


def _again(
    texts: Iterable[RuleText], lists: Mapping[str, str], over_time: frozenset[str], packed: bytes
) -> list[Rule | OverTime]:
    """Rules from what is kept of them: unpacked, or read once more from their texts."""
    from watchd.rules.packed import Written, unpack

    written = [  # with one text of a list for all the rules that name it
        Written(one.rule, one.path, one.source, {name: lists[name] for name in one.lists})
        for one in texts
        if one.rule not in over_time
    ]
    with _no_collection():  # a thousand rules are many objects, and all of them stay
        unpacked = unpack(packed, written, edition())
        rest = [one for one in texts if unpacked is None or one.rule in over_time]
        return [*(unpacked or ()), *map(_from_text, rest)]


def _from_text(text: RuleText) -> Rule | OverTime:
    from watchd.rules import any_from_source

    return any_from_source(text.rule, text.path, text.source, text.lists)


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


def _read(
    folder: Path, store: Store, now: datetime, seen: Glance | None, before: RulesInForce | None
) -> RulesInForce:
    from watchd.rules import Rule, load

    earlier: Mapping[str, Rule | OverTime] = before.every if before else {}
    loaded = load(folder, known=earlier)
    if before:
        look(folder, before.seen)  # it may have gone away meanwhile
    good: list[Rule | OverTime] = [*loaded.rules, *loaded.over_time]
    new = [_text(rule) for rule in good if rule is not earlier.get(rule.id)]
    if new:
        store.write(rulebook.remember, new, now)
    in_force, stale = good, list[Stale]()
    held = store.read(rulebook.last_good, list(loaded.broken)) if loaded.broken else {}
    for rule_id, problem in loaded.broken.items():
        rule, since = _last_good(held.get(rule_id), earlier.get(rule_id))
        if rule is not None:
            in_force.append(rule)
        stale.append(Stale(rule=rule_id, since=since, problem=problem))
    _tell(stale, loaded.problems, before)
    over_time = frozenset(rule.id for rule in in_force if not isinstance(rule, Rule))
    as_before = before and not before.mistakes and not new and len(good) == len(earlier)
    if not loaded.problems and not as_before:
        _keep_packed(loaded.rules, store, now)
    return RulesInForce(
        len(in_force) - len(over_time),
        lambda: in_force,
        stale=tuple(stale),
        mistakes=tuple(loaded.problems),
        over_time=over_time,
        renamed={rule.id: rule.was for rule in in_force if rule.was},
        seen=seen,
    )


def _keep_packed(rules: Sequence[Rule], store: Store, now: datetime) -> None:
    """Keep them as they were read, for the next start."""
    from watchd.rules.packed import pack

    with suppress(WatchdError):  # without them the next start reads the texts, and no more
        store.write(rulebook.keep_packed, pack(rules, edition()), now)


def _tell(stale: Iterable[Stale], mistakes: Iterable[Problem], before: RulesInForce | None) -> None:
    """Log what is wrong, but for what was said before."""
    told = {one.rule: one for one in before.stale} if before else {}
    said = {(one.where, one.message) for one in before.mistakes} if before else set()
    for one in stale:
        if told.get(one.rule) != one:
            _log.error("rule.broken", **one.told())
    for mistake in mistakes:
        if (mistake.where, mistake.message) not in said:
            say = _log.error if mistake.level == "error" else _log.warning
            say("rule.mistake", where=mistake.where, code=mistake.code, text=mistake.message)


def _text(rule: Rule | OverTime) -> RuleText:
    return RuleText(
        rule=rule.id,
        version=rule.version,
        path=rule.path,
        source=rule.source,
        lists=dict(rule.lists),
    )


def _last_good(
    held: tuple[RuleText, datetime] | None, running: Rule | OverTime | None
) -> tuple[Rule | OverTime | None, datetime | None]:
    if held is None:
        return None, None
    text, since = held
    if running is not None and _text(running) == text:
        return running, since
    try:
        return _from_text(text), since
    except FileProblems:  # written for another version of the rule language
        return None, None
