"""What is said of values that cannot be used, at their place, with no secret in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from watchd.config.schema import SECTIONS
from watchd.config.secrets import HEARTBEATS, SOURCES
from watchd.config.values import Wrong
from watchd.errors import Problem
from watchd.tables.marks import keys
from watchd.tomlfile import Document
from watchd.values import replace

_SECRET = {*SOURCES, *HEARTBEATS, "database"}
_OPEN = {key for model in SECTIONS.values() for key in keys(model)} - _SECRET
_HEADER = re.compile(r"\s*\[\[?\s*[A-Za-z_.-]{1,24}\s*\]{0,2}\s*")
_STATEMENT = re.compile(r"\s*([A-Za-z_]{1,24})[ \t]*=[ \t]*")


def wrong(document: Document, mistake: Wrong, *path: str | int) -> Problem:
    """A value that cannot be used, by its place."""
    hint = f"{path[-1]} = {mistake.hint}" if mistake.hint and isinstance(path[-1], str) else ""
    return document.problem(mistake.code, mistake.message, *path, hint=hint or mistake.hint)


def without_secrets(problems: Iterable[Problem], harmless: Collection[int] = ()) -> list[Problem]:
    """The same with source lines cut to what may be shown; `harmless`: those of open addresses."""
    cut = []
    for problem in problems:
        shown = _shown(problem.source, harmless=problem.line in harmless)
        if shown == problem.source:
            cut.append(problem)
            continue
        hint = problem.hint if problem.code.startswith("C") else ""  # T: the line, mended
        length = problem.length if problem.col + problem.length <= len(shown) + 1 else 1
        if problem.col > len(shown):
            shown = ""
        cut.append(replace(problem, source=shown, length=length, hint=hint))
    return cut


def _shown(line: str, *, harmless: bool) -> str:
    """What may be shown of a line: addresses, and what has the name of no known key, may not.

    It must hold for any text, since a file with mistakes in it may have anything anywhere.
    """
    if not line.strip() or _HEADER.fullmatch(line.partition("#")[0]):
        return line.partition("#")[0]
    statement = _STATEMENT.match(line)
    if statement is None:
        return ""
    value = line[statement.end() :]
    if statement[1] == "url" and harmless:
        return line.partition("#")[0]  # what is behind it may be an address that is not
    if statement[1] in _OPEN and "://" not in value and "url" not in value:
        return line
    return line[: statement.end()] + "***"
