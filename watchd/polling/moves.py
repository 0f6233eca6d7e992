"""Redirects for good: followed, counted, and proposed in the end; never written into the config.

Portals of hotels and proxies redirect "for good" as well, so only a week of it counts.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from watchd.model import Feed, FeedState
from watchd.values import replace

_POLLS = 10
_FOR = timedelta(days=7)
_TOKEN = 16  # characters: a part of a path so long may be somebody's key


def with_move(feed: Feed, state: FeedState, moved_to: str, now: datetime) -> FeedState:
    """The state after a good answer that came from `moved_to` ("": from where it was asked)."""
    target = without_secrets(moved_to, feed.url) if moved_to else ""
    if not target:
        if not state.moved_to:
            return state
        return replace(state, moved_to="", moved_since=None, moved_polls=0)
    if target != state.moved_to:
        return replace(state, moved_to=target, moved_since=now, moved_polls=1)
    return replace(state, moved_polls=state.moved_polls + 1)


def is_settled(state: FeedState, now: datetime) -> bool:
    """Whether the new address has lasted: ten checks over a week."""
    lasted = state.moved_since is not None and now - state.moved_since >= _FOR
    return lasted and state.moved_polls >= _POLLS


def without_secrets(url: str, asked: str) -> str:
    """An address for the database: no name, no password, and nothing that may be a key of ours."""
    parts, ours = urlsplit(url), urlsplit(asked)
    keys = {part for part in ours.path.split("/") if len(part) >= _TOKEN}
    path = "/".join("…" if part in keys else part for part in parts.path.split("/"))
    query = "…" if parts.query and ours.query else parts.query
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{path}" + (f"?{query}" if query else "")
