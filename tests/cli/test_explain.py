"""`watchd explain`: why did this rule match this item, or why did it not?"""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Answer as Reply
from tests.support.sinks import Hooks
from tests.support.site import Site

pytestmark = pytest.mark.xdist_group("explain")  # they share one archive

HOUR = timedelta(hours=1)
OLD = {"title": "Rice", "text": "Rice in alien lands.", "link": "https://x.example/1", "guid": "1"}
NEWS = {
    "title": "Honours for soldiers",
    "text": "They fought bravely in alien lands, the paper says. " + "More. " * 50 + "A hero came.",
    "link": "https://x.example/2",
    "guid": "2",
}


def watched(desk: DeskFolder, site: Site, hooks: Hooks) -> DeskFolder:
    """Two items: one of the first look at the feed, and one found and sent."""
    (desk.path / "rules" / "desk").mkdir()
    site.feed("/a.xml", [OLD])
    desk.feed("kcna", site.url("/a.xml"), tags=["state"])  # type: ignore[arg-type]
    desk.receiver("desk", f"json://{hooks.address}/one")
    desk.rule("desk/lands", '"alien lands" AND fought')
    desk.rule("desk/heroes", '"alien lands" NEAR/40 hero*')
    desk.rule("desk/draft", "bravely OR rice", status="draft")
    desk.once(NOW)
    site.feed("/a.xml", [NEWS, OLD])
    desk.once(NOW + HOUR)
    return desk


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> DeskFolder:
    """The two items, for tests that only look."""
    with Site() as site, Hooks() as hooks:
        return watched(DeskFolder(tmp_path_factory.mktemp("desk")), site, hooks)


@pytest.fixture
def live(desk: DeskFolder, site: Site, hooks: Hooks) -> DeskFolder:
    """The same, for tests in which more happens."""
    return watched(desk, site, hooks)


def told(desk: DeskFolder, *words: str) -> Any:
    return json.loads(desk.watchd("explain", *words, "--json").stdout)


def test_a_match_is_told_with_its_clauses_its_words_and_what_became_of_it(
    archive: DeskFolder,
) -> None:
    done = archive.watchd("explain", "2", "lands")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("item 2  kcna  https://x.example/2\n")
    assert "They »fought« bravely in »alien lands«" in done.stdout
    assert "desk/lands: it matches by “fought”, “alien lands”" in done.stdout
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert '✓ "alien lands"  “alien lands”' in lines
    assert "✓ fought  “fought”" in lines
    happened = lines[lines.index("What happened (times in UTC):") + 1 :]
    assert [line.split()[2] for line in happened] == [
        "fetched.schedule",
        "item.new",
        "rule.matched",
        "hit.alerted",
        "route.usual",
        "delivery.sent",
    ]
    assert re.search(r"desk/lands: it matched by “fought”, “alien lands” \(hit \d+\)", happened[2])
    assert happened[2].startswith("2026-01-08 10:00  rule.matched")
    assert re.search(r"desk/json:127\.0\.0\.1:\d+: sent$", happened[-1])


def test_a_miss_says_what_came_nearest(archive: DeskFolder) -> None:
    done = archive.watchd("explain", "https://x.example/2", "desk/heroes")
    assert done.returncode == 1
    said = "“alien lands” is 54 words away from “hero”, NEAR/40 allows 40"
    assert f"desk/heroes does not match: {said}\n" in done.stdout
    assert f'\n  ✗ "alien lands" NEAR/40 hero*  {said}\n' in done.stdout
    assert "rule.not                desk/heroes: does not match: “alien lands” is 54" in done.stdout


def test_a_hit_that_was_not_sent_says_why(archive: DeskFolder) -> None:
    said = "the rule was a draft or in test: kept, not sent"
    assert said in archive.watchd("explain", "2", "draft").stdout


def test_a_hit_of_the_first_look_was_kept(live: DeskFolder, site: Site, hooks: Hooks) -> None:
    live.feed("wire", site.url("/b.xml"))
    site.feed("/b.xml", [{**NEWS, "link": "https://x.example/3"}])
    live.once(NOW + 2 * HOUR)
    assert "found at the first look" in live.watchd("explain", "3", "lands").stdout


def test_a_copy_names_the_hit_that_was_sent(live: DeskFolder, site: Site) -> None:
    site.feed("/a.xml", [{**NEWS, "guid": "8", "link": "https://x.example/8"}])
    live.once(NOW + 2 * HOUR)
    said = live.watchd("explain", "3", "lands").stdout
    sent = json.loads(live.watchd("hits", "--json").stdout)
    [first] = [one["id"] for one in sent if one["item"]["id"] == 2 and "lands" in one["rule"]]
    assert f"the rule had told of the same story before: not sent again: hit {first}" in said


def test_a_delivery_that_fails_is_told(live: DeskFolder, site: Site, hooks: Hooks) -> None:
    hooks.answer("/one", Reply(status=500))
    other = {"title": "Medals", "text": "Two fought in alien lands."}
    site.feed("/a.xml", [{**other, "guid": "9", "link": "https://x.example/9"}])
    live.once(NOW + 2 * HOUR)
    assert re.search(r"desk/json:\S+: to be sent: \w", live.watchd("explain", "3", "lands").stdout)


def test_a_rule_that_came_later_has_no_hit_and_an_edited_one_is_another_version(
    live: DeskFolder,
) -> None:
    live.rule("desk/new", "bravely")
    assert "there is no such hit in the archive" in live.watchd("explain", "2", "new").stdout
    live.rule("desk/lands", '"alien lands"')
    assert "by another version of the rule" in live.watchd("explain", "2", "lands").stdout


def test_of_an_edited_item_the_newest_revision_is_looked_at(live: DeskFolder, site: Site) -> None:
    site.feed("/a.xml", [{**NEWS, "text": "They fought."}])
    live.once(NOW + 2 * HOUR)
    done = live.watchd("explain", "2", "lands")
    assert "item 2  revision 2  kcna" in done.stdout
    assert 'does not match: there is no "alien lands"' in done.stdout


def test_sources_and_status_keep_a_rule_away(live: DeskFolder) -> None:
    path = live.path / "rules" / "desk" / "lands.toml"
    path.write_text(path.read_text("utf-8") + '[sources]\nexcept = ["tag:state"]\n', "utf-8")
    done = live.watchd("explain", "2", "lands")
    assert done.returncode == 1
    assert "✗ [sources] leaves out the feed 'kcna': the rule reads all feeds but tag:state" in (
        done.stdout
    )


def test_without_a_rule_all_that_match_are_listed_and_the_nearest(archive: DeskFolder) -> None:
    done = archive.watchd("explain", "2")
    assert done.returncode == 0, done.stderr
    assert "2 rules match this item\n" in done.stdout
    assert "✓ desk/lands  it matches by “fought”, “alien lands”\n" in done.stdout
    assert "nearest of the others:\n✗ desk/heroes  “alien lands” is 54 words" in done.stdout


def test_rules_that_cannot_be_read_are_left_out_and_said_to_be(live: DeskFolder) -> None:
    live.rule("desk/draft", "nothing")
    (live.path / "rules" / "desk" / "lands.toml").write_text("oops", "utf-8")
    done = live.watchd("explain", "2")
    assert done.returncode == 1
    assert "0 rules match this item" in done.stdout
    assert "1 rule has mistakes" in done.stderr


def test_a_text_or_a_file_of_items_can_be_explained(archive: DeskFolder) -> None:
    done = archive.watchd("explain", "--text", "fought in alien land", "lands")
    assert done.returncode == 1
    assert 'the text has “alien land”: write "alien land*"' in done.stdout
    title = ["--title", "Fought in alien lands", "--lang", "en", "--source", "kcna"]
    assert archive.watchd("explain", *title, "lands").returncode == 0
    items = archive.path / "items.jsonl"
    lines = [{"text": "no"}, {"text": "fought in alien lands", "source": "wire"}]
    items.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    assert archive.watchd("explain", "--items", str(items), "lands").returncode == 1
    second = archive.watchd("explain", "--items", str(items), "--line", "2", "lands")
    assert second.stdout.startswith("wire\n")
    third = archive.watchd("explain", "--items", str(items), "--line", "3", "lands")
    assert "there is no item number 3 in this file" in third.stderr


def test_the_json_has_the_tree(archive: DeskFolder) -> None:
    found = told(archive, "2", "lands")
    assert (found["item"]["id"], found["item"]["source"]) == (2, "kcna")
    (rule,) = found["rules"]
    assert (rule["rule"], rule["matches"], rule["left_out"]) == ("desk/lands", True, [])
    tree = rule["tree"]
    assert (tree["kind"], tree["true"], tree["count"], tree["note"]) == ("AND", True, 2, None)
    phrase, _ = tree["parts"]
    assert phrase["clause"] == '"alien lands"'
    assert phrase["found"] == [{"field": "body", "start": 23, "end": 34, "quote": "alien lands"}]
    (delivery,) = rule["hit"]["deliveries"]
    assert delivery["endpoint"].startswith("desk/json:")
    assert (delivery["state"], delivery["error"]) == ("sent", None)
    everything = told(archive, "2")
    assert [(one["rule"], one["matches"]) for one in everything["rules"]] == [
        ("desk/draft", True),
        ("desk/lands", True),
        ("desk/heroes", False),
    ]
    assert told(archive, "--text", "x", "lands")["rules"][0]["hit"] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["99", "lands"], "there is no item 99 in the archive"),
        (["https://x.example/none", "lands"], "there is no item https://x.example/none"),
        (["lands", "2"], "'lands' is no item: give its number"),
        (["2", "lnds"], "did you mean"),
        ([], "give one of ITEM, --text (with --title), --items"),
        (["2", "lands", "--source", "kcna"], "--source goes with --text or --items"),
        (["--text", "x", "2", "lands"], "give one of ITEM, --text (with --title), --items"),
    ],
)
def test_what_cannot_be_explained_is_said(archive: DeskFolder, words: list[str], said: str) -> None:
    done = archive.watchd("explain", *words)
    assert done.returncode != 0
    assert said in " ".join(done.stderr.split())


def test_a_rule_alone_is_no_item_also_without_a_database(desk: DeskFolder) -> None:
    desk.rule("lands", '"alien lands"')
    done = desk.watchd("explain", "lands")
    assert done.returncode == 1
    assert done.stderr.startswith("watchd: 'lands' is no item: give its number, as `watchd items`")


def the_way(desk: DeskFolder) -> tuple[str, str]:
    """How the one delivery of an item is said to have been routed: reason and words."""
    (step,) = [one for one in told(desk, "2")["chain"] if one["reason"].startswith("route.")]
    return step["reason"], step["text"]


def test_the_route_is_told_that_was_taken_then_and_where_the_config_says_otherwise_now(
    live: DeskFolder,
) -> None:
    usual = "by the usual way (no [[route]], so every receiver but ops) to desk, now"
    assert the_way(live) == ("route.usual", usual)
    live.route(receivers="desk", severity="low")
    gone = f"{usual}; by the config as it is now no route would bring it there"
    assert the_way(live) == ("route.changed", gone)
    live.route(receivers="desk", severity=["high"], rules="desk/*", mode="daily@07:30")
    live.route(receivers="desk", mode="now")
    now = "route 3 (takes everything), ahead of route 2"
    assert the_way(live) == ("route.usual", f"{usual}; by the config as it is now: {now}")
    listed = live.watchd("outbox", "list", "--all", "--json").stdout
    assert [one["route"] for one in json.loads(listed)] == [
        "the usual way (no [[route]], so every receiver but ops)"
    ]


def test_of_what_was_decided_before_routes_were_kept_the_config_as_it_is_now_tells(
    live: DeskFolder,
) -> None:
    with sqlite3.connect(live.path / "watchd.db") as database:
        database.execute("UPDATE deliveries SET route = NULL")
    live.route(receivers="desk", severity=["high"])
    assert the_way(live) == (
        "route.taken",
        "by route 1 (severity high) to desk, now; so by the config as it is now: what it was then "
        "was not kept",
    )
    live.config.write_text(live.config.read_text().replace('severity = ["high"]', 'severity="low"'))
    assert the_way(live) == (
        "route.changed",
        "to desk, now; by the config as it is now no route brings it there",
    )


@pytest.mark.parametrize("fewer", [1, 2])
def test_of_a_feed_that_went_quiet_it_is_said_that_it_was_told(
    desk: DeskFolder, site: Site, fewer: int
) -> None:
    today = datetime.now(UTC).replace(microsecond=0)
    flatline = 'type = "flatline"\n[flatline]\nsources = ["kcna"]\nwithin = "1d"\n'
    flatline += f"fewer_than = {fewer}\n"
    rule = f'title = "T"\nseverity = "low"\n{flatline}'
    (desk.path / "rules" / "quiet.toml").write_text(rule, "utf-8")
    for name in ("kcna", "other"):
        desk.feed(name, site.url(f"/{name}.xml"))
        site.feed(f"/{name}.xml", [{"title": name, "link": f"https://x.example/{name}"}])
    for days in (3, 1):
        desk.once(today - timedelta(days=days))
    if fewer > 1:  # one item more is still fewer, and was told with the first
        site.feed("/kcna.xml", [{"title": "more", "link": "https://x.example/more"}])
    desk.once(today)
    items = {one.feed: f"{one.id}" for one in desk.items()}
    *_, counts, stands = told(desk, items["kcna"], "quiet")["chain"]
    assert "an alert was made" in counts["text"] or "not sent" in counts["text"]
    assert stands["text"].startswith(
        f"it would alert: {('0 items', '1 item')[fewer - 1]} of kcna in 1d"
    )
    assert stands["text"].endswith("; it has told so, and waits for the feed to speak")
    *_, counts, _ = told(desk, items["other"], "quiet")["chain"]
    assert counts["text"].endswith("it has no query, and does not watch the feed of the item")


def test_a_hit_is_asked_about_by_its_number(live: DeskFolder) -> None:
    (hit,) = [
        one.id for one in live.hits() if one.hit.rule == "desk/lands" and not one.stored.baseline
    ]
    done = live.watchd("explain", f"hit:{hit}")
    assert done.returncode == 0, done.stderr
    assert "desk/lands: it matches by" in done.stdout
    assert "desk/draft" not in done.stdout
    found = told(live, f"hit:{hit}")
    assert {one["hit"] for one in found["chain"]} == {None, hit}
    (live.path / "rules" / "desk" / "lands.toml").unlink()
    gone = live.watchd("explain", f"hit:{hit}")
    assert gone.returncode == 1
    assert "the rule as it is now is left out" in gone.stderr
    assert "delivery.sent" in gone.stdout
    assert "there is no hit 99" in live.watchd("explain", "hit:99").stderr


def test_without_a_rule_everything_that_happened_is_told(archive: DeskFolder) -> None:
    first = told(archive, "1")["chain"]
    assert [one["reason"] for one in first][:2] == ["fetched.first", "item.baseline"]
    second = told(archive, "2")["chain"]
    reasons = [one["reason"] for one in second]
    assert {"hit.quiet", "hit.alerted", "delivery.sent"} <= set(reasons)
    (sent,) = [one for one in second if one["reason"] == "delivery.sent"]
    assert sent["at"] is not None
    assert sent["endpoint"].startswith("desk/json:")


def test_the_reasons_of_the_last_day_are_counted(live: DeskFolder) -> None:
    counted = json.loads(live.watchd("status", "--json").stdout)["reasons"]
    assert counted == {}  # all of it happened long before the day before now
