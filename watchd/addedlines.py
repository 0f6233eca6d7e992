"""What was added to a page that is watched as a whole: the lines it never showed before.

Lines that went away, or moved, are nothing. A line that shows other numbers at every look is a
clock or a counter. Pure: what was seen before is passed in, and what is to be kept comes back.
"""

from __future__ import annotations

import re
from collections import Counter
from hashlib import blake2b
from typing import Any

from watchd.parse.dates import parse_date
from watchd.parse.identity import content_hash
from watchd.values import Struct

MAX_SEEN = 20_000  # lines remembered beside those that still stand on the page
_RESTLESS = 3  # looks in a row with other numbers
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_LONGEST_DATE = 80  # characters


class Seen(Struct, frozen=True, kw_only=True):
    """The lines a page has shown (hashes, the latest last), and how restless its numbers are."""

    lines: tuple[str, ...] = ()
    restless: dict[str, int]  # hash of a line without its numbers: looks in a row that changed them

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Seen:
        return cls(lines=tuple(data["lines"]), restless=dict(data["restless"]))

    def as_json(self) -> dict[str, Any]:
        return {"lines": list(self.lines), "restless": self.restless}


def added(text: str, seen: Seen, *, in_a_row: bool) -> tuple[str, Seen]:
    """The lines of `text` that are new, as text, and what has been seen now.

    `in_a_row`: the page had changed at the check before this one, too. Where it had stood still
    in between, so had its numbers.
    """
    lines = [line for line in map(str.strip, text.split("\n")) if _says_something(line)]
    hashes = {line: _hash(line) for line in lines}
    before = set(seen.lines)
    shapes = {line: _hash(_NUMBER.sub("#", line)) for line in hashes if _NUMBER.search(line)}
    alone = {shape for shape, count in Counter(shapes.values()).items() if count == 1}
    restless: dict[str, int] = {}
    new = []
    for line, known in hashes.items():
        shape = shapes.get(line, "")
        if known in before:
            if shape:
                restless[shape] = 0
            continue
        changes = 0
        if shape in alone and shape in seen.restless:
            changes = 1 + (seen.restless[shape] if in_a_row else 0)
        if shape:
            restless[shape] = changes
        if changes < _RESTLESS and not _is_date(line):
            new.append(line)
    here = list(hashes.values())
    standing = set(here)
    gone = [known for known in seen.lines if known not in standing][-MAX_SEEN:]
    return "\n".join(new), Seen(lines=(*gone, *here), restless=restless)


def _says_something(line: str) -> bool:
    return sum(map(str.isalpha, line)) > 1


def _is_date(line: str) -> bool:
    if len(line) > _LONGEST_DATE or not _NUMBER.search(line):
        return False
    return any(parse_date(f"{line}{rest}", "UTC") for rest in ("", " 00:00"))


def _hash(line: str) -> str:
    return blake2b(content_hash("", line).encode(), digest_size=8).hexdigest()
