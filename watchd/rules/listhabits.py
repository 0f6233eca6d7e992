"""What people write into a term list who think of a query, a table or a text with bullets.

A line in quotation marks is a phrase whatever it holds; these are the lines without any.
"""

from __future__ import annotations

import re

from watchd.rules import facts, fieldnames
from watchd.rules.habits import mend
from watchd.rules.lexer import Source, plain_source, tokens

_LANGUAGE = re.compile(
    r"(?P<open>[\[({<]?)\s*(?P<field>(?:lang|language)\s*[:=]\s*)?(?P<code>\*|[A-Za-z]*)"
    r"\s*(?P<close>[\])}>]?:?)"
)
_BEFORE_TERM = re.compile(r"([A-Za-z]{2,})\s*[:：]\s+\S.*")
_COMMENT = re.compile(r"(?://+|;+|--+)\s*(.*)")
_NUMBER = re.compile(r"(\d{1,3})[.)]\s+(\S.*)")
_BULLET = re.compile(r"[-–—•·‣◦▪►+>]\s+(\S.*)")
_FIELD = re.compile(r"([A-Za-z]\w*)\s?[:：=]\s*(?!//)(\S.*)")
_REGEX = re.compile(r"/.*[()\[\]{}|\\+^$].*/\w*|.*\w\([^()\s]*\|[^()\s]*\).*")
_LEFT_OUT = re.compile(r"([-–—−!]|NOT\s)\s*[\w*@\"“].*")
_REMARK = re.compile(
    r"(?<=\S)#(?P<near>\S.*[\w\s].*)|(?<=\s)//+\s+(?P<far>.+)|(?<=\s)\((?P<in>.+)\)"
)
_SEVERAL = re.compile(r"(?<=[\w\s*])[|;；｜\t](?=.*\w)|(?<=\s)(?:=+>?|-+>|→|/|\\)(?=\s)")
_NEVER_OPENED = re.compile(r'[^"“”„«»]*[^\W\d]["”»]')
_APART = "put each on a line of its own, or the whole line in quotation marks"


class Numbering:
    """Tells `1. word`, `2. word` from a phrase that begins with a number."""

    def __init__(self) -> None:
        self._last = 0

    def goes_on(self, written: str) -> bool:
        """Whether this line has the number after that of the last such line, or is the first."""
        match = _NUMBER.fullmatch(written)
        if match is None or int(match[1]) not in (1, self._last + 1):
            return False
        self._last = int(match[1])
        return True


def scope(source: Source, start: int, end: int) -> bool:
    """Whether a line was meant to name a language, as [ko] does, and does not; noted if so."""
    written = source.text[start:end]
    match = _LANGUAGE.fullmatch(written)
    if match and (match["open"] or match["field"] or match["close"]):
        code = match["code"].lower()
        bracket = "[" in written or "]" in written
        meant = "*" if code in ("", "*", "all", "any") and bracket else facts.language(code)
        meant = meant or (code if bracket and 2 <= len(code) <= 3 else "")
        if meant and written != f"[{meant}]":
            message = f"'{written}' is not how a language is written"
            source.problem("E117", message, start, end, f"write [{meant}]")
            return True
    if written[0] == "[":
        hint = "give each language a line of its own: a code such as [ko], or [*] for any"
        source.problem("E117", f"'{written}' is not a language", start, end, hint)
        return True
    before = _BEFORE_TERM.fullmatch(written)
    if before and (code := facts.language(before[1].lower())):
        message = "a language has a line of its own, and holds for all below it"
        hint = f"put [{code}] on the line above, and take '{before[1]}:' out"
        source.problem("E117", message, start, start + len(before[1]) + 1, hint)
        return True
    return False


def term(source: Source, start: int, end: int, *, numbered: bool) -> None:
    """Note the first thing on a line that is no part of a word or phrase."""
    written = source.text[start:end]
    for message, new in _in_front(written, numbered=numbered):
        source.problem("E117", message, start, end, new)
        return
    if _REGEX.fullmatch(written):
        hint = "write the words out, each on a line of its own, and * for any letters"
        source.problem("E121", "there are no regular expressions here", start, end, hint)
    elif remark := _REMARK.search(source.text, start, end):
        said = (remark["near"] or remark["far"] or remark["in"]).strip()
        hint = f"write # {said}"
        if remark["near"]:
            hint = f"write {source.text[start : remark.start()]} # {said}"
        message = "a remark begins with # after a space"
        source.problem("E117", message, *remark.span(), hint)
    elif _NEVER_OPENED.fullmatch(written):
        message = "this quotation mark is never opened"
        source.problem("E101", message, end - 1, end, f'write "{written[:-1]}"')
    elif several := _SEVERAL.search(source.text, start, end):
        message = "a list has one word or phrase a line"
        source.problem("E117", message, *several.span(), _APART)
    else:
        _as_in_queries(source, start, end)


def not_words(typed: str) -> str:
    """Why what was typed as a word or phrase is a piece of a query; "" when it is none."""
    if left_out := _LEFT_OUT.fullmatch(typed):
        return f"'{left_out[1].strip()}' is not used here: what to leave out is asked for by itself"
    field = _FIELD.fullmatch(typed)
    if field and fieldnames.meant(field[1]):
        return f"'{field[1]}:' is not used here: give the words alone"
    source = plain_source(typed)
    _as_in_queries(source, 0, len(typed))
    for problem in source.problems:
        if problem.code == "E117":
            sign = typed[problem.col - 1 : problem.col - 1 + problem.length]
            return f"'{sign}' is not used here: give words and phrases, with commas between them"
    return ""


def _in_front(written: str, *, numbered: bool) -> list[tuple[str, str]]:
    """What is wrong with how a line begins, and the hint; an empty list if nothing is."""
    if comment := _COMMENT.fullmatch(written):
        return [("a comment begins with #", f"write # {comment[1]}".rstrip())]
    if numbered and (number := _NUMBER.fullmatch(written)):
        message = "the terms of a list have no numbers"
        return [(message, f'write {number[2]}  (or "{written}" for the phrase)')]
    if bullet := _BULLET.fullmatch(written):
        return [("the terms of a list have no bullets", f"write {bullet[1]}")]
    if written[0] == "+" and written.strip("+"):
        return [("'+' means nothing in a list", f"write {written.strip('+ ')}")]
    if left_out := _LEFT_OUT.fullmatch(written):
        word = written[left_out.end(1) :].strip()
        message = "a list cannot leave words out"
        return [(message, f"take the line out, and put NOT {word} into the query")]
    field = _FIELD.fullmatch(written)
    if field and (meant := fieldnames.meant(field[1])):
        message = f"'{field[1]}:' is a part of queries, not of lists"
        if meant in ("source", "site", "lang"):
            return [(message, f"put {meant}:{field[2]} into the query")]
        return [(message, f"write {field[2]}  (and {meant}: into the query, before the word)")]
    return []


def _as_in_queries(source: Source, start: int, end: int) -> None:
    """Operators, and other tools' signs for endings and the like, as in a query."""
    query = Source(source.text[:end], source.path, source.locate)
    found = mend(query, tokens(query))
    written = source.text[start:end]
    for problem in query.problems:
        marked = problem.source[problem.col - 1 : problem.col - 1 + problem.length]
        if problem.code == "E121":
            source.problems.append(problem)
            return
        slip = problem.code == "E105" and not written.isupper() and marked != "&"
        if slip and not re.search("[,，、]", marked):
            at = problem.col - 1
            message = f"'{marked}' is a part of queries, not of lists"
            source.problem("E117", message, at, at + len(marked), _APART)
            return
    for number, token in enumerate(found[:-1]):
        at_an_end = number in (0, len(found) - 2)
        if at_an_end and (written.isupper() or not re.match("AND|OR|ATLEAST/", token.text)):
            continue  # OR TAMBO AIRPORT
        name = source.text[token.start : token.end]
        as_written = token.text == name or name.startswith(("NEAR", "ONEAR"))
        if token.kind == "op" and name[:2].isupper() and as_written:
            message = f"'{name}' is a part of queries, not of lists"
            source.problem("E117", message, token.start, token.end, _APART)
            return
