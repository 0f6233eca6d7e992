"""Is a document of which only the new entries were read the same as one that was read whole?"""

from __future__ import annotations

from collections import Counter

from watchd.model import ParsedFeed
from watchd.parse.document import parse_document
from watchd.parse.unchanged import nothing_new
from watchd.parse.window import digest, unpack
from watchd.parse.wire import Reading
from watchd.values import replace

URL = "https://news.example/feed"


def read(body: bytes, window: bytes = b"", **settings: str) -> ParsedFeed:
    """A document as the daemon reads it."""
    return parse_document(body, window=window, **{"url": URL, **settings})  # type: ignore[arg-type]


def differences(before: bytes, after: bytes, **settings: str) -> list[str]:
    """What reading `after` with the window of `before` gives other than without; in words."""
    part = read(after, read(before, **settings).window, **settings)
    whole = read(after, **settings)
    found = []
    window = read(before, **settings).window
    unread = nothing_new(after, Reading(window=window, **{"url": URL, **settings}))  # type: ignore[arg-type]
    if unread not in (None, part):
        found.append("what is told without the parser")
    if replace(part, items=(), kept=0) != replace(whole, items=(), kept=0):
        found.append("the feed, or the window it leaves")
    items = {item.key: item for item in whole.items}
    if any(items.get(item.key) != item for item in part.items):
        found.append("items")
    window = unpack(whole.window)
    if window is None:
        return found + (["something was kept"] if part.kept else [])
    # What was left out must be what stood there: by its text, and by its key.
    stood = unpack(read(before, **settings).window)
    texts = {entry.raw: entry.key for entry in stood.entries} if stood else {}
    left_out = [entry for entry in window.entries if texts.get(entry.raw) == entry.key]
    keys = Counter(digest(item.key) for item in part.items)
    if part.kept and len(left_out) != part.kept:
        found.append("the number of entries that were kept")
    missing = {entry.key for entry in window.entries} - set(keys)
    if missing - ({entry.key for entry in left_out} if part.kept else set()):
        found.append("entries that were left out")
    return found
