"""`watchd try`: what a rule would have found, before anybody is disturbed by it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.commandline import watchd
from tests.support.desk import DeskFolder
from tests.support.site import Site

ROOT = Path(__file__).parent.parent.parent
TODAY = datetime.now(UTC).replace(microsecond=0)


def ago(days: float) -> datetime:
    return TODAY - timedelta(days=days)


def news(number: int, title: str, days: float, **more: Any) -> dict[str, Any]:
    return {
        "title": title,
        "link": f"https://example.org/{number}",
        "date": ago(days),
        **more,
    }


def write_items(path: Path, items: list[dict[str, Any]]) -> str:
    lines = [
        json.dumps({**item, "published": f"{item['date']:%Y-%m-%d}"}, default=str) for item in items
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def result(desk: DeskFolder, *words: str) -> Any:
    return json.loads(desk.watchd("try", *words, "--json").stdout)


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskFolder]:
    """Two feeds, read on one day and again on the next; only one has the tag `state-media`."""
    desk = DeskFolder(tmp_path_factory.mktemp("past"))
    with Site() as site:
        read_twice(desk, site)
        yield desk


@pytest.fixture
def archive(past: DeskFolder, tmp_path: Path) -> DeskFolder:
    """The same, for one test."""
    shutil.copytree(past.path, tmp_path, dirs_exist_ok=True)
    return DeskFolder(tmp_path, list(past.lines))


def read_twice(desk: DeskFolder, site: Site) -> None:
    desk.feed("agency", site.url("/agency.xml"), tags=["state-media"])  # type: ignore[arg-type]
    desk.feed("wire", site.url("/wire.xml"))
    old = news(1, "Heroes of the alien lands are honoured", 5)
    site.feed("/agency.xml", items=[old, news(2, "The harvest is in", 4)])
    site.feed("/wire.xml", items=[news(3, "A heroic dog", 5), news(4, "No news", 5)])
    desk.rule("lands", '"alien lands" NEAR/9 hero*')
    desk.once(ago(3.5))
    site.feed("/agency.xml", items=[news(5, "In alien lands they fought as heroes", 2.2), old])
    desk.once(ago(2))


def test_the_archive_is_looked_through(archive: DeskFolder) -> None:
    done = archive.watchd("try", "lands")
    assert done.returncode == 0, done.stderr
    assert "lands: 2 hits in 5 items of 2 sources" in done.stdout
    assert "»Heroes« of the »alien lands« are honoured" in done.stdout
    assert f"{ago(5):%Y-%m-%d}  agency  https://example.org/1" in done.stdout
    assert f"{ago(4):%a %d %b}  ·" in done.stdout
    assert f"{ago(5):%a %d %b}  {'█' * 30} 1" in done.stdout
    words = done.stdout.partition("matched most: ")[2].partition("\n")[0]
    assert sorted(words.casefold().split(" · ")) == ["alien lands 2", "heroes 2"]


def test_since_leaves_older_items_aside(archive: DeskFolder) -> None:
    found = result(archive, "lands", "--since", "60h")
    assert (found["items"], found["hits"]) == (1, 1)
    assert found["per_day"] == {f"{ago(2.2):%Y-%m-%d}": 1}


def test_the_newest_hits_are_shown_and_the_rest_is_counted(archive: DeskFolder) -> None:
    done = archive.watchd("try", "lands", "--samples", "1")
    assert "In »alien lands« they fought as »heroes«" in done.stdout
    assert "are honoured" not in done.stdout
    assert "… and 1 more (--samples 2)" in done.stdout


def test_the_tags_of_a_feed_count_as_they_do_for_the_daemon(archive: DeskFolder) -> None:
    path = archive.path / "rules" / "lands.toml"
    text = path.read_text("utf-8").replace('"alien lands" NEAR/9 hero*', "hero*")
    path.write_text(text + '[sources]\nonly = ["tag:state-media"]\n', "utf-8")
    found = result(archive, "lands")
    assert (found["items"], found["not_read"], found["hits"]) == (5, 2, 2)
    assert found["by_source"] == {"agency": 2}
    path.write_text(text + '[sources]\nexcept = ["tag:state-media"]\n', "utf-8")
    assert result(archive, "lands")["by_source"] == {"wire": 1}


def test_a_rule_whose_sources_leave_out_everything_says_so(desk: DeskFolder) -> None:
    desk.rule("lands", '"alien lands"')
    path = desk.path / "rules" / "lands.toml"
    path.write_text(path.read_text("utf-8") + '[sources]\nonly = ["agency"]\n', "utf-8")
    done = desk.watchd("try", "lands", "--text", "in alien lands")
    assert done.returncode == 1
    assert (
        "[sources] of the rule leaves out all of these items: it reads only agency" in done.stdout
    )
    assert "--source NAME" in done.stdout
    assert (
        desk.watchd("try", "lands", "--text", "in alien lands", "--source", "agency").returncode
        == 0
    )


def test_what_sources_leave_out_of_the_archive_is_told(archive: DeskFolder) -> None:
    path = archive.path / "rules" / "lands.toml"
    path.write_text(path.read_text("utf-8") + '[sources]\nonly = ["agnecy"]\n', "utf-8")
    done = archive.watchd("try", "lands")
    assert done.returncode == 1
    assert "leaves out all of these items: it reads only agnecy, and these are of" in done.stdout
    assert "--source" not in done.stdout


def test_an_archive_without_a_hit_shows_what_came_nearest(archive: DeskFolder) -> None:
    archive.rule("lands", '"alien lands" AND harvest AND (tractor OR plough)')
    done = archive.watchd("try", "lands")
    assert done.returncode == 1
    nearest = done.stdout.partition("Nearest to a hit:")[2]
    assert "»harvest«" in nearest or "»alien lands«" in nearest
    assert "No news" not in nearest
    assert 'there is none of "tractor", "plough"' in nearest


def test_an_archive_with_nothing_like_it_is_said_to_have_nothing(archive: DeskFolder) -> None:
    done = archive.watchd("try", "--query", "zeppelin AND balloon")
    assert "Not one of them comes near" in done.stdout


def test_a_text_that_does_not_match_says_what_is_missing(desk: DeskFolder) -> None:
    desk.rule("lands", '"alien lands" NEAR/2 hero*')
    text = "The heroes had come home again from the alien lands"
    done = desk.watchd("try", "lands", "--text", text)
    assert done.returncode == 1
    assert "The »heroes« had come home again from the »alien lands«" in done.stdout
    assert "What is missing" in done.stdout


def test_an_empty_text_is_not_the_archive(archive: DeskFolder) -> None:
    for words in (("try", "desk/lands", "--text", ""), ("explain", "--text", " ", "desk/lands")):
        done = archive.watchd(*words)
        assert (done.returncode, done.stdout) == (2, "")
        assert "the text is empty" in done.stderr


def test_no_archive_and_an_empty_one_are_told_apart(desk: DeskFolder) -> None:
    desk.rule("lands", '"alien lands"')
    told = desk.watchd("try", "lands").stderr
    assert "there is no database yet; `watchd run` makes it. Until then, try it on a text" in told
    assert all(option in told for option in ("--text", "--url", "--items"))
    desk.once()
    assert "There is nothing in the archive since" in desk.watchd("try", "lands").stdout


def test_a_noisy_rule_is_called_so_by_its_severity(desk: DeskFolder, tmp_path: Path) -> None:
    items = [news(n, f"Missile test number {n}", n / 2) for n in range(28)]
    path = write_items(tmp_path / "items.jsonl", items)
    desk.rule("calm", "missile", severity="low")
    desk.rule("loud", "missile", severity="critical")
    calm, loud = (result(desk, name, "--items", path) for name in ("calm", "loud"))
    assert calm["expected_per_week"] == loud["expected_per_week"] == pytest.approx(14.5, abs=1)
    assert (calm["noisy"], loud["noisy"]) == (False, True)
    said = desk.watchd("try", "loud", "--items", path).stdout
    assert "Noisy: alerts of severity critical go unread when they are more than 7 a week" in said
    assert "“Missile” is in 100% of the hits" in said
    assert "Noisy" not in desk.watchd("try", "calm", "--items", path).stdout


def test_each_feed_counts_over_the_time_that_its_own_items_span(
    desk: DeskFolder, site: Site
) -> None:
    """A busy feed lists two days, a slow one two months: one alert a day, and one a week."""
    desk.feed("busy", site.url("/busy.xml"))
    desk.feed("slow", site.url("/slow.xml"))
    words = ["Missile", "Rain"]
    busy = [news(n, f"{words[n % 10 > 0]} {n}", n / 10) for n in range(21)]
    slow = [news(n, f"Missile in {n}", n * 7) for n in range(11)]
    site.feed("/busy.xml", items=busy)
    site.feed("/slow.xml", items=slow)
    desk.rule("missiles", "missile")
    desk.once(TODAY)
    assert result(desk, "missiles")["expected_per_week"] == pytest.approx(10.5 + 1.1, abs=0.2)


def test_hits_without_a_date_are_counted_apart(desk: DeskFolder, tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text('{"title": "missile"}\n{"title": "missile", "published": "2026-01-08"}\n')
    done = desk.watchd("try", "--query", "missile", "--items", str(path))
    assert "and 1 hit in items without a date" in done.stdout
    path.write_text('{"title": "missile"}\n')
    assert result(desk, "--query", "missile", "--items", str(path))["expected_per_week"] is None


def test_a_rule_file_from_anywhere_uses_the_lists_of_the_desk(
    desk: DeskFolder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (desk.path / "rules" / "lists" / "lands.txt").write_text("alien lands\n", "utf-8")
    desk.rule("draft", "@lands")
    draft = tmp_path_factory.mktemp("elsewhere") / "draft.toml"
    (desk.path / "rules" / "draft.toml").rename(draft)
    done = desk.watchd("try", str(draft), "--text", "in alien lands")
    assert (done.returncode, "in »alien lands«" in done.stdout) == (0, True)
    assert "there is no rule 'draft'" in desk.watchd("try", "draft", "--text", "x").stderr


def test_a_rule_file_needs_no_config(desk: DeskFolder, tmp_path: Path) -> None:
    (desk.path / "rules" / "lists" / "lands.txt").write_text("alien lands\n", "utf-8")
    (desk.path / "rules" / "far").mkdir()
    desk.rule("far/lands", "@lands")
    path = desk.path / "rules" / "far" / "lands.toml"
    empty = tmp_path / "empty"
    empty.mkdir()
    for words in (("try", str(path), "--text", "in alien lands"), ("check", str(path))):
        done = watchd(*words, folder=empty)
        assert done.returncode == 0, done.stdout + done.stderr


def test_an_unknown_key_of_an_item_is_remarked_on_once(desk: DeskFolder, tmp_path: Path) -> None:
    lines = ['{"title": "Rocket"}', *2 * ['{"titel": "Rocket", "body": "x", "mood\\u001b": 1}']]
    (tmp_path / "items.jsonl").write_text("\n".join(lines), "utf-8")
    done = desk.watchd("try", "--query", "rocket", "--items", str(tmp_path / "items.jsonl"))
    assert "1 hit in 3 items" in done.stdout
    place = f"{tmp_path / 'items.jsonl'}:2: the key"
    assert done.stderr.count("is not looked at") == 3
    assert f"{place} 'titel' is not looked at; did you mean title?" in done.stderr
    assert f"{place} 'body' is not looked at; did you mean text?" in done.stderr
    assert "\x1b" not in done.stderr
    assert "an item has title, text, url, author, categories, lang, source," in done.stderr


@pytest.mark.parametrize("when", ["yesterday", "31.01.2026", 5])
def test_a_time_that_is_none_is_a_mistake(desk: DeskFolder, tmp_path: Path, when: object) -> None:
    rows = [{"title": "Rocket", "published": one} for one in ("", "2026-01-31", when)]
    (tmp_path / "items.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    done = desk.watchd("try", "--query", "rocket", "--items", str(tmp_path / "items.jsonl"))
    assert done.returncode == 1
    assert f"items.jsonl:3: error[C901]: not an item: published is '{when}'; write" in done.stderr


def test_the_item_that_the_docs_show_is_taken_in_full(desk: DeskFolder, tmp_path: Path) -> None:
    docs = (ROOT / "docs/rules.md").read_text("utf-8")
    (line,) = re.findall(r'`(\{"title": .+?\})`', docs)
    (tmp_path / "items.jsonl").write_text(line, "utf-8")
    query = "author:doe AND category:politics AND site:example.org AND source:wire AND lang:en"
    words = ("try", "--query", f"{query} AND wreath AND body:heroes", "--items")
    done = desk.watchd(*words, str(tmp_path / "items.jsonl"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 hit in 1 item, of 31 Jan 2026\n" in done.stdout


def test_a_handful_of_hits_says_nothing_of_a_week(desk: DeskFolder, tmp_path: Path) -> None:
    def told(hits: int, days: float) -> str:
        items = [news(n, "Rocket", 1 + days * n / max(hits - 1, 1)) for n in range(hits)]
        path = write_items(
            tmp_path / "items.jsonl", [{**one, "url": one.pop("link")} for one in items]
        )
        return desk.watchd("try", "--query", "rocket", "--items", path, "--samples", "0").stdout

    assert "a week" not in told(2, 3)
    assert "a week" in told(5, 3)
    assert "a week" in told(2, 9)
    assert "--samples" not in told(2, 3)


def test_a_rule_that_is_not_there_is_told_with_those_like_it(desk: DeskFolder) -> None:
    (desk.path / "rules/sea").mkdir()
    for name in ("sea/ships-attacked", "sea/ships-sunk", "sea/mines"):
        desk.rule(name, "ship")
    for typed, meant in {
        "ships": "'sea/ships-attacked' or 'sea/ships-sunk'",
        "sunk": "'sea/ships-sunk'",
        "mnies": "'mines'",
        "sea/": "'sea/mines' or 'sea/ships-attacked' or 'sea/ships-sunk'",
    }.items():
        done = desk.watchd("try", typed, "--text", "x")
        assert done.stderr.strip().endswith(f"; did you mean {meant}?"), done.stderr
    assert "mean" not in desk.watchd("try", "quite-else", "--text", "x").stderr


def test_a_list_that_only_lies_amiss_is_pointed_to(desk: DeskFolder) -> None:
    (desk.path / "rules/words.txt").write_text("rocket\n", "utf-8")
    desk.rule("rockets", "@words")
    amiss = f"{desk.path}/rules/words.txt is not read: move it to {desk.path}/rules/lists/words.txt"
    assert f"hint: {amiss}" in desk.watchd("try", "rockets", "--text", "x").stderr
    assert amiss in desk.watchd("lists", "words").stderr


def test_mistakes_in_a_rule_are_shown_in_full(desk: DeskFolder) -> None:
    desk.rule("wrong", "alien NAER/5 lands")
    desk.rule("right", "alien")
    done = desk.watchd("try", "wrong", "--text", "x")
    assert "wrong.toml:4:7: error[E105]" in done.stderr
    assert desk.watchd("try", "right", "--text", "alien").returncode == 0


def test_a_query_is_tried_without_a_file_and_with_the_lists(desk: DeskFolder) -> None:
    (desk.path / "rules" / "lists" / "lands.txt").write_text("alien lands\n", "utf-8")
    text = "heroes in alien lands"
    assert desk.watchd("try", "--query", "@lands NEAR/s hero*", "--text", text).returncode == 0
    assert "error[E105]" in desk.watchd("try", "--query", "a NAER/5 b", "--text", text).stderr
    assert desk.watchd("try", "--text", text).returncode == 2
    assert desk.watchd("try", "lands", "--query", "x", "--text", text).returncode == 2


def test_a_rule_that_is_off_or_past_its_day_can_be_tried(desk: DeskFolder) -> None:
    desk.rule("lands", '"alien lands"', status="off")
    path = desk.path / "rules" / "lands.toml"
    path.write_text("expires = 2020-01-01\n" + path.read_text("utf-8"), "utf-8")
    done = desk.watchd("try", "lands", "--text", "alien lands")
    assert done.returncode == 0
    assert 'The rule has status = "off": at work it finds nothing.' in done.stdout
    path.write_text(path.read_text("utf-8").replace('status = "off"', ""), "utf-8")
    done = desk.watchd("try", "lands", "--text", "alien lands")
    assert done.returncode == 0
    assert "The rule is past its last day, 2020-01-01" in done.stdout


def test_words_in_author_address_and_category_are_shown(desk: DeskFolder, tmp_path: Path) -> None:
    item = {
        "title": "Minister travels",
        "author": "Jane Doe",
        "url": "https://example.org/north-korea/9",
        "categories": ["Politics", "Asia"],
    }
    (tmp_path / "items.jsonl").write_text(json.dumps(item))
    query = 'author:doe AND url:"north-korea" AND category:asia'
    done = desk.watchd("try", "--query", query, "--items", str(tmp_path / "items.jsonl"))
    assert "author: Jane »Doe«" in done.stdout
    assert "url: https://example.org/»north-korea«/9" in done.stdout
    assert "category: »Asia«" in done.stdout


def test_words_stand_out_by_colour_where_there_is_some(desk: DeskFolder) -> None:
    words = ("try", "--query", "alien", "--text", "in alien lands")
    coloured = desk.watchd(*words, FORCE_COLOR="1", TERM="xterm").stdout
    assert "»" not in coloured
    assert "\x1b[1;33malien\x1b[0m" in coloured
    plain = desk.watchd(*words, FORCE_COLOR="1", TERM="xterm", NO_COLOR="1").stdout
    assert "»alien«" in plain
    assert "\x1b[1;33m" not in plain


def test_a_very_long_text_costs_no_screenful(desk: DeskFolder) -> None:
    text = "and so on " * 10_000 + "in alien lands"
    (desk.path / "long.txt").write_text(text, "utf-8")
    done = desk.watchd("try", "--query", "alien", "--file", str(desk.path / "long.txt"))
    assert "in »alien« lands" in done.stdout
    assert len(done.stdout) < 1500


def test_a_feed_by_its_address_has_the_name_and_tags_of_the_config(archive: DeskFolder) -> None:
    path = archive.path / "rules" / "lands.toml"
    path.write_text(path.read_text("utf-8") + '[sources]\nonly = ["tag:state-media"]\n', "utf-8")
    agency = next(line for line in archive.lines if "agency.xml" in line).split('"')[1]
    assert result(archive, "lands", "--url", agency)["by_source"] == {"agency": 2}


class TestDiff:
    """An edit, and what it would change."""

    def edited(self, archive: DeskFolder, query: str) -> DeskFolder:
        archive.rule("lands", query)
        return archive

    def test_it_shows_what_an_edit_gains_and_loses(self, archive: DeskFolder) -> None:
        desk = self.edited(archive, "title:hero* EXCEPT heroes")
        done = desk.watchd("try", "lands", "--diff")
        assert done.returncode == 1, done.stderr
        assert f"against the version of {ago(3.5):%d %b %Y %H:%M} UTC" in done.stdout
        assert "1 gained, 2 lost, 0 kept in 5 items" in done.stdout
        assert (
            f"+ {ago(5):%Y-%m-%d}  wire  https://example.org/3\n    A »heroic« dog" in done.stdout
        )
        assert f"- {ago(5):%Y-%m-%d}  agency  https://example.org/1" in done.stdout
        found = json.loads(desk.watchd("try", "lands", "--diff", "--json").stdout)
        assert (found["gained"], found["lost"], found["hits"], found["hits_before"]) == (1, 2, 1, 2)
        assert found["against"]["in_force"] == f"{ago(3.5):%Y-%m-%dT%H:%M:%SZ}"

    def test_an_edit_that_finds_the_same_is_no_difference(self, archive: DeskFolder) -> None:
        done = self.edited(archive, '"alien lands"').watchd("try", "lands", "--diff")
        assert "0 gained, 0 lost, 2 kept" in done.stdout
        assert done.returncode == 0

    def test_once_the_edit_is_in_force_it_is_compared_with_the_version_before(
        self, archive: DeskFolder
    ) -> None:
        desk = self.edited(archive, "hero*")
        desk.once(ago(1))
        done = desk.watchd("try", "lands", "--diff")
        assert f"against the version of {ago(3.5):%d %b %Y %H:%M} UTC" in done.stdout
        assert "1 gained, 0 lost" in done.stdout

    def test_an_edit_of_a_list_is_an_edit_of_the_rule(self, archive: DeskFolder) -> None:
        words = archive.path / "rules" / "lists" / "words.txt"
        words.write_text("harvest\n", "utf-8")
        archive.rule("listed", "@words")
        archive.once(ago(1))
        words.write_text("dog\n", "utf-8")
        assert "1 gained, 1 lost" in archive.watchd("try", "listed", "--diff").stdout

    def test_sources_are_part_of_what_is_compared(self, archive: DeskFolder) -> None:
        path = archive.path / "rules" / "lands.toml"
        path.write_text(path.read_text("utf-8") + '[sources]\nexcept = ["agency"]\n', "utf-8")
        done = archive.watchd("try", "lands", "--diff")
        assert "0 gained, 2 lost" in done.stdout
        assert "now [sources] leaves out agency" in done.stdout

    def test_a_renamed_rule_finds_its_past_by_the_id_it_had(self, archive: DeskFolder) -> None:
        (archive.path / "rules" / "lands.toml").unlink()
        archive.rule("new-lands", "hero*", was="lands")
        assert "1 gained, 0 lost" in archive.watchd("try", "new-lands", "--diff").stdout

    def test_without_an_older_version_it_says_why_there_is_nothing(
        self, archive: DeskFolder
    ) -> None:
        same = archive.watchd("try", "lands", "--diff")
        assert "every stored version of 'lands' means the same as its file" in same.stderr
        archive.rule("fresh", "hero*")
        fresh = archive.watchd("try", "fresh", "--diff")
        assert "no version of 'fresh' is stored yet" in fresh.stderr
        assert same.returncode == fresh.returncode == 1

    def test_without_a_database_the_way_round_is_told(self, desk: DeskFolder) -> None:
        desk.rule("fresh", "hero*")
        for words in ((), ("--items", "items.jsonl")):
            done = desk.watchd("try", "fresh", "--diff", *words)
            assert "no version of 'fresh' is stored yet" in done.stderr
            assert "use --against FILE" in done.stderr

    def test_two_files_can_be_compared_on_any_items(self, desk: DeskFolder, tmp_path: Path) -> None:
        desk.rule("one", "missile OR rocket")
        desk.rule("two", "missile OR balloon")
        titles = ("Missile", "Rocket", "Balloon", "Rain")
        path = write_items(tmp_path / "i.jsonl", [news(n, t, n) for n, t in enumerate(titles)])
        other = str(desk.path / "rules" / "two.toml")
        done = desk.watchd("try", "one", "--against", other, "--items", path)
        assert "1 gained, 1 lost, 1 kept in 4 items" in done.stdout
        gained, lost = done.stdout.split("\n- ")
        assert "»Rocket«" in gained
        assert "\n    Balloon\n" in lost.replace("»", "").replace("«", "")
        assert 'now there is none of "missile", "rocket"' in done.stdout


def test_scripts_find_the_fields_they_rely_on(archive: DeskFolder) -> None:
    found = result(archive, "lands")
    assert {
        "rule": "lands",
        "items": 5,
        "hits": 2,
        "noisy": False,
        "per_day": {f"{ago(5):%Y-%m-%d}": 1, f"{ago(2.2):%Y-%m-%d}": 1},
    }.items() <= found.items()
    assert found["expected_per_week"] is None  # two hits in three days say too little
    (newest, _) = found["samples"]
    assert newest["title"] == "In alien lands they fought as heroes"
    assert newest["evidence"][0] == {
        "field": "title",
        "start": 3,
        "end": 14,
        "quote": "alien lands",
    }
    missed = result(archive, "--query", "harvest AND tractor")
    assert missed["nearest"][0]["title"] == "The harvest is in"
    assert "tractor" in missed["nearest"][0]["why_not"]
