"""Rules that change while watchd runs: taken up when they are saved, and never a reason to stop."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.desk import NOW, DeskFolder, wait_for
from tests.support.sinks import Answer as Reply
from tests.support.sinks import Hooks
from tests.support.site import Site
from watchd.config import load
from watchd.desk import Desk, read_desk
from watchd.reloads import AT_MOST, QUIET, USUAL, Reloads, Unrest, changes
from watchd.store import open_store

HOUR = timedelta(hours=1)
OLD = {"title": "Rice", "text": "All is well.", "link": "https://x.example/1", "guid": "1"}
NEWS = {"title": "News", "text": "In alien lands.", "link": "https://x.example/2", "guid": "2"}
MORE = {"title": "More", "text": "Also alien lands.", "link": "https://x.example/3", "guid": "3"}


@pytest.fixture
def watched(desk: DeskFolder, site: Site, hooks: Hooks) -> DeskFolder:
    site.feed("/a.xml", [OLD])
    desk.lines += ["[fetch]", 'min_interval = "1s"']
    desk.feed("kcna", site.url("/a.xml"), interval="1s")
    desk.receiver("desk", f"json://{hooks.address}/one")
    desk.rule("alien-lands", '"alien lands"')
    return desk


# --- The daemon itself


def test_a_rule_that_is_saved_runs_without_a_signal(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    with watched.running() as daemon:
        daemon.says("feed.baseline")
        watched.rule("dprk-ferry", "ferry")
        assert "rules=2 added=dprk-ferry" in daemon.says("rules.reloaded")
        site.feed("/a.xml", [{**NEWS, "text": "The ferry came."}, OLD])
        wait_for(lambda: hooks.received)
    assert [hit.hit.rule for hit in watched.hits()] == ["dprk-ferry"]


def test_an_edit_sees_new_items_and_never_alerts_of_old_ones(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    with watched.running() as daemon:
        daemon.says("feed.baseline")
        site.feed("/a.xml", [NEWS, OLD])
        wait_for(lambda: hooks.received)
        [first] = watched.hits()
        watched.rule("alien-lands", '"alien lands" OR rice OR well')
        daemon.says("rules.reloaded rules=1 changed=alien-lands")
        checks = daemon.words().count("feed.checked")
        site.feed("/a.xml", [NEWS, OLD], title="Served anew", etag=b"", last_modified=b"")
        daemon.says("feed.checked", times=checks + 2)
        assert len(hooks.received) == 1
        site.feed("/a.xml", [{**MORE, "text": "All is well."}, NEWS, OLD])
        wait_for(lambda: len(hooks.received) == 2)
    latest, earlier = watched.hits()
    assert earlier.hit.rule_version == first.hit.rule_version != latest.hit.rule_version
    assert [evidence.quote for evidence in latest.hit.evidence] == ["well"]


def test_a_mistake_keeps_the_last_good_version_and_status_says_where_also_after_a_restart(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    def status() -> str:
        ended = watched.watchd("status")
        assert ended.returncode == 1
        return ended.stdout

    with watched.running() as daemon:
        daemon.says("feed.baseline")
        watched.rule("alien-lands", '"alien lands" OR (')
        watched.rule("rice", "tea")
        log = daemon.says("rules.reloaded rules=2 added=rice broken=")
        assert "alien-lands.toml:4:18" in log
        assert re.search(r"running the version of .* because of .*alien-lands\.toml:4:18", status())
        site.feed("/a.xml", [NEWS, OLD])
        wait_for(lambda: hooks.received)
    with watched.running() as daemon:
        assert "alien-lands.toml:4:18" in daemon.says("rule.broken")
        assert "alien-lands.toml:4:18" in status()
        site.feed("/a.xml", [MORE, NEWS, OLD])
        wait_for(lambda: len(hooks.received) == 2)
        watched.rule("alien-lands", '"alien lands"')
        daemon.says("rules.reloaded rules=2 mended=alien-lands")
        assert watched.watchd("status").returncode == 0


def test_a_folder_that_goes_away_takes_no_rule_with_it(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    rules, away = watched.path / "rules", watched.path / "away"
    with watched.running() as daemon:
        daemon.says("feed.baseline")
        rules.rename(away)
        daemon.says("rules.away")
        site.feed("/a.xml", [NEWS, OLD])
        wait_for(lambda: hooks.received)
        wait_for(lambda: "rules stay in force" in watched.watchd("status").stdout)
        assert watched.watchd("status").returncode == 1
        daemon.signal(signal.SIGHUP)
        daemon.says("config.kept")
        away.rename(rules)
        watched.rule("rice", "tea")
        log = daemon.says("rules.reloaded rules=2 added=rice")
        assert watched.watchd("status").returncode == 0
    assert log.count("rules.away") == 1
    assert "gone=" not in log


def test_what_waits_of_a_deleted_rule_is_not_sent(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    hooks.always(Reply(status=503))
    watched.rule("lands", "lands")
    with watched.running() as daemon:
        daemon.says("feed.baseline")
        site.feed("/a.xml", [NEWS, OLD])
        daemon.says("delivery.pending")
        wait_for(lambda: len(watched.deliveries()) == 2)
        (watched.path / "rules" / "lands.toml").unlink()
        log = daemon.says("rules.reloaded rules=1 gone=lands")
        assert "delivery.withdrawn rule=lands count=1 said=\"rule 'lands' was deleted\"" in log
        hooks.always(Reply())
        watched.watchd("outbox", "retry")
        daemon.says("delivery.sent")
    outbox = json.loads(watched.watchd("outbox", "list", "--all", "--json").stdout)
    assert {(one["state"], one["error"]) for one in outbox} == {
        ("sent", None),
        ("dropped", "rule 'lands' was deleted"),
    }
    hits = json.loads(watched.watchd("hits", "--rule", "lands", "--json").stdout)
    assert [(one["status"], one["dropped"]) for one in hits] == [
        ("dropped", "rule 'lands' was deleted")
    ]


def test_a_reload_on_a_signal_tells_which_rules_changed(watched: DeskFolder) -> None:
    with watched.running() as daemon:
        watched.rule("rice", "tea")
        daemon.signal(signal.SIGHUP)
        daemon.says("config.reloaded")
        assert daemon.says("rules.reloaded").count("added=rice") == 1


def test_systemd_is_told_of_a_rule_that_broke(watched: DeskFolder, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(20)

        def status(words: str) -> None:
            while f"STATUS={words}" not in systemd.recv(4096).decode():
                pass

        with watched.running(NOTIFY_SOCKET=str(tmp_path / "notify")):
            status("1 feed; 1 rule; 0 alerts waiting")
            watched.rule("rice", "tea OR")
            status("1 feed; 1 rule, 1 broken; 0 alerts waiting")
            watched.rule("rice", "tea")
            status("1 feed; 2 rules; 0 alerts waiting")


# --- The habits of editors, with the reload in this process


class AtWork:
    """What the daemon does about its rules each second, once a test asks for it."""

    def __init__(self, folder: DeskFolder) -> None:
        self.store = open_store(folder.database)
        self.folder = folder
        self.desk = read_desk(load(folder.config, environ=os.environ), self.store, NOW)
        self.reloads = Reloads(
            self.store, lambda: self.desk, lambda desk: desk, self.take, lambda: NOW
        )

    async def take(self, desk: Desk) -> None:
        self.desk = desk

    def look(self) -> tuple[str, ...]:
        """The rules that run after a tick."""
        asyncio.run(self.reloads.rules())
        return tuple(sorted(self.desk.rules.rules))


@pytest.fixture
def at_work(watched: DeskFolder) -> Iterator[AtWork]:
    watched.rule("rice", "rice AND @grain")
    (watched.path / "rules" / "lists" / "grain.txt").write_text("rye\n")
    at_work = AtWork(watched)
    yield at_work
    at_work.store.close()


Edit = Callable[[Path], None]


def toml(query: str) -> str:
    return f"title = 'A rule'\nseverity = 'low'\nquery = '''\n{query}\n'''\n"


def written_in_place(rules: Path) -> None:
    (rules / "rice.toml").write_text(toml("tea"))


def renamed_into_place(rules: Path) -> None:
    (rules / ".rice.toml.tmp").write_text(toml("tea"))
    (rules / ".rice.toml.tmp").rename(rules / "rice.toml")


def of_the_same_length_and_time(rules: Path) -> None:
    file = rules / "rice.toml"
    before = file.stat()
    file.write_text(file.read_text().replace("rice AND", "rise AND"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def deleted_and_written(rules: Path) -> None:
    (rules / "rice.toml").unlink()
    (rules / "rice.toml").write_text(toml("tea"))


def in_the_list(rules: Path) -> None:
    (rules / "lists" / "grain.txt").write_text("rye\nbarley\n")


def the_whole_folder_put_back(rules: Path) -> None:
    shutil.copytree(rules, rules.with_name("copy"))
    shutil.rmtree(rules)
    shutil.copytree(rules.with_name("copy"), rules)
    (rules / "rice.toml").write_text(toml("tea"))


def behind_a_link(rules: Path) -> None:
    shutil.copytree(rules, rules.with_name("next"))
    (rules.with_name("next") / "rice.toml").write_text(toml("tea"))
    rules.rename(rules.with_name("last"))
    rules.symlink_to("next")


EDITS = (
    written_in_place,
    renamed_into_place,
    of_the_same_length_and_time,
    deleted_and_written,
    in_the_list,
    the_whole_folder_put_back,
    behind_a_link,
)


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_is_taken_up_however_it_was_saved(at_work: AtWork, edit: Edit) -> None:
    before = at_work.desk.rules
    edit(at_work.folder.path / "rules")
    assert at_work.look() == ("alien-lands", "rice")
    found = changes(before, at_work.desk.rules)
    assert found.told() == {"changed": "rice"}
    assert at_work.desk.rules.rules["alien-lands"].query == before.rules["alien-lands"].query


def test_only_what_changed_is_read_again(at_work: AtWork) -> None:
    before = at_work.desk.rules.rules
    written_in_place(at_work.folder.path / "rules")
    at_work.look()
    assert at_work.desk.rules.rules["alien-lands"] is before["alien-lands"]
    assert at_work.desk.rules.rules["rice"] is not before["rice"]


def test_without_a_change_nothing_is_read(at_work: AtWork) -> None:
    before = at_work.desk
    (at_work.folder.path / "rules" / "notes.md").write_text("Not a rule.")
    (at_work.folder.path / "rules" / ".rice.toml.swp").write_text("An editor's own.")
    at_work.look()
    assert at_work.desk is before


def test_files_come_and_go_together(at_work: AtWork) -> None:
    rules = at_work.folder.path / "rules"
    (rules / "rice.toml").unlink()
    (rules / "dprk").mkdir()
    for name in ("dprk/a", "dprk/b", "c"):
        at_work.folder.rule(name, "tea")
    before = at_work.desk.rules
    assert at_work.look() == ("alien-lands", "c", "dprk/a", "dprk/b")
    assert changes(before, at_work.desk.rules).told() == {
        "added": "c,dprk/a,dprk/b",
        "gone": "rice",
    }


def test_a_mistake_in_one_file_holds_up_no_other(at_work: AtWork) -> None:
    at_work.folder.rule("alien-lands", '"alien lands" OR')
    at_work.folder.rule("new", "tea AN coffee OR")
    written_in_place(at_work.folder.path / "rules")
    before = at_work.desk.rules
    assert at_work.look() == ("alien-lands", "rice")
    after = at_work.desk.rules
    assert after.rules["alien-lands"] is before.rules["alien-lands"]
    assert changes(before, after).changed == ("rice",)
    assert [(one.rule, one.since is None) for one in after.stale] == [
        ("alien-lands", False),
        ("new", True),
    ]
    assert after.summary()["broken"] == 2


def test_a_mistake_in_a_list_keeps_its_rules_with_the_list_as_it_was(at_work: AtWork) -> None:
    grain = at_work.folder.path / "rules" / "lists" / "grain.txt"
    grain.write_text("rye\n@another\n")
    before = at_work.desk.rules
    assert at_work.look() == ("alien-lands", "rice")
    assert at_work.desk.rules.rules["rice"] is before.rules["rice"]
    places = [one["where"] for one in at_work.desk.rules.summary()["problems"]]
    assert f"{grain}:2:1" in places
    grain.unlink()
    assert at_work.look() == ("alien-lands", "rice")
    assert at_work.desk.rules.rules["rice"] is before.rules["rice"]


def test_a_mistake_is_said_once(at_work: AtWork, caplog: pytest.LogCaptureFixture) -> None:
    at_work.folder.rule("alien-lands", '"alien lands" OR')
    at_work.look()
    assert caplog.text.count("rule.broken") == 1
    written_in_place(at_work.folder.path / "rules")
    at_work.look()
    assert caplog.text.count("rule.broken") == 1
    at_work.folder.rule("alien-lands", '"alien lands" AND')
    at_work.look()
    assert caplog.text.count("rule.broken") == 2


def test_a_rule_that_is_deleted_stops(at_work: AtWork) -> None:
    (at_work.folder.path / "rules" / "rice.toml").unlink()
    (at_work.folder.path / "rules" / "alien-lands.toml").unlink()
    assert at_work.look() == ()


def test_an_empty_folder_in_the_place_of_another_says_nothing(
    at_work: AtWork, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "watchd")
    rules = at_work.folder.path / "rules"
    rules.rename(rules.with_name("unmounted"))
    rules.mkdir()
    for _ in range(3):
        assert at_work.look() == ("alien-lands", "rice")
    assert caplog.text.count("rules.away") == 1
    rules.rmdir()
    rules.with_name("unmounted").rename(rules)
    at_work.look()
    assert "rules.reloaded rules=2" in caplog.text


# --- What is withdrawn, and what keeps its history


@pytest.fixture
def waiting(watched: DeskFolder, site: Site, hooks: Hooks) -> DeskFolder:
    """A desk with an alert that its receiver would not take yet."""
    hooks.always(Reply(status=503))
    watched.rule("rice", "rice")
    watched.once(NOW)
    site.feed("/a.xml", [NEWS, OLD])
    watched.once(NOW + HOUR)
    assert [one.state for one in watched.deliveries()] == ["pending"]
    hooks.always(Reply())
    return watched


def deleted(folder: DeskFolder) -> None:
    (folder.path / "rules" / "alien-lands.toml").unlink()


def renamed(folder: DeskFolder) -> None:
    rules = folder.path / "rules"
    (rules / "alien-lands.toml").rename(rules / "foreign.toml")


def renamed_and_edited(folder: DeskFolder) -> None:
    deleted(folder)
    folder.rule("foreign", '"alien lands" OR tea', was="alien-lands")


@pytest.mark.parametrize(
    ("edit", "state"),
    [
        (deleted, "dropped"),
        (lambda folder: folder.rule("alien-lands", '"alien lands"', status="off"), "dropped"),
        (renamed, "sent"),
        (renamed_and_edited, "sent"),
        (lambda folder: folder.rule("alien-lands", "tea"), "sent"),
        (lambda folder: folder.rule("alien-lands", "(tea"), "sent"),
        (lambda folder: folder.rule("alien-lands", "tea", status="draft"), "sent"),
    ],
)
def test_only_a_clear_word_withdraws_an_alert(
    waiting: DeskFolder, hooks: Hooks, edit: Callable[[DeskFolder], None], state: str
) -> None:
    edit(waiting)
    waiting.once(NOW + 2 * HOUR)
    assert [one.state for one in waiting.deliveries()] == [state]


def test_a_folder_without_any_rule_withdraws_nothing(waiting: DeskFolder) -> None:
    for file in (waiting.path / "rules").glob("*.toml"):
        file.unlink()
    waiting.once(NOW + 2 * HOUR)
    assert [one.state for one in waiting.deliveries()] == ["sent"]


def test_a_renamed_rule_keeps_its_history(watched: DeskFolder, site: Site, hooks: Hooks) -> None:
    watched.once(NOW)
    site.feed("/a.xml", [NEWS, OLD])
    watched.once(NOW + HOUR)
    renamed_and_edited(watched)
    site.feed("/a.xml", [{**NEWS, "text": NEWS["text"] + " More follows."}, OLD])
    watched.once(NOW + 2 * HOUR)
    assert len(hooks.received) == 1
    assert [(hit.hit.rule, hit.status) for hit in watched.hits()] == [
        ("foreign", "repeated"),
        ("alien-lands", "sent"),
    ]
    shown = json.loads(watched.watchd("hits", "--rule", "foreign", "--json").stdout)
    assert [hit["rule"] for hit in shown] == ["foreign", "alien-lands"]


def test_a_rule_over_time_is_counted_apart(watched: DeskFolder) -> None:
    (watched.path / "rules" / "burst.toml").write_text(
        toml("tea") + 'type = "frequency"\n[frequency]\nat_least = 3\nwithin = "1d"\n'
    )
    watched.once(NOW)
    status = json.loads(watched.watchd("status", "--json").stdout)
    assert status["rules"]["loaded"] == 1
    assert status["rules"]["over_time"] == 1


# --- When a folder is read that is being written to


def test_a_save_takes_hold_within_two_seconds() -> None:
    assert USUAL.total_seconds() + AT_MOST < 2


@pytest.mark.parametrize(
    ("looks", "read_at"),
    [
        ([(0.0, "a"), (1.0, "a"), (2.0, "a")], None),
        ([(0.0, "a"), (1.0, "b"), (1.1, "b"), (1.2, "b"), (1.3, "b")], 1.3),
        ([(1.0, "b"), (1.1, "b"), (1.2, "c"), (1.3, "c"), (1.4, "c"), (1.5, "c")], 1.5),
        ([(1.0 + n / 10, str(n)) for n in range(20)], 1.7),
        ([(1.0, "b"), (1.1, "a"), (1.2, "b"), (1.3, "b"), (1.4, "b"), (1.5, "b")], 1.5),
    ],
)
def test_a_folder_is_read_when_it_has_come_to_rest(
    looks: list[tuple[float, str]], read_at: float | None
) -> None:
    unrest = Unrest()
    moments = [now for now, found in looks if unrest.over(found, "a", now + 1e-9 * now)]
    assert moments[:1] == ([read_at] if read_at else [])
    assert QUIET < AT_MOST
