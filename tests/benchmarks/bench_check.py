"""What `watchd check` of a folder of many rules costs, from start to exit.

    python -m tests.benchmarks.bench_check [--rules 10000] [--rounds 3]

The rules are made up as those of bench_match are, each in a file of its own. CPU seconds of the
whole process; the least of some rounds.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.bench_match import World

_RULE = """\
title = "Made-up rule {number}"
severity = "medium"
tags = ["made-up"]
why = "What a hit would say, in a sentence or two, with the reasons for it."
query = '''
{query}
'''
"""
_TESTS = """
[[test]]
name = "its words stand side by side"
expect = "match"
text = "{words}"

[[test]]
name = "other news"
expect = "no match"
title = "Nothing of the kind"
text = "The weather stays as it was; rain is expected from the west on 12 May."
"""


def write(folder: Path, count: int, *, tests: bool) -> None:
    """Write rule files, of which none gives cause for a warning if it has tests."""
    world = World(1, shortest=4)
    for number in range(count):
        query = world.query()
        wanted = query.partition(" AND NOT ")[0]
        words = " ".join(a or f"{b}x" for a, b in re.findall(r'"([^"]+)"|(\w+)\*', wanted))
        text = _RULE.format(number=number, query=query)
        if tests:
            text += _TESTS.format(words=words)
        path = folder / f"set{number // 500:02}" / f"rule{number:05}.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _check(folder: Path) -> tuple[float, dict[str, int]]:
    """CPU seconds of `watchd check`, and what it counted."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "watchd", "check", str(folder), "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    told = json.loads(done.stdout)
    return seconds, {key: told[key] for key in ("rules", "tests", "errors", "warnings")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rules", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for tests in (True, False):
        with TemporaryDirectory() as folder:
            write(Path(folder), options.rules, tests=tests)
            done = [_check(Path(folder)) for _ in range(options.rounds)]
            print(f"{min(done, key=lambda one: one[0])[0]:.1f} s CPU: {done[0][1]}")


if __name__ == "__main__":
    main()
