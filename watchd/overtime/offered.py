"""What was published, counted as it comes: a query over it would be asked too often."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from datetime import datetime, timedelta

_MANY = 1000  # times that nobody will ask for again, before they are put away


class Offered:
    """When each story of some feeds came first, for as long as that matters.

    Says what `store.observations.published` does. A story that comes again after more than `keep`
    is a new one.
    """

    def __init__(self, keep: timedelta) -> None:
        self._keep = keep
        self._times: list[datetime] = []
        self._first: dict[str, datetime] = {}

    def add(self, story: str, at: datetime) -> None:
        """A copy of a story was published."""
        known = self._first.get(story)
        if known is not None and at - self._keep <= known <= at:
            return
        if known is not None and known > at:
            del self._times[bisect_left(self._times, known)]
        self._first[story] = at
        insort(self._times, at)

    def since(self, at: datetime) -> Sequence[datetime]:
        """The times from this one on, in order."""
        place = bisect_left(self._times, at)
        if place > _MANY:
            oldest = at - self._keep
            del self._times[: bisect_left(self._times, oldest)]
            self._first = {story: one for story, one in self._first.items() if one >= oldest}
            place = bisect_left(self._times, at)
        return self._times[place:]
