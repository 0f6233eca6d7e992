"""Which endpoints a hit goes to. Pure: routes and receivers in, endpoints out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from watchd.model import Endpoint, Receiver, Route, Severity

OPERATORS = "ops"
"""The receiver for what watchd says of itself."""


def for_operators(receivers: Mapping[str, Receiver]) -> tuple[Endpoint, ...]:
    """Who hears of feeds in trouble: `ops`; where there is none, everybody."""
    named = receivers.get(OPERATORS)
    chosen = [named] if named else list(receivers.values())
    return tuple(endpoint for receiver in chosen for endpoint in receiver.endpoints)


def applies(route: Route, rule: str, tags: Sequence[str], severity: Severity) -> bool:
    """Whether a route takes the hits of a rule. What a route leaves empty takes anything."""
    named = not route.rules or any(fnmatchcase(rule, pattern) for pattern in route.rules)
    tagged = not route.tags or any(tag in route.tags for tag in tags)
    graded = not route.severity or severity in route.severity
    return named and tagged and graded


def endpoints_for(
    rule: str,
    tags: Sequence[str],
    severity: Severity,
    routes: Sequence[Route],
    receivers: Mapping[str, Receiver],
) -> tuple[Endpoint, ...]:
    """The endpoints for a rule's hits, each once, in the order of the routes.

    Every route that applies counts. A config without routes sends everything to everybody but
    `ops`, which hears of watchd itself.
    """
    if not routes:
        names = [name for name in receivers if name != OPERATORS]
    else:
        chosen = [route for route in routes if applies(route, rule, tags, severity)]
        names = [name for route in chosen for name in route.receivers]
    return tuple(
        endpoint for name in dict.fromkeys(names) for endpoint in receivers[name].endpoints
    )


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
