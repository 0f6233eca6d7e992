"""How a text is read, letter by letter: the first half of the oracle.

Written from the specification alone; how open points are read is told in oracle.py.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Sign:
    """One sign of a text: a letter with its marks, a syllable with its parts."""

    raw: str
    start: int
    end: int


@dataclass(frozen=True)
class Letter:
    char: str  # folded
    plain: str  # in its case, with its accents
    script: str  # LATIN, CYRILLIC, digits, hangul, han; "*" in a term: a wildcard
    source: str  # the text it stands in
    field: str
    start: int  # where it stands in that text
    end: int
    gap: str  # before it: "" | space | dot | paragraph | break
    sentence: int  # both counted through the item
    paragraph: int


KANA = ("HIRAGANA", "KATAKANA")
HAN = ("CJK", "IDEOGRAPHIC", *KANA)
ALPHABETS = ("LATIN", "CYRILLIC")
JOINERS = "-\u2010\u2011\u2012–—―−·•‧∙⋅・･ㆍ─━－"
OPEN_STOP = re.compile(r"[.．!?…]+[\"'”’»›)\]}」』】》〉]*(?=\s+(\S))")
STOP = re.compile("[。！？｡]")
SHORT = {"mr", "gen"}  # those that the tests write
SHORT_BEFORE_NUMBER = {"no"}


def script_of(char: str) -> str:
    name = unicodedata.name(char, "")
    if char in JOINERS or unicodedata.category(char)[0] not in "LN":
        return ""
    if unicodedata.category(char) == "Nd":
        return "digits"
    if name.startswith("HANGUL"):
        return "hangul"
    return "han" if name.startswith(HAN) else name.split()[0] * name.startswith(ALPHABETS)


def signs_of(text: str) -> list[Sign]:
    found: list[Sign] = []
    for at, char in enumerate(text):
        if unicodedata.category(char) == "Cf":
            continue
        last = found[-1].raw if found else " "
        if unicodedata.category(char)[0] == "M" or char in "\uff9e\uff9f" or jamo(last[-1], char):
            found[-1:] = [Sign(last + char, found[-1].start if found else at, at + 1)]
        else:
            found.append(Sign(char, at, at + 1))
    return found


def jamo(before: str, char: str) -> bool:
    """Whether the two are parts of one syllable: 한 written as ㅎ, ㅏ, ㄴ."""
    vowel = "\u1161" <= char <= "\u1175" and "\u1100" <= before <= "\u1112"
    return vowel or ("\u11a8" <= char <= "\u11c2" and "\u1161" <= before <= "\u1175")


def plain(sign: str) -> str:
    return unicodedata.normalize("NFKC", sign)


def fold(sign: str) -> str:
    folded = ""
    for char in plain(plain(sign).casefold()):
        if script_of(char) == "LATIN":
            char = unicodedata.normalize("NFD", char)[0]
        if unicodedata.category(char)[0] != "M":
            folded += "е" if char == "ё" else char
    return folded


def sentence_ends(signs: list[Sign]) -> set[int]:
    """The numbers of the signs that end a sentence within a paragraph."""
    text = "".join(sign.raw[0] for sign in signs)
    ends = {stop.start() for stop in STOP.finditer(text)}
    for stop in OPEN_STOP.finditer(text):
        before = plain(re.split(r"[^\w'’]", text[: stop.start()])[-1].lstrip("'’"))
        while before and {script_of(c) for c in before} - {"", "digits", script_of(before[-1])}:
            before = before[1:]
        short = len(before) == 1 and script_of(before) in ALPHABETS
        short |= before.casefold() in SHORT
        short |= before.casefold() in SHORT_BEFORE_NUMBER and stop[1].isdigit()
        if not stop[1].islower() and not (short and stop[0] in (".", "．")):
            ends.add(stop.start())
    return ends


class Reader:
    """Reads texts into one row of letters."""

    def __init__(self, *, wildcards: bool = False) -> None:
        self.row: list[Letter] = []
        self.wildcards = wildcards
        self.gap: list[str] = ["break"]  # all that stands before the next letter
        self.sentence = self.paragraph = 0

    def read(self, text: str, field: str) -> None:
        signs = signs_of(text)
        plains = [plain(sign.raw) for sign in signs]
        ends, item, line, skip = sentence_ends(signs), False, 0, False
        for at, sign in enumerate(signs):
            if at == line and plains[at : at + 2] == ["•", " "]:
                item = True
                self.gap.append("break")
                continue
            if plains[at] in "\n\x85\u2028\u2029":
                blank = plains[at] == "\u2029" or not "".join(plains[line:at]).strip()
                self.gap.append("break" if item else "paragraph" if blank else "space")
                item, line = False, at + 1
                continue
            self.sentence += at in ends
            if skip:
                skip = False
            elif plains[at] in "'’" and self.possessive(plains[at + 1 : at + 3]):
                self.gap.append("space")
                skip = True
            else:
                self.letters(sign, field, text)
        if item:
            self.gap.append("break")

    def possessive(self, following: list[str]) -> bool:
        following = [*following, " ", " "]
        after = script_of(following[1][0])
        return following[0] in ("s", "S") and after not in ("LATIN", "digits")

    def letters(self, sign: Sign, field: str, text: str) -> None:
        folded = fold(sign.raw)
        shown = plain(sign.raw)
        for number, char in enumerate(folded):
            script = "*" if self.wildcards and char in "*?" else script_of(char)
            if not script or sign.raw[0] in JOINERS:
                self.gap.append("joiner" if sign.raw[0] in JOINERS else "space")
                continue
            gap = self.gap_before(script)
            if gap in ("break", "paragraph"):
                self.paragraph += 1
                self.sentence += 1
            letter_plain = shown if number == 0 else ""
            self.row.append(
                Letter(
                    char, letter_plain, script, text, field, sign.start, sign.end, gap,
                    self.sentence, self.paragraph,
                )
            )  # fmt: skip
            self.gap = []

    def gap_before(self, script: str) -> str:
        for strong in ("break", "paragraph"):
            if strong in self.gap:
                return strong
        before = self.row[-1].script
        if self.gap == ["joiner"] and before == script == "hangul":
            return "dot"
        return "space" if self.gap or not self.one_word(before, script) else ""

    def one_word(self, before: str, here: str) -> bool:
        """Whether two scripts stand in one word; digits belong to the alphabet they touch."""
        if before == here or "*" in (before, here):
            return True
        if {before, here} & {"hangul", "han"}:
            return False
        if before != "digits":
            return here == "digits"
        # The alphabet before the digits, if there is one in this word, has to be the same.
        for letter in reversed(self.row):
            if letter.script in ALPHABETS:
                return letter.script == here
            if letter.gap:
                break
        return True


def words_of(text: str) -> tuple[tuple[str, ...], str]:
    """The words of a term, folded, and its letters as `exact:` compares them."""
    reader = Reader(wildcards=True)
    reader.read(text, "")
    words: list[str] = []
    for letter in reader.row:
        if letter.gap:
            words.append("")
        words[-1] += letter.char
    return tuple(words), written(reader.row)


def written(letters: list[Letter]) -> str:
    return "".join(char for letter in letters for char in letter.plain if char.isalnum())
