"""The files under [export]: what they hold, that readers can read them, and when disks fail."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import feedparser
import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.site import Site
from watchd.config import load
from watchd.desk import read_desk
from watchd.exports import Exports
from watchd.store import open_store

HOUR = timedelta(hours=1)
EVIL = '=HYPERLINK("http://x.example","alien lands")'
WORSE = "@SUM(1) alien lands <script>alert(1)</script> ]]> & \x08 \ufffe {{x}} <!channel>"


def watched(desk: DeskFolder, site: Site) -> DeskFolder:
    """A desk that exports, with one feed, which has had its first look."""
    desk.lines += ["[export]", 'dir = "out"', 'min_severity = "medium"']
    desk.rule("lands", '"alien lands"', why="-1+1")
    desk.rule("low", '"alien lands"', severity="low")
    desk.rule("draft", '"alien lands"', status="test")
    site.feed("/a.xml", [{"title": "Old alien lands", "link": "https://e.org/0", "guid": "0"}])
    desk.feed("wire", site.url("/a.xml"), publisher="=cmd|' /C calc'!A0", lang="en")
    desk.once(NOW)
    return desk


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> DeskFolder:
    """The same after some news, for tests that only look."""
    with Site() as site:
        desk = watched(DeskFolder(tmp_path_factory.mktemp("desk")), site)
        assert feed_of(desk)["items"] == table(desk) == []
        news(site, desk, EVIL, WORSE, " -1 alien lands", "Heroes of the alien lands")
        return desk


@pytest.fixture
def live(desk: DeskFolder, site: Site) -> DeskFolder:
    """One for tests in which more happens."""
    return watched(desk, site)


def news(site: Site, desk: DeskFolder, *titles: str) -> None:
    items = [
        {"title": title, "link": f"https://e.org/{n}", "guid": f"n{n}", "date": NOW}
        for n, title in enumerate(titles, 1)
    ]
    site.feed("/a.xml", items)
    desk.once(NOW + HOUR)


def table(desk: DeskFolder) -> list[dict[str, str]]:
    text = (desk.path / "out" / "hits.csv").read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def feed_of(desk: DeskFolder) -> Any:
    return json.loads((desk.path / "out" / "hits.json").read_text("utf-8"))


def test_the_json_feed_is_one(told: DeskFolder) -> None:
    feed = feed_of(told)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    item = feed["items"][0]
    of_the_spec = {"id", "url", "title", "content_text", "date_published", "authors", "tags"}
    assert item.keys() - {"_watchd", "language"} == of_the_spec
    assert item["url"] == "https://e.org/4"
    assert item["title"] == "[HIGH] Rule lands — Heroes of the alien lands"
    assert item["date_published"] == "2026-01-08T10:00:00Z"
    assert item["tags"] == ["lands", "high"]
    assert item["_watchd"]["hit"] in {hit.id for hit in told.hits() if hit.hit.rule == "lands"}
    assert item["_watchd"]["status"] == "unrouted"


def test_the_atom_feed_is_one(told: DeskFolder) -> None:
    data = (told.path / "out" / "hits.atom").read_bytes()
    root = ElementTree.fromstring(data)
    ns = "{http://www.w3.org/2005/Atom}"
    for entry in (root, *root.iter(f"{ns}entry")):
        for needed in ("id", "title", "updated"):
            assert len(entry.findall(f"{ns}{needed}")) == 1
    ids = [entry.findtext(f"{ns}id") for entry in root.iter(f"{ns}entry")]
    assert len(set(ids)) == 4
    parsed = feedparser.parse(data)
    assert not parsed.bozo
    assert [entry.link[-1] for entry in parsed.entries] == ["4", "3", "2", "1"]
    assert parsed.entries[0].published == "2026-01-08T09:00:00Z"
    assert "<script" not in parsed.entries[2].title


def test_no_cell_is_a_formula(told: DeskFolder) -> None:
    rows = table(told)
    assert len(rows) == 4
    for row in rows:
        for cell in row.values():
            assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    assert rows[0]["title"] == "Heroes of the alien lands"
    assert rows[0]["publisher"].startswith("'=cmd")
    assert rows[3]["title"].startswith("'=HYPERLINK(")
    assert rows[0]["words"] == "alien lands"


def test_the_newest_come_first_and_no_more_than_wanted(live: DeskFolder, site: Site) -> None:
    live.lines.insert(live.lines.index('dir = "out"'), "limit = 2")
    live.write()
    news(site, live, "alien lands one", "alien lands two", "alien lands three")
    titles = [item["_watchd"]["item"]["title"] for item in feed_of(live)["items"]]
    assert titles == ["alien lands three", "alien lands two"]


def test_a_disk_that_fails_is_said_and_loses_no_hit(live: DeskFolder, site: Site) -> None:
    folder = live.path / "out"
    folder.rename(live.path / "away")
    folder.write_text("a file in the way")
    news(site, live, "Heroes of the alien lands")
    assert len([hit for hit in live.hits() if hit.status == "unrouted"]) == 2
    told = live.watchd("status", "--json")
    assert told.returncode == 1
    assert "exists" in json.loads(told.stdout)["export"]["error"]
    assert "export    cannot be written" in live.watchd("status").stdout
    folder.unlink()
    live.once(NOW + 2 * HOUR)
    assert len(feed_of(live)["items"]) == 1
    assert json.loads(live.watchd("status", "--json").stdout)["export"] is None


def test_what_failed_is_tried_again_after_a_rest(live: DeskFolder) -> None:
    folder = live.path / "out"
    folder.rename(live.path / "away")
    folder.write_text("a file in the way")
    store = open_store(live.database)
    try:
        desk = read_desk(load(live.config, environ=os.environ), store, NOW)
        now = NOW
        exports = Exports(store, lambda: desk, lambda: now)
        asyncio.run(exports.tick())
        folder.unlink()
        asyncio.run(exports.tick())
        assert not folder.exists()
        now += timedelta(seconds=15)
        asyncio.run(exports.tick())
        assert (folder / "hits.json").exists()
        (folder / "hits.json").unlink()
        asyncio.run(exports.tick())
        assert not (folder / "hits.json").exists(), "nothing new, and yet it was written"
    finally:
        store.close()
