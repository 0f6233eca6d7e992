"""What people write who know another tool's queries, or whose finger slipped, and what it means.

`mend` goes through the tokens of a query before they are parsed: it notes each such mistake with
its rewrite, and puts what was meant in its place, so that one slip is told once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from watchd.rules import fieldnames
from watchd.rules.lexer import PREFIXES, Source, Token, pieces
from watchd.rules.phrases import PLAIN, join
from watchd.rules.rewrites import shown
from watchd.rules.slips import at_least, one_slip, operator

_FIELD = re.compile(r"([A-Za-z]\w*)\s?(>=|<=|[:：=<>])(?!//)")
_DISTANCE = re.compile(
    r"(?i)(?P<name>O?NEAR)/?(?P<n>\d+)(?:(?:[-–—]|[.]{2,})(?P<to>\d+)|[,;.:](?P<word>\w.*))"
)
_FACTS = ("source", "site", "lang")
_SINGLE = {"'": "'’", "‘": "’'", "`": "`'´"}
_REGEX = re.compile(
    r"/.*/|/[A-Z]?\{.*|.*\w\[.*\].*|.*\\[bBwWdDsS].*|.*[\w)\]]\{\d+(,\d*)?\}.*", re.S
)
_SLASHED = re.compile(r"/([\w'’-]+\*?)/")
_ELSEWHERE = (  # a sign, what it does in other tools, and what to write
    (re.compile(r"([\w*?'’-]+)[.][*+]"), "'.*' is a regular expression", r"\1*"),
    (re.compile(r"%([\w'’-]{3,})%"), "'%' does not stand for letters here", r"*\1*"),
    (
        re.compile(r"(?=.*[^\W\d])([\w'’-]{3,})(?:[!%]+\d?|\$\d)"),
        "'{sign}' does not stand for endings here",
        r"\1*",
    ),
    (re.compile(r"([^\W\d]{2,})#([^\W\d]{1,2})"), "'#' does not stand for a letter", r"\1?\2"),
    (re.compile(r"\^([\w*'’-]+)\$"), "'^' and '$' mean nothing here", r"\1"),
    (re.compile(r"([\w*'’-]+)~\d*"), "there is no search for similar words", r"\1*"),
    (re.compile(r"\^?([\w*'’-]+)\^[\d.]*|\^([\w*'’-]+)"), "'^' means nothing here", r"\1\2"),
    (re.compile(r"([\w*'’-]+)\$"), "'$' means nothing here", r"\1"),
)
_CHAIN = re.compile(r"[^\W\d][\w*'’-]*(?:[,;|，、；｜](?=[^\W\d])[\w*'’-]+)+")
_BOOST = re.compile(r"[\^~!%$*][\d.]*")


def mend(source: Source, found: list[Token]) -> list[Token]:
    """The tokens with what was meant in the place of what was written; mistakes are noted."""
    mended: list[Token] = []
    rest = list(reversed(found))
    while rest:
        token = rest.pop()
        if token.kind == "op":
            if token.text in ("NEAR", "ONEAR", "NEAR/", "ONEAR/"):
                token = _with_number(source, token, rest)
            token = _not_near(source, token, mended, rest)
        elif token.kind == "term" and not token.quoted:
            put_back = _word(source, token, mended, rest)
            if put_back is not None:
                rest += reversed(put_back)
                continue
        mended.append(token)
    return join(source, mended)


def _with_number(source: Source, token: Token, rest: list[Token]) -> Token:
    """`NEAR 5`, `NEAR /5`, `NEAR(5)`: the number that was meant to be a part of it."""
    texts = [one.text for one in reversed(rest[-3:])]
    taken, number = 0, ""
    if texts and (distance := re.fullmatch(r"/?(\d+)|/([sp])", texts[0])):
        taken, number = 1, distance[1] or distance[2]
    elif len(texts) > 1 and texts[0] == "/" and re.fullmatch(r"\d+|[sp]", texts[1]):
        taken, number = 2, texts[1]
    elif len(texts) == 3 and (texts[0], texts[2]) == ("(", ")") and texts[1].isdecimal():
        taken, number = 3, texts[1]
    if not taken:
        return token
    meant = f"{token.text.rstrip('/')}/{number}"
    end = rest[-taken].end
    del rest[-taken:]
    written = source.text[token.start : end]
    message = f"{token.text.rstrip('/')} and its number are one word: '{written}'"
    source.problem("E113", message, token.start, end, f"write {meant}")
    return replace(token, text=meant, end=end)


def _not_near(source: Source, token: Token, before: list[Token], rest: list[Token]) -> Token:
    """`NOT NEAR/5 word` and `NEAR/5 NOT word`: what leaves out is NOT, of all that is near."""
    other = rest[-1]
    second = other.text if other.kind == "op" else operator(other.text, between=True)
    texts = {token.text, second}
    near = next((text for text in texts if text.startswith(("NEAR", "ONEAR"))), "")
    if other.kind not in ("op", "term") or other.quoted or not near or "NOT" not in texts:
        return token
    rest.pop()
    right = rest[-1] if rest[-1].kind in ("term", "list") else other
    start = _operand_start(before)
    hint = "write NOT"
    if right is not other and start >= 0:
        left = source.text[start : before[-1].end]
        hint = f"write NOT ({left} {near} {source.text[right.start : right.end]})"
    message = "there is no NOT with NEAR: it is one or the other"
    source.problem("E107", message, token.start, right.end, hint)
    return replace(token, text="NOT", end=other.end)


def _operand_start(before: list[Token]) -> int:
    """Where the operand begins that ends with the last token; -1 when none does."""
    at, depth = len(before), 0
    while at:
        at -= 1
        depth += {")": 1, "(": -1}.get(before[at].kind, 0)
        if depth == 0:
            if before[at].kind not in ("term", "list", "("):
                return -1
            while at and before[at - 1].kind == "field":
                at -= 1
            return before[at].start
    return -1


def _word(
    source: Source, token: Token, before: list[Token], rest: list[Token]
) -> list[Token] | None:
    """What to read in the place of a bare word; None if it is a word."""
    text, following = token.text, rest[-1]
    after_operand = bool(before) and before[-1].kind in ("term", "list", ")")
    operand_follows = following.kind in ("term", "list", "(", "field") or (
        following.kind == "op" and following.text.startswith(("NOT", "ATLEAST"))
    )
    touches = following.start == token.end
    if not operand_follows and not touches and PLAIN.fullmatch(text):
        return None  # as nearly all are
    if (found := _joined(source, token, before, rest)) is not None:
        return found
    if meant := operator(text, between=after_operand and operand_follows):
        return _meant(source, token, meant)
    is_slip = text.isupper() and not after_operand and operand_follows and not touches
    if is_slip and following.kind != "op" and one_slip(text, ("NOT",)):
        return _meant(source, token, "NOT")
    if touches and following.kind == "(" and (meant := at_least(text)):
        return _meant(source, token, meant)
    if (found := _distance(source, token)) is not None:
        return found
    if (found := _sign(source, token, rest, after_operand=after_operand)) is not None:
        return found
    for look in (_field, _brackets, _single_quotes, _foreign):
        if (found := look(source, token, rest)) is not None:
            return found
    return _chain(source, token, before, rest)


def _distance(source: Source, token: Token) -> list[Token] | None:
    """`NEAR/5,word` and `NEAR/5-10`."""
    match = _DISTANCE.fullmatch(token.text)
    if match is None:
        return None
    meant = f"{match['name'].upper()}/{match['to'] or match['n']}"
    word = match["word"] or ""
    message = f"{match['name'].upper()} takes one number, and a space after it"
    source.problem("E113", message, token.start, token.end, f"write {meant} {word}".rstrip())
    found = replace(token, kind="op", text=meant, pieces=())
    return [found, *_again(source, token.end - len(word), token.end)]


def _joined(
    source: Source, token: Token, before: list[Token], rest: list[Token]
) -> list[Token] | None:
    """What belongs to its neighbour: `"two words"~5`, `@ name`."""
    slop = re.fullmatch(r"~(\d+)", token.text)
    if slop and before and before[-1].quoted and before[-1].end == token.start:
        phrase = before.pop()
        words = "".join(phrase.pieces).split()
        hint = f"write {f' NEAR/{slop[1][:3]} '.join(words)}"
        message = "nearness is an operator between the words"
        source.problem("E105", message, phrase.start, token.end, hint)
        return [replace(phrase, end=token.end)] if words else []
    ends = before and (before[-1].quoted or before[-1].kind == ")")
    if ends and before[-1].end == token.start and _BOOST.fullmatch(token.text):
        message = f"'{token.text}' means nothing here"
        source.problem("E121", message, token.start, token.end, "take it out")
        return []
    if token.text == "@" and rest[-1].kind == "term":
        name = rest.pop()
        bare = "".join(name.pieces)
        message = "the name of a list follows @ without a space or quotation marks"
        source.problem("E112", message, token.start, name.end, f"write @{bare}")
        return [Token(kind="term", text=bare, start=token.start, end=name.end,
                      pieces=(bare,), quoted=True)]  # fmt: skip
    if rest[-1].kind == "term" and re.fullmatch(r"[A-Za-z]\w*", token.text):
        sign = re.match(r"==?|:=|[:：]", rest[-1].text)
        meant = fieldnames.meant(token.text)
        if sign and meant and not rest[-1].quoted:  # `title = word`
            value = rest.pop()
            end = value.start + sign.end()
            written = source.text[token.start : end]
            hint = f"did you mean {meant}:?"
            source.problem("E106", f"'{written}' is not a field", token.start, end, hint)
            field = Token(kind="field", text=meant, start=token.start, end=end)
            return [field, *_again(source, end, value.end)]
    return None


def _meant(source: Source, token: Token, meant: str) -> list[Token]:
    hint = f"did you mean {meant}?  (to search for the word itself, put it in quotation marks)"
    source.problem("E105", f"'{token.text}' is not an operator", token.start, token.end, hint)
    return [replace(token, kind="op", text=meant, pieces=())]


def _field(source: Source, token: Token, rest: list[Token]) -> list[Token] | None:
    """`headline:word`, `title=word`, `HEADLINE(…)`: a field by another name or sign."""
    match = _FIELD.match(token.text)
    name = match[1] if match else token.text
    meant = fieldnames.meant(name)
    if match is None:
        if rest[-1].kind != "(" or rest[-1].start != token.end or not meant:
            return None
        end = token.end
    elif not meant and (fieldnames.absent(name) or match[2][0] in "<>"):
        return _no_such_field(source, token, name, rest)
    elif match[2] == "=" and not meant:
        return None
    else:
        end = token.start + match.end()
        meant = meant or fieldnames.likely(name)
    hint = f"did you mean {meant}:?" if meant else f"use {', '.join(f'{one}:' for one in PREFIXES)}"
    written = source.text[token.start : end]
    source.problem("E106", f"'{written}' is not a field", token.start, end, hint)
    field = Token(kind="field", text=meant or "text", start=token.start, end=end)
    return [field, *_again(source, end, token.end)]


def _no_such_field(source: Source, token: Token, name: str, rest: list[Token]) -> list[Token]:
    """`since:2026-01-01`, `wc>500`: what is asked for nowhere in a query."""
    end = rest.pop().end if rest[-1].start == token.end and rest[-1].kind == "term" else token.end
    hint = f"take {shown(source.text[token.start : end])} out, with the operator beside it"
    message = fieldnames.absent(name) or f"there is nothing like '{name}' to ask for"
    source.problem("E106", message, token.start, end, hint)
    return [Token(kind="term", text="x", start=token.start, end=end, pieces=("x",), quoted=True)]


def _sign(
    source: Source, token: Token, rest: list[Token], *, after_operand: bool
) -> list[Token] | None:
    """`-word`, `!word`, `+word`: signs in front of a word, a phrase, a list or a bracket."""
    sign, word = token.text[0], token.text[1:]
    attached = rest[-1].start == token.end and rest[-1].kind in ("term", "list", "(", "field")
    if sign not in "-–—−!+" or not (re.match(r"[\w@*?]", word) or (not word and attached)):
        return None
    meant = "NOT" if sign != "+" else "AND" if after_operand else ""
    message = f"'{sign}' does not {'ask for' if sign == '+' else 'leave out'} a word here"
    hint = f"write {meant} {word}".replace("  ", " ").rstrip()
    hint += f'  (or "{token.text}" to search for it as it is)' if word else ""
    source.problem("E116", message, token.start, token.end, hint)
    operator = Token(kind="op", text=meant, start=token.start, end=token.start + 1)
    return [*([operator] if meant else []), *_again(source, token.start + 1, token.end)]


def _brackets(source: Source, token: Token, rest: list[Token]) -> list[Token] | None:
    """`[a OR b]`, `{a OR b}`; `{ISW}` asks for the same case in other tools."""
    text = token.text
    if _REGEX.fullmatch(text):
        return None
    if case := re.fullmatch(r"\{([\w-]+)\}", text):
        hint = f"write exact:{case[1]}"
        source.problem("E109", f"'{text}' means nothing here", token.start, token.end, hint)
        return [replace(token, text=case[1], pieces=(case[1],))]
    for at, (signs, kind) in ((0, ("[{", "(")), (len(text) - 1, ("]}", ")"))):
        if text[at] in signs:
            start = token.start + at
            source.problem("E109", "use round brackets", start, start + 1, f"write {kind}")
            bracket = Token(kind="(" if kind == "(" else ")", text=kind, start=start, end=start + 1)
            if at == 0 and kind == "(":
                return [bracket, *_again(source, start + 1, token.end)]
            return [*_again(source, token.start, start), bracket]
    return None


def _single_quotes(source: Source, token: Token, rest: list[Token]) -> list[Token] | None:
    """`'two words'`: a phrase in single quotation marks."""
    closing = _SINGLE.get(token.text[0])
    if closing is None or token.text[-1] in closing:
        return None
    for count in range(1, min(len(rest), 12)):
        last = rest[-count]
        if last.kind != "term" or last.quoted:
            return None
        if last.text[-1] in closing:
            start, end = token.start + 1, last.end - 1
            hint = f'write "{source.text[start:end]}"'
            message = "single quotation marks make no phrase"
            source.problem("E121", message, token.start, last.end, hint)
            del rest[-count:]
            return [
                replace(token, end=last.end, quoted=True, pieces=pieces(source, start, end)),
            ]
    return None


def _foreign(source: Source, token: Token, rest: list[Token]) -> list[Token] | None:
    """Signs for endings, similar words, weights, and regular expressions."""
    text = token.text
    if slashed := _SLASHED.fullmatch(text):
        return _rewritten(source, token, "there are no regular expressions here", slashed[1])
    if _REGEX.fullmatch(text) or (text[0] == "/" and rest[-1].start == token.end):
        end = _end_of_run(token, rest)
        hint = "write the words out with OR between them, and * for any letters"
        source.problem("E121", "there are no regular expressions here", token.start, end, hint)
        word = re.sub(r"\W", "", text) or "x"
        return [replace(token, end=end, text=word, pieces=(word,), quoted=True)]
    for pattern, message, instead in _ELSEWHERE:
        if match := pattern.fullmatch(text):
            sign = text[-1]
            return _rewritten(source, token, message.format(sign=sign), match.expand(instead))
    return None


def _end_of_run(token: Token, rest: list[Token]) -> int:
    """Where what was written without a space ends; its tokens are taken away."""
    end = token.end
    while rest[-1].start == end and rest[-1].kind != "end":
        end = rest.pop().end
    return end


def _rewritten(source: Source, token: Token, message: str, word: str) -> list[Token]:
    hint = f'write {word}  (or "{token.text}" to search for it as it is)'
    source.problem("E121", message, token.start, token.end, hint)
    return [replace(token, text=word, quoted=True, pieces=_pieces(word))]


def _pieces(word: str) -> tuple[str, ...]:
    return tuple(re.split(r"([*?])", word))


def _chain(
    source: Source, token: Token, before: list[Token], rest: list[Token]
) -> list[Token] | None:
    """`a,b,c` and `a|b`; `a,` before another word."""
    text = token.text
    if _CHAIN.fullmatch(text):
        words = re.split("[,;|，、；｜]", text)
        said = " OR ".join(words)
        alone = not before and rest[-1].kind == "end"
        of_fact = bool(before) and before[-1].kind == "field" and before[-1].text in _FACTS
        hint = f"write {said if alone else f'({said})'}"
        hint += "" if of_fact else f'  (or "{text}" for the phrase)'
        message = f"'{text}' would be searched for as one {'name' if of_fact else 'phrase'}"
        source.problem("E105", message, token.start, token.end, hint)
        word = words[0] if of_fact else " ".join(words)
        return [replace(token, text=text, quoted=True, pieces=_pieces(word))]
    if re.fullmatch(r".*\w[,;，、；]", text) and rest[-1].kind in ("term", "list", "(", "field"):
        word = text[:-1]
        message = f"'{text[-1]}' is not an operator"
        source.problem("E105", message, token.start, token.end, f"write {word} OR")
        operator = Token(kind="op", text="OR", start=token.end - 1, end=token.end)
        return [*_again(source, token.start, token.end - 1), operator]
    return None


def _again(source: Source, start: int, end: int) -> Iterator[Token]:
    """The word in `start:end`, if there is one, to be looked at again."""
    if start < end:
        text = source.text[start:end]
        if text[0] == "@" and len(text) > 1:
            yield Token(kind="list", text=text[1:], start=start, end=end)
        else:
            found = pieces(source, start, end)
            yield Token(kind="term", text=text, start=start, end=end, pieces=found)
