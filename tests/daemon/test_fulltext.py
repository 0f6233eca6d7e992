"""Feeds with `fulltext`: from a feed's short word to the alert on what its article says."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from tests.support.desk import NOW, DeskFolder, wait_for
from tests.support.pages import STORY, html, page
from tests.support.sinks import Hooks
from tests.support.site import Answer, Site
from watchd.config import load
from watchd.desk import read_desk
from watchd.model import ReadingState
from watchd.reading import Read
from watchd.readings import Readings
from watchd.store import open_store

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
OLD = {"title": "Rice planting", "text": "All is well.", "link": "https://x.example/1", "guid": "1"}


def news(site: Site, path: str = "/story.html", **more: str) -> dict[str, str]:
    return {
        "title": "Soldiers return",
        "text": "A company came home.",
        "link": site.url(path),
        "guid": path,
        **more,
    }


def with_fulltext(desk: DeskFolder) -> None:
    desk.lines.append("fulltext = true")
    desk.write()


@pytest.fixture
def watched(desk: DeskFolder, site: Site, hooks: Hooks) -> DeskFolder:
    """A desk with one feed with `fulltext`, which has had its first look."""
    desk.receiver("desk", f"json://{hooks.address}/one")
    desk.rule("alien-lands", '"alien lands"', why="It came before deployments.")
    desk.rule("soldiers", "soldiers")
    desk.rule("balloons", "balloon*")
    site.feed("/a.xml", [OLD])
    desk.feed("wire", site.url("/a.xml"), publisher="The Wire")
    with_fulltext(desk)
    desk.once(NOW)
    site.answer("/story.html", html(page()))
    return desk


def told(hooks: Hooks) -> list[tuple[str, str]]:
    """The rule and the text of each message."""
    posts = [post.json() for post in hooks.received]
    texts = [post["title"] + "\n" + post["message"] for post in posts]
    return [(text.rsplit("rule ", 1)[1].partition("@")[0], text) for text in texts]


def state(desk: DeskFolder, title: str = "Soldiers return") -> tuple[str, int, str]:
    (reading,) = [one.reading for one in desk.items() if one.item.title == title and one.reading]
    return reading.state.value, reading.attempts, reading.error


def test_what_only_the_article_says_makes_an_alert_of_its_own(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    site.answer("/short", Answer.redirect("/story.html"))
    site.feed("/a.xml", [news(site, "/short"), OLD])
    tally = watched.once(NOW + HOUR)
    assert (tally.new, tally.hits) == (1, 2)
    (first, short), (second, full) = told(hooks)
    assert (first, second) == ("soldiers", "alien-lands")  # no balloon: that is in the sidebar
    assert "full text" not in short
    assert "Matched in the full text." in full
    assert "had fought bravely in alien lands before" in full
    assert "matched ‘alien lands’ in the full text" in full
    assert "UPDATE" not in full
    assert site.url("/short") in full
    [request] = site.asked("/story.html")
    assert request.header("Accept") == b"text/html, application/xhtml+xml, */*;q=0.1"
    assert state(watched) == ("read", 1, "")


def test_it_is_fetched_once_however_often_the_item_comes_and_is_edited(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    site.feed("/a.xml", [news(site), OLD])
    watched.once(NOW + HOUR)
    watched.once(NOW + 2 * HOUR)
    watched.rule("both", "ferry AND medals")
    site.feed("/a.xml", [news(site, text="A company came home by ferry."), OLD])
    watched.once(NOW + 3 * HOUR)
    assert len(site.asked("/story.html")) == 1
    # Rules see an edit together with the article: what they found before is not told again.
    assert [rule for rule, _ in told(hooks)] == ["soldiers", "alien-lands", "both"]
    assert {hit.hit.rule: hit.status for hit in watched.hits()[:3]} == {
        "both": "sent", "soldiers": "repeated", "alien-lands": "repeated",
    }  # fmt: skip


def test_nothing_is_fetched_of_a_first_look_of_old_items_and_without_the_key(
    desk: DeskFolder, site: Site
) -> None:
    for path in ("/first.html", "/old.html", "/other.html"):
        site.answer(path, html(page()))
    site.feed("/a.xml", [news(site, "/first.html")])
    site.feed("/b.xml", [OLD])
    desk.feed("other", site.url("/b.xml"))
    desk.feed("wire", site.url("/a.xml"))
    with_fulltext(desk)
    desk.once(NOW)
    site.feed("/b.xml", [news(site, "/other.html"), OLD])
    old = {**news(site, "/old.html"), "date": NOW - timedelta(days=4)}
    site.feed("/a.xml", [news(site, "/first.html"), old])
    assert desk.once(NOW + HOUR).new == 2
    assert [request.path for request in site.requests if request.path.endswith(".html")] == []


ONCE_ONLY = {
    "gone": (Answer(status=404), "404 Not Found"),
    "refused": (Answer(status=403), "403 Forbidden"),
    "a PDF": (
        Answer(body=b"%PDF-1.7", headers=[("Content-Type", "application/pdf")]),
        "application/pdf, not a web page",
    ),
    "a bot wall": (html(page(["One moment."], title="Just a moment...")), "bot wall"),
    "to the front page": (Answer.redirect("/"), "front page"),
    "into a private network": (Answer.redirect("http://127.0.0.9/x"), "private address: refused"),
    "in a circle": (Answer.redirect("/story.html"), "redirected more than"),
    "too large": (html(page() + " " * 6 * 2**20), "too large"),
    "no text": (html(page(["Short."])), "no text of an article"),
}
AGAIN = {
    "in trouble": (Answer(status=503), "503 Service Unavailable"),
    "cut short": (html(page(), cut=500), "cut short"),
}


@pytest.mark.parametrize(("answer", "why"), ONCE_ONLY.values(), ids=ONCE_ONLY)
def test_a_page_that_cannot_be_had_changes_nothing_and_says_why(
    watched: DeskFolder, site: Site, hooks: Hooks, answer: Answer, why: str
) -> None:
    site.answer("/", html(page(title="The Wire")))
    site.answer("/story.html", answer)
    site.feed("/a.xml", [news(site), OLD])
    watched.once(NOW + HOUR)
    watched.once(NOW + 5 * HOUR)
    assert [rule for rule, _ in told(hooks)] == ["soldiers"]
    what, attempts, error = state(watched)
    assert (what, attempts) == ("failed", 1)
    assert why in error
    assert watched.once(NOW + 9 * HOUR).failed == 0


@pytest.mark.parametrize(("answer", "why"), AGAIN.values(), ids=AGAIN)
def test_a_page_in_trouble_is_tried_three_times(
    watched: DeskFolder, site: Site, hooks: Hooks, answer: Answer, why: str
) -> None:
    site.answer("/story.html", answer)
    site.feed("/a.xml", [news(site), OLD])
    for minutes, asked in ((60, 1), (69, 1), (73, 2), (146, 3), (999, 3)):
        watched.once(NOW + minutes * MINUTE)
        assert len(site.asked("/story.html")) == asked
    assert [rule for rule, _ in told(hooks)] == ["soldiers"]
    assert state(watched)[:2] == ("failed", 3)
    assert why in state(watched)[2]


def test_a_page_that_is_well_again_is_read_then(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    busy = Answer(status=429, headers=[("Retry-After", "3600")])
    site.answer("/story.html", busy, html(page()))
    site.feed("/a.xml", [news(site), OLD])
    watched.once(NOW + HOUR)
    watched.once(NOW + 2 * HOUR - MINUTE)  # not before the server's own time
    assert len(site.asked("/story.html")) == 1
    watched.once(NOW + 3 * HOUR)
    assert [rule for rule, _ in told(hooks)] == ["soldiers", "alien-lands"]


def test_a_feed_may_say_all_there_is(watched: DeskFolder, site: Site) -> None:
    whole = " ".join(STORY) + " All of it, and a word more than the page has."
    site.feed("/a.xml", [news(site, text=whole), OLD])
    watched.once(NOW + HOUR)
    assert state(watched) == ("empty", 1, "the page says no more than the feed")


def test_the_words_for_private_addresses_hold_for_the_feeds_own_host(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    site.url("/", host="127.0.0.2")
    site.feed("/a.xml", [news(site, link=site.url("/story.html", host="127.0.0.2")), OLD])
    watched.once(NOW + HOUR)
    assert state(watched) == ("failed", 1, "its link leads to a private address: refused")
    assert site.asked("/story.html") == []


def test_a_crash_between_the_item_and_its_article_loses_nothing(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    site.feed("/a.xml", [news(site), OLD])
    site.answer("/story.html", html(page(), hang=True))
    with watched.running() as daemon:
        daemon.says("feed.checked")
        daemon.says("delivery.sent")
        wait_for(lambda: bool(site.asked("/story.html")))
        daemon.process.kill()
    assert [rule for rule, _ in told(hooks)] == ["soldiers"]  # it did not wait for the page
    assert state(watched)[0] == "waiting"
    site.answer("/story.html", html(page()))
    watched.once(datetime.now(NOW.tzinfo) + HOUR)
    assert [rule for rule, _ in told(hooks)] == ["soldiers", "alien-lands"]


def readings(
    desk: DeskFolder,
    now: datetime = NOW + HOUR,
    *,
    spacing: float = 0.0,
) -> list[Read]:
    """Fetch what is due, with a pause of a test's own between two articles of a host."""
    store = open_store(desk.database)
    done: list[Read] = []

    async def run() -> None:
        watched = read_desk(load(desk.config, environ=os.environ), store, now)
        them = Readings(
            store,
            lambda: watched,
            lambda: now,
            done.append,
            spacing=timedelta(seconds=spacing),
        )
        await them.wait()
        await them.stop(1)

    try:
        asyncio.run(run())
    finally:
        store.close()
    return done


def waiting(desk: DeskFolder, site: Site, count: int) -> None:
    """So many items in one check, of which the last has had its article fetched."""
    paths = [f"/{number}.html" for number in range(count)]
    for path in paths:
        site.answer(path, html(page()))
    site.feed("/a.xml", [*(news(site, path) for path in paths), OLD])
    desk.lines.insert(2, "[fetch]\narticles_per_hour = 1")
    desk.write()
    desk.once(NOW + HOUR)
    del desk.lines[2]
    desk.write()


def test_one_article_at_a_time_and_a_pause_between(watched: DeskFolder, site: Site) -> None:
    waiting(watched, site, 4)
    done = readings(watched, spacing=0.2)
    assert [read.state for read in done] == [ReadingState.READ] * 3
    times = [request.at for request in site.requests if request.path.endswith(".html")][1:]
    assert all(after - before > 0.19 for before, after in pairwise(times))
    assert site.busiest["127.0.0.1"] == 1


def test_more_than_the_budget_waits_its_turn(watched: DeskFolder, site: Site) -> None:
    watched.lines.insert(2, "[fetch]\narticles_per_hour = 2")
    watched.write()
    paths = [f"/{number}.html" for number in range(4)]
    site.feed("/a.xml", [*(news(site, path) for path in paths), OLD])
    for minutes, asked in ((60, 2), (90, 2), (120, 4)):
        watched.once(NOW + minutes * MINUTE)
        assert sum(request.path.endswith(".html") for request in site.requests) == asked


def test_a_rule_saved_meanwhile_finds_what_the_article_says_and_no_more(
    watched: DeskFolder, site: Site
) -> None:
    waiting(watched, site, 2)
    watched.rule("company", "company AND home")
    watched.rule("medals", "medals")
    [read] = readings(watched)
    assert {due.hit.rule for _, due in read.found} == {"alien-lands", "medals"}


def test_what_robots_txt_says_is_kept(watched: DeskFolder, site: Site) -> None:
    waiting(watched, site, 4)
    site.answer("/robots.txt", Answer(body=b"User-agent: *\nDisallow: /1.html\n"))
    done = readings(watched)
    said = [read.state.value for read in done if "does not allow it" in read.error]
    assert (said, len(done)) == (["failed"], 3)
    assert site.asked("/1.html") == []
    assert len(site.asked("/2.html")) == 1


def test_a_site_whose_robots_txt_cannot_be_had_is_asked_for_nothing_yet(
    watched: DeskFolder, site: Site
) -> None:
    waiting(watched, site, 2)
    site.answer("/robots.txt", Answer(status=503))
    (read,) = readings(watched)
    assert (read.state.value, "robots.txt" in read.error) == ("waiting", True)
    assert site.asked("/0.html") == []


def test_the_command_line_tells_what_came_of_an_article(watched: DeskFolder, site: Site) -> None:
    site.feed("/a.xml", [news(site), news(site, "/gone.html", title="Gone"), OLD])
    watched.once(NOW + HOUR)
    listed = watched.watchd("items").stdout
    assert "full text: fetched" in listed
    assert "full text: not to be had: 404 Not Found" in listed
    as_json = {
        one["title"]: one["article"] for one in json.loads(watched.watchd("items", "--json").stdout)
    }
    assert STORY[1] in as_json["Soldiers return"]["text"]
    assert as_json["Gone"]["error"] == "404 Not Found"
    assert as_json["Rice planting"] is None
    explained = watched.watchd("explain", site.url("/story.html"), "alien-lands").stdout
    assert "full text: fetched" in explained
    assert "in article" in explained
    assert "had fought bravely in »alien lands« before" in explained


def test_a_feed_that_wants_no_full_text_any_more_gets_none(watched: DeskFolder, site: Site) -> None:
    waiting(watched, site, 2)
    watched.lines.remove("fulltext = true")
    watched.write()
    watched.once(NOW + HOUR + MINUTE)
    reasons = {one.reading.error for one in watched.items() if one.reading}
    assert reasons == {"", "its feed is no longer one with `fulltext`"}
    assert site.asked("/0.html") == []


def test_without_fulltext_nothing_of_it_is_touched(desk: DeskFolder, site: Site) -> None:
    site.feed("/a.xml", [OLD])
    desk.feed("wire", site.url("/a.xml"))
    desk.once(NOW)
    site.feed("/a.xml", [news(site), OLD])
    desk.once(NOW + HOUR)
    with sqlite3.connect(desk.path / "watchd.db") as database:
        assert database.execute("SELECT count(*) FROM articles").fetchone() == (0,)
