"""Words that are in too many items: very short ones, and the commonest of their language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from watchd.letters import HAN, HANGUL
from watchd.rules.lints.report import Report
from watchd.rules.termlist import TermList
from watchd.rules.tree import Any, Except, Node, Not, Term, parts
from watchd.rules.written import Written

Role = Literal["found", "left out", "masked"]

_COMMONEST = {
    "en": (
        "the and that for with was were are has have had but not this they their from his her its "
        "who which will would can could may been said says say also about after before more than "
        "into out over when where what there all one two other some new you your our she him them "
        "year years day days people last first time while during under between against"
    ),
    "ru": (
        "это как что для при его она они все так был была было были или еще уже также если после "
        "чтобы только может году года лет сказал сообщил заявил между через более когда где"
    ),
    "ko": (  # the beginnings of words
        "있다 있는 있었다 없다 이다 했다 한다 하는 됐다 된다 대해 대한 위해 통해 관련 따르면 "
        "밝혔다 말했다 전했다 오늘 지난 이번 그는 것으로 것은 것이다 그리고 하지만 등을 우리"
    ),
    "zh": (
        "我们 他们 这个 一个 没有 可以 以及 进行 表示 目前 今天 已经 因为 所以 但是 如果 自己 "
        "对于 我們 他們 這個 一個 沒有 進行 已經 因為 對於"
    ),
    "ja": (
        "する した して です ます こと これ それ ため など から まで いる ある なる れた れる "
        "という として について による もの よう"
    ),
}
_COMMON = {word for words in _COMMONEST.values() for word in words.split()}
_LONGEST = max(map(len, _COMMON))
_HANGUL = re.compile(f"[{HANGUL}]")
_HAN = re.compile(f"[{HAN}]")


def groups(node: Node, role: Role = "found") -> Iterator[tuple[list[Node], Role]]:
    """The words and lists of each OR of a query, and those that stand alone, with what they do."""
    match node:
        case Term():
            yield [node], role
        case Any(name=name) if name:
            yield [node], role
        case Any():
            own = [part for part in node.parts if is_alone(part)]
            if own:
                yield own, role
            for part in node.parts:
                if not is_alone(part):
                    yield from groups(part, role)
        case Not():
            yield from groups(node.part, "left out")
        case Except():
            yield from groups(node.kept, role)
            yield from groups(node.masked, "masked")
        case _:
            for part in parts(node):
                yield from groups(part, role)


def is_alone(part: Node) -> bool:
    """Whether this is a word or a list."""
    return isinstance(part, Term) or (isinstance(part, Any) and bool(part.name))


def look_at_word(term: Term, written: Written, report: Report) -> None:
    """Report a word of a query that is short or common."""
    if code := _code(term):
        clause = written.clause(term)
        report.in_query(code, written, term, *_said(code, term, clause, in_list=False))


def look_at_list(held: TermList, report: Report) -> None:
    """Report the lines of a list that are short or common."""
    for entry in held.entries:
        if code := _code(entry.term):
            said = _said(code, entry.term, entry.written, in_list=True)
            report.in_list(code, held, entry, *said)


def _code(term: Term) -> str:
    if len(term.text) > _LONGEST:
        return ""
    return "W104" if too_common(term) else "W103" if too_short(term) else ""


def _said(code: str, term: Term, clause: str, *, in_list: bool) -> tuple[str, str]:
    """What is said of a short or common word, and the hint."""
    word = clause.replace('"', "")
    hint = f'write a phrase with it: "{word} …"'
    if code == "W104":
        return f"{word} is one of the commonest words: it is in nearly every item", hint
    if _is_cjk(term.text):
        where = "put it" if in_list else "put it in a list, and there"
        hint = f"{where} below a line with its language, such as [ko]"
    elif word.isupper() and word.isalpha():
        hint = f"write exact:{word}"
        if in_list:
            hint = f"take it out here, and {hint} in the query"
    return f"{word} is too short to say much: it will be found by chance", hint


def too_common(term: Term) -> bool:
    """Whether a term is one of the commonest words of a language."""
    return term.text in _COMMON and not term.exact and term.field in ("", "title", "body")


def too_short(term: Term) -> bool:
    """Whether a term is a word of less than three letters, or one character of Hangul or Han.

    One for items of one language, or exactly as written, is meant; so is one with a digit: G7.
    """
    text = term.text
    if len(text) > 2 or term.lang or term.exact or term.field in ("author", "url", "category"):
        return False
    return len(text) == 1 or (not _is_cjk(text) and (text.isalpha() or text.isdecimal()))


def _is_cjk(text: str) -> bool:
    return bool(_HANGUL.search(text) or _HAN.search(text))
