"""Copies of a SQLite database: made beside a running daemon, checked, and put back.

Here SQLite is used as it is, without the tables that this version knows: the copy of an old
database is as old, and one that is damaged can still be looked at.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from watchd.errors import TemporaryError
from watchd.store.engine import file_of, locked
from watchd.store.schema import SCHEMA_VERSION
from watchd.store.troubles import DatabaseError, NoDatabase
from watchd.values import Struct

_MOST = 20  # problems told of one kind


class Looked(Struct, frozen=True, kw_only=True):
    """What a look into a database file found. `version` "": it is not one of ours."""

    version: str
    problems: tuple[str, ...] = ()

    @property
    def is_newer(self) -> bool:
        return self.version > SCHEMA_VERSION


def sqlite_file(url: str) -> Path:
    """The file of the database at an SQLAlchemy URL. Raises for servers, and if there is none."""
    path = file_of(url)
    if path is None:
        raise DatabaseError("this is a database server, which has tools of its own: pg_dump")
    if not path.exists():
        raise NoDatabase(f"{path}: there is no database yet; `watchd run` makes it")
    return path


def copy(source: Path, target: Path) -> int:
    """Write a whole copy of a database, which may be in use, to a new file. Returns its bytes.

    The copy is one moment of the database, and complete: it needs no `-wal` beside it. `target`
    appears when it is finished and on the disk. Raises DatabaseError, where it is there already,
    too; TemporaryError for a full disk.
    """
    if target.exists():
        raise DatabaseError(f"{target}: there is such a file already; name another")
    part = target.with_name(target.name + ".part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with _reading(source) as database:
            database.execute("VACUUM INTO ?", (str(part),))
        _to_disk(part)
        os.link(part, target)  # unlike a rename, it never takes the place of another
        _to_disk(target.parent)
    except sqlite3.Error as error:
        raise _in_words(source, error) from error
    except FileExistsError as error:
        raise DatabaseError(f"{target}: there is such a file already; name another") from error
    except OSError as error:
        raise DatabaseError(f"{target}: cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return target.stat().st_size


def look(path: Path) -> Looked:
    """Check a database: whether it is whole, and what it says agrees. Reads all of it."""
    try:
        with _reading(path) as database:
            whole = [row[0] for row in database.execute(f"PRAGMA integrity_check({_MOST})")]
            problems = [f"damaged: {one}" for one in whole if one != "ok"]
            astray = database.execute("PRAGMA foreign_key_check").fetchmany(_MOST)
            problems += [
                f"a row of {table} ({row}) belongs to none of {parent}"
                for table, row, parent, _ in astray
            ]
            version = _version(database)
    except sqlite3.DatabaseError as error:
        return Looked(version="", problems=(f"damaged: {error}",))
    if not version:
        problems.append("it is not a database of watchd")
    return Looked(version=version, problems=tuple(problems))


def version_of(path: Path) -> str:
    """The format of a database; "" where it is none of ours. Raises DatabaseError."""
    try:
        with _reading(path) as database:
            return _version(database)
    except sqlite3.Error as error:
        raise _in_words(path, error) from error


def _version(database: sqlite3.Connection) -> str:
    tables = {row[0] for row in database.execute("SELECT name FROM sqlite_schema")}
    if "alembic_version" not in tables:
        return ""
    row = database.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else ""


def restore(path: Path, source: Path, now: datetime) -> Path | None:
    """Put a copy in the place of the database. Returns where the old one is kept, if there was one.

    Raises TemporaryError beside a running daemon, DatabaseError for a copy that is damaged, of a
    newer format, or no database of ours: then nothing was touched.
    """
    if not source.is_file():
        raise DatabaseError(f"{source}: there is no such file")
    found = look(source)
    if found.problems:
        raise DatabaseError(f"{source}: cannot be restored: {found.problems[0]}")
    if found.is_newer:
        raise DatabaseError(
            f"{source}: has format {found.version}, this watchd knows {SCHEMA_VERSION}; "
            f"install a newer watchd first"
        )
    with locked(path.with_name(path.name + ".lock")):
        stamp = f"{now:%Y%m%dT%H%M%SZ}"
        fresh = path.with_name(f"{path.name}.restoring")
        fresh.unlink(missing_ok=True)
        copy(source, fresh)
        kept = None
        if path.exists():
            kept = path.with_name(f"{path.name}.replaced-{stamp}")
            _set_aside(path, kept)
        os.replace(fresh, path)
        _to_disk(path.parent)
    return kept


def _set_aside(path: Path, kept: Path) -> None:
    """Give the old database another name, too, with all that belongs to it.

    Its own name stays, so that there is a database at any moment, and the next one takes its
    place in one step. A `-wal` that stayed behind would be taken for one of that, and damage it.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as old:
            old.execute("PRAGMA journal_mode=DELETE")  # all of it into the one file
    except sqlite3.Error:
        pass  # it is damaged: that is why a copy is put back
    for suffix in ("-journal", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(kept.with_name(kept.name + suffix))
    os.link(path, kept)


def older(path: Path, keep: int) -> list[Path]:
    """Copies of ours beside the database beyond the newest `keep`, by the time in their names."""
    return sorted(path.parent.glob(f"{path.name}.backup-????????T??????Z"))[:-keep]


def default_name(path: Path, now: datetime) -> Path:
    """Where a copy goes that nobody named."""
    return path.with_name(f"{path.name}.backup-{now:%Y%m%dT%H%M%SZ}")


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    # A journal is left where the power went in the middle of a write. Until it has been played
    # back, which is a write, nobody can read the database.
    mode = "rw" if path.with_name(path.name + "-journal").exists() else "ro"
    name = f"file:{quote(str(path))}?mode={mode}"
    database = sqlite3.connect(name, uri=True, isolation_level=None)
    with closing(database):
        database.execute("PRAGMA busy_timeout=10000")
        yield database


def _to_disk(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _in_words(path: Path, error: sqlite3.Error) -> DatabaseError | TemporaryError:
    if "full" in str(error):
        return TemporaryError("the disk is full: the copy was not made")
    if "locked" in str(error):
        return TemporaryError("another process holds the database; try again in a moment")
    return DatabaseError(f"{path}: the database cannot be read: {error}")
