"""Folding: the one function that query terms and item text both go through.

Two spellings that a reader would call the same become equal: case, width, Latin accents and
stress marks, vowel points of Arabic and Hebrew, ё and е, composed and decomposed letters,
zero-width characters, every kind of quotation mark, dash and space. What is left is a line of words
between single spaces:

    fold("“Kim Jong-un’s” visit").text == " kim jong un visit "

A word is a run of letters and digits of one script, so `KCNA报道` is two words; digits belong to
an alphabet they touch (`9th`), not to Hangul or Han (`제9차` is three words). Han and Kana
characters stand together and count as one word each. The possessive 's is no part of a word.

Structure stays visible as words of its own: PARAGRAPH at a blank line or U+2029, BREAK where a
"• " line begins and ends, DOT where a dot or dash stands between two Hangul letters.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right

from watchd.letters import HAN, HANGUL, LATIN, Letters, by_the_book, in_place, later, with_places

PARAGRAPH, BREAK, DOT = "\x01", "\x02", "\x03"
MARKS = PARAGRAPH + BREAK + DOT

WORD = later(f"[{HAN}]|[^ {MARKS}{HAN}]+")  # what NEAR counts, in folded text

_POSSESSIVE = re.compile(f"'s(?![{LATIN}0-9])")
_BLANK_LINE = re.compile("(?:\n[ \n]*[\n\u2029]|\u2029)[ \n\u2029]*")
_BULLET_LINE = re.compile("(?<![^\n\u2029])• ([^\n\u2029]*)(?:[\n\u2029]|\\Z)")
_HANGUL_DOT = later(f"(?<=[{HANGUL}])-(?=[{HANGUL}])")
_BETWEEN = " " + MARKS
_NO_SPACE, _SPACE = re.compile("[^ ]"), re.compile(" ")
_MANY = 20  # questions about one text


class Folded:
    """A folded text, and the way between it and the original.

    The way leads over the marked text, in which every character but the spaces is one of the
    folded text, in the same order; so a character is known by the number of those before it.
    """

    __slots__ = ("_counts", "_marked", "_places", "original", "text")

    def __init__(self, original: str) -> None:
        self.original = original
        self._places: list[tuple[int, int]] | None = None  # of marked characters; None: the same
        self._marked = ""
        self._counts: tuple[_Characters, _Characters] | None = None  # of the two texts
        if letters := in_place(original):
            self._marked = marked = _mark(letters.text)
        else:  # no way back, until it is asked for
            letters = by_the_book(original)
            marked = _mark(letters.text)
        self.text = _line(marked, letters)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the folded characters `start:end` (words, not the spaces round them) came from."""
        folded, marked = self._way()
        first = marked.place(folded.before(start))
        more = end - 1 - start - self.text.count(" ", start, end - 1)
        last = marked.further(first, more)
        if self._places is None:
            return first, last + 1
        return self._places[first][0], self._with_marks(self._places[last][1])

    def _with_marks(self, end: int) -> int:
        """Behind the stress marks and vowel points that belong to the character before `end`."""
        while end < len(self.original) and unicodedata.category(self.original[end]) == "Mn":
            end += 1
        return end

    def after(self, place: int) -> int:
        """Where the first folded character stands that came from this place or after it."""
        folded, marked = self._way()
        if self._places is not None:
            place = bisect_left(self._places, (place, place))
        return folded.place(marked.before(place))

    def written(self, start: int, end: int) -> str:
        """What of the original the words `start:end` came from: what parts them is left out."""
        places = dict.fromkeys(
            self.span(at, at + 1) for at in range(start, end) if self.text[at] not in _BETWEEN
        )
        return "".join(self.original[first:last] for first, last in places)

    def _way(self) -> tuple[_Characters, _Characters]:
        if self._counts is None:
            if not self._marked:
                letters = with_places(self.original)
                self._marked, self._places = _mark(letters.text), letters.places
            self._counts = _Characters(self.text), _Characters(self._marked)
        return self._counts


def fold(text: str) -> Folded:
    """Fold a text for matching."""
    return Folded(text)


def _mark(text: str) -> str:
    """Turn what letters leave (' - • and ends of lines) into spaces and marks.

    Every character keeps its place; a list item that ends the text gets a mark after it.
    """
    if "'" in text:
        text = _POSSESSIVE.sub("  ", text).replace("'", " ")
    if "•" in text:
        text = _BULLET_LINE.sub(rf"{BREAK} \1{BREAK}", text).replace("•", "-")
    if "\n" in text or "\u2029" in text:
        text = _BLANK_LINE.sub(lambda gap: PARAGRAPH.ljust(len(gap[0])), text).replace("\n", " ")
    if "-" in text:
        if not text.isascii():
            text = _HANGUL_DOT().sub(DOT, text)
        text = text.replace("-", " ")
    return text


def _line(marked: str, letters: Letters) -> str:
    """The words and marks of a text between single spaces."""
    for mark in MARKS:
        if mark in marked:
            marked = marked.replace(mark, f" {mark} ")
    for word in letters.words:
        marked = " ".join(word.split(marked))
    marked = f" {marked} "
    while "  " in marked:  # faster than to split and join
        marked = marked.replace("  ", " ")
    return marked


class _Characters:
    """Counts the characters of a text without its spaces, and finds the one of a number.

    A text is asked about a few places as a rule; of one with many a table is made.
    """

    __slots__ = ("_asked", "_numbers", "_spaces", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._asked = 0
        self._spaces: list[int] = []
        self._numbers: list[int] = []  # of the character that follows each space, from 0

    def _has_table(self) -> bool:
        self._asked += 1
        if self._asked == _MANY:
            self._spaces = [found.start() for found in _SPACE.finditer(self._text)]
            self._numbers = [at - number for number, at in enumerate(self._spaces)]
        return self._asked >= _MANY

    def before(self, at: int) -> int:
        """How many characters stand before a place."""
        if self._has_table():
            return at - bisect_left(self._spaces, at)
        return at - self._text.count(" ", 0, at)

    def place(self, number: int) -> int:
        """Where the character of that number stands, from 0; the text's length for none."""
        if self._has_table():
            return min(number + bisect_right(self._numbers, number), len(self._text))
        return self.further(0, number)

    def further(self, at: int, number: int) -> int:
        """Where the character stands that comes `number` after the first one from `at` on."""
        while found := _NO_SPACE.search(self._text, at):
            at = found.start()
            if number == 0:
                return at
            start, at = at, at + number
            number = self._text.count(" ", start, at)
        return len(self._text)


class Words:
    """Counts the words of a folded text, for NEAR."""

    __slots__ = ("_breaks", "_length", "_starts")

    def __init__(self, folded: str) -> None:
        self._starts = [word.start() for word in WORD().finditer(folded)]
        self._breaks = [found.start() for found in re.finditer(BREAK, folded)]
        self._length = len(folded)

    def reach(self, end: int, between: int) -> int:
        """The first place too far away: what starts at or after `end` and before this place has
        at most `between` words before it, and no hard break."""
        word = bisect_right(self._starts, end - 1) - 1 + between + 2
        far = self._starts[word] if word < len(self._starts) else self._length
        hard = bisect_right(self._breaks, end - 1)
        return min(far, self._breaks[hard]) if hard < len(self._breaks) else far
