"""What rules over time come to at the end of each week of files of items.

    python -m tests.benchmarks.replay_weeks ITEMS.jsonl[.gz]... RULE.toml... [--origin kcna]

Each line of a file is an item: title, text, url, lang, the day it was published (`date`, or
`published`), and where it is from (`origin`, or `source`). Every rule is looked at twice: over all
items, copies and all, and over the first of each story alone. Their figures must be the same;
where they are not, both are printed. Nothing of the items' text is.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from watchd.model import Item, Observation
from watchd.overtime.looks import look
from watchd.overtime.observing import observed, probes
from watchd.overtime.windows import History, Look, story_of
from watchd.rules import OverTime, any_from_source
from watchd.rules.ruleset import RuleSet

WEEK = timedelta(days=7)


def read(path: Path, origin: str) -> list[Item]:
    """The items of one origin that have a day."""
    whole = path.read_bytes()
    text = gzip.decompress(whole) if path.suffix == ".gz" else whole
    lines = [json.loads(line) for line in text.splitlines()]
    return [
        _item(line, day)
        for line in lines
        if line.get("origin", line.get("source")) == origin
        and (day := line.get("date") or line.get("published"))
    ]


def _item(line: dict[str, str], day: str) -> Item:
    return Item(
        key=line["url"],
        url=line["url"],
        title=line["title"],
        text=line["text"],
        lang=line["lang"],
        published=datetime.combine(datetime.fromisoformat(day), time(), UTC),
    )


def _day(item: Item) -> datetime:
    assert item.published is not None
    return item.published


def first_of_each(items: Sequence[Item]) -> list[Item]:
    """The first item of each story."""
    first: dict[str, Item] = {}
    for item in items:
        first.setdefault(story_of(item), item)
    return list(first.values())


def weeks(
    rule: OverTime, items: Sequence[Item], since: datetime
) -> Iterator[tuple[datetime, Look]]:
    """Each week by its Monday, and what the rule comes to when it ends."""
    compiled = RuleSet(probes(rule, {}))
    seen = [
        Observation(
            item=number, at=_day(item), story=one.story, feed="", steps=one.steps, words=one.words
        )
        for number, item in enumerate(items)
        for one in observed(compiled.match(item, source="", tags=(), now=_day(item)), item)
    ]
    came = [_day(item) for item in first_of_each(items)]
    monday = since - timedelta(days=since.weekday())
    while monday <= came[-1]:
        end = monday + WEEK - timedelta(seconds=1)
        history = History(since=since, published=came)
        yield monday, look(rule, seen, end, history)[0]
        monday += WEEK


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--origin", default="kcna")
    parser.add_argument("--since", type=datetime.fromisoformat, help="when the collection begins")
    told = parser.parse_args()
    rules = [path for path in told.files if path.suffix == ".toml"]
    files = [path for path in told.files if path not in rules]
    raw = sorted((item for path in files for item in read(path, told.origin)), key=_day)
    since = told.since.replace(tzinfo=UTC) if told.since else _day(raw[0])
    raw = [item for item in raw if _day(item) >= since]
    distinct = first_of_each(raw)
    print(f"{len(raw)} items, {len(distinct)} stories")
    for path in rules:
        rule = any_from_source(path.stem, str(path), path.read_text(encoding="utf-8"), {})
        assert isinstance(rule, OverTime)
        print(f"\n{rule.title}")
        for (monday, one), (_, other) in zip(
            weeks(rule, raw, since), weeks(rule, distinct, since), strict=True
        ):
            print(f"{monday:%Y-%m-%d}  {one.state:9}  {one.said}")
            if (one.state, one.said) != (other.state, other.said):
                print(f"{'stories':10}  {other.state:9}  {other.said}")


if __name__ == "__main__":
    main()
