"""The network guard: what a hostile site, or one that was taken over, may try on us."""

from __future__ import annotations

import asyncio
import gzip
import logging
import tracemalloc
import zlib
from base64 import b64encode
from collections.abc import Callable

import pytest

from tests.fetch.conftest import LIMITS, Get, feed, seen
from tests.support.site import Answer, Site
from watchd.fetch import Client, FetchError
from watchd.guard import is_public

Refused = Callable[..., FetchError]

BOMB = gzip.compress(bytes(50 * 2**20))
HEADER = [("Content-Encoding", "gzip")]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(body=bytes(2**20 + 1)), "too_large"),
        (Answer(body=bytes(2**20 + 1), chunked=True), "too_large"),
        (Answer(body=bytes(2**20 + 1), until_close=True), "too_large"),
        (Answer(body=BOMB, headers=HEADER), "too_large"),
        (Answer(body=BOMB), "too_large"),
        (Answer(body=zlib.compress(bytes(50 * 2**20)), headers=[("Content-Encoding", "deflate")]),
         "too_large"),
        (Answer(body=gzip.compress(BOMB), headers=[("Content-Encoding", "gzip, gzip")]),
         "encoding"),
        (Answer(body=gzip.compress(BOMB), headers=[*HEADER, *HEADER]), "encoding"),
        (Answer(body=gzip.compress(b"") * 5000, headers=HEADER), "encoding"),
        (Answer.redirect("/b", body=BOMB, headers=HEADER), "status"),
        (Answer.redirect("/b", body=b"x" * 100, drip=0.1), "status"),
        (Answer(status=404, body=BOMB), "status"),
    ],
    ids=range(12),
)  # fmt: skip
def test_a_bomb_takes_neither_memory_nor_time(
    site: Site, refused: Refused, answer: Answer, kind: str
) -> None:
    site.answer("/a", answer)
    tracemalloc.start()
    try:
        assert refused(site.url("/a")).kind == kind
        # The limit is 1 MiB; a bytearray grows with some slack.
        assert tracemalloc.get_traced_memory()[1] < 6 * 2**20
    finally:
        tracemalloc.stop()


def test_what_is_packed_like_no_feed_is_refused_below_the_bound(
    site: Site, refused: Refused
) -> None:
    site.answer("/a", Answer(body=gzip.compress(bytes(9 * 2**20))))
    error = refused(site.url("/a"), max_bytes=10 * 2**20)
    assert error.kind == "too_large"
    assert "packed more than 500 times" in str(error)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/a",
        "http://localhost:{port}/a",  # a name that leads inside
        "http://127.1:{port}/a",
        "http://2130706433:{port}/a",
        "http://0x7f.0.0.1:{port}/a",
        "http://0.0.0.0:{port}/a",
        "http://[::1]:{port}/a",
        "http://[::ffff:127.0.0.1]:{port}/a",
        "http://[64:ff9b::7f00:1]:{port}/a",
        "http://10.1.2.3/a",
        "http://192.168.1.1/a",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
def test_a_private_address_is_refused_and_told_nothing(
    site: Site, refused: Refused, url: str
) -> None:
    site.feed("/a", [])
    error = refused(url.format(port=site.port), private=False)
    assert error.kind == "refused_address"
    assert "set `private = true`" in str(error)
    assert site.requests == []


@pytest.mark.parametrize(
    "to",
    [
        "http://127.0.0.2:{port}/b",
        "http://localhost:{port}/b",
        "http://127.0.0.1:{other}/b",
        "http://10.1.2.3/b",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]:{port}/b",
        "//127.0.0.2:{port}/b",
    ],
)
def test_a_private_feed_cannot_lead_elsewhere_inside(site: Site, refused: Refused, to: str) -> None:
    with Site() as other:
        site.url("/", host="127.0.0.2")  # listens there too
        site.answer("/a", Answer.redirect(to.format(port=site.port, other=other.port)))
        site.feed("/b", [])
        error = refused(site.url("/a"))
        assert error.kind == "refused_address"
        assert [request.path for request in site.requests] == ["/a"]
        assert other.requests == []


def test_a_connection_of_a_private_feed_serves_no_other(site: Site) -> None:
    """The connection is open and idle; a public feed that leads there must not get it."""
    site.feed("/a", [])

    async def run() -> None:
        async with Client(LIMITS) as client:
            url = site.url("/a", host="localhost")
            await client.fetch(feed(url))
            with pytest.raises(FetchError) as caught:
                await client.fetch(feed(url, private=False))
            assert caught.value.kind == "refused_address"

    asyncio.run(run())
    assert len(site.requests) == 1


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:4700:4700::1111", True),
        ("64:ff9b::8.8.8.8", True),
        ("::ffff:8.8.8.8", True),
        ("127.0.0.1", False),
        ("127.255.0.3", False),
        ("10.0.0.1", False),
        ("172.16.5.4", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("198.18.0.1", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b:1::8.8.8.8", False),
        ("2002:0a00:0001::", False),
        ("2001:0:1::1", False),
        ("2001:db8::1", False),
        ("fc00::1", False),
        ("fd12:3456::1", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("localhost", False),
        ("", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


class TestAcrossHosts:
    """Two public hosts, played by the test site as the proxy that the environment names."""

    ONE, TWO = "http://one.example/a", "http://two.example/b"

    @pytest.fixture(autouse=True)
    def proxy(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("http_proxy", site.url(""))

    def test_the_password_goes_to_its_own_site_only(
        self, site: Site, get: Get, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        site.answer(self.ONE, Answer.redirect(self.TWO))
        site.answer(self.TWO, Answer(body=b"<rss/>"))
        response = get("http://anna:s3cr%C3%A9t@one.example/a", private=False)
        first, second = site.requests
        login = b64encode("anna:s3crét".encode())
        assert first.header("Authorization") == b"Basic " + login
        assert second.header("Authorization") is None
        assert response.url == self.TWO
        for word in ["s3cr", login.decode()]:
            assert word not in caplog.text + repr(response)
            assert not any(word in str(request.path) for request in site.requests)

    def test_the_password_is_in_no_error(self, site: Site, refused: Refused) -> None:
        for answer in [Answer(status=401), Answer(raw=b"nonsense\r\n"), Answer.redirect("file:x")]:
            site.answer(self.ONE, answer)
            error = refused("http://anna:s3cret@one.example/a", private=False)
            assert "s3cret" not in str(error)
            assert "anna" not in str(error)

    def test_a_password_in_a_redirect_is_not_used(self, site: Site, get: Get) -> None:
        site.answer(self.ONE, Answer.redirect("http://eve:evil@two.example/b"))
        site.answer(self.TWO, Answer(body=b"<rss/>"))
        assert get(self.ONE, private=False).url == self.TWO
        assert site.requests[1].header("Authorization") is None

    def test_validators_stay_with_their_site(self, site: Site, get: Get) -> None:
        site.feed(self.ONE, [])
        first = get(self.ONE, private=False)
        site.answer(self.ONE, Answer.redirect(self.TWO))
        site.feed(self.TWO, [])
        get(self.ONE, seen(first), private=False)
        _, again, other = site.requests
        assert again.header("If-None-Match") == first.etag
        assert other.header("If-None-Match") is None

    def test_a_private_address_is_not_asked_for(self, site: Site, refused: Refused) -> None:
        site.answer(self.ONE, Answer.redirect("http://10.1.2.3/b"))
        assert refused(self.ONE, private=False).kind == "refused_address"
        assert len(site.requests) == 1
