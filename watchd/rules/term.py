"""Terms: how a word or phrase of a query is folded, and how it is looked for in folded text.

A folded term is words between single spaces, with `*` (any letters; at most 40 within a word)
and `?` (one letter) inside words, and a lone `*` for any one word. What its words ask of the text
depends on their script:

    letters and digits   a whole word
    Hangul               the start of a word, with any ending; `*x` anywhere in a word
    Han and Kana         anywhere
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise, product
from math import prod
from typing import Literal, NamedTuple

from watchd.letters import HAN, HANGUL, later
from watchd.text import DOT, MARKS, fold

_Script = Literal["letters", "hangul", "han", "any"]
_MOST_LITERALS = 16
_MOST_WILDCARDS = 2

_HAN = later(f"[{HAN}]+")
_HANGUL = later(f"[{HANGUL}]+")
_UNSPACED = later(f"[{HAN}{HANGUL}]")
_WILDCARD = re.compile("[*?]")
_STARS = re.compile(r"\*+")
# Words that are folded as soon as their letters are small.
_SIMPLE = later("[a-z0-9 ]*|[а-я ]+|[가-힣 ]+|[\u4e00-\u9fff ]+")
# Within a term * is bounded, as a run of Han has no word ends and may be as long as the text.
_LETTERS = {"*": "[^ ]{0,40}?", "?": "[^ ]"}
_ANY_WORD = rf"(?:[{HAN}]|(?<= )[^ {MARKS}{HAN}]+(?= ))"


def fold_term(pieces: tuple[str, ...]) -> str:
    """Fold a term given as text, wildcard, text, wildcard, …, text. "" when no letter is left.

    A wildcard belongs to the words it touches: `congrat*lation` is one word, `KN-*` is two.
    """
    if len(pieces) == 1 and _SIMPLE().fullmatch(small := pieces[0].lower()):
        return " ".join(small.split())
    return _fold_pieces(pieces)


@lru_cache(maxsize=50_000)  # a desk's rules share their words
def _fold_pieces(pieces: tuple[str, ...]) -> str:
    words: list[str] = []
    is_open = False  # whether the last word goes on in the next piece
    for index, piece in enumerate(pieces):
        folded = [piece] if index % 2 else _words(piece)
        if folded and is_open and _continues(words[-1], piece, folded[0]):
            words[-1] += folded.pop(0)
        words.extend(folded)
        if piece:
            is_open = bool(words) and (index % 2 == 1 or _touches(piece[-1]))
    words = [_STARS.sub("*", word) if "**" in word else word for word in words]
    return " ".join(words) if any(_WILDCARD.sub("", word) for word in words) else ""


def _words(text: str) -> list[str]:
    if _SIMPLE().fullmatch(small := text.lower()):
        return small.split()
    return [word for word in fold(text).text.split() if word not in MARKS]


def _continues(word: str, piece: str, folded: str) -> bool:
    return _touches(piece[0]) and (
        "any" in (scripts := {_script(word), _script(folded)}) or len(scripts) == 1
    )


@lru_cache(maxsize=10_000)
def _touches(char: str) -> bool:
    # A combining mark or a zero-width character folds to nothing, but parts no words either.
    return char in "*?" or bool(_words(char)) or fold(f"x{char}x").text == " xx "


_WEIGHT = {"letters": 2, "hangul": 3, "han": 6, "any": 0}


def too_short(term: str) -> bool:
    """Whether a term with a wildcard has too few letters for it: three, two in Hangul, one Han."""
    if not _has_wildcard(term):
        return False
    weight = sum(_WEIGHT[_script(char)] for char in term)
    return weight - 2 * term.count(" ") < 6


def _has_wildcard(term: str) -> bool:
    return "*" in term or "?" in term


def too_many_wildcards(term: str) -> bool:
    """Whether a term has more than two * between its letters: it would be slow to look for.

    One at the end of a word counts only where the end of the word is open: in Hangul and Han.
    """
    if term.count("*") <= _MOST_WILDCARDS:
        return False
    words = term.strip("*").split(" ")
    inner = sum(
        (word.strip("*") if _script(word) == "letters" else word).count("*")
        for word in words
        if word != "*"
    )
    return inner > _MOST_WILDCARDS


class Search(NamedTuple):
    """How a term is found in folded text.

    Where `pattern` is None, each place of a literal is a place of the term: without the spaces
    at the literal's ends, and widened to the whole word where `widen_left` or `widen_right`.
    Else a literal only says that `pattern` is worth a try.
    """

    literals: tuple[str, ...]
    pattern: re.Pattern[str] | None = None
    widen_left: bool = False
    widen_right: bool = False


def search(term: str) -> Search:
    """Compile a folded term."""
    if term.isascii() and not _has_wildcard(term):
        return Search((f" {term} ",))  # the most of all, and soon told
    spelled, words = _spelled(term), term.split(" ")
    if not spelled:
        return Search(_anchors(words), pattern=re.compile(_expression(words)))
    return Search(
        spelled,
        widen_left=term.startswith("*") and _script(words[0]) != "han",
        widen_right=term.endswith("*") and _script(words[-1]) != "han",
    )


def literals(term: str) -> tuple[str, ...]:
    """Those of the search for a folded term, which take far less time to tell than all of it."""
    return _spelled(term) or _anchors(term.split(" "))


def _spelled(term: str) -> tuple[str, ...]:
    """The literals that say all of a term, up to wildcards at its ends; () if a pattern has to."""
    if term.isascii() and not _has_wildcard(term):
        return (f" {term} ",)
    plain = term.strip("*")
    if _has_wildcard(plain) or plain != plain.strip():
        return ()
    before, after = " " * (not term.startswith("*")), " " * (not term.endswith("*"))
    if term.isascii() or not _UNSPACED().search(term):
        return (f"{before}{plain}{after}",)
    words = plain.split(" ")
    spellings = _spellings(words)
    if prod(map(len, spellings)) > _MOST_LITERALS:
        return ()
    before = "" if _script(words[0]) == "han" else before
    after = after if _script(words[-1]) == "letters" else ""
    return tuple(before + "".join(parts) + after for parts in product(*spellings))


def _script(word: str) -> _Script:
    return _script_of(word.lstrip("*?")[:1])


@lru_cache(maxsize=10_000)
def _script_of(letter: str) -> _Script:
    if not letter:
        return "any"
    return "han" if _HAN().match(letter) else "hangul" if _HANGUL().match(letter) else "letters"


def _dotted(word: str) -> tuple[str, ...]:
    """A short Hangul word is also found with dots in it: 북러 finds 북·러."""
    if 2 <= len(word) <= 3 and _HANGUL().fullmatch(word):
        return word, f" {DOT} ".join(word)
    return (word,)


def _gap(left: str, right: str) -> tuple[str, ...]:
    """What may stand in folded text where a term has a space."""
    match _script(left), _script(right):
        case ("hangul", "hangul") | ("any", _) | (_, "any"):
            return "", " ", f" {DOT} "
        case "han", "han":
            return "", " "
        case _:
            return (" ",)


def _spellings(words: list[str]) -> list[tuple[str, ...]]:
    """For each word and each gap of a term, the forms it takes in folded text."""
    spellings = [_dotted(words[0])]
    for left, right in pairwise(words):
        spellings += [_gap(left, right), _dotted(right)]
    return spellings


def _anchors(words: list[str]) -> tuple[str, ...]:
    """The longest piece of a term that stands in every text where the term does."""
    best: tuple[str, ...] = ("",)
    for word in words:
        pieces = _WILDCARD.split(word)
        longest = max(pieces, key=len)
        if len(longest.encode()) <= len(best[0].encode()):
            continue
        best = _dotted(longest)
        if _script(word) == "letters":
            before = " " if word.startswith(longest) else ""
            after = " " if word.endswith(longest) else ""
            best = (f"{before}{longest}{after}",)
    return best


def _expression(words: list[str]) -> str:
    """A regular expression for terms that no short list of literals can tell.

    It finds the shortest text from each place where the term can start.
    """
    parts = [_word_expression(word, words, index) for index, word in enumerate(words)]
    expression = parts[0]
    for left, right, part in zip(words, words[1:], parts[1:], strict=False):
        expression += f"(?:{'|'.join(_gap(left, right))})" + part
    return expression


def _word_expression(word: str, words: list[str], index: int) -> str:
    if word == "*":
        return _ANY_WORD
    script, first, last = _script(word), index == 0, index == len(words) - 1
    if script == "han":  # found anywhere: a wildcard at an end of the term has nothing to say
        word = word.lstrip("*") if first else word
        word = word.rstrip("*") if last else word
    plain = word.strip("*")
    inner = "|".join(
        "".join(_LETTERS.get(char, char) for char in word.replace(plain, spelled))
        for spelled in _dotted(plain)
    )
    # Between two Hangul words there may be nothing, so only the first has to start a word.
    starts = script == "hangul" and first
    ends = script == "hangul" and last and word.endswith("*")
    if script == "letters":  # the word ends where it ends: no second try within it
        return f"(?<= )(?>(?:{inner})(?= ))"
    return f"{'(?<= )' if starts else ''}(?:{inner}){'(?= )' if ends else ''}"
