"""Telling people about feeds: in trouble, or well again; all at once, and each thing once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from watchd.model import Feed, FeedState, Notice
from watchd.polling.health import TROUBLE, advice, evidence
from watchd.timing import told_span
from watchd.values import Struct

_AT_ONCE = ("gone", "stale", "lying-304", "gap", "moved")  # what they say took its time already
_GATHER = timedelta(hours=1)  # between two messages, so that many feeds are one message
_SETTLE = timedelta(minutes=15)  # a feed is well again when it stays so
_SAME = {"blocked": "failing"}  # of one kind: who knows of the one need not hear of the other
_WHY = "a feed that is in trouble for longer than its `fail_after`, or stays silent, finds nothing"


class Telling(Struct, frozen=True, kw_only=True):
    """What is to be said, and what people know of each feed afterwards ("": all is well)."""

    notice: Notice | None  # None: nothing is to be said, only noted
    told: Mapping[str, str]


def due(
    feeds: Mapping[str, Feed], states: Iterable[FeedState], now: datetime, *, details: bool
) -> Telling | None:
    """What is to be told now; None for nothing.

    Trouble is told after the feed's `fail_after`; with the first that is due, all go along that
    have been in trouble for half as long. Feeds that are well again are told when all are, or
    an hour after the first. About trouble there is at most one message an hour.

    `details`: also what needs no hurry (gaps, moves, servers whose 304s lie), which only those
    whose task it is want to hear of.
    """
    here = [(feeds[state.feed], state) for state in states if state.feed in feeds]
    if not details:
        here = [(feed, state) for feed, state in here if {state.health, state.told} & {*TROUBLE}]
    bad = [(feed, state) for feed, state in here if _is_news(state)]
    well = [(feed, state) for feed, state in here if _is_over(state)]
    quiet = [
        state for _, state in here if state.told and not _is_bad(state) and not _is_over(state)
    ]
    is_due = any(_age(state, now) >= _patience(feed, state) for feed, state in bad)
    bad = [(feed, state) for feed, state in bad if _age(state, now) >= _patience(feed, state) / 2]
    still = any(state.told in TROUBLE and state.health in TROUBLE for _, state in here)
    ages = [_since(state, now) for _, state in well]
    over_due = bool(ages) and (max(ages) >= _GATHER or (not still and min(ages) >= _SETTLE))
    last = max((state.told_at for _, state in here if state.told_at), default=None)
    if not (is_due or over_due) or (last is not None and now - last < _GATHER and not over_due):
        told = {state.feed: "" for state in quiet}
        return Telling(notice=None, told=told) if told else None
    bad = bad if is_due else []
    well = well if over_due else []
    told = {state.feed: state.health for _, state in bad} | {state.feed: "" for _, state in well}
    return Telling(notice=_notice(bad, well, now), told=told)


def _is_bad(state: FeedState) -> bool:
    return state.health in (*TROUBLE, *_AT_ONCE)


def _is_news(state: FeedState) -> bool:
    return _is_bad(state) and _SAME.get(state.health, state.health) != _SAME.get(
        state.told, state.told
    )


def _is_over(state: FeedState) -> bool:
    return state.told in TROUBLE and state.health not in TROUBLE and state.health != "new"


def _age(state: FeedState, now: datetime) -> timedelta:
    if state.health in ("failing", "blocked") and state.failing_since:
        return now - state.failing_since
    return _since(state, now)


def _since(state: FeedState, now: datetime) -> timedelta:
    return now - (state.health_since or now)


def _patience(feed: Feed, state: FeedState) -> timedelta:
    return timedelta() if state.health in _AT_ONCE else feed.fail_after


def _notice(
    bad: list[tuple[Feed, FeedState]], well: list[tuple[Feed, FeedState]], now: datetime
) -> Notice:
    lines = [_line(feed, state, now) for feed, state in bad]
    lines += [f"{state.feed}: well again, after it was {state.told}" for _, state in well]
    parts = []
    if bad:
        parts.append(_counted([state.feed for _, state in bad], "wants a look", "want a look"))
    if well:
        parts.append(_counted([state.feed for _, state in well], "is well again", "are well again"))
    trouble = any(state.health in TROUBLE for _, state in bad)
    return Notice(
        at=now,
        severity="high" if trouble else "info",
        title="; ".join(parts),
        lines=tuple(lines),
        why=_WHY,
    )


def _counted(names: list[str], one: str, many: str) -> str:
    return f"feed {names[0]} {one}" if len(names) == 1 else f"{len(names)} feeds {many}"


def _line(feed: Feed, state: FeedState, now: datetime) -> str:
    said = evidence(feed, state, now).removeprefix(f"feed '{feed.name}': ")
    todo = advice(state)
    since = told_span(_age(state, now))
    return f"{feed.name}: {state.health} for {since}: {said}" + (f". To do: {todo}" if todo else "")
