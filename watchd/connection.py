"""A connection to a server: opened, seen to lead where it may, and only then spoken over."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Self

_MOST = 256 * 1024  # bytes that wait to be read before the server is made to wait
_NEXT_ADDRESS = 0.25  # seconds until the next address of a name is tried too (RFC 8305)


class Connection(asyncio.Protocol):
    """TCP, or TLS over it."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._data = bytearray()
        self._ended = False
        self._error: Exception | None = None
        self._paused = False
        self._reader: asyncio.Future[None] | None = None

    @classmethod
    async def open(
        cls,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None,
        seconds: float,
        allow: Callable[[str], None],
    ) -> Self:
        """Connect to the first address of `host` that answers.

        `allow` is given the address we are connected to, before anything is sent, and may raise.
        Raises OSError: gaierror, ssl.SSLError, TimeoutError after so many seconds, and others.
        """
        loop = asyncio.get_running_loop()
        literal = ":" in host or host.replace(".", "").isdigit()
        delay = None if literal else _NEXT_ADDRESS  # one address needs no race
        async with asyncio.timeout(seconds):
            try:
                transport, stream = await loop.create_connection(
                    cls, host, port, happy_eyeballs_delay=delay
                )
            except UnicodeError as error:
                raise socket.gaierror(socket.EAI_NONAME, "not a name") from error
            try:
                allow(transport.get_extra_info("peername")[0])
                if tls is not None:
                    stream._transport = await loop.start_tls(
                        transport, stream, tls, server_hostname=host
                    )
            except BaseException:
                transport.abort()
                raise
        return stream

    async def read(self, max_bytes: int, seconds: float) -> bytes:
        """What has come, at least a byte; b"" at the end. Raises OSError.

        That is a TimeoutError when nothing comes for so many seconds.
        """
        if not self._data and not self._ended:
            self._reader = asyncio.get_running_loop().create_future()
            async with asyncio.timeout(seconds):
                await self._reader
        if not self._data and self._error is not None:
            raise self._error
        data = bytes(self._data[:max_bytes])
        del self._data[:max_bytes]
        if self._paused and len(self._data) < _MOST and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return data

    def write(self, data: bytes) -> None:
        """Send a request: so little that there is nothing to wait for."""
        assert self._transport is not None
        self._transport.write(data)

    def close(self) -> None:
        """Close it, without waiting for the server to agree."""
        if self._transport is not None:
            self._transport.abort()

    @property
    def is_readable(self) -> bool:
        """Whether there is something to read, if only the end."""
        return bool(self._data) or self._ended

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        if len(self._data) >= _MOST and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._ended = True
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._ended, self._error, self._transport = True, error, None
        self._wake()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)
