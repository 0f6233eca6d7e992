"""When ticks run: at their interval, when somebody calls for them, and never twice at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from watchd.ticks import Tick, Ticks

HOUR, NEVER_TOO_SOON = timedelta(hours=1), timedelta()


class Work:
    """Counts its runs; each ends when the test says so, if it says anything."""

    def __init__(self, rest: timedelta | None = None) -> None:
        self.runs = 0
        self.rest = rest
        self.began = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def __call__(self) -> timedelta | None:
        self.runs += 1
        self.began.set()
        await self.may_end.wait()
        rest, self.rest = self.rest, None
        return rest

    async def run(self) -> int:
        """Wait for a run that has not been waited for, and count."""
        async with asyncio.timeout(20):
            await self.began.wait()
        self.began.clear()
        return self.runs


def with_ticks(test: Callable[[Work, Work, Ticks], Awaitable[None]], **first: timedelta) -> None:
    async def main() -> None:
        one, other = Work(first.get("rest")), Work()
        ticks = Ticks(
            {
                "one": Tick(one, HOUR, least=first.get("least", NEVER_TOO_SOON)),
                "other": Tick(other, HOUR, least=NEVER_TOO_SOON),
            }
        )
        ticks.start()
        assert (await one.run(), await other.run()) == (1, 1)
        await test(one, other, ticks)
        await ticks.stop()

    asyncio.run(main())


def test_who_has_work_calls_for_a_tick() -> None:
    async def test(one: Work, other: Work, ticks: Ticks) -> None:
        ticks.soon("one")
        assert await one.run() == 2
        assert other.runs == 1

    with_ticks(test)


def test_it_does_not_run_more_often_than_it_may() -> None:
    async def test(one: Work, other: Work, ticks: Ticks) -> None:
        ticks.soon("one")
        ticks.soon("other")
        assert await other.run() == 2
        assert one.runs == 1

    with_ticks(test, least=HOUR)


def test_a_call_during_a_run_is_not_forgotten_and_many_are_one() -> None:
    async def test(one: Work, other: Work, ticks: Ticks) -> None:
        one.may_end.clear()
        ticks.soon("one")
        await one.run()
        for _ in range(3):
            ticks.soon("one")
        ticks.soon("other")
        await other.run()
        assert one.runs == 2, "it ran twice at a time"
        one.may_end.set()
        assert await one.run() == 3
        ticks.soon("other")
        await other.run()
        assert one.runs == 3

    with_ticks(test)


def test_a_tick_says_itself_how_soon_it_wants_to_run_again() -> None:
    async def test(one: Work, other: Work, ticks: Ticks) -> None:
        assert await one.run() == 2

    with_ticks(test, rest=timedelta(milliseconds=1))


def test_after_the_clock_was_set_everything_runs_at_once() -> None:
    async def test(one: Work, other: Work, ticks: Ticks) -> None:
        ticks.now()
        assert (await one.run(), await other.run()) == (2, 2)

    with_ticks(test, least=HOUR)
