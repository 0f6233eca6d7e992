"""Letters: what each character of a text becomes when it is folded.

What is left are letters, digits and spaces, and the five signs that say more where they stand
than a space does, which text.py reads: a newline, the end of a paragraph (U+2029), a bullet, ' for
every apostrophe and - for every dash.

Most texts can be folded with each character in its place, by ways that cost next to nothing:
those whose letters all are in one of a few one-byte encodings, or are Han, Kana and Hangul with
plain Latin. All others (composed letters, ligatures, rarer scripts) are folded by the book: NFKC,
and then letter by letter. The result is the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache, lru_cache, partial
from typing import NamedTuple

# Character classes, to stand between [ and ] in a regular expression over folded text.
LATIN = "a-z\u00aa-\u024f\u0250-\u02af\u1d00-\u1dbf\u1e00-\u1eff\ua720-\ua7ff\uab30-\uab6f"
CYRILLIC = "\u0400-\u052f\u1c80-\u1c8f\u2de0-\u2dff\ua640-\ua69f"
HANGUL = "\u1100-\u11ff\ua960-\ua97f\uac00-\ud7ff"
HAN = (  # and Kana, and Bopomofo: scripts written without spaces
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u303c\u3041-\u312f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003fffd"
)


def later(pattern: str) -> Callable[[], re.Pattern[str]]:
    """A pattern that is compiled when it is first asked for.

    One of whole scripts takes some milliseconds, and most starts need few of them.
    """
    return cache(partial(re.compile, pattern))


_APOSTROPHES = "'`´‘’‚‛ʹʻʼʽˈ′＇ꞌ"
_JOINERS = "-‐‑‒–—―−·‧∙⋅・･ㆍᆞ─━﹘﹣－"  # dashes and middle dots
# Replaced before anything else, one character for one: those that NFKC would spoil, and those
# so common that a text is often plain ASCII without them.
_FIRST = tuple(zip("\u00a0…´ㆍ’‘“”–—", "  '-''  --", strict=True))
_FIRST_IN_HAN = tuple(
    zip("·・\u3000、。，．！？：；（）「」『』《》〈〉【】～", "--" + 22 * " ", strict=True)
)
_SYLLABLES = "가-힣"
_HAN_LETTERS = "々ぁ-ゖァ-ヺー-ヾ\u3400-\u4dbf\u4e00-\u9fff"
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]+"
)
_SPECIAL_LETTERS = str.maketrans("ёłøđħıأإآٱ", "еlodhi" + 4 * "ا")
_TATWEEL = "\u0640"  # makes an Arabic word longer, for the look of it


def _fold_letter(char: str) -> str:
    """The folded form of one character of an NFKC text; a space for what is not in a word."""
    if char in _JOINERS:
        return "-"
    if char in _APOSTROPHES:
        return "'"
    if char in "\n\x85\u2028":
        return "\n"
    if char in "\u2029•":
        return char
    if "\u0300" <= char <= "\u036f" or char == _TATWEEL or _INVISIBLE.match(char):
        return ""
    kind = unicodedata.category(char)
    if kind[0] == "M" and "\u0591" <= char <= "\u06ed":  # vowels of Hebrew and Arabic
        return ""
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

# Words that stand without a space between them, to split a folded text by.
_OTHER = f"^\\0-`{LATIN}{CYRILLIC}{HANGUL}{HAN}"
_ANY_WORD = later(
    f"([0-9]*(?:[{LATIN}][{LATIN}0-9]*|[{CYRILLIC}][{CYRILLIC}0-9]*|[{_OTHER}](?:[0-9]|[{_OTHER}])*)"
    f"|[0-9]+|[{HAN}]+|[{HANGUL}]+)"
)
_ASCII_WORD = re.compile("([0-9a-z]+)")
_HAN_WORD = later(f"([{HAN}]+)")


class Letters(NamedTuple):
    """A text with its letters folded."""

    text: str
    words: tuple[re.Pattern[str], ...] = ()  # to split it by, in turn
    places: list[tuple[int, int]] | None = None  # of each character; None: where it stands


def _replaced(text: str, signs: Iterable[tuple[str, str]]) -> str:
    for sign, plain in signs:
        text = text.replace(sign, plain)
    return text


# --- with each character in its place

_ENCODINGS = ("latin-1", "cp1251", "cp1252")
_FAR_EAST = later("[\u3000-\uffef]")
_PLAIN = later(f"[ 0-9'\n•{LATIN}{CYRILLIC}-]")
_HARD = b"\0"  # stands for what does not become one character of the same encoding
_NOT_HANGUL = later(f"[^\\0-\x7f{_SYLLABLES}]")
_NOT_HAN = later(f"[^\\0-\x7f{_HAN_LETTERS}]")
_NOT_EITHER = later(f"[^\\0-\x7f{_SYLLABLES}{_HAN_LETTERS}]")


def in_place(text: str) -> Letters | None:
    """Fold a text with each character in its place; None where that cannot be."""
    if not text.isascii():
        text = _replaced(text, _FIRST)
    if text.isascii():
        return Letters(text.encode().translate(_ASCII).decode())
    if _FAR_EAST().search(text, 0, 100):  # only a hint, and soon told
        return _of_han_and_hangul(text)
    return _of_one_byte(text) or _of_han_and_hangul(text)


def _of_one_byte(text: str) -> Letters | None:
    for encoding in _ENCODINGS:
        try:
            folded = text.encode(encoding).translate(_table(encoding))
        except UnicodeEncodeError:
            continue
        if _HARD not in folded:
            mixed = encoding == "cp1251" and _two_alphabets(folded)
            return Letters(folded.decode(encoding), (_ANY_WORD(),) if mixed else ())
    return None


@cache
def _table(encoding: str) -> bytes:
    """For bytes.translate: the folded form of each byte."""
    return b"".join(_fold_byte(bytes([byte]), encoding) for byte in range(256))


def _fold_byte(byte: bytes, encoding: str) -> bytes:
    try:
        folded = _by_the_book(byte.decode(encoding))
        return folded.encode(encoding) if _PLAIN().fullmatch(folded) else _HARD
    except UnicodeError:
        return _HARD


@cache
def _alphabets() -> bytes:
    """Of folded cp1251: a for a Latin letter, b for a Cyrillic one, a space for the rest."""
    latin, cyrillic = re.compile(f"[{LATIN}]"), re.compile(f"[{CYRILLIC}]")
    return bytes(
        ord("a" if latin.match(char) else "b" if cyrillic.match(char) else " ")
        for char in bytes(range(256)).decode("cp1251", "replace")
    )


def _two_alphabets(folded: bytes) -> bool:
    """Whether Latin and Cyrillic letters touch, or only digits stand between them."""
    letters = folded.translate(_alphabets(), b"0123456789")
    return b"ab" in letters or b"ba" in letters


def _of_han_and_hangul(text: str) -> Letters | None:
    text = _replaced(text, _FIRST_IN_HAN)
    words: tuple[re.Pattern[str], ...] = (_ASCII_WORD,)
    if _NOT_HANGUL().search(text) and _NOT_HAN().search(text):
        if _NOT_EITHER().search(text):
            return None
        words = (_ASCII_WORD, _HAN_WORD())
    return Letters(text.encode().translate(_ASCII).decode(), words)


# --- by the book


def by_the_book(text: str) -> Letters:
    """Fold any text; it may become longer or shorter, and places are not told."""
    return Letters(_by_the_book(_replaced(text, _FIRST)), (_ANY_WORD(),))


def with_places(text: str) -> Letters:
    """`by_the_book`, and told where each character came from: much slower."""
    text = _replaced(text, _FIRST)
    if unicodedata.is_normalized("NFKC", text) and all(
        len(_LETTERS[ord(char)]) == 1 for char in set(text)
    ):
        return Letters(text.translate(_LETTERS))
    folded: list[str] = []
    places: list[tuple[int, int]] = []
    for start, end in _clusters(text):
        piece = _fold_cluster(text[start:end])
        while piece and _INVISIBLE.match(text, end - 1, end):
            end -= 1
        folded.append(piece)
        places.extend([(start, end)] * len(piece))
    return Letters("".join(folded), places=places)


def _by_the_book(text: str) -> str:
    # What cannot be seen goes first: it would keep letters from being composed.
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).translate(_LETTERS)


_fold_cluster = lru_cache(maxsize=10_000)(_by_the_book)


def _clusters(text: str) -> list[tuple[int, int]]:
    """Cut a text where NFKC can be taken piece by piece: before anything that starts afresh."""
    if unicodedata.is_normalized("NFKC", text) and not _INVISIBLE.search(text):
        return [(at, at + 1) for at in range(len(text))]
    starts = [at for at, char in enumerate(text) if at == 0 or not _joins_back(char)]
    return list(zip(starts, [*starts[1:], len(text)], strict=True))


@lru_cache(maxsize=10_000)
def _joins_back(char: str) -> bool:
    if _INVISIBLE.match(char):
        return True
    first = unicodedata.normalize("NFKC", char)[:1]
    return (
        unicodedata.category(first)[0] == "M"
        or "\u1160" <= first <= "\u11ff"
        or ("\ud7b0" <= first <= "\ud7fb")
    )
