"""`watchd init`: a desk to start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.commandline import watchd
from watchd.config import load


def test_an_empty_desk_is_of_no_subject_and_has_a_place_for_lists(tmp_path: Path) -> None:
    done = watchd("init", "desk", "--example", "empty", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "desk: config.toml and 1 rule. Next:" in done.stderr
    desk = tmp_path / "desk"
    text = (desk / "config.toml").read_text("utf-8")
    assert not [word for word in ("korea", "dprk", "russia", "kcna") if word in text.lower()]
    assert "[[receiver]]" in text
    feeds = load(desk / "config.toml", environ={}).feeds
    assert {feed.name for feed in feeds} == {"bbc-asia", "al-jazeera"}
    (desk / "rules/lists/words.txt").write_text("first phrase\n", "utf-8")
    checked = watchd("check", "--strict", "rules/first.toml", folder=desk)
    assert checked.stderr.strip() == "1 rule ok, 2 tests passed"


@pytest.mark.parametrize("there", ["config.toml", "rules"])
def test_nothing_is_overwritten(tmp_path: Path, there: str) -> None:
    (tmp_path / there).mkdir()
    done = watchd("init", ".", "--example", "empty", folder=tmp_path)
    assert done.returncode == 1
    assert f"{there} is there already" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [there]


def test_help_names_the_program_as_it_is_typed(tmp_path: Path) -> None:
    assert "Usage: watchd init [OPTIONS]" in watchd("init", "--help", folder=tmp_path).stdout
