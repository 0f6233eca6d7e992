"""From a directory of rule files to rules, and to every mistake in them at once."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from watchd.errors import FileProblems, Problem
from watchd.model import FollowUp, Item
from watchd.rules import keys, schema
from watchd.rules.files import list_files, rule_files, strays
from watchd.rules.lexer import Source, plain_source, tokens
from watchd.rules.meant import seconds
from watchd.rules.parser import parse
from watchd.rules.rule import OverTime, OverTimeTest, Rule, RuleTest
from watchd.rules.termlist import TermList, read_list
from watchd.rules.tree import Node
from watchd.tomlfile import Document, read, read_bytes
from watchd.values import Struct, asdict, field, replace, without

_TEST = re.compile(r"""^[ \t]*\[\[[ \t]*(["']?)test\1[ \t]*\]\]""", re.MULTILINE)


class Loaded(Struct, frozen=True, kw_only=True):
    """What a rules directory holds.

    `over_time` are the rules that ask for more than one item, `lists` the term lists by name.
    `broken` names the rules that have mistakes, each with its first; they are not among `rules`.
    `problems` are all the mistakes, of rules and of lists, by file and line.
    """

    rules: tuple[Rule, ...]
    over_time: tuple[OverTime, ...] = ()
    problems: tuple[Problem, ...]
    broken: Mapping[str, Problem]
    lists: Mapping[str, TermList] = field(default_factory=dict)

    __repr__ = without("lists")


def load(directory: Path, known: Mapping[str, Rule | OverTime] = {}) -> Loaded:
    """Read every rule below a directory. Never raises for what the files say.

    `known` are rules that were read earlier, by id: where a file and its lists say what they said
    then, that rule is taken, the very same object.
    """
    if not directory.is_dir():
        message = "there is no such rules directory"
        problem = Problem(code="E205", message=message, path=str(directory))
        return Loaded(rules=(), problems=(problem,), broken={})
    lists = {name: _read_list(path) for name, path in list_files(directory)}
    problems = [problem for one in lists.values() for problem in one.problems]
    rules, over_time, broken = list[Rule](), list[OverTime](), {}
    for rule_id, path in rule_files(directory):
        try:
            data, earlier = _bytes(path), known.get(rule_id)
            rule: Rule | OverTime
            if earlier and _is_same(earlier, path, data, lists):
                rule = earlier
            else:
                rule = _rule(rule_id, read_bytes(data, str(path)), lists)
            if isinstance(rule, Rule):
                rules.append(rule)
            else:
                over_time.append(rule)
        except FileProblems as error:
            found = sorted(error.problems, key=_place)
            problems += found
            broken[rule_id] = found[0]
    return Loaded(
        rules=tuple(rules),
        over_time=tuple(over_time),
        problems=tuple(sorted(point_to_strays(problems, directory), key=_place)),
        broken=broken,
        lists=lists,
    )


def point_to_strays(problems: Iterable[Problem], directory: Path) -> list[Problem]:
    """The problems; where a list is missing, with its file in the hint if it only lies amiss."""
    found = list(problems)
    if not any(problem.code == "E112" for problem in found):
        return found
    lists = {f"@{stray.place.stem}": stray for stray in strays(directory) if stray.is_list}
    for number, problem in enumerate(found):
        name = problem.source[problem.col - 1 : problem.col - 1 + problem.length]
        if problem.code == "E112" and (stray := lists.get(name)):
            hint = f"{stray.path} is not read: {stray.hint}"
            found[number] = replace(problem, hint=hint)
    return found


def rule_from_source(rule_id: str, path: str, source: str, lists: Mapping[str, str]) -> Rule:
    """A rule of one item again from what was kept of it. Raises FileProblems."""
    rule = any_from_source(rule_id, path, source, lists)
    assert isinstance(rule, Rule), "who asks for it has seen to that"
    return rule


def any_from_source(
    rule_id: str, path: str, source: str, lists: Mapping[str, str]
) -> Rule | OverTime:
    """A rule of any type again from what was kept of it. Raises FileProblems."""
    held = {name: read_list(name, f"lists/{name}.txt", text) for name, text in lists.items()}
    return _rule(rule_id, read(source, path), held)


def rule_from_query(query: str, *, rule_id: str = "query", lists: Mapping[str, str] = {}) -> Rule:
    """A rule that is no more than a query, for trying one out. Raises FileProblems."""
    held = {name: read_list(name, f"lists/{name}.txt", text) for name, text in lists.items()}
    node = parse(plain_source(query), held)
    return Rule(id=rule_id, path="", title=rule_id, severity="info", query=node, source=query)


def _place(problem: Problem) -> tuple[str, int, int]:
    return problem.path, problem.line, problem.col


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileProblems([_unreadable(path, error)]) from None


def _is_same(rule: Rule | OverTime, path: Path, data: bytes, lists: Mapping[str, TermList]) -> bool:
    text = data.removeprefix(BOM_UTF8).replace(b"\r\n", b"\n")  # as a Document holds it
    if rule.path != str(path) or rule.source.encode() != text:
        return False
    return all(name in lists and lists[name].source == was for name, was in rule.lists.items())


def _read_list(path: Path) -> TermList:
    problem: Problem
    try:
        return read_list(path.stem, str(path), path.read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        problem = _not_utf8(path, error)
    except OSError as error:
        problem = _unreadable(path, error)
    return TermList(name=path.stem, path=str(path), source="", terms=(), problems=(problem,))


def _not_utf8(path: Path, error: UnicodeDecodeError) -> Problem:
    data, at = error.object, error.start
    start, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at)
    before = data[start:at].decode("utf-8", "replace")
    shown = data[start : end if end >= 0 else len(data)].decode("utf-8", "replace")
    return Problem(
        code="E205",
        message="this file is not UTF-8: save it as UTF-8 in your editor",
        path=str(path),
        line=data.count(b"\n", 0, at) + 1,
        col=len(before) + 1,
        source="" if "\0" in shown else shown.rstrip("\r"),  # UTF-16 would be riddled with it
    )


def _unreadable(path: Path, error: OSError) -> Problem:
    message = f"this file cannot be read: {error.strerror}"
    return Problem(code="E205", message=message, path=str(path))


def _rule(rule_id: str, document: Document, lists: Mapping[str, TermList]) -> Rule | OverTime:
    file, problems = keys.check(document)
    queries: dict[str, Node] = {}
    used: set[str] = set()
    for path in _queries(document.data):
        text = _value(document.data, path)
        if isinstance(text, str):
            try:
                queries[".".join(map(str, path))] = parse(_source(document, text, path), lists)
            except FileProblems as error:
                problems += error.problems
            if "@" in text:
                found = tokens(plain_source(text))
                used |= {token.text for token in found if token.kind == "list"}
    if problems or file is None:
        raise FileProblems(problems)
    held = {name: lists[name].source for name in sorted(used)}
    said: dict[str, Any] = {
        "id": rule_id,
        "path": document.path,
        "title": file.title,
        "severity": file.severity,
        "status": file.status,
        "tags": tuple(file.tags),
        "why": file.why,
        "references": tuple(file.references),
        "false_positives": tuple(file.false_positives),
        "owner": file.owner,
        "throttle": timedelta(seconds=seconds(file.throttle)) if file.throttle else None,
        "follow_up": FollowUp.read(file.follow_up or ""),
        "was": file.was or "",
        "expires": file.expires,
        "only": tuple(file.sources.only),
        "except_": tuple(file.sources.except_),
        "indicator": asdict(file.indicator) if file.indicator else {},
        "source": document.text,
        "lists": held,
    }
    lines = _test_lines(document, len(file.test))
    if file.type != "match":
        table, tests = getattr(file, file.type), tuple(map(_test_over_time, file.test, lines))
        return OverTime(**said, type=file.type, queries=queries, table=table, tests=tests)
    return Rule(**said, query=queries["query"], tests=tuple(map(_test, file.test, lines)))


_Path = tuple[str | int, ...]


def _queries(data: Mapping[str, Any]) -> list[_Path]:
    """Where a rule file holds queries."""
    sequence = data.get("sequence")
    steps = sequence.get("step") if isinstance(sequence, dict) else None
    of_steps = range(len(steps)) if isinstance(steps, list) else ()
    return [
        ("query",),
        ("ratio", "count"),
        ("ratio", "against"),
        *(("sequence", "step", number, "query") for number in of_steps),
    ]


def _value(data: Any, path: _Path) -> Any:
    for key in path:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _source(document: Document, text: str, path: _Path) -> Source:
    def locate(index: int) -> tuple[int, int, str]:
        place = document.within(index, *path)
        return place.line, place.col, document.line(place.line)

    return Source(text, document.path, locate)


def _test_lines(document: Document, count: int) -> list[int]:
    """The line of each [[test]]."""
    text = document.text
    lines = [text.count("\n", 0, found.start()) + 1 for found in _TEST.finditer(text)]
    if len(lines) == count:
        return lines
    # One stands in a text, or they are written as a list: only then is the file gone through.
    return [document.key("test", index).line for index in range(count)]


def _test(test: schema.Test, line: int) -> RuleTest:
    return RuleTest(
        name=test.name,
        match=test.expect == "match",
        title=test.title,
        text=test.text,
        source=test.source,
        lang=test.lang,
        author=test.author,
        url=test.url,
        categories=tuple(test.category),
        spans=tuple(test.spans),
        line=line,
    )


def _test_over_time(test: schema.Test, line: int) -> OverTimeTest:
    assert test.at is not None, "keys.check saw to that, and to what is expected"
    assert test.expect != "match"
    assert test.expect != "no match"
    return OverTimeTest(
        name=test.name,
        expect=test.expect,
        at=test.at,
        history_from=test.history_from,
        value=test.value,
        items=tuple((_item(one, number), one.source) for number, one in enumerate(test.items, 1)),
        line=line,
    )


def _item(item: schema.TestItem, number: int) -> Item:
    return Item(
        key=str(number),
        title=item.title,
        text=item.text,
        lang=item.lang,
        author=item.author,
        url=item.url,
        categories=tuple(item.category),
        published=item.published,
    )
