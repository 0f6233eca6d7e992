"""What an edit changed in a text, in a few words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import takewhile

_MOST = 3  # sentences shown of what came, and of what went
_LONGEST = 160  # characters of one
_BEFORE = 50  # of them before its first change, where that is far in
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
        parts.append(f"its title was “{_changed(old[0], [new[0]])}”")
    before, after = (Counter(_sentences(text)) for text in (old[1], new[1]))
    came, went = list((after - before).elements()), list((before - after).elements())
    for name, rest, others in (("added", came, went), ("gone", went, came)):
        if shown := " ".join(f"“{_changed(one, others)}”" for one in rest[:_MOST]):
            left = f" and {len(rest) - _MOST} more" if len(rest) > _MOST else ""
            parts.append(f"{name}: {shown}{left}")
    return " · ".join(parts)


def _sentences(text: str) -> Iterable[str]:
    found = (" ".join(one.split()) for one in _SENTENCE.findall(text))
    return [one for one in found if one]


def _changed(text: str, others: Iterable[str]) -> str:
    """A long sentence where it first differs from the one of the others that is most like it."""
    alike = max((_alike(text, other) for other in others), default=0)
    if len(text) <= _LONGEST or alike <= _LONGEST - _BEFORE:
        return _short(text)
    start = min(alike - _BEFORE, len(text) - _LONGEST + 1)
    blank = text.find(" ", start, alike)
    return f"…{_short(text[blank + 1 if blank > 0 else start :])}"


def _alike(text: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    pairs = zip(text, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…"
