"""Signs that are read as no more than the space between two words, or as a comment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from watchd.rules.lexer import QUOTES
from watchd.rules.lints.report import Report
from watchd.rules.termlist import Entry, TermList
from watchd.rules.tree import Any, Node, Term, parts
from watchd.rules.written import Written

_SLASH = re.compile(r"[^\W\d_]{4,}\*?(?:/[^\W\d_]{4,}\*?)+")
_COMMA = re.compile(r"(?<=\w)[*?]?[,，](?=\s*\w)")
_STAR = re.compile(r"[*]\s+(\w.*)")
_HASHTAG = re.compile(r"#([^\W\d]\w*)")


def look_at_query(query: Node, written: Written, report: Report) -> None:
    """Report words with a slash, which find both words side by side only."""
    if not written.may_hold("/"):
        return
    for term in _terms(query):
        clause = written.clause(term)
        if _SLASH.fullmatch(clause):
            report.in_query("W116", written, term, *_slash(clause, " OR "))


def look_at_list(held: TermList, report: Report) -> None:
    """Report terms with a slash or a comma, bullets, and comments that look like hashtags."""
    for entry in held.entries:
        if entry.written[0] in QUOTES:
            continue
        if _SLASH.fullmatch(entry.written):
            report.in_list("W116", held, entry, *_slash(entry.written, ", "))
        elif _COMMA.search(entry.written):
            message = f"'{entry.written}' is looked for as one phrase"
            hint = "put each on a line of its own, or in quotation marks if the phrase is meant"
            report.in_list("W116", held, entry, message, hint)
        elif star := _STAR.fullmatch(entry.written):
            message = "* alone asks for any one word before the others; it is no bullet"
            report.in_list("W116", held, entry, message, f"write {star[1]}")
    for number, line in enumerate(held.source.removeprefix("\ufeff").splitlines(), start=1):
        if hashtag := _HASHTAG.fullmatch(line.strip()):
            entry = Entry(
                term=Term(text=""), written=hashtag[0], line=number, col=line.index("#") + 1
            )
            message = "# begins a comment: this line is not looked for"
            hint = f"write {hashtag[1]}   or, for a comment, # {hashtag[1]}"
            report.in_list("W116", held, entry, message, hint)


def _slash(written: str, between: str) -> tuple[str, str]:
    words = written.split("/")
    message = f"'{written}' is looked for as one phrase: {' '.join(words)}"
    if between == ", ":
        hint = f'put {", ".join(words)} on lines of their own, or write "{written}"'
    else:
        hint = f'write ({between.join(words)})  (or "{written}" for the phrase)'
    return message, hint


def _terms(node: Node) -> Iterator[Term]:
    if isinstance(node, Term):
        yield node
    elif not (isinstance(node, Any) and node.name):
        for part in parts(node):
            yield from _terms(part)
