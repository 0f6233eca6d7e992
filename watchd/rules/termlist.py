"""Term lists: `lists/NAME.txt`, one word or phrase a line, which a query names as @NAME.

A phrase needs no quotation marks here. `#` begins a comment. A line `[ko]` (any language code)
says that the terms below it count only in items of that language, until `[*]`: a headline alias
of one character, such as 北, would be wrong in another language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from watchd.errors import Problem
from watchd.rules.lexer import QUOTES, Source, pieces, plain_source, tokens
from watchd.rules.term import fold_term, too_short
from watchd.rules.tree import Term

_SCOPE = re.compile(r"\[\s*(\*|[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\s*\]")
_OPERATOR = re.compile(
    r"(?<=\s)(?:AND|OR|NOT|EXCEPT|O?NEAR/?\w*)(?=\s)|^(?:title|body|text|exact):"
)
_COMMENT = re.compile(r"(?:^|\s)#.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A term as it stands in the file of its list; line and column count from 1."""

    term: Term
    written: str
    line: int
    col: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TermList:
    """A list as read: its terms, each once, and all its entries; or what is wrong with it."""

    name: str
    path: str
    source: str
    terms: tuple[Term, ...]
    problems: tuple[Problem, ...]
    entries: tuple[Entry, ...] = ()

    @property
    def written(self) -> tuple[str, ...]:
        """Each of the terms as it stands in the file."""
        return tuple({entry.term: entry.written for entry in self.entries}.values())


def read_list(name: str, path: str, source: str) -> TermList:
    """Read the text of a list file. Its mistakes are in `problems`, never raised."""
    entries: list[Entry] = []
    problems: list[Problem] = []
    lang = ""
    for number, line in enumerate(source.removeprefix("\ufeff").splitlines(), start=1):
        written = _COMMENT.sub("", line).strip()
        if scope := _SCOPE.fullmatch(written):
            lang = "" if scope[1] == "*" else scope[1].lower()
        elif written:
            here = plain_source(line, path, number)
            start = line.index(written)
            text = _fold_line(here, start, start + len(written))
            problems += here.problems
            if not here.problems:
                term = Term(text=text, lang=lang)
                entries.append(Entry(term=term, written=written, line=number, col=start + 1))
    if not entries and not problems:
        problems.append(
            Problem(code="E117", message="this list is empty", path=path, hint="write a term in it")
        )
    return TermList(
        name=name,
        path=path,
        source=source,
        terms=tuple(dict.fromkeys(entry.term for entry in entries)),
        problems=tuple(problems),
        entries=tuple(entries),
    )


def _fold_line(source: Source, start: int, end: int) -> str:
    """The folded term in `start:end`; "" when a problem was noted instead."""
    written = source.text[start:end]
    if written[0] in QUOTES:
        token, after, *_ = tokens(source)
        term = token.pieces
        if after.kind != "end":
            source.problem("E117", "a list has one word or phrase a line", after.start, end)
    else:
        term = pieces(source, start, end)
    folded = fold_term(term)
    if source.problems:
        return ""
    if written[0] == "@":
        hint = "name both in the query: @one OR @two"
        source.problem("E117", "a list cannot hold another list", start, end, hint)
    elif written[0] == "[":
        hint = "write a code such as [ko], or [*] for any language"
        source.problem("E117", f"'{written}' is not a language", start, end, hint)
    elif written[0] not in QUOTES and (found := _OPERATOR.search(written)):
        at = start + found.start()
        hint = "write each on a line of its own, or put the line in quotation marks"
        message = f"'{found[0].strip()}' is a part of queries, not of lists"
        source.problem("E117", message, at, at + len(found[0]), hint)
    elif not folded:
        source.problem("E111", f"there is no letter to search for in '{written}'", start, end)
    elif too_short(folded):
        message = f"a wildcard needs three letters beside it: '{written}'"
        source.problem("E118", message, start, end)
    return folded
