"""Whether a match is sent on, and to whom; else the reason why not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeAlias

from watchd.log import Log
from watchd.model import Destination, Due, Feed, Hit, HitStatus, Item, Known, Observed

if TYPE_CHECKING:
    from watchd.rules import Match
    from watchd.rules.rule import AnyRule


class Matcher(Protocol):
    """What is needed of the rules in force."""

    def match(
        self, item: Item, *, source: str, tags: tuple[str, ...] = (), now: datetime
    ) -> list[Match]: ...


RouteOf: TypeAlias = "Callable[[AnyRule], tuple[Destination, ...]]"
Router: TypeAlias = "Callable[[Feed, Item, datetime], RouteOf]"


def judge(
    match: Match,
    known: Known | None,
    before: Mapping[tuple[int, str], set[str]],
    baseline: bool,
    route: RouteOf,
) -> Due:
    """Whether a match is sent on, and to whom; else the reason why not.

    `before` holds, for an edited item, the words each rule had found in it earlier: the edit
    matters when a rule matches that did not, or finds words that were not there.
    """
    rule = match.rule
    earlier = set[str]()
    if known:  # a rule that was renamed keeps its history
        earlier = earlier.union(*(before.get((known.id, name), ()) for name in (rule.id, rule.was)))
    words = {evidence.quote.casefold() for evidence in match.evidence}
    endpoints: tuple[Destination, ...] = ()
    if rule.status != "stable":
        status = HitStatus.QUIET
    elif earlier and words <= earlier:
        status = HitStatus.REPEATED
    elif baseline:
        status = HitStatus.BASELINE
    else:
        endpoints = route(rule)
        status = HitStatus.ALERTED if endpoints else HitStatus.UNROUTED
    hit = Hit(
        rule=rule.id,
        rule_version=rule.version,
        title=rule.title,
        severity=rule.severity,
        why=rule.why,
        evidence=tuple(match.evidence),
        status=status,
        update=known is not None,
    )
    return Due(
        hit=hit,
        endpoints=endpoints,
        tags=rule.tags,
        follow_up=rule.follow_up,
        throttle=rule.throttle,
        was=rule.was,
    )


def apart(matches: list[Match], item: Item) -> tuple[list[Match], tuple[Observed, ...]]:
    """The matches of rules of one item, and what rules over time observe in it."""
    if not any(match.is_observation for match in matches):
        return matches, ()
    from watchd.overtime.observing import observed  # many desks have no such rule

    return [match for match in matches if not match.is_observation], observed(matches, item)


def log_hits(log: Log, feed: str, found: Iterable[tuple[int, Due]]) -> None:
    """One line for each hit, with its number: on what, and to whom it goes."""
    for hit_id, due in found:
        log.info(
            "hit.found",
            hit=hit_id,
            rule=due.hit.rule,
            severity=due.hit.severity,
            feed=feed,
            status=due.hit.status.value,
            to=",".join(endpoint.name for endpoint in due.endpoints) or "-",
        )
