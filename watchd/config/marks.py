"""What stands beside the type of a key: how its value is read and checked, what an editor sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from watchd.values import Struct


class Read(Struct, frozen=True, eq=False):
    """Makes of what is written what the type says. Raises Wrong."""

    value: Callable[[Any], Any]


class Check(Struct, frozen=True, eq=False):
    """Looks at a value that has its type, and returns it as it is to be used. Raises Wrong."""

    value: Callable[[Any], Any]


class Between(Struct, frozen=True, eq=False):
    """The least and the most that a number may be."""

    least: int
    most: int


class Filled(Struct, frozen=True, eq=False):
    """A text that must not be empty."""


class Shown(Struct, frozen=True, eq=False):
    """What the JSON Schema says of it, where the type does not tell."""

    schema: dict[str, Any]
