"""`watchd check`: mistakes and warnings in the three forms it prints, and its exit codes."""

from __future__ import annotations

import json

import pytest

from tests.support.desk import DeskFolder

TEST = '\n[[test]]\nname = "finds it"\nexpect = "match"\ntext = "{text}"\n'


@pytest.fixture
def short(desk: DeskFolder) -> DeskFolder:
    """A desk with a feed, a receiver, and a rule with a short word in line 4."""
    desk.feed("wire", "http://127.0.0.1:1/feed.xml", lang="en")
    desk.receiver("desk", "json://127.0.0.1:1/")
    desk.rule("launches", "launch AND EU", severity="low")
    add(desk, "launches", TEST.format(text="EU launch"))
    return desk


def add(desk: DeskFolder, rule: str, text: str) -> None:
    path = desk.path / "rules" / f"{rule}.toml"
    path.write_text(path.read_text("utf-8") + text, "utf-8")


def test_a_warning_is_told_and_only_strict_minds_it(short: DeskFolder) -> None:
    done = short.watchd("check")
    assert done.returncode == 0, done.stderr
    assert "launches.toml:4:12: warning[W103]: EU is too short" in done.stdout
    assert "  | launch AND EU\n  |            ^^\n  = hint: write exact:EU\n" in done.stdout
    assert done.stderr.strip() == "config ok; 1 rule ok, 1 test passed; 1 warning"
    assert short.watchd("check", "--strict").returncode == 3


def test_a_mistake_beside_a_warning_counts_as_a_mistake(short: DeskFolder) -> None:
    short.rule("other", "launch AND")
    done = short.watchd("check", "--strict")
    assert done.returncode == 1
    assert "warning[W103]" in done.stdout
    assert "error[E108]" in done.stdout
    assert done.stderr.strip().endswith("1 error; 1 warning")


def test_json_tells_the_level_and_counts_both(short: DeskFolder) -> None:
    done = short.watchd("check", "--format", "json")
    told = json.loads(done.stdout)
    assert (told["errors"], told["warnings"], told["rules"]) == (0, 1, 1)
    (warning,) = told["problems"]
    assert (warning["level"], warning["code"], warning["line"]) == ("warning", "W103", 4)
    assert (warning["col"], warning["hint"]) == (12, "write exact:EU")


def test_github_gets_a_command_for_each_with_its_signs_escaped(short: DeskFolder) -> None:
    short.rule("50%, or so", "launch AND us")
    add(short, "50%, or so", TEST.format(text="us launch"))
    lines = short.watchd("check", "--format", "github").stdout.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("::warning file=")
    assert "50%25%2C or so.toml,line=4,col=12,title=W103::us is too short" in lines[0]


def test_one_file_is_told_of_alone(short: DeskFolder) -> None:
    short.rule("other", "launch AND us")
    done = short.watchd("check", str(short.path / "rules" / "launches.toml"))
    assert done.stdout.count("warning[") == 1
    assert "launches.toml:4:12" in done.stdout


def test_the_feeds_of_the_config_are_known(short: DeskFolder) -> None:
    short.rule("polish", "rakieta AND lang:pl")
    add(short, "polish", TEST.format(text="rakieta") + 'lang = "pl"\n')
    assert "warning[W107]: no feed is in 'pl'" in short.watchd("check").stdout
    short.feed("other", "http://127.0.0.1:1/2.xml")
    assert "W107" not in short.watchd("check").stdout
