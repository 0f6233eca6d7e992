"""Getting a feed over HTTP: politely, within bounds, and from nowhere it should not come.

The only importer of httpx; `import httpx2 as httpx` (its maintained continuation) can take its
place. Of httpx we use the transport, not its client: a client keeps cookies, logs addresses with
their passwords, unpacks without a bound, and forwards validators to other hosts on a redirect.
"""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import ssl
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from types import TracebackType
from typing import Any

# httpx would import its own command line, with rich and pygments, for a third of its start.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
import httpx

from watchd import __version__, headers
from watchd.body import Body, BodyTooLarge, BodyUnreadable
from watchd.guard import is_address, is_public
from watchd.model import Feed, FeedState, fingerprint
from watchd.response import FetchError, Limits, Response, refusal

__all__ = ["Client", "FetchError", "Limits", "Response", "ssl_context", "user_agent"]

_REDIRECTS = {301, 302, 303, 307, 308}
_PERMANENT = {301, 308}
_PORTS = {"http": 80, "https": 443}
_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, text/html;q=0.5, */*;q=0.1"
)


def user_agent(contact: str = "") -> str:
    """How we introduce ourselves; `contact` is a web or mail address of the operator."""
    return f"watchd/{__version__}" + (f" (+{contact})" if contact else "")


def ssl_context() -> ssl.SSLContext:
    """The authorities we trust. Make one and share it: it takes 20 ms and some memory."""
    return httpx.create_ssl_context()


class Client:
    """Fetches feeds, one at a time: make one per worker, so that nobody waits in a pool.

    What kinds of document it asks for, `accept` says in HTTP's own words.

    Private addresses are refused, at each hop, by the address that was really connected to: a
    name that resolves to one gets as far as a connection, over which nothing is sent. Only
    a feed that the config calls private may be at one: where the config says it is, not where
    a redirect leads. Behind a proxy of the environment, which looks names up itself, only
    addresses written as such can be refused.

    `trust_env` takes the proxies of the environment, once.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        user_agent: str = user_agent(),
        *,
        ssl_context: ssl.SSLContext | None = None,
        accept: str = _ACCEPT,
        trust_env: bool = True,
    ) -> None:
        self._limits = limits or Limits()
        self._ssl = ssl_context or httpx.create_ssl_context()
        self._proxies = urllib.request.getproxies() if trust_env else {}
        # Connections opened where private addresses are allowed must never serve other feeds.
        self._pools: dict[tuple[str, bool], httpx.AsyncHTTPTransport] = {}
        self._headers = [
            (b"User-Agent", user_agent.encode()),
            (b"Accept", accept.encode()),
            (b"Accept-Encoding", b"gzip, deflate"),
        ]
        seconds = {
            name: getattr(self._limits, name).total_seconds() for name in ("connect", "read")
        }
        self._timeout = {**seconds, "write": seconds["read"], "pool": seconds["connect"]}

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        while self._pools:
            await self._pools.popitem()[1].aclose()

    async def fetch(
        self, feed: Feed, state: FeedState | None = None, *, now: datetime | None = None
    ) -> Response:
        """GET the feed, conditionally where `state` holds validators of the very address asked.

        `now` is only used where an answer names a time and has no date of its own.
        Raises FetchError.
        """
        seconds = self._limits.deadline.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                return await self._follow(feed, state, now)
        except FetchError as error:
            error.args = (f"feed {feed.name!r}: {error}",)
            raise
        except TimeoutError:
            text = f"feed {feed.name!r}: no complete answer within {seconds:g} s"
            raise FetchError(text, kind="deadline") from None

    async def _follow(self, feed: Feed, state: FeedState | None, now: datetime | None) -> Response:
        asked = _parse(feed.url)
        url = asked.copy_with(userinfo=b"", fragment=None)
        home = _origin(url)
        hops: list[tuple[int, str]] = []
        for _ in range(self._limits.max_redirects + 1):
            validators = _validators(state, url)
            extra = list(validators)
            if asked.userinfo and _origin(url) == home:
                login = f"{asked.username}:{asked.password}".encode()
                extra.append((b"Authorization", b"Basic " + base64.b64encode(login)))
            private = feed.private and _is_home(url, home)
            async with self._get(url, extra, private=private) as answer:
                fields = headers.first(answer.headers.raw)
                if answer.status_code not in _REDIRECTS:
                    return await self._response(answer, fields, url, hops, bool(validators), now)
                url = _target(url, fields.get(b"location", b""), answer.status_code)
                hops.append((answer.status_code, str(url)))
        text = f"redirected more than {self._limits.max_redirects} times, at last to {url.host}"
        raise FetchError(text, kind="redirect")

    async def _response(
        self,
        answer: httpx.Response,
        fields: Mapping[bytes, bytes],
        url: httpx.URL,
        hops: list[tuple[int, str]],
        conditional: bool,
        now: datetime | None,
    ) -> Response:
        status = answer.status_code
        wait = headers.retry_after(fields, status, now)
        if status == 304 and not conditional:
            text = "304 Not Modified, though we hold no earlier answer: the server is at fault"
            raise FetchError(text, kind="protocol", status=status, retry_after=wait)
        if status not in (200, 203, 304):
            raise refusal(status, fields, wait)
        # A 304 is empty, but must be read to its end for the connection to serve again.
        body, whole = await self._read(answer, fields)
        return Response(
            status=status,
            url=str(url),
            not_modified=status == 304,
            body=body,
            etag=fields.get(b"etag") or None,
            last_modified=fields.get(b"last-modified") or None,
            content_type=fields.get(b"content-type", b"").decode("latin-1"),
            retry_after=wait,
            max_age=headers.max_age(fields),
            moved_to=str(url) if hops and all(code in _PERMANENT for code, _ in hops) else "",
            conditional=conditional,
            truncated=not whole,
            hops=tuple(hops),
            fields=fields,
        )

    async def _read(
        self, answer: httpx.Response, fields: Mapping[bytes, bytes]
    ) -> tuple[bytes, bool]:
        """The body, and whether it is whole."""
        packed = fields.get(b"content-encoding", b"") if answer.status_code != 304 else b""
        try:
            body = Body(packed.decode("latin-1"), self._limits.max_bytes)
            try:
                async for part in answer.aiter_raw():
                    body.add(part)
                whole = body.end()
            except (httpx.RemoteProtocolError, httpx.ReadError):
                body.end()
                whole = False
        except BodyTooLarge as error:
            raise FetchError(f"the answer is too large: {error}", kind="too_large") from None
        except BodyUnreadable as error:
            raise FetchError(f"the answer cannot be read: {error}", kind="encoding") from None
        if not whole and not body.data:
            raise FetchError("the answer broke off before anything came", kind="protocol")
        return body.data, whole

    @asynccontextmanager
    async def _get(
        self, url: httpx.URL, extra: list[tuple[bytes, bytes]], *, private: bool
    ) -> AsyncIterator[httpx.Response]:
        proxy = self._proxy(url)
        if not private and is_address(url.host) and not is_public(url.host):
            raise _refused(url.host)
        watch = _Watch(guarded=not private and not proxy)
        request = httpx.Request(
            "GET",
            url,
            headers=[*self._headers, *extra],
            extensions={"timeout": self._timeout, "trace": watch},
        )
        pool = (proxy, private)
        try:
            answer = await self._send(pool, request, watch)
            try:
                yield answer
            finally:
                await answer.aclose()
        except asyncio.CancelledError:
            # httpcore may lose count of a connection whose request was cancelled, and a pool of
            # two is soon stuck: start a new one. https://github.com/encode/httpcore/issues/1035
            await self._drop(pool)
            raise
        except (httpx.HTTPError, ssl.SSLError) as error:
            raise _explained(error, url) from error

    async def _send(
        self, pool: tuple[str, bool], request: httpx.Request, watch: _Watch
    ) -> httpx.Response:
        try:
            return await self._pool(pool).handle_async_request(request)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            if watch.opened:
                raise
            # The server hung up on an idle connection just as we asked again over it.
            await self._drop(pool)
            return await self._pool(pool).handle_async_request(request)

    def _pool(self, key: tuple[str, bool]) -> httpx.AsyncHTTPTransport:
        if key not in self._pools:
            proxy, _ = key
            limits = httpx.Limits(
                max_connections=2, max_keepalive_connections=1, keepalive_expiry=5.0
            )
            try:
                self._pools[key] = httpx.AsyncHTTPTransport(
                    verify=self._ssl, limits=limits, proxy=proxy or None, trust_env=False
                )
            except (ImportError, ValueError):
                text = "the environment names a proxy that is neither http:// nor https://"
                raise FetchError(text, kind="connect") from None
        return self._pools[key]

    async def _drop(self, key: tuple[str, bool]) -> None:
        if pool := self._pools.pop(key, None):
            await pool.aclose()

    def _proxy(self, url: httpx.URL) -> str:
        """The environment's proxy for this address, "" for none."""
        proxy = self._proxies.get(url.scheme) or self._proxies.get("all", "")
        if not proxy or urllib.request.proxy_bypass(url.host):
            return ""
        return proxy if "://" in proxy else f"http://{proxy}"


class _Watch:
    """Sees each connection as it is opened, before anything is sent over it."""

    def __init__(self, *, guarded: bool) -> None:
        self._guarded = guarded
        self.opened = False

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        if event != "connection.connect_tcp.complete":
            return
        self.opened = True
        stream = info["return_value"]
        address = stream.get_extra_info("server_addr")[0]
        if self._guarded and not is_public(address):
            await stream.aclose()
            raise _refused(address)


def _refused(address: str) -> FetchError:
    text = (
        f"{address} is a private address; if this feed really lives in your own network, "
        "set `private = true` for it in config.toml"
    )
    return FetchError(text, kind="refused_address")


def _parse(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
        on_the_web = url.scheme in _PORTS and url.host != ""
    except (httpx.InvalidURL, ValueError):
        raise FetchError("its `url` is not a web address", kind="bad_url") from None
    if not on_the_web:
        text = "its `url` must start with http:// or https:// and name a host"
        raise FetchError(text, kind="bad_url")
    return url


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or _PORTS[url.scheme]


def _is_home(url: httpx.URL, home: tuple[str, str, int]) -> bool:
    """Whether this is the place the config names, or that place's own step up to https."""
    return _origin(url) == home or (home[0] == "http" and _origin(url) == ("https", home[1], 443))


def _validators(state: FeedState | None, url: httpx.URL) -> list[tuple[bytes, bytes]]:
    """What makes the request conditional: only for the address that gave us the validators."""
    if state is None or state.validators_for != fingerprint(str(url)):
        return []
    pairs = ((b"If-None-Match", state.etag), (b"If-Modified-Since", state.last_modified))
    return [(name, value) for name, value in pairs if value]


def _target(url: httpx.URL, location: bytes, status: int) -> httpx.URL:
    """Where a redirect leads. Name and password in it are ignored."""
    if not location:
        raise FetchError(f"{status} redirect that does not say where to", kind="redirect")
    try:
        target = url.join(location.decode("utf-8", "replace"))
        target = target.copy_with(userinfo=b"", fragment=None)
        on_the_web = target.scheme in _PORTS and target.host != ""
    except (httpx.InvalidURL, ValueError):
        raise FetchError("redirected to something that is no address", kind="redirect") from None
    if not on_the_web:
        text = f"redirected to a {target.scheme}: address: refused"
        raise FetchError(text, kind="redirect")
    if url.scheme == "https" and target.scheme == "http":
        text = (
            f"redirected from https to plain http at {target.host}: refused, since anybody on "
            "the way could alter it; if that is right, set `url` to the http:// address"
        )
        raise FetchError(text, kind="redirect")
    return target


def _explained(error: Exception, url: httpx.URL) -> FetchError:
    """The library's exception in our words, by what lies at its root."""
    host = url.host
    roots = list(_roots(error))
    if isinstance(error, httpx.TimeoutException):
        return FetchError(f"{host} keeps us waiting too long", kind="timeout")
    for root in roots:
        if isinstance(root, socket.gaierror):
            text = f"the name {host} is not known: check the address, or this machine's network"
            return FetchError(text, kind="dns")
        if isinstance(root, ssl.SSLError):
            why = getattr(root, "verify_message", "") or root.reason or "no TLS is spoken there"
            return FetchError(f"no secure connection to {host}: {why}", kind="tls")
    if isinstance(error, (httpx.ConnectError, httpx.ProxyError)):
        codes = (root.errno for root in roots if isinstance(root, OSError) and root.errno)
        code = next(codes, None)
        why = os.strerror(code).lower() if code else "nobody answers"
        return FetchError(f"cannot connect to {host}: {why}", kind="connect")
    return FetchError(f"{host} does not speak proper HTTP: {str(error)[:100]}", kind="protocol")


def _roots(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and all that it came from, the deepest last."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            yield from _roots(error.exceptions[0])
        error = error.__cause__ or error.__context__
