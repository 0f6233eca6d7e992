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

# Of one operand. Beyond it, in a text made to be slow, each place is joined to its nearest only.
_MOST_PLACES = 5_000


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
        case Near() if (near := _near_words(node, text, searches)) is not None:
            return [near] if near else None
        case _:
            spans = _merged(span for place in places(node, text, searches) for span in place)
            return [spans] if spans else None


def _near_words(node: Near, text: Text, searches: Searches) -> list[Span] | None:
    """The words of a NEAR between single words, without making the pairs; None for others."""
    left, right = (places(side, text, searches) for side in (node.left, node.right))
    if any(len(place) > 1 for place in (*left, *right)):
        return None
    if isinstance(node.between, str):
        return None
    lefts, rights = [place[0] for place in left], [place[0] for place in right]
    found = _reached(lefts, rights, node.between, text)
    if not node.ordered:
        found |= _reached(rights, lefts, node.between, text)
    return sorted(found)


def _reached(first: list[Span], second: list[Span], between: int, text: Text) -> set[Span]:
    """The words of each list that stand near enough to one of the other, the first before it."""
    starts = [span[0] for span in second]
    found, done = set[Span](), 0
    for span in sorted(first, key=lambda span: span[1]):
        begin = bisect_left(starts, span[1])
        end = bisect_left(starts, text.words.reach(span[1], between))
        if begin < end:
            found.add(span)
            found.update(second[max(begin, done) : end])
            done = max(done, end)
    return found


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
            return found_places if count_apart(found_places) >= times else []
        case All() | Not() | Fact():
            raise AssertionError("the parser lets no AND, NOT or fact stand beside NEAR")


def count_apart(found: Iterable[Spans]) -> int:
    """How many of these places do not overlap one another: "Kim Jong Un" is one mention of Kim."""
    count, last = 0, 0
    for end, start in sorted((_end(place), place[0][0]) for place in found):
        if start >= last:
            count, last = count + 1, end
    return count


def _end(place: Spans) -> int:
    return max(end for _, end in place)


def _after(first: list[Spans], second: list[Spans], between: int, text: Text) -> set[Spans]:
    """Each place of `first` with each of `second` that begins after it, near enough."""
    starts = [place[0][0] for place in second]
    reached = []
    for place in first:
        end = _end(place)
        begin = bisect_left(starts, end)
        reached.append((place, begin, bisect_left(starts, text.words.reach(end, between))))
    most = _most_each([end - begin for _, begin, end in reached])
    return {
        place + other
        for place, begin, end in reached
        for other in second[begin : min(end, begin + most)]
    }


def _most_each(counts: list[int]) -> int:
    """How many partners each place may have, so that all together are not too many."""
    total = sum(counts)
    return total if total <= _MOST_PLACES else max(1, _MOST_PLACES // len(counts))


def _interlaced(left: list[Spans], right: list[Spans]) -> set[Spans]:
    """Pairs with a word of one between the words of the other: these are near in any case."""
    pairs = set[Spans]()
    if all(len(place) == 1 for place in (*left, *right)):
        return pairs
    starts = [place[0][0] for place in right]
    widest = max((_end(place) - place[0][0] for place in right), default=0)
    work = 0
    for place in left:
        start, end = place[0][0], _end(place)
        for other in right[bisect_left(starts, start - widest) : bisect_left(starts, end)]:
            spans = tuple(sorted(place + other))
            if _end(other) > start and _is_apart(spans):
                pairs.add(spans)
            work += 1
            if work > 2 * _MOST_PLACES:
                return pairs
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
    found = [(place, bisect_right(starts, place[0][0])) for place in left]
    found = [(p, unit) for p, unit in found if unit == bisect_right(starts, _end(p) - 1)]
    most = _most_each([len(inside.get(unit, ())) for _, unit in found])
    pairs = set[Spans]()
    for place, unit in found:
        end, others = _end(place), inside.get(unit, [])
        if len(others) > most:  # the nearest: those round the place
            here = bisect_left(others, (place[0],)) - most // 2
            others = others[max(0, here) : max(0, here) + most]
        for other in others:
            spans = tuple(sorted(place + other))
            if (other[0][0] >= end) if ordered else _is_apart(spans):
                pairs.add(spans)
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
