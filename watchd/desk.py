"""What is in force: the config, the rules and the receivers, read together and never changed.

A reload makes a new desk and puts it in the place of the old one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from watchd import log
from watchd.config import Config, receiver_problem
from watchd.errors import ConfigError, Problem, WatchdError
from watchd.inforce import RulesInForce, read_rules
from watchd.judging import RouteOf
from watchd.model import (
    Alert,
    Destination,
    Digest,
    Endpoint,
    Escalation,
    Feed,
    Item,
    Keeping,
    Notice,
    Rate,
    Receiver,
    SendResult,
    Severity,
)
from watchd.routing import (
    Subject,
    at_once,
    destinations,
    escalated,
    for_operators,
    is_resting,
    proofs_of_life,
)
from watchd.store import Store, marks
from watchd.store.replans import Waiting
from watchd.values import Struct, replace

if TYPE_CHECKING:
    from watchd.rules.rule import AnyRule

_log = log.Log("watchd.desk")

Send = Callable[[Endpoint, Alert | Notice | Digest], SendResult]


def deliver(endpoint: Endpoint, alert: Alert | Notice | Digest) -> SendResult:
    """Send through Apprise, whose import costs most of a second: only once it is needed."""
    from watchd import send

    return send.deliver(endpoint, alert)


class Desk(Struct, frozen=True, kw_only=True, dict=True):
    """One config, one set of rules, and who gets what."""

    config: Config
    rules: RulesInForce
    receivers: Mapping[str, Receiver]
    send: Send = deliver

    @cached_property
    def feeds(self) -> Mapping[str, Feed]:
        """By name."""
        return {feed.name: feed for feed in self.config.feeds}

    @cached_property
    def endpoints(self) -> Mapping[str, Endpoint]:
        """Those of all receivers, by name."""
        receivers = self.receivers.values()
        return {one.name: one for receiver in receivers for one in receiver.endpoints}

    @cached_property
    def publishers(self) -> Mapping[str, str]:
        """By the name of the feed."""
        return {feed.name: feed.publisher for feed in self.config.feeds}

    @cached_property
    def grades(self) -> Mapping[str, str]:
        """By the name of the feed."""
        return {feed.name: feed.grade for feed in self.config.feeds}

    @cached_property
    def fulltext(self) -> frozenset[str]:
        """The names of the feeds whose articles are fetched."""
        return frozenset(feed.name for feed in self.config.feeds if feed.fulltext)

    @cached_property
    def shortest_interval(self) -> timedelta:
        """Of its feeds; a day where it has none."""
        return min((feed.interval for feed in self.config.feeds), default=timedelta(days=1))

    def route(self, feed: Feed | None, item: Item, now: datetime) -> RouteOf:
        """Of an item: where the hits of a rule on it go, and when."""

        def route(rule: AnyRule) -> tuple[Destination, ...]:
            return self.destinations(rule, feed, item, severity=rule.severity, born=now, now=now)

        return route

    def destinations(
        self,
        rule: AnyRule,
        feed: Feed | None,
        item: Item,
        *,
        severity: Severity,
        born: datetime,
        now: datetime,
    ) -> tuple[Destination, ...]:
        """Where a hit of a rule goes, and when; `severity` and `born` are those of its alert."""
        config = self.config
        asked = any(route.languages for route in config.routes)
        subject = Subject(
            rule=rule.id,
            tags=rule.tags,
            severity=severity,
            feed=feed,
            lang=language_of(item) if asked else "",
        )
        return destinations(
            subject, config.routes, self.receivers, zone=config.notify.zone, born=born, now=now
        )

    def storm(self, endpoint: Endpoint) -> Rate | None:
        """What an endpoint takes; None: everything, each in a message of its own."""
        receiver = self.receivers.get(endpoint.receiver)
        return receiver.storm if receiver else None

    def replanned(self, held: Waiting, now: datetime) -> tuple[Destination, ...]:
        """Where a hit whose delivery waits would go now; nowhere, if its rule is not in force."""
        rule = self.rules.every.get(held.rule)
        if rule is None:
            return ()
        feed, born = self.feeds.get(held.feed), held.delivery.created_at
        return self.destinations(rule, feed, held.item, severity=held.severity, born=born, now=now)

    def escalated(self, escalation: Escalation, now: datetime) -> tuple[Destination, ...]:
        """Where an alert goes that nobody has acknowledged, as the config is now."""
        return escalated(escalation, self.receivers, now)

    def is_resting(self, endpoint: Endpoint, now: datetime) -> bool:
        """Whether nothing is sent to an endpoint now but what is critical: its quiet hours."""
        routes, zone = self.config.routes, self.config.notify.zone
        return is_resting(endpoint.receiver, routes, zone, now)

    def proofs_of_life(self, now: datetime) -> dict[tuple[str, str], Destination]:
        """The digests that are sent also when they are empty, by endpoint and mode."""
        zone = self.config.notify.zone
        return proofs_of_life(self.config.routes, self.receivers, zone=zone, now=now)

    async def brief(
        self, store: Store, digest: Digest, endpoint: Endpoint, now: datetime
    ) -> Digest:
        """A digest with the board on top, if its reader is to have one."""
        from watchd import briefing  # only what sends a digest needs it

        every = self.rules.every.values()
        return await briefing.briefed(store, self.config, every, digest, endpoint, now)

    def at_once(self) -> Desk:
        """The same desk without anything that keeps an alert: for a terminal."""
        routes, receivers = at_once(self.config.routes, self.receivers)
        config = replace(self.config, routes=routes, words=())
        return replace(self, config=config, receivers=receivers)

    def keeping(self, store: Store) -> Keeping:
        """What is kept with hits; WARC files stand beside the database, or the config."""
        return Keeping(
            mode=self.config.evidence,
            folder=evidence_folder(self.config, store),
            user_agent=self.config.fetch.user_agent,
        )

    def operators(self) -> tuple[Endpoint, ...]:
        """The endpoints for what watchd has to say of itself."""
        return for_operators(self.receivers)

    def summary(self) -> dict[str, int]:
        """In numbers, for a log line."""
        return {
            "feeds": len(self.feeds),
            "rules": self.rules.count,
            "broken": len(self.rules.stale),
            "endpoints": len(self.endpoints),
        }


def evidence_folder(config: Config, store: Store) -> Path:
    """Where the WARC files of a database are."""
    return (store.folder or config.path.absolute().parent) / "evidence"


def language_of(item: Item) -> str:
    """The language of an item: declared, else as its text tells; "" for unknown."""
    from watchd.language import told  # most desks have no route that asks

    return told(item.lang, f"{item.title}\n{item.text}")


def receivers_of(config: Config, salt: bytes = b"") -> dict[str, Receiver]:
    """Each receiver with its endpoints, one per channel or mailbox; with a salt, they are marked.

    Raises ConfigError with every receiver that cannot be used, by its place in the file.
    """
    if not config.receivers:
        return {}
    from watchd import send

    found, problems = {}, []
    for one in config.receivers:
        try:
            endpoints = tuple(
                replace(each, templates=one.templates, zone=config.notify.readers)
                for each in send.endpoints(one.name, one.urls, salt)
            )
        except WatchdError as error:
            message = str(error).removeprefix(f"receiver '{one.name}': ")
            problems.append(receiver_problem(config, one.name, message))
        else:
            found[one.name] = Receiver(
                name=one.name, endpoints=endpoints, storm=one.storm, fallback=one.fallback
            )
    if problems:
        raise ConfigError(problems)
    return found


def rules_folder_problem(config: Config) -> Problem | None:
    """A rules folder that is not there: items would be stored, and never matched."""
    found = next((one for one in config.warnings if one.code == "C120"), None)
    return replace(found, level="error") if found else None


def read_desk(config: Config, store: Store, now: datetime, before: Desk | None = None) -> Desk:
    """Read the rules and make the receivers that a config names.

    `before` is the desk that this one takes the place of: of its rules, those are read whose
    files changed. Raises ConfigError for the receivers, and for a rules folder that is not there.
    """
    salt = store.read(marks.salt) or store.write(marks.make_salt, now)
    receivers = receivers_of(config, salt)
    if missing := rules_folder_problem(config):
        raise ConfigError([missing])
    for warning in config.warnings:
        _log.warning("config.warning", text=str(warning).splitlines()[0])
    rules = read_rules(config.rules_dir, store, now, before.rules if before else None)
    return Desk(config=config, rules=rules, receivers=receivers)


def read_rules_again(desk: Desk, store: Store, now: datetime) -> Desk:
    """The same desk, with the rules as their files are now. Raises FolderAway."""
    return replace(desk, rules=read_rules(desk.config.rules_dir, store, now, desk.rules))
