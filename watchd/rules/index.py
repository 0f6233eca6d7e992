"""One search for all the literals of all the rules at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from operator import add

from watchd.letters import HAN, later

try:
    from ahocorasick_rs import AhoCorasick
except ImportError:  # no wheel for this machine
    AhoCorasick = None  # type: ignore[assignment, misc]

Place = tuple[int, int, int]  # number of the literal, start, end
_MOST_LETTERS = 4
_HAN_WORD = later(f"[{HAN}]+")


class Literals:
    """Finds every place of every literal in a folded text, also where they overlap."""

    def __init__(self, literals: Sequence[str]) -> None:
        self._automaton = AhoCorasick(literals, store_patterns=False)

    def find(self, text: str) -> list[Place]:
        """The places in order of their ends."""
        return self._automaton.find_matches_as_indexes(text, overlapping=True)


class PlainLiterals:
    """The same in plain Python, for machines without the library: right, and some times slower.

    Most literals begin with a space, so with a word: of these only such are looked for whose
    first word is in the text, or the first letters of it. Of those that begin with Han, such
    whose first two characters are.
    """

    def __init__(self, literals: Sequence[str]) -> None:
        self._by_word = defaultdict[str, list[int]](list)
        self._by_letters = [defaultdict[str, list[int]](list) for _ in range(_MOST_LETTERS + 1)]
        self._by_han = defaultdict[str, list[int]](list)
        self._others: list[int] = []
        self._literals = literals
        for number, literal in enumerate(literals):
            word, space, _ = literal[1:].partition(" ")
            if literal.startswith(" ") and space:
                self._by_word[word].append(number)
            elif literal.startswith(" "):
                letters = word[:_MOST_LETTERS]
                self._by_letters[len(letters)][letters].append(number)
            elif _HAN_WORD().match(literal):
                self._by_han[(_HAN_WORD().match(literal[:2]) or [""])[0]].append(number)
            else:
                self._others.append(number)

    def find(self, text: str) -> list[Place]:
        """The places, in no order."""
        found = []
        for number in self._worth_a_look(text):
            literal = self._literals[number]
            start = text.find(literal)
            while start >= 0:
                found.append((number, start, start + len(literal)))
                start = text.find(literal, start + 1)
        return found

    def _worth_a_look(self, text: str) -> Iterator[int]:
        yield from self._others
        words = set(text.split(" "))
        for word in words & self._by_word.keys():
            yield from self._by_word[word]
        for length, by_letters in enumerate(self._by_letters):
            if by_letters:
                for letters in {word[:length] for word in words} & by_letters.keys():
                    yield from by_letters[letters]
        if self._by_han:
            runs = _HAN_WORD().findall(text)
            pieces = {piece for run in runs for piece in (*run, *map(add, run, run[1:]))}
            for piece in pieces & self._by_han.keys():
                yield from self._by_han[piece]


def literals(texts: Sequence[str]) -> Literals | PlainLiterals:
    """The faster engine of the two that this machine has."""
    return PlainLiterals(texts) if AhoCorasick is None else Literals(texts)
