"""Connections: kept for the next request where it goes there, and never read faster than needed."""

from __future__ import annotations

import asyncio
import socket
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest

from tests.fetch.conftest import LIMITS, Get, feed
from tests.support.site import Answer, Site
from watchd.connection import Connection
from watchd.fetch import Client, FetchError, Limits, ssl_context

Refused = Callable[..., FetchError]


def test_a_connection_serves_its_own_host_only(site: Site) -> None:
    site.answer("/a.xml", Answer(body=b"<rss/>"))
    urls = [site.url("/a.xml", host=host) for host in ("127.0.0.1", "127.0.0.2", "127.0.0.1")]

    async def run() -> None:
        async with Client(LIMITS) as client:
            for url in urls:
                assert (await client.fetch(feed(url))).url == url

    asyncio.run(run())
    assert [request.header("Host") for request in site.requests] == [
        url.removeprefix("http://").removesuffix("/a.xml").encode() for url in urls
    ]


def test_a_large_answer_comes_whole_past_the_mark_where_the_server_must_wait(
    site: Site, get: Get
) -> None:
    body = bytes(range(256)) * 8 * 1024  # 2 MB
    site.answer("/a.xml", Answer(body=body))
    assert get(site.url("/a.xml"), max_bytes=4 * 2**20, deadline=timedelta(seconds=5)).body == body


def test_a_name_nobody_answers_at_is_told_as_such(refused: Refused) -> None:
    with socket.socket() as taken:  # bound, and not listening
        taken.bind(("127.0.0.1", 0))
        error = refused(f"http://localhost:{taken.getsockname()[1]}/a.xml")
    assert error.kind == "connect"
    assert "cannot connect to localhost: connection refused" in str(error)


def test_a_name_that_cannot_be_one_is_not_known(refused: Refused) -> None:
    assert refused(f"http://{'a' * 64}.example/a.xml").kind in ("dns", "bad_url")


def test_a_flood_that_nobody_reads_is_held_back() -> None:
    """The server sends without end, and we do not read: it must wait, and we must not swell."""

    async def flood(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
        writer.close()

    async def run() -> int:
        async with await asyncio.start_server(flood, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            connection = await Connection.open(
                "127.0.0.1", port, tls=None, seconds=5, allow=lambda _address: None
            )
            read = 0
            for _ in range(100):
                read += len(await connection.read(65536, 5))
            tracemalloc.start()
            await asyncio.sleep(0.3)
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            connection.close()
            await asyncio.sleep(0.1)
            assert read > 0
            return most

    assert asyncio.run(run()) < 2**21


def test_the_address_is_seen_before_anything_is_sent() -> None:
    got = bytearray()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.extend(await reader.read())
        writer.close()

    def refuse(address: str) -> None:
        assert address == "127.0.0.1"
        raise FetchError("not there", kind="refused_address")

    async def run() -> None:
        async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(FetchError, match="not there"):
                await Connection.open("127.0.0.1", port, tls=ssl_context(), seconds=5, allow=refuse)
            await asyncio.sleep(0.1)

    asyncio.run(run())
    assert not got


def test_limits_hold_for_connecting() -> None:
    """Nobody takes the connection: the queue of the listener is full."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        place = full.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(place)

        async def run() -> None:
            limits = Limits(connect=timedelta(seconds=0.3), deadline=timedelta(seconds=3))
            async with Client(limits) as client:
                await client.fetch(feed(f"http://127.0.0.1:{place[1]}/a.xml"))

        with pytest.raises(FetchError, match="keeps us waiting") as caught:
            asyncio.run(run())
        assert caught.value.kind == "timeout"
        for one in waiting:
            one.close()
