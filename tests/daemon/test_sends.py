"""When the outbox is looked at next: what was not taken is due again by itself."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Answer, Hooks
from tests.support.site import Site
from watchd.config import load
from watchd.desk import read_desk
from watchd.sends import Sends
from watchd.store import claiming, open_store

OLD = {"title": "Weather", "link": "https://x.example/0", "guid": "0"}
NEWS = {"title": "Heroes of the alien lands", "link": "https://x.example/1", "guid": "1"}
MINUTE = timedelta(minutes=1)


def test_a_message_that_was_not_taken_tells_when_it_is_due_again(
    desk: DeskFolder, site: Site, hooks: Hooks
) -> None:
    site.feed("/a.xml", [OLD])
    desk.feed("kcna", site.url("/a.xml"))
    desk.receiver("desk", f"json://{hooks.address}/desk")
    desk.rule("alien-lands", '"alien lands"')
    desk.once(NOW)
    hooks.always(Answer(status=503))
    site.feed("/a.xml", [NEWS, OLD])
    desk.once(NOW + 20 * MINUTE)
    store = open_store(desk.database)

    async def sent() -> tuple[timedelta | None, ...]:
        now = NOW + 40 * MINUTE
        drained = asyncio.Event()
        there = read_desk(load(desk.config, environ=os.environ), store, now)
        sends = Sends(store, lambda: there, lambda: now, drained=drained.set)
        due = await sends.tick()
        async with asyncio.timeout(20):
            await drained.wait()
        later = await sends.tick()
        drained.clear()
        hooks.always(Answer())
        now += MINUTE
        await sends.wait()
        assert not drained.is_set(), "nothing was left, so nobody needs to look"
        return due, later, await sends.tick()

    due, later, done = asyncio.run(sent())
    store.close()
    assert due == claiming.AGAIN
    assert later is not None
    assert timedelta() <= later < MINUTE
    assert done is None, "nothing waits any more"
    assert [one.state for one in desk.deliveries()] == ["sent"]
