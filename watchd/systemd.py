"""Telling systemd how we are: one datagram to $NOTIFY_SOCKET, see sd_notify(3)."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable


def listens() -> bool:
    """Whether anybody wants to know how we are."""
    return bool(os.environ.get("NOTIFY_SOCKET"))


def notify(**fields: str) -> None:
    """Send e.g. READY="1", STATUS="…". Does nothing when systemd did not start us."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # an abstract socket
        address = "\0" + address[1:]
    lines = "\n".join(
        f"{key}={value.splitlines()[0] if value else ''}" for key, value in fields.items()
    )
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.connect(address)
            channel.sendall(lines.encode())
    except OSError:
        pass  # systemd is gone or deaf: not a reason to stop watching


class Watchdog:
    """Tells systemd's watchdog that we get on: by what was done, never by a timer of its own.

    It is told once each of the `kinds` of work has come to an end since it was told last. Whatever
    blocks one of them, the loop, a thread or the database, has systemd end us after WatchdogSec.
    """

    def __init__(self, kinds: Iterable[str]) -> None:
        self._kinds = frozenset(kinds)
        self._ended = set[str]()

    def ended(self, kind: str) -> None:
        """One piece of work is done; those of other kinds do not count."""
        self._ended |= {kind} & self._kinds
        if self._ended == self._kinds:
            self._ended.clear()
            notify(WATCHDOG="1")


def reloading() -> None:
    """Before a reload. systemd wants the monotonic time with it, in microseconds."""
    notify(RELOADING="1", MONOTONIC_USEC=str(time.monotonic_ns() // 1000))
