"""Feeds that lie, move, break, go silent and lose items, over days that pass at once."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Hooks
from tests.support.site import Answer, Site, rss

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Json = dict[str, Any]


def item(number: int, at: datetime = NOW, text: str = "All is well.") -> Json:
    return {"title": f"News {number}", "text": text, "guid": str(number), "date": at}


def told(desk: DeskFolder, name: str = "kcna") -> Json:
    """What `status` says of a feed."""
    status = json.loads(desk.watchd("status", "--json").stdout)
    (found,) = [feed for feed in status["feeds"] if feed["name"] == name]
    assert isinstance(found, dict)
    return found


@pytest.fixture
def watched(desk: DeskFolder, site: Site, hooks: Hooks) -> DeskFolder:
    """One feed with items of the last days, one rule, and receivers for news and for trouble."""
    site.feed("/a.xml", [item(n, NOW - n * HOUR) for n in range(12)])
    desk.feed("kcna", site.url("/a.xml"), interval="1h", publisher="KCNA")
    desk.receiver("desk", f"json://{hooks.address}/desk")
    desk.receiver("ops", f"json://{hooks.address}/ops")
    desk.rule("alien-lands", '"alien lands"')
    desk.once(NOW)
    return desk


def titles(hooks: Hooks, path: str) -> list[str]:
    return [post.json()["title"] for post in hooks.received if post.path == path]


def hours(desk: DeskFolder, first: float, last: float, step: float = 1.2) -> None:
    """Let the hours pass, with a round in each, or in so many."""
    at = first
    while at <= last:
        desk.once(NOW + at * HOUR)
        at += step


# --- servers that say "not modified" for ever


def test_a_server_whose_304s_lie_is_found_out_by_the_audit(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    def publish(number: int) -> None:
        news = item(number, NOW + 8 * HOUR, "They fought in alien lands.")
        body = rss([news, *(item(n, NOW - n * HOUR) for n in range(12))])
        site.answer("/a.xml", Answer(body=body, etag=f'"{number}"', lies=True))

    publish(90)
    watched.once(NOW + 24 * HOUR)  # it has never been asked since: its old validator gets a 304
    assert titles(hooks, "/desk") == []
    watched.once(NOW + 7 * DAY)
    assert len(titles(hooks, "/desk")) == 1
    assert told(watched)["health"] == "lying-304"
    assert "hidden" in told(watched)["evidence"]
    publish(91)
    watched.once(NOW + 7 * DAY + 2 * HOUR)  # from now on it is asked for all of it
    assert len(titles(hooks, "/desk")) == 2
    assert site.requests[-1].header("If-None-Match") is None


def test_an_honest_server_is_audited_once_a_week_and_not_suspected(
    watched: DeskFolder, site: Site
) -> None:
    for number in range(1, 15):
        site.feed("/a.xml", [item(100 + n) for n in range(number, 0, -1)] + [item(0)])
        watched.once(NOW + number * DAY)
        watched.once(NOW + number * DAY + 2 * HOUR)
    whole = [r for r in site.asked("/a.xml") if r.header("If-None-Match") is None]
    assert len(whole) == 3  # the first look, and two audits
    assert told(watched)["health"] == "ok"


# --- items that roll off


def test_a_gap_is_closed_from_the_feeds_archive(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    between = [item(n, NOW + 3 * HOUR, "alien lands") for n in range(50, 40, -1)]
    newest = rss([item(n, NOW + 4 * HOUR, "alien lands") for n in range(60, 50, -1)])
    link = f'<link xmlns="http://www.w3.org/2005/Atom" rel="next" href="{site.url("/2")}"/>'
    site.answer("/a.xml", Answer(body=newest.replace(b"<channel>", b"<channel>" + link.encode())))
    site.answer("/2", Answer(body=rss([*between, item(0), item(1)])))
    watched.once(NOW + 5 * HOUR)
    assert titles(hooks, "/desk") == ["[HIGH] Rule alien-lands: 20 alerts"]
    assert told(watched)["health"] == "ok"
    assert len(watched.items()) == 32


def test_a_gap_that_stays_is_told_and_the_feed_is_asked_more_often(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    site.feed("/a.xml", [item(n, NOW + 3 * HOUR) for n in range(60, 48, -1)])
    watched.once(NOW + 4 * HOUR)
    found = told(watched)
    assert (found["health"], "may" in found["advice"]) == ("gap", False)
    assert "no item of 2026-01-08 09:00 UTC was left" in found["evidence"]
    wait = datetime.fromisoformat(found["next_check"]) - (NOW + 4 * HOUR)
    assert wait <= 0.56 * HOUR
    assert titles(hooks, "/ops") == ["[INFO] watchd — feed kcna wants a look"]


def test_a_document_that_was_cut_short_hides_no_gap(watched: DeskFolder, site: Site) -> None:
    news = rss([item(n, NOW + 3 * HOUR) for n in range(60, 48, -1)])
    site.answer("/a.xml", Answer(body=news[: len(news) // 2]))  # what was below, nobody knows
    watched.once(NOW + 4 * HOUR)
    assert told(watched)["health"] == "failing"
    site.answer("/a.xml", Answer(body=news))
    watched.once(NOW + 5.2 * HOUR)
    assert told(watched)["health"] == "gap"


def test_an_archive_is_walked_past_what_only_a_cut_document_showed(
    watched: DeskFolder, site: Site
) -> None:
    def page(number: int, *items: Json) -> bytes:
        href = site.url(f"/{number}")
        link = f'<channel><link xmlns="http://www.w3.org/2005/Atom" rel="next" href="{href}"/>'
        return rss([*items]).replace(b"<channel>", link.encode())

    second = page(3, *(item(n, NOW + 3 * HOUR) for n in range(60, 50, -1)))
    site.answer("/a.xml", Answer(body=second[: len(second) // 2]))
    watched.once(NOW + 4 * HOUR)
    newest = page(2, *(item(n, NOW + 4 * HOUR) for n in range(70, 60, -1)))
    site.answer("/a.xml", Answer(body=newest))
    site.answer("/2", Answer(body=second))
    site.answer(
        "/3", Answer(body=rss([item(n, NOW + HOUR) for n in range(50, 45, -1)] + [item(0)]))
    )
    watched.once(NOW + 5.2 * HOUR)
    assert len(watched.items()) == 12 + 25
    assert told(watched)["health"] == "ok"


def test_wordpress_is_asked_for_its_pages(watched: DeskFolder, site: Site, hooks: Hooks) -> None:
    generator = b"<channel><generator>https://wordpress.org/?v=6.4</generator>"
    newest = rss([item(n, NOW + 4 * HOUR, "alien lands") for n in range(60, 50, -1)])
    site.answer("/a.xml", Answer(body=newest.replace(b"<channel>", generator)))
    site.answer("/a.xml?paged=2", Answer(body=rss([item(50, NOW + HOUR), item(0)])))
    watched.once(NOW + 5 * HOUR)
    assert [request.path for request in site.requests[-2:]] == ["/a.xml", "/a.xml?paged=2"]
    assert told(watched)["health"] == "ok"


def test_an_archive_on_another_host_is_not_followed(watched: DeskFolder, site: Site) -> None:
    link = '<link xmlns="http://www.w3.org/2005/Atom" rel="next" href="http://127.0.0.9/2"/>'
    newest = rss([item(n, NOW + 4 * HOUR) for n in range(60, 50, -1)])
    site.answer("/a.xml", Answer(body=newest.replace(b"<channel>", b"<channel>" + link.encode())))
    watched.once(NOW + 5 * HOUR)
    assert told(watched)["health"] == "gap"


def test_a_feed_that_replaces_all_it_has_is_said_to_and_no_gap(
    watched: DeskFolder, site: Site
) -> None:
    for day in range(1, 6):
        site.feed("/a.xml", [item(100 * day + n, NOW + day * DAY) for n in range(5)])
        watched.once(NOW + day * DAY)
    assert told(watched)["health"] == "ok"


@pytest.mark.parametrize("dated", [True, False])
def test_bursts_with_quiet_hours_between_are_gaps_however_many(
    watched: DeskFolder, site: Site, dated: bool
) -> None:
    def shows(*items: Json) -> None:
        site.feed("/a.xml", [{**one, "date": one["date"] if dated else None} for one in items])

    shows(item(100), *(item(n) for n in range(11)))  # one after the other, while it is quiet
    watched.once(NOW + 2 * HOUR)
    for burst in range(1, 5):
        at = NOW + 5 * burst * HOUR
        shows(*(item(100 + 20 * burst + n, at + n * HOUR / 20) for n in range(12)))
        hours(watched, 5 * burst + 1, 5 * burst + 4)
        assert told(watched)["health"] == "gap"


def test_what_overflows_each_time_from_the_first_is_a_gap(watched: DeskFolder, site: Site) -> None:
    for hour in range(1, 8):
        news = [item(20 * hour + n, NOW + (hour - 0.9) * HOUR + n * HOUR / 20) for n in range(12)]
        site.feed("/a.xml", news)
        watched.once(NOW + hour * HOUR)
    assert told(watched)["health"] == "gap"


# --- trouble, and telling of it


def test_feeds_that_fail_are_told_to_ops_once_and_as_one(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    for number in range(6):
        site.feed(f"/{number}", [item(number)])
        watched.feed(f"f{number}", site.url(f"/{number}", host=f"127.0.0.{number + 2}"))
    watched.once(NOW + HOUR)
    for number in range(6):
        site.answer(f"/{number}", Answer(status=500))
    hours(watched, 2, 12)
    assert titles(hooks, "/ops") == ["[HIGH] watchd — 6 feeds want a look"]
    (post,) = [post for post in hooks.received if post.path == "/ops"]
    assert "f3: failing for" in post.json()["message"]
    assert "500 Internal Server Error" in post.json()["message"]
    for number in range(6):
        site.feed(f"/{number}", [item(number)])
    hours(watched, 13, 23)
    assert titles(hooks, "/ops")[1:] == ["[INFO] watchd — 6 feeds are well again"]
    assert titles(hooks, "/desk") == []


def test_without_ops_everybody_is_told(desk: DeskFolder, site: Site, hooks: Hooks) -> None:
    site.answer("/a.xml", Answer(status=500))
    desk.feed("kcna", site.url("/a.xml"), fail_after="2h")
    desk.receiver("desk", f"json://{hooks.address}/desk")
    hours(desk, 0, 5)
    assert titles(hooks, "/desk") == ["[HIGH] watchd — feed kcna wants a look"]


def test_a_feed_that_publishes_nothing_is_stale_and_not_failing(
    watched: DeskFolder, hooks: Hooks
) -> None:
    watched.once(NOW + 20 * HOUR)
    assert told(watched)["health"] == "ok"
    watched.once(NOW + 26 * HOUR)  # an hourly feed, and a day is given to what is new to us
    found = told(watched)
    assert found["health"] == "stale"
    assert found["evidence"].startswith("nothing new for")
    assert titles(hooks, "/ops") == ["[HIGH] watchd — feed kcna wants a look"]


def test_an_empty_feed_that_had_items_is_trouble_and_is_asked_as_often(
    watched: DeskFolder, site: Site
) -> None:
    site.answer("/a.xml", Answer(body=rss([])))
    for number in range(1, 5):
        watched.once(NOW + 1.2 * number * HOUR)
    assert len(site.asked("/a.xml")) == 5
    assert told(watched)["health"] == "failing"
    assert "without a single item" in told(watched)["evidence"]
    site.feed("/a.xml", [item(n, NOW - n * HOUR) for n in range(12)])
    watched.once(NOW + 8 * HOUR)
    assert told(watched)["health"] == "ok"


def test_a_feed_that_is_gone_is_told_at_once_and_asked_now_and_then(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    site.answer("/a.xml", Answer(status=410))
    hours(watched, 2, 24 * 14, step=8)
    assert told(watched)["health"] == "gone"
    assert titles(hooks, "/ops") == ["[HIGH] watchd — feed kcna wants a look"]
    assert 4 <= len(site.asked("/a.xml")) - 1 <= 6
    site.feed("/a.xml", [item(99), item(0)])  # some come back
    watched.once(NOW + 22 * DAY)
    assert told(watched)["health"] == "ok"


def test_a_move_for_good_is_proposed_after_a_week_and_never_made(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    before = watched.config.read_text("utf-8")
    site.feed("/new.xml", [item(n, NOW - n * HOUR) for n in range(12)])
    site.answer("/a.xml", Answer.redirect(site.url("/new.xml"), status=301))
    for half_days in range(1, 18):
        site.feed("/new.xml", [item(half_days + 100, NOW + half_days * DAY / 2), item(0)])
        watched.once(NOW + half_days * DAY / 2)
    found = told(watched)
    assert found["health"] == "moved"
    assert site.url("/new.xml") in found["evidence"]
    assert watched.config.read_text("utf-8") == before
    assert len(site.asked("/a.xml")) == 19  # seventeen checks; one audit asked for proof, too


# --- servers that ask to be left alone


@pytest.mark.parametrize("as_date", [False, True])
def test_all_feeds_of_a_host_wait_when_it_asks_one_to(
    watched: DeskFolder, site: Site, as_date: bool
) -> None:
    for name in ("b", "c"):
        site.feed(f"/{name}.xml", [item(1)])
        watched.feed(name, site.url(f"/{name}.xml"), interval="1h")
    watched.feed("alone", site.url("/d.xml"), interval="1h", rate_scope="feed")
    site.feed("/d.xml", [item(1)])
    watched.once(NOW + HOUR)
    until = NOW + 12 * HOUR
    wait = format_datetime(until, usegmt=True) if as_date else str(10 * 3600)
    date = ("Date", format_datetime(NOW + 2 * HOUR, usegmt=True))
    site.answer("/a.xml", Answer(status=429, headers=[("Retry-After", wait), date]))
    counts = {path: len(site.asked(path)) for path in ("/a.xml", "/b.xml", "/c.xml", "/d.xml")}
    site.requests.clear()
    watched.once(NOW + 2.3 * HOUR)
    early = len(site.requests)
    hours(watched, 3, 11.9)  # each round is a new start of the daemon
    assert len(site.asked("/a.xml")) == 1
    assert len(site.asked("/b.xml")) + len(site.asked("/c.xml")) <= early - 1
    assert len(site.asked("/d.xml")) >= 6  # it waits for nobody
    hours(watched, 13.5, 16)
    assert len(site.asked("/b.xml")) >= counts["/b.xml"]


# --- our own network


def test_an_outage_of_our_own_is_held_against_no_feed(
    desk: DeskFolder, hooks: Hooks, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(8):
        desk.lines += ["[[feed]]", f'name = "f{number}"', f'url = "https://f{number}.invalid/"']
    desk.receiver("ops", f"json://{hooks.address}/ops")
    desk.write()
    for hours_out in range(0, 48, 12):
        desk.once(NOW + hours_out * HOUR)
    lines = [record for record in caplog.messages if record.startswith("network.out")]
    assert len(lines) == 1  # in four starts, of eight feeds
    status = json.loads(desk.watchd("status", "--json").stdout)
    assert status["network"] is not None
    waits = [datetime.fromisoformat(feed["next_check"]) for feed in status["feeds"]]
    assert max(waits) <= NOW + 36 * HOUR + 1.1 * 2 * HOUR
    assert titles(hooks, "/ops") == []
