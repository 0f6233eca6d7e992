"""The heartbeat vouches for complete cycles, and says when something is wrong here."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Answer as Reply
from tests.support.sinks import Hooks
from tests.support.site import Site
from watchd.config import load
from watchd.desk import read_desk
from watchd.heartbeat import failing
from watchd.store import Store, feeds, open_store
from watchd.vitals import Vitals

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
OLD = {"title": "Rice", "text": "All is well.", "link": "https://x.example/1", "guid": "1"}
NEWS = {"title": "News", "text": "In alien lands.", "link": "https://x.example/2", "guid": "2"}
TOKEN = "3f1e0c52-9d1b-4c55-8a7e-0b6a1d2c3e4f"


@pytest.fixture
def watched(desk: DeskFolder, site: Site, hooks: Hooks) -> DeskFolder:
    site.feed("/a.xml", [OLD])
    desk.lines.append(f'heartbeat_url = "http://{hooks.address}/ping/{TOKEN}?who=desk"')
    desk.feed("kcna", site.url("/a.xml"), interval="1h")
    desk.receiver("desk", f"json://{hooks.address}/one")
    desk.rule("alien-lands", '"alien lands"')
    return desk


def beats(hooks: Hooks) -> list[str]:
    """What the heartbeat asked for, without the token."""
    asked = [post.path for post in hooks.received if post.path.startswith("/ping/")]
    return [path.replace(f"/ping/{TOKEN}", "") for path in asked]


class Watcher:
    """The part of a daemon that looks after itself, at times that a test names."""

    def __init__(self, folder: DeskFolder) -> None:
        self.store: Store = open_store(folder.database)
        self.now, self.trouble = NOW, ""
        self.desk = read_desk(load(folder.config, environ=os.environ), self.store, NOW)
        self.vitals = Vitals(self.store, lambda: self.desk, lambda: self.now, lambda: self.trouble)

    def looks(self, *, seconds: float = 0) -> None:
        self.now += timedelta(seconds=seconds)

        async def look() -> None:
            try:
                await self.vitals.tick()
            finally:
                await self.vitals.stop(5)

        asyncio.run(look())


@pytest.fixture
def watcher(watched: DeskFolder) -> Iterator[Watcher]:
    watcher = Watcher(watched)
    watcher.store.write(feeds.sync, watcher.desk.config.feeds, NOW)
    watcher.store.write(feeds.hold_back, ["kcna"], NOW + MINUTE)
    yield watcher
    watcher.store.close()


def test_a_round_ends_with_a_heartbeat(watched: DeskFolder, hooks: Hooks) -> None:
    watched.once()
    assert beats(hooks) == ["?who=desk"]
    assert hooks.received[-1].method == "GET"


def test_the_address_may_stand_in_a_file(watched: DeskFolder, hooks: Hooks) -> None:
    (watched.path / "beat").write_text(f"# ours\nhttp://{hooks.address}/ping/{TOKEN}\n")
    watched.lines[2] = 'heartbeat_url_file = "beat"'
    watched.write()
    watched.once()
    assert beats(hooks) == [""]


def test_no_heartbeat_before_every_due_feed_was_checked(
    watched: DeskFolder, watcher: Watcher, hooks: Hooks
) -> None:
    hooks.received.clear()
    watcher.looks(seconds=600)
    assert beats(hooks) == []
    watched.once(watcher.now)
    hooks.received.clear()
    watcher.looks(seconds=5)
    assert beats(hooks) == ["?who=desk"]


def test_no_heartbeat_before_every_due_delivery_was_tried(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    watched.once(NOW - HOUR)
    watcher = Watcher(watched)
    site.feed("/a.xml", [NEWS, OLD])
    hooks.always(Reply(status=503), path="/one")
    watched.once(NOW + HOUR)
    hooks.received.clear()
    watcher.looks(seconds=3600 + 1)
    assert beats(hooks) == ["?who=desk"]  # it was tried, and waits for its next attempt
    watcher.looks(seconds=90)  # of the cycle that began then, and nobody tried again
    for _ in range(3):
        watcher.looks(seconds=90)
    watcher.store.close()
    assert beats(hooks) == ["?who=desk"] * 2


def test_heartbeats_are_no_more_often_than_wanted(watcher: Watcher, hooks: Hooks) -> None:
    hooks.received.clear()
    watcher.now = NOW - HOUR / 2
    for _ in range(25):
        watcher.looks(seconds=5)
    assert len(beats(hooks)) == 3


def test_trouble_is_told_at_once_and_its_end_as_well(
    watcher: Watcher, hooks: Hooks, caplog: pytest.LogCaptureFixture
) -> None:
    hooks.received.clear()
    watcher.now = NOW - HOUR / 2
    watcher.looks()
    watcher.trouble = "network: no host answers"
    for _ in range(5):
        watcher.looks(seconds=5)
    watcher.trouble = ""
    watcher.looks(seconds=60)
    assert beats(hooks) == ["?who=desk", "/fail?who=desk", "?who=desk"]
    assert caplog.text.count("heartbeat.trouble") == 1


def test_a_database_in_trouble_is_told(watcher: Watcher, hooks: Hooks) -> None:
    hooks.received.clear()
    with watcher.store.engine.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE feeds RENAME TO gone")
        connection.commit()
    with pytest.raises(Exception, match="no such table"):
        watcher.looks()
    assert beats(hooks) == ["/fail?who=desk"]


def test_a_heartbeat_nobody_hears_is_said_once_and_holds_up_nothing(
    watcher: Watcher, hooks: Hooks, caplog: pytest.LogCaptureFixture
) -> None:
    watcher.now = NOW - HOUR / 2
    hooks.always(Reply(status=500))
    for _ in range(3):
        watcher.looks(seconds=60)
    assert caplog.text.count("heartbeat.missed") == 1
    assert TOKEN not in caplog.text


def test_any_good_answer_is_one(
    watcher: Watcher, hooks: Hooks, caplog: pytest.LogCaptureFixture
) -> None:
    watcher.now = NOW - HOUR / 2
    for status in (200, 201, 204):
        hooks.always(Reply(status=status, body=""))
        watcher.looks(seconds=60)
    assert len(beats(hooks)) == 3
    assert "heartbeat" not in caplog.text


def test_fail_goes_to_the_end_of_the_path() -> None:
    assert failing("https://h.example/ping/x/") == "https://h.example/ping/x/fail"
    assert failing("https://h.example/a?b=c#d") == "https://h.example/a/fail?b=c"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (['heartbeat_url = "ftp://h.example/x"'], "begins with https:// or http://"),
        (['heartbeat_url = "https://h.example/x"', 'heartbeat_url_env = "X"'], "not both"),
        (['heartbeat_url_env = "NOT_THERE"'], "NOT_THERE is not set"),
        (['heartbeat_url_file = "nowhere"'], "there is no file nowhere"),
        (['heartbeat_url_file = "https://h.example/x"'], "goes into `heartbeat_url`"),
    ],
)
def test_a_mistake_in_it_is_told_by_its_place(tmp_path: Path, lines: list[str], said: str) -> None:
    (tmp_path / "config.toml").write_text("\n".join(lines) + "\n")
    with pytest.raises(Exception, match="C1") as found:
        load(tmp_path / "config.toml", environ={})
    assert said in str(found.value)
    assert "h.example" not in str(found.value)
