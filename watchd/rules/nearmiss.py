"""How near two operands came to what NEAR asks for, and what EXCEPT and ATLEAST found instead."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from watchd.render.inert import inert
from watchd.rules.itemtext import Span, Spans, Text
from watchd.rules.tree import Near
from watchd.text import BREAK, PARAGRAPH, WORD

_LONGEST = 60
_MOST = 3


@dataclass(frozen=True, slots=True)
class _Pair:
    """A place of each operand, in the order of the text, and why the two are not near."""

    first: Spans
    second: Spans
    words: int  # between them
    overlap: bool
    swapped: bool  # the right operand stands first, and the order matters
    parted: bool  # by the end of a list item, or of the unit both should be in
    far: bool

    @property
    def rank(self) -> tuple[int, int]:
        return self.overlap + self.swapped + self.parted + self.far, self.words


def apart(node: Near, left: list[Spans], right: list[Spans], text: Text) -> str:
    """Of all places of two operands that are nowhere near, the nearest two, in words."""
    pair = min(_pairs(node, left, right, text), key=lambda pair: pair.rank)
    first, second = quote(text, pair.first), quote(text, pair.second)
    if pair.overlap:
        return f"{first} and {second} are the same words, and {node.operator} wants two"
    after = f"{first} comes before {second}, and {node.operator} wants it after"
    if pair.far:
        words = f"{pair.words} word{'s' * (pair.words != 1)}"
        away = f"{first} is {words} away from {second}, {node.operator} allows {node.between}"
        return away + (f"; and {after}" if pair.swapped else "")
    if pair.parted:
        return f"{first} and {second} stand in {_units(pair, text)}"
    return after


def masked(kept: list[Spans], masks: list[Span], text: Text) -> str:
    """Which words cover every place of what EXCEPT should keep."""
    covers = dict.fromkeys(
        quote(text, (mask,))
        for place in kept
        for start, end in place
        for mask in masks
        if mask[0] < end and start < mask[1]
    )
    words = quote(text, kept[0])
    return f"{words} stands only in {_listed(covers)}, which EXCEPT leaves out"


def too_few(found: list[Spans], times: int, text: Text) -> str:
    """How often something is there that should be there more often."""
    quotes = _listed(dict.fromkeys(quote(text, place) for place in found))
    return f"there is {quotes}: {len(found)} of the {times} that ATLEAST/{times} asks for"


def quote(text: Text, place: Spans) -> str:
    """The words of a place as they stand in the item, in quotation marks; harmless to show."""
    words = " … ".join(text.original(*span)[3] for span in place)
    return f"“{inert(words, _LONGEST)}”"


def _listed(quotes: Iterable[str]) -> str:
    told = list(quotes)
    more = f" and {len(told) - _MOST} more" if len(told) > _MOST else ""
    return ", ".join(told[:_MOST]) + more


def _pairs(node: Near, left: list[Spans], right: list[Spans], text: Text) -> Iterator[_Pair]:
    """Each place of the left operand with the places of the right one on both its sides."""
    words = [found.start() for found in WORD.finditer(text.text)]
    starts = [place[0][0] for place in right]
    for place in left:
        near = {bisect_left(starts, at) for at in (place[0][0], _end(place))}
        for number in (n for n in near | {one - 1 for one in near} if 0 <= n < len(right)):
            first, second = sorted((place, right[number]))
            end, start = _end(first), second[0][0]
            between = max(0, bisect_left(words, start) - bisect_left(words, end))
            yield _Pair(
                first=first,
                second=second,
                words=between,
                overlap=start < end,
                swapped=node.ordered and first is not place,
                parted=_is_parted(node, first, second, text),
                far=isinstance(node.between, int) and between > node.between,
            )


def _is_parted(node: Near, first: Spans, second: Spans, text: Text) -> bool:
    if isinstance(node.between, int):
        return text.text.find(BREAK, _end(first), second[0][0]) >= 0
    ends, last = text.units(node.between), max(_end(first), _end(second)) - 1
    return bisect_right(ends, first[0][0]) != bisect_right(ends, last)


def _end(place: Spans) -> int:
    return max(end for _, end in place)


def _units(pair: _Pair, text: Text) -> str:
    """What parts two places: the kind of unit in which they do not stand together."""
    start, end = pair.first[0][0], pair.second[0][0]
    fields = text.original(*pair.first[0])[0], text.original(*pair.second[0])[0]
    if len(set(fields)) == 2:
        return f"different fields, {fields[0]} and {fields[1]}"
    if BREAK in text.text[start:end]:
        return "different list items"
    return "different paragraphs" if PARAGRAPH in text.text[start:end] else "different sentences"
