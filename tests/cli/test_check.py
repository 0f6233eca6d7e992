"""`watchd check`: mistakes and warnings in the three forms it prints, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

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


def test_a_folder_within_the_rules_has_the_lists_of_them_all(short: DeskFolder) -> None:
    (short.path / "rules/lists/words.txt").write_text("rocket\n", "utf-8")
    (short.path / "rules/far").mkdir()
    short.rule("far/rockets", "@words")
    add(short, "far/rockets", TEST.format(text="a rocket"))
    done = short.watchd("check", str(short.path / "rules/far"))
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.strip() == "1 rule ok, 1 test passed"
    whole = short.watchd("check", str(short.path / "rules"))
    assert whole.stderr.strip() == "2 rules ok, 2 tests passed; 1 warning"


def test_a_mistake_in_a_list_is_told_once_however_many_rules_use_it(short: DeskFolder) -> None:
    (short.path / "rules/lists").mkdir(exist_ok=True)
    (short.path / "rules/lists/words.txt").write_text("rocket\na*\n", "utf-8")
    for name in ("one", "two", "three"):
        short.rule(name, "@words")
    done = short.watchd("check", "--format", "json")
    errors = [one for one in json.loads(done.stdout)["problems"] if one["level"] == "error"]
    assert [(Path(one["path"]).name, one["line"]) for one in errors] == [("words.txt", 2)]
    alone = short.watchd("check", "two")
    assert "the list @words has mistakes, see " in alone.stdout
    assert alone.returncode == done.returncode == 1


def test_a_rule_is_named_by_its_id_too(short: DeskFolder) -> None:
    done = short.watchd("check", "launches")
    assert "launches.toml:4:12: warning[W103]" in done.stdout
    assert done.stderr.strip() == "1 rule ok, 1 test passed; 1 warning"
    done = short.watchd("check", "launhces")
    assert done.returncode == 1
    assert "launhces: there is no such file or folder, and there is no rule" in done.stderr
    assert "did you mean 'launches'?" in done.stderr
    done = short.watchd("check", "nowhere.txt")
    assert done.stderr.strip() == "watchd: nowhere.txt: there is no such file or folder"


@pytest.mark.parametrize("name", ["rail.TOML", "rail.toml.txt", "words.txt", "lists/words"])
def test_a_file_that_is_not_read_is_told_of_also_when_it_is_named(
    short: DeskFolder, name: str
) -> None:
    path = short.path / "rules" / name
    path.write_text("strike\n", "utf-8")
    told = f"{path}: warning[W115]: this file is not read: "
    assert told in short.watchd("check").stdout
    assert told in short.watchd("check", str(path)).stdout
    assert short.watchd("check", "--strict", str(path)).returncode == 3


def test_a_file_of_another_kind_is_refused(short: DeskFolder) -> None:
    path = short.path / "rules/picture.png"
    path.write_bytes(b"\x89PNG")
    done = short.watchd("check", str(path))
    assert done.returncode == 1
    assert "not a config, a rule file, a list or a rules folder" in done.stderr


def test_places_are_told_as_one_would_type_them(short: DeskFolder) -> None:
    lines = [line for line in short.lines if "receiver" not in line and "desk" not in line]
    short.lines = [line for line in lines if "json://" not in line]
    short.write()
    done = short.watchd("check", "--format", "github", here=True)
    places = [line.split("file=")[1].split(",")[0] for line in done.stdout.splitlines()]
    assert places == ["config.toml", "rules/launches.toml"]
    assert short.watchd("check", "--strict", "rules", here=True).stdout.count("C124") == 0


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ('keep = "17d"', ["lull"]),  # twice its time, in which a step must not be
        ('keep = "19d"\nkeep_hits = "15d"', ["lull", "surge"]),
        ('keep = "18d"\nkeep_hits = "18d"', []),
        ("", []),
    ],
)
def test_a_rule_over_time_that_looks_back_further_than_items_are_kept(
    desk: DeskFolder, kept: str, told: list[str]
) -> None:
    step = '[[sequence.step]]\nname = "{0}"\nquery = "{0}"\n'
    steps = f"{step.format('launch')}{step.format('denial')}absent = true"
    tables = {
        "lull": ("sequence", f'within = "9d"\n{steps}'),
        "surge": ("spike", 'window = "2d"\nbaseline = "14d"'),
        "still": ("flatline", 'sources = ["wire"]\nwithin = "60d"'),
    }
    for name, (kind, table) in tables.items():
        query = 'query = "rocket"\n' if kind == "spike" else ""
        head = f'title = "T"\nseverity = "low"\nstatus = "draft"\ntype = "{kind}"\n{query}'
        path = desk.path / "rules" / f"{name}.toml"
        path.write_text(f"{head}[{kind}]\n{table}\n", "utf-8")
    desk.feed("wire", "https://example.org/feed")
    desk.lines += ["[store]", kept]
    desk.write()
    done = desk.watchd("check", "--format", "json")
    problems = json.loads(done.stdout)["problems"]
    found = {Path(one["path"]).stem for one in problems if one["code"] == "W117"}
    assert sorted(found) == told
