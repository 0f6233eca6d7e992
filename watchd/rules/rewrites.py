"""A part of a query as it was probably meant, for the hints of the parser."""

from __future__ import annotations

import re
from collections.abc import Sequence

LONGEST_REWRITE = 100  # characters of a query that a hint writes anew
_ROOM = re.compile(r"([^\s*?]+)((?: \*)+) ([^\s*?]+)")
_HASHTAG = re.compile(r"(?<!\S)#([^\W\d][\w-]*)")


def two_ways(written: list[str], names: list[str]) -> str:
    """What to write for a chain of AND and OR without brackets; `names` are its operators."""
    if len(written) != len(names) + 1 or sum(map(len, written)) > LONGEST_REWRITE:
        written, names = ["A", "B", "C"], ["OR", "AND"][:: -1 if names[0] != "OR" else 1]
    tight = ("OR", "AND") if names[0] == "OR" else ("AND", "OR")
    one, other = (_bracketed(written, names, operator) for operator in tight)
    return f"write  {one}   or   {other}"


def _bracketed(written: list[str], operators: list[str], tight: str) -> str:
    """A chain of AND (or NOT) and OR with brackets round what binds by `tight`."""
    groups = [[written[0]]]
    for operator, part in zip(operators, written[1:], strict=True):
        if (operator == "OR") == (tight == "OR"):
            groups[-1].append(part)
        else:
            groups.append([part])
    loose = " AND " if tight == "OR" else " OR "
    return loose.join(
        f"({f' {tight} '.join(group)})" if len(group) > 1 else group[0] for group in groups
    )


def near_for_each(joined: Sequence[str], near: str, other: str, *, first: bool) -> str:
    """`(A AND B) NEAR/5 C` with a NEAR for each of A and B; as a pattern where it would be long.

    `first`: the joined ones stand before the other.
    """
    if not joined or sum(map(len, joined), len(other)) > LONGEST_REWRITE:
        joined, other, first = ("B", "C"), "A", False
    pairs = [(one, other) if first else (other, one) for one in joined]
    return " AND ".join(f"({left} {near} {right})" for left, right in pairs)


def exact_for_each(terms: Sequence[str]) -> str:
    """What to write for `exact:(A OR B)`."""
    each = " OR ".join(f"exact:{term}" for term in terms)
    return f"write ({each})" if len(terms) > 1 else f"write {each}"


def hashtag(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Where in a stretch of a query without words a comment begins with a word: #word."""
    found = _HASHTAG.search(text, start, end)
    return found.span() if found else None


def without_wildcard(folded: str) -> str:
    """What to write for a term with too few letters: for "x * * y" it is x ONEAR/2 y."""
    if found := _ROOM.fullmatch(folded):
        return f"write {found[1]} ONEAR/{found[2].count('*')} {found[3]}"
    return "write the words out, with OR between them"


def shown(text: str) -> str:
    """A piece of a query for a message: quoted, and not too long."""
    text = " ".join(text.split())
    return f"'{text}'" if len(text) <= 40 else f"'{text[:39]}…'"
