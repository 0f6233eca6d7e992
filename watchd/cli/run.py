"""`watchd run`: the daemon in the foreground, or one round of its work."""

from __future__ import annotations

from typing import Annotated

import typer

from watchd.cli.options import ConfigFile

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd run                      watch until stopped (systemd runs this)\n"
    "  watchd run --once               one round, then a summary: for cron\n"
    "  watchd run --once --dry-run     what would be sent; nothing is kept or sent"
)


def run(
    once: Annotated[
        bool, typer.Option("--once", help="Check what is due, send what is due, and end.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print alerts instead of sending; keep nothing.")
    ] = False,
    _config: ConfigFile = "",
) -> None:
    """Watch: fetch feeds as they fall due, match the rules, send the alerts."""
    from watchd.cli.rounds import start

    raise typer.Exit(start(once=once, dry_run=dry_run))
