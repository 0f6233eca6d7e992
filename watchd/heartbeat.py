"""The heartbeat: one request that says that all is well here, or that something is wrong."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

from watchd.fetch import Client, FetchError
from watchd.model import Feed
from watchd.response import Limits

LIMITS = Limits(max_bytes=1024 * 1024, deadline=timedelta(seconds=10))
"""What one heartbeat may cost. Nobody waits for it."""


async def beat(client: Client, url: str, *, well: bool) -> str:
    """Ask for the address, or for `/fail` below it. Returns what went wrong, or "".

    The address is the config's own, so it may be one in a private network.
    """
    address = url if well else failing(url)
    try:
        await client.fetch(Feed(name="heartbeat", url=address, publisher="", private=True))
    except FetchError as error:
        if error.status is not None and 200 <= error.status < 300:
            return ""  # 204 and its like are no documents, and as good an answer
        return str(error).removeprefix("feed 'heartbeat': ")
    return ""


def failing(url: str) -> str:
    """The address with `/fail` at the end of its path, as healthchecks.io has it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/fail", fragment=""))
