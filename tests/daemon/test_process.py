"""The daemon as a process: signals, reloads, a second one, systemd, and what it never prints."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
from pathlib import Path

import pytest

from tests.support.desk import DeskFolder, wait_for
from tests.support.sinks import Answer as Reply
from tests.support.sinks import Hooks, Inbox
from tests.support.site import Site

OLD = {"title": "Rice", "text": "All is well.", "link": "https://x.example/1", "guid": "1"}
NEWS = {"title": "News", "text": "In alien lands.", "link": "https://x.example/2", "guid": "2"}


@pytest.fixture
def watched(desk: DeskFolder, site: Site, hooks: Hooks) -> DeskFolder:
    site.feed("/a.xml", [OLD])
    desk.lines += ["[fetch]", 'min_interval = "1s"']
    desk.feed("kcna", site.url("/a.xml"), interval="1s")
    desk.receiver("desk", f"json://{hooks.address}/one")
    desk.rule("alien-lands", '"alien lands"')
    return desk


def test_the_daemon_alerts_within_seconds_and_stops_at_once(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    with watched.running() as daemon:
        daemon.says("feed.baseline")
        site.feed("/a.xml", [NEWS, OLD])
        wait_for(lambda: hooks.received)
        log = daemon.says("delivery.sent")
        assert daemon.stop() < 5
    assert daemon.process.returncode == 0
    assert re.search(r"hit\.found hit=1 rule=alien-lands severity=high feed=kcna", log)
    assert re.search(r"feed\.checked feed=kcna status=ok items=2 new=1 edited=0 hits=1 ms=\d+", log)
    assert "daemon.stopped" in daemon.words()


def test_a_hanging_receiver_does_not_hold_up_the_end(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    hooks.always(Reply(late=True))
    with watched.running() as daemon:
        daemon.says("feed.baseline")
        site.feed("/a.xml", [NEWS, OLD])
        wait_for(lambda: hooks.received)
        assert daemon.stop() < 10
    hooks.always(Reply())
    with watched.running() as daemon:
        daemon.says("delivery.sent")
    assert "repeat" in hooks.received[-1].body.lower()


def test_kill_9_loses_nothing(watched: DeskFolder, site: Site, hooks: Hooks) -> None:
    with watched.running() as daemon:
        daemon.says("feed.baseline")
        daemon.signal(signal.SIGKILL)
        daemon.process.wait()
    site.feed("/a.xml", [NEWS, OLD])
    with watched.running() as daemon:
        daemon.says("delivery.sent")
    assert len(hooks.received) == 1


def test_a_reload_takes_up_a_new_rule_and_a_new_feed(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    with watched.running() as daemon:
        daemon.says("feed.baseline")
        watched.rule("rice", "tea")
        site.feed("/b.xml", [{**OLD, "text": "tea"}])
        watched.feed("second", site.url("/b.xml"), interval="1s")
        daemon.signal(signal.SIGHUP)
        log = daemon.says("config.reloaded")
        assert "rules=2" in log
        daemon.says("feed.baseline feed=second")


def test_a_bad_edit_keeps_the_old_rule_and_says_where(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    with watched.running() as daemon:
        daemon.says("feed.baseline")
        watched.rule("alien-lands", '"alien lands" and (')
        daemon.signal(signal.SIGHUP)
        assert "alien-lands.toml:4" in daemon.says("rule.broken")
        site.feed("/a.xml", [NEWS, OLD])
        wait_for(lambda: hooks.received)


def test_a_bad_config_keeps_the_old_one_and_says_where(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    with watched.running() as daemon:
        daemon.says("feed.baseline")
        watched.lines.append("[[fed]]")
        watched.write()
        daemon.signal(signal.SIGHUP)
        log = daemon.says("config.mistake")
        assert f"config.toml:{len(watched.lines)}" in log
        site.feed("/a.xml", [NEWS, OLD])
        wait_for(lambda: hooks.received)


def test_a_second_daemon_on_one_database_is_refused(watched: DeskFolder) -> None:
    with watched.running() as daemon:
        second = watched.watchd("run", "--once")
        assert second.returncode == 75
        assert f"process {daemon.process.pid}" in second.stderr
        assert "Traceback" not in second.stderr


def test_systemd_is_told(watched: DeskFolder, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(20)
        with watched.running(NOTIFY_SOCKET=str(tmp_path / "notify")) as daemon:
            seen = [systemd.recv(4096).decode()]
            while not seen[-1].startswith("READY"):
                seen.append(systemd.recv(4096).decode())
            daemon.signal(signal.SIGHUP)
            while not seen[-1].startswith("RELOADING"):
                seen.append(systemd.recv(4096).decode())
            daemon.stop()
            while not seen[-1].startswith("STOPPING"):
                seen.append(systemd.recv(4096).decode())
    assert any(re.match(r"STATUS=1 feed; 1 rule; 0 alerts waiting", line) for line in seen)
    assert any("MONOTONIC_USEC=" in line for line in seen)


def test_no_secret_is_ever_written(
    desk: DeskFolder, site: Site, hooks: Hooks, inbox: Inbox, tmp_path: Path
) -> None:
    site.feed("/a.xml", [OLD])
    desk.lines += ["[fetch]", 'min_interval = "1s"']
    address = site.url("/a.xml").replace("http://", "http://reader:FeedPa55word@")
    desk.feed("kcna", address, interval="1s")
    desk.receiver("hook", f"json://{hooks.address}/hooks/T0psecretPath?+X-Token=HeaderT0ken")
    desk.receiver(
        "mail", f"mailto://anna:Ma1lPassword@{inbox.address}?from=w@example.org&to=a@example.org"
    )
    desk.rule("alien-lands", '"alien lands"')
    hooks.answer(Reply(status=500))
    with desk.running() as daemon:
        daemon.says("feed.baseline")
        site.feed("/a.xml", [NEWS, OLD])
        daemon.says("delivery.pending")
        shown = desk.watchd("feeds", "list", "--json").stdout
        shown += desk.watchd("outbox", "list", "--json", "--all").stdout
        shown += desk.watchd("status", "--json").stdout
        environment = Path(f"/proc/{daemon.process.pid}/cmdline")
        shown += environment.read_text() if environment.exists() else ""
        log = daemon.words()
    database = sqlite3.connect(desk.path / "watchd.db")
    dump = "\n".join(database.iterdump())
    database.close()
    for secret in ("FeedPa55word", "T0psecretPath", "HeaderT0ken", "Ma1lPassword"):
        assert secret not in shown
        assert secret not in log
        assert secret not in dump


def test_a_wrong_config_is_78_with_its_place_and_no_traceback(desk: DeskFolder) -> None:
    desk.lines += ["[[feed]]", 'name = "x"', 'url = "htp:/x"', "[[reciever]]", 'name = "y"']
    desk.write()
    for verb in (("run", "--once"), ("check",), ("status",), ("hits",)):
        ended = desk.watchd(*verb)
        said = ended.stdout + ended.stderr
        assert ended.returncode == 78, verb
        assert "config.toml:5" in said
        assert "config.toml:6" in said
        assert "receiver" in said
        assert "Traceback" not in said


def test_a_receiver_that_cannot_be_used_is_named_by_its_place(desk: DeskFolder) -> None:
    desk.receiver("desk", "slack://not-a-token")
    ended = desk.watchd("run", "--once")
    assert ended.returncode == 78
    assert re.search(r"config\.toml:\d+", ended.stderr)
    assert "not-a-token" not in ended.stderr + ended.stdout


def test_a_dry_run_prints_and_keeps_nothing(watched: DeskFolder, site: Site, hooks: Hooks) -> None:
    site.feed("/a.xml", [NEWS, OLD])
    ended = watched.watchd("run", "--once", "--dry-run")
    assert ended.returncode == 0
    assert "alien lands" in ended.stdout
    assert not (watched.path / "watchd.db").exists()
    assert hooks.received == []


def test_an_unreachable_network_is_a_passing_trouble(desk: DeskFolder) -> None:
    desk.feed("gone", "http://127.0.0.1:9/a.xml")
    assert desk.watchd("run", "--once").returncode == 75


def test_the_demo_alerts_and_leaves_nothing(tmp_path: Path) -> None:
    import subprocess
    import sys

    ended = subprocess.run(
        [sys.executable, "-m", "watchd", "demo"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.getcwd()},
    )
    assert ended.returncode == 0, ended.stderr
    assert "»alien lands«" in ended.stdout
    assert "https://example.org/demo-agency-en/2" in ended.stdout
    assert "7 alerts" in ended.stderr
    assert "watchd init" in ended.stderr
    assert list(tmp_path.iterdir()) == []
