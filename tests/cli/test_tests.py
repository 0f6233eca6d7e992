"""`watchd test`: the tests inside rule files, and the clauses that none of them would miss."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.commandline import watchd

LANDS = """\
title    = "Lands"
severity = "low"
query    = '''
@abroad NEAR/4 hero*
NOT (tour* OR museum)
'''

[[test]]
name   = "as it is worded"
expect = "match"
text   = "Heroes of the alien lands"
spans  = ["Heroes", "alien lands"]

[[test]]
name   = "near miss: tourists"
expect = "no match"
text   = "Heroes of the alien lands, a tour"
"""
FAILING = """
[[test]]
name   = "too far"
expect = "match"
text   = "Heroes, one two three four five six, alien lands"

[[test]]
name   = "another word"
expect = "match"
text   = "Heroes of the alien lands"
spans  = ["lands of"]

[[test]]
name   = "it matches"
expect = "no match"
text   = "A hero of foreign soil"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A desk with two rules: one with tests, one without."""
    (tmp_path / "rules" / "lists").mkdir(parents=True)
    (tmp_path / "rules" / "desk").mkdir()
    (tmp_path / "rules" / "lists" / "abroad.txt").write_text("alien land*\nforeign soil\n")
    (tmp_path / "rules" / "desk" / "lands.toml").write_text(LANDS)
    bare = 'title = "Bare"\nseverity = "low"\nquery = "bare"\n'
    (tmp_path / "rules" / "bare.toml").write_text(bare)
    (tmp_path / "config.toml").write_text('database = "watchd.db"\nrules = "rules"\n')
    return tmp_path


def run_tests(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return watchd("test", *words, folder=folder)


def told(folder: Path, *words: str) -> Any:
    return json.loads(run_tests(folder, *words, "--json").stdout)


def test_rules_that_pass_take_a_line_each_and_those_without_tests_are_named(folder: Path) -> None:
    done = run_tests(folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "✓ desk/lands  2 tests\n"
    assert done.stderr.startswith("2 rules, 2 tests: all passed; without tests: bare (0.")
    verbose = run_tests(folder, "desk/lands", "-v")
    assert verbose.stdout.splitlines() == [
        "✓ desk/lands  2 tests",
        "  ✓ as it is worded",
        "  ✓ near miss: tourists",
    ]


def test_a_failure_shows_its_place_the_clauses_and_the_nearest_miss(folder: Path) -> None:
    path = folder / "rules" / "desk" / "lands.toml"
    path.write_text(LANDS + FAILING)
    done = run_tests(folder, "rules/desk/lands.toml")
    assert done.returncode == 1
    far = "“Heroes” is 6 words away from “alien lands”, NEAR/4 allows 4"
    assert done.stdout.splitlines()[:7] == [
        "rules/desk/lands.toml:19:1: error[E301]: the test 'too far' fails: expected a match, "
        f"but {far}",
        "    ✗ @abroad NEAR/4 hero* NOT (tour* OR museum)",
        f"      ✗ @abroad NEAR/4 hero*  {far}",
        "        ✓ @abroad  “alien lands”",
        "        ✓ hero*  “Heroes”",
        "      ✓ NOT (tour* OR museum)",
        "",
    ]
    assert (
        ":24:1: error[E301]: the test 'another word' fails: it matched, but “lands of” is not "
        in (done.stdout)
    )
    assert (
        ":30:1: error[E301]: the test 'it matches' fails: expected no match, but it" in done.stdout
    )
    assert "        ✓ @abroad  “foreign soil”\n" in done.stdout
    assert done.stderr.startswith("1 rule, 5 tests: 3 failed (")


def test_mistakes_are_told_and_the_other_rules_are_tested(folder: Path) -> None:
    (folder / "rules" / "bad.toml").write_text('title = "B"\nseverity = "low"\nquery = "a b"\n')
    done = run_tests(folder)
    assert done.returncode == 1
    assert "bad.toml:3:10: error[E102]" in done.stdout
    assert "✓ desk/lands" in done.stdout
    assert "; 1 mistake in the files; " in done.stderr
    assert run_tests(folder, "bad").returncode == 1
    assert run_tests(folder, "lands").returncode == 0
    assert "did you mean" in run_tests(folder, "lnds").stderr


def test_a_folder_is_tested_with_the_lists_beside_it(folder: Path) -> None:
    done = run_tests(folder, "rules/desk")
    assert done.stdout == "✓ desk/lands  2 tests\n"
    (folder / "config.toml").unlink()
    assert run_tests(folder, "rules/desk").stdout == "✓ desk/lands  2 tests\n"
    assert run_tests(folder, "rules").stderr.startswith("2 rules, 2 tests: all passed")
    assert "name a rule file or a folder" in run_tests(folder).stderr


OVER_TIME = """title = "B"
severity = "low"
type = "frequency"
query = "alien"
[frequency]
at_least = 2
within = "1d"
[[test]]
name = "two in a day"
expect = "alert"
at = 2026-01-02T00:00:00Z
value = 2
items = [
  { published = 2026-01-01T09:00:00Z, text = "an alien" },
  { published = 2026-01-01T10:00:00Z, text = "an alien ship" },
]
[[test]]
name = "one in a day"
expect = "no alert"
at = 2026-01-02T00:00:00Z
items = [{ published = 2026-01-01T09:00:00Z, text = "an alien" }]
"""


def test_tests_of_rules_over_time_are_run_with_the_others(folder: Path) -> None:
    path = folder / "rules" / "burst.toml"
    path.write_text(OVER_TIME)
    done = run_tests(folder)
    assert done.returncode == 0, done.stdout
    assert "✓ burst  2 tests" in run_tests(folder, "burst").stdout
    path.write_text(OVER_TIME.replace('"no alert"', '"alert"').replace("value = 2", "value = 3"))
    done = run_tests(folder, "burst")
    assert done.returncode == 1
    assert "burst.toml:8:1" in done.stdout
    assert "expected the value 3, but it is 2: 2 items in 1d; the rule asks for 2" in done.stdout
    assert "expected an alert, but it is no alert: 1 item in 1d; the rule asks" in done.stdout
    (rule,) = [one for one in told(folder)["rules"] if one["rule"] == "burst"]
    assert [test["passed"] for test in rule["tests"]] == [False, False]


def test_the_json_has_every_test_and_of_a_failure_the_tree(folder: Path) -> None:
    path = folder / "rules" / "desk" / "lands.toml"
    path.write_text(LANDS + FAILING)
    found = told(folder)
    assert (found["passed"], found["failed"], found["without_tests"]) == (2, 3, ["bare"])
    (rule,) = [one for one in found["rules"] if one["rule"] == "desk/lands"]
    assert [test["passed"] for test in rule["tests"]] == [True, True, False, False, False]
    far = rule["tests"][2]
    assert (far["name"], far["line"]) == ("too far", 19)
    assert "NEAR/4 allows 4" in far["message"]
    assert [part["true"] for part in far["explanation"]["tree"]["parts"]] == [False, True]
    assert rule["tests"][0]["explanation"] is None


def test_mutate_tells_what_no_test_would_miss_and_which_test_would(folder: Path) -> None:
    done = run_tests(folder, "--mutate")
    assert done.returncode == 0, done.stderr
    assert 'lands.toml:5:15: warning: without "museum", all 2 tests still pass\n' in done.stdout
    assert "  | NOT (tour* OR museum)\n  |               ^^^^^^\n" in done.stdout
    assert '  = hint: add a [[test]]: a near miss by "museum" alone\n' in done.stdout
    assert "\n  @abroad: 1 of 2 terms are in no test\n" in done.stdout
    assert "desk/lands: 4 of 6 changes noticed by its 2 tests\n" in done.stdout
    assert "4 of 6 changes to the queries were noticed by a test" in done.stderr
    named = run_tests(folder, "--mutate", "--lists").stdout
    assert "@abroad: 1 of 2 terms are in no test: foreign soil\n" in named
    assert run_tests(folder, "--mutate", "--strict").returncode == 3


def test_mutate_leaves_rules_alone_that_fail_their_tests(folder: Path) -> None:
    path = folder / "rules" / "desk" / "lands.toml"
    path.write_text(LANDS + FAILING)
    done = run_tests(folder, "--mutate", "--strict")
    assert done.returncode == 1
    assert "warning" not in done.stdout
    path.write_text(LANDS)
    (mutated,) = told(folder, "--mutate")["mutations"]
    assert (mutated["rule"], mutated["tried"], mutated["noticed"]) == ("desk/lands", 6, 4)
    assert mutated["lists"] == [{"list": "abroad", "terms": 2, "in_no_test": ["foreign soil"]}]
    assert mutated["unnoticed"][0]["path"].endswith("lands.toml")


def test_options_that_need_mutate_say_so(folder: Path) -> None:
    done = run_tests(folder, "--strict")
    assert done.returncode == 2
    assert "--lists and --strict go with --mutate" in " ".join(done.stderr.split())
