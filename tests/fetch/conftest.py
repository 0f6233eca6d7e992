"""`get`: one fetch of an address on the test site, within short limits."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from watchd.fetch import Client, FetchError, Limits, Response
from watchd.fetch import ssl_context as make_context
from watchd.model import Feed, FeedState, fingerprint
from watchd.values import replace

LIMITS = Limits(
    max_bytes=2**20,
    deadline=timedelta(seconds=0.6),
    connect=timedelta(seconds=0.4),
    read=timedelta(seconds=0.4),
)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def feed(url: str, **more: Any) -> Feed:
    """A feed that the config allows to be at a private address, as the test site is."""
    return Feed(**{"name": "kcna", "url": url, "publisher": "KCNA", "private": True, **more})


def seen(response: Response) -> FeedState:
    """What we remember after that response."""
    return FeedState(
        feed="kcna",
        address=fingerprint(response.url),
        etag=response.etag,
        last_modified=response.last_modified,
        validators_for=fingerprint(response.url),
        next_check_at=NOON,
    )


Get = Callable[..., Response]


SLACK = 0.4  # seconds over its limit that a fetch may take to end, on a busy machine


@pytest.fixture(scope="session")
def authorities() -> ssl.SSLContext:
    return make_context()


@pytest.fixture
def get(authorities: ssl.SSLContext) -> Get:
    """`get(url, state=None, *, private=True, max_redirects=…, ssl_context=…)`.

    Well or not, each ends within its deadline.
    """

    def get(
        url: str,
        state: FeedState | None = None,
        *,
        private: bool = True,
        ssl_context: ssl.SSLContext | None = None,
        **limits: Any,
    ) -> Response:
        async def run() -> Response:
            bounds = replace(LIMITS, **limits)
            async with Client(bounds, trust=lambda: ssl_context or authorities) as client:
                began = time.monotonic()
                try:
                    return await client.fetch(feed(url, private=private), state, now=NOON)
                finally:
                    seconds = time.monotonic() - began
                    assert seconds < bounds.deadline.total_seconds() + SLACK

        return asyncio.run(run())

    return get


@pytest.fixture
def refused(get: Get) -> Callable[..., FetchError]:
    """Like `get`, for what must fail: returns the error."""

    def refused(url: str, state: FeedState | None = None, **more: Any) -> FetchError:
        with pytest.raises(FetchError) as caught:
            get(url, state, **more)
        assert str(caught.value).startswith("feed 'kcna': ")
        assert "\n" not in str(caught.value)
        return caught.value

    return refused
