"""`watchd run` as cron and systemd call it means what the whole command line makes of it."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import suppress
from itertools import product
from pathlib import Path

import pytest
import typer

from tests.support.commandline import watchd
from tests.support.desk import DeskFolder
from watchd.cli import plain, rounds
from watchd.cli.app import command_line
from watchd.cli.session import begin, session

WORDS = ("run", "--once", "-c", "--config", "a.toml", "-q", "--verbose", "--dry-run", "-h", "runs")
LONGER = (
    "-c a.toml -q run --once", "-v -q run", "run --once -c b.toml", "-c a.toml run -c b.toml",
    "--config a.toml run --once --once", "-qq run", "-ca.toml run", "--config=a.toml run",
    "run run", "run --on", "run -- --once", "--version run", "run --once x", "hits -c run",
    "-c run run",
    "-c -q run", "run -q", "run --once --config",
)  # fmt: skip


def understood(words: list[str], monkeypatch: pytest.MonkeyPatch) -> plain.Asked | None:
    """What the whole command line makes of the words; None where it does not come to a run."""
    asked: list[plain.Asked] = []

    def start(*, once: bool, dry_run: bool) -> int:
        if not dry_run:
            here = session()
            how = {"config_file": here.config_file, "verbosity": here.verbosity, "once": once}
            asked.append(plain.Asked(**how))  # type: ignore[arg-type]
        return 0

    monkeypatch.setattr(rounds, "start", start)
    begin(config_file="", verbosity=0)
    program = typer.main.get_command(command_line(["run"]))
    with suppress(SystemExit):
        program.main(words, prog_name="watchd")
    return asked[0] if asked else None


def test_it_takes_the_words_as_the_whole_command_line_does(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    cases = [list(words) for many in (1, 2, 3) for words in product(WORDS, repeat=many)]
    plainly = 0
    for words in [*cases, *(line.split() for line in LONGER)]:
        if (asked := plain.read(words)) is not None:
            plainly += 1
            assert asked == understood(words, monkeypatch), words
    assert plainly > 20


@pytest.mark.parametrize("words", ["run", "-q run", "-c a.toml run", "run --once -c a.toml"])
def test_what_cron_and_systemd_say_is_plain(words: str) -> None:
    assert plain.read(words.split()) is not None


@pytest.mark.parametrize(
    "words", ["", "run --help", "run --dry-run", "hits", "run --one", "-c run"]
)
def test_all_else_is_left_to_the_command_line(words: str) -> None:
    assert plain.read(words.split()) is None


def test_a_round_does_without_what_only_other_verbs_need(tmp_path: Path) -> None:
    desk = DeskFolder(tmp_path)
    desk.write()
    desk.rule("rice", "rice")
    assert watchd("run", "--once", folder=tmp_path).returncode == 0  # it makes the database
    command = [sys.executable, "-X", "importtime", "-m", "watchd", "run", "--once"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    imported = re.findall(r"^import time:.*\| +([\w.]+)$", ran.stderr, re.MULTILINE)
    assert "watchd.daemon" in imported
    assert "feeds checked" in ran.stderr
    roots = {name.partition(".")[0] for name in imported}
    assert roots.isdisjoint({"typer", "pydantic", "rich", "apprise", "feedparser", "alembic"})
