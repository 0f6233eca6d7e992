"""Headlines in a list: in a digest, and behind an alert of a rule over time."""

from __future__ import annotations

from watchd.values import Struct


class Entry(Struct, frozen=True, kw_only=True):
    """A headline, who said it and when, its link ("": it has none that is safe)."""

    headline: str
    source: str
    url: str


class Section(Struct, frozen=True, kw_only=True):
    """A part of a digest: one rule, or one phrase, and the first headlines of it."""

    title: str
    entries: tuple[Entry, ...]
    count: int
    command: str  # lists them all; "": none does

    @property
    def more(self) -> str:
        """ "+12 more: watchd hits …", or ""."""
        rest = self.count - len(self.entries)
        return f"+{rest} more: {self.command}" if rest and self.command else ""
