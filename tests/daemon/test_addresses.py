"""Addresses that move within config.toml, or leave it: what waits for them, and what they know."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from datetime import timedelta
from typing import Any

import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Answer, Hooks
from tests.support.site import Site
from watchd.config import load
from watchd.daemon import Daemon
from watchd.desk import Desk, deliver, read_desk
from watchd.model import Alert, Digest, Endpoint, EndpointState, Notice, SendResult
from watchd.model.triage import Matcher, Silence
from watchd.store import endpoints, open_store, outbox, silences
from watchd.values import replace

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
OLD = {"title": "Rice", "text": "All is well.", "link": "https://x.example/0", "guid": "old"}
OPEN = ("pending", "sending")
DOWN = Answer(status=503, body="closed for repair")


class Office:
    """A feed, and receivers whose addresses are paths of one sink: `url` names them by letter."""

    def __init__(self, desk: DeskFolder, site: Site, hooks: Hooks) -> None:
        self.desk, self.site, self.hooks, self.now = desk, site, hooks, NOW
        self.entries = [OLD]
        site.feed("/a.xml", self.entries)
        desk.feed("kcna", site.url("/a.xml"), interval="20s")
        desk.rule("war", "war")
        desk.rule("rice", "harvest", severity="low")
        self._plain = list(desk.lines)

    def says(self, *more: str, **receivers: str) -> None:
        """Write the config with these receivers, `desk="A B"`, and watch for a minute."""
        self.desk.lines = list(self._plain)
        for name, letters in receivers.items():
            urls = [f"json://{self.hooks.address}/{one}" for one in letters.split()]
            self.desk.lines += ["[[receiver]]", f'name = "{name}"', f"url = {json.dumps(urls)}"]
        self.desk.lines += more
        self.desk.write()
        self.passes(MINUTE)

    def passes(self, time: timedelta) -> None:
        self.now += time
        self.desk.once(self.now)

    def brings(self, text: str) -> None:
        number = len(self.entries)
        entry = {"title": f"{text} {number}", "text": text, "guid": str(number)}
        self.entries.insert(0, {**entry, "link": f"https://x.example/{number}"})
        self.site.feed("/a.xml", self.entries)
        self.passes(MINUTE)

    def took(self, letter: str) -> list[str]:
        """The titles of the alerts and digests that this address took."""
        return [one["title"] for one in self._posts(letter) if one["watchd"]["kind"] != "notice"]

    def told(self, letter: str) -> list[str]:
        """The notices of watchd itself that this address took."""
        notices = [one for one in self._posts(letter) if one["watchd"]["kind"] == "notice"]
        return [f"{one['title']}\n{one['message']}" for one in notices]

    def _posts(self, letter: str) -> list[dict[str, Any]]:
        return [post.json() for post in self.hooks.at(f"/{letter}") if post.status == 200]

    def silence(self, rule: str, lasts: timedelta) -> None:
        its = (Matcher(key="rule", value=rule),)
        one = Silence(
            id=0,
            matchers=its,
            reason="drill",
            by="Kim",
            critical=False,
            created_at=self.now,
            ends_at=self.now + lasts,
        )
        store = open_store(self.desk.database)
        store.write(silences.add, one)
        store.close()

    def down(self, *letters: str) -> None:
        for letter in letters:
            self.hooks.always(DOWN, path=f"/{letter}")

    def up(self, *letters: str) -> None:
        for letter in letters:
            self.hooks.always(Answer(), path=f"/{letter}")

    def states(self) -> dict[str, EndpointState]:
        store = open_store(self.desk.database, create=False)
        try:
            return store.read(endpoints.states)
        finally:
            store.close()

    def outbox(self) -> list[dict[str, Any]]:
        shown: list[dict[str, Any]] = json.loads(self.desk.watchd("outbox", "--json").stdout)
        return shown

    def waiting(self) -> list[str]:
        return [one.endpoint for one in self.desk.deliveries() if one.state == "pending"]


@pytest.fixture
def office(desk: DeskFolder, site: Site, hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("TZ", "UTC")
    return Office(desk, site, hooks)


@pytest.mark.parametrize("after", ["C A B", "B A", "B C", "B"])
def test_an_alert_that_waits_finds_its_address_wherever_the_list_has_it_now(
    office: Office, after: str
) -> None:
    office.says(desk="A B")
    office.down("B")
    office.brings("war")
    office.up("B")
    office.says(desk=after)
    assert [len(office.took(letter)) for letter in "ABC"] == [1, 1, 0]
    assert "REPEAT?" not in "".join(office.took("B"))


@pytest.mark.parametrize(("after", "gets"), [("B C", [1, 0]), ("X B C", [1, 1])])
def test_what_waited_for_an_address_that_is_gone_goes_to_none_that_has_it(
    office: Office, after: str, gets: list[int]
) -> None:
    office.says(desk="A B C")
    office.down("A", "C")
    office.brings("war")
    office.up("A", "C")
    office.says(desk=after)
    assert [len(office.took("C")), len(office.took("X"))] == gets
    assert len(office.took("B")) == 1
    assert office.took("A") == []


def test_an_address_that_comes_back_gets_what_waited_for_it(office: Office) -> None:
    office.says(desk="A B")
    office.down("A")
    office.brings("war")
    office.up("A")
    office.says(desk="B")
    assert [name.endswith(" (left)") for name in office.waiting()] == [True]
    office.says(desk="B", night="A")
    assert [len(office.took(letter)) for letter in "AB"] == [1, 1]


def test_a_receiver_with_another_name_gets_what_waited_for_the_old_one(office: Office) -> None:
    office.says(desk="A")
    office.brings("harvest")
    assert office.took("A") == []
    office.says(desk9="A")
    office.passes(24 * HOUR)
    assert len(office.took("A")) == 1
    assert {(one.receiver, one.state) for one in office.desk.deliveries()} == {("desk9", "sent")}


def test_a_receiver_that_was_made_two_loses_nothing(office: Office) -> None:
    office.says(desk="A B")
    office.down("A", "B")
    office.brings("war")
    office.up("A", "B")
    office.says(tokyo="A", seoul="B")
    assert [len(office.took(letter)) for letter in "AB"] == [1, 1]


def test_another_token_at_the_same_place_goes_on_as_before(office: Office) -> None:
    office.says(desk="A")
    office.down("A")
    office.brings("war")
    office.says(desk="X")
    assert [len(office.took(letter)) for letter in "AX"] == [0, 1]


def test_two_receivers_with_one_address_stay_what_they_are(office: Office) -> None:
    office.says(desk="A", chief="A")
    office.down("A")
    office.brings("war")
    office.up("A")
    office.says(chief="A", desk="A")
    assert len(office.took("A")) == 2
    assert office.waiting() == []


def test_what_each_address_was_told_and_how_it_does_go_along(office: Office) -> None:
    office.says(desk="A B")
    office.down("B")
    for number in range(5):
        office.brings(f"war {'of words ' * number}")
    office.says(desk="C A B")
    [failing] = [one for one in office.states().values() if one.is_failing]
    assert failing.endpoint.endswith("-3")
    told = len(office.took("A"))
    office.entries.insert(0, {**office.entries[-2], "guid": "copy", "link": "https://y.example"})
    office.site.feed("/a.xml", office.entries)
    office.passes(MINUTE)  # of the story A knows
    assert len(office.took("A")) == told
    assert len(office.took("C")) == 1


def test_what_a_silence_kept_back_is_told_where_it_was_kept_back(office: Office) -> None:
    office.says(desk="A B")
    office.silence("war", HOUR)
    office.brings("war")
    office.says(desk="B C")
    office.passes(3 * HOUR)
    assert [len(office.told(letter)) for letter in "ABC"] == [0, 1, 0]
    assert "kept back 1 hit: war 1." in office.told("B")[0]


def test_who_is_to_be_told_when_nobody_acknowledges_may_change_its_name(office: Office) -> None:
    route = ("[[route]]", 'receivers = ["desk"]', 'mode = "now"', 'escalate = "30m"')
    office.says(*route, 'escalate_to = ["chief"]', desk="A", chief="B")
    office.brings("war")
    office.says(*route, 'escalate_to = ["boss"]', desk="A", boss="B")
    office.passes(HOUR)
    assert len(office.took("B")) == 1


def test_ops_hears_that_messages_wait_for_nobody_and_again_when_they_are_given_up(
    office: Office,
) -> None:
    office.says(desk="A", ops="O")
    office.brings("harvest")
    office.says(ops="O")
    [word] = office.told("O")
    assert "1 message waits for a receiver that is not in config.toml" in word
    listed = office.desk.watchd("outbox").stdout
    assert "its address is not in config.toml" in re.sub(r"\s+", " ", listed)
    assert [one["left"] for one in office.outbox()] == [True]
    office.passes(MINUTE)
    office.passes(80 * HOUR)
    office.passes(MINUTE)
    office.passes(30 * HOUR)
    assert len(office.told("O")) == 2
    assert "1 message given up" in office.told("O")[1]
    assert "desk/json" in office.told("O")[1]


def test_nothing_in_the_database_tells_an_address(office: Office) -> None:
    office.desk.lines += ["[[receiver]]", 'name = "desk"']
    office.desk.lines.append(f'url = "json://bot:Pa55phrase@{office.hooks.address}/secret-path"')
    office.desk.write()
    office.passes(MINUTE)
    kept = (office.desk.path / "watchd.db").read_bytes()
    kept += b"".join(one.read_bytes() for one in office.desk.path.glob("watchd.db-wal"))
    assert b"addresses" in kept
    assert b"secret-path" not in kept
    assert b"Pa55phrase" not in kept


def test_a_reload_waits_for_what_is_being_sent_and_nothing_goes_astray_meanwhile(
    office: Office,
) -> None:
    office.says(desk="A B")
    office.down("A", "B")
    office.brings("war")
    office.up("A", "B")
    asyncio.run(_reloaded_while_sending(office))
    assert [len(office.took(letter)) for letter in "ABC"] == [1, 1, 0]
    assert "REPEAT?" not in "".join(office.took("A") + office.took("B"))
    assert {one.state.value for one in office.desk.deliveries()} == {"sent"}


async def _reloaded_while_sending(office: Office) -> None:
    store = open_store(office.desk.database)
    sending, free = threading.Event(), threading.Event()

    def send(endpoint: Endpoint, alert: Alert | Notice | Digest) -> SendResult:
        sending.set()
        assert free.wait(10)
        return deliver(endpoint, alert)

    def read(_before: Desk | None = None) -> Desk:
        config = load(office.desk.config, environ={})
        return replace(read_desk(config, store, office.now), send=send)

    office.now += HOUR
    daemon = Daemon(read(), store, reload=read, clock=lambda: office.now)
    running = asyncio.create_task(daemon.run())
    await asyncio.to_thread(sending.wait, 10)
    letters = [f"json://{office.hooks.address}/{one}" for one in "CAB"]
    office.desk.lines[-1] = f"url = {json.dumps(letters)}"
    office.desk.write()
    before = daemon.desk
    daemon.reload()
    await asyncio.sleep(0.3)
    assert daemon.desk is before
    free.set()
    while daemon.desk is before or await store.do_read(outbox.list_deliveries, states=OPEN):
        await asyncio.sleep(0.01)
    daemon.finish()
    await running
    store.close()
