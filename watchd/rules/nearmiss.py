"""How near two operands came to what NEAR asks for, and what EXCEPT and ATLEAST found instead."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate

from watchd.render.inert import inert
from watchd.rules.itemtext import Span, Spans, Text
from watchd.rules.match import count_apart
from watchd.rules.tree import Near
from watchd.text import BREAK, PARAGRAPH, WORD
from watchd.values import Struct

_LONGEST = 60
_MOST = 3
_MOST_PLACES = 2_000


class _Pair(Struct, frozen=True):
    """A place of each operand, in the order of the text, and why the two are not near."""

    first: Spans
    second: Spans
    words: int  # between them
    overlap: bool
    swapped: bool  # the right operand stands first, and the order matters
    parted: bool  # by the end of a list item, or of the unit both should be in
    far: bool

    @property
    def rank(self) -> tuple[int, bool, int]:
        wrong = self.overlap + self.swapped + self.parted + self.far
        return wrong, self.overlap, self.words


def apart(node: Near, left: list[Spans], right: list[Spans], text: Text) -> str:
    """Of all places of two operands that are nowhere near, the nearest two, in words."""
    pair = min(_pairs(node, left, right, text), key=lambda pair: pair.rank)
    first, second = quote(text, pair.first), quote(text, pair.second)
    if pair.overlap:
        if pair.first == pair.second:
            return f"{first} stands for both sides of {node.operator}, which wants two places"
        return f"{first} and {second} share their words, and {node.operator} wants two places"
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
    told = _listed(quotes(text, _covers(kept, masks)))
    return f"{quote(text, kept[0])} stands only in {told}, which EXCEPT leaves out"


def _covers(kept: list[Spans], masks: list[Span]) -> Iterator[Span]:
    """The masks that overlap a kept word, by their starts."""
    words = sorted({span for place in kept for span in place})
    starts = [start for start, _ in words]
    reach = list(accumulate((end for _, end in words), max))  # the furthest end of words so far
    for start, end in sorted(set(masks)):
        before = bisect_left(starts, end)
        if before and reach[before - 1] > start:
            yield start, end


def too_few(found: list[Spans], times: int, text: Text) -> str:
    """How often something is there that should be there more often."""
    told = _listed(list(dict.fromkeys(quote(text, place) for place in found)))
    return f"there is {told}: {count_apart(found)} of the {times} that ATLEAST/{times} asks for"


def quotes(text: Text, spans: Iterable[Span]) -> list[str]:
    """Words as `quote` shows them; those that differ in their case alone are one."""
    first: dict[str, Span] = {}
    for start, end in spans:
        first.setdefault(text.text[start:end], (start, end))
    return [quote(text, (span,)) for span in first.values()]


def quote(text: Text, place: Spans) -> str:
    """The words of a place as they stand in the item, in quotation marks; harmless to show."""
    words = " … ".join(text.original(*span)[3] for span in place)
    return f"“{inert(words, _LONGEST)}”"


def _listed(told: list[str]) -> str:
    more = f" and {len(told) - _MOST} more" if len(told) > _MOST else ""
    return ", ".join(told[:_MOST]) + more


def _pairs(node: Near, left: list[Spans], right: list[Spans], text: Text) -> Iterator[_Pair]:
    """Each place of the left operand with the places of the right one on both its sides.

    Of very many places of the left one, some, from all over the text.
    """
    words = [found.start() for found in WORD().finditer(text.text)]
    between = node.between
    ends = _breaks(text) if isinstance(between, int) else text.units(between)
    starts = [place[0][0] for place in right]
    for place in left[:: 1 + len(left) // _MOST_PLACES]:
        near = {bisect_left(starts, at) for at in (place[0][0], _end(place))}
        for number in (n for n in near | {one - 1 for one in near} if 0 <= n < len(right)):
            first, second = sorted((place, right[number]))
            end, start = _end(first), second[0][0]
            apart = max(0, bisect_left(words, start) - bisect_left(words, end))
            yield _Pair(
                first=first,
                second=second,
                words=apart,
                overlap=start < end,
                swapped=node.ordered and first is not place,
                parted=_is_parted(node, first, second, ends),
                far=isinstance(between, int) and apart > between,
            )


def _breaks(text: Text) -> list[int]:
    return [found.start() for found in re.finditer(BREAK, text.text)]


def _is_parted(node: Near, first: Spans, second: Spans, ends: list[int]) -> bool:
    """Whether two places have an end of a unit between them, or within."""
    if isinstance(node.between, int):
        return bisect_left(ends, _end(first)) < bisect_left(ends, second[0][0])
    last = max(_end(first), _end(second)) - 1
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
        if fields[0] == "category":
            return "different categories"
        return "different list items"
    return "different paragraphs" if PARAGRAPH in text.text[start:end] else "different sentences"
