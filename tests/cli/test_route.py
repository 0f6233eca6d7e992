"""`watchd route`: where the hits of a rule would go, when, and why."""

from __future__ import annotations

import json

from tests.support.desk import DeskFolder


def prepared(desk: DeskFolder) -> DeskFolder:
    desk.feed("kcna", "http://127.0.0.1/kcna")
    desk.receiver("desk", "json://127.0.0.1/desk")
    desk.receiver("mail", "json://127.0.0.2/mail")
    desk.rule("war", "war", severity="high", tags=["front"])
    return desk


def test_without_routes_the_level_says_when(desk: DeskFolder) -> None:
    prepared(desk).rule("rice", "rice", severity="low")
    said = desk.watchd("route", "rice", "--at", "2026-01-08T22:30", TZ="Asia/Seoul")
    assert said.returncode == 0, said.stderr
    assert "every receiver but ops" in said.stdout
    assert (
        "desk/json:127.0.0.1: Fri 2026-01-09 07:30 KST, in 9 h: kept for the digest" in said.stdout
    )
    assert "desk/json:127.0.0.1: now" in desk.watchd("route", "war").stdout


def test_each_route_says_whether_it_takes_them(desk: DeskFolder) -> None:
    prepared(desk).route(receivers="mail", tags=["rear"])
    desk.route(receivers="mail", sources=["kcna"], **{"continue": False}, quiet="22:00-07:00 UTC")
    desk.route(receivers="desk", throttle="3/1h")
    alone = json.loads(desk.watchd("route", "war", "--json").stdout)
    assert [way["taken"] for way in alone["routes"]] == [False, False, True]
    words = desk.watchd("route", "war", "--feed", "kcna", "--at", "2026-01-08T23:00Z").stdout
    assert "not: is for rules with other tags" in words
    assert "kept through the quiet hours" in words
    assert "a route above has `continue = false`" in words
    assert "at most 3/1h of this rule" in desk.watchd("route", "war").stdout


def test_a_route_is_called_by_its_number_and_what_it_takes(desk: DeskFolder) -> None:
    prepared(desk).route(receivers="mail", rules=["a", "b", "c", "d", "e"], severity="low")
    desk.route(receivers="desk")
    words = desk.watchd("route", "war").stdout
    assert "\nroute 1 (rules a, b, c, d and 1 more; severity low)\n" in words
    assert "\nroute 2 (takes everything)\n" in words


def test_the_soonest_of_two_ways_counts(desk: DeskFolder) -> None:
    prepared(desk).route(receivers="desk", mode="daily@07:30 Asia/Seoul")
    desk.route(receivers="desk", severity="high", mode="now")
    ways = json.loads(desk.watchd("route", "war", "--json").stdout)["routes"]
    assert [[to["counts"] for to in way["to"]] for way in ways] == [[False], [True]]


def test_without_a_receiver_it_goes_nowhere(desk: DeskFolder) -> None:
    desk.rule("war", "war")
    said = desk.watchd("route", "war")
    assert said.returncode == 1
    assert "there is no receiver in the config yet: hits are kept, and not sent" in said.stdout


def test_a_rule_that_goes_nowhere_is_a_problem(desk: DeskFolder) -> None:
    prepared(desk).route(receivers="mail", rules="other/*")
    said = desk.watchd("route", "war")
    assert said.returncode == 1
    assert "no route takes it: hits are kept, and not sent" in said.stdout
    assert desk.watchd("route", "war", "--feed", "nobody").returncode == 2
