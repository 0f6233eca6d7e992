"""Somebody sets the clock of the machine while the daemon runs: it goes on at once."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tests.support.desk import DeskFolder
from tests.support.sinks import Hooks
from tests.support.site import Site
from watchd.config import load
from watchd.daemon import Daemon
from watchd.desk import read_desk
from watchd.store import open_store

OLD = {"title": "Rice", "text": "All is well.", "link": "https://x.example/1", "guid": "1"}


def news(number: int) -> dict[str, str]:
    return {"title": f"News {number}", "text": "In alien lands.", "guid": f"n{number}"}


@pytest.mark.slow
@pytest.mark.fault
@pytest.mark.parametrize(
    "by", [timedelta(hours=-1), timedelta(days=365)], ids=["an hour back", "a year ahead"]
)
def test_news_comes_within_seconds_though_the_clock_was_set(
    desk: DeskFolder, site: Site, hooks: Hooks, by: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    desk.lines += ["[fetch]", 'min_interval = "1s"']
    desk.feed("kcna", site.url("/a.xml"), interval="1s")
    desk.receiver("desk", f"json://{hooks.address}/one")
    desk.receiver("ops", f"json://{hooks.address}/ops")
    desk.route(receivers=["desk"], mode="now")
    desk.rule("alien-lands", '"alien lands"')
    site.feed("/a.xml", [OLD])
    store = open_store(desk.database)
    current = read_desk(load(desk.config, environ=os.environ), store, datetime.now(UTC))
    daemon = Daemon(current, store)

    async def until(true: Callable[[], object], seconds: float) -> None:
        async with asyncio.timeout(seconds):
            while not true():
                await asyncio.sleep(0.05)

    def told(number: int) -> bool:
        return any(f"News {number}" in post.body for post in hooks.at("/one"))

    async def story() -> None:
        running = asyncio.create_task(daemon.run())
        await until(lambda: daemon.tally.feeds, 20)
        site.feed("/a.xml", [news(1), OLD])
        await until(lambda: told(1), 20)
        with time_machine.travel(datetime.now(UTC) + by, tick=True):
            used = resource.getrusage(resource.RUSAGE_SELF).ru_utime
            await until(lambda: "clock.jumped" in caplog.text, 10)
            site.feed("/a.xml", [news(2), news(1), OLD])
            await until(lambda: told(2), 20)
            assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - used < 10
            await asyncio.sleep(2)
            daemon.finish()
            await running

    asyncio.run(story())
    store.close()
    assert len(hooks.at("/one")) == 2
    assert [post.json()["title"] for post in hooks.at("/ops")] == []
    assert "tick.crashed" not in caplog.text
