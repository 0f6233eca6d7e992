"""Kill watchd at random, and nothing is lost. Minutes long: `pytest -m slow tests/soak -s`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.soak.figures import Figures
from tests.soak.news import Settings
from tests.soak.soak import Soak, run
from tests.soak.world import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

RULES = Path(__file__).with_name("rules")


def test_two_hundred_kills_lose_nothing(tmp_path: Path) -> None:
    """Killed at work, a fraction of a second after each start; there is news every second."""
    with World(Settings(rate=6, pulse=1), tmp_path / "log") as world:
        found = _soak(
            world, tmp_path, work=900, kills=200, kill_every=(0.1, 0.6), interval="1s", fork=True
        )
    assert found.daemon["kills"] == 200
    assert found.items["stored"] > 300
    assert all(one.received > 30 for one in found.alerts.values())
    assert found.wrongs == []


def test_a_minute_of_faults_on_both_sides_loses_nothing(tmp_path: Path) -> None:
    """Feeds that fail and receivers that refuse, or answer too late, with a kill now and then."""
    faulty = Settings(rate=2, faults=True, sink_faults=True, relink=True)
    with World(faulty, tmp_path / "log") as world:
        found = _soak(world, tmp_path, work=60, kill_every=(5.0, 15.0), answer_within=2)
    assert found.daemon["kills"] >= 3
    assert found.log["feed.failed"] > 0
    assert found.wrongs == []


def _soak(world: World, folder: Path, **how: Any) -> Figures:
    soak = Soak(world=world.address, log=folder / "log", folder=folder, rules=RULES, **how)
    found = run(soak)
    print(f"\n{found.as_text()}")
    return found
