"""Log lines as systemd's journal likes them: with fields, so that `journalctl FEED=kcna` works.

One datagram for a line to the journal's own socket, see "Native Journal Protocol" in systemd's
documentation (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/).
"""

from __future__ import annotations

import logging
import os
import re
import socket
from collections.abc import Mapping

SOCKET = "/run/systemd/journal/socket"
# The priorities of syslog(3).
_PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3}
_PATIENCE = 0.5  # seconds: a journal that is busy must not hold up the watch for longer
_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,63}")


def reads(stream: int, environ: Mapping[str, str]) -> bool:
    """Whether the file descriptor `stream` leads into the journal, as $JOURNAL_STREAM tells.

    The variable alone says little: a program started by a service inherits it, and may have
    its output elsewhere.
    """
    try:
        about = os.fstat(stream)
    except OSError:
        return False
    return environ.get("JOURNAL_STREAM") == f"{about.st_dev}:{about.st_ino}"


def entry(message: str, level: int, fields: Mapping[str, str]) -> bytes:
    """A log line as one datagram. A field's name in capitals is its name in the journal.

    What the journal could take for its own (a name that is no name, or that is taken) is left
    out: it is in the message, too.
    """
    values = {
        "MESSAGE": message,
        "PRIORITY": str(_PRIORITIES.get(level, 5)),
        "SYSLOG_IDENTIFIER": "watchd",
    }
    for key, value in fields.items():
        if _NAME.fullmatch(name := key.upper()):
            values.setdefault(name, value)
    return b"".join(_assigned(name, value) for name, value in values.items())


def _assigned(name: str, value: str) -> bytes:
    data = value.encode("utf-8", "replace")
    if b"\n" not in data:
        return b"%s=%s\n" % (name.encode(), data)
    # With its length before it, a text of several lines cannot pass for another field.
    return b"%s\n%s%s\n" % (name.encode(), len(data).to_bytes(8, "little"), data)


class Channel:
    """A way into the journal that stays open."""

    def __init__(self, path: str = SOCKET) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(_PATIENCE)

    def send(self, datagram: bytes) -> bool:
        """Hand a line over; False when the journal does not take it (gone, or a line too long)."""
        try:
            self._socket.sendto(datagram, self._path)
        except OSError:
            return False
        return True
