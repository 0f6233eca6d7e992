"""docs/operations.md as one follows it: what is typed, and what is pasted into which file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.systemd.machine import PROJECT

GUIDE = (PROJECT / "docs/operations.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```(\w+)\n([\s\S]*?)^```", re.MULTILINE)


@dataclass(frozen=True)
class Step:
    """A command; or, with a `file`, text that goes to the end of it."""

    text: str
    file: str = ""


def steps(title: str) -> Iterator[Step]:
    """Those of a section up to its first subsection, in their order.

    Each line of a block of shell is a command. Any other block is pasted into the file that was
    named last before it.
    """
    section = GUIDE.split(f"\n## {title}\n")[1].partition("\n## ")[0].partition("\n### ")[0]
    for block in _BLOCK.finditer(section):
        if block[1] == "sh":
            yield from map(Step, block[2].splitlines())
        else:
            file = re.findall(r"`(/[^`]+)`", section[: block.start()])[-1]
            yield Step(block[2], file)


def commands() -> list[str]:
    """All that the guide has one type, from its top on, without the remarks."""
    lines = "".join(text for kind, text in _BLOCK.findall(GUIDE) if kind == "sh").splitlines()
    return [line.partition("  #")[0].strip() for line in lines]
