"""The daemon's own ticks that do not come as they should, and when people are told of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from watchd.model import Notice

Happened = Literal["ran", "skipped", "missed", "crashed"]
"""What became of a run of a tick. Skipped: the one before it still went on."""

PATIENCE = timedelta(minutes=2)
"""A tick that did not come for so long is in trouble: none takes half a minute."""
_SLOW = timedelta(seconds=30)  # worth a line in the log
_ONCE_IN = timedelta(hours=1)
_WHY = "what this tick does is not done meanwhile: checking, sending, reading rules"


class Overdue:
    """Hears what becomes of the ticks, and says when it is time to tell people."""

    def __init__(self) -> None:
        self._absent: dict[str, datetime] = {}  # since when no run of it has begun
        self._said: set[str] = set()  # of these, that the log has it
        self._crashed: dict[str, int] = {}  # since people were last told
        self._told_at: datetime | None = None

    def happened(self, tick: str, what: Happened, now: datetime) -> bool:
        """Take note. Returns whether it is worth a line in the log."""
        if what == "crashed":
            self._crashed[tick] = self._crashed.get(tick, 0) + 1
            return True
        if what == "missed":
            return True
        if what == "ran":
            self._absent.pop(tick, None)
            self._said.discard(tick)
            return False
        since = self._absent.setdefault(tick, now)
        if now - since < _SLOW or tick in self._said:
            return False
        self._said.add(tick)
        return True

    def due(self, now: datetime) -> Notice | None:
        """What is to be told now, at most once an hour; None for nothing."""
        if self._told_at is not None and timedelta() <= now - self._told_at < _ONCE_IN:
            return None
        lines = [f"{tick}: stumbled over a bug, {n} times" for tick, n in self._crashed.items()]
        lines += [
            f"{tick}: its last run has not ended since {since:%Y-%m-%d %H:%M} UTC"
            for tick, since in self._absent.items()
            if now - since >= PATIENCE
        ]
        if not lines:
            return None
        self._told_at = now
        self._crashed.clear()
        return Notice(
            at=now,
            severity="high",
            title="watchd itself is in trouble: see its log",
            lines=tuple(lines),
            why=_WHY,
        )
