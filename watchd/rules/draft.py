"""From what a person says of a rule, in plain words, to the text of its file."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from watchd.errors import FileProblems
from watchd.model import Item
from watchd.rules import listhabits
from watchd.rules.format import format_rule
from watchd.rules.formatquery import format_query
from watchd.rules.lexer import QUOTES
from watchd.rules.loading import rule_from_query
from watchd.rules.ruleset import RuleSet
from watchd.values import Struct

Lists = Mapping[str, str]  # the texts of the term lists, by name

_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_DOUBLE = QUOTES['"']
_LIST = re.compile(r"@([\w-]+)")
_BETWEEN = re.compile(
    rf"((?:[{_DOUBLE}][^{_DOUBLE}\n]*[{_DOUBLE}]|(?!\sOR\s)[^,，、;；\n])+)(?:\sOR\s)?"
)

# What a query would take for something else than the sign. A star beside a letter, or alone
# between two words, is meant; so is a ? within a word, while one at its end asks a question.
_SIGN = re.compile(
    rf"[\\{_DOUBLE}]|(?<!\w)(?<!\w )\*(?!\w)|(?<!\w)\*(?!\w)(?! \w)|(?<!\w)\?|\?(?!\w)"
)


class Draft(Struct, frozen=True, kw_only=True):
    """A rule in plain words. Terms are words or phrases as typed, or @lists."""

    title: str
    severity: str
    find: tuple[str, ...]
    near: tuple[str, ...] = ()
    within: int = 10  # at most so many words between the two
    leave_out: tuple[str, ...] = ()
    match: str = ""  # a text that the rule has to match, for its first test
    no_match: str = ""


def plain(text: str) -> str:
    """The text without what no file should hold: control characters, and halves of characters."""
    kept = (
        char if char == "\n" or unicodedata.category(char) not in ("Cc", "Cs") else " "
        for char in text.replace("\r\n", "\n")
    )
    return "".join(kept).strip()


def terms(typed: str) -> list[str]:
    """The words and phrases of a line, which commas or OR part; quotation marks are optional."""
    found = [" ".join(plain(one).split()) for one in _BETWEEN.findall(typed)]
    bare = [
        one[1:-1].strip()
        if one[:1] in QUOTES and one[-1] in QUOTES[one[0]] and len(one) > 1
        else one
        for one in found
    ]
    return [one for one in bare if one]


def wrong_with(term: str, lists: Lists) -> str:
    """Why a term cannot be looked for, in a sentence; "" when it can."""
    if (name := _LIST.fullmatch(term)) and name[1] not in lists:
        return f"there is no list {term}; to look for the word itself, leave the @ out"
    if wrong := listhabits.not_words(term):
        return wrong
    try:
        rule_from_query(_written(term, lists), lists=lists)
    except FileProblems as error:
        return error.problems[0].message
    return ""


def query_of(draft: Draft, lists: Lists) -> str:
    """The query that looks for what the draft says.

    What is to be left out and holds a word that is looked for ("South China Sea" for "China")
    hides that word only; anything else keeps the whole item out.
    """
    find = rule_from_query(_any(draft.find, lists), lists=lists)
    hides = [term for term in draft.leave_out if _matches(RuleSet([find]), _text(term, lists))]
    keeps_out = [term for term in draft.leave_out if term not in hides]
    query = _any(draft.find, lists)
    if hides:
        query = f"({query} EXCEPT {_any(hides, lists)})"
    if draft.near:
        query += f" NEAR/{draft.within} {_any(draft.near, lists)}"
    if keeps_out:
        query += f" AND NOT {_any(keeps_out, lists)}"
    return format_query(query)


def why_not(draft: Draft, lists: Lists, text: str) -> str:
    """Why the draft's rule does not match a text; "" when it does."""
    rules = _rules(draft, lists)
    item = Item(key="", title="", text=text)
    return "" if _matches(rules, text) else rules.why_not(item)


def found_in(draft: Draft, lists: Lists, text: str) -> list[str] | None:
    """The words by which the draft's rule matches a text; None when it does not."""
    return _matches(_rules(draft, lists), text)


def text_of(draft: Draft, lists: Lists, *, schema: str = "") -> str:
    """The rule's file, with its two tests; `schema` is the way from there to the JSON Schema."""
    query = query_of(draft, lists)
    lines = [
        *([f"#:schema {schema}", ""] if schema else []),
        f"title = {_quoted(draft.title)}",
        f'severity = "{draft.severity}"',
        '# why = "Say why a hit matters: it is printed on every alert."',
        "",
        f"query = {_quoted(query)}" if "'''" in query else f"query = '''\n{query}\n'''",
    ]
    for name, expect, text in (
        ("an example", "match", draft.match),
        ("a near miss", "no match", draft.no_match),
    ):
        lines += ["", "[[test]]", f'name = "{name}"', f'expect = "{expect}"']
        lines += [f"text = {_quoted(text)}"]
    return format_rule("\n".join(lines))


def _rules(draft: Draft, lists: Lists) -> RuleSet:
    return RuleSet([rule_from_query(query_of(draft, lists), lists=lists)])


def _matches(rules: RuleSet, text: str) -> list[str] | None:
    found = rules.match(Item(key="", title="", text=text), source="", now=_ANY_TIME)
    return [evidence.quote for evidence in found[0].evidence] if found else None


def _any(some: Iterable[str], lists: Lists) -> str:
    """Any of the terms, in brackets where there are several."""
    written = [_written(term, lists) for term in some]
    return written[0] if len(written) == 1 else f"({' OR '.join(written)})"


def _written(term: str, lists: Lists) -> str:
    """A term as a query has it."""
    if (name := _LIST.fullmatch(term)) and name[1] in lists:
        return term
    quoted = '"' + _SIGN.sub(r"\\\g<0>", term) + '"'
    if re.fullmatch(r"\w+\*?", term):
        try:
            if rule_from_query(term).query == rule_from_query(quoted).query:
                return term
        except FileProblems:
            pass  # a word that means something in a query, such as NOT
    return quoted


def _text(term: str, lists: Lists) -> str:
    """What stands for a term when it is itself looked through."""
    name = _LIST.fullmatch(term)
    return lists[name[1]] if name and name[1] in lists else term.replace("*", "")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # TOML has the same escapes
