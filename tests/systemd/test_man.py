"""The man pages, as they are read: all that the command line and the docs say is in them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_docs import PAGES, VERBS, options

ROOT = Path(__file__).parents[2]
SOURCES = {"watchd.1": "cli", "watchd.toml.5": "config", "watchd-rules.5": "rules"}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("man")
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    script = [sys.executable, str(ROOT / ".ci/man.py"), str(folder)]
    subprocess.run(script, check=True, env=environ, timeout=60)
    return folder


def read(path: Path) -> str:
    """What a reader sees, in lines that never break; no warning but of a line too wide."""
    if shutil.which("man") is None:
        pytest.skip("there is no man")
    environ = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "2000", "MANPAGER": "cat"}
    done = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", str(path)],
        capture_output=True,
        encoding="utf-8",
        env=environ,
        timeout=60,
    )
    assert [line for line in done.stderr.splitlines() if "can't break line" not in line] == []
    return re.sub(r"\x1b\[[0-9;]*m|.\x08", "", done.stdout)


@pytest.mark.parametrize("name", SOURCES)
def test_a_page_has_every_heading_option_and_key(written: Path, name: str) -> None:
    told, source = read(written / name), PAGES[f"docs/{SOURCES[name]}.md"]
    for heading in re.findall(r"^##+ (.+)$", source, re.MULTILINE):
        assert heading.replace("`", "").replace('"', "'") in told
    for word in re.findall(r"^\| `([^`|]+)` \|", source, re.MULTILINE):
        assert word in told
    assert not re.search(r"\*\*\w|\w\*\*|\]\(", told)


def test_every_verb_is_told_with_its_options(written: Path) -> None:
    told = read(written / "watchd.1")
    verbs = told.partition("\nVERBS\n")[2].partition("\nDESCRIPTION\n")[0]
    for name, command in VERBS.items():
        assert re.search(rf"^ +{name.split()[1]}\b", verbs, re.MULTILINE)
        assert all(option in told for option in options(command))
