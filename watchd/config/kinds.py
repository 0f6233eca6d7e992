"""What the keys of config.toml take: each kind of value, how it is read, what an editor sees."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from watchd.config import times, values
from watchd.model import SEVERITIES, Mode, Quiet, Rate, Severity
from watchd.tables.marks import Check, Filled, Read, Shown


def one_or_many(value: Any) -> Any:
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def not_empty(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value or not all(one.strip() for one in value):
        raise values.Wrong("C104", "nothing is given here; leave the key out, or fill it in")
    return value


def one_or_many_of(one: dict[str, Any]) -> Shown:
    return Shown({"anyOf": [one, {"type": "array", "items": one}]})


_TEXT = {"type": "string", "minLength": 1}
Duration = Annotated[
    timedelta,
    Read(values.duration),
    Shown({"type": "string", "pattern": r"^(\s*\d+\s*[wdhms])+\s*$"}),
]
Size = Annotated[
    int,
    Read(values.size),
    Shown({"type": ["integer", "string"], "pattern": r"^\d+\s*([kmgKMG]?i?[bB]?)$"}),
]
Name = Annotated[str, Check(values.name)]
Header = Annotated[str, Check(values.header)]
Selector = Annotated[str, Check(values.selector)]
Text = Annotated[str, Filled()]
Texts = Annotated[
    tuple[str, ...],
    Read(one_or_many),
    Check(not_empty),
    one_or_many_of(_TEXT),
]
Tags = Annotated[
    tuple[Annotated[str, Check(values.tag)], ...],
    Read(one_or_many),
    one_or_many_of(_TEXT),
]
Severities = Annotated[
    tuple[Annotated[Severity, Read(values.severity)], ...],
    Read(one_or_many),
    one_or_many_of({"enum": list(SEVERITIES)}),
]


_CLOCK = r"\d{1,2}:\d{2}"
AMode = Annotated[
    Mode,
    Read(times.mode),
    Shown(
        {
            "type": "string",
            "pattern": rf"^(now|group:.+|daily@{_CLOCK}.*|weekly@[A-Za-z]{{3,}} {_CLOCK}.*)$",
        }
    ),
]
QuietHours = Annotated[
    tuple[Annotated[Quiet, Read(times.quiet)], ...],
    Read(one_or_many),
    one_or_many_of({"type": "string", "pattern": rf"{_CLOCK}\s*-\s*{_CLOCK}"}),
]
_RATE = r"^\d+\s*/\s*\d*\s*[wdhms].*$"
ARate = Annotated[
    Rate,
    Read(times.rate),
    Shown({"type": "string", "pattern": _RATE}),
]
AStorm = Annotated[
    Rate | str,
    Read(times.storm),
    Shown({"anyOf": [{"const": "off"}, {"type": "string", "pattern": _RATE}]}),
]
Languages = Annotated[
    tuple[Annotated[str, Check(values.language)], ...],
    Read(one_or_many),
    one_or_many_of(_TEXT),
]
