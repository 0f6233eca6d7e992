"""NEAR and its number, as other tools write them or as fingers slip; for habits.py."""

from __future__ import annotations

import re

from watchd.rules.lexer import Source, Token, words_again
from watchd.rules.slips import near_with, operator
from watchd.values import replace

_DISTANCE = re.compile(
    r"(?i)(?P<name>O?NEAR|ATLEAST)/?(?P<n>\d+)"
    r"(?:(?:[-–—]|[.]{2,})(?P<to>\d+)|[.,]\d+|[-–—,;.:]?(?P<word>(?!\d)[\w@].*))"
)


def with_number(source: Source, token: Token, rest: list[Token]) -> Token:
    """`NEAR 5`, `NEAR /5`, `NEAR(5)`: the number that was meant to be a part of it."""
    texts = [one.text for one in reversed(rest[-3:])]
    taken, number = 0, ""
    if texts and (distance := re.fullmatch(r"/?(\d+)|/([sp])", texts[0])):
        taken, number = 1, distance[1] or distance[2]
    elif len(texts) > 1 and texts[0] == "/" and re.fullmatch(r"\d+|[sp]", texts[1]):
        taken, number = 2, texts[1]
    elif len(texts) == 3 and (texts[0], texts[2]) == ("(", ")") and texts[1].isdecimal():
        taken, number = 3, texts[1]
    if not taken:
        return token
    meant = f"{token.text.rstrip('/')}/{number}"
    end = rest[-taken].end
    del rest[-taken:]
    written = source.text[token.start : end]
    message = f"{token.text.rstrip('/')} and its number are one word: '{written}'"
    source.problem("E113", message, token.start, end, f"write {meant}")
    return replace(token, text=meant, end=end)


def not_near(source: Source, token: Token, before: list[Token], rest: list[Token]) -> Token:
    """`NOT NEAR/5 word` and `NEAR/5 NOT word`: what leaves out is NOT, of all that is near."""
    other = rest[-1]
    second = other.text if other.kind == "op" else operator(other.text, between=True)
    texts = {token.text, second}
    near = next((text for text in texts if text.startswith(("NEAR", "ONEAR"))), "")
    if other.kind not in ("op", "term") or other.quoted or not near or "NOT" not in texts:
        return token
    rest.pop()
    right = rest[-1] if rest[-1].kind in ("term", "list") else other
    start = _operand_start(before)
    hint = "write NOT"
    if right is not other and start >= 0:
        left = source.text[start : before[-1].end]
        hint = f"write NOT ({left} {near} {source.text[right.start : right.end]})"
    message = "there is no NOT with NEAR: it is one or the other"
    source.forget(token.start)  # that it is in small letters
    source.problem("E107", message, token.start, right.end, hint)
    return replace(token, text="NOT", end=other.end)


def of_another_tool(source: Source, token: Token, rest: list[Token]) -> list[Token] | None:
    """`AROUND(5)`, `WITHIN 5`, `W / 5`: another tool's NEAR, and a number behind it."""
    if not token.text.isupper():
        return None
    texts = [one.text for one in reversed(rest[-3:])]
    for taken, row in ((3, "(n)"), (1, "n"), (1, "/n"), (2, "/n")):
        written = "".join(texts[:taken])
        number = re.search(r"\d+", written)
        if number and written.replace(number[0], "n") == row:
            meant = near_with(token.text, number[0])
            if not meant or rest[-taken - 1].kind not in ("term", "list", "(", "field"):
                return None
            whole = replace(token, text=source.text[token.start : rest[-taken].end],
                            end=rest[-taken].end)  # fmt: skip
            del rest[-taken:]
            return meant_operator(source, whole, meant)
    return None


def distance(source: Source, token: Token) -> list[Token] | None:
    """`NEAR/5,word`, `NEAR/5word`, `NEAR/5-10`, `NEAR/0.5`."""
    match = _DISTANCE.fullmatch(token.text)
    if match is None:
        return None
    name = match["name"].upper()
    meant = f"{name}/{match['to'] or match['n']}"
    word = match["word"] or ""
    message = (
        f"{name} takes one whole number, and {'a space' if name != 'ATLEAST' else '('} after it"
    )
    hint = f"write {meant}({word})" if name == "ATLEAST" else f"write {meant} {word}".rstrip()
    source.problem("E113", message, token.start, token.end, hint)
    if name == "ATLEAST":
        return [replace(token, text=word, quoted=True, pieces=(word,))]
    found = replace(token, kind="op", text=meant, pieces=())
    return [found, *words_again(source, token.end - len(word), token.end)]


def meant_operator(source: Source, token: Token, meant: str) -> list[Token]:
    hint = f"did you mean {meant}?  (to search for the word itself, put it in quotation marks)"
    source.problem("E105", f"'{token.text}' is not an operator", token.start, token.end, hint)
    return [replace(token, kind="op", text=meant, pieces=())]


def _operand_start(before: list[Token]) -> int:
    """Where the operand begins that ends with the last token; -1 when none does."""
    at, depth = len(before), 0
    while at:
        at -= 1
        depth += {")": 1, "(": -1}.get(before[at].kind, 0)
        if depth == 0:
            if before[at].kind not in ("term", "list", "("):
                return -1
            while at and before[at - 1].kind == "field":
                at -= 1
            return before[at].start
    return -1
