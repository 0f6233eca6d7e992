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
import unicodedata
from bisect import bisect_right
from itertools import accumulate

PARAGRAPH, BREAK, DOT = "\x01", "\x02", "\x03"
MARKS = PARAGRAPH + BREAK + DOT

# Character classes, to stand between [ and ] in a regular expression over folded text.
LATIN = "a-z\u00aa-\u024f\u0250-\u02af\u1d00-\u1dbf\u1e00-\u1eff\ua720-\ua7ff\uab30-\uab6f"
CYRILLIC = "\u0400-\u052f\u1c80-\u1c8f\u2de0-\u2dff\ua640-\ua69f"
HANGUL = "\u1100-\u11ff\ua960-\ua97f\uac00-\ud7ff"
HAN = (  # and Kana, and Bopomofo: scripts written without spaces
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u303c\u3041-\u312f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003fffd"
)
_OTHER = f"^ {MARKS}0-9{LATIN}{CYRILLIC}{HANGUL}{HAN}"

_TOKEN = re.compile(
    f"[0-9]*(?:[{LATIN}][{LATIN}0-9]*|[{CYRILLIC}][{CYRILLIC}0-9]*|[{_OTHER}](?:[0-9]|[{_OTHER}])*)"
    f"|[0-9]+|[{HAN}]+|[{HANGUL}]+|[{MARKS}]"
)
WORD = re.compile(f"[{HAN}]|[^ {MARKS}{HAN}]+")  # what NEAR counts, in folded text

_APOSTROPHES = "'`´‘’‚‛ʹʻʼʽˈ′＇ꞌ"
_JOINERS = "-‐‑‒–—―−·‧∙⋅・･ㆍᆞ─━﹘﹣－"  # dashes and middle dots
# Replaced before anything else, one character for one: those that NFKC would spoil, and those
# so common that a text is often plain ASCII without them.
_FIRST = tuple(zip("\u00a0…´ㆍ’‘“”–—", "  '-''  --", strict=True))
_IGNORED = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff\u0300-\u036f]"
)
_SPECIAL_LETTERS = str.maketrans("ёłøđħı", "еlodhi")


def _fold_letter(char: str) -> str:
    """The folded form of one character of an NFKC text; a space for what is not in a word."""
    if char in _JOINERS:
        return "-"
    if char in _APOSTROPHES:
        return "'"
    if char in "\n•":
        return char
    if _IGNORED.match(char):
        return ""
    kind = unicodedata.category(char)
    if kind == "Nd":
        return str(unicodedata.decimal(char))
    if kind[0] not in "LNM":
        return " "
    folded = unicodedata.normalize("NFKC", char.casefold())
    if "LATIN" in unicodedata.name(char, ""):
        folded = "".join(c for c in unicodedata.normalize("NFD", folded) if c.isalnum())
    return folded.translate(_SPECIAL_LETTERS)


class _Letters(dict[int, str]):
    """A table for str.translate that is filled as characters are met."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_letter(chr(code))
        return folded


_LETTERS = _Letters()
_ASCII = bytes(ord(_fold_letter(chr(code))) for code in range(128)) + bytes(range(128, 256))

_ASCII_TOKEN = re.compile(f"{PARAGRAPH}|[^ {PARAGRAPH}]+")

_POSSESSIVE = re.compile(f"'s(?![{LATIN}0-9])")
_BLANK_LINE = re.compile(r"\n[ \n]*\n")
_BULLET_LINE = re.compile(r"^• ([^\n]*)(?:\n|\Z)", re.MULTILINE)
_HANGUL_DOT = re.compile(f"(?<=[{HANGUL}])-(?=[{HANGUL}])")


def _first(text: str) -> str:
    for old, new in _FIRST:
        text = text.replace(old, new)
    return text


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


def _words(text: str) -> list[str]:
    text = _first(text)
    if text.isascii():
        text = _mark(text.encode().translate(_ASCII).decode())
        if PARAGRAPH in text:
            text = text.replace(PARAGRAPH, f" {PARAGRAPH} ")
        return text.split()
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    return _TOKEN.findall(_mark(text.translate(_LETTERS)))


def _clusters(text: str) -> list[tuple[int, int]]:
    """Cut a text where NFKC can be taken piece by piece: before anything that starts afresh."""
    if unicodedata.is_normalized("NFKC", text):
        return [(at, at + 1) for at in range(len(text))]
    starts = [at for at, char in enumerate(text) if at == 0 or not _joins_back(char)]
    return list(zip(starts, [*starts[1:], len(text)], strict=True))


def _joins_back(char: str) -> bool:
    first = unicodedata.normalize("NFKC", char)[:1]
    return (
        unicodedata.category(first)[0] == "M"
        or "\u1160" <= first <= "\u11ff"
        or ("\ud7b0" <= first <= "\ud7fb")
    )


class Folded:
    """A folded text, and the way back to the places in the original."""

    __slots__ = ("_map", "original", "text")

    def __init__(self, original: str) -> None:
        self.original = original
        self.text = f" {' '.join(words)} " if (words := _words(original)) else " "
        self._map: _Map | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the folded characters `start:end` (words, not the spaces round them) came from."""
        if self._map is None:
            self._map = _Map(self.original)
        return self._map.span(start, end)


class _Map:
    """The way from folded text to the original, by a text between the two.

    That one has the letters folded but all else in place, so that it is mostly as long as the
    original. Only texts that hit ever need a map.
    """

    __slots__ = ("_places", "_words", "_words_between")

    def __init__(self, original: str) -> None:
        text = _first(original)
        self._places: list[tuple[int, int]] | None = None  # in the original; None: the same
        token = _TOKEN
        if text.isascii():
            between, token = text.encode().translate(_ASCII).decode(), _ASCII_TOKEN
        elif unicodedata.is_normalized("NFKC", text) and all(
            len(_LETTERS[ord(char)]) == 1 for char in set(text)
        ):
            between = text.translate(_LETTERS)
        else:
            between, self._places = _fold_by_clusters(text)
        words = [word.span() for word in token.finditer(_mark(between))]
        self._words_between = [start for start, _ in words]
        self._words = list(accumulate((end - start + 1 for start, end in words), initial=1))

    def _between(self, at: int) -> int:
        word = bisect_right(self._words, at) - 1
        return self._words_between[word] + at - self._words[word]

    def span(self, start: int, end: int) -> tuple[int, int]:
        first, last = self._between(start), self._between(end - 1)
        if self._places is None:
            return first, last + 1
        return self._places[first][0], self._places[last][1]


def _fold_by_clusters(text: str) -> tuple[str, list[tuple[int, int]]]:
    folded: list[str] = []
    places: list[tuple[int, int]] = []
    for start, end in _clusters(text):
        piece = unicodedata.normalize("NFKC", text[start:end]).translate(_LETTERS)
        folded.append(piece)
        places.extend([(start, end)] * len(piece))
    return "".join(folded), places


def fold(text: str) -> Folded:
    """Fold a text for matching."""
    return Folded(text)


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
