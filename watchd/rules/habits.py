"""What people write who know another tool's queries, or whose finger slipped, and what it means.

`mend` goes through the tokens of a query before they are parsed: it notes each such mistake with
its rewrite, and puts what was meant in its place, so that one slip is told once.
"""

from __future__ import annotations

import re

from watchd.rules import fieldnames
from watchd.rules.lexer import PREFIXES, Source, Token, words_again
from watchd.rules.markhabits import REGEX, brackets, never_opened, single_quotes
from watchd.rules.nearhabits import distance, meant_operator, not_near, of_another_tool, with_number
from watchd.rules.phrases import PLAIN, join
from watchd.rules.rewrites import shown
from watchd.rules.slips import at_least, one_slip, operator
from watchd.values import replace

_FIELD = re.compile(r"(_?[A-Za-z][\w.]*)\s?(>=|<=|!=|<>|[:：=<>])(?!//)")
_FACTS = ("source", "site", "lang")
_GROUP = re.compile(
    r"([\w*'’-]+)\((?:[^\s()]*\)[?*+{][^\s()]*|[^\s()|]*[|][^\s()]*\))"
)  # launch(es)?
_FLAGS = re.compile(r"\(\?[a-z]+\)")
_COMMENT = re.compile(r"(?://|--)\s(.*)|/\*(.*?)\*/")
_BRACKETS = re.compile(r"\w+[:=]?[(\[{][^)\]}\n]*[)\]}]")
_SLASHED = re.compile(r"/([\w'’-]+\*?)/")
_ELSEWHERE = (  # a sign, what it does in other tools, and what to write
    (re.compile(r"([\w*?'’-]+)[.][*+]"), "'.*' is a regular expression", r"\1*"),
    (re.compile(r"[~$]([^\W\d][\w'’-]*)"), "'{first}' means nothing here", r"\1"),
    (re.compile(r"%([\w'’-]{3,})%"), "'%' does not stand for letters here", r"*\1*"),
    (
        re.compile(r"(?=.*[^\W\d])([\w'’*?-]{3,})(?:[!%]+\d?|\$\d)"),
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
            if token.text.rstrip("/") in ("NEAR", "ONEAR", "ATLEAST"):
                token = with_number(source, token, rest)
            token = not_near(source, token, mended, rest)
        elif token.kind == "(" and (flags := _FLAGS.match(source.text, token.start)):
            message, end = "there are no regular expressions here", flags.end()
            source.problem("E121", message, token.start, end, "take it out")
            while rest[-1].kind != "end" and rest[-1].start < end:
                token = rest.pop()
            rest += reversed(list(words_again(source, end, token.end)))
            continue
        elif token.quoted and token.kind == "term":
            if (after := never_opened(source, token, mended)) is not None:
                rest += reversed(after)
                continue
        elif token.kind == "term":
            put_back = _word(source, token, mended, rest)
            if put_back is not None:
                rest += reversed(put_back)
                continue
        mended.append(token)
    return join(source, mended)


def _word(
    source: Source, token: Token, before: list[Token], rest: list[Token]
) -> list[Token] | None:
    """What to read in the place of a bare word; None if it is a word."""
    text, following = token.text, rest[-1]
    if comment := _COMMENT.match(source.text, token.start):
        return _comment(source, token, rest, comment)
    after_operand = bool(before) and before[-1].kind in ("term", "list", ")")
    operand_follows = following.kind in ("term", "list", "(", "field") or (
        following.kind == "op" and following.text.startswith(("NOT", "ATLEAST"))
    )
    touches = following.start == token.end
    if not operand_follows and not touches and PLAIN.fullmatch(text):
        return None  # as nearly all are
    if (found := _joined(source, token, before, rest)) is not None:
        return found
    if after_operand and (found := of_another_tool(source, token, rest)):
        return found
    if meant := operator(text, between=after_operand and operand_follows):
        return meant_operator(source, token, meant)
    if operand_follows and not touches and not re.search(r"[\w*?\\]", text):
        message = f"there is no letter to search for in {shown(text)}"
        hint = "write AND   or   OR" if after_operand else "take it out"
        source.problem("E111", message, token.start, token.end, hint)
        return [replace(token, kind="op", text="AND", pieces=())] if after_operand else []
    is_slip = text.isupper() and not after_operand and operand_follows and not touches
    if is_slip and following.kind != "op" and one_slip(text, ("NOT",)):
        return meant_operator(source, token, "NOT")
    if touches and following.kind == "(" and (meant := at_least(text)):
        return meant_operator(source, token, meant)
    if (found := distance(source, token)) is not None:
        return found
    if (found := _sign(source, token, rest, after_operand=after_operand)) is not None:
        return found
    for look in (_field, brackets, single_quotes, _foreign):
        if (found := look(source, token, rest)) is not None:
            return found
    return _chain(source, token, before, rest)


def _comment(
    source: Source, token: Token, rest: list[Token], comment: re.Match[str]
) -> list[Token]:
    """`// words`, `-- words`, `/* words */`: a comment as other languages have it."""
    end = comment.end() if comment[2] is not None else source.text.find("\n", token.start)
    end = len(source.text) if end < 0 else end
    while rest[-1].kind != "end" and rest[-1].start < end:
        rest.pop()
    hint = f"write # {(comment[1] or comment[2] or '').strip()}"
    source.problem(
        "E121", "a comment begins with #, and ends with its line", token.start, end, hint
    )
    return []


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
    if named := re.fullmatch(r"@[\[{<(']([\w-]+)[\]}>)']|lists?[:/=]@?([\w-]+)", token.text):
        bare = named[1] or named[2]
        message = "the name of a list follows @, with nothing else"
        source.problem("E112", message, token.start, token.end, f"write @{bare}")
        return [replace(token, text=bare, pieces=(bare,), quoted=True)]
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
            return [field, *words_again(source, end, value.end)]
    return None


def _field(source: Source, token: Token, rest: list[Token]) -> list[Token] | None:
    """`headline:word`, `title=word`, `HEADLINE(…)`: a field by another name or sign."""
    match = _FIELD.match(token.text)
    name = match[1] if match else token.text
    meant = fieldnames.meant(name)
    if match is None:
        if rest[-1].kind != "(" or rest[-1].start != token.end:
            return None
        if fieldnames.absent(name) and not meant:
            return _no_such_field(source, token, name, rest)
        if fieldnames.needless(name):
            message = f"there is nothing like '{name}' to ask for"
            source.problem("E106", message, token.start, token.end, "take it out")
            return []
        if not meant:
            return None
        end = token.end
    elif meant and match[2] in ("!=", "<>"):
        hint = f"write NOT {meant}:{token.text[match.end() :]}"
        source.problem("E106", f"'{match[0]}' is not a field", token.start, token.end, hint)
        at = token.start + match.end()
        return [replace(token, kind="op", text="NOT", end=at),
                replace(token, kind="field", text=meant, end=at),
                *words_again(source, at, token.end)]  # fmt: skip
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
    return [field, *words_again(source, end, token.end)]


def _no_such_field(source: Source, token: Token, name: str, rest: list[Token]) -> list[Token]:
    """`since:2026-01-01`, `wc>500`, `LENGTH(>500)`: what is asked for nowhere in a query."""
    end = rest.pop().end if rest[-1].start == token.end and rest[-1].kind == "term" else token.end
    value = _BRACKETS.match(source.text, token.start)
    while value and rest[-1].end <= value.end() and rest[-1].kind != "end":
        end = rest.pop().end
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
    return [*([operator] if meant else []), *words_again(source, token.start + 1, token.end)]


def _foreign(source: Source, token: Token, rest: list[Token]) -> list[Token] | None:
    """Signs for endings, similar words, weights, and regular expressions."""
    text = token.text
    if slashed := _SLASHED.fullmatch(text):
        return _rewritten(source, token, "there are no regular expressions here", slashed[1])
    group = _GROUP.match(source.text, token.start)
    if group or REGEX.fullmatch(text) or (text[0] == "/" and rest[-1].start == token.end):
        end = _end_of_run(token, rest)
        hint = "write the words out with OR between them, and * for any letters"
        if group and len(group[1]) > 2 and group.end() == end:
            hint = f"write {group[1].rstrip('*')}*"
        source.problem("E121", "there are no regular expressions here", token.start, end, hint)
        word = re.sub(r"\W", "", text) or "x"
        return [replace(token, end=end, text=word, pieces=(word,), quoted=True)]
    for pattern, message, instead in _ELSEWHERE:
        if match := pattern.fullmatch(text):
            said = message.format(sign=text[match.end(1) :], first=text[0])
            return _rewritten(source, token, said, match.expand(instead))
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
        return [*words_again(source, token.start, token.end - 1), operator]
    return None
