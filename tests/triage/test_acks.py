"""Acknowledgements: a story that somebody has seen is sent again only for new words."""

from __future__ import annotations

import json

import pytest

from tests.support.desk import NOW
from tests.triage.conftest import HOUR, MINUTE, Newsroom

LONG = (
    "The delegation that arrived on Monday was received at the airport by officials of the "
    "ministry, who thanked its members for the long friendship between the two peoples, and "
    "spoke of the {} that had been on the minds of all who took part in the talks this year."
)


def test_an_edit_with_the_same_words_is_kept_as_acked_and_new_words_are_sent(
    room: Newsroom,
) -> None:
    room.brings("war in the north", at=NOW + MINUTE)
    room.ack(at=NOW + 2 * MINUTE)
    room.edits("war in the south", at=NOW + 3 * MINUTE)
    assert room.statuses() == ["sent", "acked"]
    room.edits("war in the south, with missiles", at=NOW + 4 * MINUTE)
    assert room.statuses() == ["sent", "acked", "sent"]
    assert "UPDATE" in room.messages()[1]


def test_copies_of_an_acked_story_are_acked_also_where_the_rule_follows_it(room: Newsroom) -> None:
    room.desk.rule("war", "war OR missile*", follow_up="publishers:2")
    room.site.feed("/b.xml", [room._entry(0, "All is well.")])
    room.desk.feed("tass", room.site.url("/b.xml"), interval="20s")
    room.desk.once(NOW)
    room.brings(LONG.format("war"), at=NOW + MINUTE)
    room.ack(at=NOW + 2 * MINUTE)
    room.site.feed("/b.xml", [{**room.entries[0], "guid": "b", "link": "https://b.example/1"}])
    room.desk.once(NOW + HOUR)
    assert room.statuses() == ["sent", "acked"]
    assert len(room.messages()) == 1


@pytest.mark.slow
def test_a_renamed_rule_keeps_its_acknowledgements(room: Newsroom) -> None:
    room.brings("war in the north", at=NOW + MINUTE)
    room.ack(at=NOW + 2 * MINUTE)
    (room.desk.path / "rules/war.toml").unlink()
    room.desk.rule("clash", "war", was="war")
    room.edits("war in the south", at=NOW + 3 * MINUTE)
    assert room.statuses() == ["sent", "acked"]


@pytest.mark.slow
def test_another_story_and_another_rule_are_sent(room: Newsroom) -> None:
    room.desk.rule("north", "north", severity="high")
    room.brings("war in the north", at=NOW + MINUTE)
    assert len(room.messages()) == 2
    room.ack(at=NOW + 2 * MINUTE)
    room.brings("war again", at=NOW + 3 * MINUTE)
    assert room.statuses().count("sent") == 3


def test_on_the_command_line(room: Newsroom) -> None:
    room.brings("war in the north", at=NOW + MINUTE)
    done = room.desk.watchd("ack", "1", "-n", "on it", "--by", "Kim")
    assert done.stdout == (
        "acknowledged: hit 1 (war: Item 1); it is sent again only for new words\n"
    )
    [one] = json.loads(room.desk.watchd("ack", "--list", "--json").stdout)
    assert (one["hit"], one["rule"], one["by"], one["note"]) == (1, "war", "Kim", "on it")
    assert "on it" in room.desk.watchd("ack", "--list").stdout
    item = str(room.hit().stored.id)
    assert "acknowledged by Kim" in room.desk.watchd("explain", item, "war").stdout
    refused = room.desk.watchd("ack", "99")
    assert (refused.returncode, "there is no hit 99" in refused.stderr) == (1, True)
    assert room.desk.watchd("ack").returncode == 2
    assert room.desk.watchd("ack", "1", "--list").returncode == 2
