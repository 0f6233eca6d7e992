"""Rules over time under way: looked at when something came in, or when their time has run out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from watchd.desk import Desk
from watchd.store import Store

if TYPE_CHECKING:
    from watchd.evaluate import Evaluated, InForce


TIMED_EVERY = timedelta(seconds=15)
"""How often those rules are looked at that have something to say though nothing comes in."""


class Evaluations:
    """Looks at the rules over time of a desk, if it has any. `found` hears what came of it."""

    def __init__(
        self,
        store: Store,
        desk: Callable[[], Desk],
        clock: Callable[[], datetime],
        found: Callable[[Evaluated], None],
    ) -> None:
        self._store, self._desk, self._clock, self._found = store, desk, clock, found
        self._begun = False
        self._timed: datetime | None = None  # when such rules were looked at
        self._more = False  # of the archive is to be looked through, for a rule that is new
        self._in_force: tuple[Desk, InForce] | None = None

    async def tick(self) -> timedelta | None:
        """Look at them all; at the archive for new ones, bit by bit."""
        desk = self._desk()
        if not desk.rules.over_time and not self._begun:
            return None
        from watchd.evaluate import evaluate  # many desks have no such rule

        self._begun = True
        in_force = self._of(desk)
        now = self._clock()
        if self._timed is not None and now < self._timed:
            self._timed = None  # the clock was set back
        timed = self._timed is None or now - self._timed >= TIMED_EVERY
        evaluated = await evaluate(self._store, in_force, now, timed=timed, looked=self._timed)
        if timed:
            self._timed = now
        self._more = evaluated.more
        self._found(evaluated)
        return timedelta() if evaluated.more else None

    def _of(self, desk: Desk) -> InForce:
        from watchd.evaluate import InForce

        if self._in_force is None or self._in_force[0] is not desk:
            rules = desk.rules
            in_force = InForce(
                over_time=rules.watching, rules=rules.rules, feeds=desk.feeds, route=desk.route
            )
            self._in_force = desk, in_force
        return self._in_force[1]

    async def to_the_end(self, is_stopping: Callable[[], bool]) -> None:
        """The same, until all of the archive was looked through."""
        await self.tick()
        while self._more and not is_stopping():
            await self.tick()
