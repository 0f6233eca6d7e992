"""Hears from the system that something in a folder was written, so that nobody need look for it.

What it hears is no more than a hint: on a network drive the system does not tell of what others
write, and nobody tells where a link leads to now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inotify_simple import INotify

_IGNORED = 0x8000  # flags.IGNORED: the kernel has dropped a watch, since its folder is gone


class Saves:
    """Calls `heard` after something was written, added, renamed or taken away."""

    def __init__(self, heard: Callable[[], None]) -> None:
        self._heard = heard
        self._ear: INotify | None = None
        self._deaf = False  # the system cannot tell, or has no watch to spare
        self._watches: dict[str, int] = {}

    def follow(self, folders: Iterable[str]) -> bool:
        """Listen to these folders, and to no others.

        Returns whether all of them have been listened to since before this call: what is read
        of them from now on will be heard to change.
        """
        if self._deaf:
            return False
        wanted = set(folders)
        if wanted == self._watches.keys():
            return True
        try:
            self._listen(wanted)
        except (ImportError, AttributeError, OSError):
            self.close()
            self._deaf = True
        return False

    def _listen(self, wanted: set[str]) -> None:
        from inotify_simple import INotify, flags  # a desk of few rules has no use for it

        if self._ear is None:
            self._ear = INotify(nonblocking=True)
            asyncio.get_running_loop().add_reader(self._ear.fileno(), self._hear)
        for folder in self._watches.keys() - wanted:
            with suppress(OSError):  # a folder that is gone has taken its watch with it
                self._ear.rm_watch(self._watches[folder])
            del self._watches[folder]
        told = (
            flags.CLOSE_WRITE
            | flags.MODIFY
            | flags.ATTRIB
            | flags.CREATE
            | flags.DELETE
            | flags.MOVED_FROM
            | flags.MOVED_TO
            | flags.DELETE_SELF
            | flags.MOVE_SELF
        )
        for folder in wanted - self._watches.keys():
            self._watches[folder] = self._ear.add_watch(folder, told)

    def _hear(self) -> None:
        assert self._ear is not None
        for event in self._ear.read(timeout=0):
            gone = [folder for folder, watch in self._watches.items() if watch == event.wd]
            if gone and event.mask & _IGNORED:  # another of that name is to be followed anew
                del self._watches[gone[0]]
        self._heard()

    def close(self) -> None:
        """Listen no more."""
        if self._ear is not None:
            asyncio.get_running_loop().remove_reader(self._ear.fileno())
            self._ear.close()
        self._ear, self._watches = None, {}
