"""Rules that nothing was changed in are taken as they were read; all else is read again."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from tests.support.desk import NOW, DeskFolder
from watchd.config import load
from watchd.desk import read_desk
from watchd.inforce import RulesInForce, read_rules
from watchd.model import Item
from watchd.store import Store, open_store, service

NEWS = Item(key="1", title="Honours", text="They fought in alien lands; rye is short.")
LIST = "rye\nbarley\n"


@pytest.fixture
def desk(desk: DeskFolder) -> DeskFolder:
    desk.rule("lands", '"alien lands"')
    desk.rule("grain", "@grain")
    (desk.path / "rules" / "lists" / "grain.txt").write_text(LIST)
    return desk


@contextmanager
def opened(desk: DeskFolder) -> Iterator[Store]:
    store = open_store(desk.database)
    try:
        yield store
    finally:
        store.close()


def started(desk: DeskFolder) -> RulesInForce:
    """The rules of another start, which says of itself what a daemon says."""
    with opened(desk) as store:
        rules = read_rules(desk.path / "rules", store, NOW)
        store.write(service.note, "rules", rules.summary(), NOW)
        return rules


def found(rules: RulesInForce) -> list[str]:
    return [one.rule.id for one in rules.match(NEWS, source="kcna", now=NOW)]


def packed(desk: DeskFolder) -> list[bytes]:
    with closing(sqlite3.connect(desk.path / "watchd.db")) as database:
        return [row[0] for row in database.execute("SELECT packed FROM packed_rules")]


# What reading a text takes, and taking what was read does not.
READERS = ["loading", "schema", "keys", "lexer", "parser", "plainquery", "habits", "termlist"]
PROGRAM = """\
import sys
from datetime import UTC, datetime
from pathlib import Path
from watchd.inforce import read_rules
from watchd.model import Item
from watchd.store import open_store
now, item = datetime(2026, 1, 8, 9, tzinfo=UTC), Item(key="1", title="alien lands", text="rye")
rules = read_rules(Path(sys.argv[1]), open_store(sys.argv[2]), now)
print(*(one.rule.id for one in rules.match(item, source="kcna", now=now)))
print(*sys.modules)
"""


def test_a_start_with_the_same_files_reads_no_rule(desk: DeskFolder) -> None:
    started(desk)
    words = [sys.executable, "-c", PROGRAM, str(desk.path / "rules"), desk.database]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    rules, modules = done.stdout.splitlines()
    assert rules == "grain lands"
    assert not {f"watchd.rules.{name}" for name in READERS} & set(modules.split())
    assert "pydantic" not in modules.split()


def test_rules_of_another_start_are_the_same_in_everything(desk: DeskFolder) -> None:
    first, second = started(desk), started(desk)
    assert first.every == second.every
    assert [rule.version for rule in first.every.values()] == [
        rule.version for rule in second.every.values()
    ]
    assert found(second) == ["grain", "lands"]


def test_an_edit_of_a_rule_or_a_list_is_read(desk: DeskFolder) -> None:
    started(desk)
    desk.rule("lands", '"distant lands"')
    assert found(started(desk)) == ["grain"]
    (desk.path / "rules" / "lists" / "grain.txt").write_text("barley\n")
    assert found(started(desk)) == []
    (desk.path / "rules" / "lists" / "grain.txt").write_text(LIST)
    (desk.path / "rules" / "lands.toml").unlink()
    assert found(started(desk)) == ["grain"]
    assert found(started(desk)) == ["grain"]


@pytest.mark.parametrize("damage", [b"", b"x", bytes(64)], ids=["nothing", "short", "zeros"])
def test_what_was_damaged_is_read_again(desk: DeskFolder, damage: bytes) -> None:
    started(desk)
    with closing(sqlite3.connect(desk.path / "watchd.db")) as database, database:
        database.execute("UPDATE packed_rules SET packed = ?", [damage])
    assert found(started(desk)) == ["grain", "lands"]


def test_without_what_was_kept_they_are_read_again(desk: DeskFolder) -> None:
    started(desk)
    with closing(sqlite3.connect(desk.path / "watchd.db")) as database, database:
        database.execute("DELETE FROM packed_rules")
    assert found(started(desk)) == ["grain", "lands"]


def test_rules_over_time_are_there_beside_them(desk: DeskFolder) -> None:
    (desk.path / "rules" / "burst.toml").write_text(
        'title = "T"\nseverity = "low"\ntype = "frequency"\nquery = "rye"\n'
        '[frequency]\nat_least = 5\nwithin = "1d"\n'
    )
    first, second = started(desk), started(desk)
    assert first.every == second.every
    assert set(second.watching) == {"burst"}
    assert {"grain", "lands"} <= set(found(second))


def test_with_a_mistake_the_rules_are_read_at_each_start(desk: DeskFolder) -> None:
    started(desk)
    before = packed(desk)
    desk.rule("lands", "(((")
    assert found(started(desk)) == ["grain", "lands"]  # its last good version
    assert packed(desk) == before


def test_a_reload_keeps_what_it_read(desk: DeskFolder) -> None:
    with opened(desk) as store:
        config = load(desk.config, environ={})
        first = read_desk(config, store, NOW)
        (one,) = packed(desk)
        desk.rule("lands", '"distant lands"')
        second = read_desk(config, store, NOW, first)
        (two,) = packed(desk)
        assert one != two
        third = read_desk(config, store, NOW, second)
        assert packed(desk) == [two]
        store.write(service.note, "rules", third.rules.summary(), NOW)
    assert found(started(desk)) == ["grain"]


def test_a_rule_that_goes_at_a_reload_is_kept_no_longer(desk: DeskFolder) -> None:
    with opened(desk) as store:
        config = load(desk.config, environ={})
        first = read_desk(config, store, NOW)
        (one,) = packed(desk)
        (desk.path / "rules" / "lands.toml").unlink()
        second = read_desk(config, store, NOW, first)
        assert packed(desk) != [one]
        store.write(service.note, "rules", second.rules.summary(), NOW)
    assert found(started(desk)) == ["grain"]
