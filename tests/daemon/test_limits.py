"""What `storm` and `throttle` let through, whatever kept it before, and what waits for neither."""

from __future__ import annotations

import json
import re
from contextlib import closing
from datetime import UTC, datetime

import pytest

from tests.daemon.test_holding import DAY, HOUR, MINUTE, NOW, Newsroom, room
from tests.support.sinks import Answer
from watchd.store import open_store, outbox

__all__ = ["room"]


def limited(room: Newsroom, storm: str) -> None:
    room.desk.lines.append(f'storm = "{storm}"')
    room.desk.write()


def test_what_was_gathered_is_under_the_limit_of_its_receiver(room: Newsroom) -> None:
    limited(room, "3/1h")
    room.desk.route(receivers=["desk"], mode="group:1m")
    room.starts()
    for number in range(6):
        room.brings("war", at=NOW + (5 * number + 1) * MINUTE)
        room.desk.once(NOW + (5 * number + 3) * MINUTE)
    assert len(room.messages()) == 3
    assert "This is the last of 3 messages: what else comes until 10:03 UTC" in room.messages()[2]
    room.desk.once(NOW + HOUR + 4 * MINUTE)
    assert len(room.messages()) == 4
    assert "3 alerts" in room.messages()[3]


@pytest.mark.slow
def test_what_comes_for_another_receiver_is_under_the_limit(
    room: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    room.desk.lines.append('fallback = "mail"')
    room.desk.receiver("mail", f"json://{room.hooks.address}/mail")
    limited(room, "2/1h")
    room.desk.route(receivers=["desk"], mode="now")
    room.starts()
    room.hooks.always(Answer(status=503), path="/desk")
    for number in range(5):
        room.brings("war", at=NOW + (15 * number + 1) * MINUTE)
        room.desk.once(NOW + (15 * number + 12) * MINUTE)
    room.desk.once(NOW + 180 * MINUTE)  # the waits of a dead receiver are drawn: after all of them
    instead = room.messages("/mail")
    assert ["last of 2" in text for text in instead] == [False, True, False]
    assert "3 alerts" in instead[2]
    assert "Sent here because desk/json:127.0.0.1" in instead[2]
    assert sum("delivery.fallback" in line for line in caplog.messages) == 5  # each alert once
    assert {one.mode.split()[0] for one in room.desk.deliveries()} == {"now", "fallback"}


def test_what_is_escalated_is_under_the_limit_and_says_what_it_is(room: Newsroom) -> None:
    room.desk.receiver("chief", f"json://{room.hooks.address}/chief")
    limited(room, "1/1h")
    room.desk.route(receivers=["desk"], mode="now", escalate="1m", escalate_to=["chief"])
    room.starts()
    for number in range(4):
        room.brings("war", at=NOW + 5 * number * MINUTE)
        room.desk.once(NOW + (5 * number + 2) * MINUTE)
    [only] = room.messages("/chief")
    assert "This is the only message: what else comes until 10:05 UTC is gathered" in only
    room.desk.once(NOW + HOUR + 6 * MINUTE)
    rest = room.messages("/chief")[1]
    assert "3 alerts" in rest
    assert "ESCALATED: nobody acknowledged these within 1 min." in rest


@pytest.mark.slow
def test_the_last_message_tells_the_time_at_which_the_next_comes(room: Newsroom) -> None:
    limited(room, "2/1h")
    room.desk.route(receivers=["desk"])
    room.starts()
    room.brings("war", at=NOW + MINUTE)
    room.brings("tea", at=NOW + 2 * MINUTE)  # gathered for 15 minutes
    room.brings("war", at=NOW + 8 * MINUTE)
    assert "until 10:01 UTC is gathered" in room.messages()[1]
    for minute in range(10, 60, 10):
        room.brings("coup" if minute == 30 else "war", at=NOW + minute * MINUTE)
    assert [re.findall(r"Rule \w+", text)[0] for text in room.messages()] == [
        "Rule war",
        "Rule war",
        "Rule coup",
    ]
    room.desk.once(NOW + HOUR + 2 * MINUTE)
    assert len(room.messages()) == 4
    assert "5 alerts of 2 rules" in room.messages()[3]
    assert {one.state.value for one in room.desk.deliveries()} == {"sent"}


def test_the_day_is_told_where_it_is_another(room: Newsroom) -> None:
    limited(room, "1/2d")
    room.starts()
    room.brings("war", at=NOW + MINUTE)
    assert "until 09:01 UTC on 2026-01-10 is gathered" in room.messages()[0]


@pytest.mark.slow
def test_explain_tells_each_hold_one_after_the_other(room: Newsroom) -> None:
    room.desk.route(receivers=["desk"], throttle="1/2d", quiet="09:02-10:00 UTC", mode="now")
    room.starts()
    room.brings("war", at=NOW + MINUTE)
    room.brings("war", at=NOW + 5 * MINUTE)  # kept by the quiet hours, then by the limit
    room.desk.once(NOW + HOUR + MINUTE)
    told = " ".join(room.desk.watchd("explain", "hit:2").stdout.split())
    begins, goes_on = told.index("2026-01-08 09:05 held.quiet"), told.index("10:01 held.throttle")
    assert "until 2026-01-08 10:00" in told[begins:goes_on]
    assert "until 2026-01-10 09:01" in told[goes_on:]
    [rule] = json.loads(room.desk.watchd("explain", "hit:2", "--json").stdout)["rules"]
    [delivery] = rule["hit"]["deliveries"]
    at, until, then = (f"2026-01-08T{clock}:00Z" for clock in ("09:05", "10:00", "10:01"))
    quiet_hours, limit = delivery["holds"]
    assert quiet_hours == {"reason": "quiet", "at": at, "until": until}
    assert (limit["reason"], limit["at"]) == ("throttle", then)
    assert limit["until"].startswith("2026-01-10T09:01:00")


def edited(room: Newsroom, before: str, after: str) -> None:
    words = room.desk.config.read_text(encoding="utf-8")
    assert before in words
    room.desk.config.write_text(words.replace(before, after), encoding="utf-8")


def test_a_throttle_that_is_taken_away_holds_nothing_any_more(room: Newsroom) -> None:
    room.desk.route(receivers=["desk"], throttle="1/1d", mode="now")
    room.starts()
    for minute in (1, 2, 3):
        room.brings("war", at=NOW + minute * MINUTE)
    assert len(room.messages()) == 1
    edited(room, 'throttle = "1/1d"', 'throttle = "1/2d"')
    room.desk.once(NOW + HOUR)
    assert len(room.messages()) == 1  # the limit still stands, and says until when
    held = room.desk.deliveries()[1:]
    assert {(one.held_for.value, f"{one.held_until:%d %H:%M}") for one in held} == {
        ("throttle", "10 09:01")
    }
    edited(room, 'throttle = "1/2d"', "")
    room.desk.once(NOW + HOUR + MINUTE)
    assert len(room.messages()) == 2
    assert "+2 since 09:02 UTC" in room.messages()[1]


def test_a_limit_that_is_taken_away_at_night_does_not_wake_anybody(room: Newsroom) -> None:
    room.desk.route(receivers=["desk"], throttle="1/1d", mode="now", quiet="22:00-07:00 UTC")
    room.starts()
    for minute in (1, 2):
        room.brings("war", at=NOW + minute * MINUTE)
    edited(room, 'throttle = "1/1d"', "")
    room.desk.once(NOW + 15 * HOUR)
    assert len(room.messages()) == 1
    room.desk.once(NOW + 22 * HOUR)
    assert len(room.messages()) == 2


def test_a_wider_limit_of_a_receiver_is_for_what_waits_too(room: Newsroom) -> None:
    limited(room, "1/2d")
    room.starts()
    for minute in (1, 2, 3):
        room.brings("war", at=NOW + minute * MINUTE)
    edited(room, 'storm = "1/2d"', 'storm = "1/3d"')
    room.desk.once(NOW + HOUR)
    assert min(one.held_until for one in room.desk.deliveries()[1:]) > NOW + 3 * DAY
    edited(room, 'storm = "1/3d"', 'storm = "2/3d"')
    room.desk.once(NOW + HOUR + MINUTE)
    assert len(room.messages()) == 2
    assert "2 alerts" in room.messages()[1]


def test_who_else_is_told_follows_the_config_until_it_is_sent(room: Newsroom) -> None:
    room.desk.receiver("chief", f"json://{room.hooks.address}/chief")
    room.desk.route(receivers=["desk"], quiet="08:00-12:00 UTC", mode="now")
    room.starts()
    room.brings("war", at=NOW + MINUTE)
    room.desk.lines += ['escalate = "30m"', 'escalate_to = ["chief"]']
    room.desk.write()
    room.desk.once(NOW + 3 * HOUR)
    room.desk.once(NOW + 4 * HOUR)
    room.desk.once(NOW + 4 * HOUR + MINUTE)
    assert len(room.messages("/chief")) == 1
    room.brings("war", at=NOW + 24 * HOUR)
    edited(room, 'escalate = "30m"', "")
    edited(room, 'escalate_to = ["chief"]', "")
    for hours in (27, 28, 29):
        room.desk.once(NOW + hours * HOUR)
    assert len(room.messages()) == 2
    assert len(room.messages("/chief")) == 1


def test_what_a_person_asks_for_waits_for_no_limit(room: Newsroom) -> None:
    limited(room, "1/2d")
    room.starts()
    for minute in (1, 2, 3):
        room.brings("war", at=NOW + minute * MINUTE)
    with closing(open_store(room.desk.database)) as store:
        store.write(outbox.retry, [room.desk.deliveries()[1].id], NOW + HOUR)
    room.desk.once(NOW + HOUR)
    assert len(room.messages()) == 2
    assert "war 2" in room.messages()[1]


def test_a_digest_waits_for_no_limit(room: Newsroom) -> None:
    limited(room, "1/2d")
    room.desk.route(receivers=["desk"])
    room.desk.route(receivers=["desk"], severity=["low"], mode="daily@12:00 UTC", empty=True)
    room.starts()
    room.brings("harvest", "war", at=NOW + MINUTE)
    room.brings("war", at=NOW + 2 * MINUTE)
    assert len(room.messages()) == 1
    room.desk.once(datetime(2026, 1, 8, 12, tzinfo=UTC))
    room.desk.once(datetime(2026, 1, 9, 12, tzinfo=UTC))
    assert [text[:20] for text in room.messages()[1:]] == [
        "[LOW] Daily digest: ",
        "Daily digest: no ale",
    ]
    room.desk.once(NOW + 2 * DAY + 2 * MINUTE)
    assert len(room.messages()) == 4
