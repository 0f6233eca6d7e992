"""`watchd route`: where the hits of a rule would go, when, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.session import ago, console, iso, now, print_json, session
from watchd.errors import EXIT_OK, EXIT_PROBLEM

if TYPE_CHECKING:
    from datetime import tzinfo

    from watchd.config import Config
    from watchd.model import Destination
    from watchd.routing import Subject

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd route dprk/alien-lands\n"
    "  watchd route alien-lands --feed yonhap-en --lang en --at 2026-03-29T02:30+01:00\n"
    "\b\nExit code: 0 it goes to somebody, 1 it does not."
)

_WANTS = {
    "rules": "is for other rules",
    "tags": "is for rules with other tags",
    "severity": "is for other levels",
    "sources": "is for items of other feeds (say of which with --feed)",
    "languages": "is for items in other languages (say in which with --lang)",
}


def route(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="Its id, the end of it, or a file.")],
    feed: Annotated[str, typer.Option("--feed", help="Of an item of this feed.")] = "",
    lang: Annotated[str, typer.Option("--lang", help="Of an item in this language.")] = "",
    at: Annotated[
        str, typer.Option("--at", metavar="TIME", help="Found then: 2026-01-08T22:30.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    _config: ConfigFile = "",
) -> None:
    """Show where the hits of a rule would go, when, and why. Nothing is sent."""
    from watchd.cli.rulefiles import find_any_rule
    from watchd.desk import receivers_of
    from watchd.routing import Subject

    config = session().config()
    found = find_any_rule(rule, config.rules_dir)
    of_feed = next((one for one in config.feeds if one.name == feed), None)
    if feed and of_feed is None:
        raise typer.BadParameter(f"there is no feed '{feed}' in the config", param_hint="--feed")
    moment = _moment(at, config)
    subject = Subject(
        rule=found.id,
        tags=found.tags,
        severity=found.severity,
        feed=of_feed,
        lang=(lang or (of_feed.lang if of_feed else "")).lower(),
    )
    receivers = receivers_of(config)
    ways = list(_ways(subject, config, receivers, moment))
    sent = found.status == "stable" and any(way["to"] for way in ways)
    if as_json:
        print_json({"rule": found.id, "severity": found.severity, "status": found.status,
                    "at": iso(moment), "routes": ways})  # fmt: skip
        raise typer.Exit(EXIT_OK if sent else EXIT_PROBLEM)
    out = console()
    tags = f", tags {', '.join(found.tags)}" if found.tags else ""
    out.print(f"{found.id}: {found.severity}{tags}")
    if found.status != "stable":
        out.print(f"its status is {found.status}: hits are kept, and not sent, whatever routes say")
    for way in ways:
        out.print(way["told"])
        for line in _told(way, config.notify.zone, moment):
            out.print(f"  {line}")
    if not any(way["taken"] for way in ways):
        out.print("no route takes it: hits are kept, and not sent")
    elif not any(way["to"] for way in ways):
        out.print("there is no receiver in the config yet: hits are kept, and not sent")
    raise typer.Exit(EXIT_OK if sent else EXIT_PROBLEM)


def _moment(text: str, config: Config) -> datetime:
    if not text:
        return now()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"'{text}' is no time like 2026-01-08T22:30", param_hint="--at"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=config.notify.zone)


def _ways(
    subject: Subject, config: Config, receivers: Any, moment: datetime
) -> Iterator[dict[str, Any]]:
    """What each route says: in the words of the JSON."""
    from watchd.holding.words import told_rate
    from watchd.model import Rate
    from watchd.routing import destinations, looks, of_route, told
    from watchd.timing import told_span

    zone = config.notify.zone
    times: dict[str, Any] = {"zone": zone, "born": moment, "now": moment}
    chosen = {one.name: one for one in destinations(subject, config.routes, receivers, **times)}
    for look in looks(subject, config.routes, receivers):
        taken = look.asked and not look.refused
        to: list[dict[str, Any]] = []
        if taken:
            for one in of_route(look.route, subject, receivers, **times):
                of_receiver = receivers[one.endpoint.receiver]
                if counts := _same(chosen.get(one.name), one):
                    del chosen[one.name]
                to.append(
                    {
                        "endpoint": one.name,
                        "mode": one.mode,
                        "held_for": one.hold.reason.value or None,
                        "until": iso(one.hold.until),
                        "throttle": told_rate(Rate.read(one.throttle)) if one.throttle else None,
                        "storm": told_rate(of_receiver.storm) if of_receiver.storm else None,
                        "fallback": of_receiver.fallback or None,
                        "escalate": told_span(one.escalation.after) if one.escalation else None,
                        "escalate_to": list(one.escalation.to) if one.escalation else [],
                        "counts": counts,
                    }
                )
        why = "" if taken else (_WANTS[look.refused] if look.refused else "")
        yield {
            "route": look.number,
            "told": told(look.number, look.route),
            "taken": taken,
            "why_not": why or (None if taken else "a route above has `continue = false`"),
            "to": to,
        }


def _same(chosen: Destination | None, one: Destination) -> bool:
    return chosen is not None and (chosen.hold, chosen.mode) == (one.hold, one.mode)


def _told(way: dict[str, Any], zone: tzinfo, moment: datetime) -> Iterator[str]:
    from watchd.holding.words import TOLD
    from watchd.model import HeldFor

    if not way["taken"]:
        yield f"not: {way['why_not']}"
    for one in way["to"]:
        if not one["counts"]:
            yield f"{one['endpoint']}: another route brings it sooner"
            continue
        when = "now"
        if one["until"]:
            until = datetime.fromisoformat(one["until"]).astimezone(zone)
            why = TOLD[HeldFor(one["held_for"])]
            when = f"{until:%a %Y-%m-%d %H:%M %Z}, {ago(until, moment)}: {why}"
        limits = [f"at most {one['throttle']} of this rule" if one["throttle"] else ""]
        limits += [f"at most {one['storm']} in all" if one["storm"] else ""]
        limits += [f"fallback {one['fallback']}" if one["fallback"] else ""]
        yield f"{one['endpoint']}: {when} ({'; '.join(filter(None, [one['mode'], *limits]))})"
        if one["escalate"]:
            to = ", ".join(one["escalate_to"])
            yield f"  and to {to} when nobody acknowledges it within {one['escalate']}"
