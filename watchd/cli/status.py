"""`watchd status`: how things stand."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from watchd.cli.session import ConfigFile, ago, console, now, print_json, session
from watchd.errors import EXIT_OK, EXIT_PROBLEM

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd status\n"
    "  watchd status --json | jq .outbox\n"
    "\b\nExit code: 0 all is well, 1 something wants a person."
)


def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    _config: ConfigFile = "",
) -> None:
    """Show feeds in trouble, broken rules, and the outbox."""
    from watchd.status import gather, headline, healthy

    with session().store() as store:
        found = gather(store, now())
    if as_json:
        print_json(found)
        raise typer.Exit(EXIT_OK if healthy(found) else EXIT_PROBLEM)
    out, reference = console(), now()
    out.print(headline(found))
    out.print(f"last complete cycle: {ago(_moment(found['last_cycle']), reference)}")
    for feed in found["feeds"]:
        if feed["health"] in ("failing", "degraded"):
            last = ago(_moment(feed["last_ok"]), reference)
            out.print(
                f"{feed['health']:9} {feed['name']}  last good: {last}  {feed['error'] or ''}"
            )
    for problem in found["rules"].get("problems", ()):
        out.print(f"mistake   {problem['rule']}  {problem['problem']}")
    box = found["outbox"]
    if box["failed"] or box["held"]:
        out.print("outbox    see `watchd outbox list`; `watchd outbox retry` sends again")
    raise typer.Exit(EXIT_OK if healthy(found) else EXIT_PROBLEM)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
