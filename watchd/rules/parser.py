"""From the tokens of a query to its syntax tree: recursive descent, one method for each level.

    query = chain of parts by AND (or NOT), or by OR; never both without brackets
    part  = [NOT] near
    near  = prim { NEAR/n | ONEAR/n | EXCEPT  prim }, left to right
    prim  = ( query ) | ATLEAST/n ( query ) | field: prim | exact: word | @list | "phrase" | word

After source:, site: and lang: a word is no word to look for but the name of a feed, a domain or
a language, and brackets hold such names.

A mistake is noted and parsing goes on as if it had been right, so that all are found at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple, get_args

from watchd.errors import FileProblems
from watchd.rules import facts, rewrites, tree
from watchd.rules.habits import mend
from watchd.rules.lexer import Source, Token, tokens
from watchd.rules.plainquery import read_plain
from watchd.rules.term import fold_term, too_many_wildcards, too_short
from watchd.rules.termlist import TermList
from watchd.tomlfile import nearest

_BARE = re.compile(r"[^\W_][\w'’-]*")
_DEEPEST = 50  # brackets within brackets
_LONGEST = 20  # NEARs in a row
_FARTHEST = 1000  # words
_FIELDS: dict[str, tree.Field] = {name: name for name in get_args(tree.Field)} | {"text": ""}
_FACTS: dict[str, tree.FactField] = {"source": "source", "site": "site", "lang": "lang"}


class _Part(NamedTuple):
    node: tree.Node | None  # None: there was a mistake in it
    start: int
    end: int
    logic: Token | None = None  # its first AND, NOT, ATLEAST or fact: what NEAR cannot join
    joined: tuple[str, ...] = ()  # of an AND: its parts as they are written


class _TooDeepError(Exception):
    """The query is given up; the problem is noted."""


def parse(source: Source, lists: Mapping[str, TermList]) -> tree.Node:
    """The tree of a query, its @lists filled in. Raises FileProblems with every mistake."""
    if plain := read_plain(source.text, lists):
        return plain
    node = None
    with suppress(_TooDeepError):
        node = _Parser(source, lists).query()
    if node is not None and not source.problems and tree.true_of_nothing(node):
        first, *_, end = tokens(source)
        message = "this query says only what must not be there, so nearly every item would match"
        hint = "add what must be there: A AND NOT B"
        source.problem("E110", message, first.start, end.start, hint)
    if source.problems or node is None:
        source.problems.sort(key=lambda problem: (problem.line, problem.col))
        raise FileProblems(source.problems)
    return node


class _Parser:
    def __init__(self, source: Source, lists: Mapping[str, TermList]) -> None:
        self._source = source
        self._lists = lists
        self._tokens = mend(source, tokens(source))
        self._at = 0
        self._next = self._tokens[0]
        self._depth = 0
        self._odd = -1  # where a word stands without an operator that may have been meant as one
        self._fact: Token | None = None  # the source:, site: or lang: that words now belong to

    def _take(self) -> Token:
        token = self._next
        if token.kind != "end":
            self._at += 1
            self._next = self._tokens[self._at]
        return token

    def _problem(self, code: str, message: str, token: Token | _Part, hint: str = "") -> None:
        self._source.problem(code, message, token.start, token.end, hint)

    def query(self) -> tree.Node | None:
        if self._next.kind == "end":
            if not self._hashtag("E111", 0, self._next):
                self._problem("E111", "the query is empty", self._next)
            return None
        found = self._chain()
        while self._next.kind == ")":
            hint = "take it out, or add ( where it begins"
            self._problem("E109", "this bracket was never opened", self._take(), hint)
            if self._next.text in ("AND", "OR"):
                self._take()
            if self._next.kind not in (")", "end"):
                self._chain()
        return found.node

    def _chain(self) -> _Part:
        parts = [self._part(None)]
        operators: list[Token] = []  # AND (or NOT) and OR, as they come
        while self._next.kind not in (")", "end"):
            token = self._operator(parts[-1])
            if token is not None:
                operators.append(token)
            parts.append(self._part(token if token and token.text != "NOT" else None))
        if len(parts) == 1:
            return parts[0]
        kinds = [operator.text == "OR" for operator in operators]
        if len(set(kinds)) > 1:
            self._mixed(parts, operators, operators[kinds.index(not kinds[0])])
        at = parts[0].start, parts[-1].end
        nodes = tuple(part.node for part in parts if part.node is not None)
        logic = next((part.logic for part in parts if part.logic), None)
        if operators and operators[0].text == "OR":
            return _Part(tree.Any(nodes, at), *at, logic)
        text = self._source.text
        all_and = len(operators) == len(parts) - 1 and {one.text for one in operators} == {"AND"}
        joined = tuple(text[part.start : part.end] for part in parts) if all_and else ()
        return _Part(tree.All(nodes, at), *at, operators[0] if operators else logic, joined)

    def _operator(self, before: _Part) -> Token | None:
        """AND, OR or NOT between two parts; None when it is missing, or is something else."""
        token = self._next
        if token.kind == "op" and token.text in ("AND", "OR"):
            return self._take()
        if token.kind == "op" and token.text == "NOT":
            return token  # left for the part it belongs to
        if token.kind == "op" and not token.text.startswith("ATLEAST"):
            return None  # a second NEAR: the part will say that nothing stands before it
        if self._source.is_noted(token.start) or before.start == self._odd:
            return None
        if token.kind == "term" and not token.quoted and not _BARE.fullmatch(token.text):
            self._odd = token.start
        first = self._source.text[before.start : before.end]
        second = self._source.text[token.start : token.end]
        hint = f"write AND {second}   or   OR {second}"
        if token.kind == "term" and _BARE.fullmatch(first) and _BARE.fullmatch(second):
            hint = f'write AND {second}   or, for the phrase, "{first} {second}"'
        self._problem("E102", f"there is no operator before {rewrites.shown(second)}", token, hint)
        return None

    def _mixed(self, parts: list[_Part], operators: list[Token], mixed: Token) -> None:
        text = self._source.text
        written = [" ".join(text[part.start : part.end].split()) for part in parts]
        hint = rewrites.two_ways(written, [token.text for token in operators])
        message = (
            "AND and OR are mixed here without brackets; other tools disagree on which binds first"
        )
        self._problem("E103", message, mixed, hint)

    def _part(self, after: Token | None) -> _Part:
        if self._next.kind == "op" and self._next.text == "NOT":
            token = self._take()
            found = self._near(token)
            at = token.start, found.end
            node = None if found.node is None else tree.Not(found.node, at)
            return _Part(node, token.start, found.end, token)
        return self._near(after)

    def _near(self, after: Token | None) -> _Part:
        left = self._prim(after)
        for count in range(_LONGEST + 1):
            token = self._next
            if token.kind != "op" or not token.text.startswith(("NEAR", "ONEAR", "EXCEPT")):
                break
            if count == _LONGEST:
                self._problem("E119", f"more than {_LONGEST} NEARs in a row", token, "use AND")
                raise _TooDeepError
            self._take()
            number = 0 if token.text == "EXCEPT" else self._distance(token)
            right = self._prim(token)
            for operand, other in ((left, right), (right, left)):
                if operand.logic:
                    text, first = self._source.text[other.start : other.end], operand is left
                    joined = operand.joined if not other.logic else ()
                    rewrite = rewrites.near_for_each(joined, token.text, text, first=first)
                    self._no_logic(operand.logic, token, rewrite)
            node: tree.Node | None = None
            at = left.start, right.end
            if left.node is not None and right.node is not None:
                if token.text == "EXCEPT":
                    node = tree.Except(left.node, right.node, at)
                else:
                    ordered = token.text.startswith("O")
                    node = tree.Near(left.node, right.node, number, ordered, at)
            left = _Part(node, left.start, right.end)
        return left

    def _distance(self, token: Token) -> int | tree.Unit:
        unit = token.text.rpartition("/")[2]
        return "s" if unit == "s" else "p" if unit == "p" else self._number(token)

    def _number(self, token: Token) -> int:
        name, digits = re.match(r"([A-Z]+)/?(.*)", token.text).groups()  # type: ignore[union-attr]
        if not digits.isdecimal() or len(digits) > 6 or not 0 <= int(digits) <= _FARTHEST:
            among = " (or s or p: sentence, paragraph)" if name != "ATLEAST" else ""
            message = f"{name} needs a number from 0 to {_FARTHEST}{among}"
            self._source.forget(token.start)  # that it is in small letters
            self._problem("E113", message, token, f"write {name}/{2 if among == '' else 10}")
        elif name == "ATLEAST" and int(digits) == 0:
            self._problem("E113", "ATLEAST/0 is true of everything", token, "write ATLEAST/2")
        else:
            return int(digits)
        return 0

    def _no_logic(self, logic: Token, near: Token, rewrite: str = "") -> None:
        name = logic.text.partition("/")[0] + ":" * (logic.kind == "field")
        hints = {
            "AND": f"write  {rewrite or 'each in an ATLEAST of its own'}",
            "NOT": "write EXCEPT to leave out places, or move NOT out of the brackets",
        }
        message = (
            f"{name} cannot stand beside {near.text}: that joins words, lists, and ORs of them"
        )
        self._problem("E107", message, logic, hints.get(name, "move it out of the brackets"))

    def _prim(self, after: Token | None) -> _Part:
        while (token := self._next).kind == "op" and not token.text.startswith("ATLEAST"):
            where = f"between {after.text} and" if after else "before"
            hint = "take it out, or write a word before it"
            if not self._hashtag("E108", after.end if after else 0, token):
                self._source.forget(token.start)  # that it is in small letters
                self._problem("E108", f"there is nothing {where} {token.text}", token, hint)
            after = self._take()
        match token.kind:
            case "(":
                return self._bracket()
            case "op":
                return self._at_least()
            case ")" | "end":
                what = f"after {after.text}" if after else "in these brackets"
                hint = "take it out, or write a word after it" if after else ""
                if not (after and self._hashtag("E108", after.end, token)):
                    self._source.forget((after or token).start)
                    self._problem("E108", f"there is nothing {what}", after or token, hint)
                return _Part(None, token.start, token.start)
            case "field":
                return self._field()
            case "list":
                return self._list(self._take())
            case _:
                return self._term(self._take())

    def _hashtag(self, code: str, start: int, until: Token) -> bool:
        """Note a comment where a word is missing, if it is a #word that was meant to be one."""
        end = len(self._source.text) if until.kind == "end" else until.start
        at = rewrites.hashtag(self._source.text, start, end)
        if at is None:
            return False
        message = "# begins a comment: what follows it is not looked for"
        word = self._source.text[at[0] + 1 : at[1]]
        self._source.problem(code, message, *at, f'write "{word}"')
        return True

    def _bracket(self) -> _Part:
        opening = self._take()
        self._depth += 1
        if self._depth > _DEEPEST:
            self._problem("E119", f"more than {_DEEPEST} brackets within brackets", opening)
            raise _TooDeepError
        inner = self._chain()
        self._depth -= 1
        if self._next.kind == ")":
            return inner._replace(start=opening.start, end=self._take().end)
        self._problem("E109", "this bracket is never closed", opening, "add ) where it ends")
        return inner._replace(start=opening.start)

    def _at_least(self) -> _Part:
        token = self._take()
        times = self._number(token)
        if self._next.kind not in ("(", "list"):
            named = self._next.kind == "term"
            what = self._source.text[self._next.start : self._next.end] if named else "A OR B"
            hint = f"write {token.text}({what})"
            wrong = _Part(None, token.start, self._next.end if named else token.end)
            self._source.forget(token.start)
            self._problem("E108", f"{token.text} needs brackets or a list", wrong, hint)
        inner = self._prim(token)
        if inner.logic:
            self._no_logic(inner.logic, token)
        at = token.start, inner.end
        node = None if inner.node is None else tree.AtLeast(inner.node, times, at)
        return _Part(node, *at, token)

    def _field(self) -> _Part:
        token = self._take()
        self._depth += 1
        if self._depth > _DEEPEST:
            self._problem("E119", f"more than {_DEEPEST} fields within fields", token)
            raise _TooDeepError
        outer, self._fact = self._fact, token if token.text in _FACTS else None
        first = self._at
        found = self._exact(token) if token.text == "exact" else self._prim(token)
        for inner in self._tokens[first : self._at] if token.text != "exact" else ():
            if inner.kind == "field" and inner.text not in (token.text, "exact"):
                hint = f"write them side by side: {token.text}:A AND {inner.text}:B"
                message = f"{inner.text}: cannot stand within {token.text}:"
                self._problem("E122", message, inner, hint)
        field = _FIELDS.get(token.text)
        if found.node is not None and field:
            found = found._replace(node=tree.in_field(found.node, field))
        if self._fact:
            found = found._replace(logic=token)
        self._fact = outer
        self._depth -= 1
        joined = tuple(f"{token.text}:{one}" for one in found.joined)
        return found._replace(start=token.start, joined=joined)

    def _exact(self, token: Token) -> _Part:
        if self._next.kind != "term":
            return self._exact_of_many(token)
        term = self._take()
        found = self._term(term)
        if len(term.pieces) > 1:
            self._problem("E118", "exact: takes no wildcard", term, "write \\* for the sign itself")
        if isinstance(found.node, tree.Term):
            exact = " ".join("".join(term.pieces).split())
            at = token.start, term.end
            return found._replace(node=tree.Term(text=found.node.text, exact=exact, at=at))
        return found

    def _exact_of_many(self, token: Token) -> _Part:
        """`exact:@list`, `exact:(A OR B)`: brackets and lists are read, and not taken."""
        message, hint, end = "exact: needs a word or a phrase", 'write exact:"ISW"', token.end
        if self._next.kind in ("(", "list"):
            inner = self._prim(token)
            message, end = f"{message} of its own", inner.end
            node, text = inner.node, self._source.text
            hint = f"write {text[inner.start : end]}"
            if isinstance(node, tree.Term) or (isinstance(node, tree.Any) and not node.name):
                terms = node.parts if isinstance(node, tree.Any) else (node,)
                hint = rewrites.exact_for_each([text[slice(*term.at)] for term in terms])
            self._source.forget(token.start)  # that the field has another name
        self._source.problem("E108", message, token.start, end, hint)
        return _Part(None, token.start, end)

    def _list(self, token: Token) -> _Part:
        held = self._lists.get(token.text)
        part = _Part(None, token.start, token.end)
        if self._fact:
            message = f"a list cannot stand after {self._fact.text}:"
            self._problem("E120", message, token, f"write {self._fact.text}:(A OR B)")
        elif held is None:
            close = nearest(token.text, self._lists)
            hint = f"did you mean @{close}?" if close else f"add the file lists/{token.text}.txt"
            self._problem("E112", f"there is no list @{token.text}", token, hint)
        elif held.problems:
            where = held.problems[0].where
            message = f"the list @{token.text} has mistakes, see {where}"
            self._source.problem("E117", message, token.start, token.end, follows=where)
        else:
            at = token.start, token.end
            part = part._replace(node=tree.Any(held.terms, at, token.text))
        return part

    def _term(self, token: Token) -> _Part:
        node: tree.Node | None = None
        at = token.start, token.end
        if self._fact:
            field = _FACTS[self._fact.text]
            value, wrong, hint = facts.read(field, token.pieces)
            if wrong:
                self._problem("E120", wrong, token, hint)
            else:
                node = tree.Fact(field=field, value=value, at=at)
            return _Part(node, *at)
        text = fold_term(token.pieces)
        if not text:
            message = f"there is no letter to search for in {rewrites.shown(token.text)}"
            alone = token.text.strip("*?") == ""
            hint = "take it out: alone it stands for any one word of a phrase" if alone else ""
            self._problem("E111", message, token, hint)
        elif too_short(text):
            message = f"a wildcard needs three letters beside it: {rewrites.shown(token.text)}"
            self._problem("E118", message, token, rewrites.without_wildcard(text))
        elif too_many_wildcards(text):
            message = f"more than two * between letters: {rewrites.shown(token.text)}"
            self._problem("E118", message, token, "write fewer, or several words with NEAR/n")
        else:
            node = tree.Term(text=text, at=at)
        return _Part(node, *at)
