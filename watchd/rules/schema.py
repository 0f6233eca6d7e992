"""The keys of a rule file, and what is said of keys and values that are wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from watchd.errors import Problem
from watchd.model import Severity
from watchd.tomlfile import Document, nearest

_Text = Annotated[str, StringConstraints(min_length=1)]
_Duration = Annotated[str, StringConstraints(pattern=r"^\d+(s|m|h|d|w)$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Sources(_Table):
    """[sources]: feed names, or `tag:x` for the feeds of a tag."""

    only: list[str] = []
    except_: list[str] = Field(default=[], alias="except")


class Indicator(_Table):
    """[indicator]: what a hit means on the board."""

    problem: _Text
    points_to: _Text
    weight: Literal["weak", "moderate", "strong"] = "moderate"
    lasts: _Duration = "30d"


class Test(_Table):
    """[[test]]: an item, and whether the rule has to match it."""

    name: _Text
    expect: Literal["match", "no match"]
    title: str = ""
    text: str = ""
    source: str = ""
    lang: str = ""
    spans: list[_Text] = []


class RuleFile(_Table):
    """A rule file."""

    title: _Text
    severity: Severity
    query: str
    type: Literal["match"] = "match"
    status: Literal["draft", "test", "stable", "off"] = "stable"
    tags: list[_Text] = []
    why: str = ""
    references: list[str] = []
    false_positives: list[str] = []
    owner: str = ""
    expires: date | None = None
    sources: Sources = Sources()
    indicator: Indicator | None = None
    test: list[Test] = []


_KEYS: dict[tuple[str, ...], list[str]] = {
    (): list(RuleFile.model_fields),
    ("sources",): ["only", "except"],
    ("indicator",): list(Indicator.model_fields),
    ("test",): list(Test.model_fields),
}
_TYPES = ("frequency", "spike", "ratio", "sequence", "new_term", "flatline")
_NOT_YET = {
    (): ("throttle", "was", *_TYPES),
    ("test",): ("items", "at", "history_from", "value"),
}
_EXAMPLES = {
    "title": 'title = "What the rule finds"',
    "severity": 'severity = "medium"',
    "query": "query = '''\n\"a phrase\" OR word\n'''",
    "name": 'name = "what this test shows"',
    "expect": 'expect = "match"',
    "problem": 'problem = "What the board is about"',
    "points_to": 'points_to = "what a hit makes more likely"',
}
_WANTED = {
    "string_type": 'a text in quotation marks: "…"',
    "list_type": 'a list in square brackets: ["…"]',
    "date_type": "a date without quotation marks: 2026-12-31",
    "date_from_datetime_inexact": "a date without a time: 2026-12-31",
    "string_too_short": "empty: write something or take it out",
    "string_pattern_mismatch": 'a duration such as "30d" (s, m, h, d or w)',
    "model_type": "a [table] with keys of its own",
    "dict_type": "a [table] with keys of its own",
}


def check(document: Document) -> tuple[RuleFile | None, list[Problem]]:
    """The keys of a rule file by their types, or every problem with them."""
    try:
        found = RuleFile.model_validate(document.data)
    except ValidationError as error:
        return None, [_problem(document, one) for one in error.errors(include_url=False)]
    return found, list(_empty_tests(document, found))


def _empty_tests(document: Document, file: RuleFile) -> Iterator[Problem]:
    for index, test in enumerate(file.test):
        if not test.title and not test.text:
            message = f"the test '{test.name}' has no item: give it a `title` or a `text`"
            yield document.problem("E204", message, "test", index, at="key")


def _problem(document: Document, error: Any) -> Problem:
    path: tuple[str | int, ...] = error["loc"]
    table = tuple(part for part in path[:-1] if isinstance(part, str))
    key, kind = path[-1], error["type"]
    name = f"`{key}`" if isinstance(key, str) else f"`{path[-2]}`"
    if kind == "missing":
        message = f"{name} is missing"
        if not table:
            return Problem(
                code="E204",
                message=f"{message} from this rule",
                path=document.path,
                line=1,
                hint=f"add at the top:  {_EXAMPLES[str(key)]}",
            )
        hint = f"add:  {_EXAMPLES[str(key)]}"
        return document.problem("E204", message, *path[:-1], at="key", hint=hint)
    if kind == "extra_forbidden":
        return _unknown_key(document, path, table, str(key))
    if kind == "literal_error":
        return _not_among(document, path, error)
    wanted = _WANTED.get(kind, f"wrong: {error['msg'].lower()}")
    if path == ("test",):
        wanted = "written as [[test]], with two brackets on each side"
    to_be = "to be " if kind in _WANTED and kind != "string_too_short" else ""
    return document.problem("E203", f"{name} is {to_be}{wanted}", *path)


def _not_among(document: Document, path: tuple[str | int, ...], error: Any) -> Problem:
    known = re.findall(r"'([^']*)'", error["ctx"]["expected"])
    key, given = path[-1], error["input"]
    if key == "type" and given in _TYPES:
        message = f'this version of watchd does not do rules of type = "{given}" yet'
        return document.problem("E202", message, *path)
    meant = nearest(given, known) if isinstance(given, str) else ""
    meant = meant or ("info" if given == "informational" else "")
    said = ", ".join(known[:-1]) + f" or {known[-1]}" if len(known) > 1 else f'"{known[0]}"'
    message = f"`{key}` is {said}" + (f", not '{given}'" if isinstance(given, str) else "")
    return document.problem("E203", message, *path, hint=f'{key} = "{meant}"' if meant else "")


def _unknown_key(
    document: Document, path: tuple[str | int, ...], table: tuple[str, ...], key: str
) -> Problem:
    if key in _NOT_YET.get(table, ()):
        message = f"this version of watchd does not do `{key}` yet"
        return document.problem("E202", message, *path, at="key")
    if table and key in (*_KEYS[()], "throttle", "was"):
        message = f"`{key}` belongs at the top, before the first [section]"
        hint = f"move it above [{table[0]}]"
        return document.problem("E201", message, *path, at="key", hint=hint)
    if home := next((home for home, keys in _KEYS.items() if home and key in keys), None):
        section = f"[[{home[0]}]]" if home == ("test",) else f"[{home[0]}]"
        message = f"`{key}` belongs under {section}"
        return document.problem("E201", message, *path, at="key")
    where = f"under [{table[0]}]" if table else "in a rule"
    message = f"there is no key `{key}` {where}"
    meant = nearest(key, _KEYS.get(table, []))
    hint = f"did you mean {meant}?" if meant else f"known: {', '.join(_KEYS.get(table, []))}"
    return document.problem("E201", message, *path, at="key", hint=hint)
