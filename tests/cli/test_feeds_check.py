"""`watchd feeds check`: what a feed really says, and what is odd about it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.desk import DeskFolder
from tests.support.site import Answer, Site, rss

NOW = datetime.now(UTC).replace(microsecond=0)
ITEMS = [{"title": f"Rain {n}", "guid": f"g{n}", "link": f"https://example.org/{n}",
          "date": NOW - n * timedelta(minutes=28)} for n in range(20)]  # fmt: skip
BODY = rss(ITEMS, title="Wire")


def checked(desk: DeskFolder, what: str, code: int = 0) -> dict[str, Any]:
    done = desk.watchd("feeds", "check", what, "--json")
    assert (done.returncode, done.stderr) == (code, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


LIES = [Answer(body=BODY, etag="a"), Answer(status=304)]


@pytest.mark.parametrize(
    ("answers", "conditional", "requests"),
    [
        ([Answer(body=BODY, etag='"a"')], "yes", 3),
        ([Answer(body=BODY, last_modified="Thu, 08 Jan 2026 09:00:00 GMT")], "yes", 3),
        ([Answer(body=BODY, headers=[("ETag", '"a"')])], "no", 2),
        ([Answer(body=BODY, etag='"a"'), Answer(body=BODY + b" ", etag='"b"')], "no", 2),
        (LIES, "lies", 3),
        ([Answer(body=BODY)], "none", 1),
        ([Answer(body=BODY, etag='"a"'), Answer(status=429)], "unknown", 2),
    ],
)
def test_whether_it_keeps_its_word(
    desk: DeskFolder, site: Site, answers: list[Answer], conditional: str, requests: int
) -> None:
    site.answer("/rss.xml", *answers)
    found = checked(desk, site.url("/rss.xml"))
    assert (found["status"], found["conditional"]) == ("ok", conditional)
    assert len(site.requests) == requests
    first = "20 items over 9 h: ask at least every 2h so that none is missed"
    assert found["odd"][0] == first
    assert len(found["odd"]) == (1 if conditional == "yes" else 2)


def test_the_way_the_headers_and_the_clock(desk: DeskFolder, site: Site) -> None:
    site.answer("/old", Answer.redirect("/new", 301))
    site.answer("/new", Answer.redirect("/rss.xml", 302))
    hints = [("Cache-Control", "max-age=10800"), ("Date", "Thu, 08 Jan 2026 09:00:00 GMT")]
    site.answer("/rss.xml", Answer(body=BODY, etag='"a"', headers=hints))
    answer = checked(desk, site.url("/old"))["answer"]
    assert answer["redirects"] == [
        {"status": 301, "to": site.url("/new"), "permanent": True},
        {"status": 302, "to": site.url("/rss.xml"), "permanent": False},
    ]
    assert answer["moved_to"] is None
    assert answer["headers"]["etag"] == '"a"'
    assert (answer["max_age_seconds"], answer["next_check_seconds"]) == (10800, 10800)
    assert answer["clock_skew_seconds"] < -86400
    shown = desk.watchd("feeds", "check", site.url("/old")).stdout
    assert "the server's clock is" in shown
    assert "it calls this fresh for 3 h" in shown


def test_what_is_odd_about_items(desk: DeskFolder, tmp_path: Path) -> None:
    items = [
        {"title": "a", "guid": "same", "link": "https://example.org/1", "date": "2026-01-08 09:00"},
        {"title": "b", "guid": "same", "link": "/2", "date": NOW + timedelta(days=2)},
        {"title": "c", "link": "https://example.org/3"},
    ]
    (tmp_path / "saved.xml").write_bytes(rss(items))
    found = checked(desk, str(tmp_path / "saved.xml"))
    assert [item["odd"] for item in found["items"]] == [
        ["a date without a time zone ('2026-01-08 09:00')", "a guid that others have, too"],
        ["a date in the future", "a guid that others have, too", "a link without a host"],
        ["no date", "no guid"],
    ]
    assert (found["conditional"], found["answer"], found["known"]) == (None, None, None)


def test_a_page_in_its_place(desk: DeskFolder, site: Site) -> None:
    head = '<base href="/sub/"><link rel="alternate" type="application/rss+xml" href="rss.xml">'
    site.answer("/", Answer(body=f"<html><head>{head}</head></html>".encode()))
    found = checked(desk, site.url("/"), 1)
    assert (found["status"], found["feeds"]) == ("html", [site.url("/sub/rss.xml")])


def test_what_cannot_be_had_says_why_and_when(desk: DeskFolder, site: Site) -> None:
    site.answer("/rss.xml", Answer(status=429, headers=[("Retry-After", "90")]))
    address = site.url("/rss.xml").replace("http://", "http://anna:s3cretword@")
    found = checked(desk, address, 1)
    assert (found["status"], found["http_status"], found["retry_after_seconds"]) == (
        "error",
        429,
        90,
    )
    assert "s3cretword" not in json.dumps(found)


def test_what_the_database_knows_of_a_feed(desk: DeskFolder, site: Site) -> None:
    site.feed("/rss.xml", ITEMS)
    desk.feed("wire", site.url("/rss.xml"))
    assert checked(desk, "wire")["known"] is None
    desk.once(NOW)
    known = checked(desk, "wire")["known"]
    assert (known["health"], known["error"]) == ("ok", None)
    assert known["last_ok"] == NOW.isoformat().replace("+00:00", "Z")
    assert "last good" in desk.watchd("feeds", "check", "wire").stdout
