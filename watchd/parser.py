"""Documents are read in a child process, which is killed when it takes too long."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from watchd.model import IdentityPolicy, Page, ParsedFeed, SourceType
from watchd.parse.unchanged import nothing_new
from watchd.parse.wire import ANSWER, MAX_ANSWER, Answer, Reading, pack_request, unpack_answer

# Isolated (-I) and without site-packages of its own (-S), the child starts in half the time,
# takes nothing from PYTHON* variables or the working directory, and finds what we found.
# msgspec does without typing_extensions, which would bring half of the library along.
_START = (
    "import sys; sys.path[:] = sys.argv[1:]; sys.modules['typing_extensions'] = None; "
    "from watchd.parse.worker import main; del sys.modules['typing_extensions']; main()"
)
_PASSED_ON = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ")
_PATIENCE = 0.5  # seconds; few documents take longer
_SLOW = 2  # of these may be read beside the others


class Parser:
    """Reads documents in child processes. Use it as an async context manager.

    A hostile document can make any XML library spin or swell; here it costs one child, and
    holds up no other: `workers` are read at a time, and of those that take long some more.
    """

    def __init__(self, *, deadline: timedelta = timedelta(seconds=10), workers: int = 1) -> None:
        self._deadline = deadline
        self._workers = workers
        self._quick = asyncio.Semaphore(workers)
        self._all = asyncio.Semaphore(workers + _SLOW)
        self._idle: list[Process] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        while self._idle:
            child = self._idle.pop()
            await _wait(child)
            await _end(child)

    async def parse(
        self,
        body: bytes,
        *,
        url: str = "",
        content_type: str = "",
        encoding: str = "",
        lang: str = "",
        timezone: str = "",
        identity: IdentityPolicy = "auto",
        source: SourceType = "feed",
        page: Page | None = None,
        cut_short: bool = False,
        window: bytes = b"",
        what: Literal["feed", "article"] = "feed",
    ) -> ParsedFeed:
        """What `parse_document` makes of `body`, or `read_article` of a page.

        Status "error" when it takes too long or dies. Waits for a free worker; the deadline
        counts from then on. What is told to bring nothing new (`unchanged`) needs no worker.
        """
        reading = Reading(
            what=what,
            url=url,
            content_type=content_type,
            encoding=encoding,
            lang=lang,
            timezone=timezone,
            identity=identity,
            source=source,
            page=page,
            cut_short=cut_short,
            window=window,
        )
        if told := nothing_new(body, reading):
            return told
        async with self._all, self._turn():
            if self._idle:
                parsed = await self._parsed_by(self._idle.pop(), reading, body)
                if parsed is not None:
                    return parsed  # else it died: perhaps long ago, and not of this document
            child = await self._start()
            return await self._parsed_by(child, reading, body) or _error(
                f"could not be read: the parser process ended ({_ending(child)})"
            )

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait for a turn. A document that takes long gives it to the next, and is read on."""
        await self._quick.acquire()
        held = True

        def give_back() -> None:
            nonlocal held
            if held:
                self._quick.release()
            held = False

        patience = asyncio.get_running_loop().call_later(_PATIENCE, give_back)
        try:
            yield
        finally:
            patience.cancel()
            give_back()

    async def _parsed_by(self, child: Process, reading: Reading, body: bytes) -> ParsedFeed | None:
        """What `child` makes of a document; None when it dies of it."""
        keep = False
        try:
            async with asyncio.timeout(self._deadline.total_seconds()):
                answer = await _ask(child, pack_request(reading, body), body)
            keep = not answer.last
            return answer.parsed
        except TimeoutError:
            seconds = f"{self._deadline.total_seconds():g} s"
            return _error(f"could not be read within {seconds}: the parser was stopped")
        except (EOFError, ConnectionError):
            await _wait(child)
            return None
        except ValueError as error:
            kind = type(error).__name__
            return _error(f"could not be read: the parser gave no proper answer ({kind})")
        finally:
            # Also when we are cancelled: the child's answer must not reach the next caller.
            if keep and len(self._idle) < self._workers:
                self._idle.append(child)
            else:
                await asyncio.shield(_end(child))

    @staticmethod
    async def _start() -> Process:
        package = str(Path(__file__).parent.parent)
        path = [package, *(place for place in sys.path if place)]
        return await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-S", "-c", _START, *path,
            stdin=PIPE, stdout=PIPE, stderr=DEVNULL, start_new_session=True, env=_environment(),
        )  # fmt: skip


def _environment() -> dict[str, str]:
    """What the child gets of ours: no secret stands in there, and nothing it has no use for."""
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}


async def _ask(child: Process, request: bytes, body: bytes) -> Answer:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(request + body)  # at once: with each write the child wakes up
    await child.stdin.drain()
    (length,) = ANSWER.unpack(await child.stdout.readexactly(ANSWER.size))
    if length > MAX_ANSWER:
        raise ValueError("an answer beyond all bounds")
    return unpack_answer(await child.stdout.readexactly(length))


async def _wait(child: Process) -> None:
    """Give a child that is ending a moment to do so."""
    assert child.stdin is not None
    child.stdin.close()
    with suppress(TimeoutError):
        await asyncio.wait_for(child.wait(), 1)


async def _end(child: Process) -> None:
    if child.returncode is None:
        with suppress(ProcessLookupError):
            child.kill()
    await child.wait()


def _ending(child: Process) -> str:
    code = child.returncode or 0
    return f"signal {-code}" if code < 0 else f"exit {code}"


def _error(problem: str) -> ParsedFeed:
    return ParsedFeed(status="error", problems=(problem,))
