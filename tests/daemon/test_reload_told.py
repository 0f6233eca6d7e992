"""A reload says what it changed, by name, and what it left: to the log, and to `ops`."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.support.desk import DeskFolder, wait_for
from tests.support.sinks import Hooks
from tests.support.site import Site
from watchd.config import load
from watchd.configdiff import differences

TOKEN = "s3cretT0kenOfOurs42"
OLD = {"title": "Rice", "text": "All is well.", "link": "https://x.example/1", "guid": "1"}
BASE = f"""\
contact = "desk@example.org"
[[feed]]
name = "kcna"
url = "https://a.example/feed?key={TOKEN}"
[[feed]]
name = "wire"
url = "https://b.example/feed"
[[receiver]]
name = "desk"
url = "json://a.example/{TOKEN}"
[[route]]
receivers = ["desk"]
"""
LINE = 'url = "https://b.example/feed"\n'
EDITS: dict[str, tuple[Callable[[str], str], dict[str, str]]] = {
    "nothing": (lambda text: f"# a remark\n{text}", {}),
    "a feed more": (
        lambda text: text + '[[feed]]\nname = "new"\nurl = "https://c.example/"\n',
        {"feeds_added": "new"},
    ),
    "a feed less": (lambda text: text.replace('name = "wire"', 'name = "was"'), {
        "feeds_added": "was", "feeds_gone": "wire"}),
    "another interval": (
        lambda text: text.replace(LINE, LINE + 'interval = "2h"\ntags = ["x"]\n'),
        {"feeds_changed": "wire (interval, tags)"},
    ),
    "another address": (
        lambda text: text.replace(f"/{TOKEN}", f"/{TOKEN}x"),
        {"receivers_changed": "desk (url)"},
    ),
    "another key": (
        lambda text: text.replace(f"key={TOKEN}", f"key=x{TOKEN}"),
        {"feeds_changed": "kcna (url)"},
    ),
    "a route": (
        lambda text: text + '[[route]]\nreceivers = ["desk"]\nrules = ["x"]\n',
        {"routes": "1 before, 2 now"},
    ),
    "another route": (
        lambda text: text.replace('[[route]]\n', '[[route]]\nrules = ["x"]\n'),
        {"routes": "changed"},
    ),
    "settings": (
        lambda text: f'heartbeat_every = "5m"\n{text}'.replace("desk@", "we@"),
        {"settings": "heartbeat_url", "at_next_start": "fetch, contact"},
    ),
    "listen": (
        lambda text: text + '[serve]\nlisten = "127.0.0.1:9753"\n',
        {"at_next_start": "listen"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_what_changed_is_named_and_no_value_is_shown(desk: DeskFolder, edit: str) -> None:
    change, told = EDITS[edit]
    desk.config.write_text(BASE)
    before = load(desk.config, environ={})
    desk.config.write_text(change(BASE))
    found = differences(before, load(desk.config, environ={}))
    assert found == told
    assert TOKEN not in str(found)


def test_ops_and_the_log_are_told_and_a_mistake_changes_nothing(
    desk: DeskFolder, site: Site, hooks: Hooks
) -> None:
    for name in ("a", "b"):
        site.feed(f"/{name}.xml", [OLD])
    desk.feed("kcna", site.url("/a.xml"))
    desk.receiver("ops", f"json://{hooks.address}/ops")
    desk.rule("rice", "rice")
    with desk.running() as daemon:
        daemon.says("feed.baseline")
        desk.feed("wire", site.url("/b.xml"))
        desk.rule("tea", "tea")
        daemon.signal(signal.SIGHUP)
        assert "feeds_added=wire" in daemon.says("config.reloaded")
        wait_for(lambda: hooks.at("/ops"))
        first = hooks.at("/ops")[0].json()["message"]
        assert "feeds added: wire" in first
        assert "watchd feeds list" not in first
        daemon.says("feed.checked feed=wire")
        good = desk.config.read_text()
        desk.config.write_text(good.replace('"wire"', '"wider"') + "nonsense = 1\n")
        daemon.signal(signal.SIGHUP)
        daemon.says("config.kept")
        wait_for(lambda: len(hooks.at("/ops")) == 2)
        second = hooks.at("/ops")[1].json()["message"]
        assert "config.toml:" in second
        assert "nonsense" in second
    states = {delivery.state for delivery in desk.deliveries()}
    assert states == {"sent"}
