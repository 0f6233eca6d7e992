"""Sentences and paragraphs: where they begin in folded text, for NEAR/s and NEAR/p.

Folding leaves no full stops, so the ends of sentences are found in the original text, and only
for the few items over which a rule asks for them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from watchd.letters import CYRILLIC, HAN, HANGUL, LATIN
from watchd.text import BREAK, PARAGRAPH, Folded

_HARD = re.compile(f"[{PARAGRAPH}{BREAK}]")
_CLOSING = r"[”’\"'»」』）)\]]*"
_UNSEEN = "\u00ad\u200b-\u200f\u2060\ufeff"
_NO_LETTER = re.compile(f"[{_UNSEEN}\u0300-\u036f]")  # nor are marks that no letter takes in
_NO_WORD = re.compile("[^\\w'’]|_")
_END = re.compile(rf"[。！？｡]+{_CLOSING}|(?<![.．!?…])[.．!?…]++{_CLOSING}+(?=[{_UNSEEN}]*+\s)")
_NEXT = re.compile(rf"[\s{_UNSEEN}]*(.?)")
_LAST_WORD = re.compile(  # in lower case; of one script, as words are
    f"(?<!\\w['’])(?:(?<![{LATIN}0-9])[{LATIN}0-9]+|(?<![{CYRILLIC}0-9])[{CYRILLIC}0-9]+|"
    f"(?<![^\\W{LATIN}{CYRILLIC}{HANGUL}{HAN}])[^\\W{LATIN}{CYRILLIC}{HANGUL}{HAN}]+)\\Z"
)  # the s of Kim's is no word
# A full stop after these ends no sentence; after those of the second row, none before a number.
_SHORT = re.compile(
    "mrs?|ms|dr|prof|gen|col|lt|maj|capt|cmdr|sgt|adm|sen|rep|gov|st|rev|jr|sr|vs|cf|eg|ie|"
    "гг?|им|ул|т|п|тыс|млн|млрд|руб|др|проф|ген|акад|см"
)
_SHORT_BEFORE_NUMBER = re.compile(
    "nos?|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|art|fig|vol|sec|pp?|ст"
)


def sentence_ends(text: str) -> list[int]:
    """Where the sentences of a text end, but for those that a paragraph ends.

    A full stop ends one when a space and no small letter follow, unless it stands after a single
    letter (N. Korea, the U.S. envoy) or a common short form (Gen. Kim, Jan. 5). A mark of Han
    text ends one wherever it stands.
    """
    return [found.end() for found in _END.finditer(text) if _ends(text, found)]


def _ends(text: str, found: re.Match[str]) -> bool:
    if found[0][0] in "。！？｡":
        return True
    following = _NEXT.match(text, found.end())
    after = following[1] if following else ""
    if after.islower():
        return False
    if found[0] not in ".．":
        return True
    start = unicodedata.normalize("NFKC", text[max(0, found.start() - 40) : found.start()])
    before = _LAST_WORD.search(_NO_WORD.sub(" ", _NO_LETTER.sub("", start)).lower())
    word = before[0] if before else ""
    if (len(word) == 1 and word.islower()) or _SHORT.fullmatch(word):
        return False
    return not (_SHORT_BEFORE_NUMBER.fullmatch(word) and after.isdigit())


def unit_starts(text: str, fields: Iterable[tuple[int, Folded]] = ()) -> list[int]:
    """Where a new unit begins in folded text: paragraphs, and sentences of these fields.

    `fields` are given with their places in `text`. The first unit begins at 0 and is left out.
    """
    starts = [found.start() for found in _HARD.finditer(text)]
    for start, folded in fields:
        starts += [start + folded.after(end) for end in sentence_ends(folded.original)]
    return sorted(starts)
