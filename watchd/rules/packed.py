"""Rules as they were read, packed into bytes: to unpack them costs a fiftieth of reading them.

Bytes are taken only for what was packed of the very same texts, by the same edition of watchd,
and of which not a bit was changed since: their seal says so. It is MessagePack, and what it says
is taken only in the shape of rules; never pickle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256

from msgspec import DecodeError, msgpack

from watchd.rules.rule import Rule
from watchd.rules.tree import Any, Node, parts, with_parts
from watchd.values import Struct, force_setattr, replace

_SEAL = 32  # bytes
_MOST = 8 * 1024 * 1024  # bytes: more would be read at each start, whether needed or not
_LEAST = 16  # bytes of a term in a list


class Written(Struct, frozen=True):
    """What a rule was read from: the text of its file, and those of the lists it names."""

    id: str
    path: str
    source: str
    lists: Mapping[str, str]


class _Packed(Struct, frozen=True, array_like=True):
    """Rules without the texts of their files, and with nothing in the lists that they name.

    What stands in a list is in `lists`, once for all the rules that name it; `filled` says for
    each rule which of these its query names, in its order.
    """

    rules: tuple[Rule, ...]
    filled: tuple[tuple[int, ...], ...]
    lists: tuple[tuple[Node, ...], ...]


def pack(rules: Sequence[Rule], edition: str) -> bytes:
    """Rules as bytes; b"" for more than are worth it, and where the edition is unknown."""
    if not edition:
        return b""
    lists, numbers = list[tuple[Node, ...]](), dict[int, int]()
    filled, bare = list[tuple[int, ...]](), list[Rule]()
    for rule in rules:
        named = list(_named(rule.query)) if rule.lists else []
        for node in named:  # by identity: to compare long lists would cost more than to pack them
            if numbers.setdefault(id(node.parts), len(lists)) == len(lists):
                lists.append(node.parts)
        filled.append(tuple(numbers[id(node.parts)] for node in named))
        query = _emptied(rule.query) if named else rule.query
        bare.append(replace(rule, query=query, source="", lists={}))
    if sum(map(len, lists)) * _LEAST > _MOST:
        return b""
    written = [Written(rule.id, rule.path, rule.source, rule.lists) for rule in rules]
    try:
        packed = msgpack.encode(_Packed(tuple(bare), tuple(filled), tuple(lists)))
        return _seal(packed, written, edition) + packed if len(packed) <= _MOST else b""
    except (ValueError, OverflowError, RecursionError):  # a path that is not UTF-8, say
        return b""


def unpack(packed: bytes, written: Sequence[Written], edition: str) -> list[Rule] | None:
    """The rules that were read from these texts; None where the bytes are not just these."""
    seal, packed = packed[:_SEAL], packed[_SEAL:]
    try:
        if not edition or seal != _seal(packed, written, edition):
            return None
        found = _decoder().decode(packed)
        for rule, one, numbers in zip(found.rules, written, found.filled, strict=True):
            # They are nobody's yet, and to make them anew would cost as much as to unpack them.
            force_setattr(rule, "source", one.source)
            force_setattr(rule, "lists", one.lists)
            if numbers:
                for node, number in zip(_named(rule.query), numbers, strict=True):
                    force_setattr(node, "parts", found.lists[number])
    except (DecodeError, ValueError, LookupError, RecursionError):
        return None
    return list(found.rules)


def _seal(packed: bytes, written: Sequence[Written], edition: str) -> bytes:
    numbers = dict[str, int]()  # of the texts of lists, each of which is gone through once
    files = [
        (
            one.id,
            one.path,
            one.source,
            [(n, numbers.setdefault(text, len(numbers))) for n, text in one.lists.items()],
        )
        for one in written
    ]
    told = sha256(msgpack.encode((edition, files, list(numbers))))
    told.update(packed)
    return told.digest()


def _named(node: Node) -> Iterator[Any]:
    """The lists in a query, in order."""
    if isinstance(node, Any) and node.name:
        yield node
    else:
        for part in parts(node):
            yield from _named(part)


def _emptied(node: Node) -> Node:
    """The same query, with nothing in its lists."""
    if isinstance(node, Any) and node.name:
        return replace(node, parts=())
    return with_parts(node, tuple(map(_emptied, parts(node))))


@cache  # what a value holds is looked at once, and only where rules are unpacked
def _decoder() -> msgpack.Decoder[_Packed]:
    return msgpack.Decoder(_Packed)
