"""Redirects: followed by hand, so far and no further."""

from __future__ import annotations

import ssl
from collections.abc import Callable

import pytest

from tests.fetch.conftest import Get, seen
from tests.support.site import CERTIFICATE, Answer, Site
from watchd.fetch import FetchError

Refused = Callable[..., FetchError]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(site: Site, get: Get, status: int) -> None:
    site.answer("/old.xml", Answer.redirect("/new.xml?a=b#part", status))
    site.answer("/new.xml?a=b", Answer(body=b"<rss/>"))
    response = get(site.url("/old.xml"))
    assert response.body == b"<rss/>"
    assert response.url == site.url("/new.xml?a=b")


@pytest.mark.parametrize(
    ("statuses", "moved"),
    [((), False), ((301,), True), ((308, 301), True), ((302,), False), ((301, 302), False)],
)
def test_only_a_move_for_good_all_the_way_is_a_new_address(
    site: Site, get: Get, statuses: tuple[int, ...], moved: bool
) -> None:
    for number, status in enumerate(statuses):
        site.answer(f"/{number}", Answer.redirect(f"/{number + 1}", status))
    site.feed(f"/{len(statuses)}", [])
    first = get(site.url("/0"))
    assert first.moved_to == (first.url if moved else "")
    assert first.hops == tuple((s, site.url(f"/{n}")) for n, s in enumerate(statuses, 1))
    assert get(site.url("/0"), seen(first)).moved_to == first.moved_to


def test_five_redirects_are_enough(site: Site, get: Get, refused: Refused) -> None:
    for number in range(6):
        site.answer(f"/{number}", Answer.redirect(f"/{number + 1}"))
    site.answer("/6", Answer(body=b"<rss/>"))
    assert get(site.url("/1")).body == b"<rss/>"
    error = refused(site.url("/0"))
    assert error.kind == "redirect"
    assert "redirected more than 5 times" in str(error)


def test_a_circle_ends(site: Site, refused: Refused) -> None:
    site.answer("/a", Answer.redirect("/b"))
    site.answer("/b", Answer.redirect("/a"))
    assert refused(site.url("/a")).kind == "redirect"
    assert len(site.requests) == 6


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("file:///etc/passwd", "redirected to a file: address"),
        ("ftp://example.org/a", "redirected to a ftp: address"),
        ("javascript:alert(1)", "redirected to a javascript: address"),
        ("http://[::1", "no address"),
        ("http://example.org:x/", "no address"),
        ("http://xn--zz/", "no address"),
        ("https:////a[", "no address"),
        ("", "does not say where to"),
    ],
)
def test_a_redirect_off_the_web_is_refused(
    site: Site, refused: Refused, to: str, words: str
) -> None:
    site.answer("/a", Answer.redirect(to))
    error = refused(site.url("/a"))
    assert error.kind == "redirect"
    assert words in str(error)


def test_a_redirect_without_a_target_is_an_error(site: Site, refused: Refused) -> None:
    site.answer("/a", Answer(status=302))
    assert "302 redirect that does not say where to" in str(refused(site.url("/a")))


def test_from_https_back_to_http_is_refused(tls_site: Site, site: Site, refused: Refused) -> None:
    tls_site.answer("/a", Answer.redirect(site.url("/a")))
    trusting = ssl.create_default_context(cafile=CERTIFICATE)
    error = refused(tls_site.url("/a"), ssl_context=trusting)
    assert error.kind == "redirect"
    assert "from https to plain http at 127.0.0.1" in str(error)
    assert site.requests == []


def test_a_target_in_raw_utf_8_is_understood(site: Site, get: Get) -> None:
    site.answer("/a", Answer.redirect("/소식.xml"))
    site.answer("/%EC%86%8C%EC%8B%9D.xml", Answer(body=b"<rss/>"))
    assert get(site.url("/a")).body == b"<rss/>"
