"""Reports on words under way: each made when it is due, by a child process, and put in the outbox.

What was due while watchd was off is made at its start, once for each report: the last one.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from watchd import log
from watchd.config import WordsSettings
from watchd.desk import Desk
from watchd.errors import WatchdError
from watchd.holding.when import last_due
from watchd.model import Destination
from watchd.store import Store
from watchd.values import replace

if TYPE_CHECKING:
    from watchd.model.words import Words

_log = log.Log("watchd.words")

# As the parser's child: isolated, and it finds what we found.
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from watchd.vocabulary import main; main()"
)
_NO_ROOM = 17  # how a child ends that had too little memory
# Python itself dies so where memory fails it within; the last is the kernel's own choice.
_KILLED = (-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS, -signal.SIGKILL)
# With what the daemon takes itself it is less than the MemoryHigh= of its unit.
_MOST_BYTES = 256 * 2**20
_SHARES = (1, 2, 4, 8, 16, 32)  # of so many texts one is counted, until there is room
_LONGEST = timedelta(minutes=30)
_REST = timedelta(minutes=10)  # after one that failed


class WordReports:
    """Makes the reports of a desk. `made` hears that there is something to send."""

    def __init__(
        self,
        store: Store,
        desk: Callable[[], Desk],
        clock: Callable[[], datetime],
        made: Callable[[], None],
    ) -> None:
        self._store, self._desk, self._clock, self._made = store, desk, clock, made
        self._task: asyncio.Task[None] | None = None
        self._rests_until: datetime | None = None

    async def tick(self) -> None:
        """Begin with what is due, unless that is under way."""
        now, config = self._clock(), self._desk().config
        if not config.words or (self._task is not None and not self._task.done()):
            return
        if self._rests_until is not None and now < self._rests_until <= now + _REST:
            return
        from watchd.store import vocabularies  # most desks ask for no report

        names = [one.name for one in config.words]
        until = await self._store.do_read(vocabularies.known)
        if vocabularies.is_strange(until, names, now):
            until = await self._store.do_write(vocabularies.follow, names, now)
        due = [
            (one, at)
            for one in config.words
            if (at := last_due(one.mode, until[one.name], now, config.notify.zone))
        ]
        if due:
            self._task = asyncio.create_task(self._make(due))

    async def to_the_end(self) -> None:
        """Until all that is due is made."""
        await self.tick()
        if self._task is not None:
            await asyncio.wait([self._task])

    async def stop(self) -> None:
        """Leave what is under way: it is due again at the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _make(self, due: list[tuple[WordsSettings, datetime]]) -> None:
        for asked, at in due:
            try:
                await self._make_one(asked, at)
            except WatchdError as error:
                self._rests_until = self._clock() + _REST
                _log.error("words.failed", report=asked.name, error=error, note="tried again")
            except Exception:
                self._rests_until = self._clock() + _REST
                _log.error("words.crashed", error="a bug in watchd; please report it")
                log.traceback()

    async def _make_one(self, asked: WordsSettings, at: datetime) -> None:
        from watchd.store import vocabularies

        words = await _surveyed(self._desk().config.database_url, asked, at)
        desk, now = self._desk(), self._clock()
        to = [
            Destination(endpoint=endpoint, mode=asked.mode.text)
            for name in dict.fromkeys(asked.receivers)
            if (receiver := desk.receivers.get(name))
            for endpoint in receiver.endpoints
        ]
        if not to:
            return  # its receivers have left the config meanwhile, and so has the report
        if await self._store.do_write(vocabularies.record, words, to, now):
            _log.info(
                "words.made",
                report=asked.name,
                due=f"{at:%Y-%m-%dT%H:%M:%SZ}",
                texts=words.texts,
                phrases=len(words.phrases) + words.more,
                to=",".join(one.name for one in to),
            )
            self._made()


async def _surveyed(database: str, asked: WordsSettings, at: datetime) -> Words:
    """What a report says that is due at a time. Raises WatchdError where it cannot be made."""
    from watchd.store.vocabularies import from_json

    since = at - asked.since
    question = {
        "database": database,
        "until": at.isoformat(),
        "since": since.isoformat(),
        "baseline": (since - asked.baseline).isoformat(),
        "feeds": asked.feeds,
        "languages": asked.languages,
        "ignore": asked.ignore,
        "bytes": _MOST_BYTES,
        "no_room": _NO_ROOM,
    }
    for share in _SHARES:
        if (said := await _answer({**question, "share": share})) is not None:
            break
    else:
        raise WatchdError("there is too little memory to count the words")
    words = from_json(json.loads(said))
    told = words.phrases[: asked.limit]
    more = len(words.phrases) - len(told)
    return replace(words, phrases=told, more=more, name=asked.name, mode=asked.mode.text)


async def _answer(question: dict[str, Any]) -> bytes | None:
    """What a child says; None: it had too little memory. Raises WatchdError."""
    package = str(Path(__file__).parent.parent)
    path = json.dumps([package, *(place for place in sys.path if place)])
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-S", "-c", _START, path, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    try:
        async with asyncio.timeout(_LONGEST.total_seconds()):
            said, complaint = await child.communicate(json.dumps(question).encode())
    except TimeoutError:
        raise WatchdError("counting the words took too long") from None
    finally:
        await asyncio.shield(_end(child))
    if child.returncode == _NO_ROOM or child.returncode in _KILLED:
        return None
    if child.returncode:
        last = complaint.decode(errors="replace").strip().splitlines()[-1:]
        why = log.masked(last[0]) if last else f"exit {child.returncode}"
        raise WatchdError(f"the words could not be counted: {why}")
    return said


async def _end(child: Process) -> None:
    if child.returncode is None:
        with suppress(ProcessLookupError):
            child.kill()
    await child.wait()
