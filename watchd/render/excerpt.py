"""The words that matched, in their surroundings: the part of an alert that is read first."""

from __future__ import annotations

import re
from collections.abc import Iterable

from watchd.model import Evidence
from watchd.render.inert import inert
from watchd.values import Struct

AROUND = 160  # characters shown on each side of matched words
LONGEST = 640  # characters of one snippet: matches close together share one, up to here
MOST = 3
_WORD = 24  # how far a cut may move to reach a word's end


class Segment(Struct, frozen=True, kw_only=True):
    """A run of safe text; `marked` when a rule matched it."""

    text: str
    marked: bool = False


Line = tuple[Segment, ...]
Span = tuple[int, int]


def excerpts(text: str, evidence: Iterable[Evidence]) -> tuple[Line, ...]:
    """Up to three snippets of `text` round the evidence, in the order of the text."""
    windows: list[tuple[int, int, list[Span]]] = []
    for span in _merged(evidence, len(text)):
        start, end = span
        low, high = max(0, start - AROUND), min(len(text), end + AROUND)
        if windows:
            first, last, spans = windows[-1]
            if low <= last and high - first <= LONGEST:
                windows[-1] = (first, high, [*spans, span])
                continue
            low = max(low, min(last, start))
        windows.append((low, min(high, max(low + LONGEST, start + 1)), [span]))
    return tuple(_line(text, *window) for window in windows[:MOST])


def marked(text: str, evidence: Iterable[Evidence], limit: int) -> Line:
    """All of a short text (a headline) with the evidence marked, in about `limit` characters."""
    if len(text) <= limit:
        return _line(text, 0, len(text), _merged(evidence, len(text)))
    return _line(text, 0, limit, _merged(evidence, limit))


def plain(line: Line) -> str:
    """The words of a line, without the marks."""
    return "".join(segment.text for segment in line)


def _merged(evidence: Iterable[Evidence], length: int) -> list[Span]:
    """Spans in order, those that overlap or touch made one; what lies outside is dropped."""
    merged: list[Span] = []
    for one in sorted(evidence, key=lambda each: (each.start, each.end)):
        start, end = max(0, one.start), min(length, one.end)
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif start < end:
            merged.append((start, end))
    return merged


def _line(text: str, low: int, high: int, spans: list[Span]) -> Line:
    low = _forward(text, low, spans[0][0] if spans else low)
    high = _back(text, high, spans[-1][1] if spans else low)
    pieces: list[Segment] = []
    at = low
    for start, end in spans:
        if start >= high:
            break
        pieces.append(Segment(text=inert(text[at:start])))
        pieces.append(Segment(text=inert(text[start : min(end, high)]), marked=True))
        at = min(end, high)
    pieces.append(Segment(text=inert(text[at:high])))
    if low > 0:
        pieces.insert(0, Segment(text="…"))
    if high < len(text):
        pieces.append(Segment(text="…"))
    return tuple(_trimmed(_sound([piece for piece in pieces if piece.text])))


def _sound(pieces: list[Segment]) -> list[Segment]:
    """The pieces, if they are harmless together as well, and else their words without marks.

    A mark that ends between the letters of "x@everyone" must not bring it to life.
    """
    together = re.sub(" +", " ", "".join(piece.text for piece in pieces))
    harmless = inert(together)
    return pieces if harmless == together else [Segment(text=harmless)]


def _forward(text: str, at: int, most: int) -> int:
    """The next word's start at or after `at`; `at` itself where no blank is near."""
    if at == 0 or text[at - 1].isspace():
        return at
    for place in range(at, min(at + _WORD, most)):
        if text[place].isspace():
            return place + 1
    return at


def _back(text: str, at: int, least: int) -> int:
    """The last word's end at or before `at`; `at` itself where no blank is near."""
    if at >= len(text) or text[at].isspace():
        return at
    for place in range(at, max(at - _WORD, least), -1):
        if text[place - 1].isspace():
            return place - 1
    return at


def _trimmed(pieces: list[Segment]) -> list[Segment]:
    """Without blanks at either end."""
    if pieces:
        first = pieces[0]
        pieces[0] = Segment(text=first.text.lstrip(), marked=first.marked)
        last = pieces[-1]
        pieces[-1] = Segment(text=last.text.rstrip(), marked=last.marked)
    return [piece for piece in pieces if piece.text]
