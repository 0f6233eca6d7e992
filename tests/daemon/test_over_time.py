"""Rules over time at work: rounds of the daemon, from feeds to what the receivers got."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Hooks
from tests.support.site import Site
from watchd.model import HitStatus

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Paper:
    """A feed of a test's own: what it has published so far, and the desk that reads it."""

    def __init__(self, desk: DeskFolder, site: Site, hooks: Hooks) -> None:
        self.desk, self.site, self.hooks = desk, site, hooks
        self.entries: list[dict[str, str]] = []
        self.publish("Rice planting", NOW - DAY)
        desk.feed("kcna", site.url("/a.xml"), publisher="KCNA")
        desk.receiver("desk", f"json://{hooks.address}/one")

    def publish(self, text: str, at: datetime) -> None:
        number = str(len(self.entries) + 1)
        entry = {"title": f"Report {number}", "text": text, "guid": number}
        entry |= {"link": f"https://x.example/{number}", "date": format_datetime(at)}
        self.entries.insert(0, entry)
        self.site.feed("/a.xml", self.entries)

    def rule(self, kind: str, table: str, query: str = "alien", **more: str) -> None:
        asks = "" if kind in ("sequence", "flatline") else f"query = '{query}'\n"
        top = "".join(f'{key} = "{value}"\n' for key, value in more.items())
        text = f'title = "Over time"\nseverity = "high"\ntype = "{kind}"\nwhy = "It matters."\n'
        path = self.desk.path / "rules" / f"{kind}.toml"
        path.write_text(f"{text}{top}{asks}[{kind}]\n{table}\n", "utf-8")

    def told(self) -> list[str]:
        return [post.json()["message"] for post in self.hooks.received]


@pytest.fixture
def paper(desk: DeskFolder, site: Site, hooks: Hooks) -> Paper:
    return Paper(desk, site, hooks)


def test_so_many_within_a_time_make_one_alert_with_its_numbers(paper: Paper) -> None:
    paper.rule("frequency", 'at_least = 2\nwithin = "1d"')
    paper.desk.once(NOW)
    paper.publish("An alien came.", NOW + HOUR)
    paper.desk.once(NOW + HOUR)
    assert paper.told() == []
    paper.publish("An alien left.", NOW + 2 * HOUR)
    for hours in (2, 3, 4):
        paper.desk.once(NOW + hours * HOUR)
    (message,) = paper.told()
    assert "2 items in 1d; the rule asks for 2\n" in message
    assert "Why: It matters. · matched" in message
    assert "https://x.example/3" in message
    (hit,) = paper.desk.hits()
    assert hit.hit.status is HitStatus.ALERTED
    assert hit.hit.over_time is not None
    assert (hit.hit.over_time.value, hit.hit.over_time.items) == (2, (3, 2))


def test_what_an_edit_takes_out_counts_no_longer(paper: Paper) -> None:
    paper.rule("frequency", 'at_least = 3\nwithin = "1d"')
    paper.desk.once(NOW)
    for hours in (1, 2):
        paper.publish("An alien came.", NOW + hours * HOUR)
        paper.desk.once(NOW + hours * HOUR)
    paper.entries[0]["text"] = "A correction: nobody came."
    paper.site.feed("/a.xml", paper.entries)
    paper.desk.once(NOW + 3 * HOUR)
    paper.publish("An alien left.", NOW + 4 * HOUR)
    paper.desk.once(NOW + 4 * HOUR)
    assert paper.told() == []
    paper.publish("Another alien left.", NOW + 5 * HOUR)
    paper.desk.once(NOW + 5 * HOUR)
    assert len(paper.told()) == 1


NEW_TERM = 'history = "90d"'
WARM = NOW - 100 * DAY


def test_a_wording_that_an_edit_adds_to_what_was_told_is_told(paper: Paper) -> None:
    paper.rule("new_term", 'history = "36500d"', query='"alien *"')
    paper.desk.once(WARM)
    paper.publish("The alien ship.", NOW + HOUR)
    paper.desk.once(NOW + HOUR)
    assert "‘alien ship’: not used" in paper.told()[0]
    paper.entries[0]["text"] = "The alien ship. The alien crew."
    paper.site.feed("/a.xml", paper.entries)
    paper.desk.once(NOW + 2 * HOUR)
    (_, second) = paper.told()
    assert "‘alien crew’: not used" in second
    (*_, stand) = explained(paper, "2", "new_term")
    assert stand.endswith("no alert: no new wording")


def test_a_wording_is_not_told_again_when_an_older_item_comes_in_late(paper: Paper) -> None:
    paper.rule("new_term", NEW_TERM, query='"alien *"')
    paper.desk.once(WARM)
    paper.publish("The alien ship.", NOW + 3 * HOUR)
    paper.desk.once(NOW + 3 * HOUR)
    paper.publish("Once more the alien ship.", NOW + HOUR)
    paper.desk.once(NOW + 4 * HOUR)
    assert len(paper.told()) == 1


def test_an_alert_shows_a_picture_and_each_story_behind_it_once(paper: Paper, site: Site) -> None:
    paper.rule("frequency", 'at_least = 3\nwithin = "1d"')
    paper.desk.feed("rodong", site.url("/b.xml"), publisher="Rodong Sinmun")
    site.feed("/b.xml", [])
    paper.desk.once(NOW)
    paper.publish("An alien came.", NOW + HOUR)
    paper.desk.once(NOW + HOUR)
    copy = {**paper.entries[0], "link": "https://r.example/1"}
    copy["date"] = format_datetime(NOW + 2 * HOUR)
    site.feed("/b.xml", [copy])
    paper.desk.once(NOW + 2 * HOUR)
    paper.publish("An alien left.", NOW + 3 * HOUR)
    paper.desk.once(NOW + 3 * HOUR)
    (message,) = paper.told()
    assert "— 3 items in 1d; the rule asks for 3\n" in message
    assert (
        "▁▁▁▁▁▁▁▁▁▁▁▁▇▇ 2026-01-07 12:00 to 2026-01-08 12:00 UTC in 14 bars, the highest 1 story"
    ) in message
    assert (
        "- Report 3\n  KCNA · 2026-01-08 12:00 UTC\n  https://x.example/3\n"
        "- Report 2\n  KCNA · 2026-01-08 10:00 UTC\n  https://x.example/2\n\n"
    ) in message


def test_after_an_alert_the_rule_rests_for_its_window(paper: Paper) -> None:
    paper.rule("frequency", 'at_least = 2\nwithin = "1d"')
    paper.desk.once(NOW)
    for hours in (1, 2, 3, 25, 26, 27):
        paper.publish(f"Alien {hours}.", NOW + hours * HOUR)
        paper.desk.once(NOW + hours * HOUR)
    assert [hit.at for hit in paper.desk.hits()] == [NOW + 26 * HOUR, NOW + 2 * HOUR]


def test_what_stood_in_the_first_look_counts_and_starts_nothing(paper: Paper) -> None:
    paper.rule("frequency", 'at_least = 3\nwithin = "2d"')
    for number in range(4):
        paper.publish(f"Alien {number}.", NOW - 6 * HOUR)
    paper.desk.once(NOW)
    paper.desk.once(NOW + HOUR)
    assert paper.told() == []
    paper.publish("One more alien.", NOW + 2 * HOUR)
    paper.desk.once(NOW + 2 * HOUR)
    assert "5 items in 2d" in paper.told()[0]


def test_a_new_rule_knows_the_archive_and_an_edit_starts_no_storm(paper: Paper) -> None:
    paper.desk.once(NOW)
    for number in range(4):
        paper.publish(f"Alien {number}.", NOW + HOUR)
    paper.desk.once(NOW + HOUR)
    paper.rule("frequency", 'at_least = 5\nwithin = "2d"')
    paper.desk.once(NOW + 2 * HOUR)
    paper.rule("frequency", 'at_least = 4\nwithin = "2d"')
    paper.desk.once(NOW + 3 * HOUR)
    assert paper.told() == []
    paper.publish("The fifth alien.", NOW + 4 * HOUR)
    paper.desk.once(NOW + 4 * HOUR)
    assert "5 items in 2d; the rule asks for 4" in paper.told()[0]


def test_what_came_while_watchd_was_away_counts_by_when_it_was_published(paper: Paper) -> None:
    paper.rule("frequency", 'at_least = 2\nwithin = "2h"')
    paper.desk.once(NOW)
    paper.publish("An alien came.", NOW + HOUR)
    paper.publish("An alien left.", NOW + 2 * HOUR)
    paper.publish("An alien wrote.", NOW + 40 * HOUR)
    paper.desk.once(NOW + 60 * HOUR)
    (hit,) = paper.desk.hits()
    assert hit.stored.item.guid == "3"


def test_a_draft_is_kept_and_not_sent(paper: Paper) -> None:
    paper.rule("frequency", 'at_least = 1\nwithin = "2h"', status="test")
    paper.desk.once(NOW)
    paper.publish("An alien came.", NOW + HOUR)
    paper.desk.once(NOW + HOUR)
    assert [hit.status for hit in paper.desk.hits()] == ["quiet"]
    assert paper.told() == []


def test_an_edit_that_says_it_counts(paper: Paper) -> None:
    paper.rule("frequency", 'at_least = 1\nwithin = "2h"')
    paper.desk.once(NOW)
    paper.publish("Somebody came.", NOW + HOUR)
    paper.desk.once(NOW + HOUR)
    paper.entries[0]["text"] = "An alien came."
    paper.site.feed("/a.xml", paper.entries)
    paper.desk.once(NOW + 2 * HOUR)
    assert len(paper.told()) == 1


def test_a_feed_that_goes_quiet_is_told_once_until_it_speaks(paper: Paper) -> None:
    paper.rule("flatline", 'sources = ["kcna"]\nwithin = "1d"')
    paper.desk.once(NOW)
    for hours in (6, 12, 18, 23):
        paper.desk.once(NOW + hours * HOUR)
    assert paper.told() == []  # it has not been read for a day yet
    for hours in (25, 30, 36):
        paper.desk.once(NOW + hours * HOUR)
    (message,) = paper.told()
    assert "0 items of kcna in 1d, the last one 2026-01-07 09:00 UTC" in message
    paper.publish("It speaks.", NOW + 37 * HOUR)
    for hours in range(37, 70, 5):
        paper.desk.once(NOW + hours * HOUR)
    assert len(paper.told()) == 2


def test_a_feed_that_says_less_is_told_once_until_it_says_as_much_again(paper: Paper) -> None:
    paper.rule("flatline", 'sources = ["kcna"]\nwithin = "1d"\nfewer_than = 3')
    paper.desk.once(NOW)
    for hours in range(13, 80, 13):  # two a day
        paper.publish(f"Report at {hours}.", NOW + hours * HOUR)
        paper.desk.once(NOW + hours * HOUR)
    assert len(paper.told()) == 1
    for hours in (81, 82, 83):
        paper.publish(f"Report at {hours}.", NOW + hours * HOUR)
    paper.desk.once(NOW + 84 * HOUR)
    for hours in (104, 108, 130):
        paper.desk.once(NOW + hours * HOUR)
    assert len(paper.told()) == 2


def test_a_silence_that_was_told_is_not_told_again_under_a_new_name(paper: Paper) -> None:
    paper.rule("flatline", 'sources = ["kcna"]\nwithin = "1d"')
    for hours in (0, 6, 12, 18, 23, 25):
        paper.desk.once(NOW + hours * HOUR)
    assert len(paper.told()) == 1
    old = paper.desk.path / "rules" / "flatline.toml"
    text = old.read_text("utf-8").replace("type =", 'was = "flatline"\ntype =')
    (old.parent / "quiet.toml").write_text(text, "utf-8")
    old.unlink()
    for hours in (26, 30):
        paper.desk.once(NOW + hours * HOUR)
    assert len(paper.told()) == 1


def test_a_step_that_did_not_come_is_told_when_its_time_has_run_out(paper: Paper) -> None:
    step = '[[sequence.step]]\nname = "{0}"\nquery = "{0}"\n'
    steps = step.format("launch") + step.format("denial") + "absent = true"
    paper.rule("sequence", f'within = "12h"\n{steps}')
    paper.desk.once(NOW)
    paper.publish("A launch.", NOW + HOUR)
    for hours in (1, 6, 12):
        paper.desk.once(NOW + hours * HOUR)
    assert paper.told() == []
    for hours in (14, 15):
        paper.desk.once(NOW + hours * HOUR)
    (message,) = paper.told()
    assert "launch 08 Jan 10:00; no denial, within 12h" in message
    assert "▇▁▁▁▁▁▁▁▁▁▁▁▁▁ 2026-01-08 10:00 to 2026-01-08 22:00 UTC in 14 bars" in message


SHIP_THEN_DENIAL = """within = "12h"
[[sequence.step]]
name = "ship"
rule = "landing"
[[sequence.step]]
name = "denial"
query = "denial"
"""


def test_a_step_may_be_another_rule(paper: Paper) -> None:
    paper.desk.rule("landing", '"alien ship"', status="off")
    paper.rule("sequence", SHIP_THEN_DENIAL)
    paper.desk.once(NOW)
    paper.publish("An alien ship.", NOW + HOUR)
    paper.publish("A denial.", NOW + 2 * HOUR)
    paper.desk.once(NOW + 2 * HOUR)
    assert "ship 08 Jan 10:00; denial 08 Jan 11:00, within 12h" in paper.told()[0]


def test_a_step_that_is_another_rule_has_its_sources(paper: Paper) -> None:
    paper.desk.rule("landing", '"alien ship"', status="off")
    landing = paper.desk.path / "rules" / "landing.toml"
    landing.write_text(landing.read_text("utf-8") + '[sources]\nexcept = ["kcna"]\n', "utf-8")
    paper.rule("sequence", SHIP_THEN_DENIAL)
    paper.desk.once(NOW)
    paper.publish("An alien ship.", NOW + HOUR)
    paper.publish("A denial.", NOW + 2 * HOUR)
    paper.desk.once(NOW + 2 * HOUR)
    assert paper.told() == []


def test_an_edit_of_the_rule_that_a_step_names_changes_what_counts(paper: Paper) -> None:
    paper.desk.rule("landing", '"alien ship"', status="off")
    paper.rule("sequence", SHIP_THEN_DENIAL)
    paper.desk.once(NOW)
    paper.publish("An alien ship.", NOW + HOUR)
    paper.desk.once(NOW + HOUR)
    paper.desk.rule("landing", '"alien boat"', status="off")
    paper.publish("A denial.", NOW + 2 * HOUR)
    for hours in (2, 3):
        paper.desk.once(NOW + hours * HOUR)
    assert paper.told() == []
    paper.publish("An alien boat.", NOW + 4 * HOUR)
    paper.desk.once(NOW + 4 * HOUR)
    assert "ship 08 Jan 13:00; denial 08 Jan 11:00" in paper.told()[0]
    (*_, stand) = explained(paper, "4", "sequence")
    assert "no ship, denial" in stand


@pytest.mark.parametrize(("only", "told"), [("tag:state", 1), ("other", 0)])
def test_both_rules_are_for_the_feed_of_a_step(paper: Paper, only: str, told: int) -> None:
    lines = paper.desk.lines
    lines.insert(lines.index('name = "kcna"'), 'tags = ["state"]')
    paper.desk.write()
    paper.desk.rule("landing", '"alien ship"', status="off")
    landing = paper.desk.path / "rules" / "landing.toml"
    landing.write_text(landing.read_text("utf-8") + f'[sources]\nonly = ["{only}"]\n', "utf-8")
    step = '[[sequence.step]]\nname = "{0}"\n{1} = "{2}"\n'
    steps = step.format("ship", "rule", "landing") + step.format("denial", "query", "denial")
    paper.rule("sequence", f'within = "12h"\n{steps}[sources]\nonly = ["kcna"]')
    paper.desk.once(NOW)
    paper.publish("An alien ship.", NOW + HOUR)
    paper.publish("A denial.", NOW + 2 * HOUR)
    paper.desk.once(NOW + 2 * HOUR)
    assert len(paper.told()) == told


def test_route_tells_where_the_hits_of_a_rule_over_time_go(paper: Paper) -> None:
    paper.rule("frequency", 'at_least = 2\nwithin = "1d"')
    done = paper.desk.watchd("route", "frequency")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("frequency: high\n")


def explained(paper: Paper, *words: str) -> list[str]:
    """What `watchd explain` tells of what happened, without times."""
    done = paper.desk.watchd("explain", *words)
    assert done.stderr == ""
    told = done.stdout.partition("What happened (times in UTC):\n")[2]
    lines = [" ".join(line[20:].split()) for line in told.splitlines()]
    return [line for line in lines if "over-time" in line or "rule." in line]


def test_explain_tells_what_made_an_alert_and_how_the_rule_stands(paper: Paper) -> None:
    paper.rule("frequency", 'at_least = 2\nwithin = "36500d"', query="alien*")
    paper.desk.once(NOW)
    paper.publish("An alien came, and aliens spoke.", NOW + HOUR)
    paper.desk.once(NOW + HOUR)
    paper.publish("An alien left.", NOW + 2 * HOUR)
    paper.desk.once(NOW + 2 * HOUR)
    said = explained(paper, "hit:1")
    assert said[:2] == [
        "over-time.counted frequency: it counts for the rule: query ×1; ‘alien’",
        "rule.matched frequency: it matched by “alien” (hit 1)",
    ]
    assert said[2:5] == [
        "over-time.numbers frequency: 2 items in 36500d; the rule asks for 2 (hit 1)",
        "over-time.behind frequency: item 3 (kcna): query ×1; ‘alien’; “Report 3” (hit 1)",
        "over-time.behind frequency: item 2 (kcna): query ×2; ‘alien’, ‘aliens’; “Report 2” "
        "(hit 1)",
    ]
    assert said[5].startswith("over-time.stand frequency: it would alert: 2 items in 36500d; the")
    assert "; after its alert it rests until 21" in said[5]


def test_explain_tells_whether_an_item_counts_and_by_which_step(paper: Paper) -> None:
    step = '[[sequence.step]]\nname = "{0}"\nquery = "{0}"\n'
    paper.rule("sequence", f'within = "36500d"\n{step.format("launch")}{step.format("crew")}')
    paper.desk.once(NOW)
    paper.publish("A crew of two.", NOW + HOUR)
    paper.desk.once(NOW + HOUR)
    said = explained(paper, "2", "sequence")
    assert said == [
        "over-time.counted sequence: it counts for the rule: step 2 ×1",
        "over-time.stand sequence: no alert: crew in 36500d; no launch",
    ]
    done = paper.desk.watchd("explain", "1", "sequence")
    assert done.returncode == 1
    assert "sequence sequence.step.0.query does not match: " in done.stdout
    said = "rule.not                sequence: does not count for the rule: no query of it"
    assert said in done.stdout


def test_explain_says_until_when_a_rule_over_time_is_not_ready(paper: Paper) -> None:
    paper.rule("spike", 'window = "1000d"\nbaseline = "4000d"')
    paper.desk.once(NOW)
    (*_, stand) = explained(paper, "1", "spike")
    assert stand.startswith("over-time.stand spike: not ready: ")
    assert " until 20" in stand


def test_explain_tells_of_a_rule_over_time_that_is_not_in_force(paper: Paper) -> None:
    paper.desk.once(NOW)
    paper.rule("flatline", 'sources = ["kcna"]\nwithin = "1d"')
    (*_, stand) = explained(paper, "1", "flatline")
    assert stand.endswith("has not been taken up by watchd yet, or is switched off")
    paper.desk.once(NOW + HOUR)
    (*_, stand) = explained(paper, "1", "flatline")
    assert "over-time.stand flatline: " in stand
    assert "kcna" in stand
