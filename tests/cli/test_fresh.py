"""Verbs in a fresh interpreter. Other tests fork theirs from one that has imported everything."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Hooks
from tests.support.site import Site

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.xdist_group("fresh")  # they share one desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskFolder]:
    """A desk that has sent an alert."""
    desk = DeskFolder(tmp_path_factory.mktemp("desk"))
    with Site() as site, Hooks() as hooks:
        desk.feed("wire", site.url("/a.xml"))
        desk.receiver("desk", f"json://{hooks.address}/one")
        desk.rule("lands", '"alien lands"')
        site.feed("/a.xml", [])
        desk.once(NOW)
        site.feed("/a.xml", [{"title": "In alien lands", "guid": "1"}])
        desk.once(NOW + timedelta(hours=1))
        yield desk


@pytest.mark.parametrize(
    "verb",
    ["items", "status", "lists", "fmt", "render 1", "outbox list --all", "feeds list",
     "feeds export", "notify test"],
)  # fmt: skip
def test_a_verb_imports_what_it_needs(desk: DeskFolder, verb: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "watchd", *verb.split()],
        cwd=desk.path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout + done.stderr
