"""From the text of a query to its tokens. Mistakes are noted, never raised."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal

from watchd.errors import Problem
from watchd.values import Struct, field

Kind = Literal["(", ")", "op", "field", "list", "term", "end"]

_QUOTE_SETS = ('"“”„‟＂', "«»", "「」", "『』")  # within a set, any one closes any other
QUOTES = {quote: quotes for quotes in _QUOTE_SETS for quote in quotes}
_CLOSE_WITH = {"“": "”", "„": "“", "«": "»", "「": "」", "『": "』"}  # others close themselves
_OPEN, _CLOSE = "(（", ")）"
_STOPS = frozenset("".join(_QUOTE_SETS) + _OPEN + _CLOSE)
_RUN = re.compile(rf"(?:\\.|\\(?=\n|\Z)|[^\s\\{re.escape(''.join(sorted(_STOPS)))}])+")
_SPECIAL = re.compile(r"[\\*?]")
_PREFIX = re.compile(r"([A-Za-z]+)[:：]")
_LIST = re.compile(r"@([\w-]+(?:[./\\][\w.-]*\w)?)")
_OPERATOR = re.compile(r"AND|OR|NOT|EXCEPT|(?:O?NEAR|ATLEAST)(?:/?\d+|/[sp]?)?", re.IGNORECASE)
_BLANKS = re.compile(r"(?:\s+|(?<!\S)#.*)+")  # and comments
_PHRASE = {  # by the quote it begins with
    quote: re.compile(rf"(?:[^\\\n{re.escape(end)}]++|\\.?)*+") for quote, end in QUOTES.items()
}
PREFIXES = ("title", "body", "text", "author", "source", "site", "url", "lang", "category", "exact")


class Token(Struct, frozen=True, kw_only=True):
    """A piece of a query: `text` as it stands there, from `start` to `end`.

    `pieces` of a term: text, wildcard, text, wildcard, …, text; escapes are resolved.
    """

    kind: Kind
    text: str
    start: int
    end: int
    pieces: tuple[str, ...] = ()
    quoted: bool = False


_MOST_PROBLEMS = 50  # of one query: who pastes an article into one has read enough


class Source(Struct):
    """Where a query stands, and the mistakes found in it so far.

    `locate` tells the line, column and source line of a character of the query.
    """

    text: str
    path: str
    locate: Callable[[int], tuple[int, int, str]]
    problems: list[Problem] = field(default_factory=list)

    def problem(
        self, code: str, message: str, start: int, end: int, hint: str = "", follows: str = ""
    ) -> None:
        """Note a mistake in the characters `start:end`; of very many, only the first."""
        if len(self.problems) >= _MOST_PROBLEMS:
            return
        line, col, source = self.locate(start)
        self.problems.append(
            Problem(
                code=code,
                message=message,
                path=self.path,
                line=line,
                col=col,
                source=source,
                length=max(1, min(end, self._line_end(start)) - start),
                hint=hint,
                follows=follows,
            )
        )

    def is_noted(self, start: int) -> bool:
        """Whether there is a mistake already at this character."""
        place = self.locate(start)[:2]
        return any((problem.line, problem.col) == place for problem in self.problems)

    def forget(self, start: int) -> None:
        """Take back what was noted at this character: what follows says it better."""
        place = self.locate(start)[:2]
        self.problems[:] = [one for one in self.problems if (one.line, one.col) != place]

    def _line_end(self, start: int) -> int:
        end = self.text.find("\n", start)
        return len(self.text) if end < 0 else end


def plain_source(text: str, path: str = "query", line: int = 1) -> Source:
    """A query that stands by itself: on a command line, or as a line of a list."""
    lines = text.split("\n")

    def locate(index: int) -> tuple[int, int, str]:
        row = text.count("\n", 0, index)
        col = index - (text.rfind("\n", 0, index) + 1) + 1
        return line + row, col, lines[row]

    return Source(text, path, locate)


def tokens(source: Source) -> list[Token]:
    """The tokens of a query; the last one is an `end`."""
    text, found, at = source.text, list[Token](), 0
    while at < len(text):
        if blanks := _BLANKS.match(text, at):
            at = blanks.end()
        else:
            found.append(_token(source, at))
            at = found[-1].end
    found.append(Token(kind="end", text="", start=len(text.rstrip()), end=len(text.rstrip()) + 1))
    return found


def _token(source: Source, at: int) -> Token:
    char = source.text[at]
    if char in _OPEN:
        return Token(kind="(", text=char, start=at, end=at + 1)
    if char in _CLOSE:
        return Token(kind=")", text=char, start=at, end=at + 1)
    if char in QUOTES:
        return _phrase(source, at)
    return _word(source, at)


def _word(source: Source, at: int) -> Token:
    text = source.text
    run = _RUN.match(text, at)
    end = run.end() if run else at
    word = text[at:end]
    if (match := _PREFIX.match(word)) and match[1].lower() in PREFIXES:
        return Token(kind="field", text=match[1].lower(), start=at, end=at + match.end())
    if word.startswith("@") and (match := _LIST.match(word)):
        return Token(kind="list", text=match[1], start=at, end=at + match.end())
    if _OPERATOR.fullmatch(word):
        name, slash, rest = word.partition("/")
        meant = name.upper() + slash + rest.lower()  # NEAR/S is NEAR/s
        if name != name.upper():
            message = f"operators are written in capitals: '{word}'"
            hint = f'write {meant}  (or "{word}" to search for the word itself)'
            source.problem("E104", message, at, end, hint)
        return Token(kind="op", text=meant, start=at, end=end)
    return Token(kind="term", text=word, start=at, end=end, pieces=pieces(source, at, end))


def _phrase(source: Source, at: int) -> Token:
    text = source.text
    within = _PHRASE[text[at]].match(text, at + 1)
    end = within.end() if within else at + 1
    closed = end < len(text) and text[end] != "\n"
    if not closed:
        written = text[at:end].rstrip()
        hint = f"write {written}{_CLOSE_WITH.get(text[at], text[at])}" if len(written) < 60 else ""
        stop = at + len(written)
        source.problem("E101", "this quotation mark is never closed", at, stop, hint)
    stop = end + 1 if closed else end
    return Token(
        kind="term",
        text=text[at:stop],
        start=at,
        end=stop,
        pieces=pieces(source, at + 1, end),
        quoted=True,
    )


def pieces(source: Source, at: int, end: int) -> tuple[str, ...]:
    """Split `text[at:end]` at its wildcards, and take `\\` from escaped characters."""
    found, text = [""], source.text
    if not _SPECIAL.search(text, at, end):
        return (text[at:end],)
    while at < end:
        char = text[at]
        if char == "\\":
            if at + 1 < end:
                found[-1] += text[at + 1]
            else:
                source.problem("E115", "there is nothing after this \\", at, at + 1, "take it out")
            at += 1
        elif char in "*?":
            found += [char, ""]
        else:
            found[-1] += char
        at += 1
    return tuple(found)


def words_again(source: Source, start: int, end: int) -> Iterator[Token]:
    """The word in `start:end`, if there is one, to be looked at again."""
    if start < end:
        text = source.text[start:end]
        field = _PREFIX.match(text)
        if field and field[1] in PREFIXES:
            yield Token(kind="field", text=field[1], start=start, end=start + field.end())
            yield from words_again(source, start + field.end(), end)
        elif text[0] == "@" and len(text) > 1:
            yield Token(kind="list", text=text[1:], start=start, end=end)
        else:
            found = pieces(source, start, end)
            yield Token(kind="term", text=text, start=start, end=end, pieces=found)
