"""Power cuts: watchd on a disk that loses what was not synced, cut off again and again at random.

News comes all the while, all of it alerts; the daemon is ended with SIGKILL, what it had written
and not synced is thrown away (of every second cut some of it is kept, in sectors and at random,
as disks do), and it is started on what is left. After every cut the database must be sound and
know of every message that a receiver has got. In the end it may send what waits, and then each
receiver's own list is held against the database.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.power.mounted import NO_DISK, LosingDisk, NoDisk
from tests.soak import kills
from tests.soak.process import Daemon
from tests.soak.receivers import Manners, Receiver

_MANNERS = Manners(refused=0, busy=0, wrong=0, slow=0, cut=0, silent=0)  # no trouble but the power
_SYNC = 0.005  # seconds that a disk takes for it
_LONG_AGO = 2.0  # seconds; on a machine with much else to do a commit may take a moment
_DATABASE = ("watchd.db", "watchd.db-wal")


@dataclass(slots=True)
class Found:
    """The result of a run."""

    cuts: int = 0
    at_risk: int = 0  # those of them that found something of the database not synced
    unsound: list[str] = field(default_factory=list)  # databases after a cut, and what is wrong
    forgotten: int = 0  # messages that had been got, and the database knew nothing of them
    unsettled: int = 0  # those that had been got long ago, and it did not know that they were
    after: kills.Found = field(default_factory=kills.Found)

    @property
    def repeats(self) -> int:
        return sum(got.repeats for got in self.after.receivers.values())

    @property
    def wrongs(self) -> list[str]:
        """What is not as it should be; empty when all is well."""
        own = {
            "messages forgotten": self.forgotten,
            "messages not known to be sent": self.unsettled,
            "databases unsound": len(self.unsound),
        }
        return [f"{what} ({count})" for what, count in own.items() if count] + self.after.wrongs

    def as_text(self) -> str:
        got = self.after.receivers.values()
        return (
            f"{self.cuts} power cuts, {self.at_risk} with something of the database not synced; "
            f"{max((one.due for one in got), default=0)} alerts to each of {len(got)}: "
            f"{sum(one.lost for one in got)} lost, {self.repeats} repeats, "
            f"{sum(one.repeats_unmarked for one in got)} of them not marked"
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "cuts": self.cuts,
            "at_risk": self.at_risk,
            "repeats": self.repeats,
            "forgotten": self.forgotten,
            "unsettled": self.unsettled,
            "unsound": self.unsound,
            "after": self.after.as_dict(),
            "wrongs": self.wrongs,
        }


def run(
    scratch: Path, *, cuts: int, alerts: int, span: float, drain: float = 120.0,
    at_syncs: bool = False, seed: int | None = None, talk: bool = False,
) -> Found:  # fmt: skip
    """`cuts` within `span` seconds, while `alerts` come. Raises NoDisk.

    `at_syncs`: each only when something is about to be synced, the worst of all moments.
    """
    chance, found = random.Random(seed), Found()
    (scratch / "left").mkdir()

    with LosingDisk(scratch / "disk", _SYNC) as disk:

        def cut(daemon: Daemon, receivers: Sequence[Receiver]) -> None:
            share = chance.choice((0.0, chance.random()))
            seed = chance.getrandbits(32)
            if not at_syncs:  # without power nothing more is sent while the disk dies
                os.kill(daemon.pid, signal.SIGSTOP)
            lost = disk.cut(share=share, seed=seed, at_sync=at_syncs)
            at = time.time()
            found.cuts += 1
            found.at_risk += any(name in lost for name in _DATABASE)
            daemon.kill()
            disk.start()
            daemon.wait()
            _look(disk.folder, scratch / "left", receivers, at, found)

        how = kills.Run(
            folder=disk.folder, logs=scratch, alerts=alerts, kills=cuts, span=span, dead=0,
            drain=drain, manners=_MANNERS, seed=seed, talk=talk, prepared=disk.sync,
        )  # fmt: skip
        found.after = kills.run(how, cut)
    return found


def _look(disk: Path, left: Path, receivers: Sequence[Receiver], at: float, found: Found) -> None:
    """At a copy of what the cut at that time has left, so that the daemon finds it as it is."""
    for name in _DATABASE:
        (left / name).unlink(missing_ok=True)
        if (disk / name).exists():
            shutil.copyfile(disk / name, left / name)
    with closing(sqlite3.connect(left / "watchd.db")) as db:
        sound = db.execute("pragma integrity_check").fetchall()
        astray = db.execute("pragma foreign_key_check").fetchall()
        if sound != [("ok",)] or astray:
            found.unsound.append(f"{sound[:3]} {astray[:3]}")
        rows = db.execute(
            "select hit_id, receiver, state, attempts, may_repeat"
            " from deliveries join alert_hits using (alert_id)"
        ).fetchall()
    # Of what the cut before interrupted, and is not begun anew, it knows that much: it may repeat.
    tried = {(hit, to) for hit, to, _, attempts, again in rows if attempts or again}
    settled = {(hit, to) for hit, to, state, _, again in rows if state == "sent" or again}
    for one in receivers:
        taken = {(each.hit, one.name): each.at for each in list(one.taken)}
        found.forgotten += len(taken.keys() - tried)
        long_ago = {message for message, then in taken.items() if then < at - _LONG_AGO}
        found.unsettled += len(long_ago - settled)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. Returns the exit code: 1 when something was lost or went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.power.cuts", description=__doc__)
    add = parser.add_argument
    add("--cuts", type=int, default=40, help="(%(default)s)")
    add("--alerts", type=int, default=100, help="updates among them (%(default)s)")
    add("--span", type=float, default=90.0, help="seconds over which they come (%(default)s)")
    add("--at-syncs", action="store_true", help="cut when something is about to be synced")
    add("--seed", type=int, help="for the moments of the cuts, and what they leave")
    told = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="cuts-") as scratch:
        try:
            found = run(
                Path(scratch), cuts=told.cuts, alerts=told.alerts, span=told.span, seed=told.seed,
                at_syncs=told.at_syncs, talk=True,
            )  # fmt: skip
        except NoDisk as why:
            parser.exit(75, NO_DISK.format(why) + "\n")
    print(json.dumps(found.as_dict(), indent=1))
    return 1 if found.wrongs else 0


if __name__ == "__main__":
    sys.exit(main())
