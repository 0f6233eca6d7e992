"""What is said of a config that is not as it should be: every mistake, at its place."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError

from watchd.config.problems import wrong
from watchd.config.schema import MANY, SECTIONS, File
from watchd.errors import Problem
from watchd.tables import models
from watchd.tables.marks import keys
from watchd.tomlfile import Document, nearest

Path = tuple[str | int, ...]

_KEY = re.compile(r"[A-Za-z_-]{1,24}")
_TYPES = {
    "string_type": 'a text in quotes: "…"',
    "int_type": "a whole number, without quotes",
    "bool_type": "true or false, without quotes",
    "tuple_type": 'a list of texts: ["…", "…"]',
}


def read(document: Document) -> tuple[File, list[Problem]]:
    """The values of the file, or those of an empty one and all that is wrong with this one."""
    try:
        return models.read(document.data, File), []
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        return File(), [_from_detail(dict(detail), document) for detail in details]


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
