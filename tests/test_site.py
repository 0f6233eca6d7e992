"""The test site itself: other tests stand on it."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from tests.support.site import Answer, Site, rss


def read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=5) as response:
        body: bytes = response.read()
    return body


def test_answers_come_one_after_the_other_and_the_last_repeats(site: Site) -> None:
    site.answer("/a", Answer(body=b"1"), Answer(body=b"2"))
    assert [read(site.url("/a")) for _ in range(3)] == [b"1", b"2", b"2"]
    assert [request.path for request in site.asked("/a")] == ["/a"] * 3


def test_each_loopback_address_is_a_host(site: Site) -> None:
    site.answer("/a", Answer(body=b"1"))
    read(site.url("/a", host="127.0.0.7"))
    read(site.url("/a"))
    assert [request.host for request in site.requests] == ["127.0.0.7", "127.0.0.1"]


def test_an_outage_and_its_end(site: Site) -> None:
    site.answer("/a", Answer(body=b"1"))
    url = site.url("/a", host="127.0.0.7")
    site.stop()
    with pytest.raises(urllib.error.URLError):
        read(url)
    site.start()
    assert read(url) == b"1"


def test_a_cut_body_is_short_of_its_length(site: Site) -> None:
    site.answer("/a", Answer(body=b"12345", cut=2))
    with pytest.raises(http.client.IncompleteRead) as caught:
        read(site.url("/a"))
    assert caught.value.partial == b"12"


def test_the_busiest_moment_of_a_host_is_known(site: Site) -> None:
    site.answer("/a", Answer(delay=0.2))
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(read, [site.url("/a")] * 3))
    assert site.busiest == {"127.0.0.1": 3}


def test_rss_escapes_and_dates() -> None:
    when = datetime(2026, 11, 23, 12, tzinfo=UTC)
    text = rss([{"title": "A & B", "text": "<p>x</p>", "date": when, "guid": "1"}]).decode()
    assert "<title>A &amp; B</title>" in text
    assert "<description>&lt;p&gt;x&lt;/p&gt;</description>" in text
    assert "<pubDate>Mon, 23 Nov 2026 12:00:00 +0000</pubDate>" in text
