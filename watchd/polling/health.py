"""How a feed is, in one word, with the evidence and what to do about it.

"Cannot be fetched" and "publishes nothing" are different things: the first is `failing`,
`blocked` or `gone`, the second `stale`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from watchd.model import Feed, FeedState
from watchd.polling import moves, rhythm
from watchd.timing import told_span
from watchd.values import replace

HEALTH: Final = {
    "new": "it has not been asked yet",
    "ok": "all is well",
    "degraded": "it can be read, though the document is broken",
    "moved": "it has redirected for good to another address for a week",
    "gap": "items may have rolled off between two looks",
    "stale": "it can be read, and publishes nothing, longer than it ever does",
    "lying-304": "the server says 'not modified' though there is news; it is asked for all of it",
    "failing": "it cannot be had, or cannot be read",
    "blocked": "the site refuses us, or asks whether we are a browser",
    "gone": "the publisher says that it was taken away for good (410)",
}
"""Every word of `FeedState.health`, the better ones first, and what it means."""

TROUBLE: Final = ("failing", "blocked", "gone", "stale")
"""What a person should see to, and what ends with a recovery."""

_REFUSED = (401, 402, 403, 451)
_GONE = 410
_STALE = 3.6  # times its own long pause: told by the fourth, though it is judged only at checks
_BEYOND = 1.25  # times the longest pause seen in four weeks
_NEW_TO_US = timedelta(days=8)  # a night and a weekend have been seen by then
_AT_FIRST = timedelta(days=1)
_POLLS = 3  # intervals: silence shorter than that is not noticed
_GAP_FOR = timedelta(days=7)  # a gap stays in view


def health_of(feed: Feed, state: FeedState, now: datetime) -> str:
    """The word for what is known of a feed; where several fit, the worst."""
    if state.checked_at is None:
        return "new"
    if state.failures:
        if state.http_status == _GONE:
            return "gone"
        refused = state.kind == "status" and state.http_status in _REFUSED
        return "blocked" if refused or state.kind == "wall" else "failing"
    if state.lying_at is not None:
        return "lying-304"
    limit = stale_after(feed, state, now)
    if limit is not None and now - _last_news(state) > limit:
        return "stale"
    if state.gap_at is not None and now - state.gap_at < _GAP_FOR:
        return "gap"
    if moves.is_settled(state, now):
        return "moved"
    return "degraded" if state.kind == "degraded" else "ok"


def with_health(feed: Feed, state: FeedState, now: datetime) -> FeedState:
    """The state with its health, and since when it is so."""
    health = health_of(feed, state, now)
    if health == state.health and state.health_since is not None:
        return state
    return replace(state, health=health, health_since=now)


def stale_after(feed: Feed, state: FeedState, now: datetime) -> timedelta | None:
    """How long it may publish nothing before that is told; None where nothing is known of it.

    `expect_every`, or nearly four times the pause that is long for it, see `rhythm.long_pause`.
    Nights and weekends are pauses, too: never less than a quarter more than the longest of the
    last four weeks, and a day as long as it is new to us.
    """
    if state.baseline_at is None:
        return None
    if feed.expect_every is not None:
        return feed.expect_every
    habits = rhythm.of(state.rhythm)
    pause = rhythm.long_pause(habits)
    if pause is None:
        return None
    limit = max(
        _STALE * pause,
        _BEYOND * rhythm.longest_pause(habits),
        _POLLS * (state.pace or feed.interval),
    )
    if rhythm.known_for(habits, now) < _NEW_TO_US:
        limit = max(limit, _AT_FIRST)
    return limit


def _last_news(state: FeedState) -> datetime:
    """When it last published something, as far as that is known."""
    assert state.baseline_at is not None
    published = rhythm.last(rhythm.of(state.rhythm))
    return max(filter(None, (published, state.new_at)), default=state.baseline_at)


def evidence(feed: Feed, state: FeedState, now: datetime) -> str:
    """What the word rests on, in one sentence; "" where all is well."""
    match state.health:
        case "gone" | "blocked" | "failing":
            return state.error
        case "lying-304":
            return "items came to light that its answers 'not modified' had hidden"
        case "stale":
            quiet = told_span(now - _last_news(state))
            limit = stale_after(feed, state, now)
            if feed.expect_every is not None:
                return f"nothing new for {quiet}; `expect_every` is {told_span(feed.expect_every)}"
            usual = f"; by its own rhythm {told_span(limit)} would be long" if limit else ""
            return f"nothing new for {quiet}{usual}"
        case "gap":
            return state.gap_note
        case "moved":
            return f"every check is redirected to {state.moved_to}"
        case "degraded":
            return state.error
    return ""


_ADVICE = {
    "failing": "open its address in a browser; `watchd feeds check NAME` shows what it answers",
    "blocked": "ask the publisher to let watchd in, or set `contact` and `user_agent`",
    "gone": "look for its new address on the site; it is still asked once a week",
    "lying-304": "nothing: it is now asked for the whole document each time",
    "stale": "see whether the site has a new feed; if it is only seldom, set `expect_every`",
    "gap": "a shorter `interval` or `min_interval` lets less slip by",
    "moved": "put the new address into config.toml",
    "degraded": "nothing, unless items are missing: tell the publisher",
}


def advice(state: FeedState) -> str:
    """What a person can do about it; "" where there is nothing to do."""
    return _ADVICE.get(state.health, "").replace("NAME", state.feed)
