"""Random rules and random items that have something to do with one another.

A topic is a handful of words and patterns of two families; its rules and its items are made of
them, written in all the ways that the specification calls the same, and in some that it does not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from random import Random
from urllib.parse import quote

from tests.rules.oracle import Distance, Query, lang_of_script
from tests.rules.oracle_text import plain, signs_of
from watchd.model import Item
from watchd.values import replace as with_other

FAMILIES = {
    "land": (["alien", "LANDS", "land", "landland", "été", "us", "Island", "Straße", "ﬁne"],
             ["al*n", "lan*", "*land", "*and*", "l?nds", "isl?nd*", "stra*e"]),
    "name": (["Kim", "Kim Jong-un", "ISW", "isw", "KCNA", "N. Korea", "s", "KN-23", "KN23"],
             ["kim?", "*cna", "k*na", "kore?", "kn2*"]),
    "союз": (["союз", "Союза", "ёж", "еж", "мой", "союзник", "Путин", "9й"],
             ["союз*", "*тин", "со?з", "с*юза"]),
    "북": (["북", "러", "북러", "북·러", "러시아", "북중러", "중 러"], ["러시*", "*시아", "러?아"]),
    "위성": (["위성", "정찰위성", "군사", "군사작전", "해외 군사작전", "위", "성위성"],
             ["*위성", "군사*", "*위성*", "군*전", "위?위*"]),
    "国": (["中", "国", "中国", "俄中国", "中俄", "国々", "𠮷国", "〇"],
           ["俄*国", "中?国", "*国", "俄*"]),
    "ロシア": (["ロシア", "ﾛｼｱ", "ベラルーシ", "シ", "がく", "学", "ﾌﾟｰﾁﾝ"],
              ["ロ*ア", "?シア", "ロシ*", "が*"]),
    "9": (["9", "19", "２０２６", "9th", "9차", "第9回", "9-й", "T-34", "Ⅸ", "m²", "①"],
          ["202?", "*9th", "*026", "t-34*"]),
}  # fmt: skip

GAPS = [" "] * 10 + ["\u2028", "\u2029"] + [
    "", "", ", ", ": ", " (", ") ", " “", "” ", "\u00a0", "  ", "\t", "-", "–", " — ",
    "·", "·", "・", "ㆍ", "─", "\u200b", "’s ", "'s", "＇S ", "/", "\n", "\r\n",
    ". ", ". ", ". ", ".\n", "’s. ", ".\u200b ", ". \u00ad", "! ", "? ", "… ", "?! ",
    ".” ", "!) ", "。", "！", "｡", ".",
    "\n\n", "\n\n", "\n \u00a0\n", "\n\u200b\n", "\n• ", "\n• ", " • ", "• ",
]  # fmt: skip
FILLERS = ["and", "Gen.", "No.", "Mr.", "U.S.", "и", "г.", "및", "的", "の", "7"]
QUOTES = ['""', "“”", "„“", "«»", "「」", "『』"]
SCOPES = ["ko", "zh", "ru", "ja"]
LANGS = [*SCOPES, "zh-CN", "KO"]
ITEM_LANGS = ["", "ko", "ko-KR", "zh", "zh-CN", "ru", "ja", "en"]
SOURCES = ["kcna-en", "KCNA-ko", "tass", "xinhua"]
HOSTS = ["www.kcna.kp", "kcna.kp:8080", "notkcna.kp", "tass.com", "EN.tass.com"]
FACTS = {
    "source": ["kcna-*", "tass", "KCNA-EN", '"kcna-??"', "*"],
    "site": ["kcna.kp", "kp", "tass.com", "en.tass.com", "com"],
    "lang": LANGS,
}


@dataclass(frozen=True)
class Topic:
    words: list[str]
    patterns: list[str]
    lists: dict[str, str]  # as in a file
    listed: dict[str, Query]  # what they mean


@dataclass(frozen=True)
class Case:
    """Rules and items of one topic: each rule is a pair with each item."""

    rules: list[Query]
    items: list[tuple[str, Item]]  # each with the feed it comes from
    lists: dict[str, str]


def cases(seed: int, rules: int, items: int) -> Iterator[Case]:
    """One case for each two families."""
    for number, (one, two) in enumerate(combinations(FAMILIES, 2)):
        r = Random(seed * 1000 + number)
        topic = a_topic(r, one, two)
        yield Case(
            [unnested(a_query(r, topic)) for _ in range(rules)],
            [an_item(r, topic) for _ in range(items)],
            topic.lists,
        )


def a_topic(r: Random, *families: str) -> Topic:
    words = [word for name in families for word in r.sample(FAMILIES[name][0], 3)]
    patterns = [word for name in families for word in r.sample(FAMILIES[name][1], 2)]
    topic = Topic(words, patterns, {}, {})
    for name in ("one", "two"):
        lang, lines = "", ["# a list"]
        terms: list[Query] = []
        for _ in range(r.randint(1, 4)):
            if r.random() < 0.3:
                lang = r.choice(["", *SCOPES])
                lines.append(f"[{lang or '*'}]")
            text = a_phrase(r, topic)
            if text not in [term.text for term in terms]:  # a list says each thing once
                lines.append(text + r.choice(["", "   # a note"]))
                terms.append(Query("term", text=text, lang=lang))
        topic.lists[name] = "\n".join(lines) + "\n"
        topic.listed[name] = Query("list", tuple(terms), text=name)
    return topic


# Words


def a_phrase(r: Random, topic: Topic) -> str:
    """A word or a few, some with wildcards."""
    some: list[str] = []
    for _ in range(r.choice([1, 1, 1, 1, 1, 2, 2, 3])):
        word = r.choice(topic.patterns) if r.random() < 0.3 else ""
        if not word or "".join([*some, word]).count("*") > 2:  # more are refused
            word = disguised(r, r.choice(topic.words))
        some.append(word)
    if r.random() < 0.12 and len(plain("".join(some))) > 4:
        some.insert(r.randint(0, len(some)), "*")
    return " ".join(some)


def disguised(r: Random, word: str) -> str:
    """The word in another form that counts as the same."""
    match r.randint(0, 15):
        case 0:
            return word.upper()
        case 1:
            return word.lower()
        case 2:
            return unicodedata.normalize("NFD", word)
        case 3:
            return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in word)
        case 4:
            at = r.choice(signs_of(word)).end
            return word[:at] + r.choice("\u200b\u00ad\u2060") + word[at:]
        case 5:
            return re.sub("[aeiouаеиоу]", lambda vowel: vowel[0] + "\u0301", word, count=1)
        case _:
            return word


def with_an_ending(r: Random, word: str) -> str:
    """The word with more letters to it, as it may stand in a text."""
    if r.random() < 0.85:
        return word
    if re.fullmatch("[가-힣]{2,3}", word) and r.random() < 0.6:
        return r.choice("·-ㆍ─").join(word)
    return word + r.choice(["s", "을", "에서", "а", "国", "2", "ー"])


# Rules


def unnested(query: Query) -> Query:
    """The query without the fields that have other fields within them."""
    parts = tuple(map(unnested, query.parts))
    inside = {field for part in parts for field in fields(part)}
    return replace(query, parts=parts, field=query.field if inside <= {query.field} else "")


def fields(query: Query) -> set[str]:
    own = {query.field} if query.field else set[str]()
    return own.union(*map(fields, query.parts))


def a_query(r: Random, topic: Topic) -> Query:
    if r.random() < 0.65:
        return counted(r, topic) if r.random() < 0.1 else an_operand(r, topic, 2)
    return logic(r, topic, 2)


def logic(r: Random, topic: Topic, depth: int) -> Query:
    if not depth or r.random() < 0.3:
        return counted(r, topic) if r.random() < 0.2 else an_operand(r, topic, 1)
    one, two = logic(r, topic, depth - 1), logic(r, topic, depth - 1)
    match r.randint(0, 9):
        case 0 | 1 | 2:
            return Query("all", (one, two))
        case 3 | 4:
            return Query("any", (one, two))
        case 5:
            return Query("all", (one, Query("not", (two,))), how=r.choice(["", " "]))
        case 6:
            return Query("not", (Query("not", (one,)),))
        case 7:
            return Query("all", (one, a_fact(r)))
        case 8:
            return Query("any", (one, Query("all", (two, a_fact(r)))))
        case _:
            return Query("all", (one, Query("any", (two, a_fact(r)))), field=a_text(r))


def counted(r: Random, topic: Topic) -> Query:
    return Query("atleast", (an_operand(r, topic, 1),), number=r.randint(1, 3))


def a_fact(r: Random) -> Query:
    field = r.choice(sorted(FACTS))
    fact = Query("fact", field=field, values=tuple(r.sample(FACTS[field], r.choice([1, 1, 2]))))
    return Query("not", (fact,)) if r.random() < 0.3 else fact


def a_text(r: Random) -> str:
    return r.choice(["title", "body", "text"]) if r.random() < 0.1 else ""


def an_operand(r: Random, topic: Topic, depth: int) -> Query:
    """What may stand beside NEAR."""
    roll = r.random()
    if not depth or roll < 0.4:
        return a_term(r, topic)
    one, two = (an_operand(r, topic, depth - 1) for _ in range(2))
    if roll < 0.6:
        return Query("any", (one, two), field=a_field(r))
    if roll < 0.68:
        return Query("except", (one, two), field=a_field(r))
    kind = r.choice(["near", "near", "onear"])
    number: Distance = r.choice([0, 1, 2, 3, 5, 9, "s", "s", "s", "s", "p", "p", "p"])
    return Query(kind, (one, two), number=number, field=a_field(r))


def a_term(r: Random, topic: Topic) -> Query:
    if r.random() < 0.12:
        listed = topic.listed[r.choice(["one", "two"])]
        return Query("list", listed.parts, text=listed.text, field=a_field(r))
    if r.random() < 0.1:
        text = r.choice(topic.words)
        return Query("term", text=text, exact=True, field=a_field(r), how=a_quote(r, text))
    text = a_phrase(r, topic)
    return Query("term", text=text, field=a_field(r), how=a_quote(r, text))


def a_quote(r: Random, text: str) -> str:
    return r.choice(QUOTES) if " " in text or r.random() < 0.5 else ""


def a_field(r: Random) -> str:
    if r.random() < 0.8:
        return ""
    return r.choice(["title", "body", "text", "author", "url", "category"])


# Items


def an_item(r: Random, topic: Topic) -> tuple[str, Item]:
    path = r.choice(["-", "_", "/", " "]).join(r.choice(topic.words) for _ in range(3))
    path = quote(path) if " " in path or r.random() < 0.3 else path
    item = Item(
        key="1",
        title=a_text_of(r, topic, r.randint(0, 6)),
        text=a_text_of(r, topic, r.randint(2, 20)),
        author=a_text_of(r, topic, r.randint(0, 4)),
        categories=tuple(a_text_of(r, topic, r.randint(1, 2)) for _ in range(r.randint(0, 3))),
        url=f"https://{r.choice(HOSTS)}/{path}.html" if r.random() < 0.9 else "",
        lang=r.choice(ITEM_LANGS),
    )  # fmt: skip
    if not item.lang and lang_of_script(item) is None:
        item = with_other(item, lang="en")
    return r.choice(SOURCES), item


def a_text_of(r: Random, topic: Topic, words: int) -> str:
    text = r.choice(["", "", "", "• ", "“", "\n"])
    for _ in range(words):
        if r.random() < 0.1:
            text += r.choice(FILLERS) + " "
        text += with_an_ending(r, disguised(r, r.choice(topic.words))) + r.choice(GAPS)
    return text
