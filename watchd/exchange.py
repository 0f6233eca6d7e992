"""A request and its answer, in HTTP/1.1, by httpcore, the transport of httpx, and its h11.

We ask one thing at a time, so one connection that is kept does what httpcore's pool would, for a
third of its cost; and the pool can lose count of a connection whose request was cancelled
(https://github.com/encode/httpcore/issues/1035). It is used through a proxy.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpcore

from watchd.connection import Connection
from watchd.guard import is_address, is_public
from watchd.http11 import Answer, Http11
from watchd.response import FetchError, Limits

if TYPE_CHECKING:
    import httpx

__all__ = ["BROKEN_OFF", "Answer", "Exchange"]

BROKEN_OFF = (httpcore.RemoteProtocolError, httpcore.ReadError, ConnectionError, ssl.SSLError)
"""What ends an answer before its end; its beginning may be of use."""

_TOO_SLOW = (httpcore.TimeoutException, TimeoutError)
_TROUBLE = (*_TOO_SLOW, httpcore.ProtocolError, httpcore.NetworkError, httpcore.ProxyError, OSError)
_ERRNO = re.compile(r"\[Errno (\d+)\]")


class Exchange:
    """Sends requests one at a time; the last connection serves the next, if that goes there.

    Private addresses are refused by the address that was really connected to, before anything is
    sent over the connection.
    """

    def __init__(self, limits: Limits, trust: Callable[[], ssl.SSLContext]) -> None:
        self._trust = trust  # asked only for what is secure: to read the authorities takes 20 ms
        self._connect = limits.connect.total_seconds()
        read = limits.read.total_seconds()
        timeout = {"connect": self._connect, "read": read, "write": read, "pool": self._connect}
        self._extensions, self._read = {"timeout": timeout}, read
        # One opened where private addresses are allowed must never serve other feeds.
        self._kept: tuple[tuple[httpcore.Origin, bool], Http11] | None = None
        self._pool: httpcore.AsyncHTTPProxy | None = None  # for one request

    @asynccontextmanager
    async def get(
        self,
        url: httpx.URL,
        headers: Sequence[tuple[bytes, bytes]],
        *,
        private: bool,
        proxy: httpx.URL | None = None,
    ) -> AsyncIterator[Answer]:
        """The answer to a GET, its body still to come; at the end of the block it is closed.

        Only with `private` may the address be a private one. A proxy looks names up itself:
        there only addresses written as such can be refused. Raises FetchError, also for what
        goes wrong within the block.
        """
        if not private and is_address(url.host) and not is_public(url.host):
            raise _refused(url.host)
        request = httpcore.Request(
            "GET",
            _plain(url),
            headers=[(b"Host", url.netloc), *headers],
            extensions=self._extensions,
        )
        try:
            answer = await self.send(request, private=private, proxy=proxy)
            try:
                yield answer
            finally:
                await answer.aclose()
        except _TROUBLE as error:
            raise _explained(error, url.host) from error
        finally:
            if self._pool is not None:
                await self._pool.aclose()
                self._pool = None

    async def send(
        self, request: httpcore.Request, *, private: bool, proxy: httpx.URL | None
    ) -> Answer:
        """Send a request by whatever way leads there."""
        if proxy is not None:
            return await self._send_by(proxy, request)
        place = (request.url.origin, private)
        kept, self._kept = self._kept, None
        if kept is not None and kept[0] == place and kept[1].serves:
            try:
                answer = await kept[1].ask(request)
            except BROKEN_OFF:
                pass  # the server hung up on an idle connection just as we asked again over it
            else:
                self._kept = kept
                return answer
        elif kept is not None:
            kept[1].close()
        connection = await self._open(request.url, private=private)
        self._kept = (place, connection)
        return await connection.ask(request)

    async def _open(self, url: httpcore.URL, *, private: bool) -> Http11:
        origin = url.origin
        try:
            stream = await Connection.open(
                origin.host.decode("ascii"),
                origin.port,
                tls=self._trust() if origin.scheme == b"https" else None,
                seconds=self._connect,
                allow=_anywhere if private else _public,
            )
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        return Http11(stream, seconds=self._read)

    async def _send_by(self, proxy: httpx.URL, request: httpcore.Request) -> Answer:
        if proxy.scheme not in ("http", "https"):
            text = "the environment names a proxy that is neither http:// nor https://"
            raise FetchError(text, kind="connect")
        login = (proxy.username.encode(), proxy.password.encode())
        self._pool = httpcore.AsyncHTTPProxy(
            _plain(proxy), proxy_auth=login if proxy.userinfo else None, ssl_context=self._trust()
        )
        return await self._pool.handle_async_request(request)

    async def aclose(self) -> None:
        """Close what is open."""
        if self._kept is not None:
            self._kept[1].close()
            self._kept = None


def _plain(url: httpx.URL) -> httpcore.URL:
    """In httpcore's own words: as much of it as the request is to show."""
    return httpcore.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )


def _anywhere(address: str) -> None:
    """The config calls the feed private."""


def _public(address: str) -> None:
    if not is_public(address):
        raise _refused(address)


def _refused(address: str) -> FetchError:
    text = (
        f"{address} is a private address; if this feed really lives in your own network, "
        "set `private = true` for it in config.toml"
    )
    return FetchError(text, kind="refused_address")


def _explained(error: Exception, host: str) -> FetchError:
    """The library's exception in our words, by what lies at its root."""
    roots = list(_roots(error))
    if isinstance(error, _TOO_SLOW):
        return FetchError(f"{host} keeps us waiting too long", kind="timeout")
    for root in roots:
        if isinstance(root, socket.gaierror):
            text = f"the name {host} is not known: check the address, or this machine's network"
            return FetchError(text, kind="dns")
        if isinstance(root, ssl.SSLError):
            why = getattr(root, "verify_message", "") or root.reason or "no TLS is spoken there"
            return FetchError(f"no secure connection to {host}: {why}", kind="tls")
    if isinstance(error, (httpcore.ConnectError, httpcore.ProxyError)):
        code = next(filter(None, map(_errno, roots)), None)
        why = os.strerror(code).lower() if code else "nobody answers"
        return FetchError(f"cannot connect to {host}: {why}", kind="connect")
    return FetchError(f"{host} does not speak proper HTTP: {str(error)[:100]}", kind="protocol")


def _errno(error: BaseException) -> int | None:
    """The error's number; of a name with several addresses asyncio only tells it in the text."""
    found = _ERRNO.search(str(error))
    return getattr(error, "errno", None) or (int(found[1]) if found else None)


def _roots(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and all that it came from, the deepest last."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            yield from _roots(error.exceptions[0])
        error = error.__cause__ or error.__context__
