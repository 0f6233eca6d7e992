"""Bare words side by side, with no operator and no quotation marks."""

from __future__ import annotations

import re

from watchd.rules.lexer import Source, Token, pieces
from watchd.rules.rewrites import shown

PLAIN = re.compile(r"[*?]?[^\W_][\w'’*?-]*")


_LONGEST = 100  # characters of a phrase that a hint writes anew


def join(source: Source, found: list[Token]) -> list[Token]:
    """The tokens with each row of bare words on a line made one phrase; each is a mistake."""
    joined: list[Token] = []
    at = 0
    while found[at].kind != "end":
        row = [found[at]]
        of_fact = at and found[at - 1].kind == "field" and found[at - 1].text in ("lang", "site")
        while not of_fact and _go_together(source, row[-1], found[at + len(row)]):
            row.append(found[at + len(row)])
        at += len(row)
        joined.append(_phrase(source, row) if len(row) > 1 else row[0])
    return [*joined, found[-1]]


def _go_together(source: Source, first: Token, second: Token) -> bool:
    between = source.text[first.end : second.start]
    return _is_bare(first) and _is_bare(second) and between != "" and "\n" not in between


def _is_bare(token: Token) -> bool:
    return token.kind == "term" and not token.quoted and bool(PLAIN.fullmatch(token.text))


def _phrase(source: Source, row: list[Token]) -> Token:
    start, end = row[0].start, row[-1].end
    words = [token.text for token in row]
    text = " ".join(words)
    hint = f'write "{text}"   or   {" AND ".join(words)}'
    if len(text) > _LONGEST:
        hint = "put quotation marks round what belongs together, and AND or OR between the rest"
    source.problem("E102", f"there is no operator before {shown(words[1])}", start, end, hint)
    found = pieces(source, start, end)
    return Token(kind="term", text=text, start=start, end=end, pieces=found, quoted=True)
