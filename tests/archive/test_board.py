"""`watchd board`: what each indicator says, and what it cannot say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.archive.world import NOW, copy_of
from tests.support.desk import DeskFolder
from tests.support.site import Answer, Site
from watchd import board
from watchd.config import load
from watchd.indicators import DAYS, Indicator, Level, Sighting, per_day, reckon
from watchd.rules import load as load_rules
from watchd.store import open_store
from watchd.values import replace

DAY = timedelta(days=1)


def sighted(*ages: int, stories: str = "") -> list[Sighting]:
    """One text for each number of days ago; `stories` names them, else each is its own."""
    names = stories or "abcdefgh"
    return [
        Sighting(hit=n, story=names[n], source="wire", title="", url="", at=NOW - age * DAY)
        for n, age in enumerate(ages)
    ]


@pytest.mark.parametrize(
    ("found", "weight", "well", "level"),
    [
        (sighted(), "weak", 2, "quiet"),
        (sighted(), "weak", 1, "unknown"),  # half of its sources is not most of them
        (sighted(), "strong", 0, "unknown"),
        (sighted(3), "strong", 2, "active"),
        (sighted(3), "strong", 0, "active"),  # what was found was found
        (sighted(3), "moderate", 2, "seen"),
        (sighted(3, 4), "moderate", 2, "active"),
        (sighted(3, 4, stories="aa"), "moderate", 2, "seen"),  # one text under two links
        (sighted(3, 4), "weak", 2, "seen"),
        (sighted(3, 4, 5), "weak", 2, "active"),
        (sighted(3, 40), "moderate", 2, "seen"),
        (sighted(40), "strong", 2, "faded"),
        (sighted(40), "strong", 1, "unknown"),
    ],
)
def test_the_level_that_follows(
    found: Sequence[Sighting], weight: str, well: int, level: str
) -> None:
    sources = ["one", "two"]
    assert level == reckon(
        found, weight=weight, lasts=30 * DAY, sources=sources, unwell=sources[well:], now=NOW
    )


def test_one_alert_of_a_rule_over_time_is_enough() -> None:
    (one,) = sighted(40)
    for told, level in [(3, "active"), (31, "faded")]:  # days since the alert, not since the item
        found = replace(one, told=NOW - told * DAY)
        assert level == reckon(
            [found], weight="weak", lasts=30 * DAY, sources=["one"], unwell=[], now=NOW
        )


def test_a_rule_without_a_source_says_nothing() -> None:
    found = reckon([], weight="weak", lasts=DAY, sources=[], unwell=[], now=NOW)
    assert found is Level.UNKNOWN


def test_copies_of_a_text_count_once_a_day() -> None:
    counts = per_day(sighted(0, 0, 1, 2, 2, 29, 30, stories="aabbcde"), NOW.date())
    by_age = {DAYS - 1 - day: count for day, count in enumerate(counts) if count}
    assert by_age == {0: 1, 1: 1, 2: 2, 29: 1}


INDICATOR = """
[indicator]
problem = "Will it rain?"
points_to = "umbrellas"
weight = "moderate"
lasts = "7d"
"""


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> DeskFolder:
    """Two rules on rain, each of one feed; the second feed is down from the second look on."""
    desk = DeskFolder(tmp_path_factory.mktemp("desk"))
    with Site() as site:
        look_twice(desk, site)
    return desk


@pytest.fixture
def desk(looked: DeskFolder, tmp_path: Path) -> DeskFolder:
    return copy_of(looked, tmp_path)


def look_twice(desk: DeskFolder, site: Site) -> None:
    for name in ("one", "two"):
        desk.feed(name, site.url(f"/{name}.xml"))
        desk.rule(f"rain-{name}", "rain", was=f"old-{name}")
        path = desk.path / f"rules/rain-{name}.toml"
        only = f'\n[sources]\nonly = ["{name}"]\n'
        path.write_text(path.read_text("utf-8") + only + INDICATOR, "utf-8")
        site.feed(f"/{name}.xml", items=[{"title": "Sun", "link": f"https://example.org/{name}"}])
    desk.rule("snow", "snow")
    desk.once(NOW - 2 * DAY)
    news = [
        {"title": "Rain", "link": "https://example.org/1", "date": NOW - DAY},
        {"title": "Rain", "link": "https://example.org/copy", "date": NOW - DAY},
        {"title": "More rain", "link": "https://example.org/2", "date": NOW},
    ]
    site.feed("/one.xml", items=news)
    site.answer("/two.xml", Answer(status=410))
    desk.once(NOW)


def gathered(desk: DeskFolder, now: Any = NOW) -> dict[str, Indicator]:
    store = open_store(desk.database)
    loaded = load_rules(desk.path / "rules")
    rules = [*loaded.rules, *loaded.over_time]
    found = board.gather(store, load(desk.config, environ={}), rules, now)
    store.close()
    return {one.rule: one for one in found}


def test_what_was_found_and_what_nobody_could_see(desk: DeskFolder) -> None:
    one, two = (gathered(desk)[f"rain-{name}"] for name in ("one", "two"))
    assert (one.level, one.texts, one.seen_in, one.unwell) == ("active", 2, ("one",), ())
    assert one.last is not None
    assert one.last.title == "More rain"
    assert one.per_day[-2:] == (1, 1)
    assert (two.level, two.texts, two.last, two.unwell) == ("unknown", 0, None, ("two",))


def test_what_was_seen_fades_and_what_nobody_looks_at_is_unknown(desk: DeskFolder) -> None:
    later = NOW + 8 * DAY  # nobody has looked since
    assert gathered(desk, later)["rain-one"].level == "unknown"
    store = open_store(desk.database)
    from sqlalchemy import update

    from watchd.store.schema import feeds

    store.write(lambda db: db.execute(update(feeds).values(ok_at=later)))
    store.close()
    assert gathered(desk, later)["rain-one"].level == "faded"


def test_a_rule_keeps_its_sightings_under_a_new_name(desk: DeskFolder) -> None:
    path = desk.path / "rules/rain-one.toml"
    text = path.read_text("utf-8").replace("old-one", "rain-one")
    path.unlink()
    (desk.path / "rules/wet.toml").write_text(text, "utf-8")
    assert gathered(desk)["wet"].texts == 2


def test_a_rule_over_time_counts_the_stories_behind_its_alert(tmp_path: Path, site: Site) -> None:
    desk = DeskFolder(tmp_path)
    for name in ("one", "two"):
        desk.feed(name, site.url(f"/{name}.xml"))
        site.feed(f"/{name}.xml", items=[{"title": "Sun", "link": f"https://example.org/{name}"}])
    tables = {
        "rains": ("frequency", 'at_least = 3\nwithin = "9d"', "query = 'rain'\n"),
        "still": ("flatline", 'sources = ["two"]\nwithin = "5d"', ""),
    }
    for name, (kind, table, query) in tables.items():
        head = f'title = "T"\nseverity = "low"\ntype = "{kind}"\n{query}'
        path = desk.path / "rules" / f"{name}.toml"
        path.write_text(f"{head}[{kind}]\n{table}\n{INDICATOR}", "utf-8")
    desk.once(NOW - 6 * DAY)
    news = [
        {"title": f"Rain {day}", "link": f"https://example.org/r{day}", "date": NOW - day * DAY}
        for day in (5, 3, 1)
    ]
    site.feed("/one.xml", items=news)
    desk.once(NOW - DAY)
    desk.once(NOW)
    found = gathered(desk)
    rains, still = found["rains"], found["still"]
    assert (rains.level, rains.texts, rains.per_day[-6:]) == ("active", 3, (1, 0, 1, 0, 1, 0))
    assert (still.level, still.texts, still.sources) == ("active", 1, ("two",))
    assert still.last is not None
    assert still.last.at == NOW - DAY  # when the silence was told, not the last item before it
    listed = desk.watchd("board", "--json").stdout
    assert {one["rule"] for one in json.loads(listed)} == {"rains", "still"}
    assert desk.watchd("report", "--out", str(tmp_path / "out")).returncode == 0
    assert "rains" in (tmp_path / "out" / "index.html").read_text("utf-8")


def test_a_silence_is_active_while_it_goes_on_and_then_fades(tmp_path: Path, site: Site) -> None:
    desk = DeskFolder(tmp_path)
    desk.feed("one", site.url("/one.xml"))
    site.feed("/one.xml", items=[{"title": "Sun", "link": "https://example.org/1"}])
    head = 'title = "T"\nseverity = "low"\ntype = "flatline"\n'
    table = '[flatline]\nsources = ["one"]\nwithin = "5d"\n'
    indicator = INDICATOR.replace("moderate", "weak")
    (desk.path / "rules" / "still.toml").write_text(f"{head}{table}{indicator}", "utf-8")
    for day in (0, 5, 6, 30):
        desk.once(NOW + day * DAY)
    assert gathered(desk, NOW + 30 * DAY)["still"].level == "active"
    late = gathered(desk, NOW + 60 * DAY)["still"]  # nobody has read it, so nobody knows
    assert (late.level, late.texts) == ("unknown", 0)
    site.feed("/one.xml", items=[{"title": "Rain", "link": "https://example.org/2"}])
    desk.once(NOW + 31 * DAY)
    assert gathered(desk, NOW + 31 * DAY)["still"].level == "faded"


def test_a_person_judges_and_takes_it_back(desk: DeskFolder) -> None:
    def said(*words: str) -> Any:
        done = desk.watchd("board", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    reason = ("--reason", "the  met office\nsays so", "--by", "Kim")
    said("set", "rain-two", "active", *reason)
    board_now = {one["rule"]: one for one in json.loads(said("--json"))}
    assert set(board_now) == {"rain-one", "rain-two"}
    two = board_now["rain-two"]
    assert (two["level"], two["reckoned"]) == ("active", "unknown")
    assert two["judgement"]["reason"] == "the met office says so"
    assert two["judgement"]["author"] == "Kim"
    table = said()
    assert table.startswith("Will it rain?\n")
    assert "set by Kim: the met office says so (reckoned: unknown)" in table
    said("set", "rain-two", "auto", "--reason", "over")
    history = json.loads(said("history", "rain-two", "--json"))
    assert [one["level"] for one in history] == ["active", None]


def test_a_judgement_that_is_none(looked: DeskFolder) -> None:
    for words, code, told in (
        (("rain-one", "high", "--reason", "x"), 2, "'high' is none of quiet, seen"),
        (("rain-one", "seen", "--reason", " "), 2, "the text is empty"),
        (("snow", "seen", "--reason", "x"), 1, "'snow' is no indicator"),
    ):
        done = looked.watchd("board", "set", *words)
        assert done.returncode == code
        assert told in done.stderr


def test_before_the_first_look_all_is_unknown(tmp_path_factory: pytest.TempPathFactory) -> None:
    fresh = DeskFolder(tmp_path_factory.mktemp("fresh"))
    fresh.feed("one", "https://example.org/feed.xml")
    fresh.rule("rain", "rain")
    path = fresh.path / "rules/rain.toml"
    path.write_text(path.read_text("utf-8") + INDICATOR, "utf-8")
    (one,) = json.loads(fresh.watchd("board", "--json").stdout)
    assert (one["level"], one["last"]) == ("unknown", None)


def test_a_rule_with_mistakes_is_named_and_not_left_out_in_silence(desk: DeskFolder) -> None:
    desk.rule("good", "war")
    path = desk.path / "rules" / "bad.toml"
    path.write_text('title = "Bad"\nquery = "war"\n[indicator]\nproblem = 1\n', encoding="utf-8")
    done = desk.watchd("board")
    assert done.returncode == 0
    assert "bad: its file has mistakes" in done.stderr
    assert "Traceback" not in done.stderr
