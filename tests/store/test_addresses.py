"""What is written by the old config when the new one is in force already."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.desk import NOW
from watchd import waiting
from watchd.model import Destination, Endpoint, Notice, Receiver
from watchd.store import Store, addresses, open_store, outbox

NOTICE = Notice(at=NOW, severity="info", title="Rice", lines=(), why="")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path / 'watchd.db'}")
    yield store
    store.close()


def named(words: str) -> list[Endpoint]:
    pairs = [word.split("=") for word in words.split()]
    return [
        Endpoint(receiver=name.partition("/")[0], name=name, url="", mark=mark)
        for name, mark in pairs
    ]


@pytest.mark.parametrize(
    ("before", "now", "written"),
    [
        ("desk/j=A desk/j-2=B", "desk/j=C desk/j-2=A desk/j-3=B", "desk/j-2 desk/j-3"),
        ("desk/j=A desk/j-2=B", "desk/j=B", "desk/j"),
        ("desk/j=A desk/j-2=B", "desk/j=B desk/j-2=A", "desk/j desk/j-2"),
        ("desk/j=A", "desk/j=B", "desk/j"),
        ("desk/j=A", "tokyo/j=A", "tokyo/j"),
        ("desk/j=", "desk/j=A", "desk/j"),
    ],
)
def test_a_check_that_had_decided_before_a_reload_writes_to_the_addresses_it_meant(
    store: Store, before: str, now: str, written: str
) -> None:
    store.write(addresses.follow, named(before), NOW)
    meant = [Destination(endpoint=one) for one in named(before)]
    store.write(addresses.follow, named(now), NOW)
    store.write(outbox.add_notice, NOTICE, meant, NOW)
    found = store.read(outbox.list_deliveries)
    assert sorted(one.endpoint for one in found) == written.split()
    assert {one.receiver for one in found} == {written.partition("/")[0]}


def test_what_was_of_an_address_that_left_long_ago_is_not_taken_for_anothers(store: Store) -> None:
    here = named("desk/j=A desk/j-2=B")
    store.write(addresses.follow, here, NOW)
    alert = store.write(outbox.add_notice, NOTICE, [Destination(endpoint=o) for o in here], NOW)
    ids = [one.id for one in store.read(outbox.list_deliveries)]
    store.write(outbox.drop, ids, NOW)
    store.write(addresses.follow, named("desk/j=A"), NOW)
    store.write(addresses.follow, named("desk/j=C desk/j-2=A"), NOW)
    assert store.read(addresses.taken, alert) == {"desk/j-2", "desk/j-2 (left)"}


def test_endpoints_without_marks_change_nothing(store: Store) -> None:
    store.write(addresses.follow, named("desk/j=A"), NOW)
    assert store.write(addresses.follow, named("terminal="), NOW) == {}
    assert store.write(addresses.follow, named("tokyo/j=A"), NOW) == {"desk/j": "tokyo/j"}


@pytest.mark.parametrize(("now", "left"), [("ops/j=O", ["desk/j"]), ("terminal=", [])])
def test_a_dry_run_to_a_terminal_takes_no_receiver_for_gone(
    store: Store, now: str, left: list[str]
) -> None:
    [desk] = named("desk/j=A")
    store.write(addresses.follow, [desk], NOW)
    store.write(outbox.add_notice, NOTICE, [Destination(endpoint=desk)], NOW)
    [here] = named(now)
    receivers = {here.receiver: Receiver(name=here.receiver, endpoints=(here,))}
    waiting.follow_config(store, receivers, NOW, timedelta(hours=48))
    assert store.read(addresses.left) == left
