"""`watchd fmt`: files in their one layout, and files with mistakes as they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.desk import DeskFolder

UNTIDY = "severity='low'\ntitle = \"One\"\nquery = 'rocket*  OR “two words”'\n"
TIDY = """\
title    = "One"
severity = 'low'

query = '''
rocket* OR "two words"
'''
"""


@pytest.fixture
def rules(desk: DeskFolder) -> Path:
    """The rules folder of a desk with an untidy rule and list, a tidy rule, and a broken one."""
    folder = desk.path / "rules"
    (folder / "one.toml").write_text(UNTIDY, "utf-8")
    (folder / "two.toml").write_text(TIDY, "utf-8")
    (folder / "broken.toml").write_text(UNTIDY.replace("OR", "OOR"), "utf-8")
    (folder / "lists/words.txt").write_bytes("\ufeffhero*  \r\nbrave".encode())
    return folder


def test_all_files_are_laid_out_but_those_with_mistakes(desk: DeskFolder, rules: Path) -> None:
    os.chmod(rules / "one.toml", 0o640)
    done = desk.watchd("fmt")
    assert done.returncode == 1  # for the broken one
    assert done.stdout.splitlines() == [str(rules / "one.toml"), str(rules / "lists/words.txt")]
    assert "broken.toml:3:19: error[E105]" in done.stderr
    assert done.stderr.endswith("2 changed, 1 stay the same, 1 left as they are\n")
    assert (rules / "one.toml").read_text("utf-8") == TIDY
    assert (rules / "one.toml").stat().st_mode & 0o777 == 0o640
    assert (rules / "broken.toml").read_text("utf-8") == UNTIDY.replace("OR", "OOR")
    assert (rules / "lists/words.txt").read_bytes() == b"hero*\nbrave\n"
    assert [path.name for path in rules.iterdir() if path.name.startswith(".")] == []


def test_a_second_time_changes_nothing(desk: DeskFolder, rules: Path) -> None:
    (rules / "broken.toml").unlink()
    assert desk.watchd("fmt").returncode == 0
    again = desk.watchd("fmt")
    assert (again.returncode, again.stdout) == (0, "")


def test_check_names_what_would_change_and_changes_nothing(desk: DeskFolder, rules: Path) -> None:
    done = desk.watchd("fmt", "--check", str(rules / "one.toml"), str(rules / "two.toml"))
    assert (done.returncode, done.stdout) == (1, f"{rules / 'one.toml'}\n")
    assert desk.watchd("fmt", "--check", str(rules / "two.toml")).returncode == 0
    assert (rules / "one.toml").read_text("utf-8") == UNTIDY


def test_diff_shows_the_changes(desk: DeskFolder, rules: Path) -> None:
    done = desk.watchd("fmt", "--diff", str(rules / "one.toml"))
    assert done.returncode == 0
    assert '-title = "One"\n' in done.stdout
    assert '+rocket* OR "two words"\n' in done.stdout
    assert (rules / "one.toml").read_text("utf-8") == UNTIDY


def test_a_linked_rule_stays_a_link(desk: DeskFolder, rules: Path) -> None:
    (rules / "link.toml").symlink_to(rules / "one.toml")
    assert desk.watchd("fmt", str(rules / "link.toml")).returncode == 0
    assert (rules / "link.toml").is_symlink()
    assert (rules / "one.toml").read_text("utf-8") == TIDY


@pytest.mark.parametrize("name", ["config.toml", "notes.txt", "nowhere.toml"])
def test_what_is_no_rule_is_refused(desk: DeskFolder, rules: Path, name: str) -> None:
    (desk.path / "notes.txt").write_text("notes  ", "utf-8")
    done = desk.watchd("fmt", str(desk.path / name))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert name in done.stderr
    assert (desk.path / "notes.txt").read_text("utf-8") == "notes  "
