"""What a reload came to, for the log and for `ops`: by name, for some values are secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from watchd.config import Config
from watchd.errors import Problem
from watchd.model import Notice
from watchd.values import Struct

_MOST_NAMES = 20  # in one line
_AT_NEXT_START = ("database_url", "fetch", "listen", "contact")
_KEYS = {"database_url": "database", "rules_dir": "rules", "heartbeat": "heartbeat_url"}


def differences(before: Config, after: Config) -> dict[str, str]:
    """Names of what came, went and changed, by kind; empty when nothing did.

    `feeds_changed` and its like name the keys, too: "kcna (url, interval)". What
    `at_next_start` names takes no hold before that.
    """
    found: dict[str, str] = {}
    for kind in ("feeds", "receivers", "words"):
        old, new = ({one.name: one for one in getattr(one, kind)} for one in (before, after))
        found |= _named(kind, old, new)
    if before.routes != after.routes:
        found["routes"] = _routes(len(before.routes), len(after.routes))
    changed = [
        name
        for name in ("rules_dir", "notify", "heartbeat", *_AT_NEXT_START)
        if getattr(before, name) != getattr(after, name)
    ]
    at_once = [name for name in changed if name not in _AT_NEXT_START]
    if at_once:
        found["settings"] = _some([_KEYS.get(name, name) for name in at_once])
    if later := [name for name in changed if name in _AT_NEXT_START]:
        found["at_next_start"] = _some([_KEYS.get(name, name) for name in later])
    return found


def _routes(before: int, after: int) -> str:
    """Routes have no names."""
    return "changed" if before == after else f"{before} before, {after} now"


def _named(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, str]:
    changed = []
    for name in sorted(old.keys() & new.keys()):
        keys = _different(old[name], new[name])
        if keys:
            changed.append(f"{name} ({', '.join(keys)})")
    told = {
        "added": sorted(new.keys() - old.keys()),
        "gone": sorted(old.keys() - new.keys()),
        "changed": changed,
    }
    return {f"{kind}_{what}": _some(names) for what, names in told.items() if names}


def _different(old: Struct, new: Struct) -> list[str]:
    """The keys that differ; where a receiver stands in the file is none."""
    keys = [name for name in old.__struct_fields__ if name not in ("line", "col")]
    changed = [key for key in keys if getattr(old, key) != getattr(new, key)]
    return ["url" if key == "urls" else key for key in changed]


def _some(names: list[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def taken(changed: Mapping[str, str], rules: Mapping[str, str], now: datetime) -> Notice | None:
    """What is told of a reload that took hold; None where it changed nothing."""
    lines = [f"{kind.replace('_', ' ')}: {names}" for kind, names in changed.items()]
    lines += [f"rules {kind}: {names}" for kind, names in rules.items()]
    if not lines:
        return None
    return Notice(
        at=now,
        severity="info",
        title="config.toml was read again, and this has changed",
        lines=tuple(lines),
        why="somebody asked for a reload",
        see="watchd status",
    )


def kept(problems: Sequence[Problem], now: datetime) -> Notice:
    """What is told of a reload that failed: nothing of it holds. Source lines stay in the log."""
    shown = [f"{one.where}: {one.message}" for one in problems[:_MOST_NAMES]]
    if len(problems) > _MOST_NAMES:
        shown.append(f"and {len(problems) - _MOST_NAMES} more")
    return Notice(
        at=now,
        severity="high",
        title="config.toml was read again and has mistakes: the old one stays in force",
        lines=tuple(shown) or ("it could not be read; the log says why",),
        why="somebody asked for a reload; `watchd check` shows every mistake with its line",
        see="watchd check",
    )
