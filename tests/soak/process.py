"""The daemon as a process of its own, started in the ordinary way, or at once.

At once means: forked from a server that has done the imports already. It is the same daemon
in a process of its own, and it can be killed many times as often.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMAND = ("run", "-c", "config.toml")
_GIVE_UP = 30.0  # seconds in which a daemon has to say its first word

_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(["tests.soak.warm"])


class Forked:
    """A forked daemon, with the manners of a `subprocess.Popen`."""

    def __init__(self, folder: Path, log: Path) -> None:
        self._process = _server.Process(target=_run, args=(str(folder), str(log)), daemon=True)
        self._process.start()
        self.pid: int = self._process.pid or 0

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()

    def terminate(self) -> None:
        self._process.terminate()

    def wait(self, timeout: float | None = None) -> int:
        """The exit code. Raises subprocess.TimeoutExpired."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(COMMAND, timeout or 0)
        return self._process.exitcode


Daemon = subprocess.Popen[bytes] | Forked


def start(folder: Path, *, fork: bool, log: Path | None = None) -> Daemon:
    """The daemon, at work: it returns with the first line of its log, after all the imports.

    The log is daemon.log in its folder, if no other is named.
    """
    log = log or folder / "daemon.log"
    before = log.stat().st_size if log.exists() else 0
    daemon = Forked(folder, log) if fork else _spawned(folder, log)
    latest = time.monotonic() + _GIVE_UP
    while daemon.poll() is None and time.monotonic() < latest:
        if log.exists() and log.stat().st_size > before:
            break
        time.sleep(0.01)
    return daemon


def _spawned(folder: Path, log: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    with log.open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "watchd", *COMMAND],
            cwd=folder, env=environment, stdout=out, stderr=out,
        )  # fmt: skip


def _run(folder: str, log: str) -> None:
    """In the forked process: what `python -m watchd run` does."""
    os.chdir(folder)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(out, stream)
    sys.argv = ["watchd", *COMMAND]
    from watchd.cli import main

    main()
