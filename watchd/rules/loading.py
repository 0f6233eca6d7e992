"""From a directory of rule files to rules, and to every mistake in them at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from watchd.errors import FileProblems, Problem
from watchd.rules import schema
from watchd.rules.files import list_files, rule_files
from watchd.rules.lexer import Source, plain_source, tokens
from watchd.rules.parser import parse
from watchd.rules.rule import Rule, RuleTest
from watchd.rules.termlist import TermList, read_list
from watchd.tomlfile import Document, read, read_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a rules directory holds.

    `broken` names the rules that have mistakes, each with its first; they are not among `rules`.
    `problems` are all the mistakes, of rules and of lists, by file and line.
    """

    rules: tuple[Rule, ...]
    problems: tuple[Problem, ...]
    broken: Mapping[str, Problem]


def load(directory: Path) -> Loaded:
    """Read every rule below a directory. Never raises for what the files say."""
    if not directory.is_dir():
        message = "there is no such rules directory"
        problem = Problem(code="E205", message=message, path=str(directory))
        return Loaded(rules=(), problems=(problem,), broken={})
    lists = {name: _read_list(path) for name, path in list_files(directory)}
    problems = [problem for one in lists.values() for problem in one.problems]
    rules, broken = [], {}
    for rule_id, path in rule_files(directory):
        try:
            rules.append(_rule(rule_id, _read_document(path), lists))
        except FileProblems as error:
            found = sorted(error.problems, key=_place)
            problems += found
            broken[rule_id] = found[0]
    return Loaded(rules=tuple(rules), problems=tuple(sorted(problems, key=_place)), broken=broken)


def rule_from_source(rule_id: str, path: str, source: str, lists: Mapping[str, str]) -> Rule:
    """A rule again from what was kept of it. Raises FileProblems."""
    held = {name: read_list(name, f"lists/{name}.txt", text) for name, text in lists.items()}
    return _rule(rule_id, read(source, path), held)


def rule_from_query(query: str, *, rule_id: str = "query", lists: Mapping[str, str] = {}) -> Rule:
    """A rule that is no more than a query, for trying one out. Raises FileProblems."""
    held = {name: read_list(name, f"lists/{name}.txt", text) for name, text in lists.items()}
    node = parse(plain_source(query), held)
    return Rule(id=rule_id, path="", title=rule_id, severity="info", query=node, source=query)


def _place(problem: Problem) -> tuple[str, int, int]:
    return problem.path, problem.line, problem.col


def _read_document(path: Path) -> Document:
    try:
        return read_bytes(path.read_bytes(), str(path))
    except OSError as error:
        raise FileProblems([_unreadable(path, error)]) from None


def _read_list(path: Path) -> TermList:
    problem: Problem
    try:
        return read_list(path.stem, str(path), path.read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        message = "this file is not UTF-8: save it as UTF-8 in your editor"
        problem = Problem(code="E205", message=message, path=str(path), line=line)
    except OSError as error:
        problem = _unreadable(path, error)
    return TermList(name=path.stem, path=str(path), source="", terms=(), problems=(problem,))


def _unreadable(path: Path, error: OSError) -> Problem:
    message = f"this file cannot be read: {error.strerror}"
    return Problem(code="E205", message=message, path=str(path))


def _rule(rule_id: str, document: Document, lists: Mapping[str, TermList]) -> Rule:
    file, problems = schema.check(document)
    text = document.data.get("query")
    node = None
    if isinstance(text, str):
        source = Source(text, document.path, lambda index: _locate(document, index))
        try:
            node = parse(source, lists)
        except FileProblems as error:
            problems += error.problems
    if problems or file is None or node is None:
        raise FileProblems(problems)
    used = set()
    if "@" in file.query:
        used = {token.text for token in tokens(plain_source(file.query)) if token.kind == "list"}
    return Rule(
        id=rule_id,
        path=document.path,
        title=file.title,
        severity=file.severity,
        query=node,
        status=file.status,
        tags=tuple(file.tags),
        why=file.why,
        references=tuple(file.references),
        false_positives=tuple(file.false_positives),
        owner=file.owner,
        expires=file.expires,
        only=tuple(file.sources.only),
        except_=tuple(file.sources.except_),
        indicator=file.indicator.model_dump() if file.indicator else {},
        tests=tuple(_test(document, index, test) for index, test in enumerate(file.test)),
        source=document.text,
        lists={name: lists[name].source for name in sorted(used)},
    )


def _locate(document: Document, index: int) -> tuple[int, int, str]:
    place = document.within(index, "query")
    return place.line, place.col, document.line(place.line)


def _test(document: Document, index: int, test: schema.Test) -> RuleTest:
    return RuleTest(
        name=test.name,
        match=test.expect == "match",
        title=test.title,
        text=test.text,
        source=test.source,
        lang=test.lang,
        spans=tuple(test.spans),
        line=document.key("test", index).line,
    )
