"""A desk with one feed that brings what a test says, and receivers that remember."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Hooks
from tests.support.site import Site
from watchd.model import StoredHit
from watchd.model.triage import Matcher, Silence
from watchd.store import acks, open_store, silences

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Newsroom:
    """One feed, whose items a test writes and edits; a receiver `desk`, and more on demand."""

    def __init__(self, desk: DeskFolder, site: Site, hooks: Hooks) -> None:
        self.desk, self.site, self.hooks = desk, site, hooks
        self.entries = [self._entry(0, "All is well.")]
        site.feed("/a.xml", self.entries)
        desk.feed("kcna", site.url("/a.xml"), interval="20s")
        self.receiver("desk")

    def _entry(self, number: int, text: str) -> dict[str, str]:
        link = f"https://x.example/{number}"
        return {"title": f"Item {number}", "text": text, "link": link, "guid": str(number)}

    def receiver(self, name: str) -> None:
        self.desk.receiver(name, f"json://{self.hooks.address}/{name}")

    def brings(self, *texts: str, at: datetime) -> None:
        """New items with these texts, and a round of the daemon then."""
        for text in texts:
            self.entries.insert(0, self._entry(len(self.entries), text))
        self.site.feed("/a.xml", self.entries)
        self.desk.once(at)

    def edits(self, text: str, *, at: datetime) -> None:
        """The newest item says this now."""
        self.entries[0]["text"] = text
        self.site.feed("/a.xml", self.entries)
        self.desk.once(at)

    def messages(self, name: str = "desk") -> list[str]:
        """What a receiver took."""
        posts = [post.json() for post in self.hooks.at(f"/{name}") if post.status == 200]
        return [f"{post['title']}\n{post['message']}" for post in posts]

    def statuses(self) -> list[str]:
        """Of the hits, the oldest first."""
        return [one.status for one in reversed(self.desk.hits())]

    def hit(self) -> StoredHit:
        """The newest."""
        return self.desk.hits()[0]

    def silence(
        self, *, at: datetime, lasts: timedelta, critical: bool = False, **fits: str
    ) -> int:
        """As `watchd silence add` makes it, with the clock where the test puts it."""
        silence = Silence(
            matchers=tuple(Matcher(key=key, value=value) for key, value in fits.items()),
            reason="congress week",
            by="Kim",
            critical=critical,
            created_at=at,
            ends_at=at + lasts,
        )
        store = open_store(self.desk.database)
        try:
            return store.write(silences.add, silence)
        finally:
            store.close()

    def ack(self, *, at: datetime) -> None:
        """The newest hit, as `watchd ack` does it."""
        store = open_store(self.desk.database)
        try:
            store.write(acks.acknowledge, self.hit(), "Kim", "on it", at)
        finally:
            store.close()


@pytest.fixture
def room(desk: DeskFolder, site: Site, hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> Newsroom:
    monkeypatch.setenv("TZ", "UTC")
    desk.rule("war", "war OR missile*", severity="high", tags=["arms"])
    desk.rule("coup", "coup", severity="critical")
    room = Newsroom(desk, site, hooks)
    desk.once(NOW)
    return room
