"""`watchd feeds check`: what a feed really says, and what is odd about it."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.session import now, print_json, session
from watchd.errors import EXIT_PROBLEM, ConfigError, WatchdError

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd feeds check kcna-en\n"
    "  watchd feeds check https://en.yna.co.kr/RSS/news.xml\n"
    "  watchd feeds check saved.xml --json\n"
    "\b\nExit code: 0 it can be read (even if degraded or empty), 1 it cannot."
)


def check(
    what: Annotated[
        str,
        typer.Argument(metavar="FEED-or-URL-or-FILE", help="A feed's name, an address, a file."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    items: Annotated[int, typer.Option("--items", help="Show so many items.")] = 5,
    _config: ConfigFile = "",
) -> None:
    """Fetch and parse a feed as the daemon would, and show what came of it. Keeps nothing.

    A feed that can be read is asked up to twice more, whether it answers 304 as it should.
    """
    from watchd.cli import feedreport
    from watchd.cli.feedlook import look

    try:
        looked = asyncio.run(look(session(), what, closely=True))
    except WatchdError as error:
        if not as_json or isinstance(error, ConfigError):
            raise
        print_json(feedreport.of_error(error))
        raise typer.Exit(EXIT_PROBLEM) from None
    if as_json:
        print_json(feedreport.as_json(looked, now()))
    else:
        feedreport.show(looked, now(), items)
    if looked.parsed.status in ("error", "html", "truncated"):
        raise typer.Exit(EXIT_PROBLEM)
