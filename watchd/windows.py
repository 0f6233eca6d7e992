"""The windows of feeds under check: what stood in the last document of each.

A check asks for its feed's when a document has come, and there are others under way that will ask
soon: theirs are read with it, since to go to the database costs ten times what a window does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from watchd.model import Feed
from watchd.store import Store, feeds


class Windows:
    """Holds no more of them than there are checks under way. For one event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._wanted: dict[str, Feed] = {}  # by name: nobody has read these yet
        self._found: dict[str, bytes] = {}
        self._reading = asyncio.Lock()

    @contextmanager
    def during_check(self, feed: Feed) -> Iterator[None]:
        """The feed is claimed: until the end its window changes through this check only."""
        self._wanted[feed.name] = feed
        try:
            yield
        finally:
            self._wanted.pop(feed.name, None)
            self._found.pop(feed.name, None)

    async def of(self, feed: Feed) -> bytes:
        """That of a feed under check; b"" when there is none from its address."""
        async with self._reading:
            if feed.name not in self._found:
                self._wanted[feed.name] = feed
                asked, self._wanted = list(self._wanted.values()), {}
                self._found |= await self._store.do_read(feeds.windows_of, asked)
        return self._found[feed.name]
