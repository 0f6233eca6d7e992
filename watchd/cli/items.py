"""`watchd items`: the archive, and what a query finds in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.session import (
    MOST,
    ago,
    console,
    has_colour,
    not_empty,
    now,
    number,
    print_json,
    session,
)
from watchd.cli.session import since as moment_of

if TYPE_CHECKING:
    from watchd.search import Find
    from watchd.store import Store

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd items --source kcna-en --since 2d\n"
    "  watchd items --containing Sohae --json\n"
    "  watchd items --query 'drone* NEAR/s Pyongyang' --since 90d\n"
    "  watchd items --query '@russia AND 로케트' --limit 0"
)


def items(
    feed: Annotated[str, typer.Option("--feed", "--source", help="Of this feed only.")] = "",
    since: Annotated[str, typer.Option("--since", help="Seen in the last 2d, 12h, …")] = "",
    until: Annotated[
        str, typer.Option("--until", help="Seen before this day, or before that span began.")
    ] = "",
    query: Annotated[
        str | None,
        typer.Option(
            "--query", help="That match this query of the rule language.", callback=not_empty
        ),
    ] = None,
    containing: Annotated[
        str, typer.Option("--containing", help="With this text in title, body or article.")
    ] = "",
    limit: Annotated[
        int, typer.Option("--limit", min=0, max=MOST, help="At most so many; 0: all.")
    ] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    _config: ConfigFile = "",
) -> None:
    """List items, the newest first; or search them with a query, as rules have it."""
    reference = now()
    bounds: dict[str, Any] = {
        "feed": feed,
        "since": moment_of(since, reference),
        "until": moment_of(until, reference, "--until"),
        "containing": containing,
    }
    if query:
        _search(query, bounds, reference, limit, as_json)
    else:
        _list(bounds, reference, limit, as_json)


def _list(bounds: dict[str, Any], reference: datetime, limit: int, as_json: bool) -> None:
    from rich.table import Table

    from watchd.cli.show import item_json, reading_told
    from watchd.render.inert import inert
    from watchd.store import archive

    with session().store() as store:
        found = store.read(archive.list_items, **bounds, limit=limit or None)
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


def _search(
    query: str, bounds: dict[str, Any], reference: datetime, limit: int, as_json: bool
) -> None:
    from watchd.cli.show import evidence_json, find_text, item_json

    with session().store() as store:
        finds = islice(_finds(store, query, bounds, reference), limit or None)
        if as_json:
            print_json(
                [
                    {**item_json(find.stored), "evidence": evidence_json(find.evidence)}
                    for find in finds
                ]
            )
            return
        out, told = console(), 0
        for find in finds:
            out.print(find_text(find.stored, find.evidence, colour=has_colour(out)))
            out.print()
            told += 1
    more = f", the newest (--limit {limit})" if limit and told == limit else ""
    console(stderr=True).print(number(told, "item") + more)


def _finds(store: Store, query: str, bounds: dict[str, Any], reference: datetime) -> Iterator[Find]:
    """What is found, with a bar on stderr when a person looks on."""
    from rich.progress import Progress

    from watchd.cli.rulefiles import list_texts
    from watchd.rules import rule_from_query
    from watchd.search import search
    from watchd.store import archive

    lists = list_texts(session().config().rules_dir, used_in=query)
    rule = rule_from_query(query, lists=lists)
    talk = console(stderr=True)
    total = store.read(archive.count_items, since=bounds["since"])
    with Progress(console=talk, transient=True, disable=not talk.is_terminal) as progress:
        task = progress.add_task("Searching", total=total)

        def looked(count: int) -> None:
            progress.advance(task, count)

        yield from search(store, rule, now=reference, looked=looked, **bounds)
