"""Opening the database: pragmas, transactions that mean it, migrations, one daemon at a time."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from watchd.errors import TemporaryError
from watchd.store.receipts import Receipts
from watchd.store.schema import SCHEMA_VERSION, metadata, version
from watchd.store.troubles import DatabaseError, NewerDatabase, NoDatabase, in_words

_TOGETHER = 50  # in one transaction, so that what comes next need not wait for long

P = ParamSpec("P")
T = TypeVar("T")
Query: TypeAlias = Callable[[Connection], T]
_Waiting: TypeAlias = "deque[tuple[Query[Any], asyncio.Future[Any]]]"
_Ended: TypeAlias = tuple["asyncio.Future[Any]", Any, "BaseException | None"]


class Store:
    """One database, one connection at a time.

    `read` and `write` run a function over a `Connection` inside a transaction; a `write` holds
    SQLite's write lock from its first statement (BEGIN IMMEDIATE), because the driver's default
    (read, then upgrade) silently loses updates. `do_read` and `do_write` are the same for a
    coroutine: the work happens in one thread of the store's own, and writes that wait there are
    committed together, since a commit costs more than most of what it keeps. Reads that wait
    share a transaction as well.
    """

    def __init__(self, engine: Engine, lock_file: Path | None) -> None:
        self.engine = engine
        self._lock_file = lock_file
        self._lock_fd: int | None = None
        self.receipts = Receipts(lock_file.with_suffix(".receipts") if lock_file else None)
        self._turn = threading.Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._writer = engine.execution_options(watchd_writes=True)
        self._kept: dict[Engine, Connection] = {}
        self._reads: _Waiting = deque()
        self._writes: _Waiting = deque()

    @property
    def folder(self) -> Path | None:
        """Where the database's file is; None for a database server."""
        return self._lock_file.parent if self._lock_file else None

    def read(self, query: Callable[Concatenate[Connection, P], T], *a: P.args, **k: P.kwargs) -> T:
        """Run `query(connection, …)` in a transaction that reads."""
        return self._run(self.engine, query, *a, **k)

    def write(self, query: Callable[Concatenate[Connection, P], T], *a: P.args, **k: P.kwargs) -> T:
        """Run `query(connection, …)` in one transaction: all of it is kept, or none.

        Raises TemporaryError when the disk is full or another process holds the database.
        """
        return self._run(self._writer, query, *a, **k)

    async def do_read(
        self, query: Callable[Concatenate[Connection, P], T], *a: P.args, **k: P.kwargs
    ) -> T:
        """`read`, awaited."""
        return await self._done(self._reads, self.read, lambda db: query(db, *a, **k))

    async def do_write(
        self, query: Callable[Concatenate[Connection, P], T], *a: P.args, **k: P.kwargs
    ) -> T:
        """`write`, awaited. What fails takes nothing else with it."""
        return await self._done(self._writes, self.write, lambda db: query(db, *a, **k))

    async def _done(
        self, waiting: _Waiting, run: Callable[[Query[Any]], Any], query: Query[T]
    ) -> T:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        waiting.append((query, done))
        self._thread.submit(_run_together, waiting, run)
        return await done

    def _run(self, engine: Engine, query: Callable[..., T], *a: Any, **k: Any) -> T:
        with self._turn:
            try:
                with self._kept_open(engine) as connection, connection.begin():
                    return query(connection, *a, **k)
            except DBAPIError as error:
                raise in_words(error) from error

    @contextmanager
    def _kept_open(self, engine: Engine) -> Iterator[Connection]:
        """The connection of the transaction before: to get one anew costs more than many of these.

        After trouble it goes back to the pool, which looks to it.
        """
        if (connection := self._kept.pop(engine, None)) is None:
            connection = engine.connect()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._kept[engine] = connection

    def lock(self) -> None:
        """Become the one process that fetches and sends from this database.

        Raises TemporaryError when another one is. The lock ends with the process, however it
        ends. (PostgreSQL: a session-level advisory lock, which ends with the connection.)
        """
        if self._lock_file is None:
            self._lock_server()
            return
        self._lock_fd = _take_lock(self._lock_file)

    def _lock_server(self) -> None:
        self._server_lock = self.engine.connect()
        got = self._server_lock.execute(text("SELECT pg_try_advisory_lock(7703281461)")).scalar()
        self._server_lock.commit()
        if not got:
            self._server_lock.close()
            raise TemporaryError("another watchd is running on this database; stop it first")

    def room(self) -> int | None:
        """Bytes that are free on the disk of a SQLite database; None for a server, or unknown."""
        if self._lock_file is None:
            return None
        try:
            return shutil.disk_usage(self._lock_file.parent).free
        except OSError:
            return None

    def close(self) -> None:
        """Close the connection and give up the lock."""
        self._thread.shutdown(wait=True)
        while self._kept:
            self._kept.popitem()[1].close()
        self.engine.dispose()
        self.receipts.close()
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None


def _take_lock(file: Path) -> int:
    """Lock a file and write our number into it; returns it open. Raises TemporaryError."""
    try:
        fd = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DatabaseError(f"{file}: cannot be made: {error.strerror}") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(fd, 32, 0).decode("ascii", "replace").strip() or "?"
        os.close(fd)
        raise TemporaryError(
            f"another watchd (process {holder}) is running on this database; "
            f"stop it first, or give this one a database of its own in config.toml"
        ) from None
    os.ftruncate(fd, 0)
    os.pwrite(fd, str(os.getpid()).encode(), 0)
    return fd


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Keep daemons away from a database meanwhile. Raises TemporaryError where one runs."""
    fd = _take_lock(file)
    try:
        yield
    finally:
        os.close(fd)


def _run_together(waiting: _Waiting, run: Callable[[Query[Any]], Any]) -> None:
    """Run what waits in one transaction; where one fails, each in its own."""
    jobs: list[tuple[Query[Any], asyncio.Future[Any]]] = []
    while waiting and len(jobs) < _TOGETHER:
        query, done = waiting.popleft()
        if not done.cancelled():
            jobs.append((query, done))
    if len(jobs) > 1:
        try:
            results = run(lambda db: [query(db) for query, _ in jobs])
        except Exception:  # whoever it was: it will say so again, alone
            pass
        else:
            _tell([(done, result, None) for (_, done), result in zip(jobs, results, strict=True)])
            return
    for query, done in jobs:
        try:
            ended: _Ended = done, run(query), None
        except BaseException as error:
            ended = done, None, error
        _tell([ended])


def _tell(ended: list[_Ended]) -> None:
    """Hand over what came of jobs to those who wait for it, in their loop, and wake it once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Ended]] = {}
    for one in ended:
        by_loop.setdefault(one[0].get_loop(), []).append(one)
    for loop, some in by_loop.items():
        with suppress(RuntimeError):  # it was closed meanwhile: nobody waits any more
            loop.call_soon_threadsafe(_hand_over, some)


def _hand_over(ended: list[_Ended]) -> None:
    for done, result, error in ended:
        if done.done():  # cancelled
            continue
        if error is None:
            done.set_result(result)
        else:
            done.set_exception(error)


def open_store(url: str, *, create: bool = True) -> Store:
    """Open the database at an SQLAlchemy URL, made or brought up to date if need be.

    With `create=False` one that is not there is NoDatabase: reading verbs must not leave an
    empty file behind. Raises NewerDatabase for one from a newer watchd.
    """
    path = file_of(url)
    if path is not None:
        if not create and not path.exists():
            raise NoDatabase(f"{path}: there is no database yet; `watchd run` makes it")
        if not path.parent.is_dir():
            raise DatabaseError(
                f"{path.parent}: there is no such folder for the database; make it, or change "
                f"`database` in config.toml"
            )
    try:
        engine = _engine(url, path)
        _bring_up_to_date(engine, path)
    except DBAPIError as error:
        raise in_words(error) from error
    except OSError as error:
        raise DatabaseError(
            f"{error.filename}: the database cannot be made: {error.strerror}"
        ) from error
    except ImportError as error:
        raise DatabaseError(
            f"this kind of database needs a driver that is not installed ({error.name}); "
            f"watchd works with SQLite, and with PostgreSQL after pip install 'watchd[postgres]'"
        ) from None
    except SQLAlchemyError as error:
        raise DatabaseError(f"the database cannot be opened: {type(error).__name__}") from error
    return Store(engine, path.with_name(path.name + ".lock") if path else None)


def file_of(url: str) -> Path | None:
    """The file of a SQLite database; None for a database server."""
    try:
        where = make_url(url)
    except (SQLAlchemyError, ValueError):
        raise DatabaseError(
            "`database` in config.toml is neither a file nor an address like "
            "postgresql://NAME@HOST:PORT/DATABASE"
        ) from None
    if where.get_backend_name() != "sqlite":
        return None
    if not where.database or where.database == ":memory:":
        raise DatabaseError("`database` in config.toml must name a file: memory forgets")
    return Path(where.database)


def scratch_copy(url: str, folder: Path) -> str:
    """A copy of a SQLite database in `folder`, as the URL of it; an empty one where there is none.

    What a dry run works on: known items stay known, and nothing of it is kept.
    """
    copy, path = folder / "scratch.db", file_of(url)
    if path is not None and path.exists():
        try:
            source = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
            target = sqlite3.connect(copy)
            with closing(source), closing(target):
                source.backup(target)
        except sqlite3.Error as error:
            raise DatabaseError(f"{path}: the database cannot be read: {error}") from error
    return f"sqlite:///{copy}"


def _engine(url: str, path: Path | None) -> Engine:
    if path is None:
        return create_engine(url, hide_parameters=True)
    if not path.exists():
        _make_private(path)
    engine = create_engine(
        url,
        poolclass=StaticPool,  # one connection, kept open: a full disk could not reopen it
        connect_args={"check_same_thread": False, "timeout": 10},
        hide_parameters=True,  # no item text or address in an exception
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver's own BEGIN is switched off
        cursor = connection.cursor()
        # FULL: an alert must not be forgotten after it was marked as sent.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("watchd_alone"):
            connection.exec_driver_sql(
                "BEGIN IMMEDIATE" if options.get("watchd_writes") else "BEGIN"
            )

    return engine


def _make_private(path: Path) -> None:
    """An empty file for its owner only: items may be nobody else's business."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _bring_up_to_date(engine: Engine, path: Path | None) -> None:
    with engine.connect() as connection:
        found = None
        if inspect(connection).has_table(version.name):
            found = connection.scalar(select(version.c.version_num))
    if found == SCHEMA_VERSION:
        return
    if found is not None and found > SCHEMA_VERSION:
        raise NewerDatabase(
            f"the database has format {found}, this watchd knows {SCHEMA_VERSION}: "
            f"it was written by a newer watchd; install that one: "
            f"pip install --upgrade watchd" + _way_back(path, found)
        )
    writer = engine.execution_options(watchd_writes=True)
    if found is None:
        with writer.begin() as connection:
            if _make(connection):
                return
    elif path is not None:
        # VACUUM runs in no transaction, so it must not be given ours.
        with engine.execution_options(watchd_alone=True).connect() as connection:
            copy = path.with_name(f"{path.name}.before-{SCHEMA_VERSION}")
            copy.unlink(missing_ok=True)
            _make_private(copy)
            connection.exec_driver_sql("VACUUM INTO ?", (str(copy),))
    from watchd.store.migrate import migrate  # Alembic costs 0.2 s that most starts need not pay

    migrate(writer)


def _way_back(path: Path | None, found: str) -> str:
    """How to undo an upgrade, where the copy that was made before it is still there."""
    before = path.with_name(f"{path.name}.before-{found}") if path else None
    if before is None or not before.exists():
        return ""
    return f"; or go back to what was before that upgrade: watchd db restore {before}"


def _make(connection: Connection) -> bool:
    """Make all tables as they are now; False, and nothing is done, where there are tables."""
    if inspect(connection).get_table_names():
        return False
    metadata.create_all(connection, checkfirst=False)
    version.create(connection)
    connection.execute(version.insert().values(version_num=SCHEMA_VERSION))
    return True
