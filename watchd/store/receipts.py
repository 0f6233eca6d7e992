"""Receipts: which messages were taken, in a file beside the database, from the moment it is known.

The commit that makes a delivery `sent` takes milliseconds, and waits for other writes. What was
handed to the system for a file is there at once, whatever becomes of the process. So a daemon that
is killed between a receiver's yes and that commit need not send the message again. The database
alone says what is to be sent: a receipt only tells what became of what was under way. One that is
missing (a power cut may cost it) means that the message goes out again, marked.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from watchd.model import Delivery

Taken = Mapping[tuple[int, datetime], datetime]
"""When each delivery was taken, by its number and when it was made. The latter is in it because
another database may once stand in the same place."""

_PATIENCE = 0.005  # seconds; most disks take a hundredth of that
_ENOUGH = 64_000  # bytes; what is older than a commit is of no more use


class Receipts:
    """The receipts of one database; of one without a file (None) none are kept."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._fd: int | None = None  # until the first one
        self._size = 0
        self._turn = threading.Lock()
        self._pen: ThreadPoolExecutor | None = None  # until the first one

    def keep(self, deliveries: Sequence[Delivery], at: datetime) -> None:
        """Have it written down that these were taken. It never raises: it may be missing.

        A thread of its own writes, and nobody waits long for it: on a slow disk the commit, which
        is what counts, would come so much later.
        """
        if self._file is None:
            return
        words = "".join(f"{one.id} {_told(one.created_at)} {_told(at)}\n" for one in deliveries)
        with self._turn:
            if self._pen is None:
                self._pen = ThreadPoolExecutor(1, thread_name_prefix="receipts")
            written = self._pen.submit(self._write, self._file, words.encode())
        with suppress(TimeoutError):
            written.result(_PATIENCE)

    def _write(self, file: Path, words: bytes) -> None:
        with suppress(OSError):
            if self._fd is None:
                flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
                self._fd, self._size = os.open(file, flags, 0o600), 0
            if self._size > _ENOUGH:
                os.ftruncate(self._fd, 0)
                self._size = 0
            self._size += os.write(self._fd, words)

    def read(self) -> Taken:
        """Those that are there. What cannot be read is left out."""
        found: dict[tuple[int, datetime], datetime] = {}
        if self._file is None:
            return found
        self.close()  # what was to be written is in it, then
        with suppress(OSError):
            *lines, _cut_off = self._file.read_bytes().split(b"\n")
            for line in lines:
                with suppress(ValueError):
                    number, made, at = line.decode("ascii").split(" ")
                    found[int(number), _moment(made)] = _moment(at)
        return found

    def clear(self) -> None:
        """Forget them: the database knows."""
        self.close()
        if self._file is not None:
            with suppress(OSError):
                self._file.unlink(missing_ok=True)

    def close(self) -> None:
        """Write what is to be written, and close the file."""
        with self._turn:
            if self._pen is not None:
                self._pen.shutdown()
                self._pen = None
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _told(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _moment(told: str) -> datetime:
    moment = datetime.fromisoformat(told)
    if moment.tzinfo is None:
        raise ValueError("no zone")
    return moment
