"""Which files of a rules folder count, and how a change among them is noticed."""

from __future__ import annotations

from codecs import BOM_UTF8
from datetime import date
from pathlib import Path

import pytest

from watchd.rules import load
from watchd.rules.files import glance, list_files, rule_files, strays
from watchd.rules.lints import lint


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


def test_a_folder_behind_a_link_is_walked_once(rules: Path, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    write(outside, "deep/y.toml", "words")
    (rules / "link").symlink_to(outside)
    (rules / "z").symlink_to(outside / "deep")  # twice the same
    (rules / "0").symlink_to(rules / "a")  # a folder is known by its own name
    (rules / "a" / "round").symlink_to(rules)
    (outside / "deep" / "back").symlink_to(outside)
    (rules / "up").symlink_to(rules.parent)  # not all that stands beside the rules
    (rules / "circle").symlink_to("circle")
    before = glance(rules)
    assert [name for name, _ in rule_files(rules)] == ["a/x", "a-b/x", "b", "link/deep/y"]
    assert list(strays(rules)) == []
    write(outside, "deep/y.toml", "other words")
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


RULE = 'title = "A rule"\nseverity = "low"\nstatus = "draft"\nquery = "{query}"\n'

AMISS = [
    ("rail.TOML", "rename it to rail.toml"),
    ("rail.toml.txt", "rename it to rail.toml"),
    ("desk/rail.toml.TXT", "rename it to rail.toml"),
    ("words.txt", "move it to {rules}/lists/words.txt"),
    ("desk/words.TXT", "move it to {rules}/lists/words.txt"),
    ("desk/lists/words.txt", "move it to {rules}/lists/words.txt"),
    ("lists/eu/words.txt", "move it to {rules}/lists/words.txt"),
    ("lists/eu/words", "move it to {rules}/lists/words.txt"),
    ("lists/words.TXT", "rename it to words.txt"),
    ("lists/words", "rename it to words.txt"),
    ("lists/words.text", "rename it to words.txt"),
    ("lists/words.txt.txt", "rename it to words.txt"),
    ("lists/my words.txt", "rename it to my_words.txt"),
]


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("name", "hint"), AMISS)
def test_a_file_that_is_meant_as_a_rule_or_a_list_and_not_read_is_told_of(
    tmp_path: Path, name: str, hint: str
) -> None:
    path = write(tmp_path, name, "rocket\n")
    found = lint(load(tmp_path), today=date(2026, 1, 10), strays=strays(tmp_path))
    assert [(one.code, one.path, one.hint) for one in found] == [
        ("W115", str(path), hint.format(rules=tmp_path))
    ]
    path.write_text("# ok: W115\nrocket\n", encoding="utf-8")
    assert lint(load(tmp_path), today=date(2026, 1, 10), strays=strays(tmp_path)) == []


@pytest.mark.parametrize(
    "name",
    [
        *("lists/notes.md", "README.txt", "LICENSE.txt", "lists/README", "Makefile", "data.csv"),
        *("rail.toml.bak", ".hidden.TOML", ".git/words.txt", "lists/.words.txt.swp"),
    ],
)
def test_other_files_are_nobodys_business(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, "rocket\n")
    assert list(strays(tmp_path)) == []


@pytest.mark.parametrize(
    ("name", "hint"), [row for row in AMISS if "words" in row[0] and "my" not in row[0]]
)
def test_a_missing_list_is_looked_for_where_it_lies(tmp_path: Path, name: str, hint: str) -> None:
    path = write(tmp_path, name, "rocket\n")
    write(tmp_path, "rule.toml", RULE.format(query="@words"))
    (problem,) = load(tmp_path).problems
    assert problem.code == "E112"
    assert problem.hint == f"{path} is not read: {hint.format(rules=tmp_path)}"


def test_a_place_that_is_taken_is_not_advised(tmp_path: Path) -> None:
    right = write(tmp_path, "lists/words.txt", "rocket\n")
    write(tmp_path, "words.txt", "missile\n")
    (stray,) = strays(tmp_path)
    assert stray.hint.startswith(f"there is a {right} already: put its lines there, or ")


def test_a_list_in_another_encoding_is_told_with_its_place(tmp_path: Path) -> None:
    write(tmp_path, "lists/words.txt", "").write_bytes("strike\ngr\u00e8ve\n".encode("latin-1"))
    (problem,) = load(tmp_path).problems
    assert (problem.code, problem.line, problem.col) == ("E205", 2, 3)
    write(tmp_path, "lists/words.txt", "").write_bytes("strike\n".encode("utf-16"))
    (problem,) = load(tmp_path).problems
    assert (problem.code, problem.line, problem.col, problem.source) == ("E205", 1, 1, "")
