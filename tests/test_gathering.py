"""Checks that are about to write wait for one another, for a moment at most."""

from __future__ import annotations

import asyncio

import pytest

from watchd import gathering
from watchd.gathering import Gathering


async def _settled() -> None:
    """All that can go on by now has gone on."""
    for _ in range(5):
        await asyncio.sleep(0)


def _writer(together: Gathering, until: asyncio.Event | None = None) -> asyncio.Task[None]:
    """A check that writes once `until` is set; at once without it."""

    async def check() -> None:
        with together.under_way():
            if until:
                await until.wait()
            await together.turn()

    return asyncio.create_task(check())


def test_one_that_is_alone_does_not_wait() -> None:
    async def run() -> None:
        only = _writer(Gathering())
        await _settled()
        assert only.done()

    asyncio.run(run())


def test_those_under_way_write_when_the_last_is_ready() -> None:
    async def run() -> None:
        together, answered = Gathering(), asyncio.Event()
        slow, first = _writer(together, answered), _writer(together)
        await _settled()
        assert not first.done()
        answered.set()
        await _settled()
        assert first.done()
        assert slow.done()

    asyncio.run(run())


def test_one_that_ends_with_nothing_to_write_is_not_waited_for() -> None:
    async def run() -> None:
        together, nothing_new = Gathering(), asyncio.Event()

        async def same() -> None:
            with together.under_way():
                await nothing_new.wait()

        other = asyncio.create_task(same())
        first = _writer(together)
        await _settled()
        assert not first.done()
        nothing_new.set()
        await _settled()
        assert first.done()
        await other

    asyncio.run(run())


def test_a_slow_server_is_waited_for_no_longer_than_a_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gathering, "_MOMENT", 0.0)

    async def run() -> None:
        together = Gathering()
        slow = _writer(together, asyncio.Event())
        first = _writer(together)
        async with asyncio.timeout(5):
            await first
        assert not slow.done()
        slow.cancel()

    asyncio.run(run())


def test_no_more_than_some_write_together() -> None:
    async def run() -> None:
        together = Gathering()
        never = asyncio.Event()
        slow = [_writer(together, never) for _ in range(3)]
        ready = [_writer(together) for _ in range(17)]
        await _settled()
        assert sum(one.done() for one in ready) == 16
        for one in slow:
            one.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        await _settled()
        assert all(one.done() for one in ready)

    asyncio.run(run())


def test_one_that_is_given_up_holds_up_nobody() -> None:
    async def run() -> None:
        together, answered = Gathering(), asyncio.Event()
        other, given_up = _writer(together, answered), _writer(together)
        await _settled()
        given_up.cancel()
        answered.set()
        await _settled()
        assert given_up.cancelled()
        assert other.done()

    asyncio.run(run())
