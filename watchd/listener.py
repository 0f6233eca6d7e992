"""A few pages for programs on this machine: GET and nothing else, over a port or a socket.

Whoever runs a browser here lets foreign pages send requests to this port. They can change
nothing; and by the Host header, which names the host that the page came from, they are refused
an answer, too (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path

from watchd.errors import WatchdError
from watchd.values import Struct

_LARGEST = 8192  # bytes of a request
_PATIENCE = 5.0  # seconds for a whole request, and for taking the answer
_AT_ONCE = 16
_HOSTS = ("localhost", "127.0.0.1", "[::1]")
_REASONS = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    503: "Service Unavailable",
}


class Page(Struct, frozen=True, kw_only=True):
    """An answer."""

    body: bytes
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"


class CannotListen(WatchdError):
    """The port or the socket is somebody else's."""


class Listener:
    """Answers for each path what a function says, until it is closed."""

    def __init__(self, pages: Mapping[str, Callable[[], Awaitable[Page]]]) -> None:
        self._pages = pages
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._server: asyncio.Server | None = None
        self._socket: Path | None = None
        self._hosts: tuple[str, ...] = _HOSTS

    async def open(self, address: str) -> None:
        """Listen at "HOST:PORT", or at "unix:PATH". Raises CannotListen."""
        try:
            if address.startswith("unix:"):
                self._socket = Path(address.removeprefix("unix:"))
                _make_room(self._socket)
                self._server = await asyncio.start_unix_server(
                    self._serve, self._socket, limit=_LARGEST
                )
                self._socket.chmod(0o660)
            else:
                host, _, port = address.rpartition(":")
                self._hosts = (*_HOSTS, host)
                self._server = await asyncio.start_server(
                    self._serve, host.strip("[]"), int(port), limit=_LARGEST
                )
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise CannotListen(f"`listen` in config.toml: {address}: {reason}") from error

    async def close(self) -> None:
        """Answer no more."""
        if self._server is not None:
            self._server.close()
        if self._socket is not None:
            with suppress(OSError):
                self._socket.unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE), self._room:
                request = await reader.readuntil(b"\r\n\r\n")
                page = await self._page(request)
                with_body = not request.startswith(b"HEAD ")
                writer.write(_head(page) + (page.body if with_body else b""))
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # who asks like that wants no answer
        finally:
            writer.close()

    async def _page(self, request: bytes) -> Page:
        first, *lines = request.decode("latin-1").split("\r\n")
        words = first.split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            return Page(status=400, body=b"not a request\n")
        if not self._is_for_us(lines):
            return Page(status=403, body=b"ask for localhost\n")
        if words[0] not in ("GET", "HEAD"):
            return Page(status=405, body=b"GET is all there is\n")
        page = self._pages.get(words[1].partition("?")[0])
        if page is None:
            return Page(status=404, body=f"there is {' '.join(self._pages)}\n".encode())
        return await page()

    def _is_for_us(self, lines: list[str]) -> bool:
        """Whether the one Host header names this machine. To a socket no browser gets."""
        if self._socket is not None:
            return True
        named = [line.partition(":")[2].strip() for line in lines if line.lower()[:5] == "host:"]
        if len(named) != 1:
            return False
        host, colon, port = named[0].lower().rpartition(":")
        return (host if colon and port.isdigit() else named[0].lower()) in self._hosts


def _head(page: Page) -> bytes:
    return (
        f"HTTP/1.1 {page.status} {_REASONS[page.status]}\r\n"
        f"Content-Type: {page.content_type}\r\nContent-Length: {len(page.body)}\r\n"
        "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    ).encode()


def _make_room(path: Path) -> None:
    """Take away the socket that a daemon left which was killed; nothing else."""
    with suppress(FileNotFoundError):
        if stat.S_ISSOCK(os.lstat(path).st_mode):
            path.unlink()
