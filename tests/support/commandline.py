"""`watchd …` as a user types it: a process of its own for each command, forked from a warm one."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
import threading
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


class CommandLine:
    """Starts commands one at a time; see `tests.support.warm` for the other side."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._folder = tempfile.TemporaryDirectory()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.warm"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self, *words: str, folder: Path, environ: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._turn:
            streams = {name: Path(self._folder.name) / name for name in ("stdout", "stderr")}
            for path in streams.values():
                path.write_bytes(b"")
            order = {
                "words": words,
                "folder": str(folder),
                "environ": environ,
                **{name: str(path) for name, path in streams.items()},
            }
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            code = int(self._process.stdout.readline())
            said = {name: path.read_text("utf-8") for name, path in streams.items()}
        return subprocess.CompletedProcess(["watchd", *words], code, **said)

    def close(self) -> None:
        self._process.communicate()
        self._folder.cleanup()


@cache
def _command_line() -> CommandLine:
    """One for all tests of this process."""
    opened = CommandLine()
    atexit.register(opened.close)
    return opened


def watchd(
    *words: str, folder: Path | None = None, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run `watchd` with these words in a folder, in the environment of the tests and `environ`.

    For tests of what a verb says and does. Those of how a process starts, ends or takes a signal
    start a fresh interpreter.
    """
    return _command_line().run(
        *words, folder=folder or Path.cwd(), environ={**os.environ, **environ}
    )
