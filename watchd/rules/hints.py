"""What in an item comes nearest to a word or phrase that is not in it.

Another language, field or case; another ending; inside a longer word; the words of a phrase in
another order, or with others between them.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from itertools import chain

from watchd.letters import CYRILLIC, HANGUL, LATIN
from watchd.rules.facts import is_language
from watchd.rules.itemtext import Span, Text
from watchd.rules.nearmiss import quote
from watchd.rules.searches import Searches
from watchd.rules.tree import Field, Term
from watchd.text import BREAK, PARAGRAPH, WORD
from watchd.values import Struct, replace

_LATIN = re.compile(f"[{LATIN}]{{4,}}")
_CYRILLIC = re.compile(f"[{CYRILLIC}]{{4,}}")
_MARK = re.compile(f"[{PARAGRAPH}{BREAK}]")
_HANGUL = re.compile(f"[{HANGUL}]{{2,}}")
# What English words mostly end in. Other letters make another word: party, parts.
_ENDINGS = frozenset(
    [
        "",
        "s",
        "es",
        "d",
        "ed",
        "e",
        "ing",
        "er",
        "ers",
        "ion",
        "ions",
        "ation",
        "ations",
        "al",
        "ly",
    ]
)
_LONGEST_ENDING, _LONGEST_RUSSIAN = max(map(len, _ENDINGS)), 3
_LEAST_STEM = 4
_WORDS_BETWEEN = 5  # of a phrase's words, in all, that are still worth a remark
# What is looked at in an item before no more hints are sought, in about two billionths of a second
# each: a list of thousands of terms over a long text is explained without.
_MOST_WORK = 100_000_000
_OF_PATTERN, _OF_WORD, _OF_PLACE = 20, 300, 500  # for a letter, a word, a place
_MOST_STARTS = 2_000  # of a phrase's first word
_FIELDS: tuple[Field, ...] = ("title", "body", "author", "url", "category")
_NAMES = {"url": "address", "author": "author's name", "category": "categories"}


class Hint(Struct, frozen=True, order=True):
    """A remark on a term; the lower the rank, the nearer it came."""

    rank: int
    text: str


class Hints:
    """The words of one item, looked at for what comes near a term."""

    def __init__(self, text: Text, searches: Searches) -> None:
        self._text = text
        self._searches = searches
        self._work = _MOST_WORK
        self._known: dict[Term, Hint | None] = {}

    def best(self, terms: Iterable[Term]) -> str:
        """The nearest thing to any of these terms, of which none is there; "" for nothing."""
        hints = [hint for term in terms if (hint := self._hint(term))]
        return min(hints).text if hints else ""

    def _may(self, work: int) -> bool:
        """Whether there is time for so much work; it is taken as done."""
        self._work -= work
        return self._work >= 0

    def _hint(self, term: Term) -> Hint | None:
        if term not in self._known:
            self._known[term] = self._new_hint(term) if self._work > 0 else None
        return self._known[term]

    def _new_hint(self, term: Term) -> Hint | None:
        if term.lang and not is_language(self._text.lang, term.lang):
            if found := self._found(replace(term, lang="")):
                lang = self._text.lang or "of no known language"
                text = f"{found} counts only in [{term.lang}] items, and this one is {lang}"
                return Hint(0, text)
            return None
        if term.exact and (found := self._found(replace(term, exact=""))):
            return Hint(1, f"the text has {found}, and exact: wants the same letters and case")
        for field in _FIELDS:
            if field != term.field and (found := self._found(replace(term, field=field))):
                return Hint(2, f"{found} stands only in the {_NAMES.get(field, field)}")
        words = term.text.split(" ")
        return self._other_word(words[0], term) if len(words) == 1 else self._phrase(words, term)

    def _found(self, term: Term) -> str:
        wild = "*" in term.text or "?" in term.text
        if not self._may(_OF_PLACE + (_OF_PATTERN * len(self._text.text) if wild else 0)):
            return ""
        spans = self._text.spans(term, self._searches)
        self._may(_OF_PLACE * len(spans))
        return self._quote(spans[0]) if spans else ""

    def _quote(self, span: Span) -> str:
        return quote(self._text, (span,))

    def _is_in(self, span: Span, field: Field) -> bool:
        """Whether words stand together in a field: in one paragraph, one list item."""
        if _MARK.search(self._text.text, *span):
            return False
        here = self._text.original(*span)[0]
        return here == field if field else here in ("title", "body")

    @cached_property
    def _words(self) -> list[tuple[str, Span]]:
        return [(word[0], word.span()) for word in WORD().finditer(self._text.text)]

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = defaultdict(list)
        for number, (word, _) in enumerate(self._words):
            places[word].append(number)
        return places

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._places)

    def _beginning(self, letters: str) -> list[str]:
        """The words of the item that begin so."""
        start = bisect_left(self._sorted, letters)
        end = bisect_left(self._sorted, letters + chr(sys.maxunicode), start)
        return self._sorted[start:end] if self._may(_OF_WORD * (1 + end - start)) else []

    def _kin(self, word: str) -> list[str]:
        """Words of the item that are this one with another ending."""
        longest = _LONGEST_ENDING if _LATIN.fullmatch(word) else _LONGEST_RUSSIAN
        begin = word[: max(_LEAST_STEM, len(word) - longest)]
        return [other for other in self._beginning(begin) if _is_kin(word, other)]

    def _other_word(self, word: str, term: Term) -> Hint | None:
        core = word.strip("*")
        if re.search(r"[*?]", core):
            return None
        for other in self._kin(core):
            span = self._words[self._places[other][0]][1]
            if self._is_in(span, term.field):
                stem = core if other.startswith(core) else _stem(core, other)
                return Hint(3, f"the text has {self._quote(span)}: write {stem}*")
        least = 2 if _HANGUL.fullmatch(core) else 5
        if len(core) < least or not self._may(len(self._text.text)):
            return None
        at = self._text.text.find(core)
        if at < 0:
            return None
        number = bisect_right(self._words, at, key=lambda word: word[1][1])  # that ends after it
        other, span = self._words[number]
        if core not in other or not self._is_in(span, term.field):
            return None
        write = f"*{core}" + "*" * (not other.endswith(core) and not _HANGUL.fullmatch(core))
        return Hint(5, f"the text has it within {self._quote(span)}: write {write}")

    def _phrase(self, words: list[str], term: Term) -> Hint | None:
        likes = list[list[int]]()
        for word in words:
            likes.append(sorted(self._like(word)))
            if not likes[-1]:
                return None
        if not self._may(_OF_PLACE * len(words) * min(len(likes[0]), _MOST_STARTS)):
            return None
        last = len(words) - 1
        sets = list(map(set, likes))
        for start in likes[0][:_MOST_STARTS]:
            if all(start + number in like for number, like in enumerate(sets)):
                span = self._words[start][1][0], self._words[start + last][1][1]
                if self._is_in(span, term.field):
                    endings = (self._ended(w, start + n) for n, w in enumerate(words))
                    text = f'the text has {self._quote(span)}: write "{" ".join(endings)}"'
                    return Hint(3, text)
        return self._scattered(words, likes, term)

    def _like(self, word: str) -> set[int]:
        core = word.rstrip("*")
        if not core or re.search(r"[*?]", core):
            return set()
        others = {core, *self._kin(core)}
        if word != core or _HANGUL.fullmatch(core):
            others.update(self._beginning(core))
        found = [self._places.get(other, []) for other in others]
        return set(chain(*found)) if self._may(_OF_PLACE * sum(map(len, found))) else set()

    def _ended(self, word: str, at: int) -> str:
        there = self._words[at][0]
        if word == there or word.endswith("*"):
            return word
        return f"{word if there.startswith(word) else _stem(word, there)}*"

    def _scattered(self, words: list[str], likes: list[list[int]], term: Term) -> Hint | None:
        """The words of a phrase close together, in another order or with others between."""
        best: list[int] = []
        for start in likes[0][:_MOST_STARTS]:
            near = [_nearest(like, start) for like in likes]
            spread = max(near) - min(near)
            if len(set(near)) == len(near) and spread < len(words) + _WORDS_BETWEEN:
                best = min(best or near, near, key=lambda places: max(places) - min(places))
        if not best:
            return None
        span = self._words[min(best)][1][0], self._words[max(best)][1][1]
        if not self._is_in(span, term.field):
            return None
        in_order = best == sorted(best)
        how = "with words between" if in_order else "in another order"
        between = max(best) - min(best) - 1
        ended = [self._ended(word, at) for word, at in zip(words, best, strict=True)]
        write = f": write {ended[0]} NEAR/{between} {ended[1]}" if len(words) == 2 else ""
        return Hint(4, f"the text has {self._quote(span)}, {how}{write}")


def _nearest(places: list[int], at: int) -> int:
    """Of some places, in order, the one nearest to another."""
    after = bisect_left(places, at)
    return min(places[max(0, after - 1) : after + 1], key=lambda place: abs(place - at))


def _is_kin(word: str, other: str) -> bool:
    """Whether two words seem to be one word with two endings."""
    if word == other:
        return False
    stem = len(_stem(word, other))
    ends = {word[stem:], other[stem:]}
    if _LATIN.fullmatch(word):
        return stem >= _LEAST_STEM and (ends <= _ENDINGS or ends in ({"y", "ies"}, {"y", "ied"}))
    if _CYRILLIC.fullmatch(word):
        longest = max(map(len, ends))
        return stem >= _LEAST_STEM and 5 * stem >= 3 * len(word) and longest <= _LONGEST_RUSSIAN
    return False


def _stem(one: str, other: str) -> str:
    """The letters that two words begin with."""
    for at, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return one[:at]
    return min(one, other, key=len)
