"""A database in trouble while a send is under way must not hold up a receiver for ever."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Hooks
from tests.support.site import Site
from watchd import notify
from watchd.config import load
from watchd.daemon import Daemon
from watchd.desk import read_desk
from watchd.store import open_store

OLD = {"title": "Rice", "text": "All is well.", "guid": "1"}


@pytest.mark.parametrize("trouble", ["UPDATE deliveries SET state=?, ambiguous", "SELECT hits.id"])
def test_a_passing_database_error_does_not_block_a_receiver(
    desk: DeskFolder, site: Site, hooks: Hooks, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setattr(notify, "_REST", 0.01)
    site.feed("/a.xml", [OLD])
    desk.feed("kcna", site.url("/a.xml"))
    desk.receiver("desk", f"json://{hooks.address}/one")
    desk.rule("alien-lands", '"alien lands"')
    desk.once(NOW)
    news = [{"title": f"News {n}", "text": "in alien lands", "guid": f"n{n}"} for n in range(3)]
    site.feed("/a.xml", [*news, OLD])
    now, failed = NOW + timedelta(hours=1), []
    store = open_store(desk.database)

    @event.listens_for(store.engine, "before_cursor_execute")
    def fail_once(_connection, _cursor, statement, *_more):
        if not failed and statement.startswith(trouble):
            failed.append(statement)
            raise OperationalError(statement, {}, Exception("disk I/O error"))

    current = read_desk(load(desk.config, environ=os.environ), store, now)
    asyncio.run(Daemon(current, store, clock=lambda: now).once())
    store.close()
    assert failed
    assert {delivery.state for delivery in desk.deliveries()} == {"sent"}
    assert len({post.json()["title"] for post in hooks.received}) == 3
