"""How endpoints take what is sent to them."""

from __future__ import annotations

from datetime import datetime, timedelta

from watchd.model.hits import Outcome, SendResult
from watchd.values import Struct, replace

IN_TROUBLE = 5
"""Attempts in a row after which it is the endpoint, and not a message, that is in trouble."""


class EndpointState(Struct, frozen=True, kw_only=True):
    """How an endpoint takes what is sent to it."""

    endpoint: str
    failures: int = 0  # attempts in a row that it did not take, whatever it said
    outages: int = 0  # attempts in a row to which it said nothing, or that it is in trouble
    failing_since: datetime | None = None  # the first of the failures
    rests_until: datetime | None = None  # nothing is sent to it before; None: it has no rest
    error: str = ""  # its last words that were none of acceptance
    told: bool = False  # people know that it is failing
    told_failed: int = 0  # the last delivery that people know to be given up
    told_failed_at: datetime | None = None  # when they were told so
    told_until: datetime | None = None  # what was given up by then they know of, too
    told_unanswered: int = 0  # the last delivery that they know to wait for a person

    @property
    def is_failing(self) -> bool:
        """Whether it takes nothing, for whatever reason."""
        return self.failures >= IN_TROUBLE

    @property
    def is_in_trouble(self) -> bool:
        """Whether it would take no other message either: all wait, and keep their order."""
        return self.outages >= IN_TROUBLE

    def rests(self, now: datetime) -> bool:
        """Whether nothing is to be sent to it now."""
        return self.rests_until is not None and self.rests_until > now

    def worse(self, result: SendResult, now: datetime, rest: timedelta | None) -> EndpointState:
        """After an attempt that it did not take. `rest` is for how long to leave it alone."""
        outages = self.outages
        if result.outcome in (Outcome.RETRY, Outcome.DROPPED):
            outages += 1
        elif result.outcome is Outcome.REFUSED:
            outages = 0  # it is there, and minds what it is sent
        return replace(
            self,
            failures=self.failures + 1,
            outages=outages,
            failing_since=self.failing_since or now,
            rests_until=now + rest if rest else None,
            error=result.detail,
        )

    def well(self) -> EndpointState:
        """After a message that it took. What it said last is kept, for those who look."""
        return replace(self, failures=0, outages=0, failing_since=None, rests_until=None)
