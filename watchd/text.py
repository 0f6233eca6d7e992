"""Folding: the one function that query terms and item text both go through.

Two spellings that a reader would call the same become equal: case, width, Latin accents and
stress marks, ё and е, composed and decomposed letters, zero-width characters, every kind of
quotation mark, dash and space. What is left is a line of words between single spaces:

    fold("“Kim Jong-un’s” visit").text == " kim jong un visit "

A word is a run of letters and digits of one script, so `KCNA报道` is two words; digits belong to
an alphabet they touch (`9th`), not to Hangul or Han (`제9차` is three words). Han and Kana
characters stand together and count as one word each. The possessive 's is no part of a word.

Structure stays visible as words of its own: PARAGRAPH at a blank line, BREAK where a "• " line
begins and ends, DOT where a dot or dash stands between two Hangul letters.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from watchd.letters import CYRILLIC, HAN, HANGUL, LATIN, Letters, by_the_book, in_place, with_places

PARAGRAPH, BREAK, DOT = "\x01", "\x02", "\x03"
MARKS = PARAGRAPH + BREAK + DOT

WORD = re.compile(f"[{HAN}]|[^ {MARKS}{HAN}]+")  # what NEAR counts, in folded text

_POSSESSIVE = re.compile(f"'s(?![{LATIN}0-9])")
_BLANK_LINE = re.compile(r"\n[ \n]*\n")
_BULLET_LINE = re.compile(r"^• ([^\n]*)(?:\n|\Z)", re.MULTILINE)
_HANGUL_DOT = re.compile(f"(?<=[{HANGUL}])-(?=[{HANGUL}])")
_NO_SPACE = re.compile("[^ ]")


class Folded:
    """A folded text, and the way between it and the original.

    The way leads over the marked text, in which every character but the spaces is one of the
    folded text, in the same order; so a character is known by the number of those before it.
    """

    __slots__ = ("_marked", "_places", "original", "text")

    def __init__(self, original: str) -> None:
        self.original = original
        self._places: list[tuple[int, int]] | None = None  # of marked characters; None: the same
        self._marked = ""
        if letters := in_place(original):
            self._marked = marked = _mark(letters.text)
        else:  # no way back, until it is asked for
            letters = by_the_book(original)
            marked = _mark(letters.text)
        self.text = _line(marked, letters)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the folded characters `start:end` (words, not the spaces round them) came from."""
        marked = self._way()
        before = start - self.text.count(" ", 0, start)
        within = end - 1 - start - self.text.count(" ", start, end)
        first = _character(marked, before)
        last = _character(marked, within, first)
        if self._places is None:
            return first, last + 1
        return self._places[first][0], self._places[last][1]

    def after(self, place: int) -> int:
        """Where the first folded character stands that came from this place or after it."""
        marked = self._way()
        if self._places is not None:
            place = bisect_left(self._places, (place, place))
        return _character(self.text, place - marked.count(" ", 0, place))

    def _way(self) -> str:
        if not self._marked:
            letters = with_places(self.original)
            self._marked, self._places = _mark(letters.text), letters.places
        return self._marked


def fold(text: str) -> Folded:
    """Fold a text for matching."""
    return Folded(text)


def _mark(text: str) -> str:
    """Turn what letters leave (' - newline •) into spaces and marks.

    Every character keeps its place; a list item that ends the text gets a mark after it.
    """
    if "'" in text:
        text = _POSSESSIVE.sub("  ", text).replace("'", " ")
    if "•" in text:
        text = _BULLET_LINE.sub(rf"{BREAK} \1{BREAK}", text).replace("•", "-")
    if "\n" in text:
        text = _BLANK_LINE.sub(lambda gap: PARAGRAPH.ljust(len(gap[0])), text).replace("\n", " ")
    if "-" in text:
        text = _HANGUL_DOT.sub(DOT, text).replace("-", " ")
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


def _character(text: str, number: int, start: int = 0) -> int:
    """Where the character of that number after `start` stands, counted from 0 without spaces."""
    at = start
    while found := _NO_SPACE.search(text, at):
        at = found.start()
        if number == 0:
            return at
        start, at = at, at + number
        number = text.count(" ", start, at)
    return len(text)


class Words:
    """Counts the words of a folded text, for NEAR."""

    __slots__ = ("_breaks", "_length", "_starts")

    def __init__(self, folded: str) -> None:
        self._starts = [word.start() for word in WORD.finditer(folded)]
        self._breaks = [found.start() for found in re.finditer(BREAK, folded)]
        self._length = len(folded)

    def reach(self, end: int, between: int) -> int:
        """The first place too far away: what starts at or after `end` and before this place has
        at most `between` words before it, and no hard break."""
        word = bisect_right(self._starts, end - 1) - 1 + between + 2
        far = self._starts[word] if word < len(self._starts) else self._length
        hard = bisect_right(self._breaks, end - 1)
        return min(far, self._breaks[hard]) if hard < len(self._breaks) else far


_SCRIPTS = {
    "kana": re.compile("[\u3041-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f]"),
    "han": re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"),
    "ko": re.compile(f"[{HANGUL}]"),
    "uk": re.compile("[іїєґІЇЄҐ]"),
    "ru": re.compile(f"[{CYRILLIC}]"),
    "latin": re.compile("[A-Za-z\u00c0-\u024f]"),
    "ar": re.compile("[\u0620-\u06ff]"),
    "he": re.compile("[\u05d0-\u05ea]"),
    "el": re.compile("[\u0370-\u03ff]"),
    "th": re.compile("[\u0e01-\u0e5b]"),
}


def script_lang(text: str) -> str:
    """The language that the script of a text speaks for; "" where the script cannot tell.

    Latin letters without an accent are taken for English. A Han or Hangul character weighs as
    much as three letters, so that a Korean headline with `KCNA` in it stays Korean.
    """
    count = {name: len(pattern.findall(text)) for name, pattern in _SCRIPTS.items()}
    kana, ukrainian = count.pop("kana"), count.pop("uk")
    count["han"] = 3 * (count["han"] + kana)
    count["ko"] *= 3
    most = max(count, key=lambda name: count[name])
    if count[most] == 0:
        return ""
    if most == "han":
        return "ja" if 30 * kana >= count["han"] else "zh"
    if most == "latin":
        return "en" if not re.search("[\u00c0-\u024f]", text) else ""
    return "uk" if most == "ru" and ukrainian else most
