"""Hits as files for other programs: JSON Feed 1.1, Atom (RFC 4287), CSV (RFC 4180).

Feed text is harmless in each: plain text without markup or control characters, and in CSV without
a beginning that a spreadsheet takes for a formula.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from watchd.model import Alert, StoredHit
from watchd.render.excerpt import plain
from watchd.render.message import Message, compose
from watchd.render.payload import moment, of_hit
from watchd.render.spreadsheet import BOM, row
from watchd.render.text import over_time

Exported = tuple[StoredHit, Alert]
"""A hit, and the message it is or would be."""

_ATOM = "http://www.w3.org/2005/Atom"
_TITLE = "watchd: hits"
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
COLUMNS = (
    "hit",
    "found",
    "severity",
    "rule",
    "rule_title",
    "status",
    "update",
    "source",
    "publisher",
    "published",
    "title",
    "url",
    "words",
)


def as_json_feed(hits: Sequence[Exported]) -> bytes:
    """A JSON Feed, the newest hit first; each item has the facts under `_watchd`."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _TITLE,
        "items": [_json_item(hit, alert) for hit, alert in hits],
    }
    return (json.dumps(feed, ensure_ascii=False, indent=1) + "\n").encode()


def as_atom(hits: Sequence[Exported]) -> bytes:
    """An Atom feed, the newest hit first."""
    root = Element("feed", xmlns=_ATOM)
    _add(root, "id", f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, _TITLE)}")
    _add(root, "title", _TITLE)
    _add(root, "updated", _told(max((hit.at for hit, _ in hits), default=_LONG_AGO)))
    _add(_add(root, "author"), "name", "watchd")
    for hit, alert in hits:
        message, entry = compose(alert), _add(root, "entry")
        _add(entry, "id", _id(hit))
        _add(entry, "title", message.first_line)
        _add(entry, "updated", _told(hit.at))
        if published := hit.stored.item.published:
            _add(entry, "published", _told(published))
        if message.url:
            SubElement(entry, "link", rel="alternate", href=message.url)
        _add(_add(entry, "author"), "name", of_hit(alert)["item"]["publisher"])
        for term in (message.rule, alert.severity):
            SubElement(entry, "category", term=term)
        _add(entry, "content", _content(message)).set("type", "text")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root) + b"\n"


def as_csv(hits: Sequence[Exported]) -> bytes:
    """A table with COLUMNS, the newest hit first. It begins with a byte-order mark: by that
    spreadsheets know UTF-8."""
    out = [BOM, row(COLUMNS)]
    for hit, alert in hits:
        said = of_hit(alert)
        item = said["item"]
        words = dict.fromkeys(one["quote"] for one in said["evidence"])
        values = (
            hit.id,
            moment(hit.at),
            said["severity"],
            said["rule"],
            said["rule_title"],
            hit.hit.status.value,
            "yes" if said["update"] else "no",
            item["source"],
            item["publisher"],
            item["published"],
            item["title"],
            item["url"],
            " | ".join(words),
        )
        out.append(row(values))
    return "".join(out).encode()


FORMATS: dict[str, Callable[[Sequence[Exported]], bytes]] = {
    "json": as_json_feed,
    "atom": as_atom,
    "csv": as_csv,
}
"""By the ending of the file's name."""


def _json_item(hit: StoredHit, alert: Alert) -> dict[str, Any]:
    message, facts = compose(alert), of_hit(alert)
    item = {
        "id": _id(hit),
        "url": message.url,
        "title": message.first_line,
        "content_text": _content(message),
        "date_published": _told(hit.at),
        "authors": [{"name": facts["item"]["publisher"]}],
        "tags": [message.rule, alert.severity],
        "language": facts["item"]["lang"],
    }
    known = {key: value for key, value in item.items() if value}
    return {**known, "_watchd": {**facts, "status": hit.hit.status.value, "at": _told(hit.at)}}


def _content(message: Message) -> str:
    lines = [message.source, message.times, *over_time(message)]
    lines += [*map(plain, message.snippets), f"Why: {message.why}"]
    return "\n".join([*lines, message.footer])


def _id(hit: StoredHit) -> str:
    """The same for the same hit, also in another database."""
    stored = hit.stored
    name = "\n".join((stored.feed, stored.item.key, str(stored.revision), hit.hit.rule))
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name.encode(errors='replace').decode())}"


def _told(when: datetime) -> str:
    return moment(when) or ""


def _add(parent: Element, tag: str, text: str = "") -> Element:
    element = SubElement(parent, tag)
    element.text = text or None
    return element
