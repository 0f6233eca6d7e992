"""When alerts are sent: whole rounds of the daemon, with the clock where a test puts it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Answer, Hooks
from tests.support.site import Site
from watchd.model import Rate
from watchd.store import claiming, open_store
from watchd.store.limits import Limits

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
OLD = {"title": "Rice", "text": "All is well.", "link": "https://x.example/1", "guid": "old"}


class Newsroom:
    """One feed that brings what a test says, and a receiver that remembers."""

    def __init__(self, desk: DeskFolder, site: Site, hooks: Hooks) -> None:
        self.desk, self.site, self.hooks = desk, site, hooks
        self.entries = [OLD]
        site.feed("/a.xml", self.entries)
        desk.feed("kcna", site.url("/a.xml"), interval="20s")
        desk.receiver("desk", f"json://{hooks.address}/desk")

    def starts(self, now: datetime = NOW) -> None:
        self.desk.once(now)

    def brings(self, *texts: str, at: datetime) -> None:
        for text in texts:
            number = len(self.entries)
            link = f"https://x.example/{number}"
            entry = {"title": f"{text} {number}", "text": text, "link": link, "guid": str(number)}
            self.entries.insert(0, entry)
        self.site.feed("/a.xml", self.entries)
        self.desk.once(at)

    def messages(self, path: str = "/desk") -> list[str]:
        posts = [post.json() for post in self.hooks.at(path) if post.status == 200]
        return [f"{post['title']}\n{post['message']}" for post in posts]


@pytest.fixture
def room(desk: DeskFolder, site: Site, hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> Newsroom:
    monkeypatch.setenv("TZ", "UTC")
    desk.rule("war", "war", severity="high")
    desk.rule("tea", "tea", severity="medium")
    desk.rule("rice", "harvest", severity="low")
    desk.rule("coup", "coup", severity="critical")
    return Newsroom(desk, site, hooks)


def test_without_a_word_in_the_config_the_level_says_when(room: Newsroom) -> None:
    room.starts()
    room.brings("war", "coup", "tea", "harvest", at=NOW + MINUTE)
    assert len(room.messages()) == 2  # high and critical: now
    room.brings("tea", at=NOW + 10 * MINUTE)
    assert len(room.messages()) == 2
    room.desk.once(NOW + 16 * MINUTE)
    assert len(room.messages()) == 3  # medium: 15 minutes after the first
    assert "2 alerts" in room.messages()[2]
    room.desk.once(NOW + 22 * HOUR)
    assert len(room.messages()) == 3
    room.desk.once(datetime(2026, 1, 9, 7, 30, tzinfo=UTC))
    assert room.messages()[3].startswith("[LOW] Daily digest: Rule rice: 1 alert")
    assert not any("ept for the digest" in told for told in room.messages())
    assert "1 of 1 feed is well" in room.messages()[3]


def test_what_comes_in_quiet_hours_comes_at_their_end_as_one_message(room: Newsroom) -> None:
    room.desk.route(receivers=["desk"], mode="now", quiet="08:00-20:00 UTC")
    room.starts()
    for number in range(4):
        room.brings("war", at=NOW + number * HOUR)
    assert room.messages() == []
    room.brings("coup", at=NOW + 5 * HOUR)
    assert len(room.messages()) == 1
    status = json.loads(room.desk.watchd("status", "--json").stdout)
    room.desk.once(NOW + 11 * HOUR)
    assert len(room.messages()) == 2
    assert "4 alerts" in room.messages()[1]
    assert "Kept through the quiet hours" in room.messages()[1]
    assert room.messages()[1].count("https://x.example/") == 4
    assert status["outbox"]["held_for"] in ({"quiet": 4}, {})  # by the real clock, all are due
    assert [row.state.value for row in room.desk.deliveries()] == ["sent"] * 5


def test_held_messages_do_not_stand_in_the_way_of_others(room: Newsroom) -> None:
    room.desk.route(receivers=["desk"], severity=["low"], mode="weekly@mon 07:30 Asia/Seoul")
    room.desk.route(receivers=["desk"], severity=["high"])
    room.starts()
    room.brings("harvest", at=NOW + MINUTE)
    room.brings("war", at=NOW + 2 * MINUTE)
    assert len(room.messages()) == 1
    listed = room.desk.deliveries()[0]
    assert listed.is_held(NOW + HOUR)
    assert listed.held_until == datetime(2026, 1, 11, 22, 30, tzinfo=UTC)


def test_a_throttle_counts_what_it_keeps(room: Newsroom) -> None:
    room.desk.route(receivers=["desk"], throttle="3/1h", mode="now")
    room.starts()
    for number in range(7):
        room.brings("war", at=NOW + (number + 1) * MINUTE)
    room.brings("tea", at=NOW + 8 * MINUTE)  # another rule has its own
    assert len(room.messages()) == 4
    room.desk.once(NOW + HOUR + 2 * MINUTE)
    assert len(room.messages()) == 5
    assert "+4 since 09:04 UTC" in room.messages()[4]


def test_a_storm_is_said_once_and_becomes_one_message(room: Newsroom) -> None:
    room.desk.lines += ['storm = "5/1h"']
    room.desk.write()
    room.starts()
    for number in range(1, 31):
        room.brings("war", at=NOW + number * MINUTE)
    told = [text for text in room.messages() if "the last of 5 messages" in text]
    assert len(room.messages()) == 5
    assert told == [room.messages()[4]]
    room.brings("coup", at=NOW + 40 * MINUTE)
    assert len(room.messages()) == 6  # critical
    room.desk.once(NOW + 2 * HOUR)
    assert len(room.messages()) == 7
    assert "25 alerts" in room.messages()[6]
    assert "+20 more: watchd hits --rule war --since" in room.messages()[6]


def test_much_at_once_is_one_message(room: Newsroom) -> None:
    """A whole feed under new guids and links, say."""
    room.starts()
    room.brings(*["war"] * 500, at=NOW + MINUTE)
    [message] = room.messages()
    assert "500 alerts" in message
    assert "They came at once" in message
    assert {row.state.value for row in room.desk.deliveries()} == {"sent"}


def test_a_receiver_of_programs_gets_each_by_itself(room: Newsroom) -> None:
    room.desk.lines += ['storm = "off"']
    room.desk.write()
    room.starts()
    room.brings(*["war"] * 30, at=NOW + MINUTE)
    assert len(room.messages()) == 30


@pytest.mark.parametrize("more", [{"mode": "group:15m"}, {"quiet": "08:00-10:00 UTC"}])
def test_a_receiver_of_programs_gets_what_was_held_each_by_itself(
    room: Newsroom, more: dict[str, str]
) -> None:
    room.desk.lines += ['storm = "off"']
    room.desk.route(receivers=["desk"], **more)
    room.starts()
    room.brings(*["war"] * 8, at=NOW + MINUTE)
    assert room.messages() == []
    room.desk.once(NOW + HOUR)
    assert len(room.messages()) == 8


def test_a_receiver_of_programs_gets_its_digest_as_one_message(room: Newsroom) -> None:
    room.desk.lines += ['storm = "off"']
    room.desk.write()
    room.starts()
    room.brings(*["harvest"] * 3, at=NOW + MINUTE)
    room.desk.once(NOW + DAY)
    [message] = room.messages()
    assert "3 alerts" in message


def test_a_receiver_of_programs_gets_each_by_itself_after_days_off(room: Newsroom) -> None:
    room.desk.lines += ['storm = "off"']
    room.desk.write()
    room.starts()
    room.brings("war", "tea", "harvest", at=NOW + 3 * DAY)
    assert len(room.messages()) == 3


def test_days_off_bring_one_message(room: Newsroom, site: Site) -> None:
    """Many feeds, of which each has a little: it must not trickle in as one message each."""
    for number in range(12):
        site.feed(f"/{number}.xml", [OLD])
        room.desk.feed(f"feed-{number}", site.url(f"/{number}.xml"), interval="20s")
    room.desk.lines += ["[[route]]", 'receivers = "desk"']
    room.desk.write()
    room.starts()
    for number in range(12):
        more = {**OLD, "title": f"war {number}", "text": "war", "guid": f"n{number}"}
        site.feed(f"/{number}.xml", [more, OLD])
    room.desk.once(NOW + 3 * DAY)
    [message] = room.messages()
    assert "12 alerts" in message
    assert "when watchd was back after a pause" in message


def test_after_days_off_what_is_critical_comes_by_itself(room: Newsroom) -> None:
    room.starts()
    room.brings("war", "war", "coup", at=NOW + 3 * DAY)
    assert len(room.messages()) == 2


def test_after_days_off_no_second_message_follows(room: Newsroom) -> None:
    """Nor does what was gathered before the pause come by itself."""
    room.starts()
    room.brings("tea", "harvest", at=NOW + MINUTE)
    room.brings("war", "tea", "harvest", "coup", at=NOW + 3 * DAY)
    room.desk.once(NOW + 3 * DAY + HOUR)
    room.desk.once(NOW + 4 * DAY)
    assert sorted(text.splitlines()[0] for text in room.messages()) == [
        "[CRITICAL] Rule coup — coup 6",
        "[HIGH] 5 alerts of 3 rules",
    ]


def test_after_days_off_what_waits_for_a_digest_alone_is_no_digest(room: Newsroom) -> None:
    room.starts()
    room.brings("harvest", at=NOW + 3 * DAY)
    room.desk.once(NOW + 4 * DAY)
    [message] = room.messages()
    assert message.startswith("[LOW] Rule rice — harvest 1\nFound when watchd was back")


def test_after_days_off_a_digest_that_a_route_names_keeps_its_time(room: Newsroom) -> None:
    room.desk.route(receivers=["desk"], severity=["high"])
    room.desk.route(receivers=["desk"], severity=["low"], mode="daily@12:00 UTC")
    room.starts()
    room.brings("harvest", "war", at=NOW + 3 * DAY)
    assert len(room.messages()) == 1
    room.desk.once(NOW + 3 * DAY + 3 * HOUR)
    assert room.messages()[1].startswith("[LOW] Daily digest")


def test_a_clock_that_jumps_brings_one_message(room: Newsroom) -> None:
    room.desk.route(receivers=["desk"], mode="now", quiet="08:00-20:00 UTC")
    room.desk.route(receivers=["desk"], severity=["low"], mode="daily@21:00 UTC")
    room.starts()
    for number in range(3):
        room.brings("war", "harvest", "tea", at=NOW + number * HOUR)
    room.desk.once(NOW + 400 * DAY)
    assert room.messages() == []  # those are quiet hours, too
    room.desk.once(NOW + 400 * DAY + 11 * HOUR)
    assert len(room.messages()) == 1


def test_new_feeds_and_edited_rules_bring_nothing(room: Newsroom, site: Site) -> None:
    room.starts()
    entries = [{**OLD, "title": f"war {n}", "text": "war", "guid": f"f{n}"} for n in range(500)]
    site.feed("/new.xml", entries)
    room.desk.feed("new", site.url("/new.xml"))
    room.desk.rule("war", "war OR rice", severity="high")
    room.desk.once(NOW + HOUR)
    assert room.messages() == []


def test_an_empty_digest_says_that_we_look(room: Newsroom) -> None:
    room.desk.route(receivers=["desk"], mode="daily@07:30 Asia/Seoul", empty=True)
    room.starts()
    for day in range(3):
        room.desk.once(NOW + day * DAY + 14 * HOUR)
    assert len(room.messages()) == 3
    assert room.messages()[0].startswith("Daily digest: no alerts")
    assert "1 of 1 feed is well" in room.messages()[0]
    room.brings("harvest", at=NOW + 3 * DAY)
    room.desk.once(NOW + 3 * DAY + 14 * HOUR)
    assert len(room.messages()) == 4
    assert "1 alert" in room.messages()[3]


def test_a_batch_that_was_cut_off_goes_again_whole_and_marked(room: Newsroom) -> None:
    room.desk.route(receivers=["desk"], mode="group:15m")
    room.starts()
    room.brings("war", "tea", at=NOW + MINUTE)
    store = open_store(room.desk.database)
    [name] = {row.endpoint for row in room.desk.deliveries()}
    batch = store.write(
        claiming.claim_next, name, NOW + HOUR, Limits(storm=Rate(count=20, per=HOUR))
    )
    store.close()  # as after a kill: claimed, and nobody knows whether it was sent
    assert len(batch.deliveries) == 2
    room.brings("war", at=NOW + 61 * MINUTE)
    [message] = room.messages()
    assert message.startswith("REPEAT? ")
    assert "2 alerts" in message
    room.desk.once(NOW + 2 * HOUR)
    assert len(room.messages()) == 2
    assert "REPEAT" not in room.messages()[1]


def test_a_batch_that_is_not_taken_keeps_what_is_in_it(room: Newsroom) -> None:
    room.desk.route(receivers=["desk"], mode="group:15m")
    room.starts()
    room.hooks.always(Answer(status=503))
    room.brings("war", "tea", at=NOW + MINUTE)
    room.desk.once(NOW + 20 * MINUTE)
    room.hooks.always(Answer())
    room.brings("war", at=NOW + 30 * MINUTE)
    assert [re.findall(r"\d alerts", text)[0] for text in room.messages()] == ["2 alerts"]
    room.desk.once(NOW + HOUR)
    assert len(room.messages()) == 2


def test_the_fallback_gets_what_a_receiver_has_not_taken_for_ten_minutes(room: Newsroom) -> None:
    room.desk.lines += ['fallback = "mail"', "[[route]]", 'receivers = "desk"']
    room.desk.write()
    room.desk.receiver("mail", f"json://{room.hooks.address}/mail")
    room.starts()
    room.hooks.always(Answer(status=503), path="/desk")
    room.brings("war", "war", at=NOW + MINUTE)
    room.desk.once(NOW + 5 * MINUTE)
    assert room.messages("/mail") == []
    room.desk.once(NOW + 12 * MINUTE)
    room.desk.once(NOW + 13 * MINUTE)
    [instead] = room.messages("/mail")
    assert "2 alerts" in instead
    assert "desk/json:127.0.0.1" in instead
    assert instead.count("take messages") == 1
    room.hooks.always(Answer(), path="/desk")
    room.desk.once(NOW + 3 * HOUR)
    assert len(room.messages()) == 2
    assert len(room.messages("/mail")) == 1


def test_the_fallback_does_not_wait_for_its_digest(room: Newsroom) -> None:
    """It has the same alert by a route of its own, for tomorrow morning."""
    room.desk.lines.append('fallback = "mail"')
    room.desk.receiver("mail", f"json://{room.hooks.address}/mail")
    room.desk.route(receivers=["desk"], mode="now")
    room.desk.route(receivers=["mail"], mode="daily@07:30 Asia/Seoul")
    room.starts()
    room.hooks.always(Answer(status=503), path="/desk")
    room.brings("war", at=NOW + MINUTE)
    for minute in (5, 12, 13):
        room.desk.once(NOW + minute * MINUTE)
    [instead] = room.messages("/mail")
    assert "does not take messages" in instead
    room.desk.once(NOW + 24 * HOUR)
    assert len(room.messages("/mail")) == 1


def test_what_comes_hours_late_says_so(room: Newsroom) -> None:
    room.starts()
    room.hooks.always(Answer(status=503), path="/desk")
    room.brings("war", at=NOW + MINUTE)
    room.hooks.always(Answer(), path="/desk")
    room.desk.once(NOW + 6 * HOUR)
    room.brings("war", at=NOW + 6 * HOUR + MINUTE)
    late, fresh = room.messages()
    assert "\nDelayed 6 h. [HIGH] Rule war" in late
    assert "Delayed" not in fresh


def test_one_refused_message_does_not_divert_the_others(room: Newsroom) -> None:
    room.desk.lines += ['fallback = "mail"', "[[route]]", 'receivers = "desk"']
    room.desk.write()
    room.desk.receiver("mail", f"json://{room.hooks.address}/mail")
    room.starts()
    room.hooks.answer(*[Answer(status=400)] * 6, path="/desk")
    room.brings("war", at=NOW + MINUTE)
    for minute in (11, 12, 13, 14):
        room.desk.once(NOW + minute * MINUTE)
    room.hooks.answer(path="/desk")
    room.brings("war", at=NOW + 30 * MINUTE)
    assert len(room.messages("/mail")) == 1
    assert "war 1" in room.messages("/mail")[0]


def test_what_is_held_follows_a_changed_config(room: Newsroom) -> None:
    room.desk.route(receivers=["desk"], mode="daily@07:30 Asia/Seoul")
    room.starts()
    room.brings("war", "tea", at=NOW + MINUTE)
    assert room.messages() == []
    room.desk.route(receivers=["desk"], rules=["war"], mode="daily@00:30 Asia/Seoul")
    assert {one.route for one in room.desk.deliveries()} == {"route 1 (takes everything)"}
    room.desk.once(NOW + 30 * MINUTE)
    assert {one.route for one in room.desk.deliveries()} == {
        "route 1 (takes everything)",
        "route 2 (rules war), ahead of route 1",
    }
    room.desk.config.write_text(
        room.desk.config.read_text().replace("daily@07:30 Asia/Seoul", "now"), encoding="utf-8"
    )
    room.desk.once(NOW + HOUR)
    assert len(room.messages()) == 1


def test_routes_look_at_sources_and_languages_and_stop(room: Newsroom, site: Site) -> None:
    site.feed("/b.xml", [OLD])
    room.desk.feed("wire", site.url("/b.xml"), lang="ko", publisher="Wire House", interval="20s")
    for name in ("one", "two", "three"):
        room.desk.receiver(name, f"json://{room.hooks.address}/{name}")
    room.desk.route(receivers=["one"], sources=["publisher:Wire House"], **{"continue": False})
    room.desk.route(receivers=["two"], languages=["ko"])
    room.desk.route(receivers=["three"], sources=["kc*"])
    room.starts()
    site.feed("/b.xml", [{**OLD, "title": "war", "guid": "2"}, OLD])
    room.brings("war", at=NOW + MINUTE)
    found = {name: len(room.messages(f"/{name}")) for name in ("one", "two", "three", "desk")}
    assert found == {"one": 1, "two": 0, "three": 1, "desk": 0}
