"""`watchd ack`: somebody has seen it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.saying import By, Note, about, author, hit_of, sentence
from watchd.cli.session import MOST, ago, console, now, print_json, session

if TYPE_CHECKING:
    from watchd.model.triage import Ack

EXAMPLES = '\b\nExamples:\n  watchd ack 42 -n "on it" --by Kim\n  watchd ack --list'
_SHOWN = 50


def ack(
    hit: Annotated[int | None, typer.Argument(metavar="[HIT]", min=1, max=MOST)] = None,
    note: Note = "",
    by: By = "",
    listing: Annotated[
        bool, typer.Option("--list", help="List the last 50 in place of making one.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --list: print JSON.")] = False,
    _config: ConfigFile = "",
) -> None:
    """Say that you have seen a hit: of its story, only new words are sent, and nobody else is told.

    It counts for the rule of the hit, and for all copies and edits of its item.
    """
    from watchd.store import acks

    if listing == (hit is not None):
        raise typer.BadParameter("give a HIT, or --list")
    with session().store() as store:
        if hit is None:
            _list(store.read(acks.list_acks, limit=_SHOWN), as_json)
            return
        found = hit_of(store, hit)
        store.write(acks.acknowledge, found, author(by), sentence(note, "--note"), now())
    console().print(f"acknowledged: {about(found)}; it is sent again only for new words")


def _list(found: list[Ack], as_json: bool) -> None:
    if as_json:
        from watchd.cli.show import ack_json

        print_json([ack_json(one) for one in found])
        return
    from rich.table import Table

    table, reference = Table(box=None, pad_edge=False, header_style="dim"), now()
    for name in ("hit", "rule", "when", "by", "note"):
        table.add_column(name)
    for one in found:
        table.add_row(str(one.hit), one.rule, ago(one.at, reference), one.by, one.note)
    console().print(table if found else "nothing is acknowledged")
