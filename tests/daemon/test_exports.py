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


@pytest.fixture
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


def test_before_there_is_news_the_files_are_there_and_empty(watched: DeskFolder) -> None:
    assert [path.name for path in sorted((watched.path / "out").iterdir())] == [
        "hits.atom",
        "hits.csv",
        "hits.json",
    ]
    assert feed_of(watched)["items"] == []
    assert table(watched) == []


def test_the_json_feed_is_one(watched: DeskFolder, site: Site) -> None:
    news(site, watched, "Heroes of the alien lands")
    feed = feed_of(watched)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    (item,) = feed["items"]
    of_the_spec = {"id", "url", "title", "content_text", "date_published", "authors", "tags"}
    assert item.keys() - {"_watchd", "language"} == of_the_spec
    assert item["url"] == "https://e.org/1"
    assert item["title"] == "[HIGH] Rule lands — Heroes of the alien lands"
    assert item["date_published"] == "2026-01-08T10:00:00Z"
    assert item["tags"] == ["lands", "high"]
    (number,) = [hit.id for hit in watched.hits() if hit.hit.rule == "lands" and hit.id > 3]
    assert item["_watchd"]["hit"] == number
    assert item["_watchd"]["status"] == "unrouted"


def test_the_atom_feed_is_one(watched: DeskFolder, site: Site) -> None:
    news(site, watched, "Heroes of the alien lands", WORSE)
    data = (watched.path / "out" / "hits.atom").read_bytes()
    root = ElementTree.fromstring(data)
    ns = "{http://www.w3.org/2005/Atom}"
    for entry in (root, *root.iter(f"{ns}entry")):
        for needed in ("id", "title", "updated"):
            assert len(entry.findall(f"{ns}{needed}")) == 1
    ids = [entry.findtext(f"{ns}id") for entry in root.iter(f"{ns}entry")]
    assert len(set(ids)) == 2
    parsed = feedparser.parse(data)
    assert not parsed.bozo
    assert [entry.link for entry in parsed.entries] == ["https://e.org/2", "https://e.org/1"]
    assert parsed.entries[1].published == "2026-01-08T09:00:00Z"
    assert "<script" not in parsed.entries[0].title


def test_no_cell_is_a_formula(watched: DeskFolder, site: Site) -> None:
    news(site, watched, EVIL, WORSE, " -1 alien lands", "Plain alien lands")
    rows = table(watched)
    assert len(rows) == 4
    for row in rows:
        for cell in row.values():
            assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    assert rows[0]["title"] == "Plain alien lands"
    assert rows[0]["publisher"].startswith("'=cmd")
    assert rows[3]["title"].startswith("'=HYPERLINK(")
    assert rows[0]["words"] == "alien lands"


def test_the_newest_come_first_and_no_more_than_wanted(watched: DeskFolder, site: Site) -> None:
    watched.lines.insert(watched.lines.index('dir = "out"'), "limit = 2")
    watched.write()
    news(site, watched, "alien lands one", "alien lands two", "alien lands three")
    titles = [item["_watchd"]["item"]["title"] for item in feed_of(watched)["items"]]
    assert titles == ["alien lands three", "alien lands two"]


def test_a_disk_that_fails_is_said_and_loses_no_hit(watched: DeskFolder, site: Site) -> None:
    folder = watched.path / "out"
    folder.rename(watched.path / "away")
    folder.write_text("a file in the way")
    news(site, watched, "Heroes of the alien lands")
    assert len([hit for hit in watched.hits() if hit.status == "unrouted"]) == 2
    told = watched.watchd("status", "--json")
    assert told.returncode == 1
    assert "exists" in json.loads(told.stdout)["export"]["error"]
    assert "export    cannot be written" in watched.watchd("status").stdout
    folder.unlink()
    watched.once(NOW + 2 * HOUR)
    assert len(feed_of(watched)["items"]) == 1
    assert json.loads(watched.watchd("status", "--json").stdout)["export"] is None


def test_what_failed_is_tried_again_after_a_rest(watched: DeskFolder) -> None:
    folder = watched.path / "out"
    folder.rename(watched.path / "away")
    folder.write_text("a file in the way")
    store = open_store(watched.database)
    try:
        desk = read_desk(load(watched.config, environ=os.environ), store, NOW)
        exports = Exports(store, lambda: desk, lambda: NOW)
        asyncio.run(exports.tick())
        folder.unlink()
        asyncio.run(exports.tick())
        assert not folder.exists()
        for _ in range(15):
            asyncio.run(exports.tick())
        assert (folder / "hits.json").exists()
        (folder / "hits.json").unlink()
        asyncio.run(exports.tick())
        assert not (folder / "hits.json").exists(), "nothing new, and yet it was written"
    finally:
        store.close()


def test_without_a_folder_nothing_is_written(desk: DeskFolder, site: Site) -> None:
    desk.rule("lands", '"alien lands"')
    site.feed("/a.xml", [])
    desk.feed("wire", site.url("/a.xml"))
    before = {path.name for path in desk.path.iterdir()}
    desk.once(NOW)
    assert {path.name.partition("-")[0] for path in desk.path.iterdir()} - before <= {
        "watchd.db",
        "watchd.db.lock",
    }
