"""A query as it is written in its file: the text of each clause, and where that stands."""

from __future__ import annotations

import re
from functools import cached_property

from watchd.errors import Problem
from watchd.rules.lexer import Source, plain_source
from watchd.rules.rule import OverTime, Rule
from watchd.rules.tree import Any, At, Except, Fact, Near, Node, Term, parts
from watchd.tomlfile import read

_BETWEEN = re.compile(r"(?:O?NEAR|EXCEPT)\S*", re.IGNORECASE)
_COMMENT = re.compile(r'("(?:\\.|[^"\n\\])*")|(?:^|(?<=\s))#[^\n]*')


class Written:
    """A query of a rule. Its file is read again only once a place or a text is asked for.

    `key` leads to the query in the file: "query", "ratio.count", "sequence.step.0.query".
    """

    def __init__(self, rule: Rule | OverTime, key: str = "query") -> None:
        self._rule = rule
        self._path = tuple(int(part) if part.isdecimal() else part for part in key.split("."))

    @cached_property
    def _source(self) -> Source:
        rule = self._rule
        if not rule.path:  # a query alone
            return plain_source(rule.source)
        document = read(rule.source, rule.path)
        text: object = document.data
        for part in self._path:
            text = text[part]  # type: ignore[index]  # the keys of a rule that was read

        def locate(at: int) -> tuple[int, int, str]:
            place = document.within(at, *self._path)
            return place.line, place.col, document.line(place.line)

        return Source(str(text), rule.path, locate)

    def may_hold(self, sign: str) -> bool:
        """Whether the sign stands in the file, or may by an escape: without reading it again."""
        return sign in self._rule.source or "\\" in self._rule.source

    def clause(self, node: Node) -> str:
        """A clause on one line, without comments. A term of a list is shown as it is compared."""
        start, end = node.at
        text = " ".join(_COMMENT.sub(r"\1", self._source.text[start:end]).split())
        if not text:
            return _term(node) if isinstance(node, Term) else str(node)
        field = _field(node)
        if not field or text.startswith(f"{field}:"):
            return text
        return f"{field}:({text})" if isinstance(node, Any) and not node.name else f"{field}:{text}"

    def operator(self, node: Near | Except) -> At:
        """Where the NEAR or EXCEPT between two clauses stands."""
        (_, start), (end, _) = (part.at for part in parts(node))
        found = _BETWEEN.search(_COMMENT.sub(_blank, self._source.text[start:end]))
        return (start + found.start(), start + found.end()) if found else node.at

    def problem(self, at: At, message: str, *, hint: str = "") -> Problem:
        """A remark on a part of the query, with its place in the file; of many lines, the first."""
        start, end = at
        line, col, source = self._source.locate(start)
        stop = self._source.text.find("\n", start, end)
        return Problem(
            code="",
            message=message,
            path=self._rule.path,
            line=line,
            col=col,
            level="warning",
            source=source,
            length=max(1, (stop if stop > 0 else end) - start),
            hint=hint,
        )


def asked(written: str) -> str:
    """A clause as a sentence shows it: a bare word between quotation marks."""
    bare = written.replace("*", "").replace("?", "").isalnum()
    return f'"{written}"' if bare else written


def _blank(comment: re.Match[str]) -> str:
    return comment[1] or " " * len(comment[0])


def _term(term: Term) -> str:
    text = f'"{term.text}"' if " " in term.text else term.text
    return f"[{term.lang}] {text}" if term.lang else text


def _field(node: Node) -> str:
    """The field that a word, or all of an OR, is looked for in; "" for none, or several."""
    if isinstance(node, Term | Fact):
        return node.field
    if not isinstance(node, Any):
        return ""
    fields = {_field(part) for part in (node.parts[:1] if node.name else node.parts)}
    return fields.pop() if len(fields) == 1 else ""
