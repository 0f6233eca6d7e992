"""Receivers in trouble: what `status` and `outbox` show of them, and what people are told."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Answer, Hooks
from tests.support.site import Answer as Away
from tests.support.site import Site
from watchd import status
from watchd.store import open_store, outbox

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
OLD = {"title": "Rice", "text": "All is well.", "link": "https://x.example/1", "guid": "old"}


@pytest.fixture
def watched(desk: DeskFolder, site: Site, hooks: Hooks) -> DeskFolder:
    """A feed that was looked at, a receiver `desk`, and `ops`."""
    site.feed("/a.xml", [OLD])
    desk.feed("kcna", site.url("/a.xml"), interval="20s")
    desk.receiver("desk", f"json://{hooks.address}/desk")
    desk.receiver("ops", f"json://{hooks.address}/ops")
    desk.rule("war", "war")
    desk.once(NOW)
    return desk


def brings(site: Site, *numbers: int) -> None:
    news = [
        {"title": f"War {n}", "text": "war", "link": f"https://x.example/{n}", "guid": str(n)}
        for n in reversed(numbers)
    ]
    site.feed("/a.xml", [*news, OLD])


def fails(desk: DeskFolder, hooks: Hooks, site: Site, minutes: int) -> None:
    """The desk's receiver says 503 for so long, and watchd looks now and then."""
    hooks.always(Answer(status=503, body="closed for repair"), path="/desk")
    brings(site, 1)
    for minute in range(1, minutes + 1, 4):
        desk.once(NOW + minute * MINUTE)


def told(hooks: Hooks, path: str = "/ops") -> list[str]:
    posts = [post.json() for post in hooks.at(path) if post.status == 200]
    return [f"{post['title']}\n{post['message']}" for post in posts]


def shown(desk: DeskFolder) -> dict[str, dict[str, Any]]:
    found = json.loads(desk.watchd("status", "--json").stdout)["receivers"]
    return {one["endpoint"].partition("/")[0]: one for one in found}


def test_status_and_outbox_show_each_endpoint_in_its_own_words(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    brings(site, 1)
    watched.once(NOW + MINUTE)
    assert shown(watched)["desk"]["health"] == "ok"
    assert shown(watched)["desk"]["last_ok"].startswith("2026-01-08T09:01")
    hooks.always(Answer(status=503, body="closed for repair"), path="/desk")
    brings(site, 1, 2)
    for minute in range(2, 20, 3):
        watched.once(NOW + minute * MINUTE)
    desk = shown(watched)["desk"]
    assert (desk["health"], desk["waiting"]) == ("failing", 1)
    assert desk["failing_since"].startswith("2026-01-08T09:02")
    assert "closed for repair" in desk["error"]
    status = watched.watchd("status")
    assert status.returncode == 1
    for text in (status.stdout, watched.watchd("outbox").stdout):
        assert "failing   desk/json" in text
        assert "503" in text
    assert "1 receiver failing" in status.stdout


def test_systemd_is_told_what_stands_at_the_top_of_status(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    hooks.always(Answer(status=503, body="closed for repair"), path="/desk")
    brings(site, 1)
    for minute in range(2, 20, 3):
        watched.once(NOW + minute * MINUTE)
    site.answer("/a.xml", Away(status=404))
    watched.once(NOW + HOUR)
    store = open_store(watched.database)
    try:
        line = asyncio.run(status.line(store, NOW + HOUR))
    finally:
        store.close()
    assert watched.watchd("status").stdout.startswith(line)
    assert line == "1 feed, 1 failing; 1 rule; 1 alert waiting; 1 receiver failing"


def test_ops_hears_once_of_a_receiver_that_takes_nothing_and_once_that_it_is_well(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    fails(watched, hooks, site, minutes=25)
    [word] = told(hooks)
    assert "takes no messages" in word
    assert "503" in word
    hooks.always(Answer(), path="/desk")
    for minute in (26, 32, 38):
        watched.once(NOW + minute * MINUTE)
    assert len(told(hooks)) == 2
    assert "is well again" in told(hooks)[-1]
    assert len(told(hooks, "/desk")) == 1


def test_messages_that_were_given_up_are_told_once_and_as_one(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    hooks.always(Answer(status=400, body="no such channel"), path="/desk")
    brings(site, 1, 2, 3)
    watched.once(NOW + MINUTE)
    for hour in (49, 50, 51):
        watched.once(NOW + hour * HOUR)
    words = [word for word in told(hooks) if "given up" in word]
    assert len(words) == 1
    assert "3 messages given up" in words[0]
    assert "3 given up" in watched.watchd("status").stdout
    assert shown(watched)["desk"]["failed"] == 3


def test_what_is_given_up_again_is_told_again(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    hooks.always(Answer(status=400, body="no such channel"), path="/desk")
    brings(site, 1)
    watched.once(NOW + MINUTE)
    watched.once(NOW + 49 * HOUR)
    watched.once(NOW + 50 * HOUR)
    with closing(open_store(f"sqlite:///{watched.path / 'watchd.db'}")) as store:
        store.write(outbox.retry, None, NOW + 80 * HOUR)
    watched.once(NOW + 80 * HOUR)
    watched.once(NOW + 130 * HOUR)
    watched.once(NOW + 131 * HOUR)
    assert len([word for word in told(hooks) if "1 message given up" in word]) == 2


def test_what_is_sent_again_by_hand_says_how_late_it_is(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    hooks.always(Answer(status=400, body="no such channel"), path="/desk")
    brings(site, 1)
    watched.once(NOW + MINUTE)
    watched.once(NOW + 50 * HOUR)
    assert [one.state.value for one in watched.deliveries()[:1]] == ["failed"]
    with closing(open_store(f"sqlite:///{watched.path / 'watchd.db'}")) as store:
        store.write(outbox.retry, None, NOW + 80 * HOUR)
    watched.once(NOW + 80 * HOUR)
    assert [one.state.value for one in watched.deliveries()[:1]] == ["pending"]
    hooks.always(Answer(), path="/desk")
    watched.once(NOW + 97 * HOUR)
    assert "Delayed 4 days." in hooks.at("/desk")[-1].json()["message"]
    assert watched.deliveries()[0].created_at == NOW + MINUTE


def test_what_stays_without_an_answer_is_told(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    watched.lines = [line.replace("/desk", "/desk?rto=0.1") for line in watched.lines]
    watched.write()
    hooks.always(Answer(late=True), path="/desk")
    brings(site, 1)
    for minute in (1, 3, 5):
        watched.once(NOW + minute * MINUTE)
    [word] = told(hooks)
    assert "1 message without an answer" in word
    hooks.always(Answer(), path="/desk")
    brings(site, 1, 2)
    watched.once(NOW + 30 * MINUTE)
    assert len(told(hooks)) == 1


def test_what_has_no_answer_goes_to_the_fallback_in_the_end(
    desk: DeskFolder, site: Site, hooks: Hooks
) -> None:
    site.feed("/a.xml", [OLD])
    desk.feed("kcna", site.url("/a.xml"), interval="20s")
    desk.receiver("desk", f"json://{hooks.address}/desk?rto=0.1")
    desk.lines.append('fallback = "night"')
    desk.receiver("night", f"json://{hooks.address}/night")
    desk.route(receivers=["desk"], mode="now")
    desk.rule("war", "war")
    desk.once(NOW)
    hooks.always(Answer(late=True), path="/desk")
    brings(site, 1)
    for minute in (1, 3, 9):
        desk.once(NOW + minute * MINUTE)
    assert told(hooks, "/night") == []
    for minute in (12, 13, 30):
        desk.once(NOW + minute * MINUTE)
    [word] = told(hooks, "/night")
    assert "War 1" in word


def test_when_ops_fails_itself_the_others_are_told(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    watched.route(receivers=["desk", "ops"], mode="now")
    hooks.always(Answer(status=503), path="/ops")
    brings(site, 1)
    for minute in range(1, 26, 4):
        watched.once(NOW + minute * MINUTE)
    [of_ops] = [word for word in told(hooks, "/desk") if "takes no messages" in word]
    assert "ops/json" in of_ops


def test_with_a_fallback_and_no_ops_the_fallback_is_word_enough(
    desk: DeskFolder, site: Site, hooks: Hooks
) -> None:
    site.feed("/a.xml", [OLD])
    desk.feed("kcna", site.url("/a.xml"), interval="20s")
    desk.receiver("desk", f"json://{hooks.address}/desk")
    desk.lines.append('fallback = "night"')
    desk.receiver("night", f"json://{hooks.address}/night")
    desk.route(receivers=["desk"], mode="now")
    desk.rule("war", "war")
    desk.once(NOW)
    fails(desk, hooks, site, minutes=25)
    [word] = told(hooks, "/night")
    assert "does not take messages" in word


def test_what_left_the_config_is_not_shown_as_failing(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    fails(watched, hooks, site, minutes=20)
    assert shown(watched)["desk"]["health"] == "failing"
    watched.lines = [line.replace("/desk", "/other") for line in watched.lines]
    watched.lines = [line.replace('"desk"', '"other"') for line in watched.lines]
    watched.write()
    watched.once(NOW + 30 * MINUTE)
    assert shown(watched)["desk"]["health"] == "ok"


def test_a_limit_counts_from_what_was_taken(desk: DeskFolder, site: Site, hooks: Hooks) -> None:
    """One an hour for each rule: a message that nobody got is none of them."""
    site.feed("/a.xml", [OLD])
    desk.feed("kcna", site.url("/a.xml"), interval="20s")
    desk.receiver("desk", f"json://{hooks.address}/desk")
    desk.route(receivers=["desk"], mode="now", throttle="1/1h")
    desk.rule("war", "war")
    desk.once(NOW)
    hooks.answer(Answer(status=400), Answer(status=400))
    brings(site, 1)
    desk.once(NOW + MINUTE)
    brings(site, 1, 2)
    desk.once(NOW + 2 * MINUTE)  # both are refused or taken on their own account
    desk.once(NOW + 3 * MINUTE)
    assert told(hooks, "/desk")
    taken = len(told(hooks, "/desk"))
    brings(site, 1, 2, 3)
    desk.once(NOW + 4 * MINUTE)
    assert len(told(hooks, "/desk")) == taken  # now one was taken, and the hour runs
    desk.once(NOW + 70 * MINUTE)
    assert len(told(hooks, "/desk")) == taken + 1


def test_an_address_that_calls_every_failure_a_success_is_refused(desk: DeskFolder) -> None:
    desk.receiver("desk", "json://127.0.0.1:9/?optional=yes")
    found = desk.watchd("check")
    assert found.returncode != 0
    assert "optional=yes" in found.stdout + found.stderr
