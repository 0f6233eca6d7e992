"""Days on a virtual clock. Minutes long: `pytest -m slow tests/timeline -s`; all 300 feeds by
`python -m tests.timeline`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete

from tests.timeline.driver import Run, live
from tests.timeline.figures import Found, count
from tests.timeline.kinds import script
from watchd.store import Store
from watchd.store.schema import items


@pytest.fixture
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def lived(folder: Path, *, number: int, days: float, restarts: int) -> tuple[Run, Store, Found]:
    run = Run(script=script(number, days), days=days, restarts=restarts)
    store = asyncio.run(live(run, folder))
    return run, store, count(run, store)


def keeps_its_promises(found: Found) -> None:
    assert found.lost == []
    assert found.made_up_edits == []
    assert found.missed_edits == []
    assert found.too_soon == []
    assert found.below_floor == []
    assert found.unconditional == []
    assert found.did_304 >= 0.9 * found.could_304
    assert found.made_up == []
    assert found.gaps_missed == []
    assert len(found.gaps_false) <= 0.01 * found.gaps
    assert found.accused == []
    assert found.punished == []


@pytest.mark.usefixtures("quiet")
def test_two_days_of_every_kind_and_the_figures_would_tell(tmp_path: Path) -> None:
    run, store, found = lived(tmp_path, number=27, days=2, restarts=3)
    keeps_its_promises(found)
    assert found.polls > 1000
    assert found.stored > 500
    mine = items.c.feed == run.script[0].name
    store.write(lambda db: db.execute(delete(items).where(mine)))
    books = run.network.books[run.script[1].name]
    books.asked.append(replace(books.asked[-1], at=books.asked[-1].at + 60))
    books.too_soon = 1
    told = count(run, store)
    store.close()
    assert len(told.lost) == len(run.network.books[run.script[0].name].exposed)
    assert (len(told.too_soon), len(told.below_floor)) == (1, 1)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("quiet")
def test_thirty_days_of_forty_feeds(tmp_path: Path) -> None:
    _, store, found = lived(tmp_path, number=40, days=30, restarts=10)
    store.close()
    print(f"\n{found.as_text()}")
    keeps_its_promises(found)
    assert found.told_late == {}
    assert len(found.stale_false) <= found.feed_years
    assert found.recovered_after < 1.2  # hours; an interval, and its jitter
