"""What an edit changed in a text, in a few words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import takewhile

_MOST = 3  # sentences shown of what came, and of what went
_LONGEST = 160  # characters of one
_BEFORE = 40  # of them before the place where it changes
_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]*")


def difference(
    old: tuple[str, str], new: tuple[str, str], words: Sequence[str] = (), *, first: bool = False
) -> str:
    """What changed between two revisions, each title and text; "" when nothing did.

    `words` are those that a rule finds now and had not; with `first` it had found nothing.
    """
    parts = []
    if words:
        said = ", ".join(f"‘{_short(one)}’" for one in words)
        parts.append(f"matches since the edit: {said}" if first else f"now also says {said}")
    if old[0] != new[0] and old[0]:
        parts.append(f"its title was “{_short(old[0])}”")
    before, after = (_sentences(text) for text in (old[1], new[1]))
    for name, more, less in (("added", after, before), ("gone", before, after)):
        rest = list((Counter(more) - Counter(less)).elements())
        lost = list((Counter(less) - Counter(more)).elements())
        if shown := " ".join(f"“{_changed(one, lost)}”" for one in rest[:_MOST]):
            left = f" and {len(rest) - _MOST} more" if len(rest) > _MOST else ""
            parts.append(f"{name}: {shown}{left}")
    return " · ".join(parts)


def _sentences(text: str) -> Iterable[str]:
    found = (" ".join(one.split()) for one in _SENTENCE.findall(text))
    return [one for one in found if one]


def _changed(text: str, others: Iterable[str]) -> str:
    """A sentence in short; where it begins as one of the others does, from there on."""
    same = max((_same(text, one) for one in others), default=0)
    if len(text) <= _LONGEST or same < _LONGEST - _BEFORE:
        return _short(text)
    begin = same - _BEFORE
    space = text.find(" ", begin, same)
    return f"…{_short(text[space + 1 if space >= 0 else begin :])}"


def _same(text: str, other: str) -> int:
    """How many characters both begin with."""
    return sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(text, other, strict=False))
    )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…"
