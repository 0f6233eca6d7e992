"""The power is cut at each sync of what changes whole files, one after the other: the making of a
database, its migration, a copy, a restore, evidence. What is left is the old or the new, whole."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from tests.power.mounted import NO_DISK, LosingDisk, NoDisk
from tests.store.test_upgrades import counts, filled
from tests.support.desk import NOW
from watchd import warc
from watchd.store import copies, open_store
from watchd.store.migrate import migrate
from watchd.store.schema import SCHEMA_VERSION

pytestmark = [pytest.mark.slow, pytest.mark.fault, pytest.mark.timeout(300)]
SHARES = (0.0, 0.6)  # of what was not synced is kept
MOST = 200  # syncs


@pytest.fixture
def losing(tmp_path: Path) -> Iterator[LosingDisk]:
    try:
        with LosingDisk(tmp_path / "disk") as disk:
            yield disk
    except NoDisk as why:
        pytest.skip(NO_DISK.format(why))


def at_each_sync(
    disk: LosingDisk,
    prepare: Callable[[Path], object],
    work: Callable[[Path], object],
    check: Callable[[Path, bool], object],
) -> int:
    """`prepare` a folder, begin to `work` there, cut the power at a sync of it, and `check` what is
    left; told whether the work was done. Returns how many syncs there were."""
    tried = 0
    for sync, share in ((n, share) for n in count(1) for share in SHARES):
        folder = disk.folder / f"{sync}-{share}"
        folder.mkdir()
        prepare(folder)
        disk.sync()
        disk.cut_later(sync=sync, share=share, seed=sync)
        work(folder)
        done = not disk.start()
        if done:  # fewer syncs than that: cut after all of it
            disk.cut()
            disk.start()
        check(folder, done)
        shutil.rmtree(folder)
        if done:
            break
        tried = sync
        assert tried < MOST
    print(f"\n{tried} syncs")
    return tried


def test_a_database_that_is_being_made_is_made_the_next_time(losing: LosingDisk) -> None:
    def work(folder: Path) -> None:
        open_store(f"sqlite:///{folder / 'watchd.db'}").close()

    def check(folder: Path, done: bool) -> None:
        assert (folder / "watchd.db").exists() >= done
        work(folder)
        assert copies.look(folder / "watchd.db").problems == ()

    assert at_each_sync(losing, lambda folder: None, work, check) > 3


def test_a_migration_is_done_or_not_and_nothing_is_lost(losing: LosingDisk, tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{old}")
    migrate(engine, "0001")
    before = filled(engine, "desk")
    engine.dispose()

    def work(folder: Path) -> None:
        open_store(f"sqlite:///{folder / 'watchd.db'}").close()

    def check(folder: Path, done: bool) -> None:
        version = copies.version_of(folder / "watchd.db")
        assert version in ({SCHEMA_VERSION} if done else {"0001", SCHEMA_VERSION})
        if version == SCHEMA_VERSION:
            assert counts(folder / f"watchd.db.before-{SCHEMA_VERSION}") == before
        work(folder)
        after = counts(folder / "watchd.db")
        assert {name: after.get(name) for name in before} == before
        assert copies.look(folder / "watchd.db").problems == ()
        assert counts(folder / f"watchd.db.before-{SCHEMA_VERSION}") == before

    at_each_sync(losing, lambda folder: shutil.copyfile(old, folder / "watchd.db"), work, check)


def noted(path: Path, note: str) -> None:
    """A database of ours with a note in it, by which it can be told from others."""
    store = open_store(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as database:
        database.execute("INSERT INTO service (name, value, at) VALUES (?, '', '')", [note])
        database.commit()
    store.close()


def note_in(path: Path) -> str:
    assert copies.look(path).problems == ()
    with closing(sqlite3.connect(path)) as database:
        return "".join(name for (name,) in database.execute("SELECT name FROM service"))


def test_a_copy_is_there_whole_or_not_at_all(losing: LosingDisk) -> None:
    def check(folder: Path, done: bool) -> None:
        assert (folder / "copy.db").exists() >= done
        if (folder / "copy.db").exists():
            assert note_in(folder / "copy.db") == "now"
        assert note_in(folder / "watchd.db") == "now"

    at_each_sync(
        losing,
        lambda folder: noted(folder / "watchd.db", "now"),
        lambda folder: copies.copy(folder / "watchd.db", folder / "copy.db"),
        check,
    )


def test_a_restore_leaves_the_old_database_or_the_copy(losing: LosingDisk) -> None:
    def prepare(folder: Path) -> None:
        noted(folder / "watchd.db", "now")
        noted(folder / "copy.db", "then")

    def check(folder: Path, done: bool) -> None:
        names = sorted(os.listdir(folder))
        found = note_in(folder / "watchd.db")
        assert found in ({"then"} if done else {"then", "now"}), names
        if found == "then":
            [kept] = folder.glob("watchd.db.replaced-*Z")
            assert note_in(kept) == "now"
        copies.restore(folder / "watchd.db", folder / "copy.db", NOW + timedelta(1))
        assert note_in(folder / "watchd.db") == "then"

    at_each_sync(
        losing,
        prepare,
        lambda folder: copies.restore(folder / "watchd.db", folder / "copy.db", NOW),
        check,
    )


def test_evidence_is_on_the_disk_once_it_has_a_place(losing: LosingDisk) -> None:
    folder = losing.folder / "state"
    folder.mkdir()
    losing.sync()
    places = []
    for number in range(6):
        places.append(
            warc.append(
                folder / "evidence", url="https://x.example/1", status=200, headers=[],
                body=random.Random(number).randbytes(3000), user_agent="watchd",
                now=NOW + timedelta(days=number // 2),
            )
        )  # fmt: skip
        losing.cut()
        losing.start()
        for place in places:
            assert warc.read(folder / "evidence", place)
