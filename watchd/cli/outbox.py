"""`watchd outbox`: what waits to be sent, what failed, and what to do about it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.session import MOST, ago, console, iso, now, print_json, session

if TYPE_CHECKING:
    from watchd.model import Delivery

EXAMPLES = "\b\nExample:\n  watchd outbox list"

app = typer.Typer(
    rich_markup_mode=None, invoke_without_command=True, help="See and mend the outbox."
)

_LEFT = "its address is not in config.toml"
_OPEN = ("pending", "sending", "unknown", "failed")


@app.callback()
def default(
    ctx: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what was sent, or dropped.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """See and mend the outbox: one row per alert and endpoint. Alone it lists."""
    if ctx.invoked_subcommand is None:
        list_(everything=everything, as_json=as_json)


@app.command("list", epilog="\b\nExample:\n  watchd outbox list --all --json")
def list_(
    everything: Annotated[
        bool, typer.Option("--all", help="Also what was sent, or dropped.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    _config: ConfigFile = "",
) -> None:
    """List deliveries that are not done: waiting, unanswered, failed."""
    from rich.table import Table

    from watchd.cli.status import of_receivers
    from watchd.status import receivers
    from watchd.store import addresses, outbox

    reference = now()
    with session().store() as store:
        rows = store.read(outbox.list_deliveries, states=() if everything else _OPEN)
        left = set(store.read(addresses.left))
        told = receivers(store, reference)
    if as_json:
        print_json(
            [
                {
                    "id": row.id,
                    "alert": row.alert,
                    "receiver": row.receiver,
                    "endpoint": row.endpoint,
                    "state": row.state.value,
                    "attempts": row.attempts,
                    "may_repeat": row.may_repeat,
                    "created": iso(row.created_at),
                    "next_attempt": iso(row.next_attempt_at),
                    "held_for": row.held_for.value or None,
                    "held_until": iso(row.held_until),
                    "mode": row.mode,
                    "route": row.route or None,
                    "message": row.message,
                    "error": row.error or None,
                    "left": row.endpoint in left,
                }
                for row in rows
            ]
        )
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("delivery", "made", "to", "state", "tries", "next", "why, or last answer"):
        table.add_column(name)
    for row in rows:
        table.add_row(
            str(row.id),
            ago(row.created_at, reference),
            row.endpoint,
            "held" if row.is_held(reference) else row.state.value,
            str(row.attempts),
            ago(row.next_attempt_at, reference) if row.next_attempt_at else "-",
            _why(row, reference, left),
        )
    console().print(table if rows else "nothing is waiting")
    for line in of_receivers(told, reference):
        console().print(line)


def _why(row: Delivery, reference: datetime, left: Collection[str]) -> str:
    from watchd.holding.words import TOLD

    why = TOLD[row.held_for] if row.is_held(reference) else row.error
    if row.endpoint in left and row.next_attempt_at is not None:
        return f"{_LEFT}; {why}" if why else _LEFT
    return why


@app.command("retry", epilog="\b\nExamples:\n  watchd outbox retry 17 18\n  watchd outbox retry")
def retry(
    ids: Annotated[list[int] | None, typer.Argument(metavar="[DELIVERY]…", min=1, max=MOST)] = None,
    _config: ConfigFile = "",
) -> None:
    """Send again within ten seconds, if a daemon runs: the ones named, or all that are not done."""
    from watchd.store import outbox

    with session().store() as store:
        count = store.write(outbox.retry, ids or None, now())
    console(stderr=True).print(f"{count} deliveries will be tried again now")
    _none_is_a_problem(count, ids)


@app.command("drop", epilog="\b\nExample:\n  watchd outbox drop 17")
def drop(
    ids: Annotated[list[int], typer.Argument(metavar="DELIVERY…", min=1, max=MOST)],
    _config: ConfigFile = "",
) -> None:
    """Give up on these for good; they stay listed under `--all`."""
    from watchd.store import outbox

    with session().store() as store:
        count = store.write(outbox.drop, ids, now())
    console(stderr=True).print(f"{count} deliveries dropped")
    _none_is_a_problem(count, ids)


def _none_is_a_problem(count: int, ids: list[int] | None) -> None:
    if ids and count < len(ids):
        console(stderr=True).print(
            f"{len(ids) - count} of those named are not in the outbox, or are done; "
            f"see `watchd outbox list --all`"
        )
        raise typer.Exit(1)
