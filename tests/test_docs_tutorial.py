"""The tutorial at the head of docs/rules.md, typed from its first command to its last."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from tests.support.commandline import watchd

ROOT = Path(__file__).parent.parent
DOCS = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
TUTORIAL = DOCS[: DOCS.index("\n## Queries\n")]
BLOCKS = re.findall(r"^```(\w+)\n([\s\S]*?)^```", TUTORIAL, re.MULTILINE)
TIME = re.compile(r"\(\d+\.\d\d s\)")


def typed(line: str, folder: Path) -> str:
    """What a command prints, in a pipe and thus without colour."""
    done = watchd(*shlex.split(line)[1:], folder=folder)
    return TIME.sub("(… s)", done.stdout + done.stderr)


def without_first_lines(text: str) -> str:
    """A rule file without the comment that names it, or its schema."""
    return re.sub(r"\A(?:#[^\n]*\n\n?)", "", text)


def test_every_command_prints_what_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("WATCHD")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "desk"
    typed(f"watchd init {folder}", tmp_path)
    commands = 0
    for kind, text in BLOCKS:
        if kind == "console":
            for command in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                line, _, shown = command.partition("\n")
                assert typed(line, folder) == TIME.sub("(… s)", shown)
                commands += 1
            continue
        path, _, content = text.removeprefix("# ").partition("\n")
        if commands == 1:  # what `new` wrote is shown as it is
            assert without_first_lines((folder / path).read_text(encoding="utf-8")) == content
        (folder / path).write_text(text if kind == "toml" else content, encoding="utf-8")
    assert commands >= 7
