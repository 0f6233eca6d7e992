"""What stood in the last complete document of a feed, kept so small that it costs next to nothing.

With it the next document need not be read whole: an entry whose text stood there word for word
has been dealt with. And it tells an item that was renamed from a new one.

    head     a number for the format; digests of what holds for all entries and of what stands
             around them; the feed's language and title
    entries  for each entry, in the order of the document: digests of its text in the document,
             of the key it has by itself, its link, its words and its key; how that was made
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import NamedTuple

from watchd.values import Struct

NO_TEXT = bytes(12)
"""In place of an entry's digest, where the next document must be read whole."""

_FORMAT = b"1"
_HEAD = struct.Struct(">16s16sHH")
_ENTRY = struct.Struct(">12s8s8s8s8sB")


class Entry(NamedTuple):
    """One entry. All but the form are digests, for nothing but to be compared."""

    raw: bytes  # of its text in the document; NO_TEXT: not known
    name: bytes  # of the key it has by itself
    url: bytes
    content: bytes
    key: bytes  # of the key it has among the others
    form: int  # how that one is made: identity.PLAIN, BY_LINK or BY_WORDS


class Window(Struct, frozen=True, kw_only=True):
    """What is kept of one document."""

    passed_on: bytes = bytes(16)  # digest of what holds for all entries, settings included
    shell: bytes = bytes(16)  # digest of what stands around them
    title: str = ""
    lang: str = ""
    entries: Sequence[Entry] = ()


def pack(window: Window) -> bytes:
    """A window as it is kept."""
    title, lang = window.title.encode("utf-8", "replace"), window.lang.encode()
    head = _HEAD.pack(window.passed_on, window.shell, len(lang), len(title))
    entries = b"".join([_ENTRY.pack(*entry) for entry in window.entries])
    return b"".join((_FORMAT, head, lang, title, entries))


def unpack(data: bytes) -> Window | None:
    """The reverse of `pack`; None for another format, and for nothing."""
    if not data.startswith(_FORMAT):
        return None
    at = len(_FORMAT)
    try:
        passed_on, shell, lang_length, title_length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        lang = data[at : at + lang_length].decode()
        at += lang_length
        title = data[at : at + title_length].decode()
        entries = [Entry(*found) for found in _ENTRY.iter_unpack(data[at + title_length :])]
    except (struct.error, ValueError):
        return None
    return Window(passed_on=passed_on, shell=shell, title=title, lang=lang, entries=entries)


def keys_of(data: bytes) -> Counter[bytes]:
    """How often each key stands in a window, by its `digest`. Empty where nothing is known."""
    window = unpack(data)
    return Counter(entry.key for entry in window.entries) if window else Counter()


def digest(text: str, size: int = 8) -> bytes:
    """A digest of `text`, of so many bytes."""
    return digest_of(text.encode("utf-8", "replace"), size)


def digest_of(data: bytes, size: int) -> bytes:
    """The digest of a text in UTF-8."""
    return blake2b(data, digest_size=size).digest()


def digests(texts: Iterable[str]) -> list[bytes]:
    """Of each entry's text in the document, as in `Entry.raw`."""
    return [digest(text, 12) for text in texts]
