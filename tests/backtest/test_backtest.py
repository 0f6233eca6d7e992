"""`watchd backtest`: the messages that rules would have sent."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.commandline import watchd
from tests.support.desk import NOW, DeskFolder
from tests.support.pages import html, page
from tests.support.sinks import Hooks
from tests.support.site import Site
from watchd.overtime.offered import Offered

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PAST = ("--since", "2026-01-01", "--until", "2026-02-20")
ALIEN = "The envoy spoke at length of the aliens and of what they want from the harbour of the city"


class Press:
    """Two feeds of a test's own, and the desk that reads them."""

    def __init__(self, desk: DeskFolder, site: Site, hooks: Hooks) -> None:
        self.desk, self.site, self.hooks = desk, site, hooks
        self.entries: dict[str, dict[str, dict[str, str]]] = {"a": {}, "b": {}}
        for feed in self.entries:
            self.publish(feed, "Rice planting", NOW - DAY)
            desk.feed(feed, site.url(f"/{feed}.xml"), publisher=feed.upper())
        desk.receiver("desk", f"json://{hooks.address}/one")

    def publish(self, feed: str, text: str, at: datetime, key: str = "") -> None:
        entries = self.entries[feed]
        key = key or f"{feed}{len(entries)}"
        link = f"https://{feed}.example/{key}"
        entries[key] = {"title": text, "text": text, "guid": key, "link": link}
        entries[key]["date"] = format_datetime(at)
        self.site.feed(f"/{feed}.xml", list(reversed(entries.values())))

    def over_time(self, kind: str, table: str, query: str = "query = 'alien*'\n") -> None:
        text = f'title = "Over time"\nseverity = "high"\ntype = "{kind}"\n{query}'
        (self.desk.path / "rules" / f"{kind}.toml").write_text(f"{text}[{kind}]\n{table}\n")

    def sent(self) -> list[str]:
        return [post.json()["title"] for post in self.hooks.received]


@pytest.fixture
def press(desk: DeskFolder, site: Site, hooks: Hooks) -> Press:
    return Press(desk, site, hooks)


def run(desk: DeskFolder, *words: str) -> dict[str, Any]:
    done = desk.watchd("backtest", *words, "--json")
    assert done.stdout, done.stderr
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def by_status(desk: DeskFolder) -> dict[str, dict[str, int]]:
    counted: dict[str, Counter[str]] = {}
    for one in desk.hits():
        counted.setdefault(one.hit.rule, Counter())[one.hit.status.value] += 1
    return {rule: dict(sorted(counts.items())) for rule, counts in counted.items()}


def told(result: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    return {one["rule"]: one["by_status"] for one in result["rules"] if one["hits"]}


@pytest.mark.slow
def test_a_replay_of_what_the_daemon_saw_gives_the_same_alerts(press: Press) -> None:
    desk = press.desk
    desk.route(receivers=["desk"], rules=["harbour"], mode="group:3h")
    night = "15:30-18:30 UTC"  # the throttle has room in it
    desk.route(receivers=["desk"], rules=["envoy"], throttle="1/6h", mode="now", quiet=night)
    desk.route(receivers=["desk"], rules=["frequency", "flatline", "sequence"], mode="now")
    desk.rule("envoy", "envoy*")
    desk.rule("harbour", "harbour")
    desk.rule("quiet", "envoy*", status="test")
    press.over_time("frequency", 'at_least = 3\nwithin = "2d"')
    press.over_time("flatline", 'sources = ["b"]\nwithin = "3d"', query="")
    step = '[[sequence.step]]\nname = "{0}"\nquery = "{0}"\n'
    absent = '[[sequence.step]]\nname = "b"\nquery = "denial"\nabsent = true\n'
    press.over_time("sequence", f'within = "1d"\n{step.format("treaty")}{absent}', query="")
    news = {
        1: [("a", ALIEN, "")],
        2: [("b", ALIEN, ""), ("a", "An envoy left for the harbour", "")],
        3: [("a", "An envoy and the aliens: a treaty", "")],
        4: [("b", "A treaty of aliens", ""), ("a", "Rice planting, and an envoy", "a0")],
        5: [("b", "A denial of the treaty", "")],
        9: [("a", "The envoy is back in the harbour", "")],
        40: [("a", "A treaty with nobody", "")],
        100: [("a", "Rice", "")],
    }
    for hours in sorted({*news, 0, 6, 7, 8, 10, 12, 28, 30, 64, 66, 78, 90, 101}):
        for feed, text, key in news.get(hours, []):
            press.publish(feed, text, NOW + hours * HOUR, key)
        desk.once(NOW + hours * HOUR)
    result = run(desk, *PAST)
    assert told(result) == by_status(desk)
    assert {"frequency", "flatline", "sequence", "envoy", "harbour", "quiet"} == set(told(result))
    assert result["messages"] == len(press.hooks.received)
    assert result["held"].keys() == {"now", "group", "quiet"}
    assert result["waiting"] == 0
    taken = [one["to"] for one in result["samples"]]
    assert len(taken) == min(10, result["messages"])


@pytest.mark.slow
@pytest.mark.parametrize("query", ["soldiers", "unicorn"])
def test_what_only_the_article_says_comes_when_it_was_read(press: Press, query: str) -> None:
    desk, site = press.desk, press.site
    desk.rule("title", query)
    desk.rule("article", '"alien lands"')
    press.over_time("frequency", 'at_least = 1\nwithin = "2d"')
    desk.feed("c", site.url("/c.xml"), publisher="C")
    desk.lines.append("fulltext = true")
    desk.write()
    site.feed("/c.xml", [{"title": "Rice", "guid": "1", "link": "https://x.example/1"}])
    desk.once(NOW)
    site.answer("/story.html", html(page()))
    story = {"title": "Soldiers return", "guid": "2", "link": site.url("/story.html")}
    site.feed("/c.xml", [story])
    desk.once(NOW + HOUR)
    assert {"article", "frequency"} <= by_status(desk).keys()
    result = run(desk, *PAST)
    assert told(result) == by_status(desk)
    assert result["messages"] == len(press.hooks.received)


def test_nothing_is_kept_and_nothing_is_sent(press: Press) -> None:
    press.desk.rule("envoy", "envoy", status="off")
    press.desk.once(NOW)
    press.publish("a", "An envoy", NOW + HOUR)
    press.desk.once(NOW + HOUR)
    assert run(press.desk, *PAST)["rules"] == []
    result = run(press.desk, "envoy", *PAST)
    assert [(one["rule"], one["alerts"]) for one in result["rules"]] == [("envoy", 1)]
    assert result["samples"][0]["alerts"][0]["title"] == "An envoy"
    assert press.desk.hits() == []
    assert press.sent() == []


def lines(path: Path, *items: Mapping[str, str]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in items), "utf-8")
    return path


def rule(path: Path, query: str) -> Path:
    path.write_text(f"title = 'T'\nseverity = 'high'\nquery = '{query}'\n", "utf-8")
    return path


def test_a_file_of_items_needs_no_config_and_no_order(tmp_path: Path) -> None:
    items = lines(
        tmp_path / "items.jsonl",
        {"title": "Aliens again", "published": "2026-01-09", "source": "a"},
        {"title": "Aliens", "published": "2026-01-08", "source": "a"},
        {"title": "Aliens again", "published": "2026-01-09T01:00:00Z", "source": "b"},
        {"title": "Rice", "published": "2026-01-10", "source": "a"},
    )
    drones = rule(tmp_path / "drones.toml", "aliens")
    done = watchd("backtest", str(drones), "--items", str(items), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "1 rule over 4 items" in done.stdout
    assert "2 messages would have been sent" in done.stdout
    assert "1 same-story" in done.stdout
    few = ("--items", str(items), "--since", "2026-01-09")
    done = watchd("backtest", str(drones), *few, folder=tmp_path)
    assert "over 3 items" in done.stdout
    assert "and 1 earlier item as history" in done.stdout
    nothing = rule(tmp_path / "none.toml", "unicorn")
    assert watchd("backtest", str(nothing), *few, folder=tmp_path).returncode == 1


def test_two_versions_side_by_side(tmp_path: Path) -> None:
    items = lines(
        tmp_path / "items.jsonl",
        {"title": "Aliens came", "published": "2026-01-08", "source": "a"},
        {"title": "An alien left", "published": "2026-01-09", "source": "a"},
        {"title": "A drone left", "published": "2026-01-10", "source": "a"},
    )
    new, old = rule(tmp_path / "new.toml", "alien OR drone"), rule(tmp_path / "old.toml", "alien*")
    words = ("backtest", str(new), "--items", str(items), "--diff")
    done = watchd(*words, str(old), folder=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "+1 and -1 hits, 1 kept; +1 and -1 alerts" in done.stdout
    assert "+ 2026-01-10 00:00  new: A drone left (a)" in done.stdout
    assert "- 2026-01-08 00:00  new: Aliens came (a)" in done.stdout
    found = json.loads(watchd(*words, str(old), "--json", folder=tmp_path).stdout)
    assert (found["hits"], found["hits_before"], found["messages"]) == (2, 2, 2)
    assert watchd(*words, str(new), folder=tmp_path).returncode == 0


def test_a_folder_is_compared_rule_by_rule(tmp_path: Path) -> None:
    lines(tmp_path / "i.jsonl", {"title": "An alien", "published": "2026-01-08"})
    for folder in ("rules", "before/rules"):
        (tmp_path / folder / "dprk").mkdir(parents=True)
        rule(tmp_path / folder / "dprk" / "one.toml", "alien")
    rule(tmp_path / "rules" / "dprk" / "two.toml", "alien")
    words = ("backtest", "rules", "--items", "i.jsonl", "--diff", "before/rules", "--json")
    found = json.loads(watchd(*words, folder=tmp_path).stdout)
    assert (found["gained"], found["lost"]) == (1, 0)
    assert found["gained_samples"][0]["rule"] == "dprk/two"


def test_what_chance_alone_makes_is_told(tmp_path: Path) -> None:
    texts = [{"title": f"Alien {n}", "published": f"2026-01-{n:02}"} for n in range(1, 31)]
    items = lines(tmp_path / "items.jsonl", *texts)
    (tmp_path / "spike.toml").write_text(
        'title = "T"\nseverity = "high"\ntype = "spike"\nquery = "alien"\n'
        '[spike]\nwindow = "1d"\nbaseline = "10d"\n'
    )
    done = watchd("backtest", "spike.toml", "--items", str(items), "--json", folder=tmp_path)
    (found,) = json.loads(done.stdout)["rules"]
    assert found["looks"] == 30
    assert found["expected_false_alarms_per_month"] == pytest.approx(0.01 * 30 * 30 / 29, abs=0.01)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "which rules?"),
        (("x.toml",), "--items"),
        (("x.toml", "--items", "empty.jsonl"), "no item with a time"),
        (("x.toml", "--since", "2026-02-01", "--until", "2026-01-01"), "--until must be after"),
        (("x.toml", "--items", "empty.jsonl", "--diff", "gone.toml"), "cannot be read"),
    ],
)
def test_what_cannot_be_run_is_said(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    rule(tmp_path / "x.toml", "alien")
    (tmp_path / "empty.jsonl").write_text('{"title": "No time"}\n')
    done = watchd("backtest", *words, folder=tmp_path)
    assert done.returncode != 0
    assert said in done.stderr


def test_stories_published_are_counted_once_and_forgotten_in_time() -> None:
    offered = Offered(10 * DAY)
    for story, days in (("x", 1), ("y", 2), ("x", 3), ("z", 0), ("y", 1.5), ("x", 20)):
        offered.add(story, NOW + days * DAY)
    times = [(at - NOW) / DAY for at in offered.since(NOW)]
    assert times == [0, 1, 1.5, 20]
    assert list(offered.since(NOW + 5 * DAY)) == [NOW + 20 * DAY]
