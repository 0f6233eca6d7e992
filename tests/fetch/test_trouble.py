"""Trouble on the way: each ends in time, with one sentence that says what to do."""

from __future__ import annotations

import asyncio
import gzip
import re
import ssl
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.fetch.conftest import LIMITS, Get, feed
from tests.support.site import CERTIFICATE, Answer, Site, rss
from watchd.fetch import Client, FetchError, Limits

Refused = Callable[..., FetchError]


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (400, [], "400 Bad Request"),
        (401, [], "401 Unauthorized; it wants a name and a password"),
        (403, [], "403 Forbidden; many sites refuse unknown agents, see `user_agent`"),
        (403, [("cf-mitigated", "challenge")], "403 Forbidden; a bot wall"),
        (404, [], "404 Not Found; look for the feed's new address"),
        (410, [], "410 Gone; the publisher took it away for good"),
        (429, [("Retry-After", "3600")], "429 Too Many Requests; .*asked to wait 1:00:00"),
        (500, [], "500 Internal Server Error; the site is in trouble"),
        (503, [("Retry-After", "60")], "503 Service Unavailable; .*asked to wait 0:01:00"),
        (202, [], "202 Accepted"),
        (204, [], "204 No Content"),
        (599, [], "599; the site is in trouble"),
    ],
)
def test_a_status_is_named_with_advice(
    site: Site, refused: Refused, status: int, headers: list[tuple[str, str]], words: str
) -> None:
    site.answer("/a.xml", Answer(status=status, headers=headers))
    error = refused(site.url("/a.xml"))
    assert (error.kind, error.status) == ("status", status)
    assert re.search(words, str(error))


def test_retry_after_counts_on_any_status(site: Site, refused: Refused) -> None:
    site.answer("/a.xml", Answer(status=404, headers=[("Retry-After", "77")]))
    assert refused(site.url("/a.xml")).retry_after == timedelta(seconds=77)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(hang=True), "timeout"),
        (Answer(delay=5), "timeout"),
        (Answer(body=b"<rss>" * 100, drip=0.01), "deadline"),
        (Answer(body=b"<rss>" * 100, drip=0.01, chunked=True), "deadline"),
        (Answer(body=b"<rss/>", drip=2), "timeout"),
        (Answer(raw=b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), "protocol"),
        (Answer(raw=b'HTTP/1.1 200 OK\r\nETag : "x"\r\n\r\n'), "protocol"),
        (Answer(raw=b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n"), "protocol"),
        (Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Le"), "protocol"),
        (Answer(body=b"<rss/>", cut=0), "protocol"),
        (Answer(body=b"<rss/>", headers=[("Content-Encoding", "br")]), "encoding"),
        (Answer(body=b"<rss/>", headers=[("Content-Encoding", "gzip, br")]), "encoding"),
        (Answer(body=b"\x1f\x8b\x08\x00 no gzip at all"), "encoding"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_answer_ends_in_time(site: Site, refused: Refused, answer: Answer, kind: str) -> None:
    site.answer("/a.xml", answer)
    assert refused(site.url("/a.xml")).kind == kind


@pytest.mark.parametrize(
    ("url", "kind", "words"),
    [
        ("http://127.0.0.1:1/a.xml", "connect", "cannot connect to 127.0.0.1: connection refused"),
        ("http://no-such-host.invalid/a.xml", "dns", "no-such-host.invalid is not known"),
        ("http://" + "a" * 70 + ".example/", "dns", "is not known"),
        ("http://a..b/", "dns", "is not known"),
        ("http://xn--zz/", "bad_url", "not a web address"),
        ("ftp://example.org/a.xml", "bad_url", "must start with http:// or https://"),
        ("/a.xml", "bad_url", "must start with http:// or https://"),
        ("http:///a.xml", "bad_url", "name a host"),
        ("http://[::1", "bad_url", "not a web address"),
        ("http://example.org:port/", "bad_url", "not a web address"),
    ],
)
def test_an_address_that_leads_nowhere(refused: Refused, url: str, kind: str, words: str) -> None:
    error = refused(url)
    assert error.kind == kind
    assert words in str(error)


def test_a_certificate_nobody_vouches_for(tls_site: Site, refused: Refused) -> None:
    tls_site.feed("/a.xml", [])
    error = refused(tls_site.url("/a.xml"))
    assert error.kind == "tls"
    assert "no secure connection to 127.0.0.1: self-signed certificate" in str(error)
    assert tls_site.requests == []


def test_a_certificate_somebody_vouches_for(tls_site: Site, get: Get) -> None:
    tls_site.feed("/a.xml", [])
    trusting = ssl.create_default_context(cafile=CERTIFICATE)
    assert get(tls_site.url("/a.xml"), ssl_context=trusting).status == 200


BODY = rss([{"title": f"Item {number}", "text": "rain " * 200} for number in range(20)])


@pytest.mark.parametrize(
    "more",
    [
        {"cut": 900},
        {"cut": 1500, "chunked": True},
        {"cut": 200, "coding": "gzip"},
        {"cut": 200, "coding": "deflate"},
        {"cut": 200, "coding": "gzip", "until_close": True},
        {"cut": 200, "coding": "gzip", "chunked": True},
    ],
    ids=str,
)
def test_an_answer_cut_short_is_used_as_far_as_it_goes(
    site: Site, get: Get, more: dict[str, Any]
) -> None:
    site.answer("/a.xml", Answer(body=BODY, **more))
    response = get(site.url("/a.xml"))
    assert response.truncated
    assert BODY.startswith(response.body)
    assert 0 < len(response.body) < len(BODY)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=BODY),
        Answer(body=BODY, coding="gzip"),
        Answer(body=BODY, coding="deflate"),
        Answer(body=BODY, coding="gzip", chunked=True),
        Answer(body=BODY, until_close=True),
        Answer(body=gzip.compress(BODY)),
        Answer(body=BODY, headers=[("Content-Encoding", "gzip")]),
        Answer(body=gzip.compress(BODY), headers=[("Content-Encoding", "x-gzip")]),
        Answer(body=gzip.compress(BODY[:999]) + gzip.compress(BODY[999:])),
        Answer(body=gzip.compress(BODY) + b"\0\0\0\0"),
    ],
)
def test_an_answer_in_any_wrapping_is_whole(site: Site, get: Get, answer: Answer) -> None:
    site.answer("/a.xml", answer)
    response = get(site.url("/a.xml"))
    assert response.body == BODY
    assert not response.truncated


def test_trouble_leaves_the_client_usable(site: Site) -> None:
    site.answer("/hang", Answer(hang=True))
    site.answer("/drip", Answer(body=b"<rss/>" * 50, drip=0.03))
    site.feed("/a.xml", [])
    limits = Limits(deadline=timedelta(seconds=0.1))

    async def run() -> int:
        async with Client(limits) as client:
            for path in ["/hang", "/drip", "/hang", "/drip", "/hang", "/nowhere"]:
                with pytest.raises(FetchError):
                    await client.fetch(feed(site.url(path)))
            return (await client.fetch(feed(site.url("/a.xml")))).status

    assert asyncio.run(run()) == 200


def test_a_client_survives_being_cancelled_at_any_point(site: Site) -> None:
    """httpcore's pool loses count of connections whose request was cancelled; ours goes on."""
    site.feed("/a.xml", [])

    async def run() -> None:
        async with Client(LIMITS) as client:
            for steps in range(150):
                task = asyncio.create_task(client.fetch(feed(site.url("/a.xml"))))
                for _ in range(steps):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task], timeout=1)
                assert task.done()
                assert (await client.fetch(feed(site.url("/a.xml")))).status == 200

    asyncio.run(run())


@pytest.mark.parametrize("path", ["/hang", "/drip"])
def test_a_fetch_that_is_cancelled_ends_at_once(site: Site, path: str) -> None:
    site.answer("/hang", Answer(hang=True))
    site.answer("/drip", Answer(body=b"<rss/>" * 50, drip=0.03))

    async def run() -> None:
        async with Client() as client:
            task = asyncio.create_task(client.fetch(feed(site.url(path))))
            while not site.requests:
                await asyncio.sleep(0.001)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(task, 1)

    asyncio.run(run())
