"""A page without a feed, by its selectors: the way of every feed, and loud when it changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.pages.conftest import HTML, Watched
from tests.support.desk import NOW
from tests.support.site import Answer

HOUR = timedelta(hours=1)
Watch = Callable[..., Watched]


def news(*titles: str, cls: str = "news") -> str:
    rows = "".join(f'<li><a href="/n/{title[:4]}">{title}</a></li>' for title in titles)
    return f'<title>Ministry</title><h1>News</h1><ul class="{cls}">{rows}</ul>'


def test_the_first_look_at_a_page_is_kept_and_what_is_new_then_is_sent(watch: Watch) -> None:
    page = watch("/news", 'list = "ul.news li"')
    page.shows(news("One launch", "Two"))
    page.desk.once(NOW)
    assert page.titles() == ["One launch", "Two"]
    assert page.alerts() == []
    page.shows(news("Three launch", "One launch", "Two"))
    page.desk.once(NOW + HOUR)
    [alert] = page.alerts()
    assert "Three launch" in alert
    assert page.desk.items()[0].item.url == page.site.url("/n/Thre")


def test_an_unchanged_page_is_asked_for_conditionally_and_not_read_again(watch: Watch) -> None:
    page = watch("/news", 'list = "ul.news li"')
    page.shows(news("One"), etag='"a"')
    page.desk.once(NOW)
    assert page.desk.once(NOW + HOUR).new == 0
    assert [request.header("If-None-Match") for request in page.site.asked("/news")] == [
        None,
        b'"a"',
    ]


def test_selectors_changed_in_the_config_take_hold_though_the_page_is_the_same(
    watch: Watch,
) -> None:
    page = watch("/news", 'list = "ul.news li:first-child"')
    page.shows(news("One", "Two launch"), etag='"a"')
    page.desk.once(NOW)
    assert page.titles() == ["One"]
    at = page.desk.lines.index('list = "ul.news li:first-child"')
    page.desk.lines[at] = 'list = "ul.news li"'
    page.desk.write()
    page.desk.once(NOW + HOUR)
    assert page.titles() == ["One", "Two launch"]
    page.desk.once(NOW + 2 * HOUR)
    asked = [request.header("If-None-Match") for request in page.site.asked("/news")]
    assert asked == [None, None, b'"a"']


def test_a_page_whose_markup_changed_is_failing_by_the_name_of_the_selector(watch: Watch) -> None:
    page = watch("/news", 'list = "ul.news li"')
    page.shows(news("One"))
    page.desk.once(NOW)
    page.shows(news("One", "Two", cls="latest"))
    tally = page.desk.once(NOW + HOUR)
    assert tally.failed == 1
    [feed] = json.loads(page.desk.watchd("feeds", "list", "--json").stdout)
    assert feed["health"] == "failing"
    assert "the selector `list` (ul.news li) finds nothing on this page" in feed["error"]
    page.shows(news("One", "Two"))
    page.desk.once(NOW + 3 * HOUR)
    assert page.titles() == ["One", "Two"]


def test_a_selector_that_finds_nothing_within_the_items_makes_the_feed_degraded(
    watch: Watch,
) -> None:
    page = watch("/news", 'list = "li"', 'date = ".day"')
    page.shows(news("One"))
    page.desk.once(NOW)
    [feed] = json.loads(page.desk.watchd("feeds", "list", "--json").stdout)
    assert feed["health"] == "degraded"
    assert "the selector `date` (.day) finds nothing in any of 1 elements" in feed["error"]
    assert page.titles() == ["One"]


def test_check_shows_the_items_of_a_page_and_what_finds_nothing(watch: Watch) -> None:
    page = watch("/news", 'list = "li"', 'text = "p.lead"')
    page.shows("<li><a href=/1>One</a> <time datetime='2026-01-08T09:00Z'>today</time>")
    seen = page.desk.watchd("feeds", "check", "page", "--json")
    assert seen.returncode == 0
    said = json.loads(seen.stdout)
    assert said["status"] == "degraded"
    assert [(one["title"], one["published"]) for one in said["items"]] == [
        ("One", "2026-01-08T09:00:00Z")
    ]
    assert "`text` (p.lead) finds nothing" in said["problems"][0]
    page.shows("<p>All new</p>")
    seen = page.desk.watchd("feeds", "check", "page")
    assert seen.returncode == 1
    assert "`list` (li) finds nothing" in " ".join(seen.stdout.split())


@pytest.mark.parametrize("lines", [[], ['list = "li"']])
def test_a_bot_wall_is_no_page_with_new_lines(watch: Watch, lines: list[str]) -> None:
    wall = "<title>Just a moment...</title><p>Checking your browser before you go on</p>"
    page = watch("/news", *lines)
    page.shows(wall)
    assert page.desk.once(NOW).failed == 1
    assert page.titles() == []


def test_a_page_cut_short_brings_its_whole_items_and_is_asked_for_again(watch: Watch) -> None:
    page = watch("/news", 'list = "li"')
    body = "<li><a href=/1>One</a></li><li><a href=/2>Two</a></li><li><a href=/3>Thr"
    page.shows(body + "ee launch</a></li>", cut=len(body), etag='"x"')
    assert page.desk.once(NOW).failed == 1
    assert page.titles() == ["One", "Two"]
    page.shows(body + "ee launch</a></li>", etag='"x"')
    page.desk.once(NOW + HOUR)
    assert page.titles() == ["One", "Two", "Three launch"]
    assert page.site.asked("/news")[-1].header("If-None-Match") is None


def test_a_page_in_an_old_encoding_is_read(watch: Watch) -> None:
    page = watch("/news", 'list = "li"')
    text = "<meta charset=euc-kr><li><a href=/1>조선중앙통신은 위성을 발사했다고 보도했다</a>"
    page.site.answer(
        "/news", Answer(body=text.encode("euc-kr"), headers=[("Content-Type", "text/html")])
    )
    page.desk.once(NOW)
    assert page.titles() == ["조선중앙통신은 위성을 발사했다고 보도했다"]


def test_feeds_check_of_a_page_that_robots_forbids_says_so(watch: Watch) -> None:
    page = watch("/news", 'list = "li"', robots="User-agent: *\nDisallow: /news")
    page.site.answer("/news", Answer(body=b"<li>", headers=HTML))
    seen = page.desk.watchd("feeds", "check", "page")
    assert seen.returncode == 1
    assert "robots.txt of 127.0.0.1 asks us not to fetch" in " ".join(seen.stderr.split())
    assert page.site.asked("/news") == []
