"""Copies of the database: made beside a daemon, checked, put back; never the wrong way round."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.site import Site
from watchd.errors import TemporaryError, WatchdError
from watchd.store import copies, open_store
from watchd.store.schema import SCHEMA_VERSION

OLD = {"title": "Rice", "text": "All is well.", "link": "https://x.example/1", "guid": "1"}
NEWS = {"title": "News", "text": "In alien lands.", "link": "https://x.example/2", "guid": "2"}


@pytest.fixture(scope="module")
def looked_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Site]]:
    """A desk that has looked at its feed, for each test to have a copy of."""
    desk = DeskFolder(tmp_path_factory.mktemp("desk"))
    with Site() as site:
        site.feed("/a.xml", [OLD])
        desk.feed("kcna", site.url("/a.xml"), interval="1h")
        desk.once()
        yield desk.path, site


@pytest.fixture
def site(looked_once: tuple[Path, Site]) -> Site:
    return looked_once[1]


@pytest.fixture
def watched(looked_once: tuple[Path, Site], tmp_path: Path) -> DeskFolder:
    shutil.copytree(looked_once[0], tmp_path / "desk")
    lines = (tmp_path / "desk" / "config.toml").read_text().splitlines()
    return DeskFolder(tmp_path / "desk", lines)


def database(desk: DeskFolder) -> Path:
    return desk.path / "watchd.db"


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096 : len(data) // 2] = b"\x7f" * (len(data) // 2 - 4096)
    path.write_bytes(data)


def test_a_copy_beside_a_writer_is_whole_and_private(watched: DeskFolder) -> None:
    store = open_store(watched.database)
    store.lock()
    with store.engine.connect() as writing:
        writing.exec_driver_sql("INSERT INTO service VALUES ('unfinished', '1', '2026-01-08')")
        copies.copy(database(watched), watched.path / "copy.db")
        writing.rollback()
    store.close()
    copy = watched.path / "copy.db"
    assert copies.look(copy) == copies.Looked(version=SCHEMA_VERSION)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    rows = sqlite3.connect(copy).execute("SELECT guid FROM items").fetchall()
    assert rows == [("1",)]
    assert not list(watched.path.glob("*.part"))


def test_a_copy_never_takes_the_place_of_a_file(watched: DeskFolder) -> None:
    (watched.path / "copy.db").write_text("my notes")
    with pytest.raises(WatchdError, match="such a file already"):
        copies.copy(database(watched), watched.path / "copy.db")
    assert (watched.path / "copy.db").read_text() == "my notes"


def test_a_round_after_a_restore_goes_on_from_the_copy(watched: DeskFolder, site: Site) -> None:
    copies.copy(database(watched), watched.path / "copy.db")
    site.feed("/a.xml", [NEWS, OLD])
    watched.once(NOW + timedelta(hours=2))
    assert len(watched.items()) == 2
    kept = copies.restore(database(watched), watched.path / "copy.db", NOW)
    assert len(watched.items()) == 1
    assert kept == watched.path / "watchd.db.replaced-20260108T090000Z"
    assert sqlite3.connect(kept).execute("SELECT count(*) FROM items").fetchone() == (2,)
    watched.once(NOW + timedelta(hours=2))
    assert len(watched.items()) == 2


def test_what_the_old_database_had_in_its_wal_is_kept_and_harms_nothing(
    watched: DeskFolder,
) -> None:
    copies.copy(database(watched), watched.path / "copy.db")
    open_file = sqlite3.connect(database(watched), isolation_level=None)
    open_file.execute("PRAGMA wal_autocheckpoint=0")
    open_file.execute("INSERT INTO service VALUES ('last', '1', '2026-01-08')")
    for suffix in ("", "-wal"):  # as a killed process leaves it
        shutil.copy(f"{database(watched)}{suffix}", f"{database(watched)}.killed{suffix}")
    open_file.close()
    for suffix in ("", "-wal"):
        Path(f"{database(watched)}.killed{suffix}").replace(f"{database(watched)}{suffix}")
    kept = copies.restore(database(watched), watched.path / "copy.db", NOW)
    assert kept is not None
    last = "SELECT count(*) FROM service WHERE name = 'last'"
    assert sqlite3.connect(kept).execute(last).fetchone() == (1,)
    assert sqlite3.connect(database(watched)).execute(last).fetchone() == (0,)
    assert copies.look(database(watched)).problems == ()


def test_a_damaged_database_can_be_replaced(watched: DeskFolder) -> None:
    copies.copy(database(watched), watched.path / "copy.db")
    damage(database(watched))
    assert copies.look(database(watched)).problems
    copies.restore(database(watched), watched.path / "copy.db", NOW)
    assert copies.look(database(watched)).problems == ()
    assert len(watched.items()) == 1


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: damage(path), "cannot be restored"),
        (lambda path: path.write_text("my notes" * 200), "cannot be restored"),
        (lambda path: path.write_bytes(b""), "not a database of watchd"),
        (lambda path: path.unlink(), "no such file"),
        (
            lambda path: _write(path, "UPDATE alembic_version SET version_num = '9999'"),
            "newer watchd",
        ),
        (
            lambda path: _write(path, "INSERT INTO alert_hits VALUES (77, 78)"),
            "belongs to none",
        ),
    ],
    ids=["damaged", "notes", "empty", "none", "newer", "rows astray"],
)
def test_what_is_no_good_copy_is_not_restored(watched: DeskFolder, spoil, said: str) -> None:
    copy = watched.path / "copy.db"
    copies.copy(database(watched), copy)
    spoil(copy)
    before = database(watched).read_bytes()
    with pytest.raises(WatchdError, match=said):
        copies.restore(database(watched), copy, NOW)
    assert database(watched).read_bytes() == before
    assert not list(watched.path.glob("*.restoring"))


def _write(path: Path, sql: str) -> None:
    with sqlite3.connect(path) as database:
        database.execute(sql)


def test_nothing_is_restored_or_migrated_beside_a_running_daemon(watched: DeskFolder) -> None:
    copies.copy(database(watched), watched.path / "copy.db")
    store = open_store(watched.database)
    store.lock()
    with pytest.raises(TemporaryError, match="stop it first"):
        copies.restore(database(watched), watched.path / "copy.db", NOW)
    assert watched.watchd("db", "migrate").returncode == 75
    store.close()


@pytest.mark.slow
def test_the_verbs_say_what_they_did(watched: DeskFolder) -> None:
    def says(*words: str, code: int = 0) -> str:
        ended = watched.watchd("db", *words)
        assert ended.returncode == code, ended.stderr
        return ended.stdout + ended.stderr

    copy = str(watched.path / "copy.db")
    assert "complete" in says("backup", copy)
    assert "such a file already" in says("backup", copy, code=78)
    assert f"whole, format {SCHEMA_VERSION}" in says("check")
    assert "whole" in says("check", copy)
    assert "the database that was here" in says("restore", copy)
    assert "nothing to do" in says("migrate")
    damage(Path(copy))
    assert "damaged" in says("check", copy, code=1)
    for day in range(1, 5):
        (watched.path / f"watchd.db.backup-2020010{day}T000000Z").touch()
    assert says("backup", "--keep", "2").count("removed") == 3
    assert len(list(watched.path.glob("watchd.db.backup-*"))) == 2
    assert len(watched.items()) == 1
