"""Twenty attacks on the network: each is over within the limit of a fetch and a fifth of a second.

The servers here speak in raw bytes, whatever HTTP says of them, until we hang up.
"""

from __future__ import annotations

import asyncio
import gzip
import socketserver
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import count

import pytest

from tests.fetch.conftest import LIMITS, feed
from watchd.fetch import Client, FetchError
from watchd.values import replace

OVER = 0.2  # seconds
DEADLINE = LIMITS.deadline.total_seconds()
OK = b"HTTP/1.1 200 OK\r\n"
PACKED = OK + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
ZEROS = bytes(2**20)
BOMB = gzip.compress(ZEROS * 40)

Script = Callable[[], Iterator[bytes]]


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def slowly(data: bytes, pause: float = 0.05) -> Iterator[bytes]:
    for byte in data:
        yield bytes([byte])
        time.sleep(pause)


def never() -> Iterator[bytes]:
    time.sleep(3)
    yield b""


def says_nothing() -> Iterator[bytes]:
    yield from never()


def half_a_head() -> Iterator[bytes]:
    yield OK + b"Content-Type: text/x"
    yield from never()


def head_in_drops() -> Iterator[bytes]:
    yield from slowly(OK * 100)


def head_without_end() -> Iterator[bytes]:
    yield OK
    for number in count():
        yield b"X-%d: %b\r\n" % (number, b"y" * 500)


def line_without_end() -> Iterator[bytes]:
    yield OK + b"X: "
    while True:
        yield ZEROS.replace(b"\0", b"y")


def informed_for_ever() -> Iterator[bytes]:
    while True:
        yield b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" * 50
        time.sleep(0.01)


def body_in_drops() -> Iterator[bytes]:
    yield OK + b"Content-Length: 5000\r\n\r\n"
    yield from slowly(b"<rss>" * 1000)


def chunks_in_drops() -> Iterator[bytes]:
    yield OK + b"Transfer-Encoding: chunked\r\n\r\n"
    yield from slowly(chunk(b"x") * 1000)


def gzip_in_drops() -> Iterator[bytes]:
    yield PACKED
    for byte in gzip.compress(bytes(range(256)) * 9):
        yield chunk(bytes([byte]))
        time.sleep(0.05)


def body_without_end() -> Iterator[bytes]:
    yield OK + b"\r\n"
    while True:
        yield ZEROS


def chunk_without_end() -> Iterator[bytes]:
    yield OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n"
    while True:
        yield ZEROS


def extension_without_end() -> Iterator[bytes]:
    yield OK + b"Transfer-Encoding: chunked\r\n\r\n1;"
    while True:
        yield b"a=b;" * 10_000


def trailers_without_end() -> Iterator[bytes]:
    yield OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(b"<rss/>") + b"0\r\n"
    while True:
        yield b"X: y\r\n" * 1000


def bomb() -> Iterator[bytes]:
    yield PACKED + chunk(BOMB) + chunk(b"")


def bomb_without_end() -> Iterator[bytes]:
    yield PACKED
    packer = zlib.compressobj(wbits=31)
    while True:
        yield chunk(packer.compress(ZEROS) + packer.flush(zlib.Z_SYNC_FLUSH))


def bomb_in_a_bomb() -> Iterator[bytes]:
    yield PACKED.replace(b"gzip", b"gzip, gzip") + chunk(gzip.compress(BOMB)) + chunk(b"")


def members_without_end() -> Iterator[bytes]:
    yield PACKED
    while True:
        yield chunk(gzip.compress(b"") * 100)


def less_than_promised() -> Iterator[bytes]:
    yield OK + b"Content-Length: 5000\r\n\r\n<rss><channel>"
    yield from never()


def redirect_with_a_bomb() -> Iterator[bytes]:
    yield b"HTTP/1.1 302 Found\r\nLocation: /\r\n" + PACKED.partition(b"\r\n")[2] + chunk(BOMB)
    yield from never()


def redirect_in_drops() -> Iterator[bytes]:
    yield b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 500\r\n\r\n"
    yield from slowly(b"x" * 500)


def redirects_that_dawdle() -> Iterator[bytes]:
    time.sleep(0.25)
    yield b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def refusal_without_end() -> Iterator[bytes]:
    yield b"HTTP/1.1 503 Service Unavailable\r\n\r\n"
    while True:
        yield ZEROS


def answers_unasked() -> Iterator[bytes]:
    while True:
        yield OK + b"Content-Length: 0\r\n\r\n"


ATTACKS = (
    says_nothing,
    half_a_head,
    head_in_drops,
    head_without_end,
    line_without_end,
    informed_for_ever,
    body_in_drops,
    chunks_in_drops,
    gzip_in_drops,
    body_without_end,
    chunk_without_end,
    extension_without_end,
    trailers_without_end,
    bomb,
    bomb_without_end,
    bomb_in_a_bomb,
    members_without_end,
    less_than_promised,
    redirect_with_a_bomb,
    redirect_in_drops,
    redirects_that_dawdle,
    refusal_without_end,
    answers_unasked,
)


@contextmanager
def server(script: Script) -> Iterator[str]:
    """The address of a server that says `script` to whoever connects."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                self.request.recv(65536)
                for piece in script():
                    self.request.sendall(piece)
            except OSError:
                pass  # we hung up, as we should

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_address[1]}/"
        listening.shutdown()


def seconds_of(url: str, authorities: ssl.SSLContext) -> float:
    """How long a fetch of `url` takes, whatever comes of it."""

    async def run() -> float:
        limits = replace(LIMITS, read=timedelta(seconds=2), connect=timedelta(seconds=2))
        async with Client(limits, trust=lambda: authorities) as client:
            began = time.monotonic()
            with suppress(FetchError):
                await client.fetch(feed(url))
            return time.monotonic() - began

    return asyncio.run(run())


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_it_is_over_in_time(attack: Script, authorities: ssl.SSLContext) -> None:
    tries = []
    with server(attack) as url:
        while len(tries) < 4 and min(tries, default=9.0) >= DEADLINE + OVER:  # a busy machine
            tries.append(seconds_of(url, authorities))
    assert min(tries) < DEADLINE + OVER


def test_a_handshake_that_never_ends_is_over_in_time(authorities: ssl.SSLContext) -> None:
    tries = []
    with server(says_nothing) as url:
        while len(tries) < 4 and min(tries, default=9.0) >= DEADLINE + OVER:
            tries.append(seconds_of(url.replace("http:", "https:"), authorities))
    assert min(tries) < DEADLINE + OVER
