"""The config.toml and the unit that come with watchd work as they stand."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from watchd import config

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config.toml"
UNIT = ROOT / "systemd/watchd.service"


def test_the_shipped_config_is_good_and_only_lacks_a_receiver():
    read = config.load(CONFIG, environ={})
    assert [warning.code for warning in read.warnings] == ["C124"]
    assert len(read.feeds) >= 12
    assert {feed.lang for feed in read.feeds} >= {"en", "ko", "ru"}
    assert all(feed.publisher != feed.name for feed in read.feeds)


def test_no_two_of_its_feeds_ask_the_same_host():
    hosts = [urlsplit(feed.url).hostname for feed in config.load(CONFIG, environ={}).feeds]
    assert len(hosts) == len(set(hosts))


def test_what_is_switched_off_in_it_can_be_switched_on(tmp_path):
    lines = [re.sub(r"^# (?=\[|\w+ = )", "", line) for line in CONFIG.read_text().splitlines()]
    (tmp_path / "config.toml").write_text("\n".join(lines))
    (tmp_path / "rules").mkdir()
    (tmp_path / "secrets").mkdir()
    for name in ("slack", "mail", "ops"):
        (tmp_path / "secrets" / name).write_text("json://127.0.0.1/x")
    read = config.load(tmp_path / "config.toml", environ={})
    assert [receiver.name for receiver in read.receivers] == ["slack", "mail", "ops"]
    assert len(read.routes) == 3
    assert len(read.feeds) > len(config.load(CONFIG, environ={}).feeds)
    assert read.contact
    assert read.warnings == ()


def test_every_line_of_the_unit_has_a_reason():
    """A comment stands above each setting, or above the group of settings it belongs to."""
    explained = True
    for line in UNIT.read_text().splitlines():
        if not line or line.startswith("["):
            explained = line.startswith(("[Install]", "[Unit]"))
        elif line.startswith("#"):
            explained = True
        elif not line.startswith(("Type=", "Description=")):
            assert explained, line


needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here"
)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that is there: systemd-analyze looks for it."""
    text = UNIT.read_text().replace("/opt/watchd/bin/watchd", shutil.which("true") or "/bin/true")
    (tmp_path / "watchd.service").write_text(text)
    return tmp_path / "watchd.service"


@needs_systemd
def test_systemd_finds_nothing_wrong_with_the_unit(unit):
    run = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
    assert run.stdout + run.stderr == ""


@needs_systemd
def test_the_unit_is_closed_tight(unit):
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=15", unit]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-300:]
