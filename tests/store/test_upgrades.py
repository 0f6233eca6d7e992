"""A database of each earlier format is brought up to date with all that is in it, and goes on."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData, create_engine, insert

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Hooks
from tests.support.site import Site
from watchd.config import load
from watchd.desk import receivers_of
from watchd.store import open_store
from watchd.store.migrate import migrate
from watchd.store.schema import SCHEMA_VERSION, metadata
from watchd.store.troubles import NewerDatabase

VERSIONS = Path(__file__).parents[2] / "watchd/store/migrations/versions"
FORMATS = sorted(path.name[1:5] for path in VERSIONS.glob("m*.py"))
OLD = {"title": "Rice", "text": "All is well.", "link": "https://x.example/1", "guid": "1"}
NEWS = {"title": "News", "text": "In alien lands.", "link": "https://x.example/2", "guid": "2"}
STAMP = NOW.replace(tzinfo=None)
VALUES: dict[str, Any] = {
    "name": "kcna", "feed": "kcna", "of_feed": "kcna", "rule": "alien-lands", "severity": "high",
    "status": "alerted", "state": "pending", "health": "ok", "key": "an older key",
    "title": "An old headline", "text": "In alien lands.", "url": "https://x.example/0",
    "guid": "0", "receiver": "desk", "evidence": [["body", 3, 14, "alien lands"]],
    "categories": ["a"], "lists": {}, "data": {}, "matchers": {}, "headers": [], "steps": {},
    "words": ["alien lands"], "receivers": ["desk"],
    "value": 1, "failures": 0,
    "attempts": 0, "ambiguous": 0,
    "in_line": True, "revision": 1, "baseline": False, "may_repeat": False, "update": False,
    "active": True, "held_for": "", "mode": "now", "throttle": "",
}  # fmt: skip
NULL = {
    "notice", "over_time", "message", "held_until", "finished_at", "claim", "claimed_until",
    "not_before", "rhythm", "pace", "failing_since", "http_status", "told_at", "gap_at", "lying_at",
    "holds",
}  # fmt: skip


def filled(engine: Engine, endpoint: str) -> dict[str, int]:
    """A row in each table of the database as it is; returns how many there are, by table."""
    tables = MetaData()
    tables.reflect(engine)
    with engine.begin() as connection:
        for table in tables.sorted_tables:
            if table.name in ("alembic_version", "articles"):
                continue  # an article would be fetched, and by then its host be asked
            row = {}
            for column in table.columns:
                kind = column.type.python_type
                if column.name in NULL and column.nullable:
                    continue
                default = {str: "", int: 1, float: 1.0, bool: False, bytes: b"", dict: {}}
                row[column.name] = VALUES.get(column.name, default.get(kind, STAMP))
                if column.name == "endpoint":
                    row[column.name] = endpoint
            if table.name == "item_revisions":
                row["revision"] = 0
            connection.execute(insert(table), row)
    return counts(Path(engine.url.database or ""))


def counts(path: Path) -> dict[str, int]:
    database = sqlite3.connect(path)
    names = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    return {
        name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in names
    }


@pytest.mark.parametrize(
    "version", [FORMATS[0], *(pytest.param(one, marks=pytest.mark.slow) for one in FORMATS[1:])]
)
def test_a_database_of_each_format_goes_on_where_it_was(
    desk: DeskFolder, site: Site, hooks: Hooks, version: str
) -> None:
    site.feed("/a.xml", [NEWS, OLD])
    desk.feed("kcna", site.url("/a.xml"), interval="1h")
    desk.receiver("desk", f"json://{hooks.address}/one")
    desk.rule("alien-lands", '"alien lands"')
    [endpoint] = receivers_of(load(desk.config, environ={}))["desk"].endpoints
    path = desk.path / "watchd.db"
    engine = create_engine(desk.database)
    migrate(engine, version)
    before = filled(engine, endpoint.name)
    engine.dispose()

    store = open_store(desk.database)
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall() == []
        assert connection.exec_driver_sql("PRAGMA integrity_check").fetchall() == [("ok",)]
    store.close()
    after = counts(path)
    assert {name: after.get(name) for name in before} == before
    copy = path.with_name(f"watchd.db.before-{SCHEMA_VERSION}")
    assert copy.exists() == (version != SCHEMA_VERSION)
    if copy.exists():
        assert counts(copy) == before
        assert copy.stat().st_mode & 0o777 == 0o600

    [old_hit] = desk.hits()
    assert old_hit.hit.evidence[0].quote == "alien lands"
    desk.once(NOW)
    assert {stored.item.title for stored in desk.items()} >= {"An old headline", "News", "Rice"}
    assert desk.deliveries()[0].state == "sent"
    assert "An old headline" in hooks.received[0].body


def test_an_older_watchd_says_which_command_leads_back(desk: DeskFolder) -> None:
    engine = create_engine(desk.database)
    migrate(engine, "0001")
    engine.dispose()
    open_store(desk.database).close()
    copy = desk.path / f"watchd.db.before-{SCHEMA_VERSION}"
    later = copy.rename(desk.path / "watchd.db.before-9999")
    with sqlite3.connect(desk.path / "watchd.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NewerDatabase, match="pip install --upgrade watchd") as refused:
        open_store(desk.database)
    command = str(refused.value).rpartition("watchd db restore ")[2]
    assert command == str(later)
    assert desk.watchd("db", "restore", command).returncode == 0
    assert desk.watchd("db", "migrate").returncode == 0
