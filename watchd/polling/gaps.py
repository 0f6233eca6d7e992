"""Gaps: two looks in a row without an item in common, so that some may have rolled off between."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from watchd.model import FeedState, Item, ParsedFeed
from watchd.parse.window import digest, keys_of
from watchd.polling import rhythm
from watchd.values import replace

_ALWAYS = 3  # looks in a row: such a feed replaces all it has each time


def is_apart(parsed: ParsedFeed, stood: Collection[str]) -> bool:
    """Whether a whole document has nothing in common with the last one that was whole.

    `stood` are the keys of those of its items that stood in that one, see `vouched_for`.
    """
    alone = bool(parsed.items) and not stood and not parsed.kept
    return alone and parsed.status in ("ok", "degraded")


def vouched_for(known: Collection[str], state: FeedState, window: bytes) -> Collection[str]:
    """Those of the known items that tell of no gap, by their keys.

    After documents that were cut short, these are the ones that stood in the last whole one:
    below what a cut document showed there may have been more, which nobody has seen.
    """
    if state.kind != "truncated" or not window:
        return known
    stood = keys_of(window)
    return [key for key in known if digest(key) in stood]


def with_gap(
    state: FeedState, fetched: int, met: bool, now: datetime, *, apart: bool = True
) -> FeedState:
    """The state after a look that was `apart` from the last, or was not.

    `fetched` items came from the feed's archive; `met` tells whether they reach back to what was
    known, so that nothing is missing.
    """
    habits = rhythm.of(state.rhythm)
    in_a_row = habits.apart + 1 if apart and not met else 0
    state = replace(state, rhythm=replace(habits, apart=in_a_row).as_json())
    if not apart:
        return state
    if met:
        note = f"{fetched} items that had rolled off were fetched from its archive; none is missing"
        return replace(state, gap_at=None, gap_note=note)
    if in_a_row >= _ALWAYS:
        note = "it replaces all its items each time: whether any was missed cannot be told"
        return replace(state, gap_at=None, gap_note=note)
    since = f"{state.ok_at:%Y-%m-%d %H:%M} UTC" if state.ok_at else "the last look"
    note = f"no item of {since} was left: some may have come and gone since"
    if fetched:
        note += f"; {fetched} were fetched from its archive"
    return replace(state, gap_at=now, gap_note=note)


def missed(items: Iterable[Item], state: FeedState, *, met: bool) -> list[Item]:
    """Those of the unknown items of a feed's archive that are news.

    Where the archive reaches back to what was known, all that lies between is. Else it may go on
    for years, and only what came out since the last look counts.
    """
    if met:
        return list(items)
    since = state.ok_at
    return [item for item in items if since and item.published and item.published > since]
