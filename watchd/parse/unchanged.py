"""A document that changed and brings nothing new is told by the daemon itself, without the parser.

Many servers write a new date into every answer. Such a document is compared with the window of
the last one, entry for entry, and never parsed: it is cut at its entries (in one pass, whatever
stands in it), and what stands around them is small.
"""

from __future__ import annotations

import re

from watchd.model import ParsedFeed
from watchd.parse.window import Window, digest_of, unpack
from watchd.parse.wire import Reading

_MOST = 512 * 1024  # bytes of a document
_MOST_AROUND = 4000  # characters around its entries: only these are more than looked through
_FIRST = re.compile(rb"<(item|entry)[\s>]")


def nothing_new(body: bytes, reading: Reading) -> ParsedFeed | None:
    """What the parser makes of a feed without a new entry. None: that has to be asked."""
    if not reading.window or (reading.what, reading.source) != ("feed", "feed"):
        return None
    if not reading.url or reading.identity != "auto" or reading.cut_short:
        return None
    if len(body) > _MOST or not body.startswith(b"<"):
        return None
    before = unpack(reading.window)
    if before is None or not _begins_as_before(body, before) or not _is_utf8(body):
        return None
    # Most documents that change have a new entry first, and are done with by now.
    from watchd.parse.cut import cut
    from watchd.parse.decode import decode
    from watchd.parse.delta import read_new, settings_said
    from watchd.parse.repair import find

    decoded = decode(body, content_type=reading.content_type, encoding=reading.encoding)
    document = None if decoded.problems else find(decoded.text)
    if document is None or document.root not in ("rss", "rdf", "feed") or document.problems:
        return None
    parts = cut(document.text)
    if parts is None or len(parts.text) - parts.length > _MOST_AROUND:
        return None
    said = settings_said(
        reading.url, reading.encoding, reading.lang, reading.timezone, reading.identity
    )
    return read_new(document, parts, before, said, None)


def _begins_as_before(body: bytes, before: Window) -> bool:
    """Whether the first entry stood in the last document, too."""
    found = _FIRST.search(body)
    if found is None:
        return False
    closing = b"</%b>" % found[1]
    first = digest_of(body[found.start() : body.find(closing, found.end()) + len(closing)], 12)
    return any(entry.raw == first for entry in before.entries)


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
