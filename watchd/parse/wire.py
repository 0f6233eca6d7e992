"""How the daemon and its parser process speak: lengths (big-endian, 4 bytes) and JSON.

Never pickle: the child may be in a hostile document's hands.
"""

from __future__ import annotations

import json
import struct
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from watchd.model import Item, Page, ParsedFeed

REQUEST = struct.Struct(">II")  # the header's length, the document's
ANSWER = struct.Struct(">I")
MAX_ANSWER = 128 * 1024 * 1024  # bytes

_ITEM = tuple(field.name for field in fields(Item))
_PARSED = tuple(field.name for field in fields(ParsedFeed))


def pack_request(header: Mapping[str, Any], body: bytes) -> bytes:
    """What goes ahead of `body`: what to read it as, and the arguments for that."""
    head = json.dumps(header, default=_plain).encode()
    return REQUEST.pack(len(head), len(body)) + head


def unpack_header(head: bytes) -> dict[str, Any]:
    """The arguments to `parse_document` again."""
    header: dict[str, Any] = json.loads(head)
    if header.get("page"):
        header["page"] = Page(**header["page"])
    return header | {"window": b64decode(header.get("window", ""))}


def pack_answer(parsed: ParsedFeed, *, last: bool) -> bytes:
    """An answer with its length. `last`: the child ends after it."""
    said = {name: getattr(parsed, name) for name in _PARSED}
    said["items"] = [{name: getattr(item, name) for name in _ITEM} for item in parsed.items]
    answer = json.dumps({"parsed": said, "last": last}, default=_plain).encode()
    return ANSWER.pack(len(answer)) + answer


def unpack_answer(answer: bytes) -> tuple[ParsedFeed, bool]:
    """The document as it was read, and whether the child ends after it.

    Raises ValueError, LookupError, TypeError or AttributeError for what is no answer of ours.
    """
    said = json.loads(answer)
    parsed: dict[str, Any] = said["parsed"]
    parsed["items"] = tuple(_item(item) for item in parsed["items"])
    for name in ("problems", "feeds", "feed_links"):
        parsed[name] = tuple(parsed[name])
    parsed["window"] = b64decode(parsed["window"])
    parsed["sitemaps"] = tuple((str(url), str(lastmod)) for url, lastmod in parsed["sitemaps"])
    return ParsedFeed(**parsed), bool(said["last"])


def _plain(value: Any) -> str | dict[str, Any]:
    if isinstance(value, Page):
        return asdict(value)
    told: str = b64encode(value).decode() if isinstance(value, bytes) else value.isoformat()
    return told


def _item(said: dict[str, Any]) -> Item:
    published = said["published"]
    said["published"] = datetime.fromisoformat(published) if published else None
    said["categories"] = tuple(said["categories"])
    return Item(**said)
