"""Feeds as nobody should publish them, made from those that somebody did: `mutated(number)`."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path

FEEDS = Path(__file__).parent.parent / "data" / "feeds"
Mutator = Callable[[random.Random, bytes], bytes]

_TAG = re.compile(rb"<[A-Za-z][^<>]{0,200}>")
_ENTITIES = (
    b"&nbsp;", b"&#0;", b"&#xD800;", b"&#x110000;", b"&#99999999999;", b"&lol9;", b"&", b"&&amp;",
    b"&#x1F600;", b"&amp;lt;script&amp;gt;", b"&a.b;", b"&#;", b"&;",
)  # fmt: skip
_PIECES = (
    b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?xml version='1.0' encoding='utf-7'?>", b"<item>",
    b"</item>", b"</channel>", b"<rss>", b"<entry>", b"<!DOCTYPE rss [<!ENTITY a 'b'>]>", b"<a:b/>",
    b"\x00", b"\x0b", b"\xff\xfe", b"\xef\xbb\xbf", b"\xe2\x80\xae", b"\xed\xa0\x80", b"{", b"[",
    b'"', b"</", b"<", b">", b"<script>alert(1)</script>", b"<html><body>",
)  # fmt: skip
_DATES = (
    b"99999999999999999999",
    b"0000-00-00",
    b"Mon, 99 Foo -1 25:61:61 +9999",
    b"1e400",
    b"now",
)
_ENCODINGS = ("utf-16", "utf-16-le", "utf-32", "cp1251", "gb18030", "shift_jis", "euc-kr", "koi8-r")
_CHARACTERS = (b"a", b" ", b"<", b"&", b"\xea\xb9\x80", b"\xff", b"]", b"-", b"\n", b"a ", b"1")


def _at(chance: random.Random, body: bytes) -> int:
    return chance.randrange(len(body) + 1)


def _put(chance: random.Random, body: bytes, piece: bytes) -> bytes:
    at = _at(chance, body)
    return body[:at] + piece + body[at:]


def _block(chance: random.Random, body: bytes, longest: int) -> tuple[int, int]:
    start = _at(chance, body)
    return start, min(len(body), start + chance.randint(1, longest))


def flip(chance: random.Random, body: bytes) -> bytes:
    data = bytearray(body)
    for _ in range(chance.choice((1, 3, 20, 200)) if data else 0):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def cut(chance: random.Random, body: bytes) -> bytes:
    return body[: _at(chance, body)]


def behead(chance: random.Random, body: bytes) -> bytes:
    return body[_at(chance, body) :]


def drop(chance: random.Random, body: bytes) -> bytes:
    start, end = _block(chance, body, 300)
    return body[:start] + body[end:]


def repeat(chance: random.Random, body: bytes) -> bytes:
    start, end = _block(chance, body, 600)
    return body[:end] + body[start:end] * chance.choice((1, 2, 20, 300)) + body[end:]


def repeat_items(chance: random.Random, body: bytes) -> bytes:
    item = re.search(rb"<(item|entry|url)\b.*?</\1>", body, re.S)
    if item is None:
        return repeat(chance, body)
    return body[: item.end()] + item[0] * chance.choice((1, 50, 500)) + body[item.end() :]


def swap(chance: random.Random, body: bytes) -> bytes:
    (a, b), (c, d) = sorted((_block(chance, body, 200), _block(chance, body, 200)))
    return body if b > c else body[:a] + body[c:d] + body[b:c] + body[a:b] + body[d:]


def insert(chance: random.Random, body: bytes) -> bytes:
    for _ in range(chance.randint(1, 5)):
        body = _put(chance, body, chance.choice(_PIECES))
    return body


def nest(chance: random.Random, body: bytes) -> bytes:
    tag = chance.choice((b"a", b"div", b"item", b"channel", b"description", b"x:y", b"media:group"))
    depth = chance.choice((10, 300, 3000))
    closed = chance.random() < 0.5
    return _put(chance, body, b"<%b>" % tag * depth + (b"</%b>" % tag * depth if closed else b""))


def attributes(chance: random.Random, body: bytes) -> bytes:
    tags = list(_TAG.finditer(body))
    if not tags:
        return body
    end = chance.choice(tags).end() - 1
    many = chance.choice((5, 400, 4000))
    name = chance.choice((b"a%d", b"xmlns:n%d", b"a", b"href%d"))
    flood = b" ".join((name % n if b"%d" in name else name) + b'="%d"' % n for n in range(many))
    return body[:end] + b" " + flood + body[end:]


def entities(chance: random.Random, body: bytes) -> bytes:
    for _ in range(chance.choice((1, 5, 100))):
        body = _put(chance, body, chance.choice(_ENTITIES))
    return body


def definitions(chance: random.Random, body: bytes) -> bytes:
    steps = chance.randint(2, 12)
    lines = [b'<!ENTITY e0 "lol">']
    lines += [b'<!ENTITY e%d "%b">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, steps)]
    lines.append(
        chance.choice((b"", b'<!ENTITY x SYSTEM "file:///etc/hostname">', b"<!ENTITY % p 'q'>"))
    )
    body = _put(chance, body, b"&e%d;&x;" % (steps - 1))
    return b'<?xml version="1.0"?><!DOCTYPE rss [' + b"".join(lines) + b"]>" + body


def giant(chance: random.Random, body: bytes) -> bytes:
    return _put(chance, body, chance.choice(_CHARACTERS) * chance.choice((1000, 30_000, 300_000)))


def encode(chance: random.Random, body: bytes) -> bytes:
    text = body.decode("utf-8", "replace")
    if chance.random() < 0.3:
        name = chance.choice((*_ENCODINGS, "utf-7", "nonsense", "base64")).encode()
        return re.sub(rb'encoding="[^"]*"', b'encoding="%b"' % name, body, count=1)
    return text.encode(chance.choice(_ENCODINGS), chance.choice(("replace", "ignore")))


def mix(chance: random.Random, body: bytes) -> bytes:
    """One half in one encoding, the other in another."""
    at = _at(chance, body)
    return body[:at] + body[at:].decode("utf-8", "replace").encode("euc-kr", "replace")


def splice(chance: random.Random, body: bytes) -> bytes:
    other = chance.choice(_documents())
    return body[: _at(chance, body)] + other[_at(chance, other) :]


def dates(chance: random.Random, body: bytes) -> bytes:
    return re.sub(
        rb"(<(?:pubDate|updated|published|dc:date)>)[^<]*",
        lambda found: found[1] + chance.choice(_DATES),
        body,
    )


def json_deep(chance: random.Random, body: bytes) -> bytes:
    deep = chance.choice((50, 900, 20_000))
    piece = chance.choice((b"[" * deep, b'{"items":' * deep, b'{"a":' + b"9" * deep + b"}"))
    return _put(chance, b'{"version":"https://jsonfeed.org/version/1.1","items":[]}', piece)


MUTATORS: tuple[Mutator, ...] = (
    flip, cut, behead, drop, repeat, repeat_items, swap, insert, nest, attributes, entities,
    definitions, giant, encode, mix, splice, dates, json_deep,
)  # fmt: skip
_read: list[bytes] = []


def _documents() -> Sequence[bytes]:
    if not _read:
        paths = sorted(path for path in FEEDS.iterdir() if path.name != "EXPECT.json")
        _read.extend(path.read_bytes() for path in paths)
    return _read


def mutated(number: int) -> tuple[str, bytes]:
    """The `number`-th document, always the same, and how it was made."""
    chance = random.Random(f"mutation {number}")
    body = chance.choice(_documents())
    ways = chance.choices(MUTATORS, k=chance.choice((1, 1, 2, 3)))
    for way in ways:
        body = way(chance, body)
    return "+".join(way.__name__ for way in ways), body[: 2 * 2**20]
