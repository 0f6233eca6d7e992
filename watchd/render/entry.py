"""One headline among several: in a digest, and behind an alert of a rule over time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A headline, who said it and when, its link ("": it has none that is safe)."""

    headline: str
    source: str
    url: str
