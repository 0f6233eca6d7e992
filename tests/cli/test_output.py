"""What every verb does with its output."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.desk import DeskFolder

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
@pytest.mark.parametrize("verb", ["lists", "check", "schema rule"])
def test_a_full_disk_is_told_in_a_sentence(desk: DeskFolder, verb: str) -> None:
    desk.rule("lands", '"alien lands"')
    desk.write()
    words = [sys.executable, "-m", "watchd", *verb.split()]
    root = str(Path(__file__).parents[2])
    with FULL.open("w") as full:
        done = subprocess.run(
            words, cwd=desk.path, env={**os.environ, "PYTHONPATH": root},
            stdout=full, stderr=subprocess.PIPE, encoding="utf-8", timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.endswith("watchd: the output cannot be written: No space left on device\n")


def test_labels_that_are_missing_are_told(desk: DeskFolder) -> None:
    desk.rule("lands", '"alien lands"')
    (desk.path / "items.jsonl").write_text('{"title": "Rice"}\n', encoding="utf-8")
    done = desk.watchd("eval", str(desk.path / "items.jsonl"))
    assert re.search("No item of .*items.jsonl has labels", done.stderr)
