"""What the people who run the sites see of us."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tests.fetch.conftest import LIMITS, Get, feed, seen
from tests.support.site import Answer, Site
from watchd import __version__
from watchd.fetch import Client, FetchError, Response, user_agent
from watchd.model import fingerprint
from watchd.values import replace

ITEMS = [{"title": "Rain", "text": "over the coast", "link": "https://example.org/1"}]


def test_a_feed_comes_whole_and_unpacked(site: Site, get: Get) -> None:
    site.feed("/a.xml", ITEMS)
    response = get(site.url("/a.xml"))
    assert response.status == 200
    assert b"<title>Rain</title>" in response.body
    assert response.content_type == "application/rss+xml; charset=utf-8"
    assert not response.truncated


def test_we_say_who_we_are_and_prefer_feeds(site: Site) -> None:
    site.feed("/a.xml", ITEMS)

    async def run() -> None:
        agent = user_agent("https://desk.example/bot")
        async with Client(LIMITS, agent) as client:
            await client.fetch(feed(site.url("/a.xml")))

    asyncio.run(run())
    (request,) = site.requests
    assert request.method == "GET"
    expected = f"watchd/{__version__} (+https://desk.example/bot)"
    assert request.header("User-Agent") == expected.encode()
    assert (request.header("Accept") or b"").startswith(b"application/rss+xml, application/atom")
    assert request.header("Accept-Encoding") == b"gzip, deflate"
    assert request.header("Referer") is None


@pytest.mark.parametrize(
    "validators",
    [
        {"etag": '"v1"'},
        {"etag": 'W/"v1"'},
        {"etag": "unquoted"},
        {"etag": '"with "quotes" within"'},
        {"etag": '""'},
        {"etag": b'"\xec\xa1\xb0\xec\x84\xa0"'},
        {"etag": b'"\xff\xfe"'},
        {"etag": "x" * 2000},
        {"last_modified": "Mon, 23 Nov 2026 04:00:00 GMT"},
        {"last_modified": "Mon, 23 Nov 2026 13:00:00 +0900"},
        {"last_modified": "yesterday"},
        {"etag": '"v1"', "last_modified": "Mon, 23 Nov 2026 04:00:00 GMT"},
    ],
)
def test_validators_go_back_byte_for_byte(
    site: Site, get: Get, validators: dict[str, str | bytes]
) -> None:
    site.answer("/a.xml", Answer(body=b"<rss/>", **validators))  # type: ignore[arg-type]
    first = get(site.url("/a.xml"))
    again = get(site.url("/a.xml"), seen(first))
    assert again.not_modified
    assert again.status == 304
    assert again.body == b""
    for name, header in [("etag", "If-None-Match"), ("last_modified", "If-Modified-Since")]:
        value = validators.get(name)
        expected = value.encode() if isinstance(value, str) else value
        assert getattr(first, name) == expected
        assert site.requests[1].header(header) == expected


def test_a_304_brings_new_validators(site: Site, get: Get) -> None:
    site.answer("/a.xml", Answer(status=304, headers=[("ETag", '"v2"')]))
    state = replace(seen(Response(status=200, url=site.url("/a.xml"))), etag=b'"v1"')
    assert get(site.url("/a.xml"), state).etag == b'"v2"'


def test_validators_of_another_address_stay_at_home(site: Site, get: Get) -> None:
    site.feed("/a.xml", ITEMS)
    state = replace(seen(get(site.url("/a.xml"))), validators_for=fingerprint(site.url("/old.xml")))
    assert get(site.url("/a.xml"), state).status == 200
    assert site.requests[1].header("If-None-Match") is None


def test_after_a_redirect_only_its_target_is_asked_conditionally(site: Site, get: Get) -> None:
    site.answer("/old.xml", Answer.redirect("/new.xml"))
    site.feed("/new.xml", ITEMS)
    first = get(site.url("/old.xml"))
    assert first.url == site.url("/new.xml")
    assert get(site.url("/old.xml"), seen(first)).not_modified
    asked = [(r.path, r.header("If-None-Match")) for r in site.requests[2:]]
    assert asked == [("/old.xml", None), ("/new.xml", first.etag)]


def test_a_304_nobody_asked_for_is_an_error(site: Site, get: Get) -> None:
    site.answer("/a.xml", Answer(status=304))
    with pytest.raises(FetchError, match="304 Not Modified, though we hold no") as caught:
        get(site.url("/a.xml"))
    assert caught.value.kind == "protocol"


def test_cookies_are_not_kept(site: Site) -> None:
    site.answer("/a.xml", Answer(body=b"<rss/>", headers=[("Set-Cookie", "id=42; Path=/")]))

    async def run() -> None:
        async with Client(LIMITS) as client:
            await client.fetch(feed(site.url("/a.xml")))
            await client.fetch(feed(site.url("/a.xml")))

    asyncio.run(run())
    assert [request.header("Cookie") for request in site.requests] == [None, None]


def test_times_that_the_server_names_are_handed_on(site: Site, get: Get) -> None:
    headers = [("Cache-Control", "public, max-age=900"), ("Retry-After", "120")]
    site.answer("/a.xml", Answer(body=b"<rss/>", headers=headers))
    response = get(site.url("/a.xml"))
    assert response.max_age == timedelta(minutes=15)
    assert response.retry_after == timedelta(minutes=2)


def test_one_connection_serves_again_and_is_replaced_when_the_server_drops_it(site: Site) -> None:
    good, hung_up = Answer(body=b"<rss/>"), Answer(raw=b"")
    site.answer("/a.xml", good, hung_up, good)

    async def run() -> None:
        async with Client(LIMITS) as client:
            await client.fetch(feed(site.url("/a.xml")))
            # The server hangs up on the idle connection just as we ask again.
            assert (await client.fetch(feed(site.url("/a.xml")))).body == b"<rss/>"

    asyncio.run(run())
    assert len(site.requests) == 3


def test_a_server_that_hangs_up_on_a_new_connection_is_asked_once(site: Site, get: Get) -> None:
    site.answer("/a.xml", Answer(raw=b""))
    with pytest.raises(FetchError) as caught:
        get(site.url("/a.xml"))
    assert caught.value.kind == "protocol"
    assert len(site.requests) == 1
