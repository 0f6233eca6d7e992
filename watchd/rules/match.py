"""Does a query match, and with which words? Evaluation of a tree over one folded item.

A place is where one operand of NEAR or EXCEPT stands: the spans of its words, in order. A term's
place is one span; that of `a NEAR/5 b` is two. Two places are as far apart as the words between
the last word of the one and the first of the other; a word that stands between the words of a
place, as in `(a NEAR/5 b) NEAR/5 c` over "a c b", is near it. Two places are in one sentence or
paragraph when all their words are.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import pairwise

from watchd.rules.itemtext import Span, Spans, Text
from watchd.rules.searches import Searches
from watchd.rules.tree import All, Any, AtLeast, Except, Fact, Near, Node, Not, Term

_MOST_PLACES = 10_000  # of one operand: bounds the work on a text made to be slow


def evidence(node: Node, text: Text, searches: Searches) -> list[list[Span]] | None:
    """None when the query is not true; else the spans that made it so, a list for each part."""
    match node:
        case Fact():
            return [] if text.holds(node) else None
        case Not(part=part):
            return [] if evidence(part, text, searches) is None else None
        case All(parts=parts):
            found: list[list[Span]] = []
            for part in parts:
                of_part = evidence(part, text, searches)
                if of_part is None:
                    return None
                found += of_part
            return found
        case Any(parts=parts) if searches.choice(node) is None:
            told = [evidence(part, text, searches) for part in parts]
            true = [of_part for of_part in told if of_part is not None]
            spans = _merged(span for groups in true for group in groups for span in group)
            return [spans] if true else None
        case _:
            spans = _merged(span for place in places(node, text, searches) for span in place)
            return [spans] if spans else None


def _merged(spans: Iterable[Span]) -> list[Span]:
    return list(dict.fromkeys(spans))


def places(node: Node, text: Text, searches: Searches) -> list[Spans]:
    """Every place of an operand of NEAR, EXCEPT or ATLEAST, in order."""
    match node:
        case Term():
            return [(span,) for span in text.spans(node, searches)]
        case Any(parts=parts):
            if choice := searches.choice(node):
                return text.chosen(choice, searches)
            return sorted({place for part in parts for place in places(part, text, searches)})
        case Near(left=first, right=second, between=between):
            left = places(first, text, searches)
            right = places(second, text, searches) if left else []
            if not right:
                return []
            if isinstance(between, str):
                return sorted(_together(left, right, text.units(between), ordered=node.ordered))
            pairs = _after(left, right, between, text)
            if not node.ordered:
                pairs |= _after(right, left, between, text) | _interlaced(left, right)
            return sorted(pairs)
        case Except():
            kept = places(node.kept, text, searches)
            masked = places(node.masked, text, searches) if kept else []
            return _apart(kept, [span for place in masked for span in place])
        case AtLeast(part=part, times=times):
            found_places = places(part, text, searches)
            return found_places if len(found_places) >= times else []
        case All() | Not() | Fact():
            raise AssertionError("the parser lets no AND, NOT or fact stand beside NEAR")


def _end(place: Spans) -> int:
    return max(end for _, end in place)


def _after(first: list[Spans], second: list[Spans], between: int, text: Text) -> set[Spans]:
    """Each place of `first` with each of `second` that begins after it, near enough."""
    starts = [place[0][0] for place in second]
    pairs = set[Spans]()
    for place in first:
        end = _end(place)
        near = slice(bisect_left(starts, end), bisect_left(starts, text.words.reach(end, between)))
        pairs.update(place + other for other in second[near])
        if len(pairs) > _MOST_PLACES:
            break
    return pairs


def _interlaced(left: list[Spans], right: list[Spans]) -> set[Spans]:
    """Pairs with a word of one between the words of the other: these are near in any case."""
    pairs = set[Spans]()
    if all(len(place) == 1 for place in (*left, *right)):
        return pairs
    starts = [place[0][0] for place in right]
    widest = max((_end(place) - place[0][0] for place in right), default=0)
    for place in left:
        start, end = place[0][0], _end(place)
        for other in right[bisect_left(starts, start - widest) : bisect_left(starts, end)]:
            spans = tuple(sorted(place + other))
            if _end(other) > start and _is_apart(spans):
                pairs.add(spans)
        if len(pairs) > _MOST_PLACES:
            break
    return pairs


def _is_apart(spans: Spans) -> bool:
    return all(first[1] <= second[0] for first, second in pairwise(spans))


def _together(
    left: list[Spans], right: list[Spans], starts: list[int], *, ordered: bool
) -> set[Spans]:
    """Pairs with all their words in one unit, of which each begins at one of `starts`."""
    inside: dict[int, list[Spans]] = {}
    for other in right:
        unit = bisect_right(starts, other[0][0])
        if unit == bisect_right(starts, _end(other) - 1):
            inside.setdefault(unit, []).append(other)
    pairs = set[Spans]()
    for place in left:
        end, unit = _end(place), bisect_right(starts, place[0][0])
        if unit != bisect_right(starts, end - 1):
            continue
        for other in inside.get(unit, ()):
            spans = tuple(sorted(place + other))
            if (other[0][0] >= end) if ordered else _is_apart(spans):
                pairs.add(spans)
        if len(pairs) > _MOST_PLACES:
            break
    return pairs


def _apart(kept: list[Spans], masked: list[Span]) -> list[Spans]:
    """The places of which no word overlaps a masked span."""
    masked.sort()
    starts = [span[0] for span in masked]
    reach: list[int] = []  # the furthest end of the spans so far
    for _, end in masked:
        reach.append(max(end, reach[-1]) if reach else end)

    def overlaps(span: Span) -> bool:
        before = bisect_left(starts, span[1])
        return before > 0 and reach[before - 1] > span[0]

    return [place for place in kept if not any(map(overlaps, place))]
