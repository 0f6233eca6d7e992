"""What a table is, and what stands beside the type of a key: how its value is read and checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from watchd.values import Struct


class Table(Struct, frozen=True, kw_only=True):
    """A table of a file: its keys by their names, each with its type and, it may be, marks."""


def keys(table: type[Table]) -> list[str]:
    """The keys of a table, as they are written."""
    return list(table.__struct_encode_fields__)


class Read(Struct, frozen=True, eq=False):
    """Makes of what is written what the type says. Raises Wrong."""

    value: Callable[[Any], Any]


class Check(Struct, frozen=True, eq=False):
    """Looks at a value that has its type, and returns it as it is to be used. Raises Wrong."""

    value: Callable[[Any], Any]


class Between(Struct, frozen=True, eq=False):
    """The least and the most that a number may be; None: as much as one likes."""

    least: int
    most: int | None = None


class Above(Struct, frozen=True, eq=False):
    """What a number must be more than."""

    bound: float


class Like(Struct, frozen=True, eq=False):
    """The pattern of a text, with ^ and $ at its ends."""

    pattern: str


class Aware(Struct, frozen=True, eq=False):
    """A time with its zone."""


class Filled(Struct, frozen=True, eq=False):
    """A text that must not be empty."""


class Shown(Struct, frozen=True, eq=False):
    """What the JSON Schema says of it, where the type does not tell."""

    schema: dict[str, Any]
