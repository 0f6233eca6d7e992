"""Read a table in which all is as it should be.

Nearly every start finds only such. What reports each mistake (models.py) takes a tenth of a round
to import, so it is asked only where this refuses a table: this must never accept what that would
not, and may refuse what it would accept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from watchd.tables.marks import Above, Aware, Between, Check, Filled, Like, Read, Table
from watchd.values import Struct

_T = TypeVar("_T", bound=Struct)
_Reader = Callable[[Any], Any]


class NotPlain(Exception):
    """Something in it is not as it should be."""


def read(table: object, kind: type[_T]) -> _T:
    """A table as the values of its keys. Raises NotPlain."""
    if type(table) is not dict:
        raise NotPlain
    readers = _of_keys(kind)
    found = {}
    for key, value in table.items():
        if key not in readers:
            raise NotPlain
        name, reader = readers[key]
        try:
            found[name] = reader(value)
        except (ValueError, OverflowError):
            raise NotPlain from None
    try:
        return kind(**found)
    except TypeError:  # one is missing
        raise NotPlain from None


@cache
def _of_keys(kind: type[Struct]) -> Mapping[str, tuple[str, _Reader]]:
    """The name of each key's value, and what reads it."""
    hints = get_type_hints(kind, include_extras=True)
    written = zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True)
    return {key: (name, _reader(hints[name])) for key, name in written}


@cache
def _reader(kind: Any) -> _Reader:
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _marked(_reader(parts[0]), parts[1:])
    if origin in (Union, UnionType):
        kinds = [part for part in parts if part is not NoneType]  # TOML has no null
        return _reader(kinds[0]) if len(kinds) == 1 else _instance(*kinds)
    if origin is tuple:
        each = _reader(parts[0])
        return lambda value: tuple(map(each, _of_type(value, tuple)))
    if origin is list:
        each = _reader(parts[0])
        return lambda value: list(map(each, _of_type(value, list)))
    if origin is Literal:
        return _among(parts)
    if kind in (str, int, bool, date, datetime):  # and no number for true
        return lambda value: _of_type(value, kind)
    if kind is float:
        return lambda value: float(value if type(value) is int else _of_type(value, float))
    if issubclass(kind, Table):
        return lambda value: read(value, kind)
    return _instance(kind)


def _marked(inner: _Reader, marks: tuple[object, ...]) -> _Reader:
    first = [mark.value for mark in marks if isinstance(mark, Read)]
    then = [one for mark in marks if (one := _check(mark))]

    def marked(value: Any) -> Any:
        for one in first:
            value = one(value)
        value = inner(value)
        for one in then:
            value = one(value)
        return value

    return marked


def _check(mark: object) -> _Reader | None:
    match mark:
        case Check():
            return mark.value
        case Filled():
            return lambda value: value or _refuse()
        case Aware():
            return lambda value: value if value.tzinfo else _refuse()
        case Above():
            return lambda value: value if value > mark.bound else _refuse()
        case Like():
            like = re.compile(mark.pattern)
            return lambda value: value if like.fullmatch(value) else _refuse()
        case Between():
            most = float("inf") if mark.most is None else mark.most
            return lambda value: value if mark.least <= value <= most else _refuse()
    return None


def _among(allowed: Container[Any]) -> _Reader:
    return lambda value: value if value in allowed else _refuse()


def _instance(*kinds: type) -> _Reader:
    return lambda value: value if isinstance(value, kinds) else _refuse()


def _of_type(value: Any, kind: type) -> Any:
    return value if type(value) is kind else _refuse()


def _refuse() -> Any:
    raise NotPlain
