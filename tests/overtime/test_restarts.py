"""Sixty days of checks and evaluations: killed at random, or not, the alerts are the same."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from watchd.evaluate import InForce, evaluate
from watchd.model import Destination, Endpoint, Feed, Finding, Hold, Item
from watchd.overtime.observing import observed, probes
from watchd.rules import OverTime, RuleSet, any_from_source
from watchd.store import Store, archive, feeds, open_store, outbox
from watchd.store.record import record
from watchd.values import replace

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
FEEDS = {
    name: Feed(name=name, url=f"http://{name}.example/", publisher=name[0], tags=("all",))
    for name in ("a1", "a2", "b1")
}
TOP = 'title = "T"\nseverity = "high"\n'
STEP = '[[sequence.step]]\nname = "{0}"\nquery = "{0}"\n'
RULES = {
    "often": 'type = "frequency"\nquery = "alien"\n[frequency]\nat_least = 3\nwithin = "2d"\n'
    'distinct = "story"\n',
    "often-by-source": 'type = "frequency"\nquery = "alien"\n[frequency]\nat_least = 3\n'
    'within = "1d"\nby = "source"\n',
    "burst": 'type = "spike"\nquery = "alien"\n[spike]\nwindow = "1d"\nbaseline = "10d"\n',
    "against": 'type = "ratio"\nquery = "report"\n[ratio]\ncount = "alien"\nagainst = "rice"\n'
    'within = "3d"\nabove = 2\nat_least = 4\n',
    "both": f'type = "sequence"\n[sequence]\nwithin = "2d"\n{STEP.format("launch")}'
    + STEP.format("adviser"),
    "unanswered": f'type = "sequence"\n[sequence]\nwithin = "2d"\n{STEP.format("launch")}'
    + STEP.format("denial")
    + "absent = true\n",
    "wording": 'type = "new_term"\nquery = \'"invincible *"\'\n[new_term]\nhistory = "20d"\n',
    "silent": 'type = "flatline"\n[flatline]\nsources = ["tag:all"]\nwithin = "30h"\n',
}


def rules() -> dict[str, OverTime]:
    found: dict[str, OverTime] = {}
    for name, text in RULES.items():
        rule = any_from_source(name, f"{name}.toml", TOP + text, {})
        assert isinstance(rule, OverTime)
        found[name] = rule
    return found


OVER_TIME = rules()
COMPILED = RuleSet(one for rule in OVER_TIME.values() for one in probes(rule, {}))
DESK = InForce(
    over_time=OVER_TIME,
    rules={},
    feeds=FEEDS,
    route=lambda _feed, _item, _now: (
        lambda _rule: (
            Destination(
                endpoint=Endpoint(name="desk/x", receiver="desk", url="json://x"), hold=Hold()
            ),
        )
    ),
)


def script(days: int, seed: int) -> list[tuple[datetime, str, list[Item]]]:
    """What each check of a feed brings, every twelve hours: much, nothing, or late."""
    chance, number, checks = random.Random(seed), 0, []
    for step in range(days * 2):
        at = BEGAN + step * 12 * HOUR
        busy = 4 if step // 2 % 15 == 13 else 1
        for feed in FEEDS:
            asleep = feed == "b1" and step // 2 % 12 in (5, 6)
            items = []
            for _ in range(0 if asleep else chance.choice([0, 2, 4, 6]) * busy):
                number += 1
                words = ["report"] + [
                    word
                    for word, often in [("alien", 0.8 if busy > 1 else 0.2), ("rice", 0.2),
                                        ("launch", 0.03), ("adviser", 0.05), ("denial", 0.05)]
                    if chance.random() < often
                ]  # fmt: skip
                if chance.random() < 0.05:
                    words.append(f"invincible {'abcdefghijklmnopqrstuvw'[chance.randrange(23)]}")
                text = f"{' '.join(words)} number {number}"
                late = chance.choice([0, 1, 2])
                key = f"{feed}{number}"
                items.append(
                    Item(
                        key=key, title="", text=text, content_hash=text, published=at - late * HOUR
                    )
                )
            checks.append((at, feed, items))
    return checks


def check(store: Store, feed: str, items: list[Item], now: datetime, first: bool) -> None:
    """A check of a feed that brings these items; what it brought before is known."""
    store.write(feeds.release_all)
    claimed = store.write(feeds.claim_due, now, claim="me", limit=9, every=True)
    state = next(one for one in claimed if one.feed == feed)
    known = store.read(archive.known, feed, [item.key for item in items])
    findings = [
        Finding(
            item=item,
            known=None,
            baseline=first,
            observed=observed(COMPILED.match(item, source=feed, now=now), item),
        )
        for item in items
        if item.key not in known
    ]
    state = replace(
        state, baseline_at=state.baseline_at or now, ok_at=now, checked_at=now,
        new_at=now if findings and not first else state.new_at,
    )  # fmt: skip
    store.write(record, claim="me", state=state, findings=findings, now=now)


class Killed(Exception):
    pass


class Mortal:
    """A store that dies before, within, or after one of its writes."""

    def __init__(self, store: Store, chance: random.Random, lives: float) -> None:
        self._store, self._chance, self._lives = store, chance, lives

    async def do_read(self, *args: Any, **named: Any) -> Any:
        return await self._store.do_read(*args, **named)

    async def do_write(self, query: Any, *args: Any, **named: Any) -> Any:
        if self._chance.random() > self._lives:
            when = self._chance.choice(["before", "within", "after"])
            if when == "within":

                def dies(db: Any) -> None:
                    query(db, *args, **named)
                    raise Killed

                await self._store.do_write(dies)
            elif when == "after":
                await self._store.do_write(query, *args, **named)
            raise Killed
        return await self._store.do_write(query, *args, **named)


def lived(folder: Path, days: int, *, seed: int, lives: float) -> tuple[list[Any], int]:
    """The hits and alerts of the days, in order; and how often it was killed."""
    chance, kills = random.Random(f"kill {seed}"), 0
    url = f"sqlite:///{folder / 'watchd.db'}"
    store = open_store(url)
    store.write(feeds.sync, list(FEEDS.values()), BEGAN)
    seen, looked = set[str](), None
    for number, (at, feed, items) in enumerate(script(days, seed)):
        check(store, feed, items, at, first=feed not in seen)
        seen.add(feed)
        while number % 3 == 2:
            mortal: Any = Mortal(store, chance, lives)
            try:
                while asyncio.run(evaluate(mortal, DESK, at, looked=looked)).more:
                    pass
                looked = at  # as the daemon does, which forgets it when it is killed
                break
            except Killed:
                kills += 1
                looked = None
                store.close()
                store = open_store(url)
    found = [
        (one.hit.rule, one.stored.item.key, one.at, one.hit.over_time, one.hit.why, one.states)
        for one in reversed(store.read(archive.list_hits))
    ]
    assert len(store.read(outbox.list_deliveries)) == len(found)
    store.close()
    return sorted(found, key=lambda one: (one[2], one[0], one[1])), kills


def test_alerts_are_those_of_a_run_that_was_never_killed(tmp_path: Path) -> None:
    _same(tmp_path, days=8, seed=1)


@pytest.mark.slow
def test_sixty_days(tmp_path: Path) -> None:
    _same(tmp_path, days=60, seed=2)


def _same(tmp_path: Path, *, days: int, seed: int) -> None:
    folders = [tmp_path / "whole", tmp_path / "killed"]
    for folder in folders:
        folder.mkdir()
    whole, _ = lived(folders[0], days, seed=seed, lives=1.0)
    killed, kills = lived(folders[1], days, seed=seed, lives=0.8)
    assert kills > days / 4
    assert {one[0] for one in whole} >= (set(RULES) if days > 30 else {"often", "silent"})
    assert killed == whole
