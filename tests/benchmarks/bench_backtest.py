"""What a backtest costs: made-up items in five scripts against rules, a fifth of them over time.

.venv/bin/python -m tests.benchmarks.bench_backtest [--items 100000] [--rules 50] [--archive]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.archive.world import NOW, archive_of
from tests.benchmarks.bench_search import WORDS
from watchd.model import Item

FEEDS = 30
STEP = '[[sequence.step]]\nname = "{0}"\nquery = "{0}"\n'
OVER_TIME = (
    'type = "frequency"\nquery = "{0}"\n[frequency]\nat_least = 5\nwithin = "2d"\n',
    'type = "spike"\nquery = "{0}"\n[spike]\nwindow = "2d"\nbaseline = "28d"\n',
    'type = "ratio"\nquery = "{0}"\n[ratio]\ncount = "{0}"\nagainst = "{1}"\n'
    'within = "7d"\nabove = 3\n',
    'type = "sequence"\n[sequence]\nwithin = "2d"\n{2}{3}',
    'type = "new_term"\nquery = "{0}*"\n[new_term]\nhistory = "30d"\n',
)


def news(count: int, days: int) -> Iterator[tuple[str, datetime, Item]]:
    """Items of some 300 characters, one in twenty with a rare word, one in ten of these a copy."""
    r, langs = Random(1), list(WORDS)
    apart = timedelta(days=days) / count
    last = ""
    for number in range(count):
        lang = langs[number % 5]
        join = ("" if lang in ("zh", "ja") else " ").join
        title, text = join(r.choices(WORDS[lang], k=8)), join(r.choices(WORDS[lang], k=35))
        if number % 20 == 0:
            last = text = last if number % 200 == 0 else f"{text} rare{r.randrange(60)} end."
        at = NOW - timedelta(days=days) + number * apart
        item = Item(key=str(number), title=title, text=text, lang=lang, published=at)
        yield f"f{number % FEEDS}", at, item


def rules(folder: Path, count: int) -> None:
    """Four fifths ask one item for two words, the rest looks over time."""
    folder.mkdir()
    for number in range(count):
        one, other = f"rare{number}", f"rare{(number + 1) % 60}"
        head = f'title = "T"\nseverity = "{"high" if number % 2 else "medium"}"\n'
        if number % 5:
            text = f"{head}query = '{one} OR (Пхеньяном AND {other})'\n"
        else:
            table = OVER_TIME[number // 5 % len(OVER_TIME)]
            text = head + table.format(one, other, STEP.format(one), STEP.format(other))
        (folder / f"r{number}.toml").write_text(text, "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--rules", type=int, default=50)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--archive", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rules(folder / "rules", asked.rules)
        words = ["backtest", "rules", "--json"]
        if asked.archive:
            (folder / "config.toml").write_text('database = "watchd.db"\n')
            made = ((feed, item) for feed, _, item in news(asked.items, asked.days))
            apart = timedelta(days=asked.days) / asked.items
            archive_of(folder, made, apart=apart).close()
            words += ["--since", "2000-01-01"]
        else:
            with (folder / "items.jsonl").open("w", encoding="utf-8") as file:
                for feed, at, item in news(asked.items, asked.days):
                    row: dict[str, Any] = {"id": item.key, "title": item.title, "text": item.text}
                    row |= {"lang": item.lang, "source": feed, "published": at.isoformat()}
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
            words += ["--items", "items.jsonl"]
        made_of = subprocess.run(
            [sys.executable, "-m", "watchd", *words], cwd=folder, capture_output=True, text=True
        )
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        if made_of.returncode > 1:
            sys.exit(made_of.stderr)
        found = json.loads(made_of.stdout)
    hits = sum(rule["hits"] for rule in found["rules"])
    print(f"{found['items']:,} items, {asked.rules} rules: {hits:,} hits", end=", ")
    print(f"{found['messages']:,} messages; CPU {used.ru_utime + used.ru_stime:.1f} s", end=", ")
    print(f"{used.ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
