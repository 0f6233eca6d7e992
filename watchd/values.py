"""What the values of watchd are made of: a fixed set of named fields, compared by what they hold.

They are Structs of msgspec, not dataclasses: making the class of one takes a tenth of the time,
which with two hundred of them is felt at each start, and making or replacing a value a
fifteenth.

`asdict` is of one level: a value within a value stays one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import NODEFAULT, Struct, field
from msgspec.structs import asdict, fields, force_setattr

if TYPE_CHECKING:
    from dataclasses import replace  # for which the type checker knows the fields of a value
else:
    from msgspec.structs import replace

__all__ = [
    "NODEFAULT",
    "Struct",
    "asdict",
    "field",
    "fields",
    "force_setattr",
    "replace",
    "without",
]


def without(*hidden: str) -> Callable[[Struct], str]:
    """A `__repr__` that leaves these fields out: secrets, and what is too long to be read."""

    def told(value: Struct) -> str:
        shown = (name for name in value.__struct_fields__ if name not in hidden)
        fields = ", ".join(f"{name}={getattr(value, name)!r}" for name in shown)
        return f"{type(value).__name__}({fields})"

    return told
