"""Which files of a rules folder count, and how a change among them is noticed."""

from __future__ import annotations

from codecs import BOM_UTF8
from pathlib import Path

import pytest

from watchd.rules import load
from watchd.rules.files import glance, list_files, rule_files


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    for name in ("b.toml", "a/x.toml", "a-b/x.toml", "lists/one.txt", "lists/notes.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("words")
    return tmp_path


def test_rules_and_lists_are_named_by_their_paths(rules: Path) -> None:
    assert [name for name, _ in rule_files(rules)] == ["a/x", "a-b/x", "b"]
    assert dict(rule_files(rules))["a/x"] == rules / "a" / "x.toml"
    assert [name for name, _ in list_files(rules)] == ["one"]


def test_what_begins_with_a_dot_is_nobodys_rule(rules: Path) -> None:
    before = glance(rules)
    (rules / ".git").mkdir()
    (rules / ".git" / "config.toml").write_text("words")
    (rules / ".b.toml.swp").write_text("words")
    (rules / ".#b.toml").symlink_to("somebody@somewhere")
    (rules / "lists" / "._one.txt").write_text("words")
    assert [name for name, _ in rule_files(rules)] == ["a/x", "a-b/x", "b"]
    assert [name for name, _ in list_files(rules)] == ["one"]
    assert glance(rules) == before


def test_a_link_to_nowhere_is_a_rule_that_cannot_be_read(rules: Path) -> None:
    before = glance(rules)
    (rules / "c.toml").symlink_to("nowhere.toml")
    assert "c" in dict(rule_files(rules))
    assert glance(rules) != before


def test_a_rule_behind_a_link_is_looked_at_itself(rules: Path, tmp_path: Path) -> None:
    (rules / "real").write_text("words")
    (rules / "c.toml").symlink_to("real")
    before = glance(rules)
    (rules / "real").write_text("other words")
    assert glance(rules) != before


@pytest.mark.parametrize("place", ["nowhere", "b.toml"])
def test_a_folder_that_is_none_cannot_be_looked_at(rules: Path, place: str) -> None:
    with pytest.raises(OSError, match=place):
        glance(rules / place)


def test_a_file_that_says_what_it_said_gives_the_same_rule(tmp_path: Path) -> None:
    lines = ['title = "Tea"', 'severity = "low"', 'query = "@drinks"', ""]
    (tmp_path / "tea.toml").write_bytes(BOM_UTF8 + "\r\n".join(lines).encode())
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "drinks.txt").write_text("tea\n")
    [rule] = load(tmp_path).rules
    assert load(tmp_path, known={"tea": rule}).rules[0] is rule
    (tmp_path / "lists" / "drinks.txt").write_text("tea\ncoffee\n")
    [other] = load(tmp_path, known={"tea": rule}).rules
    assert other.version != rule.version
