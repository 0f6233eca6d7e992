"""What a query means, in the slowest and plainest way: written from the specification alone.

Nothing of watchd's matching is used here. A text is a row of letters, each with what stands
before it; a term is tried at every letter; NEAR tries every pair.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

Span = tuple[str, int, int]  # field, start, end in the original text


@dataclass(frozen=True)
class Letter:
    char: str  # folded
    script: str  # letters:LATIN, letters:CYRILLIC, digits, hangul, han
    field: str
    at: int  # where it stands in the field
    gap: str  # before it: "" | space | dot | paragraph | break


@dataclass(frozen=True)
class Query:
    """`kind`: term, any, all, not, near, onear, except, atleast."""

    kind: str
    parts: tuple[Query, ...] = ()
    words: tuple[str, ...] = ()
    number: int = 0
    field: str = ""

    def __str__(self) -> str:
        scope = f"{self.field}:" if self.field else ""
        if self.kind == "term":
            return f'{scope}"{" ".join(self.words)}"'
        if self.kind in ("any", "all"):
            return f"({(' OR ' if self.kind == 'any' else ' AND ').join(map(str, self.parts))})"
        if self.kind == "not":
            return f"NOT {self.parts[0]}"
        if self.kind == "atleast":
            return f"ATLEAST/{self.number}({self.parts[0]})"
        operator = self.kind.upper() + (f"/{self.number}" if self.kind != "except" else "")
        return f"({self.parts[0]} {operator} {self.parts[1]})"


_HAN = ("CJK", "HIRAGANA", "KATAKANA", "IDEOGRAPHIC ITERATION")


def script_of(char: str) -> str:
    name = unicodedata.name(char, "")
    if unicodedata.category(char) == "Nd":
        return "digits"
    for script in ("LATIN", "CYRILLIC"):
        if name.startswith(script):
            return f"letters:{script}"
    if name.startswith("HANGUL"):
        return "hangul"
    return "han" if name.startswith(_HAN) else ""


def fold_char(char: str) -> str:
    folded = unicodedata.normalize("NFKC", char).casefold()
    if folded == "ё":
        return "е"
    if script_of(folded) == "letters:LATIN":
        folded = unicodedata.normalize("NFD", folded)[0]
    return folded


ZERO_WIDTH = "\u200b\u00ad"
JOINERS = "-–·─・"


def letters_of(text: str, field: str, gap: list[str]) -> tuple[list[Letter], list[str]]:
    """The letters of a text, and what stands behind the last; `gap` stands before the first."""
    found: list[Letter] = []
    lines = text.split("\n")
    at = 0
    for number, line in enumerate(lines):
        bullet = line.startswith("• ")
        if number:
            gap.append("space")
            blank = re.fullmatch(r"[ \u200b\u00ad]*", lines[number - 1])
            if blank and number > 1 and not lines[number - 2].startswith("• "):
                gap.append("paragraph")
        if bullet:
            gap.append("break")
        index = 0
        while index < len(line):
            char = line[index]
            if char in "'’" and possessive(line[index + 1 :]):
                gap.append("space")
                index += 2
                continue
            folded = fold_char(char)
            script = script_of(folded)
            if char in ZERO_WIDTH:
                pass
            elif script:
                found.append(Letter(folded, script, field, at + index, ""))
                found[-1] = Letter(folded, script, field, at + index, gap_before(found, gap))
                gap = []
            elif char in JOINERS or (char == "•" and not (bullet and index == 0)):
                gap.append("joiner")
            else:
                gap.append("space")
            index += 1
        if bullet:
            gap.append("break")
        at += len(line) + 1
    return found, gap


def possessive(rest: str) -> bool:
    after = script_of(fold_char(rest[1])) if len(rest) > 1 else ""
    return rest[:1] in ("s", "S") and after not in ("letters:LATIN", "digits")


def gap_before(found: list[Letter], gap: list[str]) -> str:
    here = found[-1]
    before = found[-2] if len(found) > 1 else None
    for strong in ("break", "paragraph"):
        if strong in gap:
            return strong
    if gap == ["joiner"] and before and before.script == here.script == "hangul":
        return "dot"
    if gap or before is None:
        return "space"
    return "" if one_word(before.script, here.script, found) else "space"


def one_word(before: str, here: str, found: list[Letter]) -> bool:
    """Whether two scripts stand in one word; digits belong to the alphabet they touch."""
    if before == here:
        return True
    if {before, here} & {"hangul", "han"}:
        return False
    if here == "digits":
        return True
    if before == "digits":
        # The alphabet before the digits, if there is one in this word, has to be the same.
        for letter in reversed(found[:-1]):
            if letter.script.startswith("letters"):
                return letter.script == here
            if letter.gap:
                break
        return True
    return False


def item_letters(title: str, body: str) -> list[Letter]:
    first, gap = letters_of(title, "title", ["space"])
    return first + letters_of(body, "body", [*gap, "paragraph"])[0]


class Oracle:
    def __init__(self, title: str, body: str) -> None:
        self.row = item_letters(title, body)
        if self.row:  # whatever stands before the first letter is of no account
            first = self.row[0]
            self.row[0] = Letter(first.char, first.script, first.field, first.at, "space")
        self.word: list[int] = []  # the number of the word of each letter
        for letter in self.row:
            new = letter.gap != "" or letter.script == "han"
            self.word.append((self.word[-1] if self.word else -1) + new)

    # A place of an operand is a tuple of (start, end) of the row, in order.

    def ends(self, words: tuple[str, ...], at: int, first: bool) -> Iterator[int]:
        """Where the words of a term can end that begins at the letter `at`."""
        word, rest = words[0], words[1:]
        for end in set(self.word_ends(word, at, first, not rest)):
            if not rest:
                yield end
            elif end < len(self.row) and self.may_go_on(word, rest[0], end):
                yield from self.ends(rest, end, False)

    def may_go_on(self, word: str, following: str, end: int) -> bool:
        gap = self.row[end].gap
        scripts = {script_of_word(word), script_of_word(following)}
        if scripts == {"hangul"}:
            return gap in ("", "space", "dot")
        if scripts == {"han"} or "any" in scripts:
            return gap in ("", "space")
        return gap == "space"

    def word_ends(self, word: str, at: int, first: bool, last: bool) -> Iterator[int]:
        row, script = self.row, script_of_word(word)
        starts = bool(row[at].gap)
        end_of_word = next(
            (i for i in range(at + 1, len(row)) if row[i].gap), len(row)
        )  # of the run of letters
        if word == "*":
            if row[at].script == "han":
                yield at + 1
            elif starts:
                yield end_of_word
            return
        if script == "letters":
            whole = starts and row[at].script not in ("hangul", "han")
            if whole and fits(word, self.text(at, end_of_word)):
                yield end_of_word
            return
        if row[at].script != script and not word.startswith("*"):
            return
        if script == "hangul" and first and not starts:
            return
        if script == "hangul" and row[at].script == "hangul":
            for end in range(at + 1, end_of_word + 1):
                whole = end == end_of_word
                if fits(word, self.text(at, end)) and (whole or not (last and word.endswith("*"))):
                    yield end
            if 2 <= len(word) <= 3 and "*" not in word and "?" not in word:
                end = at + len(word)
                dotted = all(i < len(row) and row[i].gap == "dot" for i in range(at + 1, end))
                if dotted and self.text(at, end) == word:
                    yield end
        if script == "han" and row[at].script == "han":
            for end in range(at + 1, end_of_word + 1):
                if fits(word, self.text(at, end)):
                    yield end

    def text(self, start: int, end: int) -> str:
        return "".join(letter.char for letter in self.row[start:end])

    def term(self, query: Query) -> set[tuple[tuple[int, int], ...]]:
        found = set()
        for at in range(len(self.row)):
            ends = list(self.ends(query.words, at, True))
            if ends and (not query.field or self.row[at].field == query.field):
                found.add(((at, min(ends)),))
        return found

    def places(self, query: Query) -> set[tuple[tuple[int, int], ...]]:
        if query.kind == "term":
            return self.term(query)
        if query.kind == "any":
            return set().union(*(self.places(part) for part in query.parts))
        if query.kind == "atleast":
            found = self.places(query.parts[0])
            return found if len(found) >= query.number else set()
        left, right = (self.places(part) for part in query.parts)
        if query.kind == "except":
            return {a for a in left if not any(overlap(a, b) for b in right)}
        return {
            tuple(sorted(a + b))
            for a in left
            for b in right
            if not overlap(a, b) and self.near(a, b, query.number, query.kind == "onear")
        }

    def near(
        self, a: tuple[tuple[int, int], ...], b: tuple[tuple[int, int], ...], n: int, ordered: bool
    ) -> bool:
        a_start, a_end = min(a)[0], max(end for _, end in a)
        b_start, b_end = min(b)[0], max(end for _, end in b)
        if a_end <= b_start:
            first_end, second_start = a_end, b_start
        elif ordered:
            return False
        elif b_end <= a_start:
            first_end, second_start = b_end, a_start
        else:
            return True  # a word of one stands between the words of the other
        between = self.word[second_start] - self.word[first_end - 1] - 1
        hard = any(self.row[i].gap == "break" for i in range(first_end, second_start + 1))
        return between <= n and not hard

    def evidence(self, query: Query) -> set[tuple[int, int]] | None:
        if query.kind == "not":
            return set() if self.evidence(query.parts[0]) is None else None
        if query.kind in ("any", "all"):
            told = [self.evidence(part) for part in query.parts]
            true = [spans for spans in told if spans is not None]
            wanted = len(told) if query.kind == "all" else 1
            return set().union(*true) if len(true) >= wanted else None
        found = self.places(query)
        return {span for place in found for span in place} or None

    def spans(self, query: Query) -> set[Span] | None:
        """The evidence of a query in the original text; None when it is not true."""
        found = self.evidence(query)
        if found is None:
            return None
        row = self.row
        return {(row[a].field, row[a].at, row[b - 1].at + 1) for a, b in found}


def overlap(a: tuple[tuple[int, int], ...], b: tuple[tuple[int, int], ...]) -> bool:
    return any(x[0] < y[1] and y[0] < x[1] for x in a for y in b)


def script_of_word(word: str) -> str:
    letters = word.replace("*", "").replace("?", "")
    if not letters:
        return "any"
    script = script_of(letters[0])
    return script if script in ("hangul", "han") else "letters"


def fits(pattern: str, text: str) -> bool:
    expression = "".join(
        ".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern
    )
    return re.fullmatch(expression, text) is not None
