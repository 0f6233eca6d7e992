"""The config.toml and the unit that come with watchd work as they stand."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
from collections.abc import Iterable
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


OFF = re.compile(r"^# (?=\[|\w+ = )")
LINES = CONFIG.read_text("utf-8").splitlines()
# What is switched on together: lines that are switched off, until another comment.
BLOCKS = [
    [number for number, _ in some]
    for off, some in itertools.groupby(enumerate(LINES), lambda one: bool(OFF.match(one[1])))
    if off
]


def switched_on(folder: Path, numbers: Iterable[int]) -> config.Config:
    """The config with these of its lines on, by their numbers."""
    (folder / "rules").mkdir()
    (folder / "secrets").mkdir()
    for name in ("slack", "mail", "ops"):
        (folder / "secrets" / name).write_text(f"json://127.0.0.1/{name}")
    (folder / "secrets" / "heartbeat").write_text("https://127.0.0.1/x")
    on = set(numbers)
    lines = [OFF.sub("", line) if n in on else line for n, line in enumerate(LINES)]
    (folder / "config.toml").write_text("\n".join(lines))
    return config.load(folder / "config.toml", environ={})


def test_what_is_switched_off_in_it_can_be_switched_on(tmp_path: Path) -> None:
    read = switched_on(tmp_path, range(len(LINES)))
    assert [receiver.name for receiver in read.receivers] == ["slack", "mail", "ops"]
    assert len(read.routes) == 6
    assert len(read.feeds) > len(config.load(CONFIG, environ={}).feeds)
    assert read.contact
    assert read.warnings == ()


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: LINES[block[0]].strip("# "))
def test_and_each_by_itself(tmp_path: Path, block: list[int]) -> None:
    """Beside the receivers, which routes name; a page is of the feed above it."""
    before = [part for part in BLOCKS if part[-1] < block[0]]
    of_page = before[-1] if LINES[block[0]] == "# [feed.page]" else []
    receivers = [n for part in BLOCKS if LINES[part[0]] == "# [[receiver]]" for n in part]
    assert switched_on(tmp_path, [*block, *of_page, *receivers]).warnings == ()


def test_it_has_an_example_of_what_is_looked_for() -> None:
    """Each section, and of routes, receivers and the heartbeat each key that people ask for."""
    on = [OFF.sub("", line) for line in LINES]
    sections = {line.strip("[] ") for line in on if re.fullmatch(r"\[+[\w.]+\]+ *", line)}
    docs = (ROOT / "docs/config.md").read_text("utf-8")
    assert sections == set(re.findall(r"^## \[+([\w.]+)\]+$", docs, re.MULTILINE))
    keys = {line.partition(" = ")[0] for line in on if " = " in line}
    route = docs.partition("\n## [[route]]")[2].partition("\n### ")[0]
    assert keys >= set(re.findall(r"^\| `(\w+)` \|", route, re.MULTILINE))
    assert keys >= {"storm", "fallback", "evidence", "heartbeat_url_file", "fulltext", "grade"}


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
