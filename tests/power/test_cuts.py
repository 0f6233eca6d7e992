"""watchd at work while the power is cut again and again. Minutes: `pytest -m fault tests/power`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.power.cuts import Found, run
from tests.power.mounted import NO_DISK, NoDisk

pytestmark = [pytest.mark.slow, pytest.mark.fault, pytest.mark.timeout(400)]


@pytest.fixture
def cut(tmp_path: Path) -> Callable[..., Found]:
    def told(**how: Any) -> Found:
        try:
            found = run(tmp_path, **how)
        except NoDisk as why:
            pytest.skip(NO_DISK.format(why))
        print(f"\n{found.as_text()}")
        return found

    return told


def test_forty_power_cuts_lose_nothing_and_repeat_next_to_nothing(
    cut: Callable[..., Found],
) -> None:
    found = cut(cuts=40, alerts=50, span=80)
    assert found.cuts == 40
    assert found.wrongs == []
    # A cut between a receiver's yes and the commit is bad luck, of three messages at once; how
    # often it is had depends on how busy the machine is. `wrongs` has all that no luck explains.
    assert found.repeats <= 15
    assert all(got.due >= 45 for got in found.after.receivers.values())


def test_cuts_at_the_worst_moments_lose_nothing(cut: Callable[..., Found]) -> None:
    """Each when something was written and is about to be synced."""
    found = cut(cuts=20, alerts=40, span=30, at_syncs=True)
    assert found.at_risk > 15
    assert found.wrongs == []
