"""Which terms are found wherever another one is: a word in a phrase, `hero*` in `heroic`.

A term is tried on samples, texts in which the other one stands with nothing round it. So the
language itself decides, and there is no second telling of its rules.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import accumulate, combinations

from watchd.letters import CYRILLIC, HAN, HANGUL
from watchd.rules.term import Search, search
from watchd.rules.tree import Term

_MOST_TERMS = 10_000  # of a longer list only those that are the same are told of
_WILDCARD = re.compile("[*?]")
_UNSPACED = re.compile(f"[{HAN}{HANGUL}]")
_FILLERS = {f"[{HAN}]": "龘", f"[{HANGUL}]": "뷁", f"[{CYRILLIC}]": "ъ", "": "q"}
_FILLER = [(re.compile(letters), letter) for letters, letter in _FILLERS.items()]


def covers(one: Term, other: Term, *, whole: bool) -> bool:
    """Whether `one` is found wherever `other` is.

    `whole`: over the whole of its place, so that it makes no difference to NEAR and EXCEPT either.
    """
    return (
        one.lang in ("", other.lang)
        and (one.field == other.field or (not one.field and other.field in ("title", "body")))
        and (not one.exact or one.exact == other.exact)
        and _found(one.text, other.text, whole)
    )


def may_overlap(one: Term, other: Term) -> bool:
    """Whether a place of the one can share a letter with a place of the other."""
    if (one.lang and other.lang and one.lang != other.lang) or (
        one.field and other.field and one.field != other.field
    ):
        return False
    return any(_may_be_one(a, b) for a in one.text.split(" ") for b in other.text.split(" "))


def _may_be_one(word: str, other: str) -> bool:
    """Whether two words of terms can be found in one word of a text."""
    if _UNSPACED.search(word + other):
        return bool(set(word) & set(other)) or "*" in (word[0], other[0])
    heads = [_WILDCARD.split(one)[0] for one in (word, other)]
    if heads == [word, other]:
        return word == other
    return heads[0].startswith(heads[1]) or heads[1].startswith(heads[0])


def is_plain_word(term: Term) -> bool:
    """Whether a term is one word of Latin letters, found as a whole word and nowhere else."""
    return term.text.isascii() and term.text.isalnum()


def masks_as_much(one: Term, other: Term, kept: Iterable[Term]) -> bool:
    """Whether an EXCEPT with the phrase `one` masks every place of plain words that `other` does.

    So it is when `one` stands in `other`, and in it these words stand nowhere else.
    """
    part, whole = one.text.split(" "), other.text.split(" ")
    plain = all(word.isascii() and word.isalnum() for word in (*part, *whole))
    if not plain or one.exact or not covers(one, other, whole=False):
        return False
    masked = set[int]()
    for start in range(len(whole) - len(part) + 1):
        if whole[start : start + len(part)] == part:
            masked.update(range(start, start + len(part)))
    words = {term.text for term in kept}
    return all(number in masked for number, word in enumerate(whole) if word in words)


class Vocabulary:
    """Terms that stand side by side in an OR or a list."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self.terms = tuple(terms)
        self._cores = [_core(term.text) for term in self.terms]

    def covering(self, other: Term, *, whole: bool) -> Term | None:
        """One of these that is found wherever `other` is."""
        joined = other.text.replace(" ", "")
        for number in sorted(self._within(joined)):
            if covers(self.terms[number], other, whole=whole):
                return self.terms[number]
        return None

    def _within(self, joined: str) -> Iterator[int]:
        """The terms whose core stands in some letters."""
        if len(joined) ** 2 > 2 * len(self.terms):
            yield from (number for number, core in enumerate(self._cores) if core in joined)
            return
        lengths = range(len(joined) + 1)
        for core in {joined[start:end] for start, end in combinations(lengths, 2)} | {""}:
            yield from self._of_core.get(core, ())

    @cached_property
    def _of_core(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for number, core in enumerate(self._cores):
            found[core].append(number)
        return found

    def needless(self, *, whole: bool) -> dict[int, int]:
        """Terms that another of these covers: their numbers, each with that of one which does.

        Of two that cover one another the first is needed.
        """
        pairs = set(self._pairs(whole=whole))
        found = dict[int, int]()
        for less, more in sorted(pairs):
            if less > more or (more, less) not in pairs:
                found.setdefault(less, more)
        return found

    def _pairs(self, *, whole: bool) -> Iterator[tuple[int, int]]:
        if len(self.terms) > _MOST_TERMS:
            first = dict[Term, int]()
            for number, term in enumerate(self.terms):
                if first.setdefault(term, number) < number:
                    yield number, first[term]
            return
        lines = [term.text.replace(" ", "") + "\n" for term in self.terms]
        starts, joined = list(accumulate(map(len, lines), initial=0)), "".join(lines)
        for more, core in enumerate(self._cores):
            at = joined.find(core) if joined.count(core) > 1 else -1
            while at >= 0:
                less = bisect_right(starts, at) - 1
                if less != more and covers(self.terms[more], self.terms[less], whole=whole):
                    yield less, more
                at = joined.find(core, starts[less + 1])


@lru_cache(maxsize=50_000)
def _core(text: str) -> str:
    """The longest run of letters of a term: it is in every other that the term covers."""
    return max(_WILDCARD.split(text.replace(" ", "")), key=len)


@lru_cache(maxsize=50_000)
def _found(text: str, other: str, whole: bool) -> bool:
    if text == other:
        return True
    how = search(text)
    for sample in _samples(other):
        spans = _spans(how, sample)
        if (1, len(sample) - 1) not in spans if whole else not any(True for _ in spans):
            return False
    return True


def _samples(text: str) -> Iterator[str]:
    """Texts in which a term stands, with the least and with some letters for its wildcards."""
    if not _WILDCARD.search(text):
        how = search(text)
        yield from (f" {literal.strip()} " for literal in how.literals if how.pattern is None)
        yield f" {text} "
        return
    for times in (0, 2):
        yield f" {' '.join(_filled(word, times) for word in text.split(' '))} "


def _filled(word: str, times: int) -> str:
    letter = next(letter for letters, letter in _FILLER if letters.search(word))
    filled = word.replace("?", letter).replace("*", times * letter)
    return filled or letter


def _spans(how: Search, text: str) -> Iterator[tuple[int, int]]:
    """Where a term stands in a sample."""
    if how.pattern is not None:
        yield from (found.span() for found in how.pattern.finditer(text))
        return
    for literal in how.literals:
        at = text.find(literal)
        while at >= 0:
            start, end = at + literal.startswith(" "), at + len(literal) - literal.endswith(" ")
            if how.widen_left:
                start = text.rindex(" ", 0, start) + 1
            if how.widen_right:
                end = text.index(" ", end)
            yield start, end
            at = text.find(literal, at + 1)
