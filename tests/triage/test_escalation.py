"""Escalation: when nobody acknowledges an alert, others are told, once."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Answer
from tests.triage.conftest import HOUR, MINUTE, Newsroom

HALF = timedelta(minutes=30)


@pytest.fixture
def watched(room: Newsroom) -> Newsroom:
    room.receiver("chief")
    room.desk.route(receivers=["desk"], mode="now", escalate="30m", escalate_to=["chief"])
    return room


def test_what_nobody_acknowledges_goes_to_others_once(watched: Newsroom) -> None:
    room, found = watched, NOW + MINUTE
    room.brings("war", at=found)
    room.desk.once(found + HALF - MINUTE)
    assert room.messages("chief") == []
    room.desk.once(found + HALF + MINUTE)
    [message] = room.messages("chief")
    assert "ESCALATED: nobody acknowledged this within 30 min." in message
    assert message.startswith("ESCALATED: [HIGH]")
    assert "war" in message
    for later in range(2, 6):
        room.desk.once(found + later * HOUR)
    assert len(room.messages("chief")) == 1
    assert len(room.messages("desk")) == 1


def test_an_ack_stops_it(watched: Newsroom) -> None:
    room, found = watched, NOW + MINUTE
    room.brings("war", at=found)
    room.ack(at=found + 10 * MINUTE)
    room.desk.once(found + 2 * HOUR)
    assert room.messages("chief") == []


@pytest.mark.slow
def test_an_ack_of_the_words_before_does_not_stop_that_of_new_words(watched: Newsroom) -> None:
    room, found = watched, NOW + MINUTE
    room.brings("war", at=found)
    room.ack(at=found + MINUTE)
    room.edits("war with missiles", at=found + 2 * MINUTE)
    room.desk.once(found + HOUR)
    [message] = room.messages("chief")
    assert "missiles" in message


@pytest.mark.slow
def test_the_time_runs_from_the_delivery_not_from_the_hit(watched: Newsroom) -> None:
    room, found = watched, NOW + MINUTE
    room.hooks.always(Answer(status=503), path="/desk")
    room.brings("war", at=found)
    room.desk.once(found + HOUR)
    assert room.messages("chief") == []  # the desk has not got it: that is what fallbacks are for
    room.hooks.always(Answer(), path="/desk")
    room.desk.once(found + 2 * HOUR)
    assert len(room.messages("desk")) == 1
    room.desk.once(found + 2 * HOUR + HALF - MINUTE)
    assert room.messages("chief") == []
    room.desk.once(found + 2 * HOUR + HALF + MINUTE)
    assert len(room.messages("chief")) == 1


@pytest.mark.slow
def test_what_came_to_the_fallback_was_delivered(watched: Newsroom) -> None:
    room = watched
    room.receiver("mail")
    at = room.desk.lines.index('name = "desk"')
    room.desk.lines.insert(at + 1, 'fallback = "mail"')
    room.desk.write()
    room.hooks.always(Answer(status=503), path="/desk")
    room.brings("war", at=NOW + MINUTE)
    room.desk.once(NOW + 12 * MINUTE)
    room.desk.once(NOW + 13 * MINUTE)
    assert len(room.messages("mail")) == 1
    room.desk.once(NOW + 14 * MINUTE + HALF)
    assert len(room.messages("chief")) == 1


@pytest.mark.slow
def test_several_at_once_are_one_message(watched: Newsroom) -> None:
    room = watched
    room.brings("war one", "war two", "coup", at=NOW + MINUTE)
    room.desk.once(NOW + HOUR)
    [message] = room.messages("chief")
    assert "ESCALATED: nobody acknowledged these within 30 min." in message
    assert "3 alerts" in message


@pytest.mark.slow
def test_who_has_it_already_is_not_told_again(watched: Newsroom) -> None:
    room = watched
    room.desk.route(receivers=["chief"], mode="now", rules=["coup"])
    room.brings("coup", at=NOW + MINUTE)
    room.desk.once(NOW + HOUR)
    assert len(room.messages("chief")) == 1
    assert "ESCALATED" not in room.messages("chief")[0]


def test_who_would_have_it_by_a_digest_is_told_now(watched: Newsroom) -> None:
    room, found = watched, NOW + MINUTE
    room.desk.route(receivers=["chief"], mode="weekly@mon 07:30")
    room.brings("war", at=found)
    room.desk.once(found + HALF + MINUTE)
    [message] = room.messages("chief")
    assert message.startswith("ESCALATED: [HIGH]")
    room.desk.once(found + 7 * 24 * HOUR)
    assert len(room.messages("chief")) == 1


@pytest.mark.slow
def test_it_is_asked_for_though_another_route_brings_the_alert_sooner(room: Newsroom) -> None:
    room.receiver("chief")
    room.desk.route(receivers=["desk"], mode="group:15m", escalate="1h", escalate_to="chief")
    room.desk.route(receivers=["desk"], mode="now")
    room.brings("war", at=NOW + MINUTE)
    room.desk.once(NOW + MINUTE + HOUR + MINUTE)
    assert len(room.messages("chief")) == 1


@pytest.mark.slow
def test_a_chief_who_has_left_is_not_told(watched: Newsroom) -> None:
    room = watched
    room.brings("war", at=NOW + MINUTE)
    at = room.desk.lines.index('name = "chief"')
    del room.desk.lines[at - 1 : at + 2]
    room.desk.lines = [line for line in room.desk.lines if "escalate" not in line]
    room.desk.write()
    room.desk.once(NOW + HOUR)
    assert len(room.desk.deliveries()) == 1
    item = str(room.hit().stored.id)
    shown = room.desk.watchd("explain", item, "war").stdout
    assert "not sent on to chief: had it already, or is no longer in the config" in shown


def test_route_and_explain_tell_of_it(watched: Newsroom) -> None:
    room = watched
    shown = room.desk.watchd("route", "war").stdout
    assert "and to chief when nobody acknowledges it within 30 min" in shown
    [way] = json.loads(room.desk.watchd("route", "war", "--json").stdout)["routes"]
    assert (way["to"][0]["escalate"], way["to"][0]["escalate_to"]) == ("30 min", ["chief"])
    room.brings("war", at=NOW + MINUTE)
    item = str(room.hit().stored.id)
    shown = room.desk.watchd("explain", item, "war").stdout
    assert "it goes on to chief when nobody acknowledges it within 30 min of its delivery" in shown
    room.desk.once(NOW + HOUR)
    shown = room.desk.watchd("explain", item, "war").stdout
    assert "sent on to chief: nobody acknowledged it within 30 min" in shown
    told = r"held.escalated +chief/\S+: escalated: nobody acknowledged it in time$"
    assert re.search(told, shown, re.MULTILINE)


@pytest.mark.parametrize(
    ("keys", "code", "said"),
    [
        ({"escalate": "30m"}, "C140", "needs `escalate_to`"),
        ({"escalate_to": ["chief"]}, "C140", "needs `escalate`"),
        ({"escalate": "30s", "escalate_to": ["chief"]}, "C140", "within a minute"),
        ({"escalate": "30m", "escalate_to": ["desk"]}, "C140", "has the alert already"),
        ({"escalate": "30m", "escalate_to": "cheif"}, "C117", "did you mean 'chief'?"),
        ({"escalate": "soon", "escalate_to": "chief"}, "C105", "a duration"),
    ],
)
def test_mistakes_in_the_config(
    desk: DeskFolder, keys: dict[str, object], code: str, said: str
) -> None:
    for name in ("desk", "chief"):
        desk.receiver(name, f"json://127.0.0.1/{name}")
    desk.route(receivers=["desk"], **keys)
    refused = desk.watchd("check")
    assert refused.returncode == 78
    assert f"[{code}]" in refused.stdout + refused.stderr
    assert said in refused.stdout + refused.stderr
