"""Plain queries, read several times as fast as the parser reads them.

Nearly all queries are words, phrases and lists joined by AND, OR, NOT and NEAR, with brackets. A
query with anything else in it, or with any mistake, is left to the parser, which would read the
very same tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from watchd.rules.slips import operator
from watchd.rules.term import fold_term, too_many_wildcards, too_short
from watchd.rules.termlist import TermList
from watchd.rules.tree import (
    All,
    Any,
    Except,
    Field,
    Near,
    Node,
    Not,
    Term,
    Unit,
    in_field,
    terms,
    true_of_nothing,
)

_TOKEN = re.compile(  # between two tokens is space: each other character belongs to one
    r"""
      "(?P<phrase>[^"“”„‟＂\\\n]+)"
    | (?P<joint>AND|OR)(?=[\s(])
    | (?P<open>\()
    | (?P<close>\))
    | (?P<word>(?!(?i:AND|OR|NOT|EXCEPT)(?![\w'’-])|(?i:O?NEAR|ATLEAST))
               [*?]?[^\W_][\w'’-]*[*?]?)(?![^\s)])
    | (?P<not>NOT)(?=[\s(])
    | (?P<near>O?NEAR/(?:[0-9]{1,3}|[sp])|EXCEPT)(?=[\s(])
    | @(?P<list>[\w-]+)(?![^\s)])
    | (?P<field>title|body|author|url|category):
    | (?P<comment>(?<!\S)\#.*)
    | (?P<end>\Z)
    | (?P<other>\S)
    """,
    re.VERBOSE,
)
_WILDCARD = re.compile("([*?])")
_FIELDS: dict[str, Field] = {
    "title": "title", "body": "body", "author": "author", "url": "url", "category": "category",
}  # fmt: skip
_MOST_BRACKETS = 20
_MOST_NEAR = 10  # in a row

_Tokens = Iterator[re.Match[str]]
_Lists = Mapping[str, TermList]


class _NotPlainError(Exception):
    pass


def read_plain(text: str, lists: _Lists) -> Node | None:
    """The tree of a query, its @lists filled in; None for what is not plain, or has a mistake."""
    if text.count("(") > _MOST_BRACKETS:
        return None
    tokens: _Tokens = _TOKEN.finditer(text)
    if "#" in text:
        tokens = (token for token in tokens if token.lastgroup != "comment")
    try:
        node, _ = _chain(tokens, lists, "end")
    except _NotPlainError:
        return None
    if "NOT" in text and true_of_nothing(node):  # which costs as much as three words
        return None
    return node


def _chain(tokens: _Tokens, lists: _Lists, closing: str) -> tuple[Node, int]:
    """Parts joined by AND, or by OR; and where the bracket after them ends."""
    nodes: list[Node] = []
    begin, joint = -1, ""
    while True:
        token = next(tokens)
        start = token.start()
        if begin < 0:
            begin = start
        is_denied = token.lastgroup == "not"
        if is_denied:
            token = next(tokens)
            _no_slip(token)
        left = token.start()
        node, end = _operand(token, tokens, lists)
        token = next(tokens)
        if token.lastgroup == "near":
            node, end, token = _near(node, left, token, tokens, lists)
        nodes.append(Not(node, (start, end)) if is_denied else node)
        kind = token.lastgroup
        if kind == closing:
            break
        if kind != "joint" or (joint and token["joint"] != joint):
            raise _NotPlainError
        joint = token["joint"]
    if not joint:
        return nodes[0], token.end()
    return (Any if joint == "OR" else All)(tuple(nodes), (begin, end)), token.end()


def _near(
    node: Node, start: int, token: re.Match[str], tokens: _Tokens, lists: _Lists
) -> tuple[Node, int, re.Match[str]]:
    """NEARs and EXCEPTs in a row; where they end, and the token that follows."""
    for _ in range(_MOST_NEAR):
        name, _, number = token["near"].partition("/")
        token = next(tokens)
        _no_slip(token)
        right, end = _operand(token, tokens, lists)
        if not _can_be_near(node) or not _can_be_near(right):
            break
        if name == "EXCEPT":
            node = Except(node, right, (start, end))
        else:
            between: int | Unit = "s" if number == "s" else "p" if number == "p" else int(number)
            node = Near(node, right, between, name == "ONEAR", (start, end))
        token = next(tokens)
        if token.lastgroup != "near":
            return node, end, token
    raise _NotPlainError


def _operand(token: re.Match[str], tokens: _Tokens, lists: _Lists) -> tuple[Node, int]:
    """A word, a phrase, a list, or what stands in brackets; and where it ends."""
    kind = token.lastgroup
    if kind == "open":
        return _chain(tokens, lists, "close")
    at = token.span()
    if kind == "word" or kind == "phrase":
        text = _term(token[kind])
        if text:
            return Term(text=text, at=at), at[1]
    elif kind == "list":
        held = lists.get(token[kind])
        if held and not held.problems:
            return Any(held.terms, at, held.name), at[1]
    elif kind == "field" and (following := next(tokens)).lastgroup != "field":
        node, end = _operand(following, tokens, lists)
        if not any(term.field for term in terms(node)):
            return in_field(node, _FIELDS[token[kind]]), end
    raise _NotPlainError


def _term(written: str) -> str:
    """The folded term; "" for one that cannot be looked for."""
    if "*" not in written and "?" not in written:
        return fold_term((written,))
    text = fold_term(tuple(_WILDCARD.split(written)))
    return "" if too_short(text) or too_many_wildcards(text) else text


def _no_slip(token: re.Match[str]) -> None:
    """Leave to the parser a word after NOT or NEAR that may be meant as an operator."""
    if token.lastgroup == "word" and operator(token["word"], between=True):
        raise _NotPlainError


def _can_be_near(node: Node) -> bool:
    """Whether this is a word, a list, or words joined by OR, NEAR and EXCEPT."""
    if isinstance(node, Any):
        return bool(node.name) or all(map(_can_be_near, node.parts))
    return isinstance(node, (Term, Near, Except))
