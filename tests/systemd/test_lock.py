""".ci/requirements.txt: a pin with its hashes for each library that watchd needs."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCK = ROOT / ".ci/requirements.txt"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WANTED = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["postgres"]]


def numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def pins() -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", LOCK.read_text(encoding="utf-8"), re.M))


@pytest.mark.parametrize("wanted", WANTED)
def test_what_the_project_asks_for_is_pinned(wanted: str) -> None:
    name = re.match(r"[A-Za-z0-9-]+", wanted)
    assert name
    assert name[0] in pins(), "make it anew as its first lines say"
    found = numbers(pins()[name[0]])
    for sign, version in re.findall(r"(>=|<)([\d.]+)", wanted):
        assert (found >= numbers(version)) is (sign == ">=")


def test_each_pin_has_its_hashes_and_no_place_is_named() -> None:
    text = LOCK.read_text(encoding="utf-8")
    for entry in re.split(r"\n(?=[a-z])", text)[1:]:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
    assert "://" not in text


@pytest.mark.slow
def test_pip_takes_it_as_the_container_does(tmp_path: Path) -> None:
    # An option that pip does not know ends it, too: it is asked as in .ci/Containerfile.
    command = [sys.executable, "-m", "pip", "install", "-q", "--dry-run", "--ignore-installed"]
    asked = "--require-hashes -r /src/.ci/requirements.txt"
    assert asked in (ROOT / ".ci/Containerfile").read_text(encoding="utf-8")
    done = subprocess.run(
        [*command, *asked.replace("/src", str(ROOT)).split()],
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
