"""What systemd hears of us: the watchdog, the reason of an end, and log lines with their fields."""

from __future__ import annotations

import logging
import os
import re
import socket
import sqlite3
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.desk import DeskFolder, wait_for
from tests.support.site import Site
from watchd import journal, log, systemd


class Ear:
    """A socket as systemd and its journal have them."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self._socket.setblocking(False)
        self.heard = list[bytes]()

    def listen(self) -> list[bytes]:
        """All that was said so far."""
        try:
            while True:
                self.heard.append(self._socket.recv(1 << 18))
        except BlockingIOError:
            return self.heard

    def fields(self) -> dict[str, str]:
        """The only entry heard, as the journal reads it."""
        (data,) = self.listen()
        read = dict[str, str]()
        while data:
            head, _, data = data.partition(b"\n")
            name, given, value = head.partition(b"=")
            if not given:
                (length,) = struct.unpack("<Q", data[:8])
                value, data = data[8 : 8 + length], data[9 + length :]
            read[name.decode()] = value.decode()
        return read


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[Ear]:
    ear = Ear(tmp_path / "socket")
    yield ear
    ear._socket.close()


@pytest.fixture
def journalled(ear: Ear) -> Iterator[Ear]:
    before = logging.getLogger().handlers[:]
    log.set_up(verbosity=1, channel=journal.Channel(ear.path))
    yield ear
    logging.getLogger().handlers[:] = before


def test_the_watchdog_hears_of_work_that_was_done_and_of_each_kind(
    ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", ear.path)
    watchdog = systemd.Watchdog({"check", "notify"})
    for _ in range(5):
        watchdog.ended("check")
        watchdog.ended("rules")
    assert ear.listen() == []
    watchdog.ended("notify")
    assert ear.listen() == [b"WATCHDOG=1"]
    watchdog.ended("notify")
    watchdog.ended("notify")
    assert len(ear.listen()) == 1
    watchdog.ended("check")
    assert len(ear.listen()) == 2


def test_a_daemon_at_work_feeds_the_watchdog(desk: DeskFolder, site: Site, ear: Ear) -> None:
    site.feed("/a.xml", [{"title": "Rice", "guid": "1"}])
    desk.feed("kcna", site.url("/a.xml"))
    with desk.running(NOTIFY_SOCKET=ear.path):
        wait_for(lambda: b"WATCHDOG=1" in ear.listen())
    assert b"READY=1" in ear.heard


def test_a_health_check_hears_whether_a_daemon_is_at_work(desk: DeskFolder, site: Site) -> None:
    desk.feed("kcna", site.url("/gone.xml"))  # feeds in trouble are another matter
    with desk.running():
        wait_for(lambda: desk.watchd("status", "--alive").returncode == 0)
    assert desk.watchd("status").returncode == 1
    with sqlite3.connect(desk.path / "watchd.db") as database:
        database.execute("update service set at = '2026-01-08 09:00:00.000000'")
    asleep = desk.watchd("status", "--alive")
    assert asleep.returncode == 1
    assert re.fullmatch(r"last complete cycle: \d+ d ago\n", asleep.stdout)


def test_systemd_hears_why_a_config_cannot_be_used(desk: DeskFolder, ear: Ear) -> None:
    desk.lines.append("[[fed]]")
    desk.write()
    ended = desk.watchd("run", NOTIFY_SOCKET=ear.path)
    assert ended.returncode == 78
    (told,) = ear.listen()
    assert told.startswith(b"STATUS=cannot run: ")
    assert b"config.toml:3" in told


def test_a_log_line_has_its_fields_in_the_journal(journalled: Ear) -> None:
    log.Log("watchd.check").warning("feed.failed", feed="kcna", error="no answer", items=3)
    assert journalled.fields() == {
        "MESSAGE": 'feed.failed feed=kcna error="no answer" items=3',
        "PRIORITY": "4",
        "SYSLOG_IDENTIFIER": "watchd",
        "EVENT": "feed.failed",
        "FEED": "kcna",
        "ERROR": "no answer",
        "ITEMS": "3",
    }


@pytest.mark.parametrize("text", ["end\nPRIORITY=0\n\nMESSAGE=forged", "\x1b[2J\u2028<0>forged"])
def test_the_text_of_a_feed_forges_no_entry_and_no_field(journalled: Ear, text: str) -> None:
    log.Log("watchd").info("item.seen", title=text)
    fields = journalled.fields()
    assert fields["PRIORITY"] == "6"
    assert set(fields) == {"MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "EVENT", "TITLE"}
    assert not {"\n", "\x1b", "\u2028"} & set(fields["TITLE"] + fields["MESSAGE"])


def test_a_field_cannot_take_the_place_of_the_journals_own(journalled: Ear) -> None:
    fields = {"message": "x", "priority": "0", "_uid": "0", "a b": "x"}
    log.Log("watchd").info("item.seen", **fields)
    found = journalled.fields()
    assert found["PRIORITY"] == "6"
    assert not {"_UID", "A B"} & set(found)


def test_a_traceback_is_one_entry_of_many_lines_and_shows_no_secret(journalled: Ear) -> None:
    log.hide("T0psecretT0ken")
    try:
        raise ValueError("T0psecretT0ken\n<0>forged")
    except ValueError:
        log.traceback()
    message = journalled.fields()["MESSAGE"]
    assert message.splitlines()[0] == "traceback"
    assert message.splitlines()[-2:] == ["ValueError: ***", "<0>forged"]


def test_what_the_journal_does_not_take_is_said_on_stderr(
    journalled: Ear, capsys: pytest.CaptureFixture[str]
) -> None:
    log.set_up(channel=journal.Channel(journalled.path + ".gone"))
    log.Log("watchd").info("feed.checked", feed="kcna")
    assert "feed.checked feed=kcna" in capsys.readouterr().err


def test_the_journal_is_written_to_only_where_stderr_would_lead_there(tmp_path: Path) -> None:
    with (tmp_path / "stderr").open("wb") as stream:
        about = os.fstat(stream.fileno())
        named = {"JOURNAL_STREAM": f"{about.st_dev}:{about.st_ino}"}
        assert journal.reads(stream.fileno(), named)
        assert not journal.reads(stream.fileno(), {"JOURNAL_STREAM": "8:12"})
        assert not journal.reads(stream.fileno(), {})
