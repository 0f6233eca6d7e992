"""What the half hour says of its samples; the half hour itself has a command of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.soak.figures import Alerts, Figures
from tests.soak.resources import Sample
from tests.soak.steady import verdicts

SENT = Alerts(
    due=3, received=3, lost=0, waiting=0, unasked=0, repeats=1, marked=1, late=0, unexplained=0
)
WELL = Figures(
    items={"exposed": 9, "stored": 9, "lost": 0, "baseline_wrong": 0},
    hits={"found": 3, "over_time": 1, "missing": 0, "extra": 0},
    alerts={"hook": SENT},
    daemon={
        "ended_early": [], "left_behind": 0, "drained": True, "exit_code": 0, "exit_seconds": 1,
    },
    integrity="ok",
    log={},
    trouble=[],
)  # fmt: skip


def level(_number: int) -> int:
    return 0


def grows(number: int) -> int:
    return number


def hour(
    memory: Callable[[int], int] = level,
    children: Callable[[int], int] = level,
    files: Callable[[int], int] = level,
    threads: Callable[[int], int] = level,
) -> list[Sample]:
    """A sample a minute; what grows does so from 100 MB, from 20 files, from 8 threads."""
    return [
        Sample(
            at=60.0 * n,
            cpu=6.0 * n,
            rss=(80 + memory(n)) * 10**6,
            children=(20 + children(n)) * 10**6,
            files=20 + files(n),
            threads=8 + threads(n),
        )
        for n in range(60)
    ]


@pytest.mark.parametrize(
    ("samples", "wrong"),
    [
        (hour(), []),
        (hour(memory=lambda n: 30 if n < 20 else 0), []),  # it starts, and is done with that
        (hour(memory=grows), ["memory is flat"]),
        (hour(children=grows), ["memory is flat"]),
        (hour(files=grows), ["open files are flat"]),
        (hour(files=lambda n: n % 3), []),
        (hour(threads=grows), ["threads are flat"]),
    ],
)
def test_what_grows_is_not_flat(samples: list[Sample], wrong: list[str]) -> None:
    told = list(verdicts(samples, WELL))
    assert [one.promise for one in told if not one.kept] == wrong
    assert str(told[-1]) == "ok     CPU: 10.0 % of a core, 39333.3 ms an item"
