"""An item as rules see it: its fields folded and joined, with what the index found in them."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import Literal

from watchd.letters import HANGUL, later
from watchd.model import Item
from watchd.rules import facts
from watchd.rules.address import encoded_span, readable
from watchd.rules.index import Place
from watchd.rules.searches import Choice, Searches
from watchd.rules.term import Search
from watchd.rules.tree import Fact, FactField, Field, Term, Unit
from watchd.text import BREAK, PARAGRAPH, Folded, Words, fold

Span = tuple[int, int]
Spans = tuple[Span, ...]

_Part = Field | Literal["article"]  # what evidence calls the field; to rules it is body

_HANGUL = later(f"[{HANGUL}]")


class Text:
    """The fields of an item, folded, in one line of words; title, body and article come first.

    Between these stands a paragraph mark; before every other field, and between two categories,
    a hard break. A body that the article repeats is left out, or each of its words would count
    twice.
    """

    def __init__(self, item: Item, source: str, more: Sequence[Field] = ()) -> None:
        """`more` are the fields beside title and body that rules look at."""
        self._item, self._source = item, source
        title, body = fold(item.title), fold("" if _is_repeated(item) else item.text)
        self.text = title.text + PARAGRAPH + body.text
        self._fields: list[tuple[_Part, Folded]] = [("title", title), ("body", body)]
        self._starts = [0, len(title.text) + len(PARAGRAPH)]
        if item.article:
            article = fold(item.article)
            self._fields.append(("article", article))
            self._starts.append(len(self.text) + len(PARAGRAPH))
            self.text += PARAGRAPH + article.text
        self._main = len(self.text)  # where title, body and article end
        for field in more:
            for written in _written(item, field):
                folded = fold(written)
                self._fields.append((field, folded))
                self._starts.append(len(self.text) + len(BREAK))
                self.text += BREAK + folded.text
        self._found: dict[int, list[Span]] = defaultdict(list)
        self._spans: dict[str, list[Span]] = {}
        self._chosen: dict[Choice, list[Spans]] = {}
        self._units: dict[Unit, list[int]] = {}

    def add(self, places: Iterable[Place]) -> None:
        for number, start, end in places:
            self._found[number].append((start, end))

    @cached_property
    def lang(self) -> str:
        """The language: declared, else as the text tells; small letters, "" for unknown."""
        from watchd.language import told  # few rules ask

        item = self._item
        return told(item.lang, f"{item.title}\n{item.text}", item.article)

    @cached_property
    def words(self) -> Words:
        return Words(self.text)

    def units(self, kind: Unit) -> list[int]:
        """Where sentences (s) or paragraphs (p) begin, but for the first."""
        if kind not in self._units:
            from watchd.rules.units import unit_starts  # few rules ask

            parts = [
                (start, folded)
                for start, (_, folded) in zip(self._starts, self._fields, strict=True)
            ]
            self._units[kind] = unit_starts(self.text, parts if kind == "s" else [])
        return self._units[kind]

    def holds(self, fact: Fact) -> bool:
        """Whether a fact is so of this item."""
        lang = self.lang if fact.field == "lang" else ""
        return facts.holds(fact, source=self._source, url=self._item.url, lang=lang)

    def fact(self, field: FactField) -> str:
        """What is so of this item: its feed, the host of its address, its language; or ""."""
        told = {"source": self._source, "site": facts.host(self._item.url), "lang": self.lang}
        return told[field]

    def spans(self, term: Term, searches: Searches) -> list[Span]:
        """Where a term stands, in order."""
        if term.lang and not facts.is_language(self.lang, term.lang):
            return []
        if term.text not in self._spans:
            self._spans[term.text] = self._search(*searches.search(term.text))
        spans = self._spans[term.text]
        if term.field == "title":
            spans = [span for span in spans if span[1] < self._starts[1]]
        elif term.field or len(self.text) > self._main:
            spans = [span for span in spans if self._is_in(span, term.field)]
        if term.exact:
            spans = [span for span in spans if self._is_exactly(span, term.exact)]
        return spans

    def _is_exactly(self, span: Span, written: str) -> bool:
        """Whether the letters are those written, in their case, and no ending follows."""
        if _HANGUL().match(self.text, span[1]):
            return False
        begins, _, field = self._field(span[0])
        return _letters(field, span[0] - begins, span[1] - begins) == _letters_of_term(written)

    def _is_in(self, span: Span, field: Field) -> bool:
        if not field:
            return span[0] < self._main
        name = self._field(span[0])[1]
        return name == field or (field == "body" and name == "article")

    def _field(self, place: int) -> tuple[int, _Part, Folded]:
        """The field at a place: where it begins, its name, its text."""
        number = bisect_right(self._starts, place) - 1
        return self._starts[number], *self._fields[number]

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
        if len(numbers) == 1 and not how.widen_left and not how.widen_right:
            left, right = how.literals[0].startswith(" "), how.literals[0].endswith(" ")
            return [(start + left, end - right) for start, end in self._found.get(numbers[0], ())]
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
        begins, name, field = self._field(start)
        first, last = field.span(start - begins, end - begins)
        if name != "url":
            return name, first, last, field.original[first:last]
        first, last = encoded_span(self._item.url, first, last)
        return name, first, last, self._item.url[first:last]


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


def _letters(folded: Folded, start: int, end: int) -> str:
    """The letters and digits of folded words as they are written; width and coding are of no
    account."""
    text = unicodedata.normalize("NFKC", folded.written(start, end))
    return "".join(filter(str.isalnum, text))


@lru_cache(maxsize=1000)
def _letters_of_term(written: str) -> str:
    folded = fold(written)
    return _letters(folded, 0, len(folded.text))


def _is_repeated(item: Item) -> bool:
    """Whether the article says all that the body says, as it does where that is its beginning."""
    if not item.article:
        return False
    body = " ".join(item.text.split()).removesuffix("[…]").rstrip(" .…")
    return bool(body) and body in " ".join(item.article.split())


def _written(item: Item, field: Field) -> tuple[str, ...]:
    if field == "category":
        return item.categories
    return (item.author if field == "author" else readable(item.url),)
