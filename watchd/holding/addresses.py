"""Addresses of receivers that have another name now, or none: the config was edited. Pure.

Names are by order ("desk/json", "desk/json-2"), so that an edit of a list, or another name for a
receiver, gives an address the name that was another's. What a database keeps by name goes along.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from watchd.model import Notice
from watchd.timing import told_span


def moves(
    before: Mapping[str, str], now: Mapping[str, str], used: Collection[str] = ()
) -> dict[str, str]:
    """The names that change, each with the one in its place; both maps are from names to marks.

    An address that is known goes to where it stands now. One that is gone, and whose name an
    address from elsewhere takes, gets a name that is nobody's; so does what is kept of one that
    went long ago, whose name is among `used`. A name with an
    address that was never seen stays: that is a new token, or an address that was mended. The
    same address twice in the config goes on as it is; where one of the two moves, within its
    receiver if it can.
    """
    was, is_ = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    for name, mark in before.items():
        if mark and now.get(name) != mark:
            was[mark].append(name)
    for name, mark in now.items():
        if before.get(name) != mark:
            is_[mark].append(name)
    found: dict[str, str] = {}
    for mark, names in was.items():
        free = is_[mark]
        for name in sorted(names, key=lambda one: not _of_same(one, free)):
            if free:
                found[name] = (_of_same(name, free) or free)[0]
                free.remove(found[name])
    kept = {*used, *before}
    for name in sorted((kept & set(found.values())) - set(found)):
        found[name] = _nobodys(name, {*kept, *now, *found.values()})
    return found


def _of_same(name: str, others: Sequence[str]) -> list[str]:
    """Those of the same receiver."""
    return [one for one in others if receiver_of(one) == receiver_of(name)]


def receiver_of(endpoint: str) -> str:
    """The receiver of an endpoint of this name."""
    return endpoint.partition("/")[0]


def _nobodys(name: str, taken: Collection[str]) -> str:
    found, number = f"{name} (left)", 1
    while found in taken:
        number += 1
        found = f"{name} (left {number})"
    return found


def renamed(receivers: Iterable[str], moved: Mapping[str, str], kept: Collection[str]) -> list[str]:
    """A list of receivers, with those that have gone as they are called now; `kept` are there."""
    found: dict[str, None] = {}
    for name in receivers:
        to = [receiver_of(new) for old, new in moved.items() if receiver_of(old) == name]
        found |= dict.fromkeys([name] if name in kept or not to else to)
    return list(found)


def left(waiting: Mapping[str, int], give_up_after: timedelta, now: datetime) -> Notice:
    """What is told of endpoints that left the config while messages wait for them."""
    count = sum(waiting.values())
    messages, wait = ("message", "waits") if count == 1 else ("messages", "wait")
    return Notice(
        at=now,
        severity="high",
        title=f"{count} {messages} {wait} for a receiver that is not in config.toml",
        lines=(
            *(f"{name}: {number} waiting" for name, number in waiting.items()),
            "They go out once the address is in config.toml again, under whatever name; "
            f"else they are given up {told_span(give_up_after)} after their time.",
        ),
        why="config.toml was edited",
        see="watchd outbox list",
    )
