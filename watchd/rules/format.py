"""The one way a rule file or a list is laid out. What it says stays the same, comments too.

Keys stand in one order, with their = below one another; the query comes last, in a ''' block of
its own, laid out by formatquery; then the [sections]. Single values stay as they were written.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from watchd.errors import FileProblems, WatchdError
from watchd.rules.formatquery import WIDTH, columns, format_query
from watchd.rules.lexer import plain_source, tokens
from watchd.rules.parser import parse
from watchd.rules.schema import TABLES, Test
from watchd.rules.termlist import TermList, read_list
from watchd.rules.tree import Node, Term
from watchd.tables.marks import keys
from watchd.values import Struct

_KEYS = {path: keys(model) for path, model in TABLES.items()} | {
    ("test",): sorted(keys(Test), key=lambda key: key not in ("name", "expect"))
}
_QUERY = _KEYS[()].index("query")  # it and the tables, which come after it, stand apart

# The pieces of a text that is known to be TOML: none is found within another.
_PIECE = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}(?!")'
    r"|\'\'\'.*?'{3,5}(?!')"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*"
    r"|[\[\]{},\n]"
    r"|[^\"'#\[\]{},\n]+",
    re.DOTALL,
)
_LONGEST_KEY = 10  # a longer one, false_positives, does not push the others away
_NOT_IN_A_BLOCK = re.compile(r"\'\'\'|[\x00-\x08\x0b-\x1f\x7f]")


class CannotFormatError(WatchdError):
    """Laid out, the file would not say the same. That is a mistake of ours; no harm is done."""


class _Statement(Struct):
    """`key = value` or a [header], and the comments that belong to it."""

    path: tuple[str, ...]  # ("sequence", "step") of [[sequence.step]]
    key: str  # of a header, with its brackets
    value: str
    before: list[str]  # comments, and "" for gaps between them
    aside: str


def format_rule(text: str) -> str:
    """A rule file in its one layout. It must be free of mistakes.

    Raises CannotFormatError when the result would not say the same.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    head, statements, tail = _read(text)
    sections: list[list[_Statement]] = [[]]
    for one in statements:
        if one.key[0] == "[":
            sections.append([])
        sections[-1].append(one)
    top = _sorted(sections.pop(0), ())
    parts = [_assignments(one for one in top if _place(one) < _QUERY)]
    parts += [_apart(one) for one in top if _place(one) >= _QUERY]
    for header, *inside in sorted(sections, key=lambda section: _place(section[0])):
        parts += [_apart(header), _assignments(_sorted(inside, header.path))]
    lines = head
    for part in [*parts, tail]:
        lines += part[1:] if lines[-1:] == part[:1] == [""] else part
    new = "\n".join(lines).strip("\n") + "\n"
    if not _same(new, text):
        raise CannotFormatError("laid out in the usual way, it would not say the same")
    return new


def format_list(text: str) -> str:
    """A list with composed letters, no blanks at the ends of lines, and one line end at its end."""
    lines = unicodedata.normalize("NFC", text.removeprefix("\ufeff")).splitlines()
    new = "\n".join(line.rstrip() for line in lines).strip("\n") + "\n"
    if read_list("", "", new).terms != read_list("", "", text).terms:
        raise CannotFormatError("tidied up, it would not hold the same terms")
    return new


# --- reading


def _read(text: str) -> tuple[list[str], list[_Statement], list[str]]:
    """The comment at the top, the statements, and the comments at the end."""
    statements: list[_Statement] = []
    head: list[str] = []
    gap: list[str] = []
    for words, comment in _logical_lines(text):
        if not words:
            gap.append(comment)
            continue
        gap = _tidy(gap)
        if not statements:  # the first comment is about the file, whatever key it stands on
            length = gap.index("", 1) + 1 if "" in gap[1:] else len(gap)
            head, gap = gap[:length], gap[length:]
        path = _path(words)
        key, value = ".".join(path), ""
        if words[0] == "[":
            key = f"[[{key}]]" if words[1] == "[" else f"[{key}]"
        else:
            value = words.partition("=")[2].strip()
        statements.append(_Statement(path, key, value, gap, comment))
        gap = []
    return head, statements, _tidy(gap)


def _logical_lines(text: str) -> Iterator[tuple[str, str]]:
    """Each statement, which may take many lines, and the comment behind it."""
    words, comment, depth = "", "", 0
    for piece in _PIECE.findall(text + "\n"):
        depth += (piece in ("[", "{")) - (piece in ("]", "}"))
        if piece == "\n" and not depth:
            yield words.strip(), comment
            words = comment = ""
        elif piece[0] == "#" and not depth:
            comment = piece.rstrip()
        else:
            words += piece


def _path(words: str) -> tuple[str, ...]:
    path: list[str] = []
    found: Any = tomllib.loads(words if words[0] == "[" else words.partition("=")[0] + "= 0")
    while found:
        path += found
        found = found[path[-1]]
        found = found[0] if isinstance(found, list) else found
    return tuple(path)


def _tidy(gap: list[str]) -> list[str]:
    """Comments with at most one empty line between them; nothing where there is no comment."""
    if not any(gap):
        return []
    return [line for line, above in zip(gap, ["-", *gap], strict=False) if line or above]


# --- writing


def _place(one: _Statement, table: tuple[str, ...] = ()) -> int:
    return _KEYS[table].index(one.path[0])


def _sorted(statements: list[_Statement], table: tuple[str, ...]) -> list[_Statement]:
    return sorted(statements, key=lambda one: _place(one, table))


def _apart(one: _Statement) -> list[str]:
    """The lines of a part of the file, after an empty line, or comments with one among them."""
    lines = _assignments([one])
    return lines if "" in one.before else ["", *lines]


def _assignments(statements: Iterable[_Statement]) -> list[str]:
    """The lines of keys and values, with each = below the other; so too the comments behind."""
    found = list(statements)
    width = max((len(one.key) for one in found if len(one.key) <= _LONGEST_KEY), default=0)
    lines: list[str] = []
    asides: dict[int, str] = {}
    for one in found:
        lines += one.before
        line = one.key
        if one.value:
            value = (
                _query(one.value)
                if one.path == ("query",)
                else _value(one.value, max(width, len(line)) + 3)
            )
            line += " " * (width - len(line)) + f" = {value}"
        lines += line.split("\n")
        if one.aside:
            asides[len(lines) - 1] = one.aside
    column = max((columns(lines[number]) for number in asides), default=0)
    for number, aside in asides.items():
        lines[number] += " " * (column - columns(lines[number]) + 2) + aside
    return lines


def _query(value: str) -> str:
    """A query in a block of its own; as it was written where a block cannot hold it."""
    laid_out = format_query(tomllib.loads(f"query = {value}")["query"])
    return value if _NOT_IN_A_BLOCK.search(laid_out) else f"'''\n{laid_out}\n'''"


def _value(value: str, column: int) -> str:
    """A list on one line, or one element on each; all else as it was written."""
    if value[0] != "[" or _comments(value):
        return value
    elements = list(_elements(value))
    if any("\n" in element for element in elements):
        return value  # a long text, or a list in a list
    flat = f"[{', '.join(elements)}]"
    tables = any(element[0] == "{" for element in elements)
    if columns(flat) <= WIDTH - column and not tables:
        return flat
    return "\n".join(["[", *(f"  {element}," for element in elements), "]"])


def _elements(value: str) -> Iterator[str]:
    element, depth = "", 0
    for piece in _PIECE.findall(value.strip()[1:-1] + ","):
        depth += (piece in ("[", "{")) - (piece in ("]", "}"))
        if piece == "," and not depth:
            if element.strip():
                yield element.strip()
            element = ""
        else:
            element += piece


# --- is it still the same?


def _same(new: str, old: str) -> bool:
    try:
        return _meaning(new) == _meaning(old) and sorted(_comments(new)) == sorted(_comments(old))
    except (ValueError, FileProblems):
        return False


def _comments(text: str) -> list[str]:
    return [piece.rstrip() for piece in _PIECE.findall(text) if piece[0] == "#"]


def _meaning(text: str) -> Any:
    """What TOML says, with the tree of each query in the place of its text."""

    def read(key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: read(name, inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [read("", inner) for inner in value]
        return _tree(value) if key == "query" else value

    return read("", tomllib.loads(text))


def _tree(query: str) -> Node:
    """The tree of a query whose lists hold nothing but their own names."""
    source = plain_source(query)
    names = {token.text for token in tokens(source) if token.kind == "list"}
    lists = {
        name: TermList(name=name, path="", source="", terms=(Term(text=f"@{name}"),), problems=())
        for name in names
    }
    return parse(source, lists)
