"""The board on top of a digest: problem by problem, what is not quiet, and what has changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from itertools import groupby

from watchd.model.board import Board, Standing
from watchd.render.inert import inert
from watchd.render.message import at
from watchd.render.overtime import sparkline
from watchd.values import Struct, replace

_PROBLEMS = 12  # named, at most
_INDICATORS = 10  # of each of them
_LEVELS = ("active", "seen", "unknown", "faded", "quiet")
_WHOLE = "watchd board"  # shows all of it


class Row(Struct, frozen=True, kw_only=True):
    """One indicator: its name, how it stands, and how many texts came on each of 30 days."""

    headline: str  # "[ACTIVE, was seen] Troops abroad"
    about: str
    series: tuple[int, ...]  # empty where there was nothing

    @property
    def bars(self) -> str:
        """ "▁▁▃▇ in 30 days", or ""."""
        return f"{sparkline(self.series)} in {len(self.series)} days" if self.series else ""

    @property
    def told(self) -> str:
        """What stands beneath the headline."""
        return " · ".join(filter(None, (self.about, self.bars)))


class OfProblem(Struct, frozen=True, kw_only=True):
    """One problem: how its indicators stand, and those that are not quiet, the changed first."""

    title: str  # "Troops abroad: 1 active, 4 quiet"
    rows: tuple[Row, ...]
    count: int  # of the indicators that are to be told

    @property
    def more(self) -> str:
        """ "+2 more: watchd board", or ""."""
        rest = self.count - len(self.rows)
        return f"+{rest} more: {_WHOLE}" if rest else ""


class BoardPart(Struct, frozen=True, kw_only=True):
    """A board in safe words, as those of a bulletin."""

    title: str  # "Board, changed since 2026-01-07 22:30 UTC: 1 active"
    line: str  # the same for a message of one line
    problems: tuple[OfProblem, ...]
    left_out: str  # "and 3 more problems: watchd board", or ""

    @property
    def most(self) -> int:
        """The indicators of the problem that has most of them."""
        return max((len(one.rows) for one in self.problems), default=0)

    def fewer(self) -> BoardPart:
        """The same with fewer indicators, then with fewer problems."""
        most = self.most
        if most:
            problems = tuple(replace(one, rows=one.rows[: most // 2]) for one in self.problems)
            return replace(self, problems=problems)
        kept = self.problems[: len(self.problems) // 2]
        return replace(self, problems=kept, left_out=f"and more problems: {_WHOLE}")


def compose_board(board: Board) -> BoardPart:
    """Put a board into words."""
    by_problem = [
        _problem(name, list(of_it))
        for name, of_it in groupby(board.standings, key=lambda one: one.problem)
    ]
    rest = len(by_problem) - _PROBLEMS
    title, line = _heading(board)
    return BoardPart(
        title=title,
        line=line,
        problems=tuple(by_problem[:_PROBLEMS]),
        left_out=f"and {rest} more problems: {_WHOLE}" if rest > 0 else "",
    )


def _heading(board: Board) -> tuple[str, str]:
    """What has changed, above the board, and in a message of one line."""
    standing = _counts(board.standings)
    if board.since is None:
        return "Board", f"board: {standing}"
    changed = _counts(one for one in board.standings if one.changed)
    if not changed:
        return f"Board, unchanged since {at(board.since)}", f"board unchanged: {standing}"
    return f"Board, changed since {at(board.since)}: {changed}", f"board: now {changed}"


def _counts(standings: Iterable[Standing]) -> str:
    """ "1 active, 4 quiet"."""
    counted = Counter(one.level for one in standings)
    return ", ".join(f"{counted[level]} {level}" for level in _LEVELS if counted[level])


def _problem(name: str, standings: list[Standing]) -> OfProblem:
    told = [one for one in standings if one.changed or {one.level, one.reckoned} != {"quiet"}]
    told.sort(key=lambda one: not one.changed)
    return OfProblem(
        title=f"{inert(name, 100)}: {_counts(standings)}",
        rows=tuple(map(_row, told[:_INDICATORS])),
        count=len(told),
    )


def _row(one: Standing) -> Row:
    level = one.level.upper()
    if one.changed:
        level += f", was {one.was}" if one.was else ", new on the board"
    about = [_unseen(one), one.weight, _texts(one), _by_hand(one)]
    return Row(
        headline=f"[{level}] {inert(one.title, 120) or inert(one.rule, 120)}",
        about=" · ".join(filter(None, about)),
        series=one.per_day if any(one.per_day) else (),
    )


def _unseen(one: Standing) -> str:
    """What keeps us from knowing."""
    if one.reckoned != "unknown":
        return ""
    stale = f"its sources are stale ({one.unwell} of {one.sources})"
    why = stale if one.sources else "no feed is read for it"
    return f"unknown: {why}" if one.level == "unknown" else why


def _texts(one: Standing) -> str:
    span = _days(one.lasts)
    count = f"{one.texts:,} text{'' if one.texts == 1 else 's'}" if one.texts else "no text"
    return f"{count} in {span}, " + (
        f"last {at(one.last)} (hit {one.hit})" if one.last else "never one"
    )


def _days(span: timedelta) -> str:
    days, rest = divmod(span, timedelta(days=1))
    return f"{days} d" if days and not rest else f"{round(span.total_seconds() / 3600)} h"


def _by_hand(one: Standing) -> str:
    if not one.author:
        return ""
    reason = f": {inert(one.reason, 120)}" if one.reason else ""
    return f"set by {inert(one.author, 40)}{reason} (reckoned: {one.reckoned})"
