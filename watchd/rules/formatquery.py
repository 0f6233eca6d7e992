"""The one way a query is laid out: its words, in lines a reader can follow.

What fits on a line stands on one. Else each clause begins a line, with its operator in front;
what a bracket holds is set in; plain words with OR between them fill their lines, and a new line
that somebody began among them (say, for the next language) stays one.
"""

from __future__ import annotations

import re
from unicodedata import east_asian_width

from watchd.rules.lexer import QUOTES, Token, plain_source, tokens
from watchd.values import Struct, field

WIDTH = 100
_INDENT = "  "
_COUNTED = re.compile(r"([A-Z]+)/?(\d+|[sp])")


class _Item(Struct):
    """A word, phrase, list or bracket with the operator before it, and the comments on it."""

    operator: str = ""
    text: str = ""  # of a bracket, what stands in front of it: title:
    inner: _Group | None = None
    before: list[str] = field(default_factory=list)  # comments, each on a line of its own
    after: str = ""
    on_new_line: bool = False


class _Group(Struct):
    """What stands within a bracket. A clause is what AND, OR and NOT join: items joined by NEAR."""

    clauses: list[list[_Item]] = field(default_factory=list)
    tail: list[str] = field(default_factory=list)  # comments after the last clause


def format_query(text: str) -> str:
    """The query in its one layout, without a line end after it. It must be free of mistakes."""
    found = tokens(plain_source(text))
    return "\n".join(_lines(_Reader(text, found).group(), WIDTH))


def columns(text: str) -> int:
    """How wide a text is on a screen: Chinese characters and Hangul take two columns."""
    return len(text) + sum(east_asian_width(char) in "WF" for char in text)


class _Reader:
    """From tokens to groups, with the comments that stand between the tokens."""

    def __init__(self, text: str, found: list[Token]) -> None:
        self._text = text
        self._tokens = found
        self._at = 0
        self._pending: list[str] = []  # comments for the item that comes next
        self._last: _Item | None = None  # the item that a comment on its line belongs to
        self._new_line = False  # whether a line ended since the last item
        self._comments(0)

    def _comments(self, start: int) -> None:
        """Take up the comments from `start` to the next token."""
        token = self._tokens[self._at]
        end = len(self._text) if token.kind == "end" else token.start
        here, *below = self._text[start:end].split("\n")
        self._new_line |= bool(below)
        if here.strip() and start and self._last and not self._last.after:
            self._last.after = here.strip()
        else:
            below.insert(0, here)
        self._pending += [line.strip() for line in below if line.strip()]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def group(self) -> _Group:
        group = _Group()
        while (token := self._tokens[self._at]).kind not in (")", "end"):
            operator = []
            while token.kind == "op" and not token.text.startswith("ATLEAST"):
                operator.append(_operator(self._take()))
                self._comments(token.end)
                token = self._tokens[self._at]
            item = self._item(" ".join(operator))
            if operator and operator[0].startswith(("NEAR", "ONEAR", "EXCEPT")):
                group.clauses[-1].append(item)
            else:
                group.clauses.append([item])
        group.tail, self._pending = self._pending, []
        return group

    def _item(self, operator: str) -> _Item:
        item = _Item(operator=operator, before=self._pending, on_new_line=self._new_line)
        self._pending, self._new_line = [], False
        while (token := self._take()).kind in ("field", "op"):
            item.text += f"{token.text}:" if token.kind == "field" else _operator(token)
            self._last = None
            self._comments(token.end)
        if token.kind == "(":
            self._last = None
            self._comments(token.end)
            item.inner = self.group()
            token = self._take()
        else:
            space = " " if token.kind == "list" and item.text[-1:].isdigit() else ""
            item.text += space + _word(token)
        self._last = item
        self._comments(token.end)
        return item


def _operator(token: Token) -> str:
    counted = _COUNTED.fullmatch(token.text)
    return f"{counted[1]}/{counted[2]}" if counted else token.text


def _word(token: Token) -> str:
    if token.kind == "list":
        return f"@{token.text}"
    if token.text[0] == "#":  # at the start of a line it would be a comment
        return f'"{token.text}"'
    words = token.text[1:-1]
    if token.quoted and not any(quote in words for quote in QUOTES['"']):
        return f'"{words}"'
    return token.text


def _flat(items: list[_Item]) -> str | None:
    """The items on one line, without the comments around them; None if some stand between."""
    words = []
    for number, item in enumerate(items):
        if (number and item.before) or (item.after and item is not items[-1]):
            return None
        text: str | None = item.text
        if item.inner:
            text = _flat_group(item.inner)
            if text is None:
                return None
            text = f"{item.text}({text})"
        words.append(f"{item.operator} {text}".lstrip())
    return " ".join(words)


def _flat_group(group: _Group) -> str | None:
    items = [item for clause in group.clauses for item in clause]
    return None if group.tail or items[0].before or items[-1].after else _flat(items)


def _lines(group: _Group, width: int) -> list[str]:
    items = [item for clause in group.clauses for item in clause]
    whole = _flat(items)
    aside = items[-1].after  # where it stood below other words, it is about the last ones only
    on_one_line = not aside or not any(item.on_new_line for item in items[1:])
    if whole and columns(whole) <= width and on_one_line:
        return [*items[0].before, f"{whole}{_aside(aside)}", *group.tail]
    lines: list[str] = []
    filling = False  # whether the last line holds nothing but plain words
    for clause in group.clauses:
        flat, first, last = _flat(clause), clause[0], clause[-1]
        if flat is None or columns(flat) > width:
            for item in clause:
                lines += _item_lines(item, width)
            filling = False
            continue
        plain = len(clause) == 1 and not first.inner and first.operator in ("", "OR")
        goes_on = plain and filling and not first.before and not first.on_new_line
        if goes_on and columns(f"{lines[-1]} {flat}") <= width:
            lines[-1] += f" {flat}"
        else:
            lines += [*first.before, flat]
        filling = plain and not last.after
        lines[-1] += _aside(last.after)
    return lines + group.tail


def _item_lines(item: _Item, width: int) -> list[str]:
    flat = _flat([item])
    if item.inner is None or (flat is not None and columns(flat) <= width):
        return [*item.before, f"{flat}{_aside(item.after)}"]
    opening = f"{item.operator} {item.text}(".lstrip()
    inner = [_INDENT + line for line in _lines(item.inner, width - len(_INDENT))]
    return [*item.before, opening, *inner, f"){_aside(item.after)}"]


def _aside(comment: str) -> str:
    return f"  {comment}" if comment else ""
