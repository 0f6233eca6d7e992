"""A desk's worth of rules, of all types: what a soak and an idle daemon have in force."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.desk_for_urls import WORDS, query

_TESTED = 9  # of ten rules so many are in test: what they find is kept, and not sent
_OVER_TIME = 15  # each so many-th rule looks at several items

_STEP = '[[sequence.step]]\nname = "{0}"\nquery = "{0}*"\n'

# One item in a hundred of tests/soak/world.py, in which the others find next to nothing.
_OF_THE_WORLD = """\
title = "A strike, and a balloon"
severity = "high"
query = '''
("ferry strike" AND balloon*) OR ("여객선 파업" AND "회색 풍선") OR ("渡轮罢工" AND "灰色气球")
'''
"""


def write(folder: Path, count: int, feeds: Sequence[str]) -> None:
    """`count` rule files in `folder`, the same ones every time; `feeds` are the names a
    `flatline` may watch."""
    chance = random.Random(20260108)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "strike.toml").write_text(_OF_THE_WORLD, encoding="utf-8")
    for number in range(count - 1):
        turn, rest = divmod(number, _OVER_TIME)
        body = f"query = '''\n{query(chance)}\n'''\n" if rest else _over_time(turn, feeds, chance)
        status = "test" if (number if rest else turn) % 10 < _TESTED else "stable"
        head = f'title = "Rule {number}"\nseverity = "low"\nstatus = "{status}"\n'
        (folder / f"r{number:04}.toml").write_text(head + body, encoding="utf-8")


def _over_time(number: int, feeds: Sequence[str], chance: random.Random) -> str:
    """The rest of a rule over time; the types by turns."""
    one, two, three = chance.sample(WORDS, 3)
    words = f'query = "{one}* OR {two}* OR {three}*"\n'
    watched = feeds[number % len(feeds)]
    kinds = (
        f'type = "frequency"\n{words}[frequency]\nat_least = 20\nwithin = "10m"\n',
        f'type = "spike"\n{words}[spike]\nwindow = "1d"\nbaseline = "28d"\n',
        f'type = "ratio"\n{words}[ratio]\ncount = "{one}*"\nagainst = "{two}*"\n'
        f'within = "1h"\nabove = 5.0\nat_least = 20\n',
        f'type = "sequence"\n[sequence]\nwithin = "10m"\n{_STEP.format(one)}{_STEP.format(two)}',
        f'type = "sequence"\n[sequence]\nwithin = "1h"\n{_STEP.format(one)}'
        f"{_STEP.format(three)}absent = true\n",
        f'type = "new_term"\n{words}[new_term]\nhistory = "30d"\n',
        f'type = "flatline"\n[flatline]\nsources = ["{watched}"]\nwithin = "1d"\n',
    )
    return kinds[number % len(kinds)]
