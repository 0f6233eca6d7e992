"""Hits and items as the verbs print them: JSON by the contract, tables and marked words else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from watchd.cli.session import ago, iso
from watchd.model import (
    Alert,
    Digest,
    Evidence,
    Item,
    Notice,
    Reading,
    ReadingState,
    StoredHit,
    StoredItem,
)
from watchd.model.triage import Ack, Mark, Marks
from watchd.render.inert import inert

if TYPE_CHECKING:
    from watchd.cli.trial import Found

_READING = {
    ReadingState.WAITING: "full text: still to be fetched",
    ReadingState.READ: "full text: fetched",
    ReadingState.EMPTY: "full text: fetched, nothing gained",
    ReadingState.FAILED: "full text: not to be had",
}
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
        "dropped": found.dropped or None,
        "silence": found.silence or None,
        "mark": mark_json(found.mark),
        "at": iso(found.at),
        "update": found.hit.update,
        "rule_version": found.hit.rule_version,
    }


def mark_json(mark: Mark | None) -> dict[str, Any] | None:
    """What somebody thinks of a hit; None: nobody has said."""
    if mark is None:
        return None
    return {"as": mark.word, "by": mark.by, "note": mark.note or None, "at": iso(mark.at)}


def ack_json(ack: Ack) -> dict[str, Any]:
    """One element of `ack --list --json`."""
    return {
        "hit": ack.hit,
        "rule": ack.rule,
        "by": ack.by,
        "note": ack.note or None,
        "at": iso(ack.at),
    }


def marks_json(counted: Marks) -> dict[str, Any]:
    """The marks on the hits of a rule."""
    return {
        "rule": counted.rule,
        "useful": counted.useful,
        "noise": counted.noise,
        "precision": round(counted.precision, 3),
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
        "article": _article_json(stored),
    }


def _article_json(stored: StoredItem) -> dict[str, Any] | None:
    """What came of the article behind an item's link; None where none was to be fetched."""
    reading = stored.reading
    if reading is None:
        return None
    return {
        "state": reading.state.value,
        "text": stored.item.article or None,
        "tried": iso(reading.tried_at),
        "attempts": reading.attempts,
        "error": reading.error or None,
    }


def reading_told(reading: Reading) -> str:
    """The same in a few words."""
    why = f": {inert(reading.error, 200)}" if reading.error else ""
    return _READING[reading.state] + why


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
    names = ("hit", "item", "found", "level", "rule", "source", "headline and words", "status")
    for name in names:
        table.add_column(name, overflow="fold", no_wrap=name in ("hit", "found"))
    for found in hits:
        table.add_row(
            str(found.id),
            str(found.stored.id),
            ago(found.at, now),
            Text(found.hit.severity, LEVEL_STYLE.get(found.hit.severity, "")),
            found.hit.rule,
            found.stored.feed,
            headline(found.stored.item, found.hit.evidence),
            found.status
            + (f": {found.dropped}" if found.dropped else "")
            + (f" (silence {found.silence})" if found.silence else "")
            + (f", marked {found.mark.word}" if found.mark else "")
            + (" (update)" if found.hit.update else ""),
        )
    return table


def headline(item: Item, evidence: Iterable[Evidence]) -> Text:
    """The title, then the words that matched."""
    words = list(dict.fromkeys(inert(e.quote, 60) for e in evidence))[:6]
    text = Text(inert(item.title, 160) or inert(item.text, 160))
    text.append("\n" + " · ".join(words), "bold yellow")
    return text


def found_json(found: Found) -> dict[str, Any]:
    """One of the samples of `try --json`."""
    item = found.past.item
    return {
        "title": item.title,
        "url": item.url,
        "source": found.past.source,
        "published": iso(found.past.at),
        "evidence": evidence_json(found.evidence),
    }


def found_text(found: Found, *, colour: bool, before: str = "") -> Text:
    """One of the samples of `try`: day, source and address, then the words in their place."""
    past = found.past
    day = f"{past.at:%Y-%m-%d}" if past.at else ""
    heading = "  ".join(filter(None, (day, inert(past.source), inert(past.item.url, 300))))
    text = Text(before + heading)
    if heading:
        text.append("\n")
    return text.append(sample(past.item, found.evidence, colour=colour))


def find_text(stored: StoredItem, evidence: tuple[Evidence, ...], *, colour: bool) -> Text:
    """One find of a search: number, day, source and address, then the words in their place."""
    seen = stored.first_seen_at
    day = f"{min(stored.item.published or seen, seen):%Y-%m-%d}"
    told = (str(stored.id), day, inert(stored.feed), inert(stored.item.url, 300))
    text = Text("  ".join(filter(None, told)) + "\n")
    return text.append(sample(stored.item, evidence, colour=colour))


def sample(item: Item, evidence: tuple[Evidence, ...], *, colour: bool = True) -> Text:
    """An item with its matched words marked, as in an alert, for `try`.

    Without colour (in a pipe, or with NO_COLOR) they stand between » and «.
    """
    from watchd.render.excerpt import Line, Segment, excerpts, marked

    found: dict[str, list[Evidence]] = {}
    for one in evidence:
        found.setdefault(one.field, []).append(one)
    lines: list[tuple[str, Line]] = [("", marked(item.title, found.get("title", ()), 200))]
    lines += [("", line) for line in excerpts(item.text, found.get("body", ()))]
    lines += [("full text: ", line) for line in excerpts(item.article, found.get("article", ()))]
    for name, value in (("author", item.author), ("url", item.url)):
        if name in found:
            lines.append((f"{name}: ", marked(value, found[name], 300)))
    for one in found.get("category", ()):
        lines.append(("category: ", (Segment(text=inert(one.quote), marked=True),)))
    shown_lines = [pair for pair in lines if pair[1]]
    if not shown_lines:  # no title, and nothing in it that a word of the rule stands for
        shown_lines = [("", marked(inert(item.text, 200), (), 200))]
    text = Text()
    for number, (name, line) in enumerate(shown_lines):
        text.append(("\n    " if number else "    ") + name)
        for segment in line:
            shown = f"»{segment.text}«" if segment.marked and not colour else segment.text
            text.append(shown, "bold yellow" if segment.marked else "")
    return text


def terminal(
    alert: Alert | Notice | Digest,
    *,
    heading: str = "",
    colour: bool = True,
    zone: tzinfo | None = None,
) -> Text:
    """An alert as a reader would see it, for a terminal: matched words stand out.

    Without colour (in a pipe, or with NO_COLOR) they stand between » and «.
    """
    from watchd.render.bulletin import compose_digest
    from watchd.render.message import compose
    from watchd.render.text import text as as_text
    from watchd.render.text import text_of_digest

    marked_on, marked_off = "\x01", "\x02"  # cannot be in a message: control characters go
    if isinstance(alert, Digest):
        bulletin = compose_digest(alert, zone)
        plain, severity = text_of_digest(bulletin), bulletin.severity
    else:
        plain = as_text(compose(alert, zone), on=marked_on, off=marked_off)
        severity = alert.severity
    shown = Text(heading + "\n" if heading else "", "dim")
    first, _, rest = plain.partition("\n")
    for line, base in ((first + "\n", LEVEL_STYLE.get(severity, "bold")), (rest, "")):
        for number, piece in enumerate(line.split(marked_on)):
            inside, _, after = piece.partition(marked_off) if number else ("", "", piece)
            shown.append(inside if colour or not inside else f"»{inside}«", "bold reverse yellow")
            shown.append(after, base)
    return shown
