"""What is kept of where a hit was found, so that it can be shown to others later."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path

from watchd.values import Struct


class KeepMode(StrEnum):
    """How much is kept with a hit: `evidence` in config.toml."""

    OFF = "off"
    ENTRY = "entry"  # the entry of the feed as it came, and what the answer said of itself
    WARC = "warc"  # also the whole answer, as a WARC record


class Keeping(Struct, frozen=True, kw_only=True):
    """What to keep, and the folder of WARC files."""

    mode: KeepMode = KeepMode.OFF
    folder: Path = Path()
    user_agent: str = ""


class Part(StrEnum):
    """Which of an item's sources an answer is."""

    FEED = "feed"  # the document that brought it
    ARTICLE = "article"  # the page behind its link


class WarcPlace(Struct, frozen=True, kw_only=True):
    """Where a WARC record stands: one gzip member of a file."""

    file: str  # its name, within the folder
    offset: int  # in bytes
    length: int
    sha256: str  # of these bytes


class Kept(Struct, frozen=True, kw_only=True):
    """The answer that brought an item, and the item's entry as it stood there."""

    part: Part
    url: str  # without names, passwords and keys
    status: int
    headers: tuple[tuple[str, str], ...]  # those that say something of the document
    fetched_at: datetime
    body_sha256: str
    body_bytes: int  # unpacked
    entry: bytes = b""  # as it came; b"": it could not be told apart
    note: str = ""  # what is missing, or how the entry was told, in a sentence
    warc: WarcPlace | None = None  # None: no record was written
