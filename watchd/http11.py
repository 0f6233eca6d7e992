"""HTTP/1.1 over one connection, a request at a time. The only importer of h11.

h11 says what the bytes mean, for us as for httpcore. What httpcore puts around it (locks, traces,
streams) is for requests that share a connection; ours never do, and it cost as much as h11.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

import h11
import httpcore

from watchd.connection import Connection
from watchd.values import Struct

_KEPT = 5.0  # seconds that an idle connection may serve again
_READ = 64 * 1024  # bytes
_MOST_OF_HEAD = 100 * 1024  # bytes of status line and headers; more are no answer


class Answer(Protocol):
    """An answer whose body is still to come, whoever got it: this connection, or a proxy."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Sequence[tuple[bytes, bytes]]: ...

    def aiter_stream(self) -> AsyncIterator[bytes]: ...

    async def aclose(self) -> None: ...


class Http11:
    """Speaks over a connection. Raises httpcore's ProtocolErrors, and what the connection does."""

    def __init__(self, connection: Connection, *, seconds: float) -> None:
        """`seconds` is how long each part of an answer may keep us waiting."""
        self._connection, self._seconds = connection, seconds
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_OF_HEAD)
        self._idle_until = 0.0  # monotonic; 0: it is at work, or closed

    @property
    def serves(self) -> bool:
        """Whether it may be asked again: it is idle, not for long, and nobody hung up."""
        in_time = time.monotonic() < self._idle_until
        return in_time and not self._connection.is_readable

    async def ask(self, request: httpcore.Request) -> Answer:
        """Send a request without a body. Returns with the headers of the answer."""
        self._idle_until = 0.0
        try:
            asked = h11.Request(
                method=request.method, target=request.url.target, headers=request.headers
            )
            head, end = self._http.send(asked), self._http.send(h11.EndOfMessage())
            self._connection.write((head or b"") + (end or b""))
            event = await self.next()
            while isinstance(event, h11.InformationalResponse) and event.status_code != 101:
                event = await self.next()
        except h11.LocalProtocolError as error:
            self.close()
            raise httpcore.LocalProtocolError(str(error)) from error
        except BaseException:
            self.close()
            raise
        return _Answer(self, event.status_code, event.headers.raw_items())

    async def next(self) -> Any:
        """What comes next of the answer, as h11 calls it."""
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                raise httpcore.RemoteProtocolError(str(error)) from error
            if event is not h11.NEED_DATA:
                return event
            data = await self._connection.read(_READ, self._seconds)
            if not data and self._http.their_state is h11.SEND_RESPONSE:
                raise httpcore.RemoteProtocolError(
                    "Server disconnected without sending a response."
                )
            self._http.receive_data(data)

    def done(self) -> None:
        """Nothing more is wanted of the answer: the connection may serve again if all has come."""
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
            self._idle_until = time.monotonic() + _KEPT
        elif not self._idle_until:
            self.close()

    def close(self) -> None:
        """Close the connection."""
        self._idle_until = 0.0
        self._connection.close()


class _Answer(Struct, frozen=True):
    _http: Http11
    status: int
    headers: Sequence[tuple[bytes, bytes]]

    async def aiter_stream(self) -> AsyncIterator[bytes]:
        while isinstance(event := await self._http.next(), h11.Data):
            yield bytes(event.data)

    async def aclose(self) -> None:
        self._http.done()
