"""Whether a server keeps its word when it is asked only for what is new."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Protocol

from watchd.fetch import FetchError, Response
from watchd.model import Feed, FeedState, fingerprint
from watchd.values import replace

Conditional = Literal["yes", "no", "lies", "none", "unknown"]

_NEVER_SENT = b'"watchd-asks-whether-you-look"'
_LONG_AGO = b"Sat, 01 Jan 2000 00:00:00 GMT"


class Fetcher(Protocol):
    """What it needs of a `fetch.Client`."""

    async def fetch(self, feed: Feed, state: FeedState | None) -> Response: ...


async def conditional(
    fetcher: Fetcher, feed: Feed, first: Response, now: datetime
) -> tuple[Conditional, str]:
    """Ask once more with the validators of the `first` answer, and say in a sentence what came.

    `yes`: 304, and to validators that it never gave the whole feed. `lies`: 304 to these as well,
    so that its 304 says nothing. `no`: the whole feed again. `none`: it gave no validators.
    `unknown`: it did not answer.
    """
    if not first.etag and not first.last_modified:
        return "none", "it sends no validators: every check costs the whole body"
    state = FeedState(
        feed=feed.name,
        address=feed.address,
        etag=first.etag,
        last_modified=first.last_modified,
        validators_for=fingerprint(first.url),
        next_check_at=now,
    )
    try:
        second = await fetcher.fetch(feed, state)
        if not second.not_modified:
            return "no", _why_not(first, second)
        strange = replace(
            state,
            etag=_NEVER_SENT if first.etag else None,
            last_modified=_LONG_AGO if first.last_modified else None,
        )
        third = await fetcher.fetch(feed, strange)
    except FetchError as error:
        return "unknown", f"asked once more, it did not answer: {error}"
    if third.not_modified:
        return "lies", "it answers 304 to anything, so that news may hide behind it"
    return "yes", "it answers 304 while nothing is new"


def _why_not(first: Response, second: Response) -> str:
    if first.body == second.body:
        return "it sends validators and does not heed them: every check costs the whole body"
    if (first.etag, first.last_modified) != (second.etag, second.last_modified):
        return "its body and validators differ from one request to the next: 304 cannot come of it"
    return "its body changed, though its validators did not: they say nothing"
