"""How many alerts real items bring, and whether any are taken for one that are not.

    python -m tests.benchmarks.bench_stories FILE.jsonl… [--feeds 4]

A line is an item, with `title` or `headline`, `text`, and `url` or `link`; or it has `items`, a
list of such, which are links of one story and come under its name in `story`. Every item is new,
in one of so many feeds by turns, a rule finds them all, and they go through the store as they do
in the daemon. Told is: alerts, beside stories where the file knows them; of the items that were
taken for one, how many pairs have less than .7 of their runs of words in common; and the time.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

from sqlalchemy import select

from watchd.model import Destination, Due, Endpoint, Feed, Finding, Hit, Item
from watchd.parse.identity import content_hash
from watchd.store import archive, feeds, open_store
from watchd.store.record import record
from watchd.store.schema import stories
from watchd.stories.sketch import likeness, shingles
from watchd.values import replace

NOW = datetime(2026, 1, 8, 9, tzinfo=UTC)
DESK = Endpoint(receiver="desk", name="desk/json:here", url="json://here")
HIT = Hit(rule="all", rule_version="1", title="All", severity="high", why="", evidence=())
FAR = 0.7


def items_of(path: Path) -> Iterator[tuple[str, Item]]:
    """Each item with the name of its story, "" when the file does not know it."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        row: dict[str, Any] = json.loads(line)
        for place, one in enumerate(row.get("items", [row])):
            title, text = one.get("title") or one.get("headline") or "", one.get("text") or ""
            yield (
                row.get("story", ""),
                Item(
                    key=f"{path.name}:{number}:{place}",
                    url=one.get("url") or one.get("link") or "",
                    title=title,
                    text=text,
                    content_hash=content_hash(title, text),
                ),
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--feeds", type=int, default=4)
    asked = parser.parse_args()
    known = [one for path in asked.files for one in items_of(path)]
    random.Random(1).shuffle(known)
    names = [f"feed-{number}" for number in range(asked.feeds)]
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/watchd.db")
        watched = [Feed(name=name, url=f"http://{name}.example/", publisher=name) for name in names]
        store.write(feeds.sync, watched, NOW)
        took = 0.0
        for number, (_, item) in enumerate(known):
            now = NOW + timedelta(seconds=number)
            claimed = store.write(feeds.claim_due, now, claim="me", limit=asked.feeds)
            due = Due(hit=HIT, endpoints=(Destination(endpoint=DESK),))
            found = Finding(item=item, known=None, due=(due,))
            began = time.process_time()
            for at, state in enumerate(claimed):
                done = replace(state, next_check_at=now, checked_at=now)
                findings = (found,) if at == number % asked.feeds else ()
                store.write(record, claim="me", state=done, findings=findings, now=now)
            took += time.process_time() - began
        hits = store.read(archive.list_hits)
        rows = store.read(lambda db: db.execute(select(stories)).all())
        store.close()
    told = [one for one in hits if one.hit.status.value == "alerted"]
    by_key = {item.key: (story, item) for story, item in known}
    keys = {one.stored.id: one.stored.item.key for one in hits}
    merged = defaultdict[int, list[str]](list)
    for row in rows:
        merged[row.story].append(keys[row.item_id])
    named = {story for story, _ in known if story}
    of_story = defaultdict[str, set[int]](set)
    for row in rows:
        of_story[by_key[keys[row.item_id]][0]].add(row.story)
    of_story.pop("", None)
    split = sum(len(found) > 1 for found in of_story.values())
    pairs = far = mixed = 0
    for together in merged.values():
        for one, other in combinations(together, 2):
            pairs += 1
            texts = [shingles(by_key[key][1].text) for key in (one, other)]
            same = by_key[one][1].content_hash == by_key[other][1].content_hash
            far += not same and likeness(*texts) < FAR
            mixed += by_key[one][0] != by_key[other][0]
    print(f"items {len(known)}, stories known {len(named)}, alerts {len(told)}")
    print(f"stories split over several alerts: {split}")
    print(f"pairs taken for one story: {pairs}; under {FAR}: {far}; of different stories: {mixed}")
    print(f"CPU per item: {took / len(known) * 1e3:.2f} ms")


if __name__ == "__main__":
    main()
