"""watchd left at work for half an hour with a thousand rules: what it takes, and that it stays so.

Runs the daemon, unkilled, on a world of feeds and receivers (tests/soak/world.py, or another that
speaks the same), looks at it every few seconds, and compares at the end what the world showed
and got with what is stored. A line for each thing that is promised, and exit code 1 if one is
not kept.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.soak import rulebook
from tests.soak.figures import Figures
from tests.soak.process import ROOT
from tests.soak.resources import Resources, Sample
from tests.soak.soak import Soak, run

EXAMPLES = """
example:
  python -m tests.soak.world --port 8700 --feeds 40 --rate 20 --total 40000 --faults \\
      --sink-faults --relink --log world-log &
  python -m tests.soak.steady http://127.0.0.1:8700 --log world-log --minutes 30
"""
_EVERY = 5.0  # seconds between two samples
_NEAR = 0.05  # by so much the last third may differ from the middle one
_FEW = 2.0  # descriptors and threads come and go: so many are no trend


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing that is promised, whether it was kept, and the figures that say so."""

    promise: str
    kept: bool
    figures: str

    def __str__(self) -> str:
        return f"{'ok   ' if self.kept else 'WRONG'}  {self.promise}: {self.figures}"


def verdicts(samples: Sequence[Sample], found: Figures) -> Iterator[Verdict]:
    """Of samples over the whole run, and of what was counted after it."""
    middle, last = _thirds(samples)
    memory = [_mean(part, lambda one: (one.rss + one.children) / 1e6) for part in (middle, last)]
    yield Verdict(
        "memory is flat",
        abs(memory[1] - memory[0]) <= _NEAR * memory[0],
        f"{memory[0]:.1f} MB in the middle third, {memory[1]:.1f} MB in the last "
        f"({100 * (memory[1] / memory[0] - 1):+.1f} %), {_most(samples):.1f} MB at most, "
        "parser included",
    )
    for name, of in (("open files", _files), ("threads", _threads)):
        before, after = _mean(middle, of), _mean(last, of)
        yield Verdict(
            f"{name} are flat",
            after - before <= max(_NEAR * before, _FEW),
            f"{before:.1f} and {after:.1f}",
        )
    wrongs = found.wrongs
    items = found.items
    yield Verdict(
        "nothing is lost, repeats say so",
        not wrongs,
        "; ".join(wrongs)
        or f"{items['exposed']} items shown, {items['lost']} lost; "
        f"{found.hits['found']} hits, {found.hits['over_time']} over time",
    )
    for name, one in found.alerts.items():
        right = one.due > 0 and not one.lost and not one.unexplained
        told = f"{one.received} of {one.due} arrived, {one.repeats} repeats, {one.marked} marked"
        yield Verdict(f"alerts to {name}", right, f"{told}, {one.lost} lost")
    share = (last[-1].cpu - middle[0].cpu) / (last[-1].at - middle[0].at)
    each = (last[-1].cpu - samples[0].cpu) / max(items["stored"], 1)
    yield Verdict("CPU", True, f"{100 * share:.1f} % of a core, {1000 * each:.1f} ms an item")


def _thirds(samples: Sequence[Sample]) -> tuple[Sequence[Sample], Sequence[Sample]]:
    third = len(samples) // 3
    return samples[third:-third], samples[-third:]


def _mean(part: Sequence[Sample], of: Callable[[Sample], float]) -> float:
    return sum(map(of, part)) / len(part)


def _files(sample: Sample) -> float:
    return sample.files


def _threads(sample: Sample) -> float:
    return sample.threads


def _most(samples: Sequence[Sample]) -> float:
    return max(one.rss + one.children for one in samples) / 1e6


def desk(folder: Path, feeds: Sequence[str], count: int) -> None:
    """The rules of a desk with these feeds: the shipped ones and, with these, `count`."""
    shutil.copytree(ROOT / "rules", folder)
    shipped = len(list((folder / "dprk").glob("*.toml")))
    rulebook.write(folder, count - shipped, feeds)


def write_samples(path: Path, samples: Sequence[Sample]) -> None:
    """As a table for other programs."""
    with path.open("w", encoding="utf-8", newline="") as out:
        rows = csv.DictWriter(out, list(asdict(samples[0])))
        rows.writeheader()
        rows.writerows(map(asdict, samples))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak.steady",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("world", help="its address, e.g. http://127.0.0.1:8700")
    add("--log", type=Path, required=True, help="the folder of the world's own log")
    add("--minutes", type=float, default=30.0, help="(%(default)s)")
    add("--rules", type=int, default=1000, help="how many rules (%(default)s)")
    add("--drain", type=float, default=15.0, help="minutes the outbox may take at the end")
    add("--folder", type=Path, help="keep config, database, log and samples here (thrown away)")
    told = parser.parse_args(arguments)
    world = told.world.rstrip("/")
    with tempfile.TemporaryDirectory(prefix="steady-") as scratch:
        folder = told.folder or Path(scratch) / "desk"
        folder.mkdir(parents=True)
        with urllib.request.urlopen(f"{world}/feeds.json", timeout=10) as answer:
            feeds = [feed["name"] for feed in json.load(answer)]
        desk(Path(scratch) / "rules", feeds, told.rules)
        work = told.minutes * 60
        soak = Soak(
            world=world, log=told.log, folder=folder, rules=Path(scratch) / "rules",
            work=work, kill_every=None, drain=told.drain * 60, answer_within=5, talk=True,
        )  # fmt: skip
        resources = Resources(_EVERY)
        found = run(soak, resources)
        life = max(resources.samples.values(), key=len)
        samples = [one for one in life if one.at - life[0].at <= work]
        write_samples(folder / "samples.csv", samples)
        print(found.as_text(), end="\n\n")
        told_all = list(verdicts(samples, found))
        print(*told_all, sep="\n")
    return 0 if all(one.kept for one in told_all) else 1


if __name__ == "__main__":
    sys.exit(main())
