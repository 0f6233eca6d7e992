"""Quiet hours: nothing is sent in them, whatever lets it go: a limit, a group, an escalation."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

import pytest

from tests.daemon.test_holding import DAY, HOUR, MINUTE, Newsroom, room
from tests.support.sinks import Answer
from watchd.store import open_store, outbox

__all__ = ["room"]

NIGHT = "22:00-07:00 UTC"
LATE = datetime(2026, 1, 8, 21, tzinfo=UTC)
MORNING = datetime(2026, 1, 9, 7, tzinfo=UTC)


def through_the_night(room: Newsroom) -> None:
    """Rounds every half hour, up to the last one before the end of the quiet hours."""
    at = LATE + HOUR
    while at < MORNING:
        room.desk.once(at)
        at += 90 * MINUTE


def test_what_a_storm_held_until_night_comes_in_the_morning_as_one(room: Newsroom) -> None:
    room.desk.lines.append('storm = "1/2h"')
    room.desk.route(receivers=["desk"], mode="now", quiet=NIGHT)
    room.starts(LATE)
    for minute in (1, 2, 3):
        room.brings("war", at=LATE + minute * MINUTE)
    assert "what else comes until 07:00 UTC on 2026-01-09 is gathered" in room.messages()[0]
    room.brings("coup", at=LATE + 100 * MINUTE)
    assert len(room.messages()) == 2
    through_the_night(room)
    assert len(room.messages()) == 2
    room.desk.once(MORNING)
    room.desk.once(MORNING + 3 * HOUR)
    assert len(room.messages()) == 3
    assert "2 alerts" in room.messages()[2]


@pytest.mark.parametrize("storm", [pytest.param("20/1h", marks=pytest.mark.slow), "off"])
def test_what_a_throttle_held_until_night_comes_in_the_morning_as_one(
    room: Newsroom, storm: str
) -> None:
    room.desk.lines.append(f'storm = "{storm}"')
    room.desk.route(receivers=["desk"], mode="now", quiet=NIGHT, throttle="1/2h")
    room.starts(LATE)
    for minute in (1, 2, 3):
        room.brings("war", at=LATE + minute * MINUTE)
    through_the_night(room)
    assert len(room.messages()) == 1
    held = room.desk.deliveries()[1:]
    assert {(one.held_for.value, one.held_until) for one in held} == {("quiet", MORNING)}
    room.desk.once(MORNING)
    assert len(room.messages()) == 2
    assert "2 alerts" in room.messages()[1]


@pytest.mark.slow
def test_what_was_due_while_watchd_was_off_is_not_sent_at_night(room: Newsroom) -> None:
    room.desk.route(receivers=["desk"], mode="group:15m", quiet=NIGHT)
    room.starts(LATE)
    room.brings("war", at=LATE + 40 * MINUTE)
    room.desk.once(LATE + 62 * MINUTE)
    assert room.messages() == []
    room.desk.once(MORNING)
    assert len(room.messages()) == 1


@pytest.mark.slow
def test_what_a_person_asks_for_is_sent_at_night_too(room: Newsroom) -> None:
    room.desk.route(receivers=["desk"], mode="now", quiet=NIGHT, throttle="1/2h")
    room.starts(LATE)
    for minute in (1, 2, 3):
        room.brings("war", at=LATE + minute * MINUTE)
    with closing(open_store(room.desk.database)) as store:
        store.write(outbox.retry, [room.desk.deliveries()[2].id], LATE + 2 * HOUR)
    room.desk.once(LATE + 2 * HOUR)
    assert len(room.messages()) == 2
    assert "war 3" in room.messages()[1]


@pytest.mark.slow
def test_quiet_hours_are_those_of_the_route_it_came_by(room: Newsroom) -> None:
    room.desk.lines.append('storm = "1/90m"')
    room.desk.route(receivers=["desk"], rules=["war"], mode="now", quiet=NIGHT)
    room.desk.route(receivers=["desk"], rules=["tea"], mode="now")
    room.starts(LATE)
    room.brings("war", at=LATE + MINUTE)
    room.brings("war", "tea", at=LATE + 2 * MINUTE)
    room.desk.once(LATE + 95 * MINUTE)
    assert ["Rule tea" in text for text in room.messages()] == [False, True]
    room.desk.once(MORNING)
    assert ["Rule tea" in text for text in room.messages()] == [False, True, False]


@pytest.mark.slow
@pytest.mark.parametrize("word", ["war", "coup"])
def test_what_nobody_acknowledged_wakes_nobody_but_for_what_is_critical(
    room: Newsroom, word: str
) -> None:
    room.desk.receiver("chief", f"json://{room.hooks.address}/chief")
    room.desk.route(
        receivers=["desk"], mode="now", quiet=NIGHT, escalate="30m", escalate_to=["chief"]
    )
    room.starts(LATE)
    room.brings(word, at=LATE + 50 * MINUTE)
    through_the_night(room)
    assert len(room.messages("/chief")) == (word == "coup")
    room.desk.once(MORNING)
    assert len(room.messages("/chief")) == 1


@pytest.mark.slow
def test_what_another_does_not_take_waits_for_the_morning(room: Newsroom) -> None:
    room.desk.lines.append('fallback = "mail"')
    room.desk.receiver("mail", f"json://{room.hooks.address}/mail")
    room.desk.route(receivers=["desk"], mode="now", quiet=NIGHT)
    room.starts(LATE)
    room.hooks.always(Answer(status=503), path="/desk")
    room.brings("war", at=LATE + 58 * MINUTE)
    through_the_night(room)
    assert room.messages("/mail") == []
    room.desk.once(MORNING)
    room.desk.once(MORNING + MINUTE)
    assert len(room.messages("/mail")) == 1


@pytest.mark.slow
def test_what_was_missed_and_is_found_at_night_is_one_message_in_the_morning(
    room: Newsroom,
) -> None:
    room.desk.route(receivers=["desk"], quiet=NIGHT)
    room.starts(LATE - 2 * DAY)
    room.brings("harvest", "tea", "war", at=LATE + 3 * HOUR)
    assert room.messages() == []
    room.desk.once(MORNING)
    [message] = room.messages()
    assert "3 alerts" in message
    assert "digest" not in message.casefold()
    room.desk.once(MORNING + HOUR)
    assert len(room.messages()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("trouble", [Answer(status=503), Answer(status=404), Answer(cut="half")])
def test_what_was_not_taken_before_is_not_tried_at_night(room: Newsroom, trouble: Answer) -> None:
    room.desk.route(receivers=["desk"], mode="now", quiet=NIGHT)
    room.starts(LATE)
    room.hooks.always(trouble, path="/desk")
    room.brings("war", at=LATE + 58 * MINUTE)
    tried = len(room.hooks.at("/desk"))
    room.hooks.always(Answer(), path="/desk")
    room.brings("war", at=LATE + 2 * HOUR)
    through_the_night(room)
    assert len(room.hooks.at("/desk")) == tried == 1
    room.brings("coup", at=MORNING - HOUR)
    assert len(room.hooks.at("/desk")) == 2
    for minutes in (0, 1, 20):
        room.desk.once(MORNING + minutes * MINUTE)
    assert [row.state.value for row in room.desk.deliveries()] == ["sent"] * 3
    told = "\n".join(post.body for post in room.hooks.at("/desk")[2:])
    assert all(f"https://x.example/{number}" in told for number in (1, 2))
    first, *_ = room.desk.deliveries()
    assert [one.reason.value for one in first.holds] == ["quiet"]
    assert "Delayed 9 h" in told  # as late as it is
