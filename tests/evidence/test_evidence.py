"""`watchd evidence`: what a hit rests on, kept when it is found, shown when it is asked for."""

from __future__ import annotations

import json
import resource
import sqlite3
import subprocess
import zlib
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from tests.support.desk import DeskFolder
from tests.support.pages import html, page
from tests.support.site import Answer, Site, rss
from watchd import warc

WORDS = {
    "title": "Heroes of the alien lands",
    "text": "Many <b>went</b>.",
    "link": "https://e.org/1",
}
OTHER = {"title": "Rain", "link": "https://e.org/2"}


@pytest.fixture
def desk(desk: DeskFolder, site: Site) -> DeskFolder:
    headers = [("Content-Type", "application/rss+xml"), ("Set-Cookie", "id=7c5d"), ("Server", "x")]
    site.answer("/a.xml", Answer(body=rss([OTHER, WORDS]), headers=headers))
    desk.rule("lands", '"alien lands"')
    desk.feed("wire", site.url("/a.xml"))
    return desk


def keeping(desk: DeskFolder, mode: str) -> None:
    desk.lines.insert(0, f'evidence = "{mode}"')
    desk.write()


def written(desk: DeskFolder, hit: int = 1, to: str = "out") -> Path:
    out = desk.path / to
    ran = desk.watchd("evidence", str(hit), "-o", str(out))
    assert ran.returncode == 0, ran.stderr
    checked = subprocess.run(
        ["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=out, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout
    names = {line.partition(":")[0] for line in checked.stdout.splitlines()}
    assert names == {path.name for path in out.iterdir()} - {"SHA256SUMS"}
    return out


def test_a_hit_comes_with_its_entry_as_it_came_its_item_its_rule_and_checksums(
    desk: DeskFolder,
) -> None:
    desk.once()
    out = written(desk)
    body = rss([OTHER, WORDS])
    entry = (out / "entry.xml").read_bytes()
    assert entry == body[body.rindex(b"<item>") : body.rindex(b"</item>") + 7]
    assert json.loads((out / "hit.json").read_text())["evidence"][0]["quote"] == "alien lands"
    assert json.loads((out / "item.json").read_text())["title"] == WORDS["title"]
    assert (out / "item.txt").read_text() == "Heroes of the alien lands\n\nMany went.\n"
    assert '"alien lands"' in (out / "rule.toml").read_text()
    answer = json.loads((out / "response.json").read_text())["feed"]
    assert answer["status"] == 200
    assert answer["headers"]["content-type"] == "application/rss+xml"
    assert "set-cookie" not in answer["headers"]
    assert answer["fetched"] == "2026-01-08T09:00:00Z"
    assert answer["body"]["bytes"] == len(body)
    assert answer["entry"] == "entry.xml"
    again = desk.watchd("evidence", "1", "-o", str(out))
    assert again.returncode == 1
    assert "there are files in it" in again.stderr
    gone = desk.watchd("evidence", "99", "-o", str(desk.path / "x"))
    assert "there is no hit 99" in gone.stderr
    assert not (desk.path / "evidence").exists()


@pytest.mark.parametrize("packed", [zlib.compress, bytes, bytes.swapcase])
def test_an_entry_is_read_packed_or_not_and_an_altered_one_is_not_handed_on(
    desk: DeskFolder, packed: Callable[[bytes], bytes]
) -> None:
    desk.once()
    body = rss([OTHER, WORDS])
    entry = body[body.rindex(b"<item>") : body.rindex(b"</item>") + 7]
    with closing(sqlite3.connect(desk.path / "watchd.db")) as db, db:
        db.execute("update evidence set entry = ?", (packed(entry),))
    ran = desk.watchd("evidence", "1", "-o", str(desk.path / "out"))
    kept = desk.path / "out" / "entry.xml"
    if packed is bytes.swapcase:
        assert "is not what it was when it was kept" in ran.stderr + ran.stdout
        assert not kept.exists()
    else:
        assert kept.read_bytes() == entry


def test_of_hits_from_before_what_there_is_is_written(desk: DeskFolder) -> None:
    keeping(desk, "off")
    desk.once()
    out = written(desk)
    assert "nothing of the feed's answer was kept" in (out / "response.json").read_text()
    assert not (out / "entry.xml").exists()


def test_nothing_is_kept_of_what_no_rule_was_found_in(desk: DeskFolder, site: Site) -> None:
    keeping(desk, "warc")
    site.answer("/a.xml", Answer(body=rss([OTHER])))
    desk.once()
    assert not (desk.path / "evidence").exists()


def test_the_whole_answer_is_kept_as_a_warc_record_that_cannot_be_altered(desk: DeskFolder) -> None:
    keeping(desk, "warc")
    desk.once()
    with (written(desk) / "feed.warc.gz").open("rb") as file:
        (record,) = [
            (one, one.content_stream().read())
            for one in ArchiveIterator(file, check_digests="raise")
        ]
    assert record[1] == rss([OTHER, WORDS])
    assert record[0].rec_type == "response"
    assert record[0].rec_headers.get_header("WARC-Date") == "2026-01-08T09:00:00Z"
    assert record[0].http_headers.get_header("content-type") == "application/rss+xml"
    (daily,) = (desk.path / "evidence").iterdir()
    assert daily.name == "evidence-2026-01-08.warc.gz"
    assert daily.stat().st_mode & 0o777 == 0o600
    with daily.open("rb") as file:
        kinds = [one.rec_type for one in ArchiveIterator(file)]
    assert kinds == ["response", "request"]
    # One that was altered is not handed on.
    daily.write_bytes(daily.read_bytes().replace(b"\x1f\x8b", b"\x1f\x8c", 1))
    again = written(desk, to="again")
    assert not (again / "feed.warc.gz").exists()
    assert "the record was changed since it was written" in (again / "response.json").read_text()


def test_where_no_record_can_be_written_the_hit_is_kept_all_the_same(desk: DeskFolder) -> None:
    keeping(desk, "warc")
    (desk.path / "evidence").write_text("a file where the folder should be")
    desk.once()
    assert [hit.hit.rule for hit in desk.hits()] == ["lands"]
    out = written(desk)
    assert (out / "entry.xml").exists()
    assert "the WARC record could not be written" in (out / "response.json").read_text()


@pytest.mark.parametrize("echoes", [False, True])
def test_passwords_and_keys_of_the_feed_are_kept_nowhere(
    desk: DeskFolder, site: Site, echoes: bool
) -> None:
    keeping(desk, "warc")
    text = " see s3cretkey99" if echoes else ""
    item = {**WORDS, "text": f"Many went.{text}"}
    site.answer("/b.xml?token=s3cretkey99", Answer(body=rss([item])))
    url = site.url("/b.xml?token=s3cretkey99").replace("://", "://user:passw0rd@")
    desk.feed("keyed", url)
    desk.once()
    (number,) = [hit.id for hit in desk.hits() if hit.stored.feed == "keyed"]
    out = written(desk, number)
    answer = json.loads((out / "response.json").read_text())["feed"]
    files = {path.name: path.read_bytes() for path in out.iterdir()}
    if echoes:
        assert "repeats a key" in answer["note"]
        assert "entry.xml" not in files
        assert "feed.warc.gz" not in files
        del files["item.json"], files["item.txt"]  # the feed's own words, as for any item
    else:
        assert "entry.xml" in files
        with (out / "feed.warc.gz").open("rb") as file:
            (record,) = ArchiveIterator(file)
            assert record.rec_headers.get_header("WARC-Target-URI").endswith("/b.xml?REDACTED")
    every = b""
    for path in (desk.path / "evidence").iterdir():
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                every += f"{record.rec_headers}{record.http_headers}".encode()
    for data in (*files.values(), every):
        assert b"s3cretkey99" not in data
        assert b"passw0rd" not in data


def test_of_a_hit_in_the_article_the_page_is_kept(desk: DeskFolder, site: Site) -> None:
    keeping(desk, "warc")
    item = {"title": "Soldiers return", "text": "Home.", "link": site.url("/1.html"), "guid": "1"}
    site.answer("/1.html", html(page()))
    site.feed("/c.xml", [{**item, "guid": "0", "link": site.url("/0.html"), "title": "Rain"}])
    desk.feed("full", site.url("/c.xml"))
    desk.lines.append("fulltext = true")
    desk.write()
    desk.once()
    site.feed("/c.xml", [item])
    desk.once(datetime(2026, 1, 8, 10, tzinfo=UTC))
    (number,) = [hit.id for hit in desk.hits() if hit.stored.feed == "full"]
    out = written(desk, number)
    assert "alien lands" in (out / "article.txt").read_text()
    with (out / "article.warc.gz").open("rb") as file:
        (body,) = [record.content_stream().read() for record in ArchiveIterator(file)]
    assert body == page().encode()
    said = json.loads((out / "response.json").read_text())
    assert said["article"]["url"] == site.url("/1.html")
    assert "stands in the article" in said["feed"]["note"]


def append(folder: Path, size: int) -> warc.WarcPlace:
    return warc.append(
        folder,
        url="https://e.org/a",
        status=200,
        headers=(),
        body=bytes(range(256)) * size,
        user_agent="watchd",
        now=datetime(2026, 1, 8, tzinfo=UTC),
    )


def test_a_disk_that_fills_up_while_writing_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    first = append(tmp_path, 1)
    file = tmp_path / first.file
    size = file.stat().st_size
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, usual[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            append(tmp_path, 2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert file.stat().st_size == size
    assert warc.read(tmp_path, append(tmp_path, 3))


def test_a_session_that_a_redirect_made_is_kept_nowhere(desk: DeskFolder, site: Site) -> None:
    keeping(desk, "warc")
    site.answer("/a.xml", Answer.redirect("/b.xml?session=f00dcafe"))
    site.answer("/b.xml?session=f00dcafe", Answer(body=rss([WORDS])))
    desk.once()
    out = written(desk)
    assert json.loads((out / "response.json").read_text())["feed"]["url"] == site.url(
        "/b.xml?REDACTED"
    )
    with (out / "feed.warc.gz").open("rb") as file:
        (record,) = ArchiveIterator(file)
        assert "f00dcafe" not in f"{record.rec_headers}"


@pytest.mark.parametrize("lost", [1, 100, 700])
def test_behind_a_record_that_was_cut_off_no_other_is_written(tmp_path: Path, lost: int) -> None:
    first = append(tmp_path, 1)
    whole = tmp_path / first.file
    assert append(tmp_path, 2).file == first.file
    whole.write_bytes(whole.read_bytes()[:-lost])
    second = append(tmp_path, 3)
    assert second.file == "evidence-2026-01-08-2.warc.gz"
    assert append(tmp_path, 4).file == second.file
    with (tmp_path / second.file).open("rb") as file:
        assert len(list(ArchiveIterator(file))) == 4
    assert warc.read(tmp_path, first)
