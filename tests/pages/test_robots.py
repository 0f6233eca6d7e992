"""robots.txt: obeyed for pages and sitemaps, asked for once a day, never for a feed's address."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest

from tests.pages.conftest import HTML, Watched
from tests.support.desk import NOW, DeskFolder
from tests.support.site import Answer, Site
from watchd.fetch import Client
from watchd.model import Feed
from watchd.response import FetchError, NotYet
from watchd.robots import Polite, Robots

HOUR = timedelta(hours=1)
Watch = Callable[..., Watched]
PAGE = Answer(body=b"<li><a href=/1>One</a>", headers=HTML)


def fetch(site: Site, *paths: str, hours: float = 0, **more: object) -> list[str]:
    """What comes of fetching these pages, one after the other, so many hours apart."""

    async def run() -> list[str]:
        robots, found = Robots("watchd/1.0 (+desk@example.org)"), []
        async with Client() as client:
            for number, path in enumerate(paths):
                url = path if "://" in path else site.url(path)
                feed = Feed(name="p", url=url, publisher="P", type="page", private=True)
                try:
                    now = NOW + number * hours * HOUR
                    await Polite(client, robots).fetch(feed, None, now=now)
                    found.append("fetched")
                except FetchError as error:
                    found.append(error.kind)
                except NotYet as error:
                    found.append(f"not for {error.wait.total_seconds():.0f} s")
        return found

    return asyncio.run(run())


def asked(site: Site) -> list[str]:
    return [request.path for request in site.requests]


@pytest.mark.parametrize(
    ("robots", "outcome"),
    [
        ("", "fetched"),
        ("User-agent: *\nDisallow:", "fetched"),
        ("User-agent: *\nDisallow: /", "robots"),
        ("\ufeffUser-agent: *\nDisallow: /page", "robots"),
        ("User-agent: *\nDisallow: /pages", "fetched"),
        ("User-agent: *\nDisallow: /\nAllow: /page", "fetched"),
        ("User-agent: *\nAllow: /\nDisallow: /*.html$", "robots"),
        ("User-agent: *\nDisallow: /page*q=1", "robots"),
        ("User-agent: *\nDisallow: /*q=2", "fetched"),
        ("User-agent: otherbot\nDisallow: /", "fetched"),
        ("User-agent: watchd\nDisallow: /\n\nUser-agent: *\nDisallow:", "robots"),
        ("User-agent: WatchD/2.1\nDisallow: /", "robots"),
        ("User-agent: watch\nDisallow: /", "fetched"),
        ("User-agent: watchdog\nDisallow: /", "fetched"),
        ("User-agent: a\nUser-agent: *\nDisallow: /", "robots"),
        ("User-agent: watchd\nDisallow:\n\nUser-agent: *\nDisallow: /", "fetched"),
        ("<html><body>Not found</body></html>", "fetched"),
        ("User-agent: *\nDisallow: /\n" * 20_000, "robots"),
        ("User-agent: a\n" * 15_000 + "Disallow: /x\n" * 15_000, "fetched"),
    ],
)
def test_what_robots_txt_says_is_obeyed(site: Site, robots: str, outcome: str) -> None:
    site.answer("/robots.txt", Answer(body=robots.encode()))
    site.answer("/page.html?q=1", PAGE)
    site.answer("/page.html", PAGE)
    path = "/page.html" if ".html$" in robots else "/page.html?q=1"
    assert fetch(site, path) == [outcome]
    assert (path in asked(site)) == (outcome == "fetched")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(401, "fetched"), (403, "fetched"), (404, "fetched"), (410, "fetched"), (429, "robots"),
     (500, "robots"), (503, "robots")],
)  # fmt: skip
def test_no_robots_txt_allows_all_and_one_out_of_reach_means_to_wait(
    site: Site, status: int, outcome: str
) -> None:
    site.answer("/robots.txt", Answer(status=status))
    site.answer("/page", PAGE)
    assert fetch(site, "/page") == [outcome]


def test_robots_txt_is_kept_for_a_day_for_each_site(site: Site) -> None:
    site.answer("/robots.txt", Answer(body=b"User-agent: *\nDisallow: /b"))
    site.answer("/a", PAGE)
    assert fetch(site, "/a", "/b", "/a", hours=11) == ["fetched", "robots", "fetched"]
    assert asked(site) == ["/robots.txt", "/a", "/a"]
    fetch(site, "/a", "/a", hours=25)
    assert asked(site).count("/robots.txt") == 3


def test_one_that_was_out_of_reach_is_asked_for_again_soon(site: Site) -> None:
    site.answer("/robots.txt", Answer(status=500), Answer(status=404))
    site.answer("/a", PAGE)
    assert fetch(site, "/a", "/a", "/a", hours=0.05) == ["robots", "robots", "fetched"]


def test_one_cut_short_is_none(site: Site) -> None:
    site.answer("/robots.txt", Answer(body=b"User-agent: *\nDisallow: /a", cut=20))
    assert fetch(site, "/a") == ["robots"]


def test_a_site_that_is_down_is_told_as_such(site: Site) -> None:
    url = site.url("/a")
    site.stop()
    assert fetch(site, url) == ["connect"]
    site.start()


def test_redirects_of_robots_txt_are_followed(site: Site) -> None:
    site.answer("/robots.txt", Answer.redirect("/r.txt"))
    site.answer("/r.txt", Answer(body=b"User-agent: *\nDisallow: /"))
    assert fetch(site, "/a") == ["robots"]


def test_a_page_that_leads_to_another_site_is_let_go_if_that_one_forbids_it(site: Site) -> None:
    there = site.url("/b", host="127.0.0.2")
    site.answer("/robots.txt", Answer(status=404), Answer(body=b"User-agent: *\nDisallow: /b"))
    site.answer("/a", Answer.redirect(there))
    site.answer("/b", PAGE)
    assert fetch(site, "/a") == ["refused_address"]  # the test site is a private one


def test_a_crawl_delay_is_the_least_time_between_two_requests(site: Site) -> None:
    site.answer("/robots.txt", Answer(body=b"User-agent: *\nCrawl-delay: 0.3"))
    for path in ("/a", "/b", "/c"):
        site.answer(path, PAGE)
    assert fetch(site, "/a", "/b", "/c") == ["fetched"] * 3
    times = [request.at for request in site.requests if request.path != "/robots.txt"]
    assert all(later - sooner >= 0.29 for sooner, later in pairwise(times))


def test_a_crawl_delay_too_long_for_a_check_puts_the_next_page_off(site: Site) -> None:
    site.answer("/robots.txt", Answer(body=b"User-agent: *\nCrawl-delay: 600"))
    site.answer("/a", PAGE)
    assert fetch(site, "/a", "/b") == ["fetched", "not for 600 s"]
    assert "/b" not in asked(site)


def test_a_page_put_off_is_well_and_comes_later(desk: DeskFolder, site: Site) -> None:
    site.answer("/robots.txt", Answer(body=b"User-agent: *\nCrawl-delay: 600"))
    for path in ("/a", "/b"):
        site.answer(path, PAGE)
        desk.feed(path[1:], site.url(path), type="page")
        desk.lines += ["[feed.page]", 'list = "li"']
    desk.write()
    assert desk.once(NOW).failed == 0
    [first] = {path for path in asked(site) if path != "/robots.txt"}
    desk.once(NOW + timedelta(minutes=9))
    assert asked(site).count("/b" if first == "/a" else "/a") == 0
    desk.once(NOW + timedelta(minutes=11))
    assert {"/a", "/b"} <= set(asked(site))


def test_the_address_of_a_feed_is_asked_for_without_robots_txt(
    desk: DeskFolder, site: Site
) -> None:
    site.answer("/robots.txt", Answer(body=b"User-agent: *\nDisallow: /"))
    site.feed("/a.xml", [{"title": "One", "link": "https://x.example/1"}])
    desk.feed("a", site.url("/a.xml"))
    desk.once(NOW)
    assert asked(site) == ["/a.xml"]


def test_the_config_may_say_that_the_site_lets_us(watch: Watch) -> None:
    page = watch("/p", 'list = "li"', robots="User-agent: *\nDisallow: /")
    page.site.answer("/p", PAGE)
    assert page.desk.once(NOW).failed == 1
    assert "robots = false" in page.desk.watchd("feeds", "list", "--json").stdout
    page.desk.lines = [line.replace("private = true", "private = true\nrobots = false")
                       for line in page.desk.lines]  # fmt: skip
    page.desk.write()
    page.desk.once(NOW + 3 * HOUR)
    assert page.titles() == ["One"]
