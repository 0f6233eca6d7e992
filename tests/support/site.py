"""A local web site that answers as a test's script says, over real sockets.

with Site() as site:
    site.feed("/a.xml", items=[{"title": "Rain", "link": "https://example.org/1"}])
    site.answer("/b.xml", Answer(status=500), Answer(body=rss([]), cut=20))   # the last one repeats
    fetch(site.url("/a.xml")), fetch(site.url("/b.xml", host="127.0.0.2"))
    assert [request.path for request in site.requests] == ["/a.xml", "/b.xml"]

Each 127.x.y.z address is another host on the same port; the site listens there once asked for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hashlib
import socket
import ssl
import threading
import time
import zlib
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime, formatdate
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar
from xml.sax.saxutils import escape

import pytest

CERTIFICATE = Path(__file__).with_name("site.pem")  # for localhost, 127.0.0.1 and 127.0.0.2
T = TypeVar("T")


def rss(items: Iterable[Mapping[str, Any]], *, title: str = "A feed", lang: str = "en") -> bytes:
    """RSS 2.0 of `items`: any of title, text, link, guid and date (a datetime or a string)."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<rss version="2.0"><channel><title>{escape(title)}</title>',
        f"<link>https://example.org/</link><language>{lang}</language>",
    ]
    names = {"title": "title", "text": "description", "link": "link", "guid": "guid"}
    for item in items:
        lines.append("<item>")
        for key, tag in names.items():
            if key in item:
                more = ' isPermaLink="false"' if tag == "guid" else ""
                lines.append(f"<{tag}{more}>{escape(str(item[key]))}</{tag}>")
        if date := item.get("date"):
            text = format_datetime(date) if isinstance(date, datetime) else date
            lines.append(f"<pubDate>{escape(text)}</pubDate>")
        lines.append("</item>")
    return "\n".join([*lines, "</channel></rss>", ""]).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer. Where `etag` or `last_modified` is set, an equal validator gets a 304."""

    status: int = 200
    body: bytes = b""
    headers: Sequence[tuple[str | bytes, str | bytes]] = ()  # sent as they are, repeats too
    etag: str | bytes = b""
    last_modified: str | bytes = b""
    lies: bool = False  # every conditional request gets a 304
    coding: str = ""  # gzip or deflate: the body is packed, and the header says so
    chunked: bool = False
    until_close: bool = False  # no length: the end of the connection is the end of the body
    cut: int | None = None  # close after this many bytes of the body as sent
    delay: float = 0.0  # seconds before the first byte
    drip: float = 0.0  # seconds before each byte of the body
    hang: bool = False  # read the request, and never answer
    raw: bytes | None = None  # these bytes instead of a proper answer, then close

    @classmethod
    def redirect(cls, to: str, status: int = 302, **more: Any) -> Answer:
        headers = [("Location", to), *more.pop("headers", [])]
        return cls(status=status, headers=headers, **more)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked. `host` is the address that was connected to, `at` monotonic seconds."""

    method: str
    path: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    host: str
    at: float

    def header(self, name: str) -> bytes | None:
        """The first header of that name, byte for byte; None where there is none."""
        wanted = name.lower().encode()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


@dataclass
class Site:
    """A web server in a thread of its own. `requests` is everything it was asked, in order."""

    port: int = 0  # 0: any free one
    tls: bool = False
    requests: list[Request] = field(default_factory=list)
    busiest: Counter[str] = field(default_factory=Counter)  # host: most requests at one time

    def __post_init__(self) -> None:
        self._answers: dict[str, deque[Answer]] = {}
        self._servers: dict[str, asyncio.Server] = {}
        self._open: Counter[str] = Counter()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def __enter__(self) -> Site:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def start(self) -> None:
        """Listen (again); after `stop` on the same port and hosts as before."""
        for host in [*self._servers] or ["127.0.0.1"]:
            self._do(self._listen(host))

    def stop(self) -> None:
        """Hang up on everybody and refuse connections, until `start`."""
        self._do(self._hang_up())

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """The address of `path`; `host` may be any name or address of this machine."""
        address = socket.gethostbyname(host)
        if address not in self._servers:
            self._do(self._listen(address))
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{path}"

    def answer(self, path: str, *answers: Answer) -> None:
        """From now on `path` is answered so, one after the other; the last one repeats."""
        self._answers[path] = deque(answers)

    def feed(self, path: str, items: Iterable[Mapping[str, Any]], **more: Any) -> None:
        """From now on `path` is an RSS feed of `items`, with validators, gzip and 304.

        `title` and `lang` go to `rss`, all else to `Answer`.
        """
        words = {key: more.pop(key) for key in ("title", "lang") if key in more}
        body = rss(items, **words)
        more.setdefault("etag", '"' + hashlib.sha256(body).hexdigest()[:16] + '"')
        more.setdefault("coding", "gzip")
        self.answer(path, Answer(body=body, **more))

    def asked(self, path: str) -> list[Request]:
        """The requests for `path`, in order."""
        return [request for request in self.requests if request.path == path]

    def _do(self, work: Awaitable[T]) -> T:
        async def run() -> T:
            return await work

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)

    async def _listen(self, host: str) -> None:
        context = None
        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
        server = await asyncio.start_server(
            self._serve, host, self.port, ssl=context, backlog=1000, limit=2**20
        )
        self._servers[host] = server
        self.port = server.sockets[0].getsockname()[1]

    async def _hang_up(self) -> None:
        for server in self._servers.values():
            server.close()
        await asyncio.sleep(0)  # a task that never ran would complain of being cancelled
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = writer.get_extra_info("sockname")[0]
        gone = (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError)
        with contextlib.suppress(*gone):
            while request := await self._read(reader, host):
                self.requests.append(request)
                with self._counted(host):
                    if not await self._reply(request, writer):
                        break
        writer.close()

    @contextlib.contextmanager
    def _counted(self, host: str) -> Iterator[None]:
        self._open[host] += 1
        self.busiest[host] = max(self.busiest[host], self._open[host])
        try:
            yield
        finally:
            self._open[host] -= 1

    async def _read(self, reader: asyncio.StreamReader, host: str) -> Request | None:
        head = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        method, path, _ = head[0].decode("latin-1").split(" ", 2)
        pairs = (line.partition(b":") for line in head[1:] if line)
        headers = tuple((name, value.strip()) for name, _, value in pairs)
        lengths = [int(value) for name, value in headers if name.lower() == b"content-length"]
        body = await reader.readexactly(lengths[0]) if lengths else b""
        return Request(
            method=method, path=path, headers=headers, body=body, host=host, at=time.monotonic()
        )

    async def _reply(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        """Send what the script says; False: the connection must be closed."""
        script = self._answers.get(request.path) or deque([Answer(status=404)])
        answer = script[0] if len(script) == 1 else script.popleft()
        if answer.hang:
            await asyncio.sleep(3600)
        await asyncio.sleep(answer.delay)
        if answer.raw is not None:
            writer.write(answer.raw)
            await writer.drain()
            return False
        head, body, keep = _compose(answer, request)
        writer.write(head)
        if answer.drip:
            for byte in body:
                await asyncio.sleep(answer.drip)
                writer.write(bytes([byte]))
                await writer.drain()
        else:
            writer.write(body)
        await writer.drain()
        return keep


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _compose(answer: Answer, request: Request) -> tuple[bytes, bytes, bool]:
    """The head, the body as sent, and whether the connection stays open."""
    unchanged = _unchanged(answer, request)
    status = 304 if unchanged else answer.status
    body = b"" if unchanged else answer.body
    headers: dict[bytes, list[bytes]] = defaultdict(list)
    headers[b"Date"] = [formatdate(usegmt=True).encode()]
    if body:
        headers[b"Content-Type"] = [b"application/rss+xml; charset=utf-8"]
    if answer.etag:
        headers[b"ETag"] = [_bytes(answer.etag)]
    if answer.last_modified:
        headers[b"Last-Modified"] = [_bytes(answer.last_modified)]
    if answer.coding and body:
        headers[b"Content-Encoding"] = [answer.coding.encode()]
        body = gzip.compress(body) if answer.coding == "gzip" else zlib.compress(body)
    if answer.chunked:
        headers[b"Transfer-Encoding"] = [b"chunked"]
        parts = [body[at : at + 1000] for at in range(0, len(body), 1000)]
        body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in [*parts, b""])
    elif not answer.until_close and status != 304:
        headers[b"Content-Length"] = [str(len(body)).encode()]
    for name in {_bytes(name) for name, _ in answer.headers}:
        headers[name] = [_bytes(value) for key, value in answer.headers if _bytes(key) == name]
    keep = answer.cut is None and not answer.until_close
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Whatever"
    lines = [f"HTTP/1.1 {status} {phrase}".encode()]
    lines += [name + b": " + value for name, values in headers.items() for value in values]
    return b"\r\n".join([*lines, b"", b""]), body[: answer.cut], keep


def _unchanged(answer: Answer, request: Request) -> bool:
    if answer.lies:
        return any(request.header(name) for name in ("If-None-Match", "If-Modified-Since"))
    if answer.etag and (seen := request.header("If-None-Match")) is not None:
        return seen == _bytes(answer.etag)
    since = request.header("If-Modified-Since")
    return bool(answer.last_modified) and since == _bytes(answer.last_modified)


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as it:
        yield it


@pytest.fixture
def tls_site() -> Iterator[Site]:
    """The same over https, with a certificate that only `CERTIFICATE` as an authority accepts."""
    with Site(tls=True) as it:
        yield it
