"""Which address stands under which name: the marks of all endpoints, as the config was last taken.

They are one note in `service`, with the salt of this database, which makes them worthless anywhere
else.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from watchd.holding.addresses import receiver_of
from watchd.model import Destination
from watchd.store.service import note, noted
from watchd.values import Struct, asdict, field, replace

_NAME = "addresses"


class Marks(Struct, frozen=True, kw_only=True):
    """What is noted of addresses. As it stands, nothing was."""

    salt: str = ""  # in hexadecimal digits
    # By name of the endpoint; also of those that left the config while something was not done.
    marks: Mapping[str, str] = field(default_factory=dict)
    left: Sequence[str] = ()  # such of which people were told


def read(db: Connection) -> Marks:
    """What is noted."""
    found = noted(db, _NAME)
    return Marks(**found[0]) if found else Marks()


def write(db: Connection, marks: Marks, now: datetime) -> None:
    """Note this in the place of what was."""
    note(db, _NAME, asdict(marks), now)


def salt(db: Connection) -> bytes | None:
    """The salt of this database; None: it has none yet."""
    return bytes.fromhex(read(db).salt) or None


def make_salt(db: Connection, now: datetime) -> bytes:
    """Give this database a salt."""
    made = os.urandom(32)
    write(db, replace(read(db), salt=made.hex()), now)
    return made


def as_named(db: Connection, destinations: Sequence[Destination]) -> list[Destination]:
    """The same, by the names that their addresses have now, each name once.

    What a check decided by the old config may be written when the new one is in force.
    """
    if not any(one.endpoint.mark for one in destinations):
        return list(destinations)
    marks = read(db).marks
    names = {mark: name for name, mark in marks.items()}
    found: dict[str, Destination] = {}
    for one in sorted(destinations, key=lambda one: one.endpoint.mark not in names):
        name, mark = one.name, one.endpoint.mark
        if mark in names and marks.get(name) != mark:
            name = names[mark]
            to = replace(one.endpoint, name=name, receiver=receiver_of(name))
            one = replace(one, endpoint=to)
        found.setdefault(name, one)
    return list(found.values())
