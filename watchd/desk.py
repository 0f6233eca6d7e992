"""What is in force: the config, the rules and the receivers, read together and never changed.

A reload makes a new desk and puts it in the place of the old one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from watchd import log, rules
from watchd.config import Config, receiver_problem
from watchd.errors import ConfigError, FileProblems, Problem, WatchdError
from watchd.model import Alert, Endpoint, Feed, Receiver, SendResult
from watchd.routing import endpoints_for
from watchd.rules import Loaded, Rule, RuleSet
from watchd.store import Store, rulebook
from watchd.store.rulebook import RuleText

_log = log.Log("watchd.desk")

Send = Callable[[Endpoint, Alert], SendResult]


def deliver(endpoint: Endpoint, alert: Alert) -> SendResult:
    """Send through Apprise, whose import costs most of a second: only once it is needed."""
    from watchd import send

    return send.deliver(endpoint, alert)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """A rule whose file has mistakes: its last good version stays in force, if there is one."""

    rule: str
    since: datetime | None  # when that version was last put in force; None: there is none
    problem: Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One config, one set of rules, and who gets what."""

    config: Config
    rules: RuleSet
    receivers: Mapping[str, Receiver]
    stale: tuple[Stale, ...] = ()
    mistakes: tuple[Problem, ...] = ()  # in rule files and lists, all of them
    send: Send = deliver
    feeds: Mapping[str, Feed] = field(init=False)
    endpoints: Mapping[str, Endpoint] = field(init=False)
    publishers: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        everyone = [one for receiver in self.receivers.values() for one in receiver.endpoints]
        object.__setattr__(self, "feeds", {feed.name: feed for feed in self.config.feeds})
        object.__setattr__(self, "endpoints", {one.name: one for one in everyone})
        object.__setattr__(
            self, "publishers", {feed.name: feed.publisher for feed in self.config.feeds}
        )

    def route(self, rule: Rule) -> tuple[Endpoint, ...]:
        """The endpoints for the hits of a rule."""
        return endpoints_for(rule.id, rule.tags, rule.severity, self.config.routes, self.receivers)

    def summary(self) -> dict[str, int]:
        """In numbers, for a log line."""
        return {
            "feeds": len(self.feeds),
            "rules": len(self.rules.rules),
            "broken": len(self.stale),
            "endpoints": len(self.endpoints),
        }

    def rules_summary(self) -> dict[str, Any]:
        """For `status`: how many rules are in force, which are broken, and where."""
        return {
            "loaded": len(self.rules.rules),
            "broken": len(self.stale),
            "problems": [_told(one) for one in self.stale] + self._lists(),
        }

    def _lists(self) -> list[dict[str, str]]:
        """Mistakes in term lists: the rules go on, without the terms on those lines."""
        return [
            {"rule": "", "where": one.where, "problem": f"{one.where}: {one.message}"}
            for one in self.mistakes
            if one.level == "error" and one.path.endswith(".txt")
        ]


def _told(stale: Stale) -> dict[str, str]:
    running = f"running the version of {stale.since:%d %b %Y}" if stale.since else "not running"
    return {
        "rule": stale.rule,
        "where": stale.problem.where,
        "problem": f"{running} because of {stale.problem.where}: {stale.problem.message}",
    }


def receivers_of(config: Config) -> dict[str, Receiver]:
    """Each receiver with its endpoints, one per channel or mailbox.

    Raises ConfigError with every receiver that cannot be used, by its place in the file.
    """
    if not config.receivers:
        return {}
    from watchd import send

    found, problems = {}, []
    for one in config.receivers:
        try:
            endpoints = tuple(send.endpoints(one.name, one.urls))
        except WatchdError as error:
            problems.append(receiver_problem(config, one.name, str(error)))
        else:
            found[one.name] = Receiver(name=one.name, endpoints=endpoints)
    if problems:
        raise ConfigError(problems)
    return found


def read_desk(config: Config, store: Store, now: datetime) -> Desk:
    """Read the rules and make the receivers that a config names. Raises ConfigError for these.

    A rule file with mistakes is no reason to stop: it is said, loudly, and its last good
    version, which the database keeps, stays in force.
    """
    receivers = receivers_of(config)
    for warning in config.warnings:
        _log.warning("config.warning", text=str(warning).splitlines()[0])
    loaded = rules.load(config.rules_dir)
    in_force, stale = with_last_good(loaded, store, now)
    for one in stale:
        _log.error("rule.broken", **_told(one))
    for mistake in loaded.problems:
        say = _log.error if mistake.level == "error" else _log.warning
        say("rule.mistake", where=mistake.where, code=mistake.code, text=mistake.message)
    return Desk(
        config=config,
        rules=RuleSet(in_force),
        receivers=receivers,
        stale=tuple(stale),
        mistakes=tuple(loaded.problems),
    )


def with_last_good(loaded: Loaded, store: Store, now: datetime) -> tuple[list[Rule], list[Stale]]:
    """The rules that loaded, and for each that did not the version the database remembers."""
    store.write(
        rulebook.remember,
        [
            RuleText(
                rule=rule.id,
                version=rule.version,
                path=rule.path,
                source=rule.source,
                lists=dict(rule.lists),
            )
            for rule in loaded.rules
        ],
        now,
    )
    in_force, stale = list(loaded.rules), []
    held = store.read(rulebook.last_good, list(loaded.broken))
    for rule_id, problem in loaded.broken.items():
        text, since = held.get(rule_id, (None, None))
        if text is not None:
            try:
                rule = rules.rule_from_source(rule_id, text.path, text.source, text.lists)
                in_force.append(rule)
            except FileProblems:  # written for another version of the rule language
                since = None
        stale.append(Stale(rule=rule_id, since=since, problem=problem))
    return in_force, stale
