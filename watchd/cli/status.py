"""`watchd status`: how things stand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.session import ago, console, now, number, print_json, session
from watchd.errors import EXIT_OK, EXIT_PROBLEM

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd status\n"
    "  watchd status --json | jq .outbox\n"
    "  watchd status --alive           for a container's health check\n"
    "\b\nExit code: 0 all is well, 1 something wants a person."
)


def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    alive: Annotated[
        bool, typer.Option("--alive", help="Only tell whether a daemon is at work.")
    ] = False,
    _config: ConfigFile = "",
) -> None:
    """Show feeds in trouble, broken rules, and the outbox."""
    from watchd.holding.words import TOLD
    from watchd.model import HeldFor
    from watchd.status import at_work, gather, headline, healthy, is_full

    here = session()
    feeds = {feed.name: feed for feed in here.config().feeds}
    with here.store() as store:
        found = gather(store, feeds, now())
    if alive:
        typer.echo(f"last complete cycle: {ago(_moment(found['last_cycle']), now())}")
        raise typer.Exit(EXIT_OK if at_work(found, now()) else EXIT_PROBLEM)
    if as_json:
        print_json(found)
        raise typer.Exit(EXIT_OK if healthy(found) else EXIT_PROBLEM)
    out, reference = console(), now()
    out.print(headline(found))
    out.print(f"last complete cycle: {ago(_moment(found['last_cycle']), reference)}")
    if is_full(found):
        out.print(
            "disk      full: nothing new is kept until there is room; watchd goes on by itself"
        )
    if found["network"]:
        since = ago(_moment(found["network"]), reference)
        out.print(
            f"network   out since {since}: no host answers; nothing is held against the feeds"
        )
    for feed in found["feeds"]:
        if feed["health"] not in ("new", "ok"):
            since, last = (ago(_moment(feed[name]), reference) for name in ("since", "last_ok"))
            out.print(f"{feed['health']:9} {feed['name']}  since {since}, last good: {last}")
            for said in filter(None, (feed["evidence"], feed["advice"])):
                out.print(f"          {said}")
    for problem in found["rules"].get("problems", ()):
        out.print(f"mistake   {problem['rule']}  {problem['problem']}")
    reading = found["articles"]
    if reading["waiting"] or reading["failed"]:
        out.print(f"articles  {reading['waiting']} waiting, {reading['failed']} failed in a day")
    for line in of_receivers(found["receivers"], reference):
        out.print(line)
    if export := found["export"]:
        since = ago(_moment(export["since"]), reference)
        out.print(f"export    cannot be written since {since}: {export['error']}")
    box = found["outbox"]
    for reason, count in box["held_for"].items():
        out.print(f"held      {count} {TOLD[HeldFor(reason)]}")
    for one in found["silences"]:
        ends, kept = ago(_moment(one["ends"]), reference), number(one["kept"], "hit")
        out.print(f"silence   {one['id']} {one['matchers']}, ends {ends}: {kept} kept back")
    for one in found["marks"]:
        told = f"{one['useful']} of {one['useful'] + one['noise']} marked hits were useful"
        out.print(f"marks     {one['rule']}  {told} ({round(100 * one['precision'])} %)")
    if box["failed"] or box["unanswered"]:
        out.print("outbox    see `watchd outbox list`; `watchd outbox retry` sends again")
    raise typer.Exit(EXIT_OK if healthy(found) else EXIT_PROBLEM)


def of_receivers(receivers: list[dict[str, Any]], reference: datetime) -> Iterator[str]:
    """Lines on the endpoints that want a person: what each said last, and what waits there."""
    for one in receivers:
        left = ", ".join(
            f"{one[kind]} {word}"
            for kind, word in (("waiting", "waiting"), ("unanswered", "unanswered"),
                               ("failed", "given up"))
            if one[kind]
        )  # fmt: skip
        last = ago(_moment(one["last_ok"]), reference)
        if one["health"] == "failing":
            since = ago(_moment(one["failing_since"]), reference)
            yield f"failing   {one['endpoint']}  since {since}, last taken: {last}; {left}"
        elif one["unanswered"] or one["failed"]:
            yield f"receiver  {one['endpoint']}  last taken: {last}; {left}"
        else:
            continue
        if one["error"]:
            yield f"          {one['error']}"


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
