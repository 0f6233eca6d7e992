"""`page`: a desk that watches one page of the test site, and keeps what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.support.desk import DeskFolder
from tests.support.sinks import Hooks
from tests.support.site import Answer, Site

HTML = [("Content-Type", "text/html; charset=utf-8")]


@dataclass
class Watched:
    """A desk, the site it watches, and where its alerts arrive."""

    desk: DeskFolder
    site: Site
    hooks: Hooks
    path: str

    def shows(self, body: str | bytes, **more: object) -> None:
        """From now on the page is this."""
        data = body.encode() if isinstance(body, str) else body
        self.site.answer(self.path, Answer(body=data, **{"headers": HTML, **more}))  # type: ignore[arg-type]

    def titles(self) -> list[str]:
        """Of the items kept so far, the oldest first."""
        return [stored.item.title for stored in reversed(self.desk.items())]

    def texts(self) -> list[str]:
        """The same of their texts."""
        return [stored.item.text for stored in reversed(self.desk.items())]

    def alerts(self) -> list[str]:
        """The titles of the messages that arrived."""
        return [post.json()["title"] for post in self.hooks.received]


@pytest.fixture
def watch(desk: DeskFolder, site: Site, hooks: Hooks) -> Callable[..., Watched]:
    """`watch(path, "list = …", …, type="page")`: lines for [feed.page], keys for [[feed]]."""

    def watch(path: str, *page: str, robots: str = "", **feed: str) -> Watched:
        if robots:
            site.answer("/robots.txt", Answer(body=robots.encode()))
        desk.feed("page", site.url(path), **{"type": "page", **feed})
        if page:
            desk.lines += ["[feed.page]", *page]
        desk.receiver("desk", f"json://{hooks.address}/one")
        desk.rule("all", '"alien lands" OR launch OR greetings')
        desk.write()
        return Watched(desk=desk, site=site, hooks=hooks, path=path)

    return watch
