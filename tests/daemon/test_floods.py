"""What could be a flood, and is at most one message for each receiver."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Hooks, Inbox
from tests.support.site import Site

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PATHS = ("/one", "/two")


class Newsroom:
    """One feed that everything in is a signal of, two webhooks and a mailbox."""

    def __init__(self, desk: DeskFolder, site: Site, hooks: Hooks, inbox: Inbox) -> None:
        self.desk, self.site, self.hooks, self.inbox = desk, site, hooks, inbox
        site.feed("/a.xml", stories(0, 40))
        desk.feed("kcna", site.url("/a.xml"), interval="20s")
        for path in PATHS:
            desk.receiver(path[1:], f"json://{hooks.address}{path}")
        desk.receiver("mail", f"mailto://{inbox.address}?from=w@example.org&to=desk@example.org")
        desk.rule("war", "war")
        desk.once(NOW)

    def looks(self, *moments: datetime) -> list[int]:
        """Rounds at these times; how many messages each receiver has got in all of them."""
        for moment in moments:
            self.desk.once(moment)
        return [*(len(self.hooks.at(path)) for path in PATHS), len(self.inbox.mails)]


def stories(first: int, last: int, **more: Any) -> list[dict[str, Any]]:
    """The newest first; `guid` is what ids begin with."""
    guid, host = more.pop("guid", "g"), more.pop("host", "x.example")
    return [
        {
            "title": f"A war of {n} nights",
            "text": f"They tell of a war {n}, and of {n * 7919 % 1000} ships.",
            "link": f"https://{host}/{n}",
            "guid": f"{guid}{n}",
            **more,
        }
        for n in range(last, first, -1)
    ]


@pytest.fixture
def room(desk: DeskFolder, site: Site, hooks: Hooks, inbox: Inbox) -> Newsroom:
    return Newsroom(desk, site, hooks, inbox)


NOTHING, ONE = [0, 0, 0], [1, 1, 1]


def test_a_new_feed_with_500_items_sends_nothing(room: Newsroom) -> None:
    room.site.feed("/new.xml", stories(1000, 1500))
    room.desk.feed("new", room.site.url("/new.xml"), interval="20s")
    assert room.looks(NOW + MINUTE, NOW + HOUR) == NOTHING
    assert sum(hit.status == "baseline" for hit in room.desk.hits()) == 540


def test_500_items_at_once_are_one_message(room: Newsroom) -> None:
    room.site.feed("/a.xml", stories(0, 540))
    assert room.looks(NOW + MINUTE, NOW + 2 * MINUTE, NOW + HOUR) == ONE
    assert "500 alerts" in room.hooks.at("/one")[0].json()["message"]


def test_an_edited_rule_sends_nothing_of_what_was_there(room: Newsroom) -> None:
    room.desk.rule("war", "war OR ships OR nights")
    room.desk.rule("ships", "ships")
    assert room.looks(NOW + MINUTE, NOW + HOUR) == NOTHING


@pytest.mark.parametrize(
    "moved",
    [
        pytest.param({"guid": "urn:new:"}, id="ids"),
        pytest.param({"host": "www.new.example"}, id="links"),
        pytest.param({"guid": "urn:new:", "host": "www.new.example"}, id="both"),
    ],
)
def test_a_feed_that_moves_all_its_items_is_at_most_one_message(
    room: Newsroom, moved: dict[str, str]
) -> None:
    room.site.feed("/a.xml", stories(0, 40, **moved))
    assert max(room.looks(NOW + MINUTE, NOW + 2 * MINUTE, NOW + HOUR)) <= 1


def test_three_days_off_are_one_message(room: Newsroom) -> None:
    for name in ("b", "c", "d", "e"):
        room.site.feed(f"/{name}.xml", stories(2000, 2001))
        room.desk.feed(name, room.site.url(f"/{name}.xml"), interval="20s")
    room.looks(NOW + MINUTE)
    room.site.feed("/a.xml", stories(0, 60))
    for number, name in enumerate("bcde"):
        room.site.feed(f"/{name}.xml", stories(2000, 2005 + number))
    assert room.looks(NOW + 3 * DAY, NOW + 3 * DAY + MINUTE) == ONE


@pytest.mark.slow
def test_300_feeds_from_an_opml_list_send_nothing(room: Newsroom) -> None:
    lines = []
    for number in range(300):
        room.site.feed(f"/{number}.xml", stories(number * 10, number * 10 + 3))
        url = room.site.url(f"/{number}.xml", host=f"127.0.{5 + number // 100}.{number % 100 + 1}")
        lines.append(f'<outline type="rss" text="feed {number}" xmlUrl="{url}"/>')
    opml = room.desk.path / "list.opml"
    opml.write_text(f'<opml version="2.0"><body>{"".join(lines)}</body></opml>', "utf-8")
    done = room.desk.watchd("feeds", "import", str(opml), "--write", "--private")
    assert done.returncode == 0, done.stderr
    assert room.looks(NOW + MINUTE) == NOTHING
    assert len(room.desk.items()) == 40 + 900


def test_a_clock_that_jumps_ahead_and_back_brings_one_message(room: Newsroom) -> None:
    room.site.feed("/a.xml", stories(0, 50))
    assert room.looks(NOW + 30 * DAY, NOW + 30 * DAY + MINUTE) == ONE
    assert room.looks(NOW + HOUR, NOW + HOUR + MINUTE) == ONE  # set right again
    room.site.feed("/a.xml", stories(0, 60))
    assert room.looks(NOW + 2 * HOUR, NOW + 2 * HOUR + MINUTE) == [2, 2, 2]


def test_a_backlog_published_again_sends_nothing_and_with_new_dates_nothing(
    room: Newsroom,
) -> None:
    room.site.feed("/a.xml", stories(30, 60))
    assert room.looks(NOW + HOUR) == ONE
    later = NOW + 2 * DAY
    room.site.feed("/a.xml", stories(0, 60, date=later))
    assert room.looks(later, later + MINUTE, later + HOUR) == ONE
