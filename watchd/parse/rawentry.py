"""The entry of an item in its document, byte for byte: what is kept as evidence of a hit.

The parser gives an item for each entry, and need not say where it stood. Few items have hits, so
their entries are looked for afterwards: by id, else by link, else by headline.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from watchd.model import Item
from watchd.parse.entries import Entries, entries_of, plain
from watchd.values import Struct

_WORDS = 60  # of a text: enough to tell two entries apart


class RawEntry(Struct, frozen=True, kw_only=True):
    """An entry as it came, and by what it was told: "id", "link" or "title"."""

    data: bytes
    told_by: str
    alone: bool  # no other entry has the same


def raw_entries(
    body: bytes, items: Sequence[Item], *, content_type: str = "", encoding: str = ""
) -> list[RawEntry | None]:
    """For each item its entry in the document `body`; None where that cannot be told."""
    entries = entries_of(body, content_type=content_type, encoding=encoding)
    entries.expect([plain(item.guid) for item in items if item.guid])
    return [_entry_of(item, entries) for item in items]


def _entry_of(item: Item, entries: Entries) -> RawEntry | None:
    for told_by, wanted, whole in _signs(item):
        found = entries.holding(wanted, whole=whole)
        if not found:
            continue
        alone = len(found) == 1
        best = found[0] if alone else max(found, key=lambda one: _likeness(item, entries.said(one)))
        return RawEntry(data=entries.data(best), told_by=told_by, alone=alone)
    return None


def _signs(item: Item) -> Iterator[tuple[str, str, bool]]:
    """By what an entry may be told, the words, and whether they must not go on where they end."""
    if item.guid:
        yield "id", plain(item.guid), True
    if item.url:
        yield "link", item.url, True
        parts = urlsplit(item.url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        if len(path) > 1:  # where a feed has links within its own site
            yield "link", path, True
    if item.title:
        yield "title", plain(item.title), False


def _likeness(item: Item, text: str) -> tuple[bool, int]:
    words = item.text.split()[:_WORDS]
    return plain(item.title) in text, sum(word in text for word in words)
