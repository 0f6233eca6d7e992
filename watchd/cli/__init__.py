"""The command line. Data goes to stdout, talk to stderr; each verb is a module of its own.

The modules import what they need inside their functions: `hits` need not wait for what `run`
needs, and `--help` for nothing.
"""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

from watchd import __version__
from watchd.cli import (
    check,
    demo,
    evaluate,
    feeds,
    hits,
    init,
    items,
    notify,
    outbox,
    render,
    run,
    status,
    try_,
)
from watchd.cli.session import begin
from watchd.errors import FileProblems, WatchdError

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=(
        "\b\nStart here:\n"
        "  watchd demo                    see an alert in seconds, without any set-up\n"
        "  watchd init ~/desk             a config and rules of your own\n"
        "  watchd -c ~/desk/config.toml run --once --dry-run"
    ),
)
for name, verb, module in (
    ("run", run.run, run),
    ("demo", demo.demo, demo),
    ("init", init.init, init),
    ("check", check.check, check),
    ("try", try_.try_, try_),
    ("eval", evaluate.evaluate, evaluate),
    ("hits", hits.hits, hits),
    ("items", items.items, items),
    ("status", status.status, status),
    ("render", render.render, render),
):
    app.command(name, epilog=module.EXAMPLES)(verb)
for name, group in (("feeds", feeds), ("outbox", outbox), ("notify", notify)):
    app.add_typer(group.app, name=name, epilog=group.EXAMPLES)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"watchd {__version__}")
        raise typer.Exit


@app.callback()
def watchd(
    config: Annotated[
        str, typer.Option("--config", "-c", metavar="FILE", help="The config file to use.")
    ] = "",
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Tell more of what is going on.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Tell warnings only.")] = False,
    _show: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Watch feeds for the signals in your rule files, and be told once, with the evidence."""
    begin(config_file=config, verbosity=int(verbose) - int(quiet))


def main() -> None:
    """Run the command line; ends the process with the code that docs/design.md gives it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # feeds speak more than some terminals
    try:
        app()
    except FileProblems as error:
        typer.echo(str(error), err=True)
        sys.exit(error.exit_code)
    except WatchdError as error:
        typer.echo(f"watchd: {error}", err=True)
        sys.exit(error.exit_code)
