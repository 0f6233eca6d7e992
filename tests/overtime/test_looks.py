"""What rules over time come to: one rule file a type, looked at over small timelines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from watchd.overtime.testing import look_at_test
from watchd.overtime.windows import Look
from watchd.rules import OverTime, any_from_source

AT = datetime(2026, 3, 1, tzinfo=UTC)


def rule_of(kind: str, table: str, query: str = "alien", item: str = "") -> OverTime:
    asks = "" if kind in ("sequence", "flatline") else f"query = '{query}'\n"
    text = f'title = "T"\nseverity = "low"\ntype = "{kind}"\n{asks}[{kind}]\n{table}\n{item}'
    rule = any_from_source("r", "r.toml", text, {})
    assert isinstance(rule, OverTime)
    return rule


def look(kind: str, table: str, *items: str, query: str = "alien", history: int = 400) -> Look:
    """At AT; an item is "days before AT | source | text"."""
    rows = []
    for item in items:
        days, source, text = (part.strip() for part in item.split("|"))
        at = AT - timedelta(days=float(days))
        rows.append(f'{{ published = {at.isoformat()}, source = "{source}", text = "{text}" }}')
    since = (AT - timedelta(days=history)).isoformat()
    test = (
        f'[[test]]\nname = "t"\nexpect = "alert"\nat = {AT.isoformat()}\n'
        f"history_from = {since}\nitems = [{', '.join(rows)}]"
    )
    rule = rule_of(kind, table, query, test)
    return look_at_test(rule, rule.tests[0])


FIVE = [f"{day} | {source} | alien {word}" for day, source, word in [
    (1, "a", "one"), (2, "b", "two"), (3, "a", "three"), (4, "c", "three"), (9, "d", "four"),
]]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "value", "state"),
    [
        ("", 4, "alert"),
        ('distinct = "source"', 3, "no alert"),
        ('distinct = "story"', 3, "no alert"),
        ('by = "source"', 2, "no alert"),
    ],
)
def test_frequency(more: str, value: float, state: str) -> None:
    found = look("frequency", f'at_least = 4\nwithin = "7d"\n{more}', *FIVE)
    assert (found.state, found.value) == (state, value), found.said


def test_the_end_of_a_window_is_in_it_and_its_beginning_is_not() -> None:
    table = 'at_least = 2\nwithin = "7d"'
    assert look("frequency", table, "0 | a | alien x", "6.99 | a | alien y").state == "alert"
    assert look("frequency", table, "0 | a | alien x", "7 | a | alien y").state == "no alert"


SPIKE = 'window = "1d"\nbaseline = "14d"\nat_least = 4'
SURGE = [f"0.{n} | a | alien surge {n}" for n in range(1, 6)]


def test_a_surge_is_told_with_its_numbers() -> None:
    found = look("spike", SPIKE, "3 | a | alien old", "8 | a | alien older", *SURGE)
    assert (found.state, found.value) == ("alert", 5)
    assert found.said == (
        "5 stories in 1d; usual 2 in 14 windows of that length (about 0.17 expected); "
        "chance under 0.01 %"
    )
    assert len(found.behind) == 5


def test_copies_of_one_story_are_no_surge() -> None:
    copies = [f"0.{n} | s{n} | {text}" for n, text in enumerate(
        ["An alien, he said", "an alien he said", "An “alien”, he said.", "AN ALIEN, HE SAID"], 1
    )]  # fmt: skip
    assert look("spike", SPIKE, *copies).value == 1


def test_a_busy_day_is_no_surge() -> None:
    """Ten times as many stories in all: ten times as many of these are as usual."""
    usual = [f"{day}.{n} | a | story {day} {n}" for day in range(1, 15) for n in range(1, 20)]
    usual += [f"{day}.5 | a | alien {day}" for day in range(1, 15)]
    busy = [f"0.{n:03} | a | busy {n}" for n in range(1, 200)]
    found = look("spike", SPIKE, *usual, *busy, *SURGE)
    assert found.state == "no alert"
    assert found.said.startswith("5 of 204 stories in 1d; usual 14 of 280 in 14 windows")
    assert look("spike", SPIKE, *usual, *SURGE).state == "alert"


@pytest.mark.parametrize(("days", "state"), [(13, "not ready"), (15, "alert")])
def test_a_spike_waits_for_history(days: int, state: str) -> None:
    assert look("spike", SPIKE, *SURGE, history=days).state == state
    assert look("spike", SPIKE + '\nwarm_up = "1d"', *SURGE, history=4).state == "not ready"


RATIO = "count = 'russia*'\nagainst = 'china'\nwithin = \"30d\"\nabove = 3\nat_least = 4"
NAMED = ["1 | a | alien Russia, Russian", "2 | a | alien Russia and China", "3 | a | Russia"]


@pytest.mark.parametrize(
    ("table", "items", "value", "state"),
    [
        (RATIO, NAMED, 3.0, "alert"),
        (RATIO.replace("at_least = 4", "at_least = 5"), NAMED, 3.0, "no alert"),
        (RATIO + '\nunit = "items"', NAMED, 2.0, "no alert"),
        (RATIO, [*NAMED, "4 | b | alien Russia and China"], 3.0, "alert"),
        (RATIO, [*NAMED, "4 | b | alien China"], 1.5, "no alert"),
        (RATIO, NAMED[2:], None, "no alert"),
        (RATIO.replace("above = 3", "below = 3"), NAMED, 3.0, "alert"),
        (RATIO, ["1 | a | alien Russia Russia Russia Russia"], float("inf"), "alert"),
    ],
)
def test_ratio(table: str, items: list[str], value: float | None, state: str) -> None:
    found = look("ratio", table, *items)
    if items[-1] == "4 | b | alien Russia and China":  # a copy of a story that counts already
        assert "2 stories" in found.said
    assert (found.state, found.value) == (state, value), found.said


def test_a_ratio_is_told_with_the_share_of_stories() -> None:
    assert look("ratio", RATIO, *NAMED).said == (
        "russia 3, china 1 mentions: 3.0 times as often, in 30d; russia is named in 2 of 2 "
        "stories that name either (95 %: 34% to 100%)"
    )


def test_one_story_names_and_two_stories_name() -> None:
    said = look("ratio", RATIO, NAMED[0]).said
    assert "1 story that names either" in said


STEP = '[[sequence.step]]\nname = "{0}"\nquery = "{0}"\n'
BOTH = STEP.format("launch") + STEP.format("advisers")
ABSENT = STEP.format("launch") + STEP.format("denial") + "absent = true\n"


@pytest.mark.parametrize(
    ("table", "items", "state"),
    [
        (BOTH, ["1 | a | launch", "9 | a | advisers"], "alert"),
        (BOTH, ["1 | a | launch", "22 | a | advisers"], "no alert"),
        (BOTH, ["5 | a | advisers at the launch"], "alert"),
        (BOTH, ["5 | a | launch", "6 | b | launch"], "no alert"),
        ('order = "as listed"\n' + BOTH, ["1 | a | launch", "9 | a | advisers"], "no alert"),
        ('order = "as listed"\n' + BOTH, ["9 | a | launch", "1 | a | advisers"], "alert"),
        (ABSENT, ["22 | a | launch"], "alert"),
        (ABSENT, ["20 | a | launch"], "no alert"),  # there is a day left
        (ABSENT, ["22 | a | launch", "3 | a | denial"], "no alert"),
        (ABSENT, ["22 | a | launch", "0.5 | a | denial"], "alert"),  # too late
    ],
)
def test_sequence(table: str, items: list[str], state: str) -> None:
    found = look("sequence", f'within = "21d"\n{table}', *items)
    assert found.state == state, found.said


def test_a_new_wording_is_new_once() -> None:
    table, query = 'history = "90d"\nknown = ["invincible army"]', '"invincible *"'
    used = "30 | a | our invincible friendship"
    for text, state in [
        ("the invincible alliance", "alert"),
        ("the Invincible Army", "no alert"),
        ("Invincible Friendship!", "no alert"),
        ("nothing of the kind", "no alert"),
    ]:
        before = used, used.replace("30", "60")
        found = look("new_term", table, *before, f"1 | a | {text}", query=query)
        assert found.state == state, found.said
    old = used.replace("30", "91")
    found = look("new_term", table, old, "1 | a | invincible friendship", query=query)
    assert found.said == "‘invincible friendship’: not used in the 90d before"
    found = look("new_term", table, "1 | a | an invincible wall", query=query, history=5)
    assert found.state == "not ready"


def test_a_feed_goes_quiet_by_itself() -> None:
    table = 'sources = ["en", "ko"]\nwithin = "36h"'
    quiet = look("flatline", table, "3 | en | x", "0.5 | ko | y")
    assert (quiet.state, quiet.key) == ("alert", "en")
    assert quiet.said == "0 items of en in 36h, the last one 2026-02-26 00:00 UTC"
    assert look("flatline", table, "1 | en | x", "0.5 | ko | y").state == "no alert"
    assert look("flatline", table, "3 | en | x", "0.5 | ko | y", history=1).state == "not ready"


def test_a_feed_that_never_had_an_item_is_not_ready_as_in_the_daemon() -> None:
    found = look("flatline", 'sources = ["en"]\nwithin = "36h"', "-1 | en | after the look")
    assert (found.state, found.key) == ("not ready", "en")
