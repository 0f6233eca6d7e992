"""`watchd items --query`: the archive, searched in the language of the rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.archive.world import NOW, archive_of
from tests.rules.oracle import Oracle, Query
from tests.rules.oracle_cases import FAMILIES, a_phrase, a_quote, a_topic, an_item
from tests.support.desk import DeskFolder
from watchd import search as story
from watchd.model import Item
from watchd.rules import rule_from_query
from watchd.search import search
from watchd.store import Store, open_store

HEADLINES = [
    "Kim Jong Un sends a message to Putin",
    "김정은이 푸틴에게 축전을 보냈다",
    "평양에서 열린 회의",
    "Путин ответил Ким Чен Ыну",
    "中国外长访问平壤",
    "金正恩総書記がロシアを訪問",
    "Rain in Pyongyang",
]


def terms(count: int) -> Iterator[Query]:
    """Words and phrases of every family of scripts, some with wildcards, in quotes of any kind."""
    r = Random(7)
    names = list(FAMILIES)
    for number in range(count):
        topic = a_topic(r, names[number % len(names)], r.choice(names))
        text = a_phrase(r, topic)
        yield Query("term", text=text, how=a_quote(r, text))


def an_archive(folder: Path, size: int) -> tuple[Store, list[Oracle]]:
    r, names = Random(8), list(FAMILIES)
    some = [an_item(r, a_topic(r, *r.sample(names, 2))) for _ in range(size)]
    return archive_of(folder, some), [Oracle(item, source) for source, item in some]


@pytest.mark.slow
def test_a_search_for_each_of_200_terms_finds_what_a_naive_scan_finds(tmp_path: Path) -> None:
    store, oracles = an_archive(tmp_path, 150)
    hits = 0
    for term in terms(200):
        naive = [n for n, one in enumerate(oracles, 1) if one.spans(term) is not None]
        found = search(store, rule_from_query(str(term)), now=NOW)
        assert [find.stored.id for find in found] == naive[::-1], str(term)
        hits += len(naive)
    assert hits > 1_000
    store.close()


def test_an_archive_of_many_pages_is_searched_once_and_the_newest_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "_PAGE", 3)
    titles = [("wire", Item(key="", title=f"Rain {n}" if n % 2 else f"Sun {n}")) for n in range(20)]
    # All at one moment: then the numbers alone part the pages.
    store = archive_of(tmp_path, titles, apart=timedelta(0))
    pages: list[int] = []
    found = list(search(store, rule_from_query("rain"), now=NOW, looked=pages.append))
    assert [find.stored.id for find in found] == list(range(20, 0, -2))
    assert pages == [3, 3, 3, 3, 3, 3, 2]
    store.close()


KIM = "Kim Jong Un\n김정은\nКим Чен Ын*\n金正恩\n"


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> DeskFolder:
    """A desk whose archive has one headline for each of seven days, the last of today."""
    desk = DeskFolder(tmp_path_factory.mktemp("desk"))
    (desk.path / "rules/lists/kim.txt").write_text(KIM, "utf-8")
    news = [("wire", Item(key="", title=title)) for title in HEADLINES]
    archive_of(desk.path, news, apart=timedelta(days=1)).close()
    return desk


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("푸틴", {1}),  # two syllables, with an ending
        ("평양", {2}),
        ("中国", {4}),
        ("ロシア", {5}),
        ("Путин*", {3}),
        ("message NEAR/2 Putin", {0}),
        ("@kim", {0, 1, 3, 5}),
        ("@kim AND NOT ロシア", {0, 1, 3}),
        ("message AND title:rain", set()),
    ],
)
def test_what_a_query_finds(wire: DeskFolder, query: str, numbers: set[int]) -> None:
    store = open_store(wire.database)
    finds = search(store, rule_from_query(query, lists={"kim": KIM}), now=NOW)
    assert {HEADLINES.index(find.stored.item.title) for find in finds} == numbers
    store.close()


def found(desk: DeskFolder, *words: str) -> list[dict[str, Any]]:
    done = desk.watchd("items", *words, "--json")
    assert done.returncode == 0, done.stderr
    told: list[dict[str, Any]] = json.loads(done.stdout)
    return told


def test_the_words_that_were_found_are_marked(wire: DeskFolder) -> None:
    (one,) = found(wire, "--query", "축전 OR Sohae")
    assert one["evidence"] == [{"field": "title", "start": 10, "end": 12, "quote": "축전"}]
    done = wire.watchd("items", "--query", "축전 OR Sohae")
    assert "김정은이 푸틴에게 »축전«을 보냈다" in done.stdout
    assert "1 item" in done.stderr


def test_a_search_within_bounds(wire: DeskFolder) -> None:
    day = f"{NOW - timedelta(days=2):%Y-%m-%d}"
    assert len(found(wire, "--query", "@kim", "--until", day)) == 3
    assert len(found(wire, "--query", "@kim", "--since", day)) == 1
    assert len(found(wire, "--query", "@kim", "--limit", "2")) == 2
    assert found(wire, "--query", "@kim", "--source", "other") == []
    assert len(found(wire, "--until", day)) == 4
    done = wire.watchd("items", "--query", "@kim", "--limit", "2")
    assert "2 items, the newest (--limit 2)" in done.stderr


def test_a_query_with_a_mistake_is_shown_with_its_place(wire: DeskFolder) -> None:
    done = wire.watchd("items", "--query", "Kim NAER/5 Putin")
    assert done.returncode == 1
    assert "query:1:5: error" in done.stderr
    assert wire.watchd("items", "--query", " ").returncode == 2
    assert "--until" in wire.watchd("items", "--until", "soon").stderr
