"""`watchd hits`: what was found."""

from __future__ import annotations

from typing import Annotated

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.session import MOST, console, now, print_json, session
from watchd.cli.session import since as moment_of

EXAMPLES = "\b\nExamples:\n  watchd hits --since 24h\n  watchd hits --rule alien-lands --json"


def hits(
    rule: Annotated[
        str, typer.Option("--rule", help="Of this rule: its id or the end of it.")
    ] = "",
    since: Annotated[str, typer.Option("--since", help="Found in the last 2d, 12h, …")] = "",
    silence: Annotated[
        int | None,
        typer.Option("--silence", min=1, max=MOST, help="What the silence of that number kept."),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=0, max=MOST, help="At most so many; 0: all.")
    ] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    _config: ConfigFile = "",
) -> None:
    """List hits, the newest first, with the words that matched and how their alert fares."""
    from watchd.cli.show import hit_json, hits_table, marks_json
    from watchd.store import acks, archive, service

    reference = now()
    with session().store() as store:
        noted = store.read(service.noted, "rules")
        renamed = noted[0].get("renamed", {}) if noted else {}
        found = store.read(
            archive.list_hits,
            rule=rule,
            also=[was for name, was in renamed.items() if f"/{name}".endswith(f"/{rule}")],
            since=moment_of(since, reference),
            silence=silence,
            limit=limit or None,
        )
        marked = store.read(acks.count_marks, {hit.hit.rule for hit in found})
    if as_json:
        by_rule = {one.rule: marks_json(one) for one in marked}
        print_json([{**hit_json(hit), "rule_marks": by_rule.get(hit.hit.rule)} for hit in found])
        return
    console().print(hits_table(found, reference))
    for one in marked:
        console(stderr=True).print(f"{one.rule}: {one.told} of those marked")
