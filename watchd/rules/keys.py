"""What is said of the keys and values of a rule file that are wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, get_args, get_type_hints

from watchd.errors import Problem
from watchd.rules import facts, meant
from watchd.rules.schema import TABLES, RuleFile, Test
from watchd.tables import plain
from watchd.tables.marks import Like, Table, keys
from watchd.tomlfile import Document
from watchd.values import fields

_ARRAYS = {("sequence", "step"), ("test",)}  # tables written with two brackets on each side
_TYPES = ("frequency", "spike", "ratio", "sequence", "new_term", "flatline")
_EXPECTED = {True: ("match", "no match"), False: ("alert", "no alert", "not ready")}
_OF_MATCH = ("title", "text", "source", "lang", "author", "url", "category", "spans")
_OVER_TIME = ("items", "at", "history_from", "value")
_EXAMPLES = {
    "title": 'title = "What the rule finds"',
    "severity": 'severity = "medium"',
    "query": "query = '''\n\"a phrase\" OR word\n'''",
    "name": 'name = "what this shows"',
    "expect": 'expect = "match"',
    "problem": 'problem = "What the board is about"',
    "points_to": 'points_to = "what a hit makes more likely"',
    "published": "published = 2026-01-31T09:00:00Z",
    "at_least": "at_least = 3",
    "within": 'within = "7d"',
    "window": 'window = "2d"',
    "baseline": 'baseline = "28d"',
    "history": 'history = "365d"',
    "count": "count = '@russia'",
    "against": "against = '@china'",
    "sources": 'sources = ["kcna-en"]',
    "step": "[[sequence.step]]",
    "at": "at = 2026-01-31T09:00:00Z",
}
_WANTED = {
    "string_type": 'a text in quotation marks: "…"',
    "list_type": 'a list in square brackets: ["…"]',
    "date_type": "a date without quotation marks: 2026-12-31",
    "date_from_datetime_inexact": "a date without a time: 2026-12-31",
    "datetime_type": "a time without quotation marks: 2026-01-31T09:00:00Z",
    "datetime_from_date_parsing": "a time of day as well: 2026-01-31T09:00:00Z",
    "timezone_aware": "a time with its zone: 2026-01-31T09:00:00Z",
    "int_type": "a whole number without quotation marks: 3",
    "float_type": "a number without quotation marks: 2.5",
    "bool_type": "true or false, without quotation marks",
    "string_too_short": "empty: write something or take it out",
    "too_short": "empty: write something or take it out",
    "string_pattern_mismatch": 'a duration such as "30d" (s, m, h, d or w)',
    "value_error": '"publishers:5", "new words", or both with a comma between them',
    "greater_than_equal": "1 or more",
    "greater_than": "more than 0",
    "model_type": "a [table] with keys of its own",
    "dict_type": "a [table] with keys of its own",
}
_IS = ("string_too_short", "too_short")  # said as "is …", the others as "is to be …"


def check(document: Document) -> tuple[RuleFile | None, list[Problem]]:
    """The keys of a rule file by their types, or every problem with them."""
    found: RuleFile | None
    try:
        found = plain.read(document.data, RuleFile)
    except plain.NotPlain:
        found, errors = _refused(document.data)
        if found is None:
            return None, _problems(document, errors)
    looks = (_of_type, _of_sources, _of_tests, _was)
    return found, [problem for look in looks for problem in look(document, found)]


def _refused(data: Mapping[str, Any]) -> tuple[RuleFile | None, list[Any]]:
    """What is wrong with the keys of a file, as pydantic says it."""
    from pydantic import ValidationError  # most files have no mistake

    from watchd.tables import models

    try:
        return models.read(data, RuleFile), []
    except ValidationError as error:
        return None, list(error.errors(include_url=False))


def _problems(document: Document, errors: list[Any]) -> list[Problem]:
    errors = _told_once(errors)
    there = {_meant(one["loc"]) for one in errors if one["type"] == "extra_forbidden"}
    # A key with a slip in it is not missing as well.
    errors = [one for one in errors if one["type"] != "missing" or one["loc"] not in there]
    misplaced, errors = _misplaced(document, errors)
    elsewhere = {path[-1] for path in there} | {one["loc"][-1] for one in errors}
    if _lacks_query(document.data) and "query" not in elsewhere:
        misplaced.append(_missing_at_top(document, "query"))
    return [*(_problem(document, one) for one in errors), *misplaced]


def _told_once(errors: list[Any]) -> list[Any]:
    """The errors; where a table lacks one key and has one that nobody knows, that is the one."""
    for missing in [one for one in errors if one["type"] == "missing"]:
        table = missing["loc"][:-1]
        beside = [one for one in errors if one["loc"][:-1] == table]
        lacks, unknown = (
            [one for one in beside if one["type"] == kind]
            for kind in ("missing", "extra_forbidden")
        )
        if table and len(lacks) == len(unknown) == 1 and _meant(unknown[0]["loc"])[-1] == "":
            unknown[0]["meant"] = missing["loc"][-1]
            errors = [one for one in errors if one is not missing]
        elif table and any(
            one["loc"] == missing["loc"][-1:] for one in errors
        ):  # it lacks its table's name
            errors = [one for one in errors if one is not missing]
    return errors


def _meant(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The path of the key that an unknown one was probably meant to be."""
    table = tuple(part for part in path[:-1] if isinstance(part, str))
    here = keys(TABLES[table]) if table in TABLES else []
    return *path[:-1], meant.key(str(path[-1]), here)


def _misplaced(document: Document, errors: list[Any]) -> tuple[list[Problem], list[Any]]:
    """Of `items` in tests of one item: that they are there; and the errors elsewhere."""
    if document.data.get("type", "match") != "match":
        return [], errors
    within = [one["loc"][:3] for one in errors if one["loc"][0] == "test" and "items" in one["loc"]]
    problems = [_of_other_rules(document, *loc, at_once=True) for loc in dict.fromkeys(within)]
    return problems, [one for one in errors if one["loc"][:3] not in within]


def _lacks_query(data: Mapping[str, Any]) -> bool:
    return "query" not in data and data.get("type", "match") not in ("sequence", "flatline")


def _of_type(document: Document, file: RuleFile) -> Iterator[Problem]:
    """The tables and the query that go with the type of the rule, and those that do not."""
    for name in _TYPES:
        if name in document.data and name != file.type:
            message = f"[{name}] is for a rule of another type: this one is '{file.type}'"
            hint = f'add at the top:  type = "{name}"   or take [{name}] out'
            yield document.problem("E201", message, name, at="key", hint=hint)
    if file.type in _TYPES and file.type not in document.data:
        message = f'a rule with type = "{file.type}" needs the table [{file.type}]'
        needed = [one.encode_name for one in fields(TABLES[file.type,]) if one.required]
        hint = f"add:  [{file.type}]  with {', '.join(needed)}"
        yield document.problem("E204", message, "type", hint=hint)
    if file.type in ("sequence", "flatline"):
        if file.query is not None:
            message = f'a rule with type = "{file.type}" has no `query` at the top'
            of_steps = "give each [[sequence.step]] its query"
            hint = of_steps if file.type == "sequence" else "take it out"
            yield document.problem("E201", message, "query", at="key", hint=hint)
    elif file.query is None:
        yield _missing_at_top(document, "query")
    if file.spike and meant.seconds(file.spike.baseline) < 4 * meant.seconds(file.spike.window):
        message = "`baseline` is to be longer than `window`, four times or more"
        yield document.problem("E203", message, "spike", "baseline")
    if file.ratio and file.ratio.above is None and file.ratio.below is None:
        message = "[ratio] needs `above` or `below`: from where on it alerts"
        yield document.problem("E204", message, "ratio", at="key", hint="add:  above = 3.0")
    if file.sequence and file.sequence.step and all(one.absent for one in file.sequence.step):
        message = "every step is `absent`: the time begins with one that must happen"
        hint = "take `absent` out of one step, or write a flatline for a feed that goes quiet"
        first = ("sequence", "step", 0, "absent")
        yield document.problem("E203", message, *first, at="key", hint=hint)
    for index, step in enumerate(file.sequence.step if file.sequence else ()):
        if (step.query is None) == (step.rule is None):
            message = f"the step '{step.name}' needs either a `query` or a `rule`"
            path = ("sequence", "step", index)
            hint = "" if step.rule else f"add:  {_EXAMPLES['query']}"
            yield document.problem("E204", message, *path, at="key", hint=hint)


def _of_sources(document: Document, file: RuleFile) -> Iterator[Problem]:
    """What stands for a feed, and can be no name of one."""
    named = {("sources", "only"): file.sources.only, ("sources", "except"): file.sources.except_}
    if file.flatline:
        named["flatline", "sources"] = file.flatline.sources
    for path, feeds in named.items():
        for index, feed in enumerate(feeds):
            if name := meant.feed(feed):
                message = f'`{path[-1]}` takes the name of a feed, or a tag as "tag:kcna"'
                yield document.problem("E203", message, *path, index, hint=f"write {name}")


def _of_tests(document: Document, file: RuleFile) -> Iterator[Problem]:
    """Keys of tests that do not go with the type of the rule."""
    at_once = file.type == "match"
    for index, test in enumerate(file.test):
        expected = _EXPECTED[at_once]
        if test.expect not in expected:
            said = ", ".join(f'"{word}"' for word in expected)
            message = f'`expect` of a rule with type = "{file.type}" is one of {said}'
            hint = f'expect = "{expected["no" in test.expect.split()]}"'
            yield document.problem("E203", message, "test", index, "expect", hint=hint)
        for key in _OVER_TIME if at_once else _OF_MATCH:
            if key in document.data["test"][index]:
                yield _of_other_rules(document, "test", index, key, at_once=at_once)
        yield from _empty_test(document, test, index, at_once=at_once)
        yield from _item(document, test, index)


def _of_other_rules(document: Document, *path: str | int, at_once: bool) -> Problem:
    """That a key of a test is for the tests of the other kind of rule."""
    other = "over time" if at_once else "of one item"
    of_type = document.data.get("type", "match")
    message = f'`{path[-1]}` is for the tests of rules {other}: this one is "{of_type}"'
    return document.problem("E201", message, *path, at="key")


def _item(document: Document, test: Test, index: int) -> Iterator[Problem]:
    """What an item of a test says of itself that no item does."""
    if test.lang:
        _, wrong, hint = facts.read("lang", (test.lang,))
        if wrong:
            code = facts.code_of(test.lang.lower())
            hint = f'lang = "{code}"' if code else hint
            yield document.problem("E203", wrong, "test", index, "lang", hint=hint)
    if test.url and "://" not in test.url:
        message = "`url` is to be a whole address: https://…"
        hint = (
            f'url = "https://{test.url}"'
            if re.fullmatch(r"[\w-]+(\.[\w-]+)+(/\S*)?", test.url)
            else ""
        )
        yield document.problem("E203", message, "test", index, "url", hint=hint)


def _was(document: Document, file: RuleFile) -> Iterator[Problem]:
    """The id of a rule is its path below the rules folder, without the ending."""
    was = (file.was or "").replace("\\", "/").removeprefix("./").removeprefix("rules/")
    meant_id = was.removesuffix(".toml")
    if file.was and meant_id != file.was:
        message = "`was` is to be the id of a rule: its path below the rules folder, without .toml"
        yield document.problem("E203", message, "was", hint=f'was = "{meant_id}"')


def _empty_test(document: Document, test: Test, index: int, *, at_once: bool) -> Iterator[Problem]:
    if at_once and not (test.title or test.text):
        message = f"the test '{test.name}' has no item: give it a `title` or a `text`"
        yield document.problem("E204", message, "test", index, at="key")
    if not at_once and test.at is None:
        message = f"the test '{test.name}' has no `at`: the time at which the rule is looked at"
        hint = f"add:  {_EXAMPLES['at']}"
        yield document.problem("E204", message, "test", index, at="key", hint=hint)


def _missing_at_top(document: Document, key: str) -> Problem:
    return Problem(
        code="E204",
        message=f"`{key}` is missing from this rule",
        path=document.path,
        line=1,
        col=1,
        hint=f"add at the top:  {_EXAMPLES[key]}",
    )


def _problem(document: Document, error: Any) -> Problem:
    path: tuple[str | int, ...] = error["loc"]
    table = tuple(part for part in path[:-1] if isinstance(part, str))
    key, kind, given = path[-1], error["type"], error["input"]
    model = TABLES.get(table)
    if kind == "string_type" and isinstance(given, int) and _is_duration(model, str(key)):
        kind, given = "string_pattern_mismatch", str(given)
    elif kind == "date_type" and isinstance(given, datetime):
        kind = "date_from_datetime_inexact"
    if key == "follow_up" and kind == "string_type":
        kind = "value_error"
    name = f"`{key}`" if isinstance(key, str) else f"`{path[-2]}`"
    if kind == "missing":
        if not table:
            return _missing_at_top(document, str(key))
        message = f"{name} is missing from {_header(table)}"
        hint = f"add:  {_EXAMPLES[str(key)]}"
        return document.problem("E204", message, *path[:-1], at="key", hint=hint)
    if kind == "extra_forbidden":
        return _unknown_key(document, path, table, str(key), error.get("meant", ""))
    if kind == "literal_error":
        return _not_among(document, path, error)
    wanted = _WANTED.get(kind, f"wrong: {error['msg'].lower()}")
    if path in _ARRAYS:
        wanted = f"written as {_header((*table, str(key)))}, with two brackets on each side"
    to_be = "to be " if kind in _WANTED and kind not in _IS else ""
    hint = ""
    feeds = isinstance(given, list) and all(isinstance(one, str) for one in given)
    if path == ("sources",) and feeds and (new := meant.value("list_type", given)):
        hint = f"sources.only = {new}"
    elif path in _ARRAYS or kind in ("model_type", "dict_type"):
        hint = _header((*table, str(key)))
    elif new := meant.value(kind, given):
        hint = f"{key} = {new}" if isinstance(key, str) else new
    elif key in ("query", "count", "against") and (new := meant.query(given)):
        hint = f"{key} = {new}"
    elif kind in _IS and key in _EXAMPLES and model and _is_needed(model, str(key)):
        wanted, hint = "empty: write something", _EXAMPLES[str(key)]
    return document.problem("E203", f"{name} is {to_be}{wanted}", *path, hint=hint)


def _is_needed(model: type[Table], key: str) -> bool:
    return any(one.required for one in fields(model) if one.encode_name == key)


def _is_duration(model: type[Table] | None, key: str) -> bool:
    hints = get_type_hints(model, include_extras=True) if model else {}
    marks = [mark for one in _with_parts(hints.get(key)) for mark in get_args(one)[1:]]
    return any(isinstance(mark, Like) for mark in marks)


def _with_parts(kind: Any) -> Iterator[Any]:
    yield kind
    for part in get_args(kind):
        yield from _with_parts(part)


def _header(table: tuple[str, ...]) -> str:
    name = ".".join(table)
    if table == ("test", "items"):
        return "an item of `items`"
    return f"[[{name}]]" if table in _ARRAYS else f"[{name}]"


def _not_among(document: Document, path: tuple[str | int, ...], error: Any) -> Problem:
    known = re.findall(r"'([^']*)'", error["ctx"]["expected"])
    key, given = path[-1], error["input"]
    word = meant.word(given, known)
    said = ", ".join(known[:-1]) + f" or {known[-1]}"
    message = f"`{key}` is {said}" + (f", not '{given}'" if isinstance(given, str) else "")
    hint = f'{key} = "{word}"' if word else _EXAMPLES.get(str(key), "") if given == "" else ""
    return document.problem("E203", message, *path, hint=hint)


def _unknown_key(
    document: Document, path: tuple[str | int, ...], table: tuple[str, ...], key: str, guess: str
) -> Problem:
    here = keys(TABLES[table]) if table in TABLES else []
    guess = guess or meant.key(key, here)
    homes = [home for home, model in TABLES.items() if home and key in keys(model)]
    inner = [home for home in homes if table and home[: len(table)] == table]
    if table and key in keys(RuleFile) and key not in (*_TYPES, guess) and not inner:
        message = f"`{key}` belongs at the top, before the first [section]"
        hint = f"move it above [{table[0]}]"
        return document.problem("E201", message, *path, at="key", hint=hint)
    if homes and not guess:
        message = f"`{key}` belongs under {' or '.join(map(_header, inner or homes))}"
        within = (*homes[0], key)
        hint = f"write {_header(within)}" if within in _ARRAYS and not table else ""
        return document.problem("E201", message, *path, at="key", hint=hint)
    where = f"under {_header(table)}" if table else "in a rule"
    message = f"there is no key `{key}` {where}"
    hint = f"did you mean {guess}?" if guess else f"known: {', '.join(here)}"
    if path == ("id",):
        hint = "take it out: the id of a rule is the path of its file"
    elif guess == "status" and (word := meant.status(key, document.data.get(key))):
        hint = f'write status = "{word}"'
    return document.problem("E201", message, *path, at="key", hint=hint)
