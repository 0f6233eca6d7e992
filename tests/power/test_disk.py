"""The disk that power cuts are tried on: it loses what was not synced, and nothing else."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.power.disk import ROOT, SECTOR, Disk
from tests.power.mounted import LosingDisk, NoDisk


@pytest.fixture
def losing(tmp_path: Path) -> Iterator[LosingDisk]:
    try:
        with LosingDisk(tmp_path / "disk") as disk:
            yield disk
    except NoDisk as why:
        pytest.skip(f"no disk that loses can be mounted here: that takes root and FUSE ({why})")


def sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)


def test_what_was_not_synced_is_gone(losing: LosingDisk) -> None:
    folder = losing.folder
    for name in ("synced", "nameless", "renamed"):
        (folder / name).write_text("first\n")
    for name in ("synced", "renamed"):
        sync(folder / name)
    sync(folder)
    sync(folder / "nameless")  # the name of which was synced, and then its text
    with (folder / "synced").open("a") as file:
        file.write("second\n")
    (folder / "renamed").rename(folder / "new")
    (folder / "late").mkdir()
    assert sorted(os.listdir(folder)) == ["late", "nameless", "new", "synced"]
    assert (folder / "synced").read_text() == "first\nsecond\n"
    assert losing.cut() == {"synced": len("second\n")}
    losing.start()
    assert sorted(os.listdir(folder)) == ["nameless", "renamed", "synced"]
    assert (folder / "synced").read_text() == (folder / "renamed").read_text() == "first\n"
    losing.sync()
    assert losing.cut() == {}
    losing.start()
    assert (folder / "nameless").read_text() == "first\n"


@pytest.mark.parametrize(("synchronous", "kept"), [("FULL", 20), ("OFF", 0)])
def test_a_database_is_what_it_has_synced(losing: LosingDisk, synchronous: str, kept: int) -> None:
    file = losing.folder / "a.db"
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE notes (number)")
    losing.sync()
    database.execute(f"PRAGMA synchronous={synchronous}")
    for number in range(20):
        database.execute("INSERT INTO notes VALUES (?)", [number])
    losing.cut()
    losing.start()
    left = sqlite3.connect(file)
    assert left.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert left.execute("SELECT count(*) FROM notes").fetchone() == (kept,)
    left.close()


def test_of_what_was_not_synced_any_sectors_may_be_kept() -> None:
    disk = Disk()
    file = disk.create(ROOT, "a", 0o100644)
    disk.sync(ROOT)
    disk.write(file.number, 100, bytes([1]) * 100 * SECTOR)
    assert disk.at_risk() == {"a": 100 * SECTOR}
    left = disk.left(random.Random(1), 0.5).find(ROOT, "a")
    sectors = [left.data[n : n + SECTOR] for n in range(SECTOR, 99 * SECTOR, SECTOR)]
    assert {bytes(one) for one in sectors} == {bytes([1]) * SECTOR, bytes(SECTOR)}


def test_a_rename_is_kept_whole_or_not_at_all() -> None:
    for seed in range(20):
        disk = Disk()
        old = disk.create(ROOT, "config", 0o100644)
        disk.sync(ROOT)
        new = disk.create(ROOT, "config.new", 0o100644)
        disk.rename(ROOT, "config.new", ROOT, "config")
        left = disk.left(random.Random(seed), 0.5)
        assert left.find(ROOT, "config").number in (old.number, new.number)
