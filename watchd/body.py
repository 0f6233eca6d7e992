"""The body of an answer, unpacked as it comes in and never beyond its bound."""

from __future__ import annotations

import zlib

_GZIP = b"\x1f\x8b"
_MEMBERS = 100  # a gzip file may be several in a row; thousands are an attack
_RATIO = 500  # feeds pack 3 to 30 times; what zlib can do is 1,032
_RATIO_FROM = 1 << 20  # bytes; below that any ratio is harmless


class BodyTooLarge(Exception):
    """More than the bound, or packed like no feed is."""


class BodyUnreadable(Exception):
    """Packed in a way we do not read, or damaged."""


class Body:
    """Collects the raw parts of one answer. `data` is what they say, at most `limit` bytes.

    What is really packed decides, not what the header says of it: gzip without a header and
    plain text under "Content-Encoding: gzip" are both seen in the wild.
    """

    def __init__(self, coding: str, limit: int) -> None:
        codings = [name for name in coding.lower().replace(" ", "").split(",") if name]
        codings = [name for name in codings if name != "identity"]
        if len(codings) > 1:
            raise BodyUnreadable(f"packed {len(codings)} times over ({coding}): refused")
        self._coding = codings[0] if codings else ""
        if self._coding not in ("", "gzip", "x-gzip", "deflate"):
            raise BodyUnreadable(f"packed as {self._coding!r}, which nobody asked for")
        self._limit = limit
        self._data = bytearray()
        self._raw = 0
        self._head = b""  # the first bytes, until they tell how it is packed
        self._begun = False
        self._unpacker: zlib._Decompress | None = None
        self._members = 0
        self._tail = b""

    @property
    def data(self) -> bytes:
        return bytes(self._data)

    def add(self, raw: bytes) -> None:
        """Take the next part. Raises BodyTooLarge or BodyUnreadable."""
        self._raw += len(raw)
        if not self._begun:
            self._head += raw
            if len(self._head) < 2:
                return
            raw = self._begin()
        if self._unpacker is None:
            self._keep(raw)
        else:
            self._unpack(raw)

    def end(self) -> bool:
        """No more comes. True when the body is whole, False when it was cut short."""
        if not self._begun and self._head:
            self._keep(self._begin())
        return self._unpacker is None or self._unpacker.eof

    def _begin(self) -> bytes:
        head, self._head, self._begun = self._head, b"", True
        if head[:2] == _GZIP:
            self._unpacker = zlib.decompressobj(wbits=31)
        elif self._coding == "deflate" and len(head) > 1:
            # "deflate" means zlib's format, but some servers send the bare stream.
            zlib_format = head[0] & 0x0F == 8 and int.from_bytes(head[:2], "big") % 31 == 0
            self._unpacker = zlib.decompressobj(wbits=15 if zlib_format else -15)
        return head

    def _keep(self, part: bytes) -> None:
        self._data += part
        if len(self._data) > self._limit:
            raise BodyTooLarge(f"over {self._limit:,} bytes")

    def _unpack(self, raw: bytes) -> None:
        assert self._unpacker is not None
        while raw:
            if self._unpacker.eof:
                raw, self._tail = self._tail + raw, b""
                if raw == _GZIP[:1]:
                    self._tail = raw  # half of a beginning: the next part tells
                    return
                if not raw.startswith(_GZIP):
                    return  # padding after the end
                self._members += 1
                if self._members > _MEMBERS:
                    raise BodyUnreadable(f"more than {_MEMBERS} gzip files in a row")
                self._unpacker = zlib.decompressobj(wbits=31)
            try:
                # One byte over the bound is enough to know; it also takes all of `raw` in.
                part = self._unpacker.decompress(raw, self._limit - len(self._data) + 1)
            except zlib.error as error:
                raise BodyUnreadable(f"damaged within ({error})") from None
            self._keep(part)
            if len(self._data) > max(_RATIO_FROM, _RATIO * self._raw):
                raise BodyTooLarge(f"packed more than {_RATIO} times, as no feed is")
            raw = self._unpacker.unused_data
