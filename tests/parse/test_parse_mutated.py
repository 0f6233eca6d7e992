"""Thousands of mutated feeds through the real parser: no crash, no hang, nobody else held up."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.parse.mutators import mutated
from tests.parse.test_parser import ENDLESS, GOOD, children
from watchd.parse.worker import MAX_MEMORY
from watchd.parser import Parser

STATUSES = {"ok", "degraded", "empty", "html", "truncated", "error"}
PATIENCE = timedelta(seconds=30)  # three times the usual, for a busy machine
# What the parser says when it had to be stopped, or ended by itself, or said nothing sensible.
WRONG = ("within", "process ended", "no proper answer")


async def read(numbers: Iterable[int], *, workers: int) -> tuple[list[str], Counter[str], int]:
    """What went wrong, how often each status came, and the most memory a child had, in bytes."""
    wrong, statuses, most = list[str](), Counter[str](), 0
    before = children()
    waiting = iter(numbers)

    async def some(parser: Parser) -> None:
        nonlocal most
        for number in waiting:
            made, body = mutated(number)
            parsed = await parser.parse(body, url="https://a.example/feed", timezone="Asia/Seoul")
            statuses[parsed.status] += 1
            said = " ".join(parsed.problems)
            words = {(item.key, item.content_hash) for item in parsed.items}
            if parsed.status not in STATUSES or any(word in said for word in WRONG):
                wrong.append(f"{number} {made}: {said}")
            elif len({key for key, _ in words}) < len(words):
                wrong.append(f"{number} {made}: two different items with one key")
            if number % 20 == 0:
                most = max([most, *map(memory, children() - before)])

    async with Parser(deadline=PATIENCE, workers=workers) as parser:
        await asyncio.gather(*(some(parser) for _ in range(workers)))
    return wrong, statuses, most


def memory(process: int) -> int:
    """The most that a process ever held, in bytes; 0 when it has just ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def test_mutated_documents_come_to_a_status() -> None:
    wrong, statuses, most = asyncio.run(read(range(150), workers=1))
    assert wrong == []
    assert sum(statuses.values()) == 150
    assert most < MAX_MEMORY


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_five_thousand_mutated_documents_come_to_a_status() -> None:
    wrong, statuses, most = asyncio.run(read(range(1000, 6200), workers=2))
    print(f"\n{dict(statuses)}, at most {most / 2**20:.0f} MiB in a child")
    assert wrong == []
    assert min(statuses[status] for status in STATUSES) > 50
    assert most < MAX_MEMORY


def test_a_document_that_takes_for_ever_holds_up_no_other() -> None:
    """Feeds that are checked meanwhile are late by less than a second."""

    async def story() -> list[float]:
        waits = []
        async with Parser(deadline=timedelta(seconds=2.5)) as parser:
            stuck = [asyncio.create_task(parser.parse(ENDLESS)) for _ in range(2)]
            await asyncio.sleep(0)
            while not all(task.done() for task in stuck):
                began = time.monotonic()
                assert (await parser.parse(GOOD)).status == "ok"
                waits.append(time.monotonic() - began)
                await asyncio.sleep(0.05)
            assert {(await task).status for task in stuck} == {"error"}
        return waits

    waits = asyncio.run(story())
    assert len(waits) > 5
    # A second, and two new processes on a busy machine; behind the two it would be 5 seconds.
    assert max(waits) < 3
