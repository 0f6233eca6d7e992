"""The project as a whole: nothing in it that belongs elsewhere, and all of it in the package."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from watchd import __version__

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

# Beside these a checkout has what tools leave behind, and the desks of those who work in it.
OF_THE_WHEEL = ("rules/", "systemd/")
OURS = ("watchd", "rules", "tests", "docs", "systemd", ".ci")
TEXT = {".py", ".toml", ".txt", ".md", ".service", ".timer", ".conf", ".json", ".jsonl", ".xml", ""}
FILES = [
    path
    for place in (*OURS, "README.md", "CHANGELOG.md", "LICENSE", "config.toml", "pyproject.toml")
    for path in [ROOT / place, *sorted((ROOT / place).rglob("*"))]
    if path.is_file() and "__pycache__" not in path.parts
]

# Somebody's home, or the folder of this very checkout.
PLACES = re.compile(
    rf"(?:/home/|/Users/|/root/|[A-Z]:\\Users\\)\w|{re.escape(str(ROOT))}/|{re.escape(str(Path.home()))}/"
)
# What the keys of well-known services look like.
SECRETS = re.compile(
    r"hooks\.slack\.com/services/T[A-Z0-9]{8,}/B[A-Z0-9]{8,}/\w{24}\b"
    r"|\bxox[abprs]-\d{10,}-\d{10,}-\w{24}|\bgh[pousr]_[A-Za-z0-9]{36}|\bAKIA[A-Z0-9]{16}\b"
)
KEY = b"PRIVATE KEY" + b"-----"


def texts() -> dict[str, str]:
    read = {path: path.read_bytes() for path in FILES if path.suffix in TEXT}
    return {
        path.relative_to(ROOT).as_posix(): data.decode("utf-8", "replace")
        for path, data in read.items()
    }


@pytest.mark.parametrize("pattern", [PLACES, SECRETS], ids=["path of a machine", "secret"])
def test_nothing_of_anybodys_own_is_in_a_file(pattern: re.Pattern[str]) -> None:
    found = [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}"
        for name, text in texts().items()
        if name != "tests/test_project.py"
        for match in pattern.finditer(text)
    ]
    assert found == []


def test_no_private_key_but_that_of_the_test_site() -> None:
    keys = {path.relative_to(ROOT).as_posix() for path in FILES if KEY in path.read_bytes()}
    assert keys <= {"tests/support/site.pem"}


def test_the_changelog_tells_of_this_version_first() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (\S+)", changes, re.MULTILINE)
    assert versions[0] == __version__
    entries = re.findall(r"^- .*$", changes, re.MULTILINE)
    assert entries
    for entry in entries:
        assert re.match(r"- \[(NEW|CHANGE|FIX|SECURITY)\] [A-Z`].*\.$", entry), entry


def test_every_module_is_of_a_size_to_read() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in (ROOT / "watchd").rglob("*.py")
        if (lines := path.read_text(encoding="utf-8").count("\n")) > 400
    }
    assert long == {}


def test_rules_and_config_are_told_to_go_into_the_wheel() -> None:
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["packages"] == ["watchd"]
    assert wheel["force-include"] == {
        "rules": "watchd/shipped/rules",
        "config.toml": "watchd/shipped/config.toml",
        "systemd": "watchd/shipped/systemd",
    }


@pytest.mark.slow
def test_the_wheel_holds_every_module_the_rules_and_the_config(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), "."]
    subprocess.run(build, cwd=ROOT, check=True, timeout=100)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    files = {path.relative_to(ROOT).as_posix() for path in FILES}
    modules = {name for name in files if name.startswith("watchd/")}
    shipped = {name for name in files if name == "config.toml" or name.startswith(OF_THE_WHEEL)}
    assert names >= modules | {f"watchd/shipped/{name}" for name in shipped}
    assert not any(name.startswith((*OF_THE_WHEEL, "tests/", "docs/")) for name in names)
