"""The entry of an item in its document, byte for byte: what is kept as evidence of a hit.

The parser gives an item for each entry, and need not say where it stood. Few items have hits, so
their entries are looked for afterwards: by id, else by link, else by headline.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from html import unescape
from urllib.parse import urlsplit

from watchd.model import Item
from watchd.parse.cut import cut
from watchd.parse.decode import MAX_BYTES, decode
from watchd.values import Struct

_URL = re.compile(r"<(?P<tag>(?:[\w.-]+:)?url)(?:\s[^<>]*)?>.*?</(?P=tag)\s*>", re.S)
_GOES_ON = re.compile(r"[\w/%-]")
_WORDS = 60  # of a text: enough to tell two entries apart
_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[\s,]*")


class RawEntry(Struct, frozen=True, kw_only=True):
    """An entry as it came, and by what it was told: "id", "link" or "title"."""

    data: bytes
    told_by: str
    alone: bool  # no other entry has the same


class _Part(Struct, frozen=True):
    data: bytes
    text: str  # what it says: without escapes, each space one


def raw_entries(
    body: bytes, items: Sequence[Item], *, content_type: str = "", encoding: str = ""
) -> list[RawEntry | None]:
    """For each item its entry in the document `body`; None where that cannot be told."""
    parts = _parts(body, content_type, encoding)
    return [_entry_of(item, parts) for item in items]


def _parts(body: bytes, content_type: str, encoding: str) -> list[_Part]:
    decoded = decode(body, content_type=content_type, encoding=encoding)
    name = decoded.encoding
    if decoded.text.lstrip("\ufeff \t\r\n").startswith("{"):
        return [_Part(text.encode(name, "replace"), said) for text, said in _of_json(decoded.text)]
    if name.startswith(("utf-16", "utf-32")):
        return [_Part(text.encode(name, "replace"), _plain(text)) for text in _of_xml(decoded.text)]
    # Where every byte is a character of its own, a cut is in bytes, whatever it may say.
    return [
        _Part(data, _plain(data.decode(name, "replace")))
        for data in (text.encode("latin-1") for text in _of_xml(_unpacked(body).decode("latin-1")))
    ]


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        return zlib.decompressobj(31).decompress(body, MAX_BYTES)
    except zlib.error:
        return b""


def _of_xml(text: str) -> list[str]:
    found = cut(text)
    if found is not None and found.places:
        return found.items
    return [match[0] for match in _URL.finditer(text)]  # a sitemap


def _of_json(text: str) -> Iterator[tuple[str, str]]:
    """Each element of `items` as it is written, and all it says."""
    try:
        at = text.index("{") + 1
        while True:
            at = _past_space(text, at)
            key, at = _DECODER.raw_decode(text, at)
            at = _past_space(text, text.index(":", at) + 1)
            if key == "items" and text[at] == "[":
                break
            _, at = _DECODER.raw_decode(text, at)
        at = _past_space(text, at + 1)
        while text[at] != "]":
            value, end = _DECODER.raw_decode(text, at)
            yield text[at:end], _plain("\n".join(_said(value)))
            at = _past_space(text, end)
    except (ValueError, IndexError, RecursionError):
        return


def _past_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _said(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for one in value.values():
            yield from _said(one)
    elif isinstance(value, list):
        for one in value:
            yield from _said(one)
    else:
        yield str(value)


def _plain(text: str) -> str:
    return " ".join(unescape(text).split())


def _entry_of(item: Item, parts: Sequence[_Part]) -> RawEntry | None:
    for told_by, wanted, stands in _signs(item):
        found = [part for part in parts if stands(wanted, part.text)]
        if not found:
            continue
        alone = len(found) == 1
        best = found[0] if alone else max(found, key=lambda part: _likeness(item, part.text))
        return RawEntry(data=best.data, told_by=told_by, alone=alone)
    return None


def _signs(item: Item) -> Iterator[tuple[str, str, Callable[[str, str], bool]]]:
    if item.guid:
        yield "id", _plain(item.guid), _stands_whole
    if item.url:
        yield "link", item.url, _stands_whole
        parts = urlsplit(item.url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        if len(path) > 1:  # where a feed has links within its own site
            yield "link", path, _stands_whole
    if item.title:
        yield "title", _plain(item.title), _stands


def _stands(wanted: str, text: str) -> bool:
    return wanted in text


def _stands_whole(wanted: str, text: str) -> bool:
    """Whether it stands there, and not only as the beginning of something longer."""
    at = text.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        if not _GOES_ON.match(text, end):
            return True
        at = text.find(wanted, end)
    return False


def _likeness(item: Item, text: str) -> tuple[bool, int]:
    words = item.text.split()[:_WORDS]
    return _plain(item.title) in text, sum(word in text for word in words)
