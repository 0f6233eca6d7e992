"""What a query means, in the slowest and plainest way: written from the specification alone.

Nothing of watchd's matching is used here. An item is a row of letters, each with what stands
before it; a term is tried at every letter; NEAR tries every pair.

Where the specification leaves a point open, this is how it is read here:

- What cannot be seen (zero-width signs, soft hyphens) is as if it were not there: within a word,
  before the s of a possessive, in an empty line. (Between a letter and a mark on it, which no
  one writes, watchd does not see through it; the cases leave that out.)
- Every * that ends a word of Han or Kana at the edge of a term stands for nothing: such a word
  is found anywhere anyway. A place begins at each letter where it can, and is as short as it can.
- A word of two or three syllables may have a dot or a dash between all of them (북·중·러); a * at
  an end of it stands for letters before the first or after the last.
- `exact:` compares letters in their case and with their accents, not how they are coded or how
  wide they are, nor what stands between them; in Hangul it wants a word without an ending.
- Each category is a text of its own: nothing runs on from one into the next.
- NEAR between places of several words asks how far their ends are apart; places that are woven
  into one another are near. ONEAR wants the whole of the left one before the right one.
- A phrase may run over the end of a sentence (N. Korea); NEAR/s then asks each of its letters.
- Only a full stop by itself can stand after a short form: one letter (N. Korea), "Gen."; or "No."
  before a number. A letter after an apostrophe (Kim's.) is no word, nor is a syllable (북.) or a
  digit a letter.
- `lang:zh` and [zh] are also true of zh-CN, `lang:zh-CN` is not of zh.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import count, takewhile
from urllib.parse import unquote, urlsplit

from tests.rules.oracle_text import KANA, Reader, script_of, words_of, written
from watchd.model import Item

Span = tuple[str, int, int, str]  # field, start, end, and the words of the original
Place = tuple[tuple[int, int], ...]  # of an operand: starts and ends in the row, in order
Distance = int | str  # words between, or "s", "p": within a sentence, a paragraph


@dataclass(frozen=True)
class Query:
    """`kind`: term, list, any, all, not, near, onear, except, atleast, fact.

    A term has `text`; a list its name there and its terms as `parts`; a fact what it asks for in
    `values`. `how` is how a query is written: the quotes of a term, a space for an AND left out.
    """

    kind: str
    parts: tuple[Query, ...] = ()
    text: str = ""
    number: Distance = 0
    field: str = ""
    exact: bool = False
    lang: str = ""
    values: tuple[str, ...] = ()
    how: str = ""

    def __str__(self) -> str:
        scope = f"{self.field}:" if self.field else ""
        left, right = (*map(str, self.parts), "", "")[:2]
        match self.kind:
            case "term":
                opening, closing = self.how[:1], self.how[1:]
                return f"{scope}{'exact:' if self.exact else ''}{opening}{self.text}{closing}"
            case "list":
                return f"{scope}@{self.text}"
            case "fact":
                said = " OR ".join(self.values)
                return f"{scope}({said})" if len(self.values) > 1 else scope + said
            case "not":
                return f"NOT {left if left[0] == '(' else f'({left})'}"
            case "atleast":
                return f"ATLEAST/{self.number}{left if left[0] == '(' else f'({left})'}"
            case "any":
                return f"{scope}({' OR '.join(map(str, self.parts))})"
            case "all":
                return f"{scope}({left} {'' if self.how else 'AND '}{right})"
            case "except":
                return f"{scope}({left} EXCEPT {right})"
            case _:
                return f"{scope}({left} {self.kind.upper()}/{self.number} {right})"


class Oracle:
    """An item of the feed `source`, and what a query finds in it."""

    def __init__(self, item: Item, source: str) -> None:
        reader = Reader()
        reader.read(item.title, "title")
        reader.gap.append("paragraph")
        reader.read(item.text, "body")
        address, places = as_read(item.url)
        texts = [("author", item.author), ("url", address)]
        for field, text in texts + [("category", name) for name in item.categories]:
            reader.gap.append("break")
            reader.read(text, field)
        self.row = [
            replace(one, source=item.url, start=places[one.start], end=places[one.end])
            if one.field == "url" else one
            for one in reader.row
        ]  # fmt: skip
        numbers = count()
        self.word = [0] * len(self.row)  # the number of the word of each letter
        for at, letter in enumerate(self.row):
            new = letter.gap or letter.script == "han"
            self.word[at] = next(numbers) if new else self.word[at - 1]
        self.source = source.casefold()
        self.host = (urlsplit(item.url).hostname or "").casefold()
        self.lang = (item.lang or lang_of_script(item) or "").casefold()
        self._places: dict[tuple[Query, str], set[Place]] = {}

    # Terms

    def ends(self, words: tuple[str, ...], at: int, first: bool) -> Iterator[int]:
        """Where the words of a term can end that begins at the letter `at`."""
        word, rest = words[0], words[1:]
        for end in set(self.word_ends(word, at, first, not rest)):
            if not rest:
                yield end
            elif end < len(self.row) and self.row[end].gap not in ("paragraph", "break"):
                yield from self.ends(rest, end, False)

    def word_ends(self, word: str, at: int, first: bool, last: bool) -> Iterator[int]:
        row, script = self.row, script_of_word(word)
        starts = bool(row[at].gap)
        end_of_word = next((i for i in range(at + 1, len(row)) if row[i].gap), len(row))
        if word == "*":
            if row[at].script == "han":
                yield at + 1
            elif starts:
                yield end_of_word
        elif script == "letters":
            whole = starts and row[at].script not in ("hangul", "han")
            if whole and fits(word, self.text(at, end_of_word)):
                yield end_of_word
        elif script == "hangul" and row[at].script == "hangul" and (starts or not first):
            for end in range(at + 1, end_of_word + 1):
                whole = end == end_of_word
                if fits(word, self.text(at, end)) and (whole or not (last and word.endswith("*"))):
                    yield end
            if 2 <= len(word.strip("*")) <= 3 and "?" not in word:
                yield from self.dotted_ends(word, at, end_of_word, last)
        elif script == "han" and row[at].script == "han":
            if first:
                word = word.lstrip("*")
            for end in range(at + 1, end_of_word + 1):
                if fits(word, self.text(at, end)):
                    yield end

    def dotted_ends(self, word: str, at: int, end_of_word: int, last: bool) -> Iterator[int]:
        """Where a short Hangul word that begins at the letter `at` ends, with dots in it."""
        row, syllables = self.row, word.strip("*")
        for start in range(at, end_of_word) if word.startswith("*") else [at]:
            end = start + len(syllables)
            dotted = all(i < len(row) and row[i].gap == "dot" for i in range(start + 1, end))
            if dotted and self.text(start, end) == syllables:
                ends = [end]
                if word.endswith("*"):
                    ends += takewhile(lambda i: not row[i - 1].gap, range(end + 1, len(row) + 1))
                yield from ends[-1:] if last else ends

    def text(self, start: int, end: int) -> str:
        return "".join(letter.char for letter in self.row[start:end])

    def term(self, query: Query, field: str) -> set[Place]:
        words, letters = words_of(query.text)
        found: set[Place] = set()
        if query.lang and not speaks(self.lang, query.lang):
            return found
        fields = [field] if field else ["title", "body"]
        for at in range(len(self.row)):
            if self.row[at].field in fields:
                ends = list(self.ends(words, at, True))
                if query.exact:
                    ends = [end for end in ends if self.same(at, end, letters)]
                if ends:
                    found.add(((at, min(ends)),))
        return found

    def same(self, at: int, end: int, letters: str) -> bool:
        whole = end == len(self.row) or self.row[end].gap or self.row[end].script == "han"
        return bool(whole) and letters == written(self.row[at:end])

    # Operators

    def places(self, query: Query, field: str = "") -> set[Place]:
        """The places of a term, or of what NEAR, EXCEPT and ATLEAST can stand between."""
        field = within(query, field)
        key = (query, field)
        if key not in self._places:
            self._places[key] = self.look(query, field)
        return self._places[key]

    def look(self, query: Query, field: str) -> set[Place]:
        if query.kind == "term":
            return self.term(query, field)
        found = [self.places(part, field) for part in query.parts]
        if query.kind in ("any", "list"):
            return set().union(*found)
        if query.kind == "atleast":
            return found[0] if apart(found[0]) >= int(query.number) else set()
        left, right = found
        if query.kind == "except":
            return {a for a in left if not any(overlap(a, b) for b in right)}
        return {
            tuple(sorted(a + b))
            for a in left
            for b in right
            if not overlap(a, b) and self.near(a, b, query.number, query.kind == "onear")
        }

    def near(self, a: Place, b: Place, distance: Distance, ordered: bool) -> bool:
        (a_start, a_end), (b_start, b_end) = edges(a), edges(b)
        if ordered and a_end > b_start:
            return False
        if distance in ("s", "p"):
            letters = [self.row[i] for start, end in a + b for i in range(start, end)]
            return len({x.sentence if distance == "s" else x.paragraph for x in letters}) == 1
        if a_end > b_start and b_end > a_start:
            return True  # a word of one stands between the words of the other
        first_end, second_start = (a_end, b_start) if a_end <= b_start else (b_end, a_start)
        between = self.word[second_start] - self.word[first_end - 1] - 1
        hard = any(self.row[i].gap == "break" for i in range(first_end, second_start + 1))
        return between <= int(distance) and not hard

    def fact(self, query: Query) -> bool:
        values = [value.strip('"').casefold() for value in query.values]
        if query.field == "source":
            return any(fnmatchcase(self.source, value) for value in values)
        if query.field == "site":
            return any(f".{self.host}".endswith(f".{value}") for value in values)
        return any(speaks(self.lang, value) for value in values)

    def evidence(self, query: Query, field: str = "") -> set[tuple[int, int]] | None:
        field = within(query, field)
        if query.kind == "fact":
            return set() if self.fact(query) else None
        if query.kind == "not":
            return set() if self.evidence(query.parts[0], field) is None else None
        if query.kind in ("any", "all"):
            told = [self.evidence(part, field) for part in query.parts]
            true = [spans for spans in told if spans is not None]
            wanted = len(told) if query.kind == "all" else 1
            return set().union(*true) if len(true) >= wanted else None
        return {span for place in self.places(query, field) for span in place} or None

    def spans(self, query: Query) -> set[Span] | None:
        """The evidence of a query in the original texts; None when it is not true."""
        found = self.evidence(query)
        if found is None:
            return None
        shown = [(self.row[a], self.row[b - 1].end) for a, b in found]
        return {(x.field, x.start, end, x.source[x.start : end]) for x, end in shown}


def within(query: Query, field: str) -> str:
    """The field a query is looked for in; `text:` says the same as no field."""
    return field if query.field in ("", "text") else query.field


def overlap(a: Place, b: Place) -> bool:
    return any(x[0] < y[1] and y[0] < x[1] for x in a for y in b)


def edges(place: Place) -> tuple[int, int]:
    return min(start for start, _ in place), max(end for _, end in place)


def apart(places: set[Place]) -> int:
    """How many of these do not overlap one another: the most that do not, taken by their ends."""
    count, last = 0, -1
    for end, start in sorted((edges(place)[1], edges(place)[0]) for place in places):
        if start >= last:
            count, last = count + 1, end
    return count


def script_of_word(word: str) -> str:
    letters = word.replace("*", "").replace("?", "")
    script = script_of(letters[0]) if letters else ""
    return script if script in ("hangul", "han") else "letters"


def fits(pattern: str, text: str) -> bool:
    if not set("*?") & set(pattern):
        return pattern == text
    expression = "".join(
        ".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern
    )
    return re.fullmatch(expression, text) is not None


def speaks(lang: str, wanted: str) -> bool:
    return f"{lang.casefold()}-".startswith(f"{wanted.casefold()}-")


def as_read(url: str) -> tuple[str, list[int]]:
    """An address decoded, and where each of its characters, and its end, stand as written."""
    text, places, at = "", [0], 0
    while at < len(url):
        # What is encoded in these addresses is UTF-8: the shortest that can be decoded is a letter.
        lengths = [3, 6, 9, 12] if url[at] == "%" else [1]
        length = next(n for n in lengths if "\ufffd" not in unquote(url[at : at + n]))
        text += unquote(url[at : at + length])
        at += length
        places.append(at)
    return text, places


def lang_of_script(item: Item) -> str | None:
    """The language of an item in one script that tells it; None: the script is no help."""
    reader = Reader()
    reader.read(item.title, "title")
    reader.gap.append("paragraph")
    reader.read(item.text, "body")
    scripts = {letter.script for letter in reader.row} - {"digits"}
    if len(scripts) != 1:
        return None
    kana = any(unicodedata.name(letter.char).startswith(KANA) for letter in reader.row)
    langs = {"hangul": "ko", "CYRILLIC": "ru", "han": "ja" if kana else "zh"}
    return langs.get(scripts.pop())
