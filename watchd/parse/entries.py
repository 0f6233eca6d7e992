"""The entries of a document as they are written, and which of them say something.

What an entry says is made out only where words may stand in it: to make it out of all of them
costs several times as much as to cut them. Where words may stand is seen by their longest piece
that is sure to be written as it is said.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache
from html import unescape

from watchd.parse.cut import cut
from watchd.parse.decode import MAX_BYTES, decode

_URL = re.compile(r"<(?P<tag>(?:[\w.-]+:)?url)(?:\s[^<>]*)?>.*?</(?P=tag)\s*>", re.S)
_GOES_ON = re.compile(r"[\w/%-]")
_ESCAPE = re.compile(r"&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)")  # of `unescape`
_PRINTED = frozenset(map(chr, range(0x21, 0x7F)))
_ASCII = bytes(range(0x80))
_FEW, _LONG = 4, 200  # characters: what begins with fewer stands in too many places
_MOST = 1000  # places where a beginning is looked at
_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[\s,]*")


def plain(text: str) -> str:
    """What a text says: without escapes, each space one."""
    return " ".join(unescape(text).split())


class Entries:
    """The entries of a document, each known by its number."""

    def __init__(
        self,
        written: Sequence[str],
        *,
        data: Callable[[str], bytes],
        said: Callable[[str], str],
        sure: bool,
    ) -> None:
        """Entries as they are `written`; `data` and `said` make of one its bytes and what it says.

        `sure`: what is said in ASCII is written so, but for escapes of HTML and for space.
        """
        self._written, self._data, self._make = written, data, said
        self._said: dict[int, str] = {}
        self._as_written = _PRINTED - _escaped(written) if sure else frozenset[str]()
        self._found: dict[str, list[int]] = {}

    def data(self, number: int) -> bytes:
        """An entry as it came."""
        return self._data(self._written[number])

    def said(self, number: int) -> str:
        """What an entry says."""
        if number not in self._said:
            self._said[number] = self._make(self._written[number])
        return self._said[number]

    def expect(self, words: Sequence[str]) -> None:
        """These will be looked for. Where all begin the same, that is looked for only once."""
        found: dict[str, list[int]] = {self._piece(one): [] for one in words}
        start = _shared_beginning(found)
        lengths = {len(one) for one in found}
        if len(start) < _FEW or max(lengths) > _LONG:
            return
        left = _MOST
        for number, text in enumerate(self._written):
            at = text.find(start)
            while at >= 0:
                for length in lengths:
                    numbers = found.get(text[at : at + length])
                    if numbers is not None and number not in numbers[-1:]:
                        numbers.append(number)
                left -= 1
                if not left:
                    return
                at = text.find(start, at + 1)
        self._found = found

    def holding(self, words: str, *, whole: bool) -> list[int]:
        """The entries that say this; `whole`: and not only as the beginning of something longer."""
        if not words:
            return []
        piece = self._piece(words)
        numbers = self._found.get(piece)
        if numbers is None:
            numbers = [number for number, text in enumerate(self._written) if piece in text]
        stands, is_piece = _stands_whole if whole else _stands, piece == words
        return [one for one in numbers if stands(words, self._shown(one, is_piece))]

    def _piece(self, words: str) -> str:
        """The longest piece of what is said that is written just so, wherever it is said."""
        as_written = self._as_written
        if as_written.issuperset(words):
            return words
        found = "".join(one if one in as_written else " " for one in words).split(" ")
        return max(found, key=len)

    def _shown(self, number: int, is_piece: bool) -> str:
        """What an entry says, or where words can be seen as well, how it is written."""
        text = self._written[number]
        return text if is_piece and text.isascii() and "&" not in text else self.said(number)


def entries_of(body: bytes, *, content_type: str = "", encoding: str = "") -> Entries:
    """The entries of a document in the order in which they stand; none, if it is no feed."""
    decoded = decode(body, content_type=content_type, encoding=encoding)
    name = decoded.encoding

    def encoded(text: str) -> bytes:
        return text.encode(name, "replace")

    def read(text: str) -> str:
        return plain(_bytes(text).decode(name, "replace"))

    if decoded.text.lstrip("\ufeff \t\r\n").startswith("{"):
        told = list(_of_json(decoded.text))
        says = dict(told).__getitem__
        return Entries([text for text, _ in told], data=encoded, said=says, sure=False)
    if name.startswith(("utf-16", "utf-32")):
        return Entries(_of_xml(decoded.text), data=encoded, said=plain, sure=True)
    # Where every byte is a character of its own, a cut is in bytes, whatever it may say.
    written = _of_xml(_unpacked(body).decode("latin-1"))
    return Entries(written, data=_bytes, said=read, sure=_has_ascii(name))


def _bytes(text: str) -> bytes:
    return text.encode("latin-1")


@cache
def _has_ascii(encoding: str) -> bool:
    """Whether bytes of ASCII are that in this encoding, whatever stands before them."""
    return _ASCII.decode(encoding, "replace").encode("ascii", "replace") == _ASCII


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
    """Each element of `items` as it is written, and what it says."""
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
            yield text[at:end], plain("\n".join(_values(value)))
            at = _past_space(text, end)
    except (ValueError, IndexError, RecursionError):
        return


def _past_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _values(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for one in value.values():
            yield from _values(one)
    elif isinstance(value, list):
        for one in value:
            yield from _values(one)
    else:
        yield str(value)


def _escaped(written: Sequence[str]) -> set[str]:
    """The characters that escapes stand for in these; all, where one stands for nothing at all."""
    escapes = {one for text in written if "&" in text for one in _ESCAPE.findall(text)}
    made = {one: unescape(one) for one in escapes}
    if not all(made.values()):
        return set(_PRINTED)
    return {character for one, text in made.items() if one != text for character in text}


def _shared_beginning(words: Collection[str]) -> str:
    first, last = min(words, default=""), max(words, default="")
    for number, (one, other) in enumerate(zip(first, last, strict=False)):
        if one != other:
            return first[:number]
    return first


def _stands(wanted: str, text: str) -> bool:
    return wanted in text


def _stands_whole(wanted: str, text: str) -> bool:
    at = text.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        if not _GOES_ON.match(text, end):
            return True
        at = text.find(wanted, end)
    return False
