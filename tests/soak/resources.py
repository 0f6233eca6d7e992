"""What the daemon takes of the machine while it runs, from /proc; nothing where there is none."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.soak.process import Daemon

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One process at one moment. `cpu` are seconds since its start, its children's included."""

    at: float
    cpu: float
    rss: int  # bytes
    children: int  # bytes, of the parser processes
    files: int  # open descriptors
    threads: int


class Resources:
    """Samples of each process watched, by its pid; one `every` so many seconds."""

    def __init__(self, every: float = 1.0) -> None:
        self._every = every
        self.samples: dict[int, list[Sample]] = {}
        self.children: set[int] = set()

    def watch(self, process: Daemon, seconds: float) -> None:
        """Wait so long, or until the process has ended, and look at it again and again."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and process.poll() is None:
            self._look(process.pid)
            time.sleep(min(left, self._every))

    def _look(self, pid: int) -> None:
        here = Path(f"/proc/{pid}")
        try:
            children = [int(n) for n in (here / f"task/{pid}/children").read_text().split()]
            self.children.update(children)
            numbers, theirs = _stat(pid), [_stat(child) for child in children]
            sample = Sample(
                at=time.monotonic(),
                cpu=sum(sum(each[11:15]) for each in (numbers, *theirs)) / _TICK,
                rss=numbers[21] * _PAGE,
                children=sum(each[21] for each in theirs) * _PAGE,
                files=len(list((here / "fd").iterdir())),
                threads=numbers[17],
            )
        except (OSError, ValueError, IndexError):
            return  # one of them has just ended, or there is no /proc
        self.samples.setdefault(pid, []).append(sample)

    def left_behind(self) -> int:
        """How many of the children outlived the daemons that started them."""
        time.sleep(1)  # they end by themselves, once they find themselves alone
        return sum(Path(f"/proc/{pid}").exists() for pid in self.children)

    def longest(self) -> dict[str, Any]:
        """The longest life that was watched: how things stood early on, and at its end."""
        life = max(self.samples.values(), key=len, default=[])
        if len(life) < 4:
            return {}
        early, late = life[len(life) // 4], life[-1]
        rates = [(b.cpu - a.cpu) / (b.at - a.at) for a, b in pairwise(life)]
        half = len(rates) // 2
        return {
            "seconds": round(late.at - life[0].at),
            "memory_mb": [round(s.rss / 1e6, 1) for s in (early, late)],
            "files": [s.files for s in (early, late)],
            "threads": [s.threads for s in (early, late)],
            "cpu_percent": [
                round(100 * sum(part) / len(part), 1) for part in (rates[:half], rates[half:])
            ],
        }


def _stat(pid: int) -> list[int]:
    """The numbers of /proc/PID/stat behind the name and the state, so that [11] is utime."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return [0, *map(int, words[1:])]
