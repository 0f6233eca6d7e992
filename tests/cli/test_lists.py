"""`watchd lists`: what the lists hold, who uses them, and which of their terms ever matched."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.desk import DeskFolder
from tests.support.site import Site

TODAY = datetime.now(UTC).replace(microsecond=0)

LANDS = """\
# Lands far away
Alien Land*          # as KCNA has it
"foreign soil"
Übersee
[ko]
北
[*]
атлантид*
"""


@pytest.fixture
def lists(desk: DeskFolder) -> DeskFolder:
    """A desk with three lists, of which one is used by a rule, one by a rule over time."""
    folder = desk.path / "rules" / "lists"
    (folder / "lands.txt").write_text(LANDS, "utf-8")
    (folder / "weather.txt").write_text("rain\nsnow\n", "utf-8")
    (folder / "spare.txt").write_text("nothing\n", "utf-8")
    (desk.path / "rules" / "desk").mkdir()
    desk.rule("desk/heroes", "@lands NEAR/5 hero*")
    desk.rule("burst", "@weather")
    path = desk.path / "rules" / "burst.toml"
    table = '[frequency]\nat_least = 3\nwithin = "1d"\n'
    path.write_text('type = "frequency"\n' + path.read_text("utf-8") + table, "utf-8")
    return desk


def rows(text: str) -> dict[str, str]:
    """The lines of a table, by their first word."""
    return {
        line.split()[0].strip('"'): " ".join(line.split()) for line in text.splitlines() if line
    }


def told(desk: DeskFolder, *words: str) -> Any:
    return json.loads(desk.watchd("lists", *words, "--json").stdout)


def test_every_list_is_told_with_its_users(lists: DeskFolder) -> None:
    done = lists.watchd("lists")
    assert done.returncode == 0, done.stderr
    table = rows(done.stdout)
    assert table["lands"] == "lands 5 ko desk/heroes"
    assert table["weather"] == "weather 2 burst"
    assert table["spare"] == "spare 1 no rule"
    assert told(lists)[0] == {
        "list": "lands",
        "path": str(lists.path / "rules" / "lists" / "lands.txt"),
        "terms": 5,
        "langs": ["ko"],
        "used_by": ["desk/heroes"],
        "mistakes": 0,
    }


def test_the_unused_ones_alone(lists: DeskFolder) -> None:
    assert [one["list"] for one in told(lists, "--unused")] == ["spare"]
    (lists.path / "rules" / "lists" / "spare.txt").unlink()
    assert lists.watchd("lists", "--unused").stdout == "Every list is used.\n"


def test_a_rule_with_a_mistake_still_uses_its_lists(lists: DeskFolder) -> None:
    lists.rule("broken", "@spare NAER/5 x")
    assert rows(lists.watchd("lists").stdout)["spare"] == "spare 1 broken"


def test_a_list_with_mistakes_is_marked_and_not_counted(lists: DeskFolder) -> None:
    (lists.path / "rules" / "lists" / "spare.txt").write_text("a*\n", "utf-8")
    assert rows(lists.watchd("lists").stdout)["spare"].endswith("has mistakes, see `watchd check`")
    done = lists.watchd("lists", "spare")
    assert "spare.txt:1:1: error[E118]" in done.stderr
    assert done.returncode == 1


def test_the_terms_of_a_list_and_when_each_last_matched(lists: DeskFolder, site: Site) -> None:
    def item(number: int, title: str, days: int) -> dict[str, Any]:
        date = TODAY - timedelta(days=days)
        return {"title": title, "link": f"https://example.org/{number}", "date": date}

    lists.feed("wire", site.url("/wire.xml"))
    titles = ["An alien land", "ALIEN LANDS again", "Foreign  soil", "ubersee", "北 in English"]
    site.feed("/wire.xml", items=[item(n, title, n) for n, title in enumerate(titles)])
    lists.once(TODAY)
    done = lists.watchd("lists", "lands")
    assert "@lands" in done.stdout
    assert "used by desk/heroes" in done.stdout
    assert "2 of 5 terms are in none of 5 items of the archive" in done.stdout
    table = rows(done.stdout)
    assert table["Alien"] == f"Alien Land* 2 {TODAY:%Y-%m-%d} wire An alien land"
    assert table["北"] == "北 ko never"
    assert table["атлантид*"] == "атлантид* never"
    found = told(lists, "lands")
    assert found["items"] == 5
    assert [term["items"] for term in found["terms"]] == [2, 1, 1, 0, 0]
    assert found["terms"][2]["term"] == "Übersee"
    assert found["terms"][2]["newest"] == {
        "published": f"{TODAY - timedelta(days=3):%Y-%m-%dT%H:%M:%SZ}",
        "source": "wire",
        "title": "ubersee",
        "url": "https://example.org/3",
    }


def test_a_file_of_items_serves_as_well(lists: DeskFolder, tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    items = [{"title": "北 말", "lang": "ko"}, {"title": "北京", "lang": "zh"}]
    path.write_text("\n".join(map(json.dumps, items)), "utf-8")
    found = told(lists, "@lands", "--items", str(path))
    assert {term["term"]: term["items"] for term in found["terms"]}["北"] == 1


def test_without_an_archive_the_terms_are_told_without_counts(lists: DeskFolder) -> None:
    done = lists.watchd("lists", "lands")
    assert done.returncode == 0
    assert "Nothing was counted" in done.stderr
    assert "there is no database yet" in done.stderr
    assert rows(done.stdout)["атлантид*"] == "атлантид*"
    assert told(lists, "lands")["items"] is None
    assert lists.watchd("lists", "lands", "--since", "7d").returncode == 1


def test_a_name_that_is_no_list_is_answered_with_the_nearest(lists: DeskFolder) -> None:
    done = lists.watchd("lists", "lnads")
    assert "there is no list 'lnads'" in done.stderr
    assert "did you mean 'lands'?" in done.stderr


@pytest.mark.parametrize(
    "words",
    [("lands", "--unused"), ("--since", "7d"), ("lands", "--since", "7d", "--items", "x.jsonl")],
)
def test_options_that_do_not_go_together(lists: DeskFolder, words: tuple[str, ...]) -> None:
    assert lists.watchd("lists", *words).returncode == 2
