"""How the daemon and its parser process speak: lengths (big-endian, 4 bytes) and MessagePack.

Never pickle: the child may be in a hostile document's hands. What it says is taken only in the
shape of an answer.
"""

from __future__ import annotations

import struct
from functools import cache
from typing import Literal

from msgspec import DecodeError, msgpack

from watchd.model import IdentityPolicy, Page, ParsedFeed, SourceType
from watchd.values import Struct

REQUEST = struct.Struct(">II")  # the header's length, the document's
ANSWER = struct.Struct(">I")
MAX_ANSWER = 128 * 1024 * 1024  # bytes


class Reading(Struct, frozen=True, kw_only=True):
    """What a document is to be read as; see `parse_document`, and `read_article` for articles."""

    what: Literal["feed", "article"] = "feed"
    url: str = ""
    content_type: str = ""
    encoding: str = ""
    lang: str = ""
    timezone: str = ""
    identity: IdentityPolicy = "auto"
    source: SourceType = "feed"
    page: Page | None = None
    cut_short: bool = False
    window: bytes = b""


class Answer(Struct, frozen=True, kw_only=True):
    """The document as it was read, and whether the child ends after it."""

    parsed: ParsedFeed
    last: bool


def pack_request(reading: Reading, body: bytes) -> bytes:
    """What goes ahead of `body`."""
    head = msgpack.encode(reading)
    return REQUEST.pack(len(head), len(body)) + head


def unpack_reading(head: bytes) -> Reading:
    """What the body that follows is to be read as."""
    return _readings().decode(head)


def pack_answer(answer: Answer) -> bytes:
    """An answer with its length."""
    packed = msgpack.encode(answer)
    return ANSWER.pack(len(packed)) + packed


def unpack_answer(packed: bytes) -> Answer:
    """An answer again. Raises ValueError for what is none of ours."""
    try:
        return _answers().decode(packed)
    except DecodeError as error:
        raise ValueError("not an answer") from error


@cache  # what a value holds is looked at once, by the side that reads it
def _readings() -> msgpack.Decoder[Reading]:
    return msgpack.Decoder(Reading)


@cache
def _answers() -> msgpack.Decoder[Answer]:
    return msgpack.Decoder(Answer)
