"""The table of articles to be fetched: turns, budgets, endings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from watchd.model import (
    Destination,
    Due,
    Endpoint,
    Evidence,
    Feed,
    Finding,
    Hit,
    Item,
    ReadingState,
)
from watchd.store import Store, archive, articles, feeds, open_store, outbox
from watchd.store.articles import Ended
from watchd.store.record import record, record_article
from watchd.values import replace

NOW = datetime(2026, 1, 8, 9, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
A, B = "a.example:443", "b.example:443"
WAITING, FAILED = ReadingState.WAITING, ReadingState.FAILED


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'watchd.db'}")
    yield opened
    opened.close()


def bring(store: Store, feed: str, *links: str, now: datetime = NOW) -> list[int]:
    """A check of a feed that found items with these links; their numbers."""
    known = {state.feed for state in store.read(feeds.states)} | {feed}
    config = [
        Feed(name=name, url=f"http://{name}.example/", publisher="", fulltext=True)
        for name in known
    ]
    store.write(feeds.sync, config, now)
    state = next(
        one
        for one in store.write(feeds.claim_due, now, claim="me", limit=99, every=True)
        if one.feed == feed
    )
    findings = [
        Finding(item=Item(key=link, url=link, title=link), known=None, read_article=True)
        for link in links
    ]
    store.write(record, claim="me", state=state, findings=findings, now=now)
    store.write(feeds.release_all)
    numbers = {one.item.url: one.id for one in store.read(archive.list_items)}
    return [numbers[link] for link in links]


def claim(store: Store, host: str = A, now: datetime = NOW, per_hour: int = 60) -> int | None:
    work = store.write(articles.claim_next, host, now, per_hour)
    return work.stored.id if work else None


def due_hosts(store: Store, now: datetime = NOW, per_hour: int = 60) -> list[str]:
    return store.read(articles.due_hosts, now, per_hour)


def test_the_newest_is_fetched_first_and_none_twice(store: Store) -> None:
    first, second = bring(store, "x", "https://a.example/1", "https://a.example/2")
    assert due_hosts(store) == [A]
    assert [claim(store), claim(store), claim(store)] == [second, first, None]
    assert due_hosts(store) == []


@pytest.mark.parametrize("link", ["", "mailto:a@b.example", "https://[::1/x", "https://x:y/1"])
def test_what_has_no_link_on_the_web_is_not_waited_for(store: Store, link: str) -> None:
    bring(store, "x", link)
    assert store.read(articles.counts, NOW).waiting == 0
    assert store.read(archive.list_items)[0].reading is None


def test_a_crash_while_fetching_costs_a_wait_and_no_article(store: Store) -> None:
    (number,) = bring(store, "x", "https://a.example/1")
    assert claim(store) == number
    assert claim(store, now=NOW + MINUTE) is None
    assert claim(store, now=NOW + articles.LEASE) == number


def test_what_a_stop_cut_off_is_due_again_and_does_not_count(store: Store) -> None:
    (number,) = bring(store, "x", "https://a.example/1")
    claim(store)
    store.write(articles.release, [number], NOW)
    work = store.write(articles.claim_next, A, NOW, 60)
    assert work is not None
    assert work.attempt == 1


def test_a_host_is_asked_for_so_many_in_an_hour_and_no_more(store: Store) -> None:
    bring(store, "x", *(f"https://a.example/{n}" for n in range(3)))
    bring(store, "y", *(f"https://a.example/y{n}" for n in range(3)))
    assert [claim(store, per_hour=4) is None for _ in range(5)] == [False] * 4 + [True]
    assert due_hosts(store, per_hour=4) == []
    assert claim(store, now=NOW + HOUR, per_hour=4) is not None


def test_a_feed_may_have_so_many_fetched_in_an_hour_on_all_hosts(store: Store) -> None:
    bring(store, "x", "https://a.example/1", "https://b.example/1", "https://c.example/1")
    (other,) = bring(store, "y", "https://c.example/y")
    assert claim(store, A, per_hour=2)
    assert claim(store, B, per_hour=2)
    assert claim(store, "c.example:443", per_hour=2) == other
    assert due_hosts(store, now=NOW + MINUTE, per_hour=2) == []
    assert "c.example:443" in due_hosts(store, now=NOW + HOUR, per_hour=2)


def test_a_host_in_trouble_is_left_alone_and_others_are_not(store: Store) -> None:
    _, second = bring(store, "x", "https://a.example/1", "https://a.example/2")
    bring(store, "x", "https://b.example/1", now=NOW + timedelta(seconds=1))
    assert claim(store) == second
    ended = Ended(state=WAITING, error="503", again_at=NOW + HOUR, host_rests=True)
    store.write(articles.end, second, ended, NOW)
    assert due_hosts(store, now=NOW + 59 * MINUTE) == [B]
    assert due_hosts(store, now=NOW + HOUR) == [A, B]


def test_nobody_waits_for_ever(store: Store) -> None:
    old, *_ = bring(store, "x", "https://a.example/1")
    bring(store, "x", "https://b.example/1", now=NOW + timedelta(days=2))
    later = NOW + timedelta(days=3, seconds=1)
    assert not store.read(articles.any_old, NOW)
    assert store.read(articles.any_old, later)
    assert store.write(articles.give_up, later) == 1
    [item] = store.read(archive.find_items, id=old)
    assert item.reading is not None
    assert (item.reading.state, item.reading.error) == (FAILED, "not fetched within 3 days")
    counts = store.read(articles.counts, NOW)
    assert (counts.waiting, counts.failed) == (1, 1)


def test_an_article_is_not_written_beside_a_text_it_was_not_matched_with(store: Store) -> None:
    (number,) = bring(store, "x", "https://a.example/1")
    [stored] = store.read(archive.find_items, id=number)
    edited = replace(stored.item, text="Now with more", content_hash="2")
    known = store.read(archive.known, "x", [stored.item.key])[stored.item.key]
    [state] = store.write(feeds.claim_due, NOW, claim="me", limit=9, every=True)
    findings = [Finding(item=edited, known=known)]
    store.write(record, claim="me", state=state, findings=findings, now=NOW)
    assert store.write(record_article, stored=stored, text="T", due=[], now=NOW) is None
    [stored] = store.read(archive.find_items, id=number)
    assert (stored.revision, stored.item.article) == (2, "")
    assert store.write(record_article, stored=stored, text="T", due=[], now=NOW) is not None


def test_an_article_its_hits_and_its_alerts_are_written_together(store: Store) -> None:
    (number,) = bring(store, "x", "https://a.example/1")
    [stored] = store.read(archive.find_items, id=number)
    text = "They fought in alien lands."
    evidence = (Evidence(field="article", start=15, end=26, quote="alien lands"),)
    hit = Hit(rule="r", rule_version="1", title="R", severity="high", why="", evidence=evidence)
    there = Destination(endpoint=Endpoint(receiver="d", name="d/x", url="json://x"))
    due = [Due(hit=hit, endpoints=(there,))]
    for expected in (1, 0):  # the second time the rule has hit this revision
        recorded = store.write(record_article, stored=stored, text=text, due=due, now=NOW)
        assert recorded is not None
        assert recorded.deliveries == len(recorded.hits) == expected
    [found] = store.read(archive.list_hits)
    assert found.stored.item.article == text
    assert found.stored.reading is not None
    assert found.stored.reading.state is ReadingState.READ
    [delivery] = store.read(outbox.list_deliveries)
    alert = store.read(outbox.alert_of, delivery, {})
    assert alert is not None
    assert alert.item.article == text
    assert store.read(archive.texts_of_articles, [number, 99]) == {number: text}
    assert store.read(archive.list_items, containing="ALIEN") != []
