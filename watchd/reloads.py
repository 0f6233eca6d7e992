"""Reloads: of the rules as soon as a file of theirs was saved, of everything on SIGHUP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from watchd import configdiff, log, systemd
from watchd.desk import Desk, read_rules_again
from watchd.errors import FileProblems, Problem, WatchdError
from watchd.inforce import FolderAway, RulesInForce, look
from watchd.model import Destination, Notice
from watchd.routing import OPERATORS
from watchd.rules.files import Glance
from watchd.saves import Saves
from watchd.store import Store, outbox, service
from watchd.values import Struct

if TYPE_CHECKING:
    from watchd.rules import Rule

P = ParamSpec("P")
T = TypeVar("T")

QUIET = 0.3  # seconds without another change, and a save in two steps is over
AT_MOST = 0.7  # seconds that a folder which finds no rest is waited for
_STEP = 0.1  # seconds between looks at a folder that is being written to
_SHARE = 10  # looking takes at most this part of the time of one core
_DEAR = 0.001  # seconds; where a look takes longer, we rather listen
USUAL, RARE = timedelta(seconds=1), timedelta(seconds=10)
"""From one look at the folder to the next, where we cannot listen to it, and where we can."""
_REST = 10.0  # seconds, after trouble with the database
_MOST_NAMES = 20  # in one log line

_log = log.Log("watchd.rules")


class Unrest:
    """When to read a folder again that is being written to: not in the middle of a save."""

    def __init__(self) -> None:
        self._last: object = None
        self._noticed: float | None = None
        self._moved = 0.0

    def over(self, found: object, read: object, now: float) -> bool:
        """Whether to read a folder that looks like `found`, and like `read` when it was read.

        `now` is a monotonic time in seconds.
        """
        if found == read:
            self._noticed = None
            return False
        if self._noticed is None:
            self._noticed = self._moved = now
        elif found != self._last:
            self._moved = now
        self._last = found
        if now - self._moved < QUIET and now - self._noticed < AT_MOST:
            return False
        self._noticed = None
        return True

    @property
    def lasts(self) -> bool:
        """Whether a change was noticed that has not been read yet."""
        return self._noticed is not None


class Reloads:
    """Puts a new desk in the place of the old one, one at a time, without holding up the loop.

    `read` makes a desk of the config as it is now, in the place of the one it is given. `take`
    puts a new desk in force. `heard` is called when it is time for a `tick`.
    """

    def __init__(
        self,
        store: Store,
        desk: Callable[[], Desk],
        read: Callable[[Desk], Desk],
        take: Callable[[Desk], Awaitable[None]],
        clock: Callable[[], datetime],
        heard: Callable[[], None] = lambda: None,
    ) -> None:
        self._store, self._desk, self._clock = store, desk, clock
        self._saves = Saves(heard)
        self._rest = USUAL
        self._read, self._take = read, take
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reload")
        self._turn = asyncio.Lock()
        self._unrest = Unrest()
        self._away = ""  # what is wrong with the folder itself
        self._not_before = 0.0
        self.failed = False  # the last reload of everything found mistakes

    async def start(self) -> None:
        """Compile the rules before the first item asks."""
        await self._aside(self._desk().rules.compile)

    async def everything(self) -> None:
        """Read config and rules again. Whatever is wrong with them, the old ones stay."""
        systemd.reloading()
        try:
            before, desk = await self._put_in_force(self._read)
        except FileProblems as error:
            _log.error("config.kept", note="the edit has mistakes; the old config stays in force")
            lines = str(error).splitlines()
            for line in lines:
                _log.error("config.mistake", text=line)
            await self._keep(error.problems)
        except WatchdError as error:
            _log.error("config.kept", note=error)
            await self._keep([])
        else:
            self.failed = False
            changed = configdiff.differences(before.config, desk.config)
            _log.info("config.reloaded", **desk.summary(), **changed)
            rules = self._tell(before, desk)
            await self._tell_operators(configdiff.taken(changed, rules, self._clock()))
        finally:
            systemd.notify(READY="1")

    async def _keep(self, problems: Sequence[Problem]) -> None:
        self.failed = True
        await self._tell_operators(configdiff.kept(problems, self._clock()))

    async def _tell_operators(self, notice: Notice | None) -> None:
        """Tell `ops` what a reload came to, if there is an `ops`; the log has it in any case."""
        desk = self._desk()
        if notice is None or OPERATORS not in desk.receivers:
            return
        to = [Destination(endpoint=one) for one in desk.operators()]
        try:
            await self._store.do_write(outbox.add_notice, notice, to, self._clock())
        except WatchdError as error:
            _log.error("config.untold", error=error)

    async def tick(self) -> timedelta:
        """Do `rules`, unless that takes too large a part of the time. Returns when to look again,
        if nothing is heard."""
        self._rest = USUAL
        if time.monotonic() >= self._not_before and not self._turn.locked():
            await self.rules()
        return self._rest

    async def rules(self) -> None:
        """Read the rules again if their folder has changed, and has come to rest."""
        while not await self._has_changed():
            if not self._unrest.lasts:
                return
            await asyncio.sleep(_STEP)
        again = partial(read_rules_again, store=self._store, now=self._clock())
        try:
            before, desk = await self._put_in_force(again)
        except FolderAway as error:
            await self._miss(error)
        except Exception:
            self._not_before = time.monotonic() + _REST
            raise
        else:
            self._tell(before, desk)

    async def _has_changed(self) -> bool:
        desk = self._desk()
        rules = desk.rules
        try:
            found, cost = await self._aside(_timed_look, desk.config.rules_dir, rules.seen)
        except FolderAway as error:
            await self._miss(error)
            return False
        now = time.monotonic()
        self._not_before = now + (_SHARE - 1) * cost
        if cost > _DEAR and not found.linked and self._saves.follow(found.folders):
            self._rest = RARE
        return self._unrest.over(found, None if self._away else rules.seen, now)

    async def _miss(self, error: FolderAway) -> None:
        """A folder that is gone says nothing about its rules: they stay, and it is said once."""
        self._unrest = Unrest()
        if str(error) == self._away:
            return
        self._away = str(error)
        note = "the rules stay in force as they were read"
        _log.error("rules.away", error=error, note=note)
        summary = self._desk().rules.summary(trouble=f"{error}; {note}")
        await self._store.do_write(service.note, "rules", summary, self._clock())

    async def _put_in_force(self, read: Callable[[Desk], Desk]) -> tuple[Desk, Desk]:
        async with self._turn:
            before = self._desk()
            desk = await self._aside(_compiled, read, before)
            await self._take(desk)
            return before, desk

    def _tell(self, before: Desk, desk: Desk) -> dict[str, str]:
        changed = changes(before.rules, desk.rules).told()
        if changed or self._away:
            _log.info("rules.reloaded", rules=desk.rules.count, **changed)
        self._away = ""
        return changed

    async def _aside(self, work: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, partial(work, *args, **more))

    async def stop(self, patience: float) -> None:
        """Let a reload under way end, for at most `patience` seconds."""
        try:
            await asyncio.wait_for(self._turn.acquire(), patience)
        except TimeoutError:
            _log.warning("rules.cut")
        self._saves.close()
        self._thread.shutdown(wait=False, cancel_futures=True)


def _timed_look(folder: Path, before: Glance | None) -> tuple[Glance, float]:
    began = time.thread_time()
    found = look(folder, before)
    return found, time.thread_time() - began


def _compiled(read: Callable[[Desk], Desk], before: Desk) -> Desk:
    desk = read(before)
    desk.rules.compile()
    return desk


class Changes(Struct, frozen=True, kw_only=True):
    """What a reload changed, by rule. `broken` tells where the mistakes are that it found."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()  # the file is good again, and says what has been running
    gone: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()

    def told(self) -> dict[str, str]:
        """For a log line: what there is, and of very many the first names."""
        found = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: _some(words) for name, words in found.items() if words}


def _some(words: tuple[str, ...]) -> str:
    more = len(words) - _MOST_NAMES
    return ",".join(words[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def changes(before: RulesInForce, after: RulesInForce) -> Changes:
    """What changed from one set of rules to the next."""
    old, new = before.rules, after.rules
    both = old.keys() & new.keys()
    changed = {name for name in both if _meaning(old[name]) != _meaning(new[name])}
    were, are = ({one.rule: one for one in rules.stale} for rules in (before, after))
    return Changes(
        added=tuple(sorted(new.keys() - old.keys())),
        changed=tuple(sorted(changed)),
        mended=tuple(sorted((were.keys() - are.keys()) & (both - changed))),
        gone=tuple(sorted(old.keys() - new.keys())),
        broken=tuple(sorted(one.problem.where for one in after.stale if were.get(one.rule) != one)),
    )


def _meaning(rule: Rule) -> tuple[str, Mapping[str, str]]:
    return rule.source, rule.lists
