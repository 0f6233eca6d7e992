"""Alerts by the thousand through kills and through receivers in trouble, counted one by one.

Five feeds bring news that is all alerts, some of them updates of earlier ones. Three receivers
refuse three of ten messages (503, 429, 400), are slow now and then, hang up after they took a
message, or never answer; the third is dead for a quarter of the time that the news goes on.
Meanwhile the daemon is ended with SIGKILL again and again and started at once. In the end it may
drain its outbox, and then each receiver's own list is held against the hits in the database.

The time is real and so are the pauses before the next attempt; only how long the third receiver
is dead is a matter of scale (--dead says otherwise).
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.soak.edits import FEEDS, RULE, Newsroom, Plan
from tests.soak.process import Daemon, start
from tests.soak.receivers import AMBIGUOUS, Manners, Receiver

EXAMPLES = """
examples:
  python -m tests.soak.kills                                  # 10,000 alerts, 200 kills, 15 min
  python -m tests.soak.kills --alerts 500 --kills 10 --minutes 1
"""
NAMES = ("one", "two", "dies")
_ANSWER_WITHIN = 2  # seconds the daemon waits for an answer
_GIVE_UP = 30.0  # seconds after SIGTERM
_TALK_EVERY = 15.0
_OPEN = "state in ('pending', 'sending') or (state = 'unknown' and next_attempt_at is not null)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What to do. Spans are seconds."""

    folder: Path
    alerts: int = 10_000
    kills: int = 200
    span: float = 900.0  # over which the news comes, and the kills
    dead: float = 225.0  # from a quarter of it on
    drain: float = 900.0  # the longest that what is left may take
    manners: Manners = field(default_factory=Manners)
    seed: int | None = None
    talk: bool = False  # say on stderr what happens
    logs: Path | None = None  # the folder of the daemon's log, if it is another
    prepared: Callable[[], object] = int  # done once all feeds have been looked at

    @property
    def log(self) -> Path:
        return (self.logs or self.folder) / "daemon.log"


def kill(daemon: Daemon, _receivers: Sequence[Receiver]) -> None:
    """SIGKILL."""
    daemon.kill()
    daemon.wait()


End = Callable[[Daemon, Sequence[Receiver]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """What one receiver should have got and got; delays are seconds from hit to message."""

    due: int
    lost: int
    unasked: int
    out_of_order: int  # an update that came before what it updates
    repeats: int
    repeats_of_ambiguous: int  # of messages it had taken without saying so
    repeats_of_slow: int  # of messages it had taken, and a kill came before it said so
    repeats_unmarked: int
    marked_in_vain: int  # first copies that say they may be a repeat
    delay: dict[str, float]  # while all receivers lived: median, p95
    delay_beside_the_dead: dict[str, float]
    answers: dict[str, int]

    @property
    def repeats_of_kills(self) -> int:
        """Those that no answer of the receiver's own explains, slow ones among them."""
        return self.repeats - self.repeats_of_ambiguous


@dataclass(slots=True)
class Found:
    """The result of a run."""

    kills: int = 0
    ended_early: list[int] = field(default_factory=list)  # exit codes nobody asked for
    seconds: float = 0.0
    drained: bool = False
    dead_seconds: float = 0.0
    exit_code: int | None = None
    items_lost: int = 0
    integrity: str = ""
    trouble: list[str] = field(default_factory=list)  # lines of the log that speak of a bug
    receivers: dict[str, Got] = field(default_factory=dict)

    @property
    def wrongs(self) -> list[str]:
        """What is not as it should be; empty when all is well."""
        found: dict[str, object] = {
            "items lost": self.items_lost,
            "ends of the daemon that nobody asked for": len(self.ended_early),
            "outbox not drained": not self.drained,
            "SIGTERM not obeyed": self.exit_code != 0,
            f"integrity check: {self.integrity}": self.integrity != "ok",
            "lines of trouble in the log": len(self.trouble),
        }
        for name, got in self.receivers.items():
            found[f"{name}: alerts lost"] = got.lost
            found[f"{name}: alerts nobody asked for"] = got.unasked
            found[f"{name}: updates before what they update"] = got.out_of_order
            found[f"{name}: repeats that do not say so"] = got.repeats_unmarked
        return [f"{words} ({count})" for words, count in found.items() if count]

    def as_dict(self) -> dict[str, Any]:
        """For --json, and for people."""
        told = asdict(self)
        for name, got in self.receivers.items():
            told["receivers"][name]["repeats_of_kills"] = got.repeats_of_kills
        return {**told, "wrongs": self.wrongs}


def run(how: Run, end: End = kill) -> Found:
    """Do it, and count. `end` is how the daemon dies, by SIGKILL or worse."""
    chance, found = random.Random(how.seed), Found()
    receivers = [
        Receiver(name=name, manners=how.manners, chance=random.Random(chance.random()))
        for name in NAMES
    ]
    with ExitStack() as open_ones:
        newsroom = open_ones.enter_context(Newsroom(Plan(how.alerts, how.span)))
        for receiver in receivers:
            open_ones.enter_context(receiver)
        _write(how.folder, newsroom, receivers)
        daemon = start(how.folder, fork=True, log=how.log)
        try:
            _first_look(how, newsroom)
            daemon, dead = _work(how, newsroom, receivers, daemon, chance, found, end)
            _drain(how, daemon, found)
            found.exit_code = _stop(daemon)
        finally:
            if daemon.poll() is None:
                daemon.kill()
                daemon.wait()
    _count(how, newsroom, receivers, dead, found)
    return found


def _write(folder: Path, newsroom: Newsroom, receivers: Sequence[Receiver]) -> None:
    lines = ['database = "watchd.db"', 'rules = "rules"']
    for number, url in enumerate(newsroom.urls):
        lines += ["", "[[feed]]", f'name = "feed-{number}"', f'url = "{url}"']
        lines += ['interval = "2s"', "private = true"]
    for one in receivers:
        url = f"json://127.0.0.1:{one.port}/?rto={_ANSWER_WITHIN}"
        lines += ["", "[[receiver]]", f'name = "{one.name}"', f'url = "{url}"', 'storm = "off"']
    (folder / "config.toml").write_text("\n".join([*lines, ""]), encoding="utf-8")
    (folder / "rules").mkdir()
    (folder / "rules" / "harbour.toml").write_text(RULE, encoding="utf-8")


def _first_look(how: Run, newsroom: Newsroom) -> None:
    """Let the feeds be looked at for the first time, which alerts of nothing."""
    latest = time.monotonic() + _GIVE_UP
    while time.monotonic() < latest and _one(how, "select count(*) from items") < FEEDS:
        time.sleep(0.1)
    how.prepared()
    newsroom.start()


def _work(
    how: Run, newsroom: Newsroom, receivers: Sequence[Receiver], daemon: Daemon,
    chance: random.Random, found: Found, end: End,
) -> tuple[Daemon, tuple[float, float]]:  # fmt: skip
    """Kill it, and see to it that the third receiver dies and comes back."""
    began = time.monotonic()
    moments = sorted(chance.uniform(0.5, how.span) for _ in range(how.kills))
    events = [(at, "kill") for at in moments]
    if how.dead:
        events += [(how.span / 4, "die"), (how.span / 4 + how.dead, "live")]
    dead = [0.0, 0.0]
    talked = 0.0
    for at, what in sorted(events):
        while (wait := began + at - time.monotonic()) > 0:
            time.sleep(min(wait, 1.0))
            if time.monotonic() - talked > _TALK_EVERY:
                talked = time.monotonic()
                _talk(how, f"{found.kills} kills, {_waiting(how)} deliveries wait")
        if what == "die":
            receivers[-1].close()
            dead[0] = time.time()
        elif what == "live":
            receivers[-1].open()
            dead[1] = time.time()
        else:
            if (code := daemon.poll()) is not None:
                found.ended_early.append(code)
            else:
                found.kills += 1
            end(daemon, receivers)
            daemon = start(how.folder, fork=True, log=how.log)
    while not newsroom.over:
        time.sleep(0.2)
    found.seconds = round(time.monotonic() - began, 1)
    found.dead_seconds = round(dead[1] - dead[0], 1)
    return daemon, (dead[0], dead[1])


def _drain(how: Run, daemon: Daemon, found: Found) -> None:
    latest = time.monotonic() + how.drain
    calm = 0
    while calm < 3 and time.monotonic() < latest and daemon.poll() is None:
        time.sleep(1.5)  # as long as the feeds wait, so that all news is in
        waiting = _waiting(how)
        calm = 0 if waiting else calm + 1
        if time.monotonic() % _TALK_EVERY < 1.5:
            _talk(how, f"draining: {waiting} deliveries wait")
    found.drained = calm == 3


def _stop(daemon: Daemon) -> int | None:
    daemon.terminate()
    try:
        return daemon.wait(_GIVE_UP)
    except subprocess.TimeoutExpired:
        return None


def _count(
    how: Run, newsroom: Newsroom, receivers: Sequence[Receiver], dead: tuple[float, float],
    found: Found,
) -> None:  # fmt: skip
    with _database(how) as db:
        rows = db.execute(
            "select id, item_id, at from hits where status = 'alerted' order by id"
        ).fetchall()
        items = db.execute("select count(*) from items").fetchone()[0]
        found.integrity = db.execute("pragma integrity_check").fetchone()[0]
    found.items_lost = newsroom.plan.items + FEEDS - items
    born = {hit: datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() for hit, _, at in rows}
    stories = defaultdict(list)
    for hit, item, _ in rows:
        stories[item].append(hit)
    log = how.log.read_text(encoding="utf-8", errors="replace")
    found.trouble = [
        line for line in log.splitlines() if not re.match(r"\S+Z (INFO|WARNING) ", line)
    ]
    for one in receivers:
        found.receivers[one.name] = _got(one, born, list(stories.values()), dead)


def _got(
    receiver: Receiver, born: dict[int, float], stories: list[list[int]], dead: tuple[float, float]
) -> Got:
    copies = defaultdict(list)
    for taken in receiver.taken:
        copies[taken.hit].append(taken)
    first = {hit: taken[0].at for hit, taken in copies.items()}
    disorder = sum(
        first[later] < first[earlier]
        for story in stories
        for earlier, later in pairwise(story)
        if earlier in first and later in first
    )
    repeats = unmarked = explained = slow = 0
    for taken in copies.values():
        for before, copy in pairwise(taken):
            repeats += 1
            unmarked += not copy.marked
            explained += before.answered in AMBIGUOUS
            slow += before.answered == "slow"
    delays: dict[bool, list[float]] = {True: [], False: []}
    for hit, at in first.items():
        if hit in born:
            delays[dead[0] <= born[hit] < dead[1]].append(at - born[hit])
    return Got(
        due=len(born),
        lost=len(set(born) - set(first)),
        unasked=len(set(first) - set(born)),
        out_of_order=disorder,
        repeats=repeats,
        repeats_of_ambiguous=explained,
        repeats_of_slow=slow,
        repeats_unmarked=unmarked,
        marked_in_vain=sum(taken[0].marked for taken in copies.values()),
        delay=_spread(delays[False]),
        delay_beside_the_dead=_spread(delays[True]),
        answers=dict(sorted(receiver.answers.items())),
    )


def _spread(seconds: list[float]) -> dict[str, float]:
    if len(seconds) < 2:
        return {}
    cuts = statistics.quantiles(seconds, n=20)
    return {"median": round(cuts[9], 2), "p95": round(cuts[18], 2), "max": round(max(seconds), 2)}


def _waiting(how: Run) -> int:
    return _one(how, f"select count(*) from deliveries where {_OPEN}")


def _one(how: Run, query: str) -> int:
    try:
        with _database(how) as db:
            return int(db.execute(query).fetchone()[0])
    except sqlite3.OperationalError:
        return 0  # it is being made just now


def _database(how: Run) -> closing[sqlite3.Connection]:
    file = how.folder / "watchd.db"
    return closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30))


def _talk(how: Run, words: str) -> None:
    if how.talk:
        print(f"{datetime.now(UTC):%H:%M:%S} {words}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. Returns the exit code: 1 when something was lost or went wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak.kills",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--alerts", type=int, default=10_000, help="updates among them (%(default)s)")
    add("--kills", type=int, default=200, help="(%(default)s)")
    add("--minutes", type=float, default=15.0, help="over which they come (%(default)s)")
    add("--dead", type=float, help="minutes the third receiver is dead (a quarter of --minutes)")
    add("--drain", type=float, default=15.0, help="minutes the rest may take (%(default)s)")
    add("--seed", type=int, help="for the moments of the kills and the answers")
    add("--folder", type=Path, help="keep config, database and log here (thrown away)")
    told = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="kills-") as scratch:
        folder = told.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            parser.error(f"{folder} is not empty; name a new folder")
        span = told.minutes * 60
        dead = span / 4 if told.dead is None else told.dead * 60
        found = run(
            Run(
                folder=folder, alerts=told.alerts, kills=told.kills, span=span, dead=dead,
                drain=told.drain * 60, seed=told.seed, talk=True,
            )
        )  # fmt: skip
    print(json.dumps(found.as_dict(), indent=1))
    return 1 if found.wrongs else 0


if __name__ == "__main__":
    sys.exit(main())
