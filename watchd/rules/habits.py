"""What people write who know another tool's queries, or whose finger slipped, and what it means."""

from __future__ import annotations

import re

from watchd.rules.lexer import Token

_ELSEWHERE = {  # what other tools write, and what it is here
    "&&": "AND", "&": "AND", "+": "AND", "||": "OR", "|": "OR", "!": "NOT", ",": "OR",
}  # fmt: skip
_PROXIMITY = re.compile(r"(?P<name>[A-Z]+)/(?P<n>\d+)|~(?P<slop>\d+)")
_LIKE_NEAR = {"W": "NEAR", "WITHIN": "NEAR", "SAME": "NEAR", "ADJ": "ONEAR", "PRE": "ONEAR"}
_NAMES = ("AND", "OR", "NOT", "NEAR", "ONEAR", "EXCEPT", "ATLEAST")


def shown(text: str) -> str:
    text = " ".join(text.split())
    return f"'{text}'" if len(text) <= 40 else f"'{text[:39]}…'"


def meant_by(token: Token, *, strict: bool = False) -> str:
    """The operator that a token was meant to be; "" for a word.

    `strict` is for the place of a word: only what cannot well be one counts.
    """
    text = token.text
    if token.kind != "term" or token.quoted:
        return ""
    if text in _ELSEWHERE:
        return _ELSEWHERE[text]
    if match := _PROXIMITY.fullmatch(text):
        number = (match["n"] or match["slop"])[:4]
        if match["slop"]:
            return f"NEAR/{number}"
        name = _LIKE_NEAR.get(match["name"]) or one_slip(match["name"], ("NEAR", "ONEAR"))
        return f"{name}/{number}" if name else ""
    return "" if strict or not text.isupper() else one_slip(text, _NAMES)


def one_slip(word: str, names: tuple[str, ...]) -> str:
    """The name that is one letter off: left out, put in, changed, or two changed round."""
    for name in names:
        start = 0
        while start < min(len(word), len(name)) and word[start] == name[start]:
            start += 1
        end = 0
        while end < min(len(word), len(name)) - start and word[-1 - end] == name[-1 - end]:
            end += 1
        left, right = word[start : len(word) - end], name[start : len(name) - end]
        if max(len(left), len(right)) <= 1 or (len(left) == 2 and left == right[::-1]):
            return name
    return ""
