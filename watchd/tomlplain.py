"""Plain TOML, read several times as fast as tomllib reads it.

Nearly all rule files hold no more than texts and lists of texts, in tables with simple names. A
file with anything else in it, or with any mistake, is left to tomllib.
"""

from __future__ import annotations

import re
from typing import Any

_CONTROL = r"\x00-\x08\x0b-\x1f\x7f"  # must not stand anywhere
_SPACES, _BLANKS = r"[\x20\t]*+", r"[\x20\t\n]*+"
_BASIC = rf'"[^"\\\n{_CONTROL}]*+"'
_LITERAL = rf"'[^'\n{_CONTROL}]*+'"
_ITEM = re.compile(f"{_BASIC}|{_LITERAL}")
_STATEMENT = re.compile(
    rf"""{_SPACES}
    (?: (?P<key>[\w-]++) {_SPACES} = {_SPACES}
        (?: (?P<text>{_BASIC}(?!") | {_LITERAL}(?!'))
          | '{{3}}\n? (?P<long>(?:[^'{_CONTROL}]++ | '(?!''))*+) '{{3}}(?!')
          | "{{3}}\n? (?P<long_basic>(?:[^"\\{_CONTROL}]++ | "(?!""))*+) "{{3}}(?!")
          | (?P<list>\[ {_BLANKS}
                (?:(?:{_ITEM.pattern}) {_BLANKS} (?:,{_BLANKS} | (?=\])))*+
            \])
        )
      | \[(?P<table>[\w-]++)\]
      | \[\[(?P<tables>[\w-]++)\]\]
    )?
    {_SPACES} (?:\#[^\n{_CONTROL}]*+)? (?:\n|\Z)""",
    re.VERBOSE | re.ASCII,
)


def read_plain(text: str) -> dict[str, Any] | None:
    """The values as tomllib gives them; None for what is not plain, or is not TOML."""
    data: dict[str, Any] = {}
    table, at = data, 0
    while at < len(text):
        found = _STATEMENT.match(text, at)
        if found is None:
            return None
        at = found.end()
        kind = found.lastgroup
        if kind is None:
            continue
        value: Any = found[kind]
        if kind == "table":
            if value in data:
                return None
            table = data[value] = {}
        elif kind == "tables":
            if value in data and not _is_tables(data[value]):
                return None
            table = {}
            data.setdefault(value, []).append(table)
        elif found["key"] in table:
            return None
        elif kind == "list":
            table[found["key"]] = [item[1:-1] for item in _ITEM.findall(value)]
        else:
            table[found["key"]] = value[1:-1] if kind == "text" else value
    return data


def _is_tables(value: Any) -> bool:
    # An empty list was written as one: `x = []`.
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)
