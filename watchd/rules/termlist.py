"""Term lists: `lists/NAME.txt`, one word or phrase a line, which a query names as @NAME.

A phrase needs no quotation marks here. `#` begins a comment. A line `[ko]` (any language code)
says that the terms below it count only in items of that language, until `[*]`: a headline alias
of one character, such as 北, would be wrong in another language.
"""

from __future__ import annotations

import re

from watchd.errors import Problem
from watchd.rules import facts, listhabits
from watchd.rules.lexer import QUOTES, Source, pieces, plain_source, tokens
from watchd.rules.term import fold_term, too_many_wildcards, too_short
from watchd.rules.tree import Term
from watchd.values import Struct

_SCOPE = re.compile(r"\[\s*(\*|[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\s*\]")
_ANY = ("all", "any")  # which are no languages: that is [*]
_COMMENT = re.compile(r"(?:^|\s)#.*")


class Entry(Struct, frozen=True, kw_only=True):
    """A term as it stands in the file of its list; line and column count from 1."""

    term: Term
    written: str
    line: int
    col: int


class TermList(Struct, frozen=True, kw_only=True):
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
    lang, numbering = "", listhabits.Numbering()
    for number, line in enumerate(source.removeprefix("\ufeff").splitlines(), start=1):
        written = _COMMENT.sub("", line).strip()
        scope = _SCOPE.fullmatch(written)
        if scope and not facts.code_of(scope[1].lower()) and scope[1].lower() not in _ANY:
            lang = "" if scope[1] == "*" else scope[1].lower()
        elif written:
            here = plain_source(line, path, number)
            start = line.index(written)
            numbered = numbering.goes_on(written)
            text = _fold_line(here, start, start + len(written), numbered=numbered)
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


def _fold_line(source: Source, start: int, end: int, *, numbered: bool) -> str:
    """The folded term in `start:end`; "" when a problem was noted instead."""
    written = source.text[start:end]
    if written[0] in QUOTES:
        token, after, *_ = tokens(source)
        term = token.pieces
        if after.kind != "end":
            rest = source.text[after.start : end]
            hint = "take it out" if rest.strip(",;") == "" else "put each on a line of its own"
            message = "a list has one word or phrase a line"
            source.problem("E117", message, after.start, end, hint)
    else:
        term = pieces(source, start, end)
    folded = fold_term(term)
    if source.problems:
        return ""
    if written[0] not in QUOTES and listhabits.scope(source, start, end):
        return ""
    if written[0] == "@":
        hint = "name both in the query: @one OR @two"
        source.problem("E117", "a list cannot hold another list", start, end, hint)
        return ""
    if written[0] not in QUOTES:
        listhabits.term(source, start, end, numbered=numbered)
    if not folded and not source.problems:
        source.problem("E111", f"there is no letter to search for in '{written}'", start, end)
    elif too_short(folded) and not source.problems:
        message = f"a wildcard needs three letters beside it: '{written}'"
        hint = "write the words out, each on a line of its own"
        source.problem("E118", message, start, end, hint)
    elif too_many_wildcards(folded) and not source.problems:
        source.problem("E118", f"more than two * between letters: '{written}'", start, end)
    return folded
