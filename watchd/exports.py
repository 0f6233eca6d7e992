"""The files under `[export]`, written anew when there are new hits: at most once a tick."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from watchd import log
from watchd.desk import Desk
from watchd.errors import WatchdError
from watchd.model import SEVERITIES, HitStatus
from watchd.store import Store, archive, service

_log = log.Log("watchd.export")

_REST = timedelta(seconds=15)  # after one that failed
NEWS = (HitStatus.ALERTED, HitStatus.UNROUTED)
"""What is exported: hits that are news, whether or not they have a receiver."""


class Exports:
    """Writes what the export folder is to hold; what fails is tried again, and said once."""

    def __init__(
        self, store: Store, desk: Callable[[], Desk], clock: Callable[[], datetime]
    ) -> None:
        self._store, self._desk, self._clock = store, desk, clock
        self._stale = True
        self._failed_at: datetime | None = None
        self._error: str | None = ""  # "": nothing was written yet

    def mark(self) -> None:
        """There is something new."""
        self._stale = True

    async def tick(self) -> timedelta | None:
        """Write the files, if there is something new. Trouble with them is no one else's.

        Returns when to try again.
        """
        settings = self._desk().config.export
        if not self._stale or settings is None:
            return None
        now = self._clock()
        if self._failed_at is not None and self._failed_at <= now < self._failed_at + _REST:
            return _REST
        self._stale, self._failed_at = False, None
        try:
            await self._write()
        except WatchdError:
            self._stale = True
            raise
        except OSError as error:
            self._stale, self._failed_at = True, now
            reason = (error.strerror or type(error).__name__).lower()
            await self._note(f"{settings.folder}: {reason}")
            return _REST
        await self._note(None)
        return None

    async def _write(self) -> None:
        from watchd.render.exported import FORMATS  # most desks export nothing

        desk = self._desk()
        settings = desk.config.export
        assert settings is not None
        found = await self._store.do_read(
            archive.list_hits,
            severities=SEVERITIES[SEVERITIES.index(settings.min_severity) :],
            statuses=[status.value for status in NEWS],
            limit=settings.limit,
        )
        hits = []
        for hit in found:
            feed = hit.stored.feed
            hits.append((hit, hit.alert(publisher=desk.publishers.get(feed, feed))))
        for form in settings.formats:
            data = await asyncio.to_thread(FORMATS[form], hits)
            await asyncio.to_thread(_replace, settings.folder / f"hits.{form}", data)

    async def _note(self, error: str | None) -> None:
        """Say it once, in the log and for `status`: that it failed, or works again."""
        if error == self._error:
            return
        if error:
            _log.error("export.failed", error=error, note="tried again; no hit is lost by it")
        elif self._error:
            _log.info("export.back")
        self._error = error
        await self._store.do_write(service.note, "export", error, self._clock())


def _replace(path: Path, data: bytes) -> None:
    """Put `data` in the place of a file: who reads it sees the old one, or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")  # one daemon writes here: see Store.lock
    try:
        with new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise
