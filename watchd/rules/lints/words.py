"""Words that are in too many items: very short ones, and the commonest of their language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal

from watchd.letters import HAN, HANGUL
from watchd.rules.lints.covering import covers
from watchd.rules.lints.report import Report
from watchd.rules.termlist import TermList
from watchd.rules.tree import Any, Except, Node, Not, Term, parts, terms
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
_PHRASES = [
    *("of the", "in the", "to the", "on the", "at the", "for the", "and the", "by the", "of a"),
    *("from the", "with the", "that the", "in a", "to a", "for a", "with a", "it is", "it was"),
    *("to be", "will be", "has been", "have been"),
]
_COMMON = {*_PHRASES, *(word for words in _COMMONEST.values() for word in words.split())}
_WILDCARD = re.compile("[*?]")
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


def look_at_word(term: Term, written: Written, report: Report, group: list[Node]) -> None:
    """Report a word of a query that is short or common. `group`: the words and lists of its OR."""
    if code := _code(term, group):
        clause = written.clause(term)
        report.in_query(code, written, term, *_said(code, term, clause))


def look_at_list(held: TermList, report: Report) -> None:
    """Report the lines of a list that are short or common."""
    for entry in held.entries:
        if code := _code(entry.term, held.terms):
            said = _said(code, entry.term, entry.written, in_list=held.name)
            report.in_list(code, held, entry, *said)


def _code(term: Term, group: Sequence[Node]) -> str:
    if len(term.text) > _LONGEST:
        return ""
    if common(term):
        return "W104"
    return "W103" if too_short(term) or _lacks_short_form(term, group) else ""


def _lacks_short_form(term: Term, group: Sequence[Node]) -> bool:
    """Whether a term is U.S., and there is no US beside it."""
    form = _initials(term).lower()
    return bool(form) and all(one.text != form for part in group for one in terms(part))


def _said(code: str, term: Term, clause: str, *, in_list: str = "") -> tuple[str, str]:
    """What is said of a short or common word, and the hint. `in_list`: the name of its list."""
    word = re.sub(r"^[^\w*?]+|[^\w*?.]+$", "", clause)
    hint = f'write a phrase with it: "{word} …"'
    if code == "W104":
        if (found := common(term)) != term.text:
            return f"{word} finds {found}, one of the commonest words", hint
        kind = "phrases" if " " in found else "words"
        return f"{word} is one of the commonest {kind}: it is in nearly every item", hint
    if _is_cjk(term.text):
        where = "put it" if in_list else "put it in a list, and there"
        hint = f"{where} below a line with its language, such as [ko]"
    elif letters := _initials(term):
        both = f"({f'@{in_list}' if in_list else clause} OR exact:{letters})"
        hint = f"write {both} in the query" if in_list else f"write {both}"
        return f"{word} does not find {letters}", hint
    elif word.isupper() and word.isalpha():
        hint = f"write exact:{word}"
        if in_list:
            hint = f"take it out here, and {hint} in the query"
    return f"{word} is too short to say much: it will be found by chance", hint


def common(term: Term) -> str:
    """The commonest word of a language that a term is, or finds by its wildcards; "" for none."""
    text = term.text
    if term.exact or term.field not in ("", "title", "body"):
        return ""
    if _WILDCARD.search(text):
        return _common_of(text)
    return text if text in _COMMON else ""


@lru_cache(maxsize=10_000)
def _common_of(text: str) -> str:
    one = Term(text=text)
    core = max(_WILDCARD.split(text), key=len)
    found = (
        word
        for word in sorted(_COMMON)
        if core in word and covers(one, Term(text=word), whole=False)
    )
    return next(found, "")


def too_short(term: Term) -> bool:
    """Whether a term is a word of less than three letters, or one character of Hangul or Han.

    One for items of one language, or exactly as written, is meant; so is one with a digit: G7.
    """
    text = term.text
    if len(text) > 2 or term.lang or term.exact or term.field in ("author", "url", "category"):
        return False
    return len(text) == 1 or (not _is_cjk(text) and (text.isalpha() or text.isdecimal()))


def _initials(term: Term) -> str:
    """US for the term U.S., two letters or more, each a word; "" for other terms."""
    words = term.text.split(" ")
    if term.lang or term.exact or term.field in ("author", "url", "category"):
        return ""
    alone = len(words) > 1 and all(len(word) == 1 and word.isascii() for word in words)
    return "".join(words).upper() if alone and "".join(words).isalpha() else ""


def _is_cjk(text: str) -> bool:
    return bool(_HANGUL.search(text) or _HAN.search(text))
