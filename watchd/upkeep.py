"""What the daemon does beside checks and sends: follow the config, tell of trouble, forget."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from watchd import log, waiting
from watchd.desk import Desk
from watchd.polling import notices, pace
from watchd.routing import OPERATORS
from watchd.store import Store, addresses, feeds, holds, outbox, service
from watchd.values import asdict

if TYPE_CHECKING:
    from watchd.store.pruning import Bounds

_UNDER_WAY = timedelta(days=2)  # no check takes longer to write its hits

_log = log.Log("watchd.daemon")


def longest(desk: Desk) -> dict[str, timedelta]:
    """By feed: how long it may be left alone at most."""
    return {feed.name: pace.bounds(feed)[1] for feed in desk.feeds.values()}


async def follow(store: Store, desk: Desk, moment: datetime) -> None:
    """Make the database agree with the desk: feeds, receivers, what `status` tells."""
    await follow_addresses(store, desk, moment)
    await store.do_write(feeds.sync, list(desk.feeds.values()), moment)
    await store.do_write(feeds.check_soon, moment, longest(desk))
    waiting.follow_rules(store, desk.rules.withdrawn, moment)
    escalates = any(route.escalation for route in desk.config.routes)
    plan = partial(desk.replanned, now=moment)
    waiting.follow_routes(store, plan, desk.receivers, moment, escalates=escalates)
    await keep_alive(store, desk, moment)
    give_up_after = desk.config.notify.give_up_after
    if count := waiting.follow_config(store, desk.receivers, moment, give_up_after):
        _log.warning("delivery.orphaned", count=count, note="their receiver left the config")
    await store.do_write(service.note, "rules", desk.rules.summary(), moment)


async def follow_addresses(store: Store, desk: Desk, moment: datetime) -> None:
    """Bring all that is kept by the name of an endpoint to where its address stands now."""
    found = await store.do_write(addresses.follow, list(desk.endpoints.values()), moment)
    for old, new in found.items():
        _log.info("receivers.moved", endpoint=old, to=new)


@asynccontextmanager
async def readdressed(
    store: Store,
    desk: Desk,
    resting: Callable[[Collection[str]], AbstractAsyncContextManager[None]],
    clock: Callable[[], datetime],
) -> AsyncIterator[None]:
    """Follow the addresses of a desk; within, it takes the place of the one before.

    Meanwhile nothing is sent under the names that change: `resting` sees to that. Raises
    WatchdError, and then nothing has changed.
    """
    found = await store.do_read(addresses.moved, list(desk.endpoints.values()))
    async with resting({*found, *found.values()}):
        await follow_addresses(store, desk, clock())
        yield


async def keep_alive(store: Store, desk: Desk, moment: datetime) -> None:
    """Let digests come that are sent also when they are empty."""
    wanted = desk.proofs_of_life(moment)
    if not await store.do_read(holds.alive, wanted):
        await store.do_write(holds.keep_alive, wanted, moment)


async def tell(store: Store, desk: Desk, moment: datetime) -> bool:
    """Tell people of feeds and receivers in trouble, and of those that are well again.

    What waits in vain for an address that has left the config is given up.
    Returns whether there is something to send.
    """
    waiting.follow_config(store, desk.receivers, moment, desk.config.notify.give_up_after)
    told = bool(waiting.tell_of_receivers(store, desk.receivers, moment))
    states = await store.do_read(feeds.states)
    telling = notices.due(desk.feeds, states, moment, details=OPERATORS in desk.receivers)
    if telling is None:
        return told
    endpoints = desk.operators()
    await store.do_write(outbox.tell, telling, endpoints, moment)
    if telling.notice is None:
        return told
    to = ",".join(endpoint.name for endpoint in endpoints) or "-"
    _log.warning("feeds.told", notice=telling.notice.title, to=to)
    return True


async def prune(
    store: Store, desk: Desk, moment: datetime, is_stopping: Callable[[], bool]
) -> None:
    """Forget what the config says is old, a step at a time: checks come in between."""
    kept = asdict(desk.config.store)
    if not any(kept.values()):
        return
    from watchd.store import pruning  # most desks keep everything

    bounds = pruning.bounds(moment, **kept)
    start, gone = 1, 0
    while bounds is not None and not is_stopping():
        done = await store.do_write(pruning.step, start=start, bounds=bounds)
        gone += done.items
        if done.next is None:
            break
        start = done.next
    freed = 0
    if bounds is not None and not is_stopping():
        try:
            freed = forget_records(store, desk.keeping(store).folder, bounds, moment)
        except OSError as error:
            _log.error("evidence.unremoved", error=str(error))
    if gone or freed:
        _log.info("archive.pruned", items=gone, warc_bytes=freed)


def forget_records(store: Store, folder: Path, bounds: Bounds, moment: datetime) -> int:
    """Remove the WARC files of days on which no hit was found that is still kept.

    Not those of the last two days: a record is written before the hit that rests on it. Returns
    the bytes that this frees. Raises OSError.
    """
    if bounds.hits is None:
        return 0
    from watchd import warc
    from watchd.store import evidence

    until = min(bounds.hits, moment - _UNDER_WAY).date()
    old = sorted(name for name, day in warc.days(folder).items() if day < until)
    needed = store.read(evidence.named, old) if old else set()
    return warc.remove(folder, [name for name in old if name not in needed])
