"""Quotation marks and brackets as other tools have them, or as one is forgotten; for habits.py."""

from __future__ import annotations

import re

from watchd.rules.lexer import Source, Token, pieces, tokens, words_again
from watchd.rules.rewrites import LONGEST_REWRITE
from watchd.values import replace

_SINGLE = {"'": "'’", "‘": "’'", "`": "`'´"}
_PAIRS = {"[": "]", "{": "}"}
REGEX = re.compile(
    r"/.*/|/[A-Z]?\{.*|.*\w\[.*\].*|.*\\[bBwWdDsS].*|.*[\w)\]]\{\d+(,\d*)?\}.*|\[\w+\]\w+", re.S
)


def never_opened(source: Source, token: Token, before: list[Token]) -> list[Token] | None:
    """`alien lands" AND hero*`: what follows a quotation mark that only ends a phrase."""
    open_ended = not source.text[token.start : token.end].endswith(source.text[token.start], 1)
    touches = bool(before) and before[-1].end == token.start
    if not (open_ended and touches and before[-1].kind == "term" and not before[-1].quoted):
        return None
    line = source.text.rfind("\n", 0, token.start) + 1
    row = len(before) - 1
    while row and before[row - 1].kind == "term" and not before[row - 1].quoted:
        if before[row - 1].start < line:
            break
        row -= 1
    start, end = before[row].start, token.start
    source.forget(token.start)
    hint = f'write "{source.text[start:end]}"' if end - start < LONGEST_REWRITE else ""
    source.problem("E101", "this quotation mark is never opened", start, end + 1, hint)
    found = pieces(source, start, end)
    before[row:] = [Token(kind="term", text=source.text[start:end], start=start, end=end + 1,
                          pieces=found, quoted=True)]  # fmt: skip
    blank = " " * (end + 1)
    rest = Source(blank + source.text[end + 1 : token.end], source.path, source.locate)
    again = tokens(rest)[:-1]
    source.problems += rest.problems
    return again


def brackets(source: Source, token: Token, rest: list[Token]) -> list[Token] | None:
    """`[a OR b]`, `{a OR b}`; `{ISW}` asks for the same case in other tools."""
    text = token.text
    if REGEX.fullmatch(text):
        return None
    if case := re.fullmatch(r"\{([\w-]+)\}", text):
        hint = f"write exact:{case[1]}"
        source.problem("E109", f"'{text}' means nothing here", token.start, token.end, hint)
        return [replace(token, text=case[1], pieces=(case[1],))]
    if text[0] in _PAIRS and (inner := _pair(source, token, rest)) is not None:
        return inner
    for at, (signs, kind) in ((0, ("[{", "(")), (len(text) - 1, ("]}", ")"))):
        if text[at] in signs:
            start = token.start + at
            source.problem("E109", "use round brackets", start, start + 1, f"write {kind}")
            bracket = Token(kind="(" if kind == "(" else ")", text=kind, start=start, end=start + 1)
            if at == 0 and kind == "(":
                return [bracket, *words_again(source, start + 1, token.end)]
            return [*words_again(source, token.start, start), bracket]
    return None


def _pair(source: Source, token: Token, rest: list[Token]) -> list[Token] | None:
    """Both brackets of `[a OR b]`, as one mistake; None where the other one is not found."""
    opens, closes = token.text[0], _PAIRS[token.text[0]]
    depth = 0
    for at in range(token.start, len(source.text)):
        depth += {opens: 1, closes: -1}.get(source.text[at], 0)
        if depth == 0:
            break
    else:
        return None
    last = next((n for n, one in enumerate(rest) if one.start <= at < one.end), None)
    if last is None or rest[last].kind != "term" or rest[last].quoted:
        return None
    within = source.text[token.start + 1 : at]
    hint = f"write ({within})" if len(within) < LONGEST_REWRITE and "\n" not in within else ""
    message = "use round brackets"
    source.problem("E109", message, token.start, at + 1, hint or "write ( and )")
    close = rest[last]
    rest[last : last + 1] = [
        *reversed(list(words_again(source, at + 1, close.end))),
        Token(kind=")", text=")", start=at, end=at + 1),
        *reversed(list(words_again(source, close.start, at))),
    ]
    opening = Token(kind="(", text="(", start=token.start, end=token.start + 1)
    return [opening, *words_again(source, token.start + 1, token.end)]


def single_quotes(source: Source, token: Token, rest: list[Token]) -> list[Token] | None:
    """`'two words'`: a phrase in single quotation marks."""
    closing = _SINGLE.get(token.text[0])
    if closing is None or token.text[-1] in closing:
        return None
    for count in range(1, min(len(rest), 12)):
        last = rest[-count]
        if last.kind != "term" or last.quoted:
            return None
        if last.text[-1] in closing:
            start, end = token.start + 1, last.end - 1
            hint = f'write "{source.text[start:end]}"'
            message = "single quotation marks make no phrase"
            source.problem("E121", message, token.start, last.end, hint)
            del rest[-count:]
            return [
                replace(token, end=last.end, quoted=True, pieces=pieces(source, start, end)),
            ]
    return None
