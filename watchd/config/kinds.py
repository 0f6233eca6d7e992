"""What the keys of config.toml take: each kind of value, how it is read, what an editor sees."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, InstanceOf, WithJsonSchema

from watchd.config import times, values
from watchd.model import SEVERITIES, Mode, Quiet, Rate, Severity


def one_or_many(value: Any) -> Any:
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def not_empty(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value or not all(one.strip() for one in value):
        raise values.Wrong("C104", "nothing is given here; leave the key out, or fill it in")
    return value


def one_or_many_of(one: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [one, {"type": "array", "items": one}]})


_TEXT = {"type": "string", "minLength": 1}
Duration = Annotated[
    timedelta,
    BeforeValidator(values.duration),
    WithJsonSchema({"type": "string", "pattern": r"^(\s*\d+\s*[wdhms])+\s*$"}),
]
Size = Annotated[
    int,
    BeforeValidator(values.size),
    WithJsonSchema({"type": ["integer", "string"], "pattern": r"^\d+\s*([kmgKMG]?i?[bB]?)$"}),
]
Name = Annotated[str, AfterValidator(values.name)]
Header = Annotated[str, AfterValidator(values.header)]
Selector = Annotated[str, AfterValidator(values.selector)]
Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[
    tuple[str, ...],
    BeforeValidator(one_or_many),
    AfterValidator(not_empty),
    one_or_many_of(_TEXT),
]
Tags = Annotated[
    tuple[Annotated[str, AfterValidator(values.tag)], ...],
    BeforeValidator(one_or_many),
    one_or_many_of(_TEXT),
]
Severities = Annotated[
    tuple[Annotated[Severity, BeforeValidator(values.severity)], ...],
    BeforeValidator(one_or_many),
    one_or_many_of({"enum": list(SEVERITIES)}),
]


_CLOCK = r"\d{1,2}:\d{2}"
AMode = Annotated[
    InstanceOf[Mode],
    BeforeValidator(times.mode),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": rf"^(now|group:.+|daily@{_CLOCK}.*|weekly@[A-Za-z]{{3,}} {_CLOCK}.*)$",
        }
    ),
]
QuietHours = Annotated[
    tuple[Annotated[InstanceOf[Quiet], BeforeValidator(times.quiet)], ...],
    BeforeValidator(one_or_many),
    one_or_many_of({"type": "string", "pattern": rf"{_CLOCK}\s*-\s*{_CLOCK}"}),
]
_RATE = r"^\d+\s*/\s*\d*\s*[wdhms].*$"
ARate = Annotated[
    InstanceOf[Rate],
    BeforeValidator(times.rate),
    WithJsonSchema({"type": "string", "pattern": _RATE}),
]
AStorm = Annotated[
    InstanceOf[Rate] | str,
    BeforeValidator(times.storm),
    WithJsonSchema({"anyOf": [{"const": "off"}, {"type": "string", "pattern": _RATE}]}),
]
Languages = Annotated[
    tuple[Annotated[str, AfterValidator(values.language)], ...],
    BeforeValidator(one_or_many),
    one_or_many_of(_TEXT),
]
