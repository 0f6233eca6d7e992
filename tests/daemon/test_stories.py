"""One message per rule and story: whole rounds of the daemon, with several feeds."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Hooks
from tests.support.site import Site

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
OLD = {"title": "Rice", "text": "All is well.", "link": "https://x.example/1", "guid": "old"}
PASSAGE = " ".join(f"The delegation visited the {place}." for place in "port museum school".split())
STORY = {
    "title": "Soldiers honoured",
    "text": f"Pyongyang -- They fought in alien lands, the paper said. {PASSAGE} " * 2,
    "link": "https://state.example/a",
    "guid": "a",
}
FEEDS = {"kcna": "KCNA", "kcna-two": "KCNA", "yonhap": "Yonhap", "nknews": "NK News"}


class Newsroom:
    """Four feeds of three publishers, and a receiver that remembers."""

    def __init__(self, desk: DeskFolder, site: Site, hooks: Hooks) -> None:
        self.desk, self.site, self.hooks = desk, site, hooks
        self.entries: dict[str, list[dict[str, Any]]] = {}
        for name, publisher in FEEDS.items():
            self.entries[name] = [{**OLD, "guid": f"{name}-old"}]
            site.feed(f"/{name}.xml", self.entries[name])
            desk.feed(name, site.url(f"/{name}.xml"), publisher=publisher, interval="20s")
        desk.receiver("desk", f"json://{hooks.address}/desk")

    def brings(self, feed: str, entry: dict[str, Any], *, minutes: int) -> None:
        rest = [one for one in self.entries[feed] if one["guid"] != entry["guid"]]
        self.entries[feed] = [entry, *rest]
        self.site.feed(f"/{feed}.xml", self.entries[feed])
        self.desk.once(NOW + minutes * MINUTE)

    def messages(self) -> list[str]:
        posts = [post.json() for post in self.hooks.at("/desk")]
        return [f"{post['title']}\n{post['message']}" for post in posts]

    def statuses(self) -> list[str]:
        listed = json.loads(self.desk.watchd("hits", "--json").stdout)
        return [one["status"] for one in reversed(listed)]


@pytest.fixture
def room(desk: DeskFolder, site: Site, hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> Newsroom:
    monkeypatch.setenv("TZ", "UTC")
    return Newsroom(desk, site, hooks)


def copy(number: int, **more: str) -> dict[str, Any]:
    link = f"https://copy.example/{number}"
    return {**STORY, "guid": str(number), "link": link, **more}


def test_copies_in_other_feeds_bring_no_message(room: Newsroom) -> None:
    room.desk.rule("lands", '"alien lands"', severity="high")
    room.desk.once(NOW)
    room.brings("kcna", STORY, minutes=1)
    room.brings("yonhap", copy(1, text=f"SEOUL (Yonhap) -- {STORY['text']}"), minutes=2)
    room.brings("kcna", copy(2), minutes=3)
    assert len(room.messages()) == 1
    assert room.statuses() == ["sent", "same-story", "same-story"]


def test_what_still_waits_goes_out_with_the_other_publishers_named(room: Newsroom) -> None:
    room.desk.rule("lands", '"alien lands"', severity="medium")
    room.desk.once(NOW)
    for minutes, feed in enumerate(("kcna", "kcna-two", "yonhap", "nknews"), 1):
        room.brings(feed, copy(minutes), minutes=minutes)
    room.desk.once(NOW + 30 * MINUTE)
    [message] = room.messages()
    assert "also: Yonhap, NK News (2 more publishers)" in message


def test_a_rule_may_ask_to_be_told_when_a_story_spreads(room: Newsroom) -> None:
    room.desk.rule("lands", '"alien lands"', severity="high", follow_up="publishers:3")
    room.desk.once(NOW)
    for minutes, feed in enumerate(("kcna", "kcna-two", "yonhap", "nknews"), 1):
        room.brings(feed, copy(minutes), minutes=minutes)
    [_, follow_up] = room.messages()
    assert "FOLLOW-UP: 3 publishers have it now." in follow_up
    assert "also: KCNA, Yonhap (2 more publishers)" in follow_up


def test_an_update_says_what_changed_and_comes_once_for_all_copies(room: Newsroom) -> None:
    room.desk.rule("lands", '"alien lands" OR heroic', severity="high")
    room.desk.once(NOW)
    room.brings("kcna", STORY, minutes=1)
    room.brings("yonhap", copy(1), minutes=2)
    heroic = f"{STORY['text']} It was a heroic deed."
    room.brings("kcna", {**STORY, "text": heroic}, minutes=3)
    room.brings("yonhap", copy(1, text=heroic), minutes=4)
    [_, update] = room.messages()
    assert "UPDATE: this item was edited" in update
    assert "now also says ‘heroic’ · added: “It was a heroic deed.”" in update
    assert room.statuses() == ["sent", "same-story", "sent", "same-story"]
