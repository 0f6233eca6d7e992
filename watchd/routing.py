"""Where a hit goes, and when. Pure: routes and receivers in, destinations out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from fnmatch import fnmatchcase

from watchd.holding.when import NOW, USUAL, key, quiet_until, when
from watchd.model import (
    SEVERITIES,
    Delivery,
    Destination,
    Endpoint,
    Escalation,
    Feed,
    HeldFor,
    Hold,
    Receiver,
    Route,
    Severity,
)
from watchd.timing import told_span
from watchd.values import Struct, replace

OPERATORS = "ops"
"""The receiver for what watchd says of itself."""


class Subject(Struct, frozen=True, kw_only=True):
    """What a route looks at: the rule, and what is so of the item."""

    rule: str
    tags: tuple[str, ...]
    severity: Severity
    feed: Feed | None = None  # None: it is no longer in the config
    lang: str = ""  # small letters; "" for unknown


def for_operators(receivers: Mapping[str, Receiver]) -> tuple[Endpoint, ...]:
    """Who hears of feeds in trouble: `ops`; where there is none, everybody."""
    named = receivers.get(OPERATORS)
    chosen = [named] if named else list(receivers.values())
    return tuple(endpoint for receiver in chosen for endpoint in receiver.endpoints)


def refusal(route: Route, subject: Subject) -> str:
    """The key by which a route does not take a hit; "" when it takes it."""
    if route.rules and not any(fnmatchcase(subject.rule, pattern) for pattern in route.rules):
        return "rules"
    if route.tags and not any(tag in route.tags for tag in subject.tags):
        return "tags"
    if route.severity and subject.severity not in route.severity:
        return "severity"
    if route.sources and not _is_from(subject.feed, route.sources):
        return "sources"
    if route.languages and not any(_speaks(subject.lang, one) for one in route.languages):
        return "languages"
    return ""


def is_about(route: Route, rule: str, tags: tuple[str, ...]) -> bool:
    """Whether a route takes hits of a rule at all: of some level, source and language."""
    anything = replace(route, severity=(), sources=(), languages=())
    return not refusal(anything, Subject(rule=rule, tags=tags, severity="info"))


def _is_from(feed: Feed | None, sources: Iterable[str]) -> bool:
    return feed is not None and any(
        is_meant(one, feed.name, feed.tags, feed.publisher) for one in sources
    )


def is_meant(source: str, feed: str, tags: Iterable[str], publisher: str) -> bool:
    """Whether one of a route's `sources` means a feed of this name, with these."""
    kind, _, word = source.partition(":")
    if kind == "tag":
        return word in tags
    return word == publisher if kind == "publisher" else fnmatchcase(feed, source)


def _speaks(lang: str, wanted: str) -> bool:
    return lang == wanted or lang.startswith(f"{wanted}-")


class Look(Struct, frozen=True, kw_only=True):
    """How a route looks at a hit: the key by which it refuses it, and whether it was asked."""

    number: int  # from 1, in the order of the file; 0: there is no route, and this is the usual
    route: Route
    refused: str = ""
    asked: bool = True  # False: a route before it took the hit, and lets it go no further


EVERYBODY = "the usual way (no [[route]], so every receiver but ops)"
"""The words for what a config without routes does."""
_NAMED = 4  # of the rules, say, that a route is for


def told(number: int, route: Route) -> str:
    """A route in a few words: "route 2 (rules dprk/*; severity high, critical)"."""
    if not number:
        return EVERYBODY
    wants = [
        (key, getattr(route, key)) for key in ("rules", "tags", "severity", "sources", "languages")
    ]
    asked = "; ".join(f"{key} {_listed(values)}" for key, values in wants if values)
    return f"route {number} ({asked or 'takes everything'})"


def _listed(values: Sequence[str]) -> str:
    rest = len(values) - _NAMED
    return ", ".join(values[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def looks(
    subject: Subject, routes: Sequence[Route], receivers: Mapping[str, Receiver]
) -> Iterator[Look]:
    """What each route says of a hit.

    Every route that takes it counts, up to one with `continue = false`. A config without routes
    sends everything to everybody but `ops`, which hears of watchd itself.
    """
    if not routes:
        yield Look(number=0, route=_to_everybody(receivers))
    goes_on = True
    for number, route in enumerate(routes, 1):
        refused = refusal(route, subject)
        yield Look(number=number, route=route, refused=refused, asked=goes_on)
        goes_on = goes_on and (bool(refused) or route.goes_on)


def destinations(
    subject: Subject,
    routes: Sequence[Route],
    receivers: Mapping[str, Receiver],
    *,
    zone: tzinfo = UTC,
    born: datetime,
    now: datetime,
) -> tuple[Destination, ...]:
    """Where a hit goes and when, each endpoint once, in the order of the routes.

    Of several routes to one endpoint, that counts which brings it soonest. `zone` is the one of
    digests and quiet hours that name none; `born` is when the alert was made.
    """
    found: dict[str, Destination] = {}
    taken: dict[str, list[int]] = {}
    for look in looks(subject, routes, receivers):
        if look.refused or not look.asked:
            continue
        way = told(look.number, look.route)
        for one in of_route(look.route, subject, receivers, zone=zone, born=born, now=now, way=way):
            before = found.get(one.name)
            sooner = one if before is None or _due(one, now) < _due(before, now) else before
            if before is not None:  # whoever asks for it is to have it
                asked = sooner.escalation or one.escalation or before.escalation
                sooner = replace(sooner, escalation=asked)
            found[one.name] = sooner
            taken.setdefault(one.name, []).append(look.number)
    return tuple(
        replace(one, route=_before_others(one.route, taken[name])) if taken[name][1:] else one
        for name, one in found.items()
    )


def _before_others(route: str, taken: Sequence[int]) -> str:
    """The words for a route, and that others would have brought it there, too."""
    others = [f"route {number}" for number in taken if not route.startswith(f"route {number} (")]
    return f"{route}, ahead of {' and '.join(others)}"


def of_route(
    route: Route,
    subject: Subject,
    receivers: Mapping[str, Receiver],
    *,
    zone: tzinfo,
    born: datetime,
    now: datetime,
    way: str = "",
) -> Iterator[Destination]:
    """Where one route, for which the words are `way`, brings a hit, and when."""
    mode = route.mode or USUAL[subject.severity]
    hold = when(mode, route.quiet, subject.severity, born=born, now=now, zone=zone)
    quiet = "" if subject.severity == "critical" else key(route.quiet, zone)
    for name in dict.fromkeys(route.receivers):
        for endpoint in receivers[name].endpoints:
            yield Destination(
                endpoint=endpoint,
                mode=mode.text,
                hold=hold,
                escalation=route.escalation,
                throttle=route.throttle.key if route.throttle else "",
                quiet=quiet,
                route=way,
            )


def _due(destination: Destination, now: datetime) -> datetime:
    return destination.hold.until or now


def with_board(routes: Sequence[Route], receiver: str, kinds: Collection[str]) -> tuple[Route, ...]:
    """The routes by which a receiver gets digests of these kinds, and wants the board on them."""
    return tuple(
        route
        for route in routes
        if route.board and receiver in route.receivers and not kinds_of(route).isdisjoint(kinds)
    )


def kinds_of(route: Route) -> set[str]:
    """The modes in which a route sends, without their times: "now", "group", "daily", "weekly"."""
    if route.mode:
        return {route.mode.kind}
    return {USUAL[severity].kind for severity in route.severity or SEVERITIES}


def proofs_of_life(
    routes: Sequence[Route], receivers: Mapping[str, Receiver], *, zone: tzinfo, now: datetime
) -> dict[tuple[str, str], Destination]:
    """The digests that are sent also when they are empty, by endpoint and mode."""
    found: dict[tuple[str, str], Destination] = {}
    anything = Subject(rule="", tags=(), severity="info")
    for number, route in enumerate(routes, 1):
        if route.empty and route.mode:
            way = told(number, route)
            for one in of_route(route, anything, receivers, zone=zone, born=now, now=now, way=way):
                found.setdefault((one.name, one.mode), one)
    return found


def instead(
    receiver: Receiver, receivers: Mapping[str, Receiver], delivery: Delivery, now: datetime
) -> tuple[Destination, ...]:
    """Where a delivery goes in place of its receiver, which does not take it."""
    other = receivers.get(receiver.fallback)
    return tuple(
        Destination(
            endpoint=one,
            mode=f"fallback {delivery.endpoint}",
            hold=Hold(reason=HeldFor.FALLBACK, until=now),
            quiet=delivery.quiet,
        )
        for one in (other.endpoints if other else ())
    )


def escalated(
    escalation: Escalation, receivers: Mapping[str, Receiver], now: datetime
) -> tuple[Destination, ...]:
    """Where an alert goes that nobody has acknowledged."""
    return tuple(
        Destination(
            endpoint=one,
            mode=f"escalated {told_span(escalation.after)}",
            hold=Hold(reason=HeldFor.ESCALATED, until=now),
        )
        for name in escalation.to
        for one in (receivers[name].endpoints if name in receivers else ())
    )


def is_resting(receiver: str, routes: Sequence[Route], zone: tzinfo, now: datetime) -> bool:
    """Whether all routes that lead to a receiver are in their quiet hours."""
    leading = [route for route in routes if receiver in route.receivers]
    return bool(leading) and all(quiet_until(route.quiet, now, zone) for route in leading)


def at_once(
    routes: Sequence[Route], receivers: Mapping[str, Receiver]
) -> tuple[tuple[Route, ...], dict[str, Receiver]]:
    """The same routes and receivers without anything that keeps an alert: for a terminal."""
    free = {name: replace(one, storm=None) for name, one in receivers.items()}
    given = routes or (_to_everybody(receivers),)
    plain = (replace(one, mode=NOW, quiet=(), throttle=None, escalation=None) for one in given)
    return tuple(plain), free


def _to_everybody(receivers: Iterable[str]) -> Route:
    return Route(receivers=tuple(name for name in receivers if name != OPERATORS))


def redirected(
    endpoint: str, receiver: Receiver | None, taken: Sequence[str] | set[str]
) -> Endpoint | None:
    """Where a waiting delivery goes when its endpoint has left the config.

    That is what happens when somebody mends a mistyped address: the receiver is the same, and
    the new address has no delivery of this alert yet. None: nobody is left to take it.
    """
    if receiver is None:
        return None
    free = (one for one in receiver.endpoints if one.name not in taken)
    return next(free, None)
