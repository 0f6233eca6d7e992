"""What is kept of an answer in which hits were found. Not imported before there is a hit."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import parse_qsl, unquote, urlsplit

from watchd import log, warc
from watchd.model import Feed, Item, Keeping, KeepMode, Kept, Part
from watchd.parse.rawentry import RawEntry, raw_entries
from watchd.polling.moves import without_secrets
from watchd.response import Response
from watchd.values import replace

__all__ = ["HEADERS", "of_article", "of_feed"]

_log = log.Log("watchd.evidence")

# What says something of the document. Cookies and the like are somebody's keys.
HEADERS = (
    "date",
    "server",
    "content-type",
    "content-language",
    "content-encoding",
    "content-length",
    "last-modified",
    "etag",
    "cache-control",
    "expires",
    "age",
    "via",
    "x-robots-tag",
)
_TOLD = {
    "id": "the entry was told by its id",
    "link": "the entry was told by its link",
    "title": "the entry was told by its headline",
}
_MISSING = {
    "feed": "the entry could not be told apart in the feed's document; item.json has what was read",
    "page": "of a list on a page no entry is cut out; item.json has what was read of it",
    "sitemap": "the entry is not in the document itself; item.json has what was read of it",
}


_HAS_KEY = "left out: it repeats a key of the feed's address"
_KEY = 8  # characters: a shorter word stands in any text
_PATH_KEY = re.compile(r"(?=.*\d)[A-Za-z0-9]{20,}")


def of_feed(
    keeping: Keeping, feed: Feed, response: Response, items: Sequence[Item], now: datetime
) -> dict[str, Kept]:
    """What to keep for items with hits, by their keys; `response` is what brought them.

    Reads and packs, and with `evidence = "warc"` writes: for a thread of its own. Where a record
    cannot be written, a note says so: that must not lose the hit.
    """
    whole = feed.type == "page" and (feed.page is None or feed.page.list is None)
    entries: Sequence[RawEntry | None] = [None] * len(items)
    if not whole:
        entries = raw_entries(
            response.body, items, content_type=response.content_type, encoding=feed.encoding
        )
    base = _kept(Part.FEED, keeping, feed, response, now)
    keys = _keys(feed.url)
    found = {}
    for item, entry in zip(items, entries, strict=True):
        data, note = b"", _MISSING[feed.type]
        if whole:
            data, note = response.body, "the whole page, as it came"
        elif entry is not None:
            several = "" if entry.alone else "; others have the same, and its words fit best"
            data, note = entry.data, _TOLD[entry.told_by] + several
        if any(key in data for key in keys):
            data, note = b"", f"the entry was {_HAS_KEY}"
        note = "; ".join(filter(None, (note, base.note)))
        found[item.key] = replace(base, entry=data, note=note)
    return found


def of_article(keeping: Keeping, feed: Feed, response: Response, now: datetime) -> Kept:
    """What to keep of the page behind the link of an item of `feed`: rules were found in it.

    With `evidence = "warc"` it writes: for a thread of its own.
    """
    return _kept(Part.ARTICLE, keeping, feed, response, now)


def _kept(part: Part, keeping: Keeping, feed: Feed, response: Response, now: datetime) -> Kept:
    """What is the same for all items of an answer; the WARC record is written here."""
    keys = _keys(feed.url)
    said = ((name, response.fields.get(name.encode(), b"")) for name in HEADERS)
    headers = tuple(
        (name, value.decode("latin-1"))
        for name, value in said
        if value and not any(key in value for key in keys)
    )
    kept = Kept(
        part=part,
        url=_address(feed, response),
        status=response.status,
        headers=headers,
        fetched_at=now,
        body_sha256=hashlib.sha256(response.body).hexdigest(),
        body_bytes=len(response.body),
    )
    if keeping.mode is not KeepMode.WARC:
        return kept
    if any(key in response.body for key in keys):
        return replace(kept, note=f"the WARC record was {_HAS_KEY}")
    try:
        place = warc.append(
            keeping.folder,
            url=kept.url,
            status=kept.status,
            headers=headers,
            body=response.body,
            user_agent=keeping.user_agent,
            now=now,
        )
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        _log.error("evidence.unwritten", feed=feed.name, error=f"{keeping.folder}: {reason}")
        return replace(kept, note=f"the WARC record could not be written: {reason}")
    return replace(kept, warc=place)


def _address(feed: Feed, response: Response) -> str:
    """Where an answer came from. A query that a redirect added may be a session of ours."""
    url = without_secrets(response.url, feed.url)
    if response.hops and "?" in url:
        url = url.partition("?")[0] + "?…"
    return url.replace("…", "REDACTED")


def _keys(url: str) -> list[bytes]:
    """What in a feed's address may be a password or a key, as it would stand in a document."""
    parts = urlsplit(url)
    words = {parts.password or "", unquote(parts.password or "")}
    words |= {value for _, value in parse_qsl(parts.query) if len(value) >= _KEY}
    words |= {word for word in parts.path.split("/") if _PATH_KEY.fullmatch(word)}
    return [word.encode() for word in words if word]
