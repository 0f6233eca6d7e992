"""watchd killed again and again while it works, and what that cost: nothing, or exit code 1.

Runs the daemon on a world of feeds and receivers (tests/soak/world.py, or another that speaks
the same), ends it with SIGKILL at random moments and starts it again at once. Then it lets the
outbox drain, stops the daemon with SIGTERM, and compares what the world says it showed and got
with what the database holds and what the rules find when they are run over it again.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from tests.soak import figures
from tests.soak.process import ROOT, Daemon, start
from tests.soak.resources import Resources

EXAMPLES = """
examples:
  python -m tests.soak.world --port 8700 --rate 5 --faults --sink-faults --relink --log world-log &
  python -m tests.soak.soak http://127.0.0.1:8700 --log world-log --minutes 15 --kill-every 10-30
  python -m tests.soak.soak http://127.0.0.1:8700 --log world-log --minutes 30 --kill-every never
"""
_ENOUGH = 5  # times that the daemon may end by itself before this is called off
_GIVE_UP = 30.0  # seconds after SIGTERM; it has promised to be gone in 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Soak:
    """What to do. Spans are seconds."""

    world: str  # its address, e.g. "http://127.0.0.1:8700"
    log: Path  # the folder of its exposed.jsonl and received.jsonl
    folder: Path  # for config, database and the daemon's log
    rules: Path
    work: float  # how long to go on killing
    kill_every: tuple[float, float] | None  # shortest and longest life; None: it is left alive
    kills: int | None = None  # stop earlier, after so many
    drain: float = 600.0  # how long the outbox may take at the end
    interval: str = "2s"
    answer_within: int = 30  # how long a receiver may take
    fork: bool = False  # start it without its imports: see process.py
    talk: bool = False  # say on stderr what happens


@dataclass(slots=True)
class Ran:
    """What was done, as far as the daemon's process is concerned."""

    kills: int = 0
    starts: int = 0
    ended_early: list[int] = field(default_factory=list)  # exit codes nobody asked for
    drained: bool = False
    exit_code: int | None = None  # after SIGTERM; None: it had to be killed
    exit_seconds: float = 0.0


def run(soak: Soak, resources: Resources | None = None) -> figures.Figures:
    """Do it, and count. `resources` are those to watch the daemon with, if others than usual."""
    write_config(soak)
    ran, resources = Ran(), resources or Resources()
    daemon = _start(soak, ran)
    try:
        until = time.monotonic() + soak.work
        while time.monotonic() < until and (soak.kills is None or ran.kills < soak.kills):
            life = until - time.monotonic()
            if soak.kill_every is not None:
                life = min(life, random.uniform(*soak.kill_every))
            resources.watch(daemon, life)
            if (code := daemon.poll()) is not None:
                ran.ended_early.append(code)
                if len(ran.ended_early) >= _ENOUGH:
                    break
            elif soak.kill_every is not None and time.monotonic() < until:
                daemon.kill()
                ran.kills += 1
            else:
                continue
            daemon.wait()
            _say(soak, f"kill {ran.kills}, {until - time.monotonic():.0f} s to go")
            daemon = _start(soak, ran)
        cut = datetime.now(UTC)
        _drain(soak, ran, daemon, cut, resources)
        _stop(ran, daemon)
    finally:
        if daemon.poll() is None:
            daemon.kill()
            daemon.wait()
    told = {**asdict(ran), "left_behind": resources.left_behind()}
    return figures.count(soak.folder, soak.log, cut, told, resources.longest())


def write_config(soak: Soak) -> None:
    """A config with the world's feeds, two webhooks and a mailbox; and a copy of the rules, lest
    an edit change them on the way."""
    shutil.copytree(soak.rules, soak.folder / "rules")
    with urllib.request.urlopen(f"{soak.world}/feeds.json", timeout=10) as answer:
        feeds = json.load(answer)
    there = urlsplit(soak.world)
    host, port = there.hostname, there.port or 80
    within = f"rto={soak.answer_within}"
    urls = {
        "hook-a": f"json://{host}:{port}/hook/a?{within}",
        "hook-b": f"json://{host}:{port}/hook/b?{within}",
        "mail": f"mailto://{host}:{port + 1}?from=watchd@example.org&to=desk@example.org&{within}",
    }
    lines = ['database = "watchd.db"', 'rules = "rules"']
    for feed in feeds:
        lines += ["", "[[feed]]", f'name = "{feed["name"]}"', f'url = "{feed["url"]}"']
        lines += [f'interval = "{soak.interval}"', "private = true"]
        if len(feed["lang"]) >= 2:
            lines.append(f'lang = "{feed["lang"]}"')
    for name, url in urls.items():
        lines += ["", "[[receiver]]", f'name = "{name}"', f'url = "{url}"', 'storm = "off"']
    # Each alert by itself and at once: they are counted one by one.
    lines += ["", "[[route]]", f"receivers = {json.dumps(list(urls))}", 'mode = "now"']
    (soak.folder / "config.toml").write_text("\n".join([*lines, ""]), encoding="utf-8")


def _start(soak: Soak, ran: Ran) -> Daemon:
    ran.starts += 1
    return start(soak.folder, fork=soak.fork)


def _drain(soak: Soak, ran: Ran, daemon: Daemon, cut: datetime, resources: Resources) -> None:
    """Wait until all that was shown before `cut` is stored, and all alerts of it are settled."""
    latest = time.monotonic() + soak.drain
    while not ran.drained and time.monotonic() < latest and daemon.poll() is None:
        resources.watch(daemon, 2.0)
        missing, waiting = figures.outstanding(soak.folder, soak.log, cut)
        ran.drained = not missing and not waiting
        _say(soak, f"draining: {missing} items to store, {waiting} deliveries to settle")


def _stop(ran: Ran, daemon: Daemon) -> None:
    began = time.monotonic()
    daemon.terminate()
    try:
        ran.exit_code = daemon.wait(_GIVE_UP)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()
    ran.exit_seconds = round(time.monotonic() - began, 2)


def _say(soak: Soak, words: str) -> None:
    if soak.talk:
        print(f"{datetime.now(UTC):%H:%M:%S} {words}", file=sys.stderr, flush=True)


def _lives(text: str) -> tuple[float, float] | None:
    if text == "never":
        return None
    shortest, _, longest = text.partition("-")
    try:
        return float(shortest), float(longest or shortest)
    except ValueError:
        said = f"'{text}' is no span of seconds such as 10-30, and not never"
        raise argparse.ArgumentTypeError(said) from None


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. Returns the exit code: 1 when something was lost or went wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak.soak",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("world", help="its address, e.g. http://127.0.0.1:8700")
    add("--log", type=Path, required=True, help="the folder of the world's own log")
    add("--minutes", type=float, default=15.0, help="how long to go on killing (%(default)s)")
    add("--kill-every", type=_lives, default="10-30", metavar="S-S",
        help="how long the daemon may live, in seconds, or never (%(default)s)")  # fmt: skip
    add("--rules", type=Path, default=ROOT / "rules", help="folder of rules (the shipped ones)")
    add("--interval", default="2s", help="how often a feed is asked (%(default)s)")
    add("--drain", type=float, default=10.0, help="minutes the outbox may take at the end")
    add("--folder", type=Path, help="keep config, database and log here (thrown away)")
    add("--seed", type=int, help="for the moments of the kills")
    add("--json", action="store_true", help="the figures as JSON")
    told = parser.parse_args(arguments)
    random.seed(told.seed)
    with tempfile.TemporaryDirectory(prefix="soak-") as scratch:
        folder = told.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            parser.error(f"{folder} is not empty; name a new folder")
        soak = Soak(
            world=told.world.rstrip("/"), log=told.log, folder=folder, rules=told.rules,
            work=told.minutes * 60, kill_every=told.kill_every, drain=told.drain * 60,
            interval=told.interval, talk=True,
        )  # fmt: skip
        try:
            found = run(soak)
        except urllib.error.URLError as error:
            parser.error(f"no world at {soak.world} ({error.reason}); start one, see the examples")
    print(json.dumps(found.as_dict(), indent=1) if told.json else found.as_text())
    return 0 if found.sound else 1


if __name__ == "__main__":
    sys.exit(main())
