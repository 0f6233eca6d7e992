"""HTTPS: over a connection of our own, and through a proxy that the environment names."""

from __future__ import annotations

import asyncio
import ssl
from datetime import timedelta

import pytest

from tests.fetch.conftest import feed
from tests.support.site import CERTIFICATE, Answer, Site
from watchd.fetch import Client, Limits

LIMITS = Limits(deadline=timedelta(seconds=5))
BODY = b"<rss>" + b"x" * 600_000 + b"</rss>"


@pytest.fixture
def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=CERTIFICATE)


def test_a_connection_serves_again_and_large_answers_come_whole(
    tls_site: Site, trusting: ssl.SSLContext
) -> None:
    tls_site.answer("/a.xml", Answer(body=BODY))

    async def run() -> None:
        async with Client(LIMITS, trust=lambda: trusting) as client:
            for _ in range(3):
                assert (await client.fetch(feed(tls_site.url("/a.xml")))).body == BODY

    asyncio.run(run())
    assert len(tls_site.requests) == 3


def test_through_a_proxy(
    tls_site: Site, trusting: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls_site.answer("/a.xml", Answer(body=BODY))
    asked = list[bytes]()

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        host, _, port = asked[-1].split()[1].rpartition(b":")
        site_reader, site_writer = await asyncio.open_connection(host.decode(), int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(pipe(reader, site_writer), pipe(site_reader, writer))

    async def run() -> None:
        async with await asyncio.start_server(proxy, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            monkeypatch.setenv("https_proxy", f"http://name:pass%20word@127.0.0.1:{port}")
            async with Client(LIMITS, trust=lambda: trusting) as client:
                assert (await client.fetch(feed(tls_site.url("/a.xml")))).body == BODY

    asyncio.run(run())
    (request,) = asked
    place = tls_site.url("").removeprefix("https://").encode()
    assert request.startswith(b"CONNECT " + place)
    assert b"Proxy-Authorization: Basic bmFtZTpwYXNzIHdvcmQ=" in request
