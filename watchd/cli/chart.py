"""Counts per day as a small chart of text, for a day as well as for years."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby

_LEVELS = "▁▂▃▄▅▆▇█"
_NONE = "·"
_BAR = 30  # characters
_BY_DAY = 14  # so many days at most get a line each
_BY_WEEK = 27 * 7  # so many at most get a line for each week, longer times one for each month
_MONTHS = 36
_RUN = 3  # rows without a count; more than these in a row are told in one

Row = tuple[str, int]  # a line, and what it counts


def chart(per_day: Mapping[date, int], first: date, last: date) -> list[str]:
    """Lines that show the counts from the first day to the last; what lies outside is left out."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    counts = {day: per_day.get(day, 0) for day in days}
    if len(days) <= _BY_DAY:
        return [line for line, _ in _bars(counts, "%a %d %b")]
    if len(days) <= _BY_WEEK:
        return ["week of  MTWTFSS", *_shortened(_weeks(counts), "weeks")]
    months: Counter[date] = Counter()
    for day, count in counts.items():
        months[day.replace(day=1)] += count
    latest = dict(list(months.items())[-_MONTHS:])
    return _shortened(_bars(latest, "%b %Y"), "months")


def sparkline(counts: Sequence[int]) -> str:
    """Counts on one line, a character for each."""
    most = max(counts, default=0)
    return "".join(_small(count, most) for count in counts)


def _bars(counts: Mapping[date, int], name: str) -> list[Row]:
    most = max(counts.values())
    return [
        (f"{day:{name}}  {_bar(count, most)} {count}" if count else f"{day:{name}}  {_NONE}", count)
        for day, count in counts.items()
    ]


def _bar(count: int, most: int) -> str:
    return "█" * max(1, round(_BAR * count / most))


def _weeks(counts: Mapping[date, int]) -> list[Row]:
    """A row for each week, named by its Monday, with a small bar for each day."""
    most, rows = max(counts.values()), []
    by_monday = groupby(counts.items(), key=lambda one: one[0] - timedelta(days=one[0].weekday()))
    for monday, days in by_monday:
        bars, total = [" "] * 7, 0
        for day, count in days:
            bars[day.weekday()] = _small(count, most)
            total += count
        rows.append((f"{monday:%d %b}   {''.join(bars)} {total or '':>5}".rstrip(), total))
    return rows


def _small(count: int, most: int) -> str:
    """The higher the more; the lowest bar is still something, and only nothing is a dot."""
    return _LEVELS[-(-count * len(_LEVELS) // most) - 1] if count else _NONE


def _shortened(rows: Iterable[Row], unit: str) -> list[str]:
    lines: list[str] = []
    for empty, run in groupby(rows, key=lambda row: not row[1]):
        told = [line for line, _ in run]
        lines += [f"⋮ {len(told)} {unit} without a hit"] if empty and len(told) > _RUN else told
    return lines
