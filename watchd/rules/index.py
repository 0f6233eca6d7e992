"""One search for all the literals of all the rules at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

try:
    from ahocorasick_rs import AhoCorasick
except ImportError:  # no wheel for this machine
    AhoCorasick = None  # type: ignore[assignment, misc]

Place = tuple[int, int, int]  # number of the literal, start, end
_KEY = 4  # characters


class Literals:
    """Finds every place of every literal in a text, also where they overlap."""

    def __init__(self, literals: Sequence[str]) -> None:
        self._automaton = AhoCorasick(literals, store_patterns=False)

    def find(self, text: str) -> list[Place]:
        """The places in order of their ends."""
        return self._automaton.find_matches_as_indexes(text, overlapping=True)


class PlainLiterals:
    """The same in plain Python, for machines without the library: right, and some times slower.

    Each literal is filed under its first few characters; a text is looked up at every place.
    """

    def __init__(self, literals: Sequence[str]) -> None:
        self._by_start: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for number, literal in enumerate(literals):
            self._by_start[literal[:_KEY]].append((number, literal))
        self._lengths = sorted({len(key) for key in self._by_start})

    def find(self, text: str) -> list[Place]:
        """The places in order of their starts."""
        found = []
        by_start = self._by_start
        for length in self._lengths:
            for start in range(len(text) - length + 1):
                for number, literal in by_start.get(text[start : start + length], ()):
                    if text.startswith(literal, start):
                        found.append((number, start, start + len(literal)))
        return found


def literals(texts: Sequence[str]) -> Literals | PlainLiterals:
    """The faster engine of the two that this machine has."""
    return PlainLiterals(texts) if AhoCorasick is None else Literals(texts)
