"""Does a query match, and with which words? Evaluation of a tree over one folded item.

A place is where one operand of NEAR or EXCEPT stands: the spans of its words, in order. A term's
place is one span; that of `a NEAR/5 b` is two. Two places are as far apart as the words between
the last word of the one and the first of the other; a word that stands between the words of a
place, as in `(a NEAR/5 b) NEAR/5 c` over "a c b", is near it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from watchd.rules.index import Place
from watchd.rules.term import Search, search
from watchd.rules.tree import All, Any, AtLeast, Except, Near, Node, Not, Term
from watchd.text import PARAGRAPH, Folded, Words

Span = tuple[int, int]
Spans = tuple[Span, ...]
_MOST_PLACES = 10_000  # of one operand: bounds the work on a text made to be slow


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """An OR of terms alone, such as a list: its terms by the literals that hint at them."""

    of_literal: dict[int, tuple[Term, ...]]


class Searches:
    """The terms of all rules, compiled; equal terms, literals and lists are shared."""

    def __init__(self) -> None:
        self.literals: dict[str, int] = {}
        self._frequency: list[float] = []  # of each literal: a guess, only good for comparing
        self._terms: dict[str, tuple[Search, tuple[int, ...]]] = {}
        self._choices: dict[tuple[Node, ...], Choice] = {}
        # By identity, as to hash a long list costs more than to look it up; kept alive here.
        self._choice_of: dict[int, tuple[Any, Choice | None]] = {}

    def add(self, term: str) -> tuple[Search, tuple[int, ...]]:
        """A folded term, and the numbers of its literals."""
        if term not in self._terms:
            compiled = search(term)
            self._terms[term] = compiled, tuple(map(self._number, compiled.literals))
        return self._terms[term]

    def rarity(self, literals: Iterable[int]) -> float:
        """A guess at how often any of these occurs: the less, the better a key to a rule."""
        return sum(self._frequency[number] for number in literals)

    def choice(self, node: Any) -> Choice | None:
        """None for an OR of more than terms."""
        if id(node) not in self._choice_of:
            self._choice_of[id(node)] = node, self._new_choice(node)
        return self._choice_of[id(node)][1]

    def _new_choice(self, node: Any) -> Choice | None:
        if node.parts not in self._choices:
            by_literal: dict[int, list[Term]] = defaultdict(list)
            for part in node.parts:
                if not isinstance(part, Term):
                    return None
                for number in self.add(part.text)[1]:
                    by_literal[number].append(part)
            choice = Choice({number: tuple(terms) for number, terms in by_literal.items()})
            self._choices[node.parts] = choice
        return self._choices[node.parts]

    def _number(self, literal: str) -> int:
        if literal not in self.literals:
            self.literals[literal] = len(self.literals)
            # The longer, the rarer; one Han character says as much as three letters.
            self._frequency.append(0.4 ** len(literal.strip().encode()))
        return self.literals[literal]


class Text:
    """The title and body of an item, folded, with what the index found in them."""

    def __init__(self, title: Folded, body: Folded, lang: Callable[[], str]) -> None:
        self.title, self.body = title, body
        self.text = title.text + PARAGRAPH + body.text
        self._body_at = len(title.text) + len(PARAGRAPH)
        self._lang = lang
        self._found: dict[int, list[Span]] = defaultdict(list)
        self._spans: dict[str, list[Span]] = {}
        self._chosen: dict[Choice, list[Spans]] = {}

    def add(self, places: Iterable[Place]) -> None:
        for number, start, end in places:
            self._found[number].append((start, end))

    @cached_property
    def lang(self) -> str:
        return self._lang().partition("-")[0].lower()

    @cached_property
    def words(self) -> Words:
        return Words(self.text)

    def spans(self, term: Term, searches: Searches) -> list[Span]:
        """Where a term stands, in order."""
        if term.lang and term.lang != self.lang:
            return []
        if term.text not in self._spans:
            self._spans[term.text] = self._search(*searches.add(term.text))
        spans = self._spans[term.text]
        if term.field == "title":
            spans = [span for span in spans if span[1] < self._body_at]
        elif term.field == "body":
            spans = [span for span in spans if span[0] >= self._body_at]
        if term.exact:
            spans = [span for span in spans if _as_written(self.original(*span)[3], term.exact)]
        return spans

    def chosen(self, choice: Choice, searches: Searches) -> list[Spans]:
        """Where any of the terms stands, in order."""
        if choice not in self._chosen:
            present = self._found.keys() & choice.of_literal.keys()
            terms = {term for number in present for term in choice.of_literal[number]}
            spans = {(span,) for term in terms for span in self.spans(term, searches)}
            self._chosen[choice] = sorted(spans)
        return self._chosen[choice]

    def _search(self, how: Search, numbers: tuple[int, ...]) -> list[Span]:
        if how.pattern is not None:
            if any(number in self._found for number in numbers):
                return list(_matches(how, self.text))
            return []
        ends: dict[int, int] = {}  # from each start the shortest, as with a pattern
        first, last = _WordAt(self.text), _WordAt(self.text)
        for literal, number in zip(how.literals, numbers, strict=True):
            left, right = literal.startswith(" "), literal.endswith(" ")
            for start, end in self._found.get(number, ()):
                start, end = start + left, end - right
                if how.widen_left:
                    start = first(start)[0]
                if how.widen_right:
                    end = last(end - 1)[1]
                ends[start] = min(end, ends.get(start, end))
        return sorted(ends.items())

    def original(self, start: int, end: int) -> tuple[str, int, int, str]:
        """The field, the place in it, and its words there."""
        if start < self._body_at:
            name, field, shift = "title", self.title, 0
        else:
            name, field, shift = "body", self.body, self._body_at
        first, last = field.span(start - shift, end - shift)
        return name, first, last, field.original[first:last]


class _WordAt:
    """The start and end of the word at a place; remembers the last, as hits crowd in one word."""

    __slots__ = ("_text", "_word")

    def __init__(self, text: str) -> None:
        self._text = text
        self._word = (0, 0)

    def __call__(self, at: int) -> Span:
        if not self._word[0] <= at < self._word[1]:
            self._word = self._text.rindex(" ", 0, at) + 1, self._text.index(" ", at)
        return self._word


def _matches(how: Search, text: str) -> Iterable[Span]:
    """From each place where the pattern can start, the shortest text."""
    assert how.pattern is not None
    at = 0
    while found := how.pattern.search(text, at):
        yield found.span()
        at = found.start() + 1


def _as_written(quote: str, exact: str) -> bool:
    return " ".join(quote.split()) == exact


def evidence(node: Node, text: Text, searches: Searches) -> list[list[Span]] | None:
    """None when the query is not true; else the spans that made it so, a list for each part."""
    match node:
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
        case All() | Not():
            raise AssertionError("the parser lets no AND or NOT stand beside NEAR")


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
            spans = sorted(place + other)
            if _end(other) > start and all(a[1] <= b[0] for a, b in pairwise(spans)):
                pairs.add(tuple(spans))
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
