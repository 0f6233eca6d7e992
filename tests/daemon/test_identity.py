"""Ids that change, and feeds whose `identity` is set: what is new, and what is sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Hooks
from tests.support.site import Site

HOUR = timedelta(hours=1)


def stories(*numbers: int, guid: str = "g", **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "title": f"Soldiers {n}",
            "text": f"They fought in alien lands, part {n}.",
            "link": f"https://x.example/{n}",
            "guid": f"{guid}{n}",
            "date": datetime(2026, 1, 7, n, tzinfo=UTC),
        }
        | more
        for n in numbers
    ]


def watched(desk: DeskFolder, site: Site, hooks: Hooks, **more: str) -> None:
    site.feed("/a.xml", stories(1, 2, 3))
    desk.feed("kcna", site.url("/a.xml"), **more)
    desk.receiver("desk", f"json://{hooks.address}/one")
    desk.rule("alien-lands", '"alien lands"')
    desk.once(NOW)


def test_a_feed_that_changes_all_its_ids_brings_nothing_new(
    desk: DeskFolder, site: Site, hooks: Hooks
) -> None:
    watched(desk, site, hooks)
    for hours, guid in enumerate(("h", "i", "h", "g"), 1):
        site.feed("/a.xml", stories(1, 2, 3, guid=guid))
        assert desk.once(NOW + hours * HOUR).new == 0
    assert hooks.received == []
    assert len(desk.items()) == 3


def test_what_is_new_beside_changed_ids_is_sent(desk: DeskFolder, site: Site, hooks: Hooks) -> None:
    watched(desk, site, hooks)
    site.feed("/a.xml", stories(4, 1, 2, 3, guid="h"))
    assert desk.once(NOW + HOUR).new == 1
    assert len(hooks.received) == 1
    site.feed("/a.xml", stories(5, 4, 1, 2, 3, guid="i"))
    assert desk.once(NOW + 2 * HOUR).new == 1


def test_an_edit_under_a_later_id_is_an_edit(desk: DeskFolder, site: Site, hooks: Hooks) -> None:
    watched(desk, site, hooks)
    site.feed("/a.xml", stories(1, 2, 3, guid="h"))
    desk.once(NOW + HOUR)
    site.feed(
        "/a.xml", [*stories(1, guid="h", text="Quite another text."), *stories(2, 3, guid="h")]
    )
    desk.once(NOW + 2 * HOUR)
    assert sorted(item.revision for item in desk.items()) == [1, 1, 2]


def test_a_text_that_comes_back_under_a_new_link_is_another_item(
    desk: DeskFolder, site: Site, hooks: Hooks
) -> None:
    watched(desk, site, hooks)
    later = stories(
        1, guid="again", link="https://x.example/9", date=datetime(2026, 1, 8, tzinfo=UTC)
    )
    site.feed("/a.xml", [*later, *stories(2, 3)])
    assert desk.once(NOW + HOUR).new == 1


@pytest.mark.parametrize(("identity", "new"), [("auto", 0), ("guid", 1), ("url", 0), ("text", 0)])
def test_identity_says_what_one_changed_id_means(
    desk: DeskFolder, site: Site, hooks: Hooks, identity: str, new: int
) -> None:
    watched(desk, site, hooks, identity=identity)
    site.feed("/a.xml", [*stories(1, guid="h"), *stories(2, 3)])
    assert desk.once(NOW + HOUR).new == new


@pytest.mark.parametrize(("identity", "new"), [("auto", 0), ("url", 0), ("text", 1)])
def test_identity_says_what_an_edit_means(
    desk: DeskFolder, site: Site, hooks: Hooks, identity: str, new: int
) -> None:
    watched(desk, site, hooks, identity=identity)
    site.feed("/a.xml", [*stories(1, text="Quite another text."), *stories(2, 3)])
    assert desk.once(NOW + HOUR).new == new


@pytest.mark.parametrize("identity", ["guid", "url", "text"])
def test_another_identity_makes_no_item_new(
    desk: DeskFolder, site: Site, hooks: Hooks, identity: str
) -> None:
    watched(desk, site, hooks)
    desk.lines = [line for line in desk.lines if line != 'interval = "5m"']
    desk.lines = [
        f'{line}\nidentity = "{identity}"' if line == 'name = "kcna"' else line
        for line in desk.lines
    ]
    desk.write()
    site.feed("/a.xml", stories(4, 1, 2, 3))
    assert desk.once(NOW + HOUR).new == 1
    assert len(hooks.received) == 1
