"""`watchd completion`: the Tab key, as each shell has it, offers what there is."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.commandline import watchd
from tests.test_docs import VERBS, options


def said(*words: str, folder: Path) -> list[str]:
    done = subprocess.run(words, capture_output=True, text=True, cwd=folder, timeout=60)
    assert done.stderr == ""
    return done.stdout.split("\n")


def needs(shell: str) -> str:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    return shell


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shells")
    for shell in ("bash", "zsh", "fish"):
        done = watchd("completion", shell)
        assert done.returncode == 0, done.stderr
        (folder / shell).write_text(done.stdout, encoding="utf-8")
    (folder / "labelled.jsonl").write_text("")
    return folder


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_can_read_it_and_every_verb_and_option_is_in_it(
    scripts: Path, shell: str
) -> None:
    text = (scripts / shell).read_text(encoding="utf-8")
    for name, command in VERBS.items():
        assert name.removeprefix("watchd ") in text
        for option in options(command):
            assert (option if shell != "fish" else option.lstrip("-")) in text
    said(needs(shell), "-n", shell, folder=scripts)


CASES = [
    ("watchd rend", {"render"}, {"run"}),
    ("watchd -c config.toml feeds c", {"check"}, {"run"}),
    ("watchd render --to ", {"slack", "email", "text"}, {"run", "--to"}),
    ("watchd schema ", {"rule", "config"}, {"run"}),
    ("watchd run --o", {"--once"}, {"--dry-run"}),
    ("watchd eval lab", {"labelled.jsonl"}, {"bash"}),
    ("watchd -c lab", {"labelled.jsonl"}, {"bash"}),
]


@pytest.mark.parametrize(("line", "offered", "others"), CASES)
def test_bash_offers_what_fits(
    scripts: Path, line: str, offered: set[str], others: set[str]
) -> None:
    words = line.split(" ")
    script = (
        f"source ./bash; COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}; _watchd; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    found = set(said(needs("bash"), "-c", script, folder=scripts))
    assert offered <= found
    assert not others & found


@pytest.mark.parametrize(("line", "offered", "others"), CASES)
def test_fish_offers_what_fits(
    scripts: Path, line: str, offered: set[str], others: set[str]
) -> None:
    script = f"source ./fish; complete -C {shlex.quote(line)}"
    lines = said(needs("fish"), "--no-config", "-c", script, folder=scripts)
    found = {line.partition("\t")[0] for line in lines}
    assert offered <= found
    assert not others & found
