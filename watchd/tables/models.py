"""Tables as pydantic models: they find every mistake, and make the JSON Schema.

Strict: no key beside these, no number for a text.
"""

from __future__ import annotations

import os
from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    WithJsonSchema,
    create_model,
)

from watchd.tables import marks
from watchd.tables.marks import Table
from watchd.values import NODEFAULT, Struct, fields

# Else pydantic looks through all that is installed for plugins, and nobody else is to have a say
# in what the config means.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

_T = TypeVar("_T", bound=Table)
_TUPLE: Any = tuple
_LIST: Any = list
_INSTANCE: Any = InstanceOf


class _Strict(BaseModel):
    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        defer_build=True,  # the file's model holds the others: none is made twice
    )


def read(data: object, kind: type[_T]) -> _T:
    """A table as the values of its keys. Raises pydantic.ValidationError, with every mistake."""
    return _value(model_of(kind).model_validate(data), kind)


@cache
def model_of(kind: type[Table]) -> type[BaseModel]:
    """The model of a table."""
    hints = get_type_hints(kind, include_extras=True)
    made: dict[str, Any] = {}
    for one in fields(kind):
        how: dict[str, Any] = {} if one.name == one.encode_name else {"alias": one.encode_name}
        if one.default_factory is not NODEFAULT:
            how["default_factory"] = one.default_factory
        elif not one.required:
            how["default"] = _default(one.default)
        made[one.name] = (_annotation(hints[one.name]), Field(**how))
    model: type[BaseModel] = create_model(
        kind.__name__, __base__=_Strict, __doc__=kind.__doc__, **made
    )
    return model


def _annotation(kind: Any) -> Any:
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated and any(isinstance(part, marks.Aware) for part in parts):
        return AwareDatetime
    if origin is Annotated:
        return Annotated[(_annotation(parts[0]), *map(_mark, parts[1:]))]
    if origin in (Union, UnionType):
        return reduce(or_, map(_annotation, parts))
    if origin is tuple:
        return _TUPLE[_annotation(parts[0]), ...]
    if origin is list:
        return _LIST[_annotation(parts[0])]
    if origin is Literal or not issubclass(kind, Struct):
        return kind
    return model_of(kind) if _is_table(kind) else _INSTANCE[kind]


def _mark(mark: object) -> Any:
    match mark:
        case marks.Read():
            return BeforeValidator(mark.value)
        case marks.Check():
            return AfterValidator(mark.value)
        case marks.Between():
            return Field(ge=mark.least, le=mark.most)
        case marks.Above():
            return Field(gt=mark.bound)
        case marks.Like():
            return Field(pattern=mark.pattern)
        case marks.Filled():
            return Field(min_length=1)
        case marks.Shown():
            return WithJsonSchema(mark.schema)
    raise TypeError(f"unknown mark: {mark!r}")


def _default(value: Any) -> Any:
    return model_of(type(value))() if isinstance(value, Table) else value


def _is_table(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Table)


def _value(model: BaseModel, kind: type[_T]) -> _T:
    hints = get_type_hints(kind)
    return kind(**{name: _inner(getattr(model, name), hints[name]) for name in hints})


def _inner(value: Any, kind: Any) -> Any:
    if isinstance(value, BaseModel):
        return _value(value, next(one for one in get_args(kind) or (kind,) if _is_table(one)))
    if isinstance(value, (tuple, list)) and value and isinstance(value[0], BaseModel):
        return type(value)(_value(one, get_args(kind)[0]) for one in value)
    return value
