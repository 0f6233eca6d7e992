"""Silences: what they keep back, when they end, and who is told of what they swallowed."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Answer, Hooks
from tests.support.site import Site
from tests.triage.conftest import HOUR, MINUTE, Newsroom
from watchd.errors import WatchdError
from watchd.holding.silences import About, keeps_back, matcher
from watchd.model import Item
from watchd.model.triage import Silence

DAY = timedelta(days=1)


def test_a_silenced_hit_is_kept_and_not_sent(room: Newsroom) -> None:
    number = room.silence(rule="wa*", at=NOW, lasts=4 * HOUR)
    room.brings("war", "coup", at=NOW + MINUTE)
    assert sorted(room.statuses()) == ["sent", "silenced"]
    assert len(room.messages()) == 1
    silenced = next(one for one in room.desk.hits() if one.status == "silenced")
    assert silenced.silence == number
    assert [row.alert for row in room.desk.deliveries()] == [1]


def test_the_next_message_says_once_what_a_silence_kept_back(room: Newsroom) -> None:
    room.silence(rule="war", at=NOW, lasts=2 * HOUR)
    for number in range(3):
        room.brings(f"war in {number}", at=NOW + (number + 1) * MINUTE)
    room.brings("coup", at=NOW + HOUR)  # it has not ended yet
    assert "Silence" not in room.messages()[0]
    room.brings("war at last", at=NOW + 2 * HOUR + MINUTE)
    told = "Silence 1 (rule=war, by Kim: congress week) kept back 3 hits: war 3."
    assert told in room.messages()[1]
    room.brings("missiles", at=NOW + 2 * HOUR + 2 * MINUTE)
    room.desk.once(NOW + DAY)
    assert [told in message for message in room.messages()] == [False, True, False]


@pytest.mark.slow
def test_what_many_silences_kept_back_is_told_in_one_sentence(room: Newsroom) -> None:
    for number in range(15):
        room.silence(rule="war", at=NOW + 2 * number * MINUTE, lasts=2 * MINUTE)
        room.brings(f"war in {number}", at=NOW + (2 * number + 1) * MINUTE)
    room.brings("missiles", at=NOW + HOUR)
    [message] = room.messages()
    assert "15 silences kept back 15 hits: watchd silence list --all." in message


def test_where_no_message_comes_a_notice_says_it_after_an_hour(room: Newsroom) -> None:
    room.silence(rule="war", at=NOW, lasts=2 * HOUR)
    room.brings("war", at=NOW + MINUTE)
    room.desk.once(NOW + 2 * HOUR + 59 * MINUTE)
    assert room.messages() == []
    room.desk.once(NOW + 3 * HOUR)
    room.desk.once(NOW + 4 * HOUR)
    room.brings("missiles", at=NOW + 5 * HOUR)
    notice, alert = room.messages()
    assert "A silence has ended" in notice
    assert "kept back 1 hit: war 1." in notice
    assert "watchd silence list --all" in notice
    assert "feeds" not in notice
    assert "Silence" not in alert


@pytest.mark.slow
def test_the_notice_does_not_come_in_quiet_hours(room: Newsroom) -> None:
    room.desk.route(receivers=["desk"], mode="now", quiet="20:00-07:00 UTC")
    room.silence(rule="war", at=NOW, lasts=12 * HOUR)  # until 21:00
    room.brings("war", at=NOW + MINUTE)
    room.desk.once(NOW + 14 * HOUR)
    assert room.messages() == []
    room.desk.once(NOW + 22 * HOUR)
    assert len(room.messages()) == 1


@pytest.mark.slow
def test_each_endpoint_is_told_for_itself(room: Newsroom) -> None:
    room.receiver("other")
    room.desk.route(receivers=["desk", "other"], rules=["war"])
    room.desk.route(receivers=["desk"], rules=["coup"])
    room.silence(rule="war", at=NOW, lasts=HOUR)
    room.brings("war", at=NOW + MINUTE)
    room.brings("coup", at=NOW + HOUR + MINUTE)
    assert "kept back 1 hit" in room.messages("desk")[0]
    assert room.messages("other") == []
    room.desk.once(NOW + 3 * HOUR)
    assert len(room.messages("desk")) == 1
    assert "kept back 1 hit" in room.messages("other")[0]


@pytest.mark.slow
def test_a_message_that_is_sent_again_says_it_again(room: Newsroom) -> None:
    room.silence(rule="war", at=NOW, lasts=HOUR)
    room.brings("war", at=NOW + MINUTE)
    room.hooks.answer(Answer(status=503))
    room.brings("missiles", at=NOW + HOUR + MINUTE)
    assert room.messages() == []
    room.desk.once(NOW + HOUR + 5 * MINUTE)
    [message] = room.messages()
    assert "kept back 1 hit" in message


@pytest.mark.slow
def test_what_a_message_said_that_was_dropped_is_said_by_the_next(room: Newsroom) -> None:
    room.silence(rule="war", at=NOW, lasts=HOUR)
    room.brings("war", at=NOW + MINUTE)
    room.hooks.answer(Answer(status=503))
    room.brings("missiles", at=NOW + HOUR + MINUTE)
    room.desk.watchd("outbox", "drop", "1")
    room.desk.once(NOW + 2 * HOUR)
    room.desk.once(NOW + 3 * HOUR)
    [notice] = room.messages()
    assert "kept back 1 hit" in notice


@pytest.mark.slow
def test_what_is_critical_is_silenced_only_if_the_silence_says_so(room: Newsroom) -> None:
    room.silence(rule="*", at=NOW, lasts=HOUR)
    room.brings("coup", at=NOW + MINUTE)
    assert room.statuses() == ["sent"]
    room.silence(rule="coup", at=NOW, lasts=HOUR, critical=True)
    room.brings("coup again", at=NOW + 2 * MINUTE)
    assert room.statuses() == ["sent", "silenced"]


ITEM = Item(key="1", title="Opening", text="Delegates to the Party Congress launch missiles.")


@pytest.mark.parametrize(
    ("written", "fits"),
    [
        ("rule=dprk/*", True),
        ("rule=dprk/alien-lands", True),
        ("rule=alien-lands", False),
        ("rule=*/alien-lands", True),
        ("tag=arms", True),
        ("tag=ar*", True),
        ("tag=space", False),
        ("source=kcna*", True),
        ("source=yonhap", False),
        ("words=party congress", True),  # a phrase, any case
        ("words=congress party", False),
        ("words=missile", False),  # whole words, as in rules
        ("words=missile*", True),
        ('words="party congress" AND missiles', True),
        ("words=missiles AND NOT delegates", False),
    ],
)
def test_matchers(written: str, fits: bool) -> None:
    silence = Silence(
        matchers=(matcher(written),), reason="", by="", created_at=NOW, ends_at=NOW + HOUR
    )
    about = About(
        rule="dprk/alien-lands", tags=("arms",), severity="high", source="kcna-en", item=ITEM
    )
    assert bool(keeps_back([silence], about, NOW)) is fits
    assert keeps_back([silence], about, NOW + HOUR) is None
    assert keeps_back([silence], about, NOW - MINUTE) is None


def test_all_matchers_have_to_fit() -> None:
    both = (matcher("rule=war"), matcher("source=kcna"))
    silence = Silence(matchers=both, reason="", by="", created_at=NOW, ends_at=NOW + HOUR)
    here = About(rule="war", tags=(), severity="low", source="kcna", item=ITEM)
    there = About(rule="war", tags=(), severity="low", source="yonhap", item=ITEM)
    assert keeps_back([silence], here, NOW) is silence
    assert keeps_back([silence], there, NOW) is None


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("dprk/*", "is no matcher; write one of rule="),
        ("rules=x", "is no matcher"),
        ("rule=", "says nothing behind the equals sign"),
        ("words=party AND (congress", "this bracket is never closed"),
    ],
)
def test_what_is_no_matcher_says_what_is(written: str, said: str) -> None:
    with pytest.raises(WatchdError, match=re.escape(said)):
        matcher(written)


def test_on_the_command_line(room: Newsroom) -> None:
    def watchd(*words: str) -> tuple[int, str]:
        done = room.desk.watchd("silence", *words)
        return done.returncode, done.stdout + done.stderr

    assert watchd("add", "rule=war", "-c", "why")[0] == 2  # it must end
    assert watchd("add", "rule=war", "-d", "4h")[0] == 2  # and have a reason
    assert watchd("add", "rule=war", "-d", "10y", "-c", "why")[0] == 2
    assert watchd("add", "rule=war", "-d", "800d", "-c", "why")[0] == 2
    assert watchd("add", "rule=war", "--until", "2020-01-01T08:00", "-c", "why")[0] == 2
    code, said = watchd("add", "rule=war", "-d", "4h", "-c", str(room.desk.config))
    assert (code, "is --config" in said) == (2, True)
    code, said = watchd("add", "rule=wra", "-d", "4h", "-c", "typo", "--by", "Kim")
    assert code == 0
    assert "there is no rule like 'wra' now" in said
    code, said = watchd("list", "--json")
    [one] = json.loads(said)
    assert (one["matchers"], one["by"]) == ([{"key": "rule", "value": "wra"}], "Kim")
    assert (one["reason"], one["kept"], one["critical"]) == ("typo", 0, False)
    assert (
        "silence   1 rule=wra, ends in 4 h: 0 hits kept back" in room.desk.watchd("status").stdout
    )
    assert watchd("expire", "1") == (0, "silence 1 has ended; it kept back 0 hits\n")
    assert watchd("expire", "1")[0] == 1
    assert watchd("list")[1] == "nothing is silenced\n"
    assert "rule=wra" in watchd("list", "--all")[1]


@pytest.mark.slow
def test_a_running_daemon_goes_by_a_silence_that_was_made_beside_it(
    desk: DeskFolder, site: Site, hooks: Hooks
) -> None:
    old = {"title": "Rice", "text": "All is well.", "link": "https://x.example/0", "guid": "0"}
    new = {"title": "War", "text": "war", "link": "https://x.example/1", "guid": "1"}
    site.feed("/a.xml", [old])
    desk.rule("war", "war")
    desk.feed("kcna", site.url("/a.xml"), interval="1s", min_interval="1s")
    desk.receiver("desk", f"json://{hooks.address}/desk")
    with desk.running() as daemon:
        daemon.says("feed.baseline")
        assert desk.watchd("silence", "add", "rule=war", "-d", "4h", "-c", "why").returncode == 0
        site.feed("/a.xml", [new, old])
        daemon.says("status=silenced")
        daemon.stop()
    assert hooks.received == []
