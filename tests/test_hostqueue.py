"""The queue of checks: few at a time for each host, and all hosts in turn."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import pytest

from watchd.hostqueue import Closed, HostQueue


def test_hosts_take_turns() -> None:
    async def run() -> list[str]:
        queue: HostQueue[str] = HostQueue()
        for work in ["a1", "a2", "a3", "b1", "b2", "c1"]:
            queue.put(work[0], work)
        order = []
        while len(queue):
            host, work = await queue.take()
            order.append(work)
            queue.done(host)
        return order

    assert asyncio.run(run()) == ["a1", "b1", "c1", "a2", "b2", "a3"]


@pytest.mark.parametrize("per_host", [1, 2, 5])
def test_no_host_is_asked_by_more_than_allowed(per_host: int) -> None:
    async def run() -> None:
        queue: HostQueue[int] = HostQueue(per_host)
        busy: Counter[str] = Counter()
        most: Counter[str] = Counter()
        finished: list[int] = []

        async def worker(number: int) -> None:
            while True:
                host, work = await queue.take()
                busy[host] += 1
                most[host] = max(most[host], busy[host])
                for _ in range((work + number) % 4):
                    await asyncio.sleep(0)
                busy[host] -= 1
                finished.append(work)
                queue.done(host)

        workers = [asyncio.create_task(worker(number)) for number in range(8)]
        for work in range(500):
            queue.put(f"host-{work % 3}", work)
            if work % 50 == 0:
                await asyncio.sleep(0)
        async with asyncio.timeout(5):
            while len(finished) < 500:
                await asyncio.sleep(0)
        assert sorted(finished) == list(range(500))
        assert max(most.values()) == min(per_host, 8)
        for task in workers:
            task.cancel()

    asyncio.run(run())


def test_a_slow_host_holds_up_nobody_else() -> None:
    async def run() -> list[str]:
        queue: HostQueue[int] = HostQueue()
        for work in range(100):
            queue.put("slow", work)
        for work in range(3):
            queue.put("quick", work)
        order = []
        for _ in range(4):
            host, _ = await queue.take()
            order.append(host)
            if host == "quick":
                queue.done(host)
        return order

    assert asyncio.run(run()) == ["slow", "quick", "quick", "quick"]


def test_a_worker_waits_for_work_and_for_a_free_host() -> None:
    async def run() -> None:
        queue: HostQueue[str] = HostQueue()
        first = asyncio.create_task(queue.take())
        second = asyncio.create_task(queue.take())
        await asyncio.sleep(0)
        queue.put("a", "a1")
        queue.put("a", "a2")
        assert await first == ("a", "a1")
        await asyncio.sleep(0)
        assert not second.done()
        queue.done("a")
        assert await second == ("a", "a2")

    asyncio.run(run())


def test_a_worker_that_is_cancelled_takes_nothing_with_it() -> None:
    async def run() -> None:
        queue: HostQueue[str] = HostQueue()
        gone = asyncio.create_task(queue.take())
        waiting = asyncio.create_task(queue.take())
        await asyncio.sleep(0)
        queue.put("a", "a1")  # wakes the first worker, which is cancelled before it can look
        gone.cancel()
        assert await asyncio.wait_for(waiting, 1) == ("a", "a1")

    asyncio.run(run())


def test_closing_hands_back_what_waits() -> None:
    async def run() -> None:
        queue: HostQueue[str] = HostQueue()
        for work in ["a1", "a2", "b1"]:
            queue.put(work[0], work)
        host, _ = await queue.take()
        idle = [asyncio.create_task(queue.take()) for _ in range(3)]
        await asyncio.sleep(0)
        assert idle[0].result() == ("b", "b1")
        assert queue.close() == ["a2"]
        for task in idle[1:]:
            with pytest.raises(Closed):
                await task
        queue.done(host)
        assert len(queue) == 0
        with pytest.raises(Closed):
            queue.put("a", "a3")
        with pytest.raises(Closed):
            await queue.take()

    asyncio.run(run())


def test_ten_thousand_cost_each_what_a_hundred_do() -> None:
    async def run(many: int) -> float:
        queue: HostQueue[int] = HostQueue()
        began = time.process_time()
        for work in range(many):
            queue.put(f"host-{work % (many // 2)}", work)
        for _ in range(many):
            host, _ = await queue.take()
            queue.done(host)
        return (time.process_time() - began) / many

    few = min(asyncio.run(run(100)) for _ in range(20))
    assert asyncio.run(run(10_000)) < 10 * few
