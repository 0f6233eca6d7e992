"""An address as people read it, %20 and %EB%B6%81 decoded; and the way back."""

from __future__ import annotations

import re
from urllib.parse import unquote

_ENCODED = re.compile("(?:%[0-9A-Fa-f]{2})+")


def readable(url: str) -> str:
    """An address with what is percent-encoded in it decoded."""
    return _ENCODED.sub(lambda run: _decoded(run[0]), url)


def encoded_span(url: str, start: int, end: int) -> tuple[int, int]:
    """Where the characters `start:end` of the readable address stand in the address."""
    return _place(url, start), _place(url, end)


def _place(url: str, readable_place: int) -> int:
    shorter = 0  # by what was decoded so far
    for run in _ENCODED.finditer(url):
        within = readable_place - (run.start() - shorter)
        if within <= 0:
            break
        decoded = _decoded(run[0])
        if within < len(decoded):
            return run.start() + 3 * len(decoded[:within].encode(*_UTF_8))
        shorter += len(run[0]) - len(decoded)
    return readable_place + shorter


_UTF_8 = "utf-8", "surrogateescape"  # a byte that is none of a letter's is a character of its own


def _decoded(run: str) -> str:
    return unquote(run, *_UTF_8)
