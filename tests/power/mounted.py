"""A folder on a disk that loses what was not synced when the power is cut."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

NO_DISK = "no disk that loses can be mounted here: that takes root and FUSE ({})"


class NoDisk(Exception):
    """Why there can be none here."""


class LosingDisk:
    """Mounted at a new folder while open. Raises NoDisk where that takes more than is allowed.

    To sync anything takes `sync_seconds`, as long as disks take for it.
    """

    def __init__(self, folder: Path, sync_seconds: float = 0.0) -> None:
        self.folder, self.sync_seconds = folder, sync_seconds

    def __enter__(self) -> Self:
        self.folder.mkdir()
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.power.kernel", str(self.folder), str(self.sync_seconds)],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            self._answer()
        except NoDisk:
            self._server.wait()
            raise
        return self

    def sync(self) -> None:
        """Let all that stands there last, as after some quiet time."""
        self._order(do="sync")

    def cut(self, *, share: float = 0.0, seed: int = 0, at_sync: bool = False) -> dict[str, int]:
        """Cut the power: what was not synced is gone, but for a share, and the disk is dead.

        `at_sync`: it is cut when the next sync is asked for, and until then this waits. Returns
        how many bytes had been written and not synced, by the names of files.
        """
        words = {"share": share, "seed": seed, "sync": int(at_sync)}
        at_risk: dict[str, int] = self._order(do="cut", dead=True, **words)["at_risk"]
        return at_risk

    def cut_later(self, *, sync: int, share: float = 0.0, seed: int = 0) -> None:
        """At the n-th sync from now on, before any of it is done. All goes on after it as if
        nothing had happened; but `start` leads back to that moment."""
        self._order(do="cut", dead=False, share=share, seed=seed, sync=sync)

    def start(self) -> bool:
        """Let the power come back, to what is left: whether it had been cut.

        Whoever used the disk gets errors, or hangs on it no more: they should have been ended.
        """
        return bool(self._order(do="start")["was_cut"])

    def _order(self, **words: object) -> dict[str, Any]:
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(words) + "\n")
        self._server.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._server.stdout is not None
        line = self._server.stdout.readline()
        if not line:
            assert self._server.stderr is not None
            said = self._server.stderr.read().strip().splitlines()
            raise NoDisk(said[-1] if said else "the server of the disk has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.communicate()
