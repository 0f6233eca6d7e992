"""`watchd try` of a rule over time: each look with its numbers, and when it would have alerted."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.commandline import watchd
from tests.support.desk import DeskFolder
from tests.support.site import Site

START = datetime(2026, 1, 1, tzinfo=UTC)
TODAY = datetime.now(UTC).replace(microsecond=0)

FREQUENCY = 'at_least = 3\nwithin = "2d"'
SPIKE = 'window = "1d"\nbaseline = "14d"\nat_least = 4'
STEP = '[[sequence.step]]\nname = "{0}"\nquery = "{0}"\n'
BOTH = f'within = "3d"\n{STEP.format("treaty")}{STEP.format("denial")}'
ABSENT = f"{BOTH}absent = true\n"
RATIO = 'count = "treaty"\nagainst = "denial"\nwithin = "9d"\nabove = 2\nat_least = 2'
NEW_TERM = 'history = "90d"'
FLATLINE = 'sources = ["b"]\nwithin = "60h"'


def rule_file(
    folder: Path, kind: str, table: str, query: str = "alien*", more: str = "", name: str = ""
) -> str:
    asks = "" if kind in ("sequence", "flatline") else f"query = '{query}'\n"
    path = folder / f"{name or kind}.toml"
    head = f'title = "T"\nseverity = "high"\ntype = "{kind}"\n{more}{asks}'
    path.write_text(f"{head}[{kind}]\n{table}\n", "utf-8")
    return str(path)


def items_file(folder: Path, *rows: tuple[float, str, str], days: int = 0) -> str:
    """A row is (day, feed, text); and a text a day that no rule finds, for so many days."""
    rows = (*rows, *((day, "a", f"Rice {day}") for day in range(days)))
    lines = [
        {"title": text, "source": feed, "published": (START + timedelta(days=day)).isoformat()}
        for day, feed, text in sorted(rows)
    ]
    path = folder / "items.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    return str(path)


def tried(rule: str, items: str) -> dict[str, Any]:
    done = watchd("try", rule, "--items", items, "--json")
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if found["hits"] else 1), done.stderr
    return found


def outcomes(found: dict[str, Any]) -> list[str]:
    return [one["outcome"] for one in found["looks"]]


def test_each_look_is_told_with_what_it_comes_to(tmp_path: Path) -> None:
    rule = rule_file(tmp_path, "frequency", FREQUENCY)
    items = items_file(
        tmp_path, (1, "a", "alien 1"), (2, "b", "alien 2"), (2.5, "a", "alien 3"),
        (3, "b", "alien 4"), (9, "a", "alien 5"), days=12,
    )  # fmt: skip
    done = watchd("try", rule, "--items", items)
    assert done.returncode == 0, done.stderr
    first, *_ = done.stdout.splitlines()
    assert first == (
        "frequency: 1 alert in 5 looks at 17 items of 2 sources, from 1 Jan 2026 to 12 Jan 2026; "
        "about 1 alert in 2 weeks"
    )
    assert "2026-01-03 12:00  alert: 3 items in 2d; the rule asks for 3\n" in done.stdout
    assert "\n  2026-01-03  a\n    »alien« 3\n" in done.stdout
    assert "2026-01-04 00:00  rests until 2026-01-05 12:00: 3 items in 2d" in done.stdout
    assert "2026-01-10 00:00  no alert: 1 item in 2d; the rule asks for 3" in done.stdout
    found = tried(rule, items)
    assert outcomes(found) == ["no alert", "no alert", "alert", "rests", "no alert"]
    assert [one["value"] for one in found["looks"]] == [1, 2, 3, 3, 1]
    assert found["per_day"] == {"2026-01-03": 1}
    assert [one["title"] for one in found["samples"]] == ["alien 3"]


def test_a_spike_tells_what_it_expected_and_from_when_on_it_was_ready(tmp_path: Path) -> None:
    rule = rule_file(tmp_path, "spike", SPIKE)
    surge = [(20 + part / 10, "b", f"alien surge {part}") for part in range(1, 6)]
    items = items_file(tmp_path, (2, "a", "alien old"), (9, "a", "alien older"), *surge, days=22)
    done = watchd("try", rule, "--items", items, "--samples", "2")
    assert "1 alert in 7 looks" in done.stdout
    assert (
        "Not ready in 2 looks: not 14d of history yet: items are collected since 2026-01-01 00:00 "
        "UTC; ready from 2026-01-15 00:00 on."
    ) in done.stdout
    assert "2026-01-21 09:36  alert: 4 stories in 1d; usual 1 in 14 windows" in done.stdout
    assert "The newest looks:" in done.stdout
    assert "… and 5 more (--samples 7)" in done.stdout
    found = tried(rule, items)
    assert outcomes(found) == ["not ready"] * 2 + ["no alert"] * 3 + ["alert", "rests"]
    assert found["ready"] == "2026-01-15T00:00:00Z"
    early, surging = found["looks"][0], found["looks"][5]
    assert (early["value"], early["expected"], early["chance"]) == (None, None, None)
    assert surging["value"] == 4
    assert 0.05 < surging["expected"] < 0.2
    assert surging["chance"] < 0.01


def test_a_copy_rests_with_the_alert_it_is_a_copy_of(tmp_path: Path) -> None:
    rule = rule_file(tmp_path, "spike", SPIKE.replace("14d", "8d") + '\nwarm_up = "5d"')
    surge = [(20 + part / 10, "b", f"alien surge {part}") for part in (1, 2, 3, 4)]
    items = items_file(tmp_path, *surge, (20.5, "a", "Alien surge 1"), days=22)
    assert outcomes(tried(rule, items)) == ["no alert"] * 3 + ["alert", "rests"]


def test_without_an_alert_what_came_nearest_is_told(tmp_path: Path) -> None:
    rule = rule_file(tmp_path, "frequency", FREQUENCY.replace("3", "9"))
    rows = [(day / 4, "a", f"alien {day}") for day in range(4)]
    items = items_file(tmp_path, *rows, (9, "a", "alien"), days=9)
    done = watchd("try", rule, "--items", items, "--samples", "1")
    assert done.returncode == 1
    near = done.stdout.partition("Nearest to an alert:\n")[2].splitlines()[0]
    assert near == "2026-01-01 18:00  no alert: 4 items in 2d; the rule asks for 9"


def test_a_file_in_which_nothing_counts_says_why(tmp_path: Path) -> None:
    items = items_file(tmp_path, days=9)
    done = watchd("try", rule_file(tmp_path, "frequency", FREQUENCY), "--items", items)
    assert done.returncode == 1
    assert "0 alerts in 0 looks at 9 items" in done.stdout
    assert "None of its queries finds anything in these items." in done.stdout
    done = watchd("try", rule_file(tmp_path, "flatline", FLATLINE), "--items", items)
    assert "There is no item of the feeds it watches: b." in done.stdout
    scoped = rule_file(tmp_path, "frequency", FREQUENCY + '\n[sources]\nonly = ["b"]')
    done = watchd("try", scoped, "--items", items)
    assert "[sources] of the rule leaves out all of these items: it reads only b" in done.stdout
    draft = rule_file(tmp_path, "frequency", FREQUENCY, more='status = "off"\n')
    done = watchd("try", draft, "--items", items_file(tmp_path, (1, "a", "alien")))
    assert "no alert: 1 item in 2d" in done.stdout  # tried as if it were in force
    assert 'The rule has status = "off": at work it finds nothing.' in done.stdout


def test_a_rule_that_waits_is_looked_at_when_the_time_has_run_out(tmp_path: Path) -> None:
    rule = rule_file(tmp_path, "sequence", ABSENT)
    items = items_file(tmp_path, (1, "a", "treaty"), (8, "a", "treaty"), (9, "b", "denial"))
    assert tried(rule, items)["looks"][0]["at"] == "2026-01-05T00:00:00Z"
    items = items_file(
        tmp_path, (1, "a", "treaty"), (8, "a", "treaty"), (9, "b", "denial"), days=20
    )
    found = tried(rule, items)
    looks = [(one["at"], one["outcome"]) for one in found["looks"]]
    assert ("2026-01-05T00:00:00Z", "alert") in looks
    assert ("2026-01-12T00:00:00Z", "no alert") in looks


def test_a_feed_that_went_quiet_is_told_once(tmp_path: Path) -> None:
    rule = rule_file(tmp_path, "flatline", FLATLINE)
    rows = [(day, "b", f"b {day}") for day in (0, 1, 2, 3, 9, 10)]
    found = tried(rule, items_file(tmp_path, *rows, days=11))
    told = [(one["at"], one["key"], one["value"]) for one in found["looks"] if one["value"] == 0]
    assert told == [("2026-01-06T12:00:00Z", "b", 0)]
    assert found["hits"] == 1
    assert found["samples"][0]["title"] == "b 3"


KINDS = [
    ("frequency", FREQUENCY, "alien*"),
    ("frequency", FREQUENCY + '\nby = "source"', "alien*"),
    ("spike", SPIKE, "alien*"),
    ("ratio", RATIO, "treaty OR denial"),
    ("sequence", BOTH, ""),
    ("sequence", ABSENT, ""),
    ("new_term", NEW_TERM, '"new *"'),
    ("flatline", FLATLINE, ""),
]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "table", "query"), KINDS)
def test_it_alerts_where_a_backtest_does(tmp_path: Path, kind: str, table: str, query: str) -> None:
    rows = [
        *((16 + part / 9, "ab"[part % 2], f"alien treaty number {part}") for part in range(9)),
        *((day, "b", f"denial of the new {day} alien") for day in (2, 3, 25, 31)),
        *((day, "a", f"A new {word} treaty") for day, word in ((20, "alien"), (30, "old"))),
    ]
    rule = rule_file(tmp_path, kind, table, query)
    items = items_file(tmp_path, *rows, days=40)
    found = tried(rule, items)
    done = watchd("backtest", rule, "--items", items, "--json")
    (tallied,) = json.loads(done.stdout)["rules"]
    assert found["hits"] == tallied["hits"] > 0


def test_a_text_is_nothing_to_try_it_on_and_versions_are_compared_elsewhere(
    tmp_path: Path,
) -> None:
    rule = rule_file(tmp_path, "frequency", FREQUENCY)
    done = watchd("try", rule, "--text", "alien")
    assert done.returncode == 1
    assert "a rule of type 'frequency' looks at many items: try it on the archive" in done.stderr
    done = watchd("try", rule, "--against", rule, "--items", items_file(tmp_path, days=1))
    assert "are compared by `watchd backtest RULE --diff FILE`" in done.stderr


def test_of_the_archive_what_was_before_is_history(desk: DeskFolder, site: Site) -> None:
    rule_file(desk.path / "rules", "frequency", FREQUENCY, more='was = "old-name"\n')
    desk.feed("wire", site.url("/wire.xml"))

    def publish(*days: float) -> None:
        news = [
            {"title": f"alien {day}", "link": f"https://example.org/{day}",
             "date": TODAY - timedelta(days=day)}
            for day in days
        ]  # fmt: skip
        site.feed("/wire.xml", items=news)
        desk.once(TODAY - timedelta(days=min(days)))

    publish(9, 8.9)
    done = desk.watchd("try", "frequency")
    assert (
        "2 items it found came with the first look at a feed: they count, and start no alert"
        in (done.stdout)
    )
    assert "Nothing that it found has come in since." in done.stdout
    publish(8, 8.9, 9)
    publish(4, 8, 8.9)
    found = json.loads(desk.watchd("try", "frequency", "--json").stdout)
    assert (found["hits"], found["items"]) == (1, 4)
    found = json.loads(desk.watchd("try", "frequency", "--since", "5d", "--json").stdout)
    assert (found["items"], found["hits"], outcomes(found)) == (1, 0, ["no alert"])
    found = json.loads(desk.watchd("try", "frequency", "--since", "204h", "--json").stdout)
    assert (found["items"], found["earlier_items"], found["hits"]) == (2, 2, 1)


def test_what_was_there_before_is_no_alert_of_a_later_item(desk: DeskFolder, site: Site) -> None:
    rule_file(desk.path / "rules", "sequence", f'order = "as listed"\n{BOTH}')
    desk.feed("wire", site.url("/wire.xml"))
    news = [
        {"title": text, "link": f"https://example.org/{day}", "date": TODAY - timedelta(days=day)}
        for text, day in (("another treaty", 1), ("a denial", 2), ("a treaty", 3))
    ]
    for some, day in ((news[1:], 2), (news, 1)):
        site.feed("/wire.xml", items=some)
        desk.once(TODAY - timedelta(days=day))
    (look,) = json.loads(desk.watchd("try", "sequence", "--json").stdout)["looks"]
    assert look["outcome"] == "no alert"
    assert look["said"].startswith("the item adds nothing to what counts: treaty ")


def test_an_archive_without_anything_says_so(desk: DeskFolder) -> None:
    rule_file(desk.path / "rules", "frequency", FREQUENCY)
    done = desk.watchd("try", "frequency")
    assert done.returncode == 1
    assert "Until then, try it on a text" not in done.stderr
    desk.once()
    assert "There is nothing in the archive since" in desk.watchd("try", "frequency").stdout
