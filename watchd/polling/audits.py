"""Audits: now and then a feed is asked for all it has, whatever its validators say.

Some servers answer 304 for ever. An audit that brings news asks once more with the old
validators: an honest server says 200 to them now, the other sort 304.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from watchd.model import Feed, FeedState
from watchd.values import replace

_SECOND_CHANCE = 4  # audits later


def is_due(feed: Feed, state: FeedState, now: datetime) -> bool:
    """Whether this check is an audit. Feeds take turns: some come a tenth earlier."""
    if state.audited_at is None or not (state.etag or state.last_modified):
        return False
    return now - state.audited_at >= feed.audit_every * (1 - 0.1 * _turn(feed.name))


def asked_with(feed: Feed, state: FeedState, now: datetime) -> FeedState:
    """The state to ask with: without validators for an audit, where its 304s lie, and where the
    config has another address for it than was read, or other places in the page."""
    same = state.address == feed.address
    if same and state.lying_at is None and not is_due(feed, state, now):
        return state
    return replace(state, etag=None, last_modified=None)


def wants_proof(feed: Feed, state: FeedState, now: datetime, *, news: bool) -> bool:
    """Whether news in an answer to an unconditional request asks for a look at the 304s.

    A server found lying gets a second chance after four times as long.
    """
    if not news or not (state.etag or state.last_modified):
        return False
    if state.lying_at is not None:
        return now - state.lying_at >= _SECOND_CHANCE * feed.audit_every
    return is_due(feed, state, now)


def _turn(name: str) -> float:
    """A number from 0 to 1 that is always the same for a feed."""
    return hashlib.blake2b(name.encode(), digest_size=2).digest()[0] / 255
