"""Words that were meant to be operators: other tools' names for them, and slips of the finger."""

from __future__ import annotations

import re
from unicodedata import normalize

_SIGNS = {
    "&&": "AND", "&": "AND", "+": "AND", "||": "OR", "|": "OR", "/": "OR", ",": "OR", ";": "OR",
    "!": "NOT",
}  # fmt: skip
_WORDS = {
    "SAME": "NEAR/p", "ADJ": "ONEAR/0", "NEXT": "ONEAR/0", "BUT": "AND", "PLUS": "AND",
    "WITH": "AND", "ANDNOT": "NOT", "BUTNOT": "NOT", "MINUS": "NOT", "WITHOUT": "NOT",
    "XOR": "OR", "ANY": "OR", "ANDOR": "OR", "ORAND": "OR",
    "UND": "AND", "ODER": "OR", "NICHT": "NOT", "ET": "AND", "OU": "OR", "SAUF": "NOT",
    "И": "AND", "ИЛИ": "OR", "НЕ": "NOT",
}  # fmt: skip
_NAMES = ("AND", "OR", "NOT", "NEAR", "ONEAR", "EXCEPT", "ATLEAST")
_LIKE_NEAR = {
    "": "NEAR", "W": "NEAR", "WITHIN": "NEAR", "AROUND": "NEAR", "SAME": "NEAR",
    "NEARBY": "NEAR", "PROX": "NEAR", "NEAR": "NEAR", "ONEAR": "ONEAR", "N": "NEAR",
    "ADJ": "ONEAR", "PRE": "ONEAR", "P": "ONEAR", "BEFORE": "ONEAR", "NEXT": "ONEAR",
}  # fmt: skip
_UNITS = {
    "S": "s", "SENT": "s", "SENTENCE": "s", "P": "p", "PARA": "p", "PARAGRAPH": "p", "SEG": "p",
}  # fmt: skip
_NUMBERS = (
    "ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE", "TEN",
)  # fmt: skip
_PROXIMITY = re.compile(
    r"(?P<name>[A-Z]*)(?P<joint>(?:[-/:=_~.\\\[{<+]|//|/-)?)(?P<n>\d+|[A-Z]+)"
    r"(?:(?<=\d)(?P<order>F|W|WORDS?))?[]}>]?"
)
_DRESSED = re.compile(r"[<\[{*_.:-]+(AND|OR|NOT)[>\]}*_.:-]+|(AND|OR|NOT)[,:.]")


def operator(text: str, *, between: bool) -> str:
    """The operator that a word was meant to be; "" for none.

    `between`: it stands between two things that can be found, with no operator there.
    """
    text = normalize("NFKC", text)
    if text in _SIGNS and (between or text not in "/+!"):
        return _SIGNS[text]
    upper = re.sub("[/;,.:]$", "", text.upper())
    if match := _PROXIMITY.fullmatch(re.sub("^O-NEAR", "ONEAR", upper)):
        near = _near(match)
        certain = (
            text[0].isupper() and match["joint"] == "/" and match["name"] not in ("", "N", "P")
        )
        if near and (between or (certain and match["n"].isdecimal())):
            return near
    if not between:
        return ""
    if dressed := _DRESSED.fullmatch(text):
        return dressed[1] or dressed[2]
    if text.islower():  # a word may be meant: only two letters that changed their places are a slip
        return next((name for name in ("AND", "OR", "NOT") if _turned_round(upper, name)), "")
    if not text.isupper():
        return ""
    return _WORDS.get(re.sub("[-/_]", "", text)) or one_slip(text, _NAMES)


def _near(match: re.Match[str]) -> str:
    name = match["name"]
    like = _LIKE_NEAR.get(name) or (one_slip(name, ("NEAR", "ONEAR")) if len(name) > 2 else "")
    number = match["n"]
    if not number.isdecimal():
        if not match["joint"]:
            return ""
        number = _UNITS.get(number) or (
            str(_NUMBERS.index(number)) if number in _NUMBERS else "s" if len(number) == 1 else ""
        )
    elif not name and match["joint"] not in ("/", "~", "+"):
        return ""
    if match["order"] == "F" or match["joint"] == "+":
        like = "ONEAR"
    return f"{like}/{number[:4]}" if like and number else ""


def near_with(name: str, number: str) -> str:
    """The NEAR that a name and the number behind it were meant to be; "" for none."""
    like = _LIKE_NEAR.get(name.rstrip("/")) if name else None
    return f"{like}/{number}" if like else ""


def at_least(text: str) -> str:
    """The ATLEAST that a word before a bracket was meant to be; "" for none."""
    match = re.fullmatch(r"([A-Z]+)/?(\d+)|([A-Z]+)/([A-Z]+)", text.upper())
    if match is None:
        return ""
    name, number = match[1] or match[3], match[2] or match[4]
    if number in _NUMBERS:
        number = str(_NUMBERS.index(number))
    meant = name in ("COUNT", "MIN", "MINIMUM") or one_slip(name, ("ATLEAST",))
    return f"ATLEAST/{number}" if meant and number.isdecimal() else ""


def _turned_round(word: str, name: str) -> bool:
    return (
        word != name
        and len(word) == len(name)
        and any(
            word == name[:at] + name[at + 1] + name[at] + name[at + 2 :]
            for at in range(len(name) - 1)
        )
    )


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
