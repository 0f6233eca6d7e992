"""`watchd notify test`: does an alert arrive?"""

from __future__ import annotations

from typing import Annotated

import typer

from watchd.cli.session import ConfigFile, console, now, session
from watchd.errors import EXIT_PROBLEM, WatchdError

EXAMPLES = "\b\nExample:\n  watchd notify test"

app = typer.Typer(rich_markup_mode=None, help="Try the receivers.", no_args_is_help=True)


@app.callback()
def notify() -> None:
    """Try the receivers."""


@app.command("test", epilog="\b\nExamples:\n  watchd notify test\n  watchd notify test desk-slack")
def notify_test(
    receiver: Annotated[str, typer.Argument(metavar="[RECEIVER]", help="One; else all.")] = "",
    _config: ConfigFile = "",
) -> None:
    """Send a trial alert, laid out as a real one, and print what the provider answers."""
    from watchd.desk import deliver, receivers_of
    from watchd.model import Outcome
    from watchd.render.sample import sample_alert
    from watchd.tomlfile import nearest

    session().start_log()
    receivers = receivers_of(session().config())
    if receiver and receiver not in receivers:
        guess = nearest(receiver, receivers)
        hint = f"; did you mean '{guess}'?" if guess else ""
        raise WatchdError(f"there is no receiver '{receiver}' in config.toml{hint}")
    chosen = [receivers[receiver]] if receiver else list(receivers.values())
    endpoints = [endpoint for one in chosen for endpoint in one.endpoints]
    if not endpoints:
        raise WatchdError("config.toml has no [[receiver]] yet; see the examples in it")
    out, failed = console(), 0
    for endpoint in endpoints:
        result = deliver(endpoint, sample_alert(now()))
        good = result.outcome is Outcome.SENT
        failed += not good
        out.print(f"{'sent' if good else result.outcome.value:8} {endpoint.name}  {result.detail}")
    if failed:
        raise typer.Exit(EXIT_PROBLEM)
