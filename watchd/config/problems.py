"""From what pydantic refuses to sentences for people, at their place, with no secret in them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

from pydantic import ValidationError

from watchd.config.schema import MANY, SECTIONS, keys
from watchd.config.secrets import HEARTBEATS, SOURCES
from watchd.config.values import Wrong
from watchd.errors import Problem
from watchd.tomlfile import Document, nearest
from watchd.values import replace

Path = tuple[str | int, ...]

_SECRET = {*SOURCES, *HEARTBEATS, "database"}
_OPEN = {key for model in SECTIONS.values() for key in keys(model)} - _SECRET
_HEADER = re.compile(r"\s*\[\[?\s*[A-Za-z_.-]{1,24}\s*\]{0,2}\s*")
_STATEMENT = re.compile(r"\s*([A-Za-z_]{1,24})[ \t]*=[ \t]*")
_KEY = re.compile(r"[A-Za-z_-]{1,24}")

_TYPES = {
    "string_type": 'a text in quotes: "…"',
    "int_type": "a whole number, without quotes",
    "bool_type": "true or false, without quotes",
    "tuple_type": 'a list of texts: ["…", "…"]',
}


def from_schema(error: ValidationError, document: Document) -> list[Problem]:
    """A problem for each thing the schema refused."""
    return [
        _from_detail(dict(detail), document)
        for detail in error.errors(include_url=False, include_input=False)
    ]


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


def _from_detail(detail: dict[str, Any], document: Document) -> Problem:
    path: Path = tuple(detail["loc"])
    kind = detail["type"]
    if kind == "extra_forbidden":
        return _unknown_key(path, document)
    if kind == "missing":
        message = f"this {_brackets(_section(path[:-1]))} has no `{path[-1]}`; it needs one"
        return document.problem("C102", message, *path, at="key")
    if kind == "value_error":
        return wrong(document, detail["ctx"]["error"], *path)
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = detail["ctx"].get("ge", detail["ctx"].get("le"))
        word = "least" if kind.startswith("greater") else "most"
        return document.problem("C104", f"`{path[-1]}` is at {word} {bound}", *path)
    if kind == "string_too_short":
        message = f"`{path[-1]}` is empty; leave the key out, or fill it in"
        return document.problem("C104", message, *path)
    if (section := _section(path)) in SECTIONS:
        brackets = _brackets(section)
        name = section.rpartition(".")[2]
        message = f"`{name}` is a section: write {brackets} on a line of its own"
        key_path = path[:-1] if isinstance(path[-1], int) else path
        return document.problem("C103", message, *key_path, at="key", hint=brackets)
    key = next(part for part in reversed(path) if isinstance(part, str))
    expected = _TYPES.get(kind, "something else")
    if kind == "literal_error":
        expected = "one of " + detail["ctx"]["expected"].replace("'", '"')
    return document.problem("C103", f"`{key}` is {expected}", *path)


def _unknown_key(path: Path, document: Document) -> Problem:
    key, section = str(path[-1]), _section(path[:-1])
    known = keys(SECTIONS[section])
    here = "at the top of the file" if not section else f"in {_brackets(section)}"
    name = f"`{key}`" if _KEY.fullmatch(key) else "this key"
    homes = [name for name, model in SECTIONS.items() if key in keys(model)]
    if "" in homes and key not in SECTIONS:
        message = f"{name} belongs at the top of the file, before the first [section]"
        hint = ""
    elif homes and not (meant := nearest(key, known)):
        message = f"{name} is not known {here}; it belongs in {_brackets(homes[0])}"
        hint = ""
    elif meant := nearest(key, known):
        is_section = not section and meant in SECTIONS
        hint = _brackets(meant) if is_section else meant
        message = (
            f"{name} is not known {here}; did you mean {hint if is_section else f'`{meant}`'}?"
        )
    else:
        message = f"{name} is not known {here}; known are {', '.join(known)}"
        hint = ""
    return document.problem("C101", message, *path, at="key", hint=hint)


def _section(path: Path) -> str:
    """The section that a path leads to: "feed.page" for ("feed", 0, "page")."""
    return ".".join(part for part in path if isinstance(part, str))


def _brackets(section: str) -> str:
    return f"[[{section}]]" if section in MANY else f"[{section}]"
