"""The board on top of digests: whole rounds of the daemon, with the clock where a test puts it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Answer, Hooks
from tests.support.site import Answer as Page
from tests.support.site import Site

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MORNING = NOW.replace(hour=22, minute=30)  # 07:30 in Seoul
DAILY = "daily@07:30 Asia/Seoul"
RAIN = """
[indicator]
problem = "Will it rain?"
points_to = "umbrellas"
weight = "strong"
lasts = "3d"
"""


class Office:
    """A feed, two rules that are indicators, and a receiver that remembers what it was told."""

    def __init__(self, desk: DeskFolder, site: Site, hooks: Hooks) -> None:
        self.desk, self.site, self.hooks = desk, site, hooks
        self.entries = [{"title": "Sun", "link": "https://x.example/0", "guid": "0"}]
        site.feed("/a.xml", self.entries)
        desk.feed("wire", site.url("/a.xml"))
        desk.receiver("desk", f"json://{hooks.address}/desk")
        self.indicator("rain", RAIN)
        self.indicator("flood", RAIN.replace("umbrellas", "boats"))

    def indicator(self, name: str, table: str) -> None:
        self.desk.rule(name, name)
        path = self.desk.path / f"rules/{name}.toml"
        path.write_text(path.read_text("utf-8") + table, "utf-8")

    def brings(self, title: str) -> None:
        number = str(len(self.entries))
        link = f"https://x.example/{number}"
        self.entries.insert(0, {"title": title, "link": link, "guid": number})
        self.site.feed("/a.xml", self.entries)

    def digests(self, path: str = "/desk") -> list[str]:
        posts = [one.json() for one in self.hooks.at(path) if one.status == 200]
        return [one["message"] for one in posts if one["watchd"]["kind"] == "digest"]


@pytest.fixture
def office(desk: DeskFolder, site: Site, hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("TZ", "UTC")
    return Office(desk, site, hooks)


def test_a_digest_begins_with_the_board_and_tells_what_changed(office: Office) -> None:
    office.desk.route(receivers=["desk"], severity=["high"], mode="now")
    office.desk.route(receivers=["desk"], severity=["low"], mode=DAILY, empty=True)
    office.desk.once(NOW)
    office.desk.once(MORNING)
    office.brings("Rain is coming")
    office.desk.once(MORNING + HOUR)
    office.desk.once(MORNING + DAY)
    office.site.answer("/a.xml", Page(status=410))
    for day in (2, 6):
        office.desk.once(MORNING + day * DAY)
    first, second, third, fourth = office.digests()
    assert "\n\nBoard\nWill it rain?: 2 quiet\n\n" in first
    assert "Board, changed since 2026-01-08 22:30 UTC: 1 active\n" in second
    assert "Will it rain?: 1 active, 1 quiet\n- [ACTIVE, was quiet] Rule rain\n" in second
    assert "strong · 1 text in 3 d, last 2026-01-08 23:30 UTC (hit 1) · ▁" in second
    assert "▇▁ in 30 days" in second
    assert "1 unknown\n- [UNKNOWN, was quiet] Rule flood\n" in third
    assert "  unknown: its sources are stale (1 of 1) · strong · no text in 3 d, never" in third
    assert "- [ACTIVE] Rule rain" in third  # what was found was found
    assert "Board, changed since 2026-01-10 22:30 UTC: 1 unknown\n" in fourth
    assert "- [UNKNOWN, was active] Rule rain\n" in fourth
    assert "- [UNKNOWN] Rule flood\n" in fourth


def test_a_program_gets_the_board_as_values(office: Office) -> None:
    office.desk.route(receivers=["desk"], mode=DAILY, empty=True)
    office.desk.once(NOW)
    office.desk.once(MORNING)
    [post] = office.hooks.at("/desk")
    board = post.json()["watchd"]["board"]
    assert board["since"] is None
    assert [(one["rule"], one["level"]) for one in board["indicators"]] == [
        ("flood", "quiet"),
        ("rain", "quiet"),
    ]


def test_a_digest_that_is_not_taken_has_told_nothing(office: Office) -> None:
    office.desk.route(receivers=["desk"], severity=["low"], mode=DAILY, empty=True)
    office.desk.once(NOW)
    office.desk.once(MORNING)
    office.brings("Rain is coming")
    office.hooks.always(Answer(status=503))
    for hours in (24, 25, 26):
        office.desk.once(MORNING + hours * HOUR)
    office.hooks.always(Answer())
    office.desk.once(MORNING + 30 * HOUR)
    office.desk.once(MORNING + 2 * DAY)
    _, second, third = office.digests()
    assert "changed since 2026-01-08 22:30 UTC: 1 active" in second
    assert "Delayed 6 h" in second
    assert "Board, unchanged since 2026-01-10 04:30 UTC\n" in third


def test_each_reader_has_the_indicators_of_its_routes_and_its_own_last_time(office: Office) -> None:
    for name in ("boats", "week", "none"):
        office.desk.receiver(name, f"json://{office.hooks.address}/{name}")
    office.desk.route(receivers=["boats"], rules=["fl*"], mode=DAILY, empty=True)
    office.desk.route(receivers=["boats"], mode="now")
    weekly = "weekly@sat 07:30 Asia/Seoul"
    office.desk.route(receivers=["week"], mode=weekly, severity=["low"], empty=True)
    office.desk.route(receivers=["none"], mode=DAILY, empty=True, board=False)
    office.desk.once(NOW)
    office.desk.once(MORNING)
    office.brings("A flood is coming, and rain")
    office.desk.once(MORNING + HOUR)
    for day in (1, 8):
        office.desk.once(MORNING + day * DAY)
    boats = office.digests("/boats")
    assert "Will it rain?: 1 quiet\n" in boats[0]
    assert "[ACTIVE, was quiet] Rule flood" in boats[1]
    assert "[FADED, was active] Rule flood" in boats[2]
    first, second = office.digests("/week")
    assert "Will it rain?: 2 active" in first
    assert "Board, changed since 2026-01-09 22:30 UTC: 2 faded" in second
    assert not any("Board" in said for said in office.digests("/none"))
    shown = office.desk.watchd("render", "--digest", "week", TZ="UTC").stdout
    assert "Will it rain?: 2 " in shown


def test_the_config_can_do_without_the_board(office: Office) -> None:
    office.desk.lines += ["[notify]", "board = false"]
    office.desk.receiver("chief", f"json://{office.hooks.address}/chief")
    office.desk.route(receivers=["desk"], mode=DAILY, empty=True)
    office.desk.route(receivers=["chief"], mode=DAILY, empty=True, board=True)
    office.desk.once(NOW)
    office.desk.once(MORNING)
    assert "Board" not in office.digests()[0]
    assert "Board" in office.digests("/chief")[0]


def test_what_only_comes_together_has_no_board(office: Office) -> None:
    office.desk.route(receivers=["desk"], mode="group:15m")
    office.desk.once(NOW)
    office.brings("Rain")
    office.brings("Flood")
    office.desk.once(NOW + HOUR)
    office.desk.once(NOW + 2 * HOUR)
    [said] = office.digests()
    assert "2 alerts" in said
    assert "Board" not in said


def test_an_indicator_that_is_renamed_is_the_same(office: Office) -> None:
    office.desk.route(receivers=["desk"], severity=["low"], mode=DAILY, empty=True)
    office.desk.once(NOW)
    office.desk.once(MORNING)
    (office.desk.path / "rules/rain.toml").unlink()
    office.desk.rule("wet", "rain", was="rain")
    path = office.desk.path / "rules/wet.toml"
    path.write_text(path.read_text("utf-8") + RAIN, "utf-8")
    office.indicator("snow", RAIN)
    office.desk.once(MORNING + DAY)
    assert "[QUIET, new on the board] Rule snow" in office.digests()[1]
    assert "Rule wet" not in office.digests()[1]
