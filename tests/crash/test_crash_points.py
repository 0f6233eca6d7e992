"""Die at every write, every commit and every send of a whole round; run again; nothing is lost.

Random kills miss holes that are narrow; so each point is tried, one after the other.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Hooks
from tests.support.site import Site

pytestmark = [
    pytest.mark.xdist_group("crash"),  # they share a zygote, which is slow to start
    pytest.mark.fault,
]
HOUR = timedelta(hours=1)
OLD = {"title": "Rice", "text": "All is well.", "link": "https://x.example/1", "guid": "1"}
FIRST = [OLD, {"title": "Tea", "text": "They fought in alien lands.", "guid": "2"}]
SECOND = [
    {"title": "News A", "text": "Soldiers in alien lands.", "guid": "3"},
    {"title": "News B", "text": "A satellite; alien lands.", "guid": "4"},
    {**OLD, "text": "Edited: now with alien lands."},
    FIRST[1],
]
DUE = {("alien-lands", "3"), ("alien-lands", "4"), ("satellite", "4"), ("alien-lands", "1")}


class Zygote:
    """A process that forks a round at a time."""

    def __init__(self) -> None:
        self.stderr = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed in `close`)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.stderr,
            text=True,
        )

    def round(self, folder: Path, now: datetime, die_at: int = 0) -> dict[str, int]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        order = {"folder": str(folder), "now": now.isoformat(), "die_at": die_at}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer.startswith("{"):
            self.stderr.seek(0)
            raise AssertionError(f"{order}: {answer!r}\n{self.stderr.read()[-3000:]}")
        return json.loads(answer)

    def close(self) -> None:
        self.process.communicate()
        self.stderr.close()


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    opened = Zygote()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def another() -> Iterator[Zygote]:
    """To try twice as many points at a time."""
    opened = Zygote()
    yield opened
    opened.close()


def prepared(
    folder: Path, site: Site, hooks: Hooks, zygote: Zygote, path: str, *,
    receivers: Sequence[str] = ("one", "two"), together: bool,
) -> None:  # fmt: skip
    """A desk that has had its first look; the second is about to bring news and an edit.

    With `together` they are there, and wait to go out in one message for each receiver.
    """
    folder.mkdir()
    desk = DeskFolder(folder)
    site.feed(path, FIRST)
    desk.feed("kcna", site.url(path))
    for name in receivers:
        desk.receiver(name, f"json://{hooks.address}/{name}")
    desk.rule("alien-lands", '"alien lands"')
    desk.rule("satellite", "satellite")
    if together:
        desk.route(receivers=list(receivers), mode="group:15m")
    zygote.round(folder, NOW)
    site.feed(path, SECOND)
    if together:
        zygote.round(folder, NOW + HOUR / 2)


def copy(template: Path, folder: Path) -> None:
    shutil.copytree(template, folder)
    (folder / "watchd.db.lock").unlink()


def check(folder: Path, hooks: Hooks) -> tuple[int, int]:
    """The invariants, after the last round. Returns repeats, and how many of them were marked."""
    database = sqlite3.connect(folder / "watchd.db")

    def rows(sql: str) -> list[tuple]:
        return database.execute(sql).fetchall()

    assert rows("PRAGMA integrity_check") == [("ok",)]
    assert {guid for (guid,) in rows("SELECT guid FROM items")} == {"1", "2", "3", "4"}
    found = rows(
        "SELECT h.rule, i.guid, h.revision FROM hits h JOIN items i ON i.id = h.item_id "
        "WHERE h.status = 'alerted'"
    )
    assert {(rule, guid) for rule, guid, _ in found} == DUE
    assert len(found) == len(set(found)) == len(DUE)
    sent = rows("SELECT state, count(*) FROM deliveries GROUP BY state")
    assert sent == [("sent", 2 * len(DUE))]
    [(etag,)] = rows("SELECT etag FROM feeds")
    assert etag
    database.close()
    repeats = marked = 0
    for path in ("/one", "/two"):
        bodies = Counter[str]()
        for post in hooks.at(path):
            if not post.body:
                continue  # the other send died before its message was out
            text = post.json()["title"] + post.json()["message"]
            for hit in re.findall(r"\bhit (\d+)", text):
                bodies[hit] += 1
                if bodies[hit] > 1:
                    repeats += 1
                    marked += "repeat" in text.lower()
        assert len(bodies) == len(DUE), f"{path} got {bodies}"
    return repeats, marked


def one_point(
    template: Path, folder: Path, hooks_at: str, site: Site, zygote: Zygote, point: int
) -> tuple[int, int, bool]:
    """Die at a point, run again, check; and again, to see that nothing more happens.

    Returns repeats, how many of them were marked, and whether there was such a point: writes
    that wait share a transaction, so that now and then a round has a few points less.
    """
    with Hooks() as hooks:
        copy(template, folder)
        config = (folder / "config.toml").read_text()
        (folder / "config.toml").write_text(config.replace(hooks_at, hooks.address))
        died = bool(zygote.round(folder, NOW + HOUR, point)["died"])
        zygote.round(folder, NOW + 2 * HOUR)
        counts = check(folder, hooks)
        before = len(hooks.received)
        zygote.round(folder, NOW + 3 * HOUR)
        assert check(folder, hooks) == counts
        assert len(hooks.received) == before
    shutil.rmtree(folder)
    return *counts, died


def run(
    tmp_path: Path, site: Site, hooks: Hooks, zygotes: list[Zygote], step: int, *, together: bool
) -> tuple[int, int]:
    zygote = zygotes[0]
    template = tmp_path / "template"
    prepared(template, site, hooks, zygote, "/a.xml", together=together)
    copy(template, tmp_path / "whole")
    points = zygote.round(tmp_path / "whole", NOW + HOUR)["points"]
    check(tmp_path / "whole", hooks)
    chosen = range(1, points + 1, step)
    repeats = marked = tried = 0
    with ThreadPoolExecutor(len(zygotes)) as pool:
        jobs = [
            pool.submit(
                lambda part, one: [
                    one_point(template, tmp_path / f"p{n}", hooks.address, site, one, n)
                    for n in part
                ],
                chosen[number :: len(zygotes)],
                one,
            )
            for number, one in enumerate(zygotes)
        ]
        for job in jobs:
            for again, said, died in job.result():
                repeats += again
                marked += said
                tried += died
    print(f"\n{tried} of {points} crash points: 0 lost, {repeats} repeats, {marked} marked")
    assert repeats == marked
    assert tried >= 0.9 * len(chosen) - 1
    return points, repeats


def test_what_a_receiver_took_before_the_death_is_not_sent_again(
    tmp_path: Path, site: Site, hooks: Hooks, zygote: Zygote
) -> None:
    folder = tmp_path / "desk"
    prepared(folder, site, hooks, zygote, "/a.xml", receivers=["one"], together=True)
    assert zygote.round(folder, NOW + HOUR, die_at=-1)["died"]
    assert len(hooks.at("/one")) == 1
    assert not zygote.round(folder, NOW + 2 * HOUR)["died"]
    said = "".join(post.json()["title"] + post.json()["message"] for post in hooks.at("/one"))
    assert sorted(re.findall(r"\bhit (\d+)", said)) == ["2", "3", "4", "5"]
    assert "repeat" not in said.lower()
    with sqlite3.connect(folder / "watchd.db") as database:
        rows = database.execute("SELECT state, finished_at FROM deliveries ORDER BY id").fetchall()
    assert {state for state, _ in rows} == {"sent"}
    assert rows[0][1].startswith(f"{NOW + HOUR:%Y-%m-%d %H}"), "when it was taken"


@pytest.mark.parametrize("together", [False, True])
def test_a_round_may_die_at_some_points(
    tmp_path: Path, site: Site, hooks: Hooks, zygote: Zygote, together: bool
) -> None:
    run(tmp_path, site, hooks, [zygote], step=37 if not together else 16, together=together)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("together", [False, True])
def test_a_round_may_die_at_every_point(
    tmp_path: Path, site: Site, hooks: Hooks, zygote: Zygote, another: Zygote, together: bool
) -> None:
    points, _ = run(tmp_path, site, hooks, [zygote, another], step=1, together=together)
    assert points > 30
