"""A small version of `python -m tests.soak.kills`: a minute or so, `pytest -m fault tests/soak`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.kills import Run, run
from tests.soak.receivers import Manners

pytestmark = [pytest.mark.slow, pytest.mark.fault, pytest.mark.timeout(500)]


def test_alerts_survive_kills_and_receivers_in_trouble(tmp_path: Path) -> None:
    # A tenth refused: with more, one of these would often be refused five times, after which it
    # rests for minutes. As it is, one run in a hundred needs them.
    manners = Manners(refused=0.06, cut=0.02, silent=0.003)
    found = run(
        Run(
            folder=tmp_path, alerts=200, kills=6, span=20, dead=8, drain=400, manners=manners,
            seed=1,
        )
    )  # fmt: skip
    assert found.kills == 6
    assert found.wrongs == []
    for got in found.receivers.values():
        assert got.due >= 190
        assert got.repeats_unmarked == 0
        assert sum(got.answers.values()) > got.due  # some it refused, and got all the same
