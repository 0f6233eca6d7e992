"""Modes, quiet hours and rates: what is understood, and what is said of the rest."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.desk import DeskFolder
from watchd.config import times
from watchd.config.values import Wrong


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("now", "now"),
        ("group:15m", "group:15m"),
        ("daily@7:30 Asia/Seoul", "daily@07:30 Asia/Seoul"),
        ("Weekly@Monday 07:30", "weekly@mon 07:30"),
    ],
)
def test_a_mode_is_understood(written: str, text: str) -> None:
    assert times.mode(written).text == text


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("22:00-07:00", range(7)),
        ("mon-fri 22:00-07:00 Europe/Berlin", range(5)),
        ("sat,sun 00:00-24:00", (5, 6)),
        ("fri-mon 18:00-06:00", (0, 4, 5, 6)),
        ("Saturday, sunday 00:00-24:00", (5, 6)),
    ],
)
def test_quiet_hours_are_understood(written: str, days) -> None:
    assert times.quiet(written).days == set(days)


def test_rates_are_understood() -> None:
    assert times.rate("3/1h").per == timedelta(hours=1)
    assert times.rate("20/h").count == 20
    assert times.storm("off") == "off"


@pytest.mark.parametrize(
    ("read", "written", "code", "hint"),
    [
        (times.mode, "immediately", "C130", '"now"'),
        (times.mode, "daily", "C130", '"daily@07:30"'),
        (times.mode, "daily@25:00", "C130", ""),
        (times.mode, "daily@mon 07:30", "C130", '"weekly@mon 07:30"'),
        (times.mode, "weekly@07:30", "C130", '"weekly@mon 07:30"'),
        (times.mode, "daily@07:30 Seoul", "C112", '"daily@07:30 Asia/Seoul"'),
        (times.mode, "group:soon", "C130", '"group:15m"'),
        (times.quiet, "at night", "C131", '"22:00-07:00"'),
        (times.quiet, "07:00-07:00", "C131", '"00:00-24:00"'),
        (times.quiet, "22:00-07:00 Europe/Berln", "C112", '"22:00-07:00 Europe/Berlin"'),
        (times.rate, "3", "C132", '"3/1h"'),
        (times.rate, "0/1h", "C132", '"3/1h"'),
        (times.rate, "5/1fortnight", "C132", '"5/1h"'),
    ],
)
def test_a_mistake_has_its_remedy(read, written: str, code: str, hint: str) -> None:
    with pytest.raises(Wrong) as told:
        read(written)
    assert (told.value.code, told.value.hint) == (code, hint)


@pytest.mark.parametrize(
    ("route", "told"),
    [
        ({"quiet": "00:00-24:00"}, "C133"),
        ({"empty": True}, "C134"),
        ({"board": True, "mode": "now"}, "`board` is for digests"),
        ({"mode": "dayly@07:30"}, "C130"),
        ({"sources": ["tag:nobody"]}, "C135"),
        ({"contineu": False}, "did you mean `continue`?"),
    ],
)
def test_check_tells_of_routes_that_cannot_be_meant(desk: DeskFolder, route, told: str) -> None:
    desk.feed("kcna", "http://127.0.0.1/kcna")
    desk.receiver("desk", "json://127.0.0.1/desk")
    desk.route(receivers="desk", **route)
    assert told in desk.watchd("check").stdout


def test_a_fallback_is_another_receiver(desk: DeskFolder) -> None:
    desk.receiver("desk", "json://127.0.0.1/desk")
    desk.lines += ['fallback = "desk"']
    desk.receiver("mail", "json://127.0.0.1/mail")
    desk.lines += ['fallback = "dezk"']
    desk.write()
    said = desk.watchd("check").stdout
    assert "a receiver cannot stand in for itself" in said
    assert "did you mean 'desk'?" in said


def test_the_zone_of_the_machine(tmp_path) -> None:
    assert str(times.local_zone({"TZ": "Asia/Seoul"}, tmp_path)) == "Asia/Seoul"
    assert str(times.local_zone({}, tmp_path)) == "UTC"
    (tmp_path / "timezone").write_text("Europe/Berlin\n")
    assert str(times.local_zone({}, tmp_path)) == "Europe/Berlin"
    (tmp_path / "localtime").symlink_to("/usr/share/zoneinfo/America/New_York")
    assert str(times.local_zone({"TZ": ""}, tmp_path)) == "America/New_York"
