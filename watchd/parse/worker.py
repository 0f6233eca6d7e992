"""The child process that reads documents nobody vouches for: `python -m watchd.parse.worker`.

It answers one request after another (see `wire`) and ends when its input does, so it never
outlives the daemon, however that died.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from typing import BinaryIO

from watchd.model import ParsedFeed
from watchd.parse.confined import confine
from watchd.parse.document import parse_document
from watchd.parse.wire import REQUEST, Answer, Reading, pack_answer, unpack_reading

MAX_MEMORY = 512 * 1024 * 1024  # bytes of address space
_WORN_OUT = 160 * 1024  # KiB grown: freed memory rarely goes back, so a new child takes over
_CPU_SECONDS = 60  # for one document, should nobody be left to keep the deadline
_FILES = 32


def main() -> None:
    """Serve requests on stdin until it ends, or until this process has grown too large."""
    sys.dont_write_bytecode = True
    _limit(resource.RLIMIT_AS, MAX_MEMORY, for_good=True)
    _limit(resource.RLIMIT_NOFILE, _FILES, for_good=True)
    # Should a document take this process over: no core with what it holds, no byte in any file,
    # no other program. (To root the last one does not apply; the service is not root.)
    for what in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC):
        _limit(what, 0, for_good=True)
    confine(sys.path)
    # A stop of the whole service is the daemon's to handle: it may still wait for our answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a stray print must not break an answer
    # The high-water mark begins at that of the process that forked us, hence the difference.
    at_start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    last = False
    while not last and (request := _read(requests)):
        used = resource.getrusage(resource.RUSAGE_SELF)
        _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + _CPU_SECONDS)
        reading, body = request
        try:
            parsed = _parsed(body, reading)
            last = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - at_start > _WORN_OUT
            answer = pack_answer(Answer(parsed=parsed, last=last))
        except MemoryError:
            last = True
            problem = "it could not be read: it needs too much memory"
            failed = ParsedFeed(status="error", problems=(problem,))
            answer = pack_answer(Answer(parsed=failed, last=True))
        answers.write(answer)
        answers.flush()
    os._exit(0)  # to take all modules down first takes as long as a document


def _parsed(body: bytes, reading: Reading) -> ParsedFeed:
    if reading.what == "article":
        from watchd.parse.article import read_article  # it brings much along feeds do not need

        return read_article(body, url=reading.url, content_type=reading.content_type)
    return parse_document(
        body,
        url=reading.url,
        content_type=reading.content_type,
        encoding=reading.encoding,
        lang=reading.lang,
        timezone=reading.timezone,
        identity=reading.identity,
        source=reading.source,
        page=reading.page,
        cut_short=reading.cut_short,
        window=reading.window,
    )


def _limit(what: int, most: int, *, for_good: bool = False) -> None:
    """Bound what this process may use; `for_good`, so that it cannot raise the bound again."""
    hard = resource.getrlimit(what)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most if for_good else hard))


def _read(requests: BinaryIO) -> tuple[Reading, bytes] | None:
    lengths = requests.read(REQUEST.size)
    if len(lengths) < REQUEST.size:
        return None
    head_length, body_length = REQUEST.unpack(lengths)
    reading = unpack_reading(requests.read(head_length))
    body = requests.read(body_length)
    return (reading, body) if len(body) == body_length else None


if __name__ == "__main__":
    main()
