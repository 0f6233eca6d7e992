"""What an evaluation of rules over time costs.

    python -m tests.benchmarks.bench_over_time [--items 1000000] [--rules 100]

The archive holds a year of items, each rule 2,000 observations in it, and for every rule one
that it has not been looked at for: a tick in which all of them are evaluated, and then ticks in
which nothing has come in.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, text

from watchd.evaluate import InForce, evaluate
from watchd.model import Feed
from watchd.rules import OverTime, any_from_source
from watchd.store import Store, feeds, observations, open_store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FEEDS = {f"f{n}": Feed(name=f"f{n}", url=f"http://f{n}.example/", publisher="") for n in range(50)}
OBSERVED = 2000
STEP = '[[sequence.step]]\nname = "{0}"\nquery = "{0}"\n'
KINDS = (
    'type = "frequency"\nquery = "x"\n[frequency]\nat_least = 900\nwithin = "30d"\n',
    'type = "spike"\nquery = "x"\n[spike]\nwindow = "2d"\nbaseline = "28d"\nat_least = 900\n',
    'type = "ratio"\nquery = "x"\n[ratio]\ncount = "y"\nagainst = "z"\nwithin = "30d"\nabove = 9\n',
    f'type = "sequence"\n[sequence]\nwithin = "21d"\n{STEP.format("x")}{STEP.format("q")}',
    'type = "new_term"\nquery = "x"\n[new_term]\nhistory = "365d"\n',
)
ITEMS = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :items)
INSERT INTO items (id, feed, key, revision, guid, url, title, text, author, categories, lang,
    published_raw, content_hash, first_seen_at, seen_at, baseline, published_at)
SELECT i, 'f' || (i % 50), 'k' || i, 1, '', '', 'title ' || i, :text, '', '[]', 'en', '',
    'h' || (i / 2), at, at, 0, at
FROM (SELECT i, strftime('%Y-%m-%d %H:%M:%f', '2026-01-01',
    '-' || (365.0 * (:items - i) / :items) || ' days') || '000' AS at FROM n)
"""
SEEN = """
INSERT INTO observations (rule, item_id, version, at, story, feed, lang, steps, words,
    wakes, waiting)
SELECT :rule, id, :version, published_at, content_hash, feed, 'en', :steps, :words, 1,
    id > :items - :every
FROM items WHERE id % :every = 0
"""


def fill(db: Connection, rules: dict[str, OverTime], count: int) -> None:
    """A year of items, and what the rules have observed in them."""
    db.execute(text(ITEMS), {"items": count, "text": "word " * 100})
    for rule in rules.values():
        steps = '{"query": 1, "ratio.count": 1, "ratio.against": 2, "sequence.step.0.query": 1}'
        of_rule = {"rule": rule.id, "version": rule.version, "steps": steps, "words": '["x y"]'}
        db.execute(text(SEEN), of_rule | {"items": count, "every": count // OBSERVED})
    db.execute(text("UPDATE feeds SET baseline_at = '2025-01-01 00:00:00.000000'"))
    db.execute(text("UPDATE watches SET next_item = NULL"))


def ticks(store: Store, desk: InForce, count: int) -> list[float]:
    """CPU seconds of each of so many evaluations."""
    took = []
    for number in range(count):
        began = time.process_time()
        asyncio.run(evaluate(store, desk, NOW + timedelta(seconds=number)))
        took.append(time.process_time() - began)
    return took


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--rules", type=int, default=100)
    told = parser.parse_args()
    rules = {}
    for number in range(told.rules):
        source = 'title = "T"\nseverity = "low"\n' + KINDS[number % len(KINDS)]
        rule = any_from_source(f"r{number}", "r.toml", source, {})
        assert isinstance(rule, OverTime)
        rules[rule.id] = rule
    desk = InForce(
        over_time=rules, rules={}, feeds=FEEDS, route=lambda _feed, _item, _now: lambda _rule: ()
    )
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'watchd.db'}")
        store.write(feeds.sync, list(FEEDS.values()), NOW)
        versions = {rule.id: rule.version for rule in rules.values()}
        store.write(observations.follow, versions, NOW)
        store.write(fill, rules, told.items)
        all_of_them, *idle = ticks(store, desk, 6)
        print(f"{told.rules} rules, {told.items:,} items: {all_of_them:.2f} s of CPU for a tick")
        print(f"in which all of them are looked at, {max(idle) * 1000:.0f} ms for one without news")
        store.close()


if __name__ == "__main__":
    main()
