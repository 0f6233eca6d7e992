"""How often a feed publishes, told from the times of its items.

A feed's pace and its silence are judged by its own habits: a wire that rests for a day has
stopped, a weekly that does has not.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from operator import mul
from typing import Any

from watchd.values import Struct, replace

_TIMES = 100  # kept
_DAYS = 28  # for which the longest pauses are kept: four weekends
_DAY = 86_400
AT_ONCE = timedelta(minutes=1)  # items so close came out together
_FEW = 5  # pauses, below which nothing is said
_HOLIDAY = 5  # times the next shorter pause
_UNSURE = 3  # measured on bursts at random: 2 false alarms a feed-year, 6 without, 13 by the 95 %
_EARLIEST = int(datetime(1995, 1, 1, tzinfo=UTC).timestamp())


class Rhythm(Struct, frozen=True, kw_only=True):
    """When a feed's items came out, and how many its document holds."""

    times: tuple[int, ...] = ()  # seconds since 1970, in order; the last 100
    pauses: tuple[tuple[int, int], ...] = ()  # (day since 1970, longest pause that ended then)
    since: int = 0  # the first time ever known; 0: none
    window: int = 0  # entries in the last complete document
    apart: int = 0  # changes in a row that replaced all it had, as an edition does
    keeps: bool = False  # whether one ever left something of the document before

    def as_json(self) -> dict[str, Any]:
        """For the database."""
        return {
            "times": list(self.times),
            "pauses": [list(pause) for pause in self.pauses],
            "since": self.since,
            "window": self.window,
            "apart": self.apart,
            "keeps": self.keeps,
        }


def of(kept: Mapping[str, Any] | None) -> Rhythm:
    """What `as_json` made; an empty one of None."""
    if not kept:
        return Rhythm()
    return Rhythm(
        times=tuple(kept["times"]),
        pauses=tuple((day, length) for day, length in kept["pauses"]),
        since=kept["since"],
        window=kept["window"],
        apart=kept["apart"],
        keeps=kept.get("keeps", False),  # not known before 2026-11
    )


def after(
    rhythm: Rhythm, published: Iterable[datetime | None], window: int, now: datetime
) -> Rhythm:
    """The rhythm once new items came: `published` has a time for each of them.

    None stands for an item that does not say; pass `now` where it is known to be news. Dates in
    the future, and those before the web had feeds, are not believed.
    """
    latest = int(now.timestamp())
    stamps = (int(moment.timestamp()) for moment in published if moment is not None)
    new = sorted(stamp for stamp in stamps if _EARLIEST <= stamp <= latest + 600)
    if not new:
        return replace(rhythm, window=window or rhythm.window)
    times, pauses = list(rhythm.times), dict(rhythm.pauses)
    for stamp in new:
        if times and stamp > times[-1]:
            day = stamp // _DAY
            pauses[day] = max(pauses.get(day, 0), stamp - times[-1])
        insort(times, stamp)
    oldest_day = latest // _DAY - _DAYS
    return replace(
        rhythm,
        times=tuple(times[-_TIMES:]),
        pauses=tuple(sorted((day, length) for day, length in pauses.items() if day >= oldest_day)),
        since=min(filter(None, (rhythm.since, new[0]))),
        window=window,
    )


def _between(rhythm: Rhythm) -> list[int]:
    """The pauses between moments of publication, in order of their length."""
    least = AT_ONCE.total_seconds()
    return sorted(
        later - earlier for earlier, later in pairwise(rhythm.times) if later - earlier > least
    )


def long_pause(rhythm: Rhythm) -> timedelta | None:
    """The pause that is long for it; None where too few are known.

    That is the one that 95 % of its pauses do not reach. Where items come in bursts nearly all
    pauses are within one, and tell nothing of those between them: so it is never less than the
    pause up to which half of the time is spent in shorter ones, and the more, the less sure the
    mean pause is (by three times the square of its relative standard error). A single pause five
    times as long as any other was a holiday, and no habit.
    """
    between = _between(rhythm)
    if len(between) < _FEW:
        return None
    long = between[int(0.95 * (len(between) - 1))]
    if between[-1] > _HOLIDAY * between[-2]:
        del between[-1]
    time = sum(between)
    half = between[bisect_left(list(accumulate(between)), time / 2)]
    error = sum(map(mul, between, between)) / time**2 - 1 / len(between)
    return timedelta(seconds=max(long, half * (1 + _UNSURE * error)))


def usual_pause(rhythm: Rhythm) -> timedelta | None:
    """The pause that half of its pauses do not reach; None where too few are known."""
    between = _between(rhythm)
    return timedelta(seconds=between[len(between) // 2]) if len(between) >= _FEW else None


def longest_pause(rhythm: Rhythm) -> timedelta:
    """The longest of the last four weeks: over a night, a weekend. Zero where none is known."""
    return timedelta(seconds=max((length for _, length in rhythm.pauses), default=0))


def known_for(rhythm: Rhythm, now: datetime) -> timedelta:
    """How long its habits have been seen."""
    return now - datetime.fromtimestamp(rhythm.since, UTC) if rhythm.since else timedelta()


def fills_in(rhythm: Rhythm, share: float) -> timedelta | None:
    """The shortest time in which that share of its document was published; None: unknown.

    Who asks no more seldom than that sees every item before it rolls off, as busy as the feed
    has ever been seen.
    """
    count = max(int(rhythm.window * share), 1)
    if not rhythm.window or len(rhythm.times) <= count:
        return None
    spans = zip(rhythm.times, rhythm.times[count:], strict=False)
    return timedelta(seconds=min(later - earlier for earlier, later in spans))


def last(rhythm: Rhythm) -> datetime | None:
    """When the last item came out; None where no time is known."""
    return datetime.fromtimestamp(rhythm.times[-1], UTC) if rhythm.times else None
