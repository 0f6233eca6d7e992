"""The whole timeline: `python -m tests.timeline [--feeds 300] [--days 30] [--restarts 50]`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.timeline.driver import Run, live
from tests.timeline.figures import Found, count
from tests.timeline.kinds import script


def lived(folder: Path, *, feeds: int, days: float, restarts: int, seed: int) -> Found:
    """Live through a script in `folder`, and count."""
    logging.disable(logging.CRITICAL)
    try:
        run = Run(script=script(feeds, days, seed), days=days, restarts=restarts)
        store = asyncio.run(live(run, folder, seed=seed))
        try:
            return count(run, store)
        finally:
            store.close()
    finally:
        logging.disable(logging.NOTSET)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.timeline", description=__doc__)
    parser.add_argument("--feeds", type=int, default=300)
    parser.add_argument("--days", type=float, default=30)
    parser.add_argument("--restarts", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keep the database here")
    told = parser.parse_args()
    began = time.monotonic()
    memory = "/dev/shm"  # thirty days of syncs to a disk take longer than all the rest
    with TemporaryDirectory(dir=memory if Path(memory).is_dir() else None) as scratch:
        found = lived(
            told.folder or Path(scratch),
            feeds=told.feeds,
            days=told.days,
            restarts=told.restarts,
            seed=told.seed,
        )
    print(found.as_text())
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(one.ru_utime + one.ru_stime for one in used)
    print(f"took {time.monotonic() - began:.0f} s, {cpu:.0f} s of CPU")


if __name__ == "__main__":
    main()
