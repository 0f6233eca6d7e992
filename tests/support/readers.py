"""Processes that read documents, lent from one round of a test to the next.

A daemon starts one and keeps it for as long as it runs; a test has a round, and another, and each
would pay for a new interpreter: half of what a round costs. They are the real ones, started as
`watchd.parser` starts them, and read one document after another as they would for it.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

Kind = tuple[tuple[str, ...], frozenset[tuple[str, str]]]  # the command, and its environment
_idle: defaultdict[Kind, list[subprocess.Popen[bytes]]] = defaultdict(list)
_start = asyncio.create_subprocess_exec


class Lent:
    """Such a process, for one event loop. Ending its input gives it back; a kill is a kill."""

    def __init__(
        self,
        kind: Kind,
        process: subprocess.Popen[bytes],
        stdin: asyncio.StreamWriter,
        stdout: asyncio.StreamReader,
        reading: asyncio.BaseTransport,
    ) -> None:
        self.stdin, self.stdout, self.returncode = stdin, stdout, process.poll()
        self._kind, self._process, self._reading = kind, process, reading
        self._killed = False

    def kill(self) -> None:
        self._killed = True
        self._process.kill()

    async def wait(self) -> int:
        if self.returncode is None:
            whole = self.stdin.is_closing() and not self._killed and not self.stdout.at_eof()
            if whole and self._process.poll() is None:
                _idle[self._kind].append(self._process)
                self.returncode = 0
            else:
                self.returncode = self._process.wait()
                _close(self._process)
            self.stdin.close()
            self._reading.close()
            await asyncio.sleep(0)  # the streams close at the loop's next turn
        return self.returncode


@contextlib.contextmanager
def lent() -> Iterator[None]:
    """In here, event loops of this process get a reader that stands idle, if there is one."""
    with patch.object(asyncio, "create_subprocess_exec", _lend):
        yield


async def _lend(*command: str, env: dict[str, str] | None = None, **more: Any) -> Any:
    if not any("watchd.parse.worker" in word for word in command):
        return await _start(*command, env=env, **more)
    kind = (command, frozenset((env or {}).items()))
    while _idle[kind]:
        process = _idle[kind].pop()
        if process.poll() is None:
            break
        _close(process)
    else:
        process = subprocess.Popen(command, env=env, **more)
    return await _for_this_loop(kind, process)


async def _for_this_loop(kind: Kind, process: subprocess.Popen[bytes]) -> Lent:
    """Streams of their own ends, so that closing them leaves the process its input."""
    assert process.stdin is not None
    assert process.stdout is not None
    loop = asyncio.get_running_loop()
    stdout = asyncio.StreamReader()
    reading, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stdout), _again(process.stdout.fileno(), "rb")
    )
    writing, protocol = await loop.connect_write_pipe(
        lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()),
        _again(process.stdin.fileno(), "wb"),
    )
    stdin = asyncio.StreamWriter(writing, protocol, None, loop)
    return Lent(kind, process, stdin, stdout, reading)


def _again(number: int, mode: str) -> Any:
    return os.fdopen(os.dup(number), mode, buffering=0)


def _close(process: subprocess.Popen[bytes]) -> None:
    """Let it end, by the end of its input."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    process.wait()


@atexit.register
def _close_all() -> None:
    for processes in _idle.values():
        for process in processes:
            _close(process)
