"""`watchd export`: items or hits as a file for other programs, however many there are."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.session import console, iso, now, session
from watchd.cli.session import since as moment_of

if TYPE_CHECKING:
    from watchd.model import StoredHit, StoredItem
    from watchd.store import Store

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd export items --since 90d > items.jsonl\n"
    "  watchd try alien-lands --items items.jsonl\n"
    "  watchd export hits --csv --rule alien-lands > hits.csv"
)

_ITEM = (
    *("id", "source", "first_seen", "published", "lang", "title", "url", "author"),
    *("categories", "text", "article"),
)
_HIT = ("id", "at", "rule", "severity", "status", "source", "published", "title", "url", "words")


class What(StrEnum):
    """What there is to take away."""

    ITEMS = "items"
    HITS = "hits"


Stored = TypeVar("Stored", "StoredItem", "StoredHit")


def export(
    what: Annotated[What, typer.Argument(metavar="[items|hits]", help="Which of the two.")] = (
        What.ITEMS
    ),
    as_jsonl: Annotated[
        bool, typer.Option("--jsonl", help="One JSON object a line. So it is anyway.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV, for spreadsheets.")] = False,
    since: Annotated[str, typer.Option("--since", help="From the last 2d, 12h, … on.")] = "",
    until: Annotated[str, typer.Option("--until", help="Up to this day or span.")] = "",
    feed: Annotated[str, typer.Option("--source", help="Of this feed only.")] = "",
    rule: Annotated[
        str, typer.Option("--rule", help="Hits of this rule: its id or the end of it.")
    ] = "",
    _config: ConfigFile = "",
) -> None:
    """Write the archive's items, or the hits, to stdout: oldest first, a line for each."""
    if as_jsonl and as_csv:
        raise typer.BadParameter("give one of --jsonl, --csv")
    if rule and what is What.ITEMS:
        raise typer.BadParameter("--rule goes with hits: watchd export hits --rule …")
    reference = now()
    bounds: dict[str, Any] = {
        "feed": feed,
        "since": moment_of(since, reference),
        "until": moment_of(until, reference, "--until"),
    }
    with session().store() as store:
        if what is What.ITEMS:
            found: Iterable[dict[str, Any]] = map(_item, _items(store, bounds))
        else:
            found = map(_flat_hit if as_csv else _hit, _hits(store, bounds, rule))
        _write(found, (_ITEM if what is What.ITEMS else _HIT) if as_csv else None)


def _items(store: Store, bounds: dict[str, Any]) -> Iterator[StoredItem]:
    from watchd.store import archive

    return _pages(lambda start: store.read(archive.next_items, start, **bounds))


def _hits(store: Store, bounds: dict[str, Any], rule: str) -> Iterator[StoredHit]:
    from watchd.store import archive, service

    noted = store.read(service.noted, "rules")
    renamed = noted[0].get("renamed", {}) if noted else {}
    also = [was for name, was in renamed.items() if f"/{name}".endswith(f"/{rule}")]
    return _pages(
        lambda start: store.read(archive.next_hits, start, rule=rule, also=also, **bounds)
    )


def _pages(page_from: Callable[[int], list[Stored]]) -> Iterator[Stored]:
    """All of it, a page at a time; with a count on stderr when a person looks on."""
    from rich.progress import track

    def every() -> Iterator[Stored]:
        start = 1
        while page := page_from(start):
            yield from page
            start = page[-1].id + 1

    talk = console(stderr=True)
    hidden = not talk.is_terminal or sys.stdout.isatty()
    return iter(track(every(), "Writing", console=talk, transient=True, disable=hidden))


def _item(stored: StoredItem) -> dict[str, Any]:
    """With the keys that `try --items`, `lists --items` and `eval` read."""
    item = stored.item
    return {
        "id": stored.id,
        "source": stored.feed,
        "first_seen": iso(stored.first_seen_at),
        "published": iso(item.published),
        "lang": item.lang,
        "title": item.title,
        "url": item.url,
        "author": item.author,
        "categories": list(item.categories),
        "text": item.text,
        "article": item.article or None,
    }


def _hit(found: StoredHit) -> dict[str, Any]:
    from watchd.cli.show import hit_json

    return hit_json(found)


def _flat_hit(found: StoredHit) -> dict[str, Any]:
    item = found.stored.item
    return {
        "id": found.id,
        "at": iso(found.at),
        "rule": found.hit.rule,
        "severity": found.hit.severity,
        "status": found.status,
        "source": found.stored.feed,
        "published": iso(item.published),
        "title": item.title,
        "url": item.url,
        "words": list(dict.fromkeys(one.quote for one in found.hit.evidence)),
    }


def _write(rows: Iterable[dict[str, Any]], columns: tuple[str, ...] | None) -> None:
    """UTF-8, whatever the terminal speaks: what comes out is a file as a rule."""
    from watchd.render.spreadsheet import BOM, row

    def put(text: str) -> None:
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))

    sys.stdout.flush()
    if columns:
        put(BOM + row(columns))
    for one in rows:
        if columns:
            values = [one[name] for name in columns]
            put(row([" · ".join(v) if isinstance(v, list) else v for v in values]))
        else:
            put(json.dumps(one, ensure_ascii=False) + "\n")
    sys.stdout.buffer.flush()
