"""`watchd items`: the archive."""

from __future__ import annotations

from typing import Annotated

import typer

from watchd.cli.session import MOST, ConfigFile, ago, console, now, print_json, session
from watchd.cli.session import since as moment_of

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd items --feed kcna-en --since 2d\n"
    "  watchd items --containing Sohae --json"
)


def items(
    feed: Annotated[str, typer.Option("--feed", help="Of this feed only.")] = "",
    since: Annotated[str, typer.Option("--since", help="Seen in the last 2d, 12h, …")] = "",
    containing: Annotated[
        str, typer.Option("--containing", help="With this text in title, body or article.")
    ] = "",
    limit: Annotated[
        int, typer.Option("--limit", min=0, max=MOST, help="At most so many; 0: all.")
    ] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    _config: ConfigFile = "",
) -> None:
    """List items, the newest first."""
    from rich.table import Table

    from watchd.cli.show import item_json, reading_told
    from watchd.render.inert import inert
    from watchd.store import archive

    reference = now()
    with session().store() as store:
        found = store.read(
            archive.list_items,
            feed=feed,
            since=moment_of(since, reference),
            containing=containing,
            limit=limit or None,
        )
    if as_json:
        print_json([item_json(stored) for stored in found])
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("item", "seen", "source", "lang", "title"):
        table.add_column(name)
    for stored in found:
        told = inert(stored.item.title or stored.item.text, 160)
        if stored.reading:
            told += f"\n  {reading_told(stored.reading)}"
        table.add_row(
            str(stored.id),
            ago(stored.seen_at, reference),
            stored.feed,
            stored.item.lang,
            told,
        )
    console().print(table)
