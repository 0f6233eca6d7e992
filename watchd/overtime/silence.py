"""`flatline`: feeds that have gone quiet."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from collections.abc import Sequence as Many
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from watchd.overtime.windows import Look, State, counted, span
from watchd.values import Struct

if TYPE_CHECKING:
    from watchd.rules.schema import Flatline


_FRESH = timedelta(hours=6)  # a feed not read for longer may have said anything


class Quiet(Struct, frozen=True, kw_only=True):
    """How a feed stands that a rule of this type watches."""

    count: int  # items within the time
    last: datetime | None  # its newest item; None: it never had one
    since: datetime | None  # when it was first read; None: not yet
    read: datetime | None  # when it was last read; None: not yet


def flatline(table: Flatline, feeds: Mapping[str, Quiet], at: datetime) -> list[Look]:
    """A look for each feed. One that could not be read says nothing: that is no silence."""
    return [_quiet(table, name, feed, at) for name, feed in feeds.items()]


def can_tell(table: Flatline, since: datetime | None, read: datetime | None, at: datetime) -> bool:
    """Whether a feed was read for long enough, and lately, for its silence to be one."""
    return _is_known(table, since, at) and _is_read(table, read, at)


def spoke_again(table: Flatline, times: Many[datetime], told: datetime) -> bool:
    """Whether a feed has been as lively as it should be since a silence was told of.

    `times` are those of its items, from one window before `told` on, the newest item's time then.
    """
    length, ordered = span(table.within), sorted(times)
    return any(
        number - bisect_right(ordered, at - length) >= table.fewer_than
        for number, at in enumerate(ordered, 1)
        if at > told
    )


def _is_known(table: Flatline, since: datetime | None, at: datetime) -> bool:
    return since is not None and since <= at - span(table.within)


def _is_read(table: Flatline, read: datetime | None, at: datetime) -> bool:
    return read is not None and read >= at - min(span(table.within) / 2, _FRESH)


def _quiet(table: Flatline, name: str, feed: Quiet, at: datetime) -> Look:
    said = f"{counted(feed.count, 'item')} of {name} in {table.within}"
    said += f", the last one {feed.last:%Y-%m-%d %H:%M} UTC" if feed.last else ""
    state: State = "alert"
    if feed.count >= table.fewer_than:
        state = "no alert"
    elif feed.last is None:
        state, said = (
            "not ready",
            f"{name} never had an item: there is none to tell of its silence on",
        )
    elif not _is_known(table, feed.since, at):
        state, said = "not ready", f"{name} has not been read for {table.within} yet"
    elif not _is_read(table, feed.read, at):
        last = f"was last read {feed.read:%Y-%m-%d %H:%M} UTC" if feed.read else "was never read"
        state, said = "not ready", f"{name} {last}: no news of it is no silence"
    return Look(state=state, said=said, value=feed.count, key=name)
