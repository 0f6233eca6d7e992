"""Counts per day as bars: numbers for an SVG, and the same in words for those who do not see it."""

from __future__ import annotations

from collections.abc import Sequence

from watchd.values import Struct

BAR, HEIGHT = 4, 24  # of one day, in the units of the SVG; a gap of 1 is part of a bar's width


class Chart(Struct, frozen=True, kw_only=True):
    """Bars as (x, y, height), the drawing's width, and what it says."""

    bars: tuple[tuple[int, float, float], ...]
    width: int
    told: str
    most: int


def chart(counts: Sequence[int], noun: str) -> Chart:
    """Bars for each day, today the last; a day with something is never flat."""
    most = max(counts, default=0)
    bars = []
    for day, count in enumerate(counts):
        if count:
            height = round(max(2.0, HEIGHT * count / most), 1)
            bars.append((day * BAR, round(HEIGHT - height, 1), height))
    told = f"{sum(counts)} {noun} in {len(counts)} days"
    if most:
        told += f", at most {most} on one day"
    return Chart(bars=tuple(bars), width=BAR * len(counts), told=told, most=most)
