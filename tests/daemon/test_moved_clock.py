"""Days of trouble in a moment: clocks that jump, names that are gone, feeds and receivers that
refuse. Whole rounds of the daemon, with the clock where a test puts it."""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import Any

import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Answer as Reply
from tests.support.sinks import Hooks
from tests.support.site import Answer, Site, rss
from watchd.model import FeedState
from watchd.store import feeds

pytestmark = pytest.mark.fault
MINUTE, HOUR, DAY, YEAR = (timedelta(minutes=n) for n in (1, 60, 1440, 1440 * 365))
OLD = {"title": "Rice", "text": "All is well.", "link": "https://x.example/1", "guid": "1"}


def news(number: int) -> dict[str, str]:
    return {"title": f"News {number}", "text": "In alien lands.", "guid": f"n{number}"}


@pytest.fixture
def watched(desk: DeskFolder, site: Site, hooks: Hooks) -> DeskFolder:
    site.feed("/a.xml", [OLD])
    desk.feed("kcna", site.url("/a.xml"), interval="10m")
    desk.receiver("desk", f"json://{hooks.address}/one")
    desk.receiver("ops", f"json://{hooks.address}/ops")
    desk.route(receivers=["desk"], mode="now", throttle="3/1h")
    desk.rule("alien-lands", '"alien lands"')
    desk.once(NOW)
    return desk


def titles(hooks: Hooks) -> list[str]:
    return [post.json()["title"] for post in hooks.at("/one") if post.status == 200]


def state(desk: DeskFolder) -> FeedState:
    [found] = desk._read(feeds.states)
    return found


@pytest.mark.parametrize(
    "ahead", [pytest.param(HOUR, marks=pytest.mark.slow), YEAR], ids=["an hour", "a year"]
)
@pytest.mark.parametrize(
    "answer", [429, *(pytest.param(one, marks=pytest.mark.slow) for one in (200, 500, 410))]
)
def test_a_clock_that_was_ahead_silences_no_feed(
    watched: DeskFolder, site: Site, hooks: Hooks, ahead: timedelta, answer: int
) -> None:
    for looks in range(4):  # under the wrong clock
        site.answer(
            "/a.xml", Answer(status=answer, body=rss([OLD]), headers=[("Retry-After", "86400")])
        )
        watched.once(NOW + ahead + looks * DAY)
    site.feed("/a.xml", [news(1), OLD])
    for hours in (
        5,
        30,
        60,
        9 * 24 - 1,
    ):  # a day is what its server asked for, a week where it is gone
        watched.once(NOW + hours * HOUR)
    assert len(titles(hooks)) == 1
    assert state(watched).failures == 0
    assert state(watched).checked_at <= NOW + 9 * DAY


def test_a_clock_that_was_ahead_silences_no_message(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    site.feed("/a.xml", [news(1), OLD])
    hooks.always(Reply(status=503, headers={"Retry-After": "3600"}), path="/one")
    watched.once(NOW + YEAR)
    hooks.always(Reply(), path="/one")
    for number in range(2, 6):  # three go out, and one is held by its limit
        site.feed("/a.xml", [*map(news, range(1, number)), OLD])
        watched.once(NOW + YEAR + 2 * HOUR + number * 70 * MINUTE / 4)
    site.feed("/a.xml", [*map(news, range(1, 10)), OLD])
    watched.once(NOW + YEAR + 4 * HOUR)
    assert [one for one in watched.deliveries() if one.state == "pending"]
    for hours in range(3, 9):
        watched.once(NOW + hours * HOUR)
    to_desk = [one for one in watched.deliveries() if one.receiver == "desk"]
    assert {one.state for one in to_desk} == {"sent"}


@pytest.mark.slow
def test_a_clock_a_year_ahead_brings_no_flood_and_loses_nothing(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    site.feed("/a.xml", [news(1), OLD])
    watched.once(NOW + HOUR)
    site.feed("/a.xml", [*map(news, range(1, 31)), OLD])
    watched.once(NOW + YEAR)
    assert len(hooks.at("/one")) <= 2 + 1
    assert len(hooks.at("/ops")) <= 1
    watched.once(NOW + YEAR + 2 * HOUR)
    assert len(watched.items()) == 31
    assert {delivery.state for delivery in watched.deliveries()} == {"sent"}


def test_an_hour_without_names_is_held_against_no_feed(
    desk: DeskFolder, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolved = socket.getaddrinfo

    def gone(host: Any, *more: Any, **named: Any) -> Any:
        if str(host).endswith("example"):
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return resolved(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", gone)
    for number in range(30):
        desk.lines += ["[[feed]]", f'name = "f{number}"', 'interval = "15m"']
        desk.lines += [f'url = "https://f{number}.example/feed"', 'fail_after = "30m"']
    desk.receiver("ops", f"json://{hooks.address}/ops")
    desk.write()
    for minutes in range(0, 75, 15):
        desk.once(NOW + minutes * MINUTE)
    states = desk._read(feeds.states)
    spared = [one for one in states if "network is out" in one.error]
    assert len(spared) >= 25
    assert all(one.next_check_at <= NOW + 80 * MINUTE for one in spared)
    assert hooks.received == []


def test_an_hour_without_names_costs_no_alert(
    desk: DeskFolder, site: Site, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither what a feed brings meanwhile that needs none, nor what is in one that does."""
    resolved, there = socket.getaddrinfo, [True]

    def names(host: Any, *more: Any, **named: Any) -> Any:
        if str(host).endswith(".example"):
            if not there[0]:
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
            host = "127.0.0.1"
        return resolved(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", names)
    for path in ("/a.xml", "/b.xml"):
        site.feed(path, [OLD])
    desk.feed("near", site.url("/a.xml"), interval="10m")
    desk.feed("far", site.url("/b.xml").replace("127.0.0.1", "far.example"), interval="10m")
    desk.receiver("desk", f"json://{hooks.address.replace('127.0.0.1', 'hooks.example')}/one")
    desk.route(receivers=["desk"], mode="now")
    desk.rule("alien-lands", '"alien lands"')
    desk.once(NOW)
    there[0] = False
    site.feed("/a.xml", [news(1), OLD])
    site.feed("/b.xml", [news(2), OLD])
    for minutes in (10, 30, 60):
        desk.once(NOW + minutes * MINUTE)
    assert hooks.received == []
    assert [delivery.state for delivery in desk.deliveries()] == ["pending"]
    there[0] = True
    for minutes in (75, 90, 120):
        desk.once(NOW + minutes * MINUTE)
    assert len(hooks.received) == 2
    assert {delivery.state for delivery in desk.deliveries()} == {"sent"}


@pytest.mark.slow
def test_a_thousand_feeds_that_fail_at_once_are_one_message(
    desk: DeskFolder, site: Site, hooks: Hooks
) -> None:
    for number in range(1000):
        site.answer(f"/{number}.xml", Answer(body=rss([OLD])))
        desk.lines += ["[[feed]]", f'name = "f{number}"', f'url = "{site.url(f"/{number}.xml")}"']
        desk.lines += ["private = true", 'interval = "1h"']
    desk.receiver("ops", f"json://{hooks.address}/ops")
    for hours in range(2):
        desk.once(NOW + hours * HOUR)
    for number in range(1000):
        site.answer(f"/{number}.xml", Answer(status=500))
    for hours in (3, 10, 12):
        desk.once(NOW + hours * HOUR)
    assert len(desk._read(feeds.states)) == 1000
    assert len(hooks.at("/ops")) == 1
    assert "1,000" in hooks.at("/ops")[0].body or "1000" in hooks.at("/ops")[0].body


@pytest.mark.slow
@pytest.mark.parametrize("status", [503, 403])
def test_a_receiver_that_refuses_for_a_day_gets_all_of_it_then(
    desk: DeskFolder, site: Site, hooks: Hooks, status: int
) -> None:
    site.feed("/a.xml", [OLD])
    desk.feed("kcna", site.url("/a.xml"), interval="30m")
    desk.receiver("desk", f"json://{hooks.address}/one")
    desk.receiver("well", f"json://{hooks.address}/two")
    desk.receiver("ops", f"json://{hooks.address}/ops")
    desk.route(receivers=["desk", "well"], mode="now")
    desk.rule("alien-lands", '"alien lands"')
    desk.once(NOW)
    hooks.always(Reply(status=status), path="/one")
    for hours in range(1, 25):
        site.feed("/a.xml", [*map(news, range(hours, 0, -1)), OLD])
        desk.once(NOW + hours * HOUR)
    assert titles(hooks) == []
    assert len(hooks.at("/two")) == 24  # the other has each of them, once
    hooks.always(Reply(), path="/one")
    for hours in range(25, 32):
        desk.once(NOW + hours * HOUR)
    assert {delivery.state for delivery in desk.deliveries()} == {"sent"}
    assert len([one for one in desk.deliveries() if one.receiver != "ops"]) == 2 * 24
    assert len(hooks.at("/ops")) == 2  # that it takes none, and that it is well again
    assert len(titles(hooks)) <= 24
    assert len(hooks.at("/two")) == 24
