"""What is old is forgotten, and nothing of it ever comes back as news."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update

from tests.archive.world import NOW, copy_of
from tests.support.desk import DeskFolder
from tests.support.sinks import Hooks
from tests.support.site import Site
from watchd.config import load
from watchd.desk import read_desk
from watchd.parse.window import Window, pack
from watchd.store import Store, open_store, pruning, schema
from watchd.store.pruning import Bounds, prune
from watchd.upkeep import prune as upkeep_prune

DAY = timedelta(days=1)
LATER = NOW + 100 * DAY


@contextmanager
def opened(desk: DeskFolder) -> Iterator[Store]:
    store = open_store(desk.database)
    yield store
    store.close()


def item(number: int, title: str = "") -> dict[str, str]:
    return {"title": title or f"News {number}", "link": f"https://example.org/{number}"}


def test_the_command_forgets_what_it_is_told_to(desk: DeskFolder, site: Site) -> None:
    desk.feed("wire", site.url("/wire.xml"))
    for number in range(3):
        site.feed("/wire.xml", items=[item(n) for n in range(number * 150, number * 150 + 150)])
        desk.once(NOW + number * DAY)
    assert "everything is kept" in desk.watchd("db", "prune").stdout
    done = desk.watchd("db", "prune", "--keep", f"{NOW + DAY:%Y-%m-%d}")
    assert done.stdout.startswith("150 items forgotten"), done.stdout
    assert "News 0" not in titles(desk)
    assert "News 449" in titles(desk)


def titles(desk: DeskFolder) -> set[str]:
    return {stored.item.title for stored in desk.items()}


def forget(desk: DeskFolder, bounds: Bounds) -> int:
    with opened(desk) as store:
        return sum(done.items for done in prune(store, bounds))


@pytest.fixture(scope="module")
def press() -> Iterator[Site]:
    with Site() as site:
        yield site


@pytest.fixture(scope="module")
def looked(press: Site, tmp_path_factory: pytest.TempPathFactory) -> DeskFolder:
    """Twelve items, of which the feed shows the last four now; a rule found two of those gone."""
    desk = DeskFolder(tmp_path_factory.mktemp("desk"))
    desk.feed("wire", press.url("/wire.xml"))
    desk.rule("rain", "rain")
    said = {2: "Rain 2", 3: "Rain 3"}
    every = [item(number, said.get(number, "")) for number in range(12)]
    for number, first in enumerate((0, 4, 8)):
        press.feed("/wire.xml", items=every[first : first + 4])
        desk.once(NOW + number * DAY)
    return desk


@pytest.fixture
def wire(looked: DeskFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DeskFolder:
    monkeypatch.setattr(pruning, "_NEWEST", 2)
    return copy_of(looked, tmp_path)


def test_what_its_feed_shows_and_what_a_rule_found_stays(wire: DeskFolder) -> None:
    assert forget(wire, Bounds(items=LATER)) == 6
    assert titles(wire) == {"Rain 2", "Rain 3", "News 8", "News 9", "News 10", "News 11"}
    assert len(wire.hits()) == 2
    assert forget(wire, Bounds(items=LATER)) == 0


def test_hits_go_when_they_are_meant_to_and_alone(wire: DeskFolder) -> None:
    assert forget(wire, Bounds(hits=LATER)) == 2
    assert wire.hits() == []
    assert len(titles(wire)) == 10


def test_only_what_is_old_goes(wire: DeskFolder) -> None:
    assert forget(wire, Bounds(items=NOW)) == 0
    assert forget(wire, Bounds(items=NOW + DAY / 2)) == 2
    assert forget(wire, Bounds(items=NOW + DAY / 2, hits=NOW + DAY / 2)) == 2


def test_the_feed_brings_nothing_back(wire: DeskFolder, press: Site) -> None:
    forget(wire, Bounds(items=LATER, hits=LATER))
    before = wire.items()
    # All of it anew, as to a watchd that asks for the first time: another shell, no validators.
    shown = [item(number) for number in (8, 9, 10, 11)]
    press.feed("/wire.xml", items=[*shown, item(12)], title="Under another title")
    assert wire.once(LATER).new == 1
    assert {one.id for one in before} < {one.id for one in wire.items()}


def test_the_newest_of_each_feed_stay_even_when_none_is_shown(wire: DeskFolder) -> None:
    with opened(wire) as store:
        gone = update(schema.windows).values(entries=b"")
        store.write(lambda db: db.execute(gone))
        assert sum(done.items for done in prune(store, Bounds(items=LATER))) == 0


def test_an_item_is_known_by_link_and_words_too(wire: DeskFolder) -> None:
    """Its key alone could have been made anew by another version of the parser."""
    with opened(wire) as store:
        other = update(schema.items).where(schema.items.c.title == "News 8").values(key="other")
        store.write(lambda db: db.execute(other))
    forget(wire, Bounds(items=LATER))
    assert "News 8" in titles(wire)


def test_an_alert_that_waits_keeps_its_item(
    desk: DeskFolder, site: Site, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "_NEWEST", 1)
    desk.feed("wire", site.url("/wire.xml"))
    desk.receiver("desk", f"json://{hooks.address}/desk")
    desk.rule("rain", "rain")
    site.feed("/wire.xml", items=[item(0)])
    desk.once(NOW)
    site.feed("/wire.xml", items=[item(1, "Rain 1"), item(2, "Rain 2")])
    desk.once(NOW + DAY)
    site.feed("/wire.xml", items=[item(3), item(4)])
    desk.once(NOW + 2 * DAY)
    first, second = sorted(desk.deliveries(), key=lambda one: one.alert)
    with opened(desk) as store:
        waiting = update(schema.deliveries).where(schema.deliveries.c.id == second.id)
        store.write(lambda db: db.execute(waiting.values(state="unknown")))
    assert forget(desk, Bounds(hits=LATER)) == 1
    assert [hit.stored.item.title for hit in desk.hits()] == ["Rain 2"]
    with opened(desk) as store:
        left = store.read(lambda db: list(db.scalars(select(schema.alerts.c.id))))
    assert left == [second.alert] != [first.alert]


def files(desk: DeskFolder) -> list[str]:
    return sorted(
        path.name.removeprefix("evidence-").partition(".")[0]
        for path in (desk.path / "evidence").glob("*.warc.gz")
    )


def test_the_files_of_days_go_on_which_no_hit_is_left(
    desk: DeskFolder, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "_NEWEST", 1)
    desk.lines += ['evidence = "warc"', "[store]", 'keep_hits = "30d"']
    desk.feed("wire", site.url("/wire.xml"))
    desk.rule("rain", "rain")
    # What was found on the second day is shown to the end; on the third nothing was found.
    shown = [[0], [1, 2], [2, 3], [2, 4], [2, 4]]
    for day, numbers in enumerate(shown):
        titles = [f"Rain {n}" if n != 3 else "Sun" for n in numbers]
        every = [item(n, title) for n, title in zip(numbers, titles, strict=True)]
        site.feed("/wire.xml", items=every)
        desk.once(NOW + day * DAY)
    (desk.path / "evidence" / "notes.warc.gz").touch()
    assert files(desk) == ["2026-03-01", "2026-03-02", "2026-03-04", "notes"]

    def forgets(now: datetime) -> None:
        with opened(desk) as store:
            read = read_desk(load(desk.config, environ={}), store, now)
            asyncio.run(upkeep_prune(store, read, now, lambda: False))

    forgets(NOW + 29 * DAY)
    assert "2026-03-01" in files(desk)
    forgets(NOW + 60 * DAY)
    assert [hit.stored.item.title for hit in desk.hits()] == ["Rain 4", "Rain 2"]
    assert files(desk) == ["2026-03-02", "2026-03-04", "notes"]
    assert desk.watchd("evidence", "3", "-o", str(desk.path / "out")).returncode == 0
    assert (desk.path / "out" / "feed.warc.gz").exists()


def test_the_command_removes_files_that_nothing_rests_on(desk: DeskFolder) -> None:
    desk.once()
    folder = desk.path / "evidence"
    folder.mkdir()
    today = datetime.now(UTC).date()
    for day in (date(2026, 1, 1), date(2026, 3, 1), today):
        (folder / f"evidence-{day}.warc.gz").write_bytes(b"x" * 200_000)
        (folder / f"evidence-{day}-2.warc.gz").write_bytes(b"")
    done = desk.watchd("db", "prune", "--keep-hits", "2026-02-01")
    assert "WARC files without a hit that is kept: 0.2 MB removed" in done.stdout, done.stderr
    assert files(desk) == ["2026-03-01", "2026-03-01-2", f"{today}", f"{today}-2"]
    assert "WARC" not in desk.watchd("db", "prune", "--keep", "1d").stdout
    desk.watchd("db", "prune", "--keep-hits", "0d")
    assert files(desk) == [
        f"{today}",
        f"{today}-2",
    ]  # a check that is under way may have written it


def old_items(store: Store, feeds: list[str]) -> None:
    """An item for each name of a feed, all of long ago; `wire` shows none of them."""
    rows = [
        {
            "feed": feed, "key": f"k{n}", "revision": 1, "guid": "", "title": f"{n}", "text": "",
            "url": f"https://example.org/{n}", "author": "", "categories": [], "lang": "",
            "published_at": None, "published_raw": "", "first_seen_at": NOW - 999 * DAY,
            "seen_at": NOW - 999 * DAY, "content_hash": sha256(b"%d" % n).hexdigest(),
            "baseline": False,
        }
        for n, feed in enumerate(feeds)
    ]  # fmt: skip
    shown = {"feed": "wire", "address": "", "entries": pack(Window())}
    store.write(lambda db: db.execute(insert(schema.items), rows))
    store.write(lambda db: db.execute(insert(schema.windows), shown))


def counts(store: Store) -> dict[str, int]:
    query = select(schema.items.c.feed, func.count()).group_by(schema.items.c.feed)
    return dict(store.read(lambda db: list(map(tuple, db.execute(query)))))


def test_it_goes_in_steps_and_finds_all(desk: DeskFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "STEP", 10)
    monkeypatch.setattr(pruning, "_NEWEST", 3)
    with opened(desk) as store:
        old_items(store, ["wire", "unknown"] * 24)
        steps = list(prune(store, Bounds(items=NOW)))
        assert [done.items for done in steps] == [5, 5, 5, 5, 1]
        assert counts(store) == {"unknown": 24, "wire": 3}


@pytest.mark.parametrize(
    ("lines", "bounds"),
    [
        ("", None),
        ('[store]\nkeep = "30d"', Bounds(items=NOW - 30 * DAY)),
        ('[store]\nkeep_hits = "52w"', Bounds(hits=NOW - 364 * DAY)),
    ],
)
def test_what_the_config_says(desk: DeskFolder, lines: str, bounds: Bounds | None) -> None:
    desk.lines.append(lines)
    desk.write()
    kept = load(desk.config, environ={}).store
    assert pruning.bounds(NOW, keep=kept.keep, keep_hits=kept.keep_hits) == bounds


def test_the_daemon_does_it_by_itself(desk: DeskFolder) -> None:
    desk.lines.append('[store]\nkeep = "1d"')
    desk.write()
    with opened(desk) as store:
        old_items(store, ["wire"] * 1205)
    with desk.running() as daemon:
        daemon.says("archive.pruned items=1005")
    with opened(desk) as store:
        assert counts(store) == {"wire": 200}
