"""The command line with all its verbs. The module of a verb is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Annotated

import typer

from watchd import __version__
from watchd.cli.session import begin

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
