"""WARC files (ISO 28500), one a day: the only importer of warcio, and only when one is written.

Records are appended whole, each a gzip member of its own, so that one can be read, or copied out,
by its place alone.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import threading
import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from http import HTTPStatus
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from watchd.model import WarcPlace

_TAIL = 2**14  # bytes: more than a request
_MEMBER = b"\x1f\x8b\x08"  # how a gzip member begins
_NAME = re.compile(r"evidence-(\d{4}-\d\d-\d\d)(?:-\d+)?\.warc\.gz")
_turn = threading.Lock()  # two checks must not write at one place


def append(
    folder: Path,
    *,
    url: str,
    status: int,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    user_agent: str,
    now: datetime,
) -> WarcPlace:
    """Write an answer, and the request for it, at the end of the file of that day.

    What is handed over is what is written: it must hold no secret. Returns the place of the
    answer's record, which is on the disk then. Raises OSError, and leaves the file as it was.
    """
    answer, request = _records(url, status, headers, body, user_agent, now)
    with _turn:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name, fd = _opened(folder, f"evidence-{now.astimezone(UTC):%Y-%m-%d}")
        try:
            offset = os.lseek(fd, 0, os.SEEK_END)
            try:
                _write(fd, answer + request)
                os.fsync(fd)
                if offset == 0:
                    _sync_names(folder, folder.parent)  # a file without its name is lost
            except OSError:
                os.ftruncate(fd, offset)
                raise
        finally:
            os.close(fd)
    digest = hashlib.sha256(answer).hexdigest()
    return WarcPlace(file=name, offset=offset, length=len(answer), sha256=digest)


def read(folder: Path, place: WarcPlace) -> bytes:
    """The record at a place: a WARC file of one record. Raises OSError, and ValueError where it
    is not what was written."""
    with (folder / place.file).open("rb") as file:
        file.seek(place.offset)
        record = file.read(place.length)
    if hashlib.sha256(record).hexdigest() != place.sha256:
        raise ValueError("the record was changed since it was written")
    return record


def days(folder: Path) -> dict[str, date]:
    """The files there are, by name, each with its day."""
    found = {path.name: _NAME.fullmatch(path.name) for path in folder.glob("evidence-*.warc.gz")}
    return {name: date.fromisoformat(match[1]) for name, match in found.items() if match}


def remove(folder: Path, names: Iterable[str]) -> int:
    """Remove files. Returns the bytes that they took. Raises OSError."""
    freed = 0
    for name in names:
        freed += (folder / name).stat().st_size
        (folder / name).unlink()
    return freed


def _opened(folder: Path, day: str) -> tuple[str, int]:
    """The file of a day, by its name; a further one where a write into it was cut off: what came
    behind half a record could only be read by its place."""
    for number in count(1):
        name = f"{day}-{number}.warc.gz" if number > 1 else f"{day}.warc.gz"
        fd = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if _ends_whole(fd):
            return name, fd
        os.close(fd)
    raise AssertionError("numbers do not end")


def _ends_whole(fd: int) -> bool:
    """Whether the last record of a file, a request, which is short, is all there."""
    size = os.lseek(fd, 0, os.SEEK_END)
    tail = os.pread(fd, _TAIL, max(0, size - _TAIL))
    at = tail.rfind(_MEMBER)
    while at >= 0:
        unpacked = zlib.decompressobj(31)
        with suppress(zlib.error):
            unpacked.decompress(tail[at:])
            if unpacked.eof and not unpacked.unused_data:
                return True
        at = tail.rfind(_MEMBER, 0, at)
    return size == 0


def _write(fd: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(fd, left) :]


def _sync_names(*folders: Path) -> None:
    for folder in folders:
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def _records(
    url: str,
    status: int,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    user_agent: str,
    now: datetime,
) -> tuple[bytes, bytes]:
    """The records of the answer and of the request, packed."""
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    date = {"WARC-Date": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Unknown"
    # The body is written unpacked, so what told how it was packed would be wrong.
    told = [pair for pair in headers if pair[0].lower() not in ("content-encoding",)]
    told = [pair for pair in told if pair[0].lower() != "content-length"]
    told.append(("Content-Length", str(len(body))))
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    asked = [("Host", parts.netloc), ("User-Agent", user_agent)]

    answer, request = io.BytesIO(), io.BytesIO()
    writer: Any = WARCWriter(answer, gzip=True)
    record = writer.create_warc_record(
        url,
        "response",
        payload=io.BytesIO(body),
        http_headers=StatusAndHeaders(f"{status} {phrase}", told, protocol="HTTP/1.1"),
        warc_headers_dict=date,
    )
    writer.write_record(record)
    writer = WARCWriter(request, gzip=True)
    together = {"WARC-Concurrent-To": record.rec_headers.get_header("WARC-Record-ID")}
    asking = StatusAndHeaders(f"GET {target} HTTP/1.1", asked, is_http_request=True)
    writer.write_record(
        writer.create_warc_record(
            url, "request", http_headers=asking, warc_headers_dict={**date, **together}
        )
    )
    return answer.getvalue(), request.getvalue()
