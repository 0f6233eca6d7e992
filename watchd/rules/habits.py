"""What people write who know another tool's queries, or whose finger slipped, and what it means.

`mend` goes through the tokens of a query before they are parsed: it notes each such mistake with
its rewrite, and puts what was meant in its place, so that one slip is told once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from watchd.rules.lexer import PREFIXES, Source, Token, pieces
from watchd.tomlfile import nearest

_SIGNS = {
    "&&": "AND", "&": "AND", "+": "AND", "||": "OR", "|": "OR", "/": "OR", ",": "OR", ";": "OR",
    "!": "NOT",
}  # fmt: skip
_WORDS = {
    "SAME": "NEAR/p", "ADJ": "ONEAR/0", "NEXT": "ONEAR/0", "BUT": "AND", "PLUS": "AND",
    "WITH": "AND", "ANDNOT": "NOT", "BUTNOT": "NOT", "MINUS": "NOT", "WITHOUT": "NOT",
    "XOR": "OR", "ANY": "OR",
}  # fmt: skip
_NAMES = ("AND", "OR", "NOT", "NEAR", "ONEAR", "EXCEPT", "ATLEAST")
_LIKE_NEAR = {
    "": "NEAR", "W": "NEAR", "WITHIN": "NEAR", "SAME": "NEAR", "NEARBY": "NEAR", "PROX": "NEAR",
    "NEAR": "NEAR", "ONEAR": "ONEAR", "N": "NEAR",
    "ADJ": "ONEAR", "PRE": "ONEAR", "P": "ONEAR", "BEFORE": "ONEAR", "NEXT": "ONEAR",
}  # fmt: skip
_UNITS = {"S": "s", "SENT": "s", "SENTENCE": "s", "P": "p", "PARA": "p", "PARAGRAPH": "p"}
_NUMBERS = (
    "ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE", "TEN",
)  # fmt: skip
_PROXIMITY = re.compile(
    r"(?P<name>[A-Z]*)(?P<joint>[-/:=_~\\]?)(?P<n>\d+|[A-Z]+)(?:(?<=\d)(?P<order>[FW]))?"
)
_FIELD = re.compile(r"([A-Za-z]\w*)\s?([:：=])(?!//)")
_FIELDS = {
    "headline": "title", "hl": "title", "hd": "title", "hlead": "title", "intitle": "title",
    "subject": "title", "head": "title", "content": "body", "inbody": "body", "intext": "body",
    "description": "body", "summary": "body", "all": "text", "fulltext": "text", "tx": "text",
    "byline": "author", "by": "author", "writer": "author", "au": "author", "inurl": "url",
    "link": "url", "domain": "site", "host": "site", "website": "site", "language": "lang",
    "la": "lang", "publication": "source", "feed": "source", "publisher": "source",
    "outlet": "source", "sourcename": "source", "sn": "source", "tag": "category",
    "topic": "category", "section": "category", "case": "exact",
}  # fmt: skip
_SINGLE = {"'": "'’", "‘": "’'", "`": "`'´"}
_REGEX = re.compile(
    r"/.*/|/[A-Z]?\{.*|.*\w\[.*\].*|.*\\[bBwWdDsS].*|.*[\w)\]]\{\d+(,\d*)?\}.*", re.S
)
_SLASHED = re.compile(r"/([\w'’-]+)/")
_ELSEWHERE = (  # a sign, what it does in other tools, and what to write
    (re.compile(r"([\w*?'’-]+)[.][*+]"), "'.*' is a regular expression", r"\1*"),
    (
        re.compile(r"(?=.*[^\W\d])([\w'’-]{3,})[!%]"),
        "'{sign}' does not stand for endings here",
        r"\1*",
    ),
    (re.compile(r"([\w*'’-]+)~\d*"), "there is no search for similar words", r"\1*"),
    (re.compile(r"\^?([\w*'’-]+)\^[\d.]*|\^([\w*'’-]+)"), "'^' means nothing here", r"\1\2"),
    (re.compile(r"([\w*'’-]+)\$"), "'$' means nothing here", r"\1"),
)
_PLAIN = re.compile(r"[*?]?[^\W_][\w'’*?-]*")
_CHAIN = re.compile(r"[^\W\d][\w*'’-]*(?:[,;|](?=[^\W\d])[\w*'’-]+)+")


def shown(text: str) -> str:
    """A piece of a query for a message: quoted, and not too long."""
    text = " ".join(text.split())
    return f"'{text}'" if len(text) <= 40 else f"'{text[:39]}…'"


def mend(source: Source, found: list[Token]) -> list[Token]:
    """The tokens with what was meant in the place of what was written; mistakes are noted."""
    mended: list[Token] = []
    rest = list(reversed(found))
    while rest:
        token = rest.pop()
        if token.kind == "op" and token.text in ("NEAR", "ONEAR", "NEAR/", "ONEAR/"):
            token = _with_number(source, token, rest)
        elif token.kind == "term" and not token.quoted:
            put_back = _word(source, token, mended, rest)
            if put_back is not None:
                rest += reversed(put_back)
                continue
        mended.append(token)
    return mended


def _with_number(source: Source, token: Token, rest: list[Token]) -> Token:
    """`NEAR 5`, `NEAR(5)`: the number that was meant to be a part of it."""
    texts = [one.text for one in reversed(rest[-3:])]
    taken = 1 if texts and texts[0].isdecimal() else 0
    if len(texts) == 3 and (texts[0], texts[2]) == ("(", ")") and texts[1].isdecimal():
        taken = 3
    if not taken:
        return token
    meant = f"{token.text.rstrip('/')}/{texts[taken // 2]}"
    end = rest[-taken].end
    del rest[-taken:]
    written = source.text[token.start : end]
    message = f"{token.text.rstrip('/')} and its number are one word: '{written}'"
    source.problem("E113", message, token.start, end, f"write {meant}")
    return replace(token, text=meant, end=end)


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
    if not operand_follows and not touches and _PLAIN.fullmatch(text):
        return None  # as nearly all are
    if (found := _joined(source, token, before, rest)) is not None:
        return found
    if meant := _operator(text, between=after_operand and operand_follows):
        return _meant(source, token, meant)
    is_slip = text.isupper() and not after_operand and operand_follows and not touches
    if is_slip and following.kind != "op" and _one_slip(text, ("NOT",)):
        return _meant(source, token, "NOT")
    if touches and following.kind == "(" and (meant := _at_least(text)):
        return _meant(source, token, meant)
    if (found := _sign(source, token, rest, after_operand=after_operand)) is not None:
        return found
    for look in (_field, _brackets, _single_quotes, _foreign, _chain):
        if (found := look(source, token, rest)) is not None:
            return found
    return None


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
    if token.text == "@" and rest[-1].kind == "term" and not rest[-1].quoted:
        name = rest.pop()
        message = "the name of a list follows @ without a space"
        source.problem("E112", message, token.start, name.end, f"write @{name.text}")
        return [Token(kind="term", text=name.text, start=token.start, end=name.end,
                      pieces=name.pieces, quoted=True)]  # fmt: skip
    return None


def _operator(text: str, *, between: bool) -> str:
    """The operator that a word was meant to be; "" for none.

    `between`: it stands between two things that can be found, with no operator there.
    """
    if text in _SIGNS and (between or text not in "/+!"):
        return _SIGNS[text]
    upper = text.upper()
    if match := _PROXIMITY.fullmatch(upper):
        near = _near(match)
        certain = (
            text[0].isupper() and match["joint"] == "/" and match["name"] not in ("", "N", "P")
        )
        if near and (between or (certain and match["n"].isdecimal())):
            return near
    if not between or not text.isupper():
        return ""
    return _WORDS.get(text) or _one_slip(text, _NAMES)


def _near(match: re.Match[str]) -> str:
    name = match["name"]
    like = _LIKE_NEAR.get(name) or (_one_slip(name, ("NEAR", "ONEAR")) if len(name) > 2 else "")
    number = match["n"]
    if not number.isdecimal():
        if not match["joint"]:
            return ""
        number = _UNITS.get(number) or (
            str(_NUMBERS.index(number)) if number in _NUMBERS else "s" if len(number) == 1 else ""
        )
    elif not name and match["joint"] not in ("/", "~"):
        return ""
    if match["order"] == "F":
        like = "ONEAR"
    return f"{like}/{number[:4]}" if like and number else ""


def _at_least(text: str) -> str:
    match = re.fullmatch(r"([A-Z]+)/?(\d+)", text.upper())
    if match and (match[1] in ("COUNT", "MIN", "MINIMUM") or _one_slip(match[1], ("ATLEAST",))):
        return f"ATLEAST/{match[2]}"
    return ""


def _meant(source: Source, token: Token, meant: str) -> list[Token]:
    hint = f"did you mean {meant}?  (to search for the word itself, put it in quotation marks)"
    source.problem("E105", f"'{token.text}' is not an operator", token.start, token.end, hint)
    return [replace(token, kind="op", text=meant, pieces=())]


def _field(source: Source, token: Token, rest: list[Token]) -> list[Token] | None:
    """`headline:word`, `title=word`, `HEADLINE(…)`: a field by another name or sign."""
    match = _FIELD.match(token.text)
    name = match[1] if match else token.text
    meant = name.lower() if name.lower() in PREFIXES else _FIELDS.get(name.lower(), "")
    if match is None:
        if rest[-1].kind != "(" or rest[-1].start != token.end or not meant:
            return None
        end = token.end
    elif match[2] == "=" and not meant:
        return None
    else:
        end = token.start + match.end()
        meant = meant or nearest(name, PREFIXES)
    hint = f"did you mean {meant}:?" if meant else f"use {', '.join(f'{one}:' for one in PREFIXES)}"
    written = source.text[token.start : end]
    source.problem("E106", f"'{written}' is not a field", token.start, end, hint)
    field = Token(kind="field", text=meant or "text", start=token.start, end=end)
    return [field, *_again(source, end, token.end)]


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
            bracket = Token(kind="(" if at == 0 else ")", text=kind, start=start, end=start + 1)
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


def _chain(source: Source, token: Token, rest: list[Token]) -> list[Token] | None:
    """`a,b,c` and `a|b`; `a,` before another word."""
    text = token.text
    if _CHAIN.fullmatch(text):
        words = re.split("[,;|]", text)
        hint = f'write {" OR ".join(words)}  (or "{text}" for the phrase)'
        message = f"'{text}' would be searched for as one phrase"
        source.problem("E105", message, token.start, token.end, hint)
        return [replace(token, text=text, quoted=True, pieces=_pieces(" ".join(words)))]
    if re.fullmatch(r".*\w[,;]", text) and rest[-1].kind in ("term", "list", "(", "field"):
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


def _one_slip(word: str, names: tuple[str, ...]) -> str:
    """The name that is one letter off: left out, put in, changed, or two changed round."""
    for name in names:
        start = 0
        while start < min(len(word), len(name)) and word[start] == name[start]:
            start += 1
        end = 0
        while end < min(len(word), len(name)) - start and word[-1 - end] == name[-1 - end]:
            end += 1
        left, right = word[start : len(word) - end], name[start : len(name) - end]
        if max(len(left), len(right)) <= 1 or (len(left) == 2 and left == right[::-1]):
            return name
    return ""
