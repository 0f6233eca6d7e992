"""The command line. Data goes to stdout, talk to stderr; each verb is a module of its own.

The modules import what they need inside their functions: `hits` need not wait for what `run`
needs, and `--help` for nothing.
"""

from __future__ import annotations

import atexit
import errno
import gc
import io
import os
import sys
import threading
from collections.abc import Iterable
from importlib import import_module
from typing import Annotated, NoReturn

import typer

from watchd import __version__
from watchd.cli.session import begin
from watchd.errors import EXIT_OK, EXIT_PROBLEM, FileProblems, WatchdError

# Each verb, and the function in the module named after it (`try` and `eval` are Python's words).
VERBS = {
    "run": "run.run",
    "demo": "demo.demo",
    "init": "init.init",
    "new": "new.new",
    "check": "check.check",
    "fmt": "fmt.fmt",
    "test": "test.run",
    "try": "try_.try_",
    "backtest": "backtest.backtest",
    "explain": "explain.explain",
    "lists": "lists.lists",
    "schema": "schema.schema",
    "eval": "evaluate.evaluate",
    "hits": "hits.hits",
    "items": "items.items",
    "export": "export.export",
    "words": "words.words",
    "board": "board.app",
    "report": "report.report",
    "status": "status.status",
    "evidence": "evidence.evidence",
    "render": "render.render",
    "feeds": "feeds.app",
    "route": "route.route",
    "outbox": "outbox.app",
    "silence": "silence.app",
    "ack": "ack.ack",
    "mark": "mark.mark",
    "notify": "notify.app",
    "install-unit": "installunit.install_unit",
    "db": "db.app",
    "completion": "completion.completion",
}


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"watchd {__version__}")
        raise typer.Exit


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


def command_line(verbs: Iterable[str] = VERBS) -> typer.Typer:
    """The command line with these verbs: the module of a verb is imported only when it is one."""
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
    app.callback()(watchd)
    for verb in verbs:
        home, name = VERBS[verb].split(".")
        module = import_module(f"watchd.cli.{home}")
        if name == "app":
            app.add_typer(module.app, name=verb, epilog=module.EXAMPLES)
        else:
            app.command(verb, epilog=module.EXAMPLES)(getattr(module, name))
    return app


def main() -> None:
    """Run the command line; ends the process with the code that docs/design.md gives it."""
    gc.set_threshold(20_000, 20, 50)  # imports make much that stays, and little garbage
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # feeds speak more than some terminals
    try:
        _run()
    except SystemExit as ending:
        _leave(ending)


def _run() -> NoReturn:
    # Whatever word is a verb may be the one meant; without any, help and suggestions need all.
    asked = [word for word in VERBS if word in sys.argv[1:]]
    try:
        command_line(asked or VERBS)(prog_name="watchd")
    except FileProblems as error:
        typer.echo(str(error), err=True)
        sys.exit(error.exit_code)
    except WatchdError as error:
        typer.echo(f"watchd: {error}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:  # what is asked of files is answered for by each verb
        if error.filename is not None or error.errno not in (errno.ENOSPC, errno.EIO, errno.EBADF):
            raise
        typer.echo(f"watchd: the output cannot be written: {error.strerror}", err=True)
        sys.stdout = io.StringIO()  # what is left in it cannot be written either
        sys.exit(EXIT_PROBLEM)
    sys.exit(EXIT_OK)


def _leave(ending: SystemExit) -> NoReturn:
    """End the process at once, where nothing is left to do but to free its memory.

    To take half a thousand modules down one object at a time is a tenth of a short run.
    """
    code, looked_at = ending.code, sys.gettrace() or sys.getprofile()
    if not isinstance(code, int) or threading.active_count() > 1 or looked_at:
        raise ending
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):  # which Python has its own way to tell of
        raise ending from None
    os._exit(code)
