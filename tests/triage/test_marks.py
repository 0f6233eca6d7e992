"""Marks: what people think of hits, and what that says of a rule."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.support.desk import NOW
from tests.triage.conftest import MINUTE, Newsroom


def test_precision_is_told_wherever_the_rule_is(room: Newsroom) -> None:
    room.desk.rule("tea", "tea", severity="low")
    room.brings("war one", "war two", "war three", "tea", at=NOW + MINUTE)
    numbers = [str(one.id) for one in room.desk.hits() if one.hit.rule == "war"]
    tea = next(str(one.id) for one in room.desk.hits() if one.hit.rule == "tea")
    room.desk.watchd("mark", numbers[0], "noise")
    room.desk.watchd("mark", numbers[1], "useful")
    room.desk.watchd("mark", tea, "useful")
    said = room.desk.watchd("mark", numbers[2], "useful", "-n", "first", "--by", "Kim").stdout
    assert said.endswith("so far 2 of 3 useful (67 %)\n")

    status = json.loads(room.desk.watchd("status", "--json").stdout)
    war = {"rule": "war", "useful": 2, "noise": 1, "precision": 0.667}
    assert war in status["marks"]
    shown = room.desk.watchd("status").stdout
    assert "marks     war  2 of 3 marked hits were useful (67 %)" in shown

    hits = json.loads(room.desk.watchd("hits", "--rule", "war", "--json").stdout)
    mark = next(one["mark"] for one in hits if str(one["id"]) == numbers[2])
    assert (mark["as"], mark["by"], mark["note"]) == ("useful", "Kim", "first")
    assert all(one["rule_marks"] == war for one in hits)
    table = room.desk.watchd("hits", "--rule", "war")
    assert "marked noise" in table.stdout
    assert "war: 2 of 3 useful (67 %) of those marked" in table.stderr

    room.desk.once(datetime(2026, 1, 9, 7, 30, tzinfo=UTC))
    assert "marked so far: tea 1 of 1 useful (100 %)" in room.messages()[-1]


@pytest.mark.slow
def test_the_last_word_counts(room: Newsroom) -> None:
    room.brings("war", at=NOW + MINUTE)
    room.desk.watchd("mark", "1", "noise")
    said = room.desk.watchd("mark", "1", "useful").stdout
    assert "so far 1 of 1 useful" in said
    assert room.desk.watchd("mark", "1", "good").returncode == 2
    assert room.desk.watchd("mark", "7", "noise").returncode == 1
