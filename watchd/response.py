"""What asking for a feed may cost, and what comes of it: an answer, or an error. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Literal

from watchd.errors import WatchdError
from watchd.values import Struct, field, without

Kind = Literal[
    "dns",  # the name is not known
    "connect",  # nobody answers at the address
    "tls",  # no secure connection
    "timeout",  # connecting, or one wait for bytes, took too long
    "deadline",  # the whole exchange took too long
    "too_large",
    "redirect",  # too many, nowhere, from https to http
    "refused_address",  # a private address that the config does not allow
    "bad_url",
    "status",  # neither 200 nor 304
    "protocol",  # not HTTP, or broken off before anything came
    "encoding",  # packed in a way we do not read
    "robots",  # robots.txt forbids it, or cannot be had
]

_ADVICE = {
    401: "it wants a name and a password: write the address as https://NAME:PASSWORD@host/…",
    403: "many sites refuse unknown agents, see `user_agent` in config.toml",
    404: "look for the feed's new address on the site",
    406: "the site has no form of it that we can read",
    410: "the publisher took it away for good: look for another address",
    429: "we ask too often: raise this feed's `interval`",
    451: "not available from here for legal reasons",
}


class FetchError(WatchdError):
    """The feed could not be had. `retry_after` is set when the server named a time."""

    def __init__(
        self,
        text: str,
        *,
        kind: Kind,
        status: int | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(text)
        self.kind: Kind = kind
        self.status = status
        self.retry_after = retry_after


class NotYet(WatchdError):
    """The site wants more time between two requests than a check can wait: nothing was asked.

    `wait` is how long it will be.
    """

    def __init__(self, text: str, *, wait: timedelta) -> None:
        super().__init__(text)
        self.wait = wait


class Limits(Struct, frozen=True, kw_only=True):
    """What one fetch may cost. `deadline` bounds all of it: names, redirects, the last byte."""

    max_bytes: int = 10 * 2**20  # unpacked
    deadline: timedelta = timedelta(seconds=30)
    connect: timedelta = timedelta(seconds=20)
    read: timedelta = timedelta(seconds=20)  # between two parts of an answer
    max_redirects: int = 5


class Response(Struct, frozen=True, kw_only=True):
    """A good answer: 200 with a body, or 304.

    On a 304, a validator of None means that the server did not repeat it: keep the one you have.
    """

    status: int
    url: str  # where it finally came from, without name and password
    not_modified: bool = False
    body: bytes = b""
    etag: bytes | None = None  # byte for byte; None: not sent
    last_modified: bytes | None = None
    content_type: str = ""
    retry_after: timedelta | None = None  # the server asks not to come back before
    max_age: timedelta | None = None  # how long the server calls this fresh
    moved_to: str = ""  # the new address, when every redirect on the way was a permanent one
    conditional: bool = False  # asked with validators: a 304 could have come
    truncated: bool = False  # cut short: keep whole items, keep no validators
    hops: tuple[tuple[int, str], ...] = ()  # each redirect on the way: its status, where it led
    fields: Mapping[bytes, bytes] = field(default_factory=dict)  # headers.first

    __repr__ = without("fields")


def refusal(status: int, fields: Mapping[bytes, bytes], wait: timedelta | None) -> FetchError:
    """The error for an answer that is neither 200 nor 304: its status, and what to do about it."""
    name = f" {HTTPStatus(status).phrase}" if status in set(HTTPStatus) else ""
    advice = _ADVICE.get(status, "the site is in trouble" if status >= 500 else "")
    if fields.get(b"cf-mitigated") == b"challenge":
        advice = "a bot wall (Cloudflare) stands before it: ask the publisher to let us in"
    parts = [f"{status}{name}", advice, f"asked to wait {wait}" if wait else ""]
    text = "; ".join(part for part in parts if part)
    return FetchError(text, kind="status", status=status, retry_after=wait)
