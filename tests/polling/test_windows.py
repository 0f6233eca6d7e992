"""What stood in the last documents of the feeds that are being checked."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from watchd.model import Feed
from watchd.store import Store, feeds, open_store
from watchd.store.record import record
from watchd.values import replace
from watchd.windows import Windows

NOW = datetime(2026, 1, 8, 9, tzinfo=UTC)
FEEDS = [Feed(name=name, url=f"http://{name}.example/", publisher=name) for name in "abc"]


def checked(store: Store, feed: Feed, window: bytes) -> None:
    """A check of a feed that left this window."""
    claimed = store.write(feeds.claim_due, NOW, claim="me", limit=10, every=True)
    state = next(state for state in claimed if state.feed == feed.name)
    store.write(record, claim="me", state=state, window=window, now=NOW)
    store.write(feeds.release_all)


def test_each_feed_gets_its_own_and_the_next_check_the_new_one(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'watchd.db'}")
    store.write(feeds.sync, FEEDS, NOW)
    one, other, new = FEEDS
    checked(store, one, b"of one")
    checked(store, other, b"of other")
    windows = Windows(store)

    async def two_rounds() -> list[bytes]:
        with windows.during_check(one), windows.during_check(other), windows.during_check(new):
            found = list(await asyncio.gather(*map(windows.of, FEEDS)))
        checked(store, other, b"of other, anew")
        with windows.during_check(other):
            found.append(await windows.of(other))
        elsewhere = replace(other, url="http://elsewhere.example/")
        with windows.during_check(elsewhere):
            found.append(await windows.of(elsewhere))
        return found

    found = asyncio.run(two_rounds())
    store.close()
    assert found == [b"of one", b"of other", b"", b"of other, anew", b""]
