"""Hits and items as the verbs print them: JSON by the contract, tables and marked words else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from watchd.cli.session import ago, iso
from watchd.model import Alert, Evidence, Item, StoredHit, StoredItem
from watchd.render.inert import inert

LEVEL_STYLE = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}


def hit_json(found: StoredHit) -> dict[str, Any]:
    """One element of `hits --json`."""
    item = found.stored.item
    return {
        "id": found.id,
        "rule": found.hit.rule,
        "severity": found.hit.severity,
        "item": {
            "id": found.stored.id,
            "url": item.url,
            "title": item.title,
            "source": found.stored.feed,
            "published": iso(item.published),
        },
        "evidence": evidence_json(found.hit.evidence),
        "status": found.status,
        "at": iso(found.at),
        "update": found.hit.update,
        "rule_version": found.hit.rule_version,
    }


def evidence_json(evidence: Iterable[Evidence]) -> list[dict[str, Any]]:
    """Spans, as all JSON of ours has them."""
    return [{"field": e.field, "start": e.start, "end": e.end, "quote": e.quote} for e in evidence]


def item_json(stored: StoredItem) -> dict[str, Any]:
    """One element of `items --json`."""
    return {
        "id": stored.id,
        "source": stored.feed,
        "guid": stored.item.guid,
        "revision": stored.revision,
        "first_seen": iso(stored.first_seen_at),
        **parsed_json(stored.item),
    }


def parsed_json(item: Item) -> dict[str, Any]:
    """An item's own fields."""
    return {
        "url": item.url,
        "title": item.title,
        "text": item.text,
        "lang": item.lang,
        "published": iso(item.published),
    }


def hits_table(hits: Iterable[StoredHit], now: datetime) -> Table:
    """Hits for a terminal."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("hit", "found", "level", "rule", "source", "headline and words", "status"):
        table.add_column(name, overflow="fold", no_wrap=name in ("hit", "found"))
    for found in hits:
        table.add_row(
            str(found.id),
            ago(found.at, now),
            Text(found.hit.severity, LEVEL_STYLE.get(found.hit.severity, "")),
            found.hit.rule,
            found.stored.feed,
            headline(found.stored.item, found.hit.evidence),
            found.status + (" (update)" if found.hit.update else ""),
        )
    return table


def headline(item: Item, evidence: Iterable[Evidence]) -> Text:
    """The title, then the words that matched."""
    words = list(dict.fromkeys(inert(e.quote, 60) for e in evidence))[:6]
    text = Text(inert(item.title, 160) or inert(item.text, 160))
    text.append("\n" + " · ".join(words), "bold yellow")
    return text


def sample(item: Item, evidence: tuple[Evidence, ...]) -> Text:
    """An item with its matched words marked, as in an alert, for `try`."""
    from watchd.render.excerpt import excerpts, marked

    text = Text()
    in_title = [e for e in evidence if e.field == "title"]
    in_body = [e for e in evidence if e.field == "body"]
    lines = [marked(item.title, in_title, 200), *excerpts(item.text, in_body)]
    for number, line in enumerate(lines):
        text.append("\n    " if number else "")
        for segment in line:
            text.append(segment.text, "bold yellow" if segment.marked else "")
    return text


def terminal(alert: Alert, *, heading: str = "", colour: bool = True) -> Text:
    """An alert as a reader would see it, for a terminal: matched words stand out.

    Without colour (in a pipe, or with NO_COLOR) they stand between » and «.
    """
    from watchd.render.message import compose
    from watchd.render.text import text as as_text

    marked_on, marked_off = "\x01", "\x02"  # cannot be in a message: control characters go
    plain = as_text(compose(alert), on=marked_on, off=marked_off)
    shown = Text(heading + "\n" if heading else "", "dim")
    first, _, rest = plain.partition("\n")
    for line, base in ((first + "\n", LEVEL_STYLE.get(alert.severity, "bold")), (rest, "")):
        for number, piece in enumerate(line.split(marked_on)):
            inside, _, after = piece.partition(marked_off) if number else ("", "", piece)
            shown.append(inside if colour or not inside else f"»{inside}«", "bold reverse yellow")
            shown.append(after, base)
    return shown
