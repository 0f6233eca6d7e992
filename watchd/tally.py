"""What happened since a daemon started, in numbers: for the words in which `run --once` ends."""

from __future__ import annotations

from collections import Counter

from watchd.check import Checked
from watchd.model import Outcome
from watchd.values import Struct, field


class Tally(Struct):
    """Counts of checks, items and hits, and of what became of messages."""

    feeds: int = 0
    failed: int = 0
    unreachable: int = 0
    new: int = 0
    hits: int = 0
    baseline: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)

    def checked(self, checked: Checked) -> None:
        """Add what a check came to."""
        self.feeds += 1
        self.failed += bool(checked.error) and checked.status not in ("ok", "degraded")
        self.unreachable += checked.status in ("dns", "connect")
        self.new += checked.new
        self.hits += checked.hits
        self.baseline += checked.hits if checked.baseline else 0
