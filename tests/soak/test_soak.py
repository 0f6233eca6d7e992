"""Kill watchd at random, and nothing is lost. Minutes long: `pytest -m fault tests/soak -s`."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.soak.figures import Figures, count
from tests.soak.news import Settings
from tests.soak.soak import Soak, run
from tests.soak.world import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

RULES = Path(__file__).with_name("rules")


@pytest.mark.fault
def test_five_hundred_kills_lose_nothing(tmp_path: Path) -> None:
    """Killed at work, a fraction of a second after each start; there is news every second."""
    with World(Settings(rate=6, pulse=1), tmp_path / "log") as world:
        found = _soak(
            world, tmp_path, work=900, kills=500, kill_every=(0.1, 0.6), interval="1s", fork=True
        )
    assert found.daemon["kills"] == 500
    assert found.items["stored"] > 300
    assert all(one.received > 30 for one in found.alerts.values())
    assert found.wrongs == []


@pytest.mark.fault
def test_a_minute_of_faults_on_both_sides_loses_nothing(tmp_path: Path) -> None:
    """Feeds that fail and receivers that refuse, or answer too late, with a kill now and then."""
    faulty = Settings(rate=2, total=100, faults=True, sink_faults=True, relink=True)
    with World(faulty, tmp_path / "log") as world:
        found = _soak(world, tmp_path, work=60, kill_every=(5.0, 15.0), answer_within=2)
    assert found.daemon["kills"] >= 3
    assert found.log["feed.failed"] > 0
    assert found.wrongs == []


def test_the_figures_tell_of_losses_and_repeats(tmp_path: Path) -> None:
    """The same logs again, once something is taken out of them or added."""
    log = tmp_path / "log"
    with World(Settings(rate=8, total=120, pulse=1), log) as world:
        _soak(world, tmp_path, work=18, kill_every=None, interval="1s", fork=True)
    received = (log / "received.jsonl").read_text("utf-8").splitlines(keepends=True)
    at_a = next(line for line in received if json.loads(line)["sink"].startswith("/hook/a"))
    exposed = json.loads((log / "exposed.jsonl").read_text("utf-8").splitlines()[-1])
    _write(log / "received.jsonl", [line for line in received if line != at_a])
    with closing(sqlite3.connect(tmp_path / "watchd.db")) as db:
        db.execute("delete from items where guid = ?", [exposed["guid"]])
        db.commit()
    found = _counted(tmp_path)
    assert (found.items["lost"], found.alerts["hook-a"].lost) == (1, 1)
    _write(log / "received.jsonl", [*received, at_a])
    assert _counted(tmp_path).alerts["hook-a"].unexplained == 1
    late = json.dumps({**json.loads(at_a), "late": True}) + "\n"
    _write(log / "received.jsonl", [*received, late])
    at_last = _counted(tmp_path).alerts["hook-a"]
    assert (at_last.repeats, at_last.late, at_last.unexplained, at_last.lost) == (1, 1, 0, 0)


def test_copies_of_a_story_are_one_alert(tmp_path: Path) -> None:
    # three of old items, two of new
    news = Settings(rate=8, total=120, pulse=1, relink=True, seed=10)
    with World(news, tmp_path / "log") as world:
        _soak(world, tmp_path, work=18, kill_every=None, interval="1s", fork=True)
    with closing(sqlite3.connect(tmp_path / "watchd.db")) as db:
        [copies] = db.execute("select count(*) from hits where status = 'same-story'").fetchone()
    found = _counted(tmp_path)
    assert copies > 0
    assert (found.hits["missing"], found.hits["extra"]) == (0, 0)
    for one in found.alerts.values():
        assert (one.lost, one.unasked) == (0, 0)


def _counted(folder: Path) -> Figures:
    return count(folder, folder / "log", datetime.now(UTC), daemon={}, machine={})


def _write(path: Path, lines: list[str]) -> None:
    path.write_text("".join(lines), encoding="utf-8")


def _soak(world: World, folder: Path, **how: Any) -> Figures:
    soak = Soak(world=world.address, log=folder / "log", folder=folder, rules=RULES, **how)
    found = run(soak)
    print(f"\n{found.as_text()}")
    return found
