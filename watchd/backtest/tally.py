"""What is counted of a backtest."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from datetime import date, datetime

from watchd.model import Due, HitStatus
from watchd.store.replaying import Message
from watchd.values import Struct, field


class OfRule(Struct):
    """What one rule would have done."""

    hits: Counter[str] = field(default_factory=Counter)  # by HitStatus
    messages: int = 0  # with an alert of it in them
    per_day: Counter[date] = field(default_factory=Counter)  # such messages
    looks: int = 0  # of a rule over time: for how many items it was looked at

    @property
    def alerts(self) -> int:
        """Hits that were sent on."""
        return self.hits[HitStatus.ALERTED.value]


class Tally:
    """What came of the items from a time on; what was before is history."""

    def __init__(self, since: datetime | None, samples: int) -> None:
        self.since = since
        self.items = 0
        self.earlier = 0  # items before `since`
        self.first: datetime | None = None  # when the first item counted came in
        self.last: datetime | None = None
        self.rules = defaultdict[str, OfRule](OfRule)
        self.messages = 0
        self.per_day = Counter[date]()  # messages
        self.held = Counter[str]()  # messages, by HeldFor
        self.waiting = 0  # deliveries that are held at the end
        self.newest = deque[Message](maxlen=samples)

    def counts(self, at: datetime) -> bool:
        """Whether what happens at a time is no history."""
        return self.since is None or at >= self.since

    def came(self, at: datetime, count: int) -> None:
        """So many items came in."""
        if not self.counts(at):
            self.earlier += count
            return
        self.items += count
        self.first, self.last = self.first or at, at

    def found(self, found: Iterable[tuple[int, Due]], at: datetime) -> None:
        """These hits were written."""
        if self.counts(at):
            for _, due in found:
                self.rules[due.hit.rule].hits[due.hit.status.value] += 1

    def sent(self, message: Message) -> None:
        """A message went out."""
        if not self.counts(message.at):
            return
        self.messages += 1
        self.per_day[message.at.date()] += 1
        self.held[message.held_for] += 1
        self.newest.append(message)
        for rule in {one.rule for one in message.told}:
            self.rules[rule].messages += 1
            self.rules[rule].per_day[message.at.date()] += 1
