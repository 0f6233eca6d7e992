"""Gaps: two documents in a row have no item in common, so that some may have rolled off."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from watchd.model import FeedState, Item, ParsedFeed
from watchd.parse.window import digest, keys_of
from watchd.polling import rhythm
from watchd.values import replace

_ALWAYS = 3  # changes in a row: such a feed replaces all it has each time …
_NOW_ALWAYS = 10  # … and so does now one that kept something over earlier ones


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
    state: FeedState,
    parsed: ParsedFeed,
    stood: Collection[str],
    now: datetime,
    *,
    fetched: int = 0,
    met: bool = False,
) -> FeedState:
    """The state after a whole document that has something in common with the last one, or not.

    `fetched` items came from the feed's archive; `met` tells whether they reach back to what was
    known, so that nothing is missing. Some feeds replace all they have with each change: of them
    no gap is told, since none could be seen. What overflows is told of, however often it does.
    """
    habits, apart = rhythm.of(state.rhythm), is_apart(parsed, stood)
    if not apart:
        keeps = habits.keeps or bool(stood or parsed.kept)
        return replace(state, rhythm=replace(habits, apart=0, keeps=keeps).as_json())
    if met:
        note = f"{fetched} items that had rolled off were fetched from its archive; none is missing"
        habits = replace(habits, apart=0, keeps=True)
        return replace(state, rhythm=habits.as_json(), gap_at=None, gap_note=note)
    in_a_row = 0 if _flows(parsed, state.ok_at) else habits.apart + 1
    state = replace(state, rhythm=replace(habits, apart=in_a_row).as_json())
    if in_a_row >= (_NOW_ALWAYS if habits.keeps else _ALWAYS):
        note = "it replaces all its items each time: whether any was missed cannot be told"
        return replace(state, gap_at=None, gap_note=note)
    since = f"{state.ok_at:%Y-%m-%d %H:%M} UTC" if state.ok_at else "the last look"
    note = f"no item of {since} was left: some may have come and gone since"
    if fetched:
        note += f"; {fetched} were fetched from its archive"
    return replace(state, gap_at=now, gap_note=note)


def _flows(parsed: ParsedFeed, since: datetime | None) -> bool:
    """Whether all that a document shows came out after the last look, one after the other.

    What a publisher picks for the next edition was written before, or bears one date.
    """
    dates = [item.published for item in parsed.items if item.published is not None]
    if since is None or not dates or len(dates) < len(parsed.items):
        return False
    return min(dates) > since and max(dates) - min(dates) > rhythm.AT_ONCE


def missed(items: Iterable[Item], state: FeedState, *, met: bool) -> list[Item]:
    """Those of the unknown items of a feed's archive that are news.

    Where the archive reaches back to what was known, all that lies between is. Else it may go on
    for years, and only what came out since the last look counts.
    """
    if met:
        return list(items)
    since = state.ok_at
    return [item for item in items if since and item.published and item.published > since]
