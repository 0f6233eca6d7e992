"""Getting a feed over HTTP: politely, within bounds, and from nowhere it should not come.

The home of httpx; `import httpx2 as httpx` (its maintained continuation) can take its place. Of
httpx we use the transport (see `exchange`) and not its client: a client keeps cookies, logs
addresses with their passwords, unpacks without a bound, and forwards validators to other hosts on
a redirect.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
import sys
import urllib.request
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from types import TracebackType

# httpx would import its own command line, with rich and pygments, for a third of its start.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
import httpx

from watchd import __version__, headers
from watchd.body import Body, BodyTooLarge, BodyUnreadable
from watchd.exchange import BROKEN_OFF, Answer, Exchange
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
    context = httpx.create_ssl_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


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
        trust: Callable[[], ssl.SSLContext] | None = None,
        accept: str = _ACCEPT,
        trust_env: bool = True,
    ) -> None:
        self._limits = limits or Limits()
        self._exchange = Exchange(self._limits, trust or cache(ssl_context))
        self._proxies = urllib.request.getproxies() if trust_env else {}
        self._headers = [
            (b"User-Agent", user_agent.encode()),
            (b"Accept", accept.encode()),
            (b"Accept-Encoding", b"gzip, deflate"),
        ]

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._exchange.aclose()

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
        # Most addresses have nothing to take away, and to copy one costs as much as to read it.
        url = _bare(asked) if "@" in feed.url or "#" in feed.url else asked
        home = _origin(url)
        hops: list[tuple[int, str]] = []
        for _ in range(self._limits.max_redirects + 1):
            here = str(url)
            validators = _validators(state, here)
            extra = [*self._headers, *validators]
            if asked.userinfo and _origin(url) == home:
                login = f"{asked.username}:{asked.password}".encode()
                extra.append((b"Authorization", b"Basic " + base64.b64encode(login)))
            private = feed.private and _is_home(url, home)
            proxy = self._proxy(url) if self._proxies else None
            async with self._exchange.get(url, extra, private=private, proxy=proxy) as answer:
                fields = headers.first(answer.headers)
                if answer.status not in _REDIRECTS:
                    body, whole = await self._body(answer, fields, bool(validators), now)
                    break
                url = _target(url, fields.get(b"location", b""), answer.status)
                hops.append((answer.status, str(url)))
        else:
            text = f"redirected more than {self._limits.max_redirects} times, at last to {url.host}"
            raise FetchError(text, kind="redirect")
        return Response(
            status=answer.status,
            url=here,
            not_modified=answer.status == 304,
            body=body,
            etag=fields.get(b"etag") or None,
            last_modified=fields.get(b"last-modified") or None,
            content_type=fields.get(b"content-type", b"").decode("latin-1"),
            retry_after=headers.retry_after(fields, answer.status, now),
            max_age=headers.max_age(fields),
            moved_to=here if hops and all(code in _PERMANENT for code, _ in hops) else "",
            conditional=bool(validators),
            truncated=not whole,
            hops=tuple(hops),
            fields=fields,
        )

    async def _body(
        self, answer: Answer, fields: Mapping[bytes, bytes], conditional: bool, now: datetime | None
    ) -> tuple[bytes, bool]:
        """The body of a good answer, and whether it is whole."""
        status = answer.status
        if status == 304 and not conditional:
            text = "304 Not Modified, though we hold no earlier answer: the server is at fault"
            wait = headers.retry_after(fields, status, now)
            raise FetchError(text, kind="protocol", status=status, retry_after=wait)
        if status not in (200, 203, 304):
            raise refusal(status, fields, headers.retry_after(fields, status, now))
        packed = fields.get(b"content-encoding", b"") if status != 304 else b""
        try:
            body = Body(packed.decode("latin-1"), self._limits.max_bytes)
            try:
                # A 304 is empty, but must be read to its end for the connection to serve again.
                async for part in answer.aiter_stream():
                    body.add(part)
                whole = body.end()
            except BROKEN_OFF:
                body.end()
                whole = False
        except BodyTooLarge as error:
            raise FetchError(f"the answer is too large: {error}", kind="too_large") from None
        except BodyUnreadable as error:
            raise FetchError(f"the answer cannot be read: {error}", kind="encoding") from None
        if not whole and not body.data:
            raise FetchError("the answer broke off before anything came", kind="protocol")
        return body.data, whole

    def _proxy(self, url: httpx.URL) -> httpx.URL | None:
        """The environment's proxy for this address; None for none."""
        proxy = self._proxies.get(url.scheme) or self._proxies.get("all", "")
        if not proxy or urllib.request.proxy_bypass(url.host):
            return None
        try:
            return httpx.URL(proxy if "://" in proxy else f"http://{proxy}")
        except httpx.InvalidURL:
            text = "the environment names a proxy that is no address"
            raise FetchError(text, kind="connect") from None


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


def _bare(url: httpx.URL) -> httpx.URL:
    """Without what is not sent: name, password and fragment."""
    return url.copy_with(userinfo=b"", fragment=None)


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or _PORTS[url.scheme]


def _is_home(url: httpx.URL, home: tuple[str, str, int]) -> bool:
    """Whether this is the place the config names, or that place's own step up to https."""
    return _origin(url) == home or (home[0] == "http" and _origin(url) == ("https", home[1], 443))


def _validators(state: FeedState | None, url: str) -> list[tuple[bytes, bytes]]:
    """What makes the request conditional: only for the address that gave us the validators."""
    if state is None or state.validators_for != fingerprint(url):
        return []
    pairs = ((b"If-None-Match", state.etag), (b"If-Modified-Since", state.last_modified))
    return [(name, value) for name, value in pairs if value]


def _target(url: httpx.URL, location: bytes, status: int) -> httpx.URL:
    """Where a redirect leads. Name and password in it are ignored."""
    if not location:
        raise FetchError(f"{status} redirect that does not say where to", kind="redirect")
    try:
        target = _bare(url.join(location.decode("utf-8", "replace")))
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
