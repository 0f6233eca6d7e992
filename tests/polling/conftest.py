"""A feed and its state at noon, to be changed as a test needs it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from watchd.model import Feed, FeedState
from watchd.values import replace

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def a_feed(name: str = "kcna", **more: Any) -> Feed:
    return Feed(name=name, url=f"https://{name}.example/feed", publisher=name, **more)


def a_state(feed: str = "kcna", **more: Any) -> FeedState:
    state = FeedState(
        feed=feed, address=a_feed(feed).address, next_check_at=NOON, checked_at=NOON, ok_at=NOON,
        baseline_at=NOON - 30 * DAY, health="ok", health_since=NOON - 30 * DAY,
    )  # fmt: skip
    return replace(state, **more)


@pytest.fixture
def feed() -> Feed:
    return a_feed()


@pytest.fixture
def state() -> FeedState:
    return a_state()
