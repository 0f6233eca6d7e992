""".ci/Containerfile, as far as it can be looked at without building it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / ".ci/Containerfile").read_text(encoding="utf-8")


def steps() -> list[tuple[str, str]]:
    """Each instruction, and what it is given, lines joined."""
    text = re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE).replace("\\\n", " ")
    lines = [line.split(None, 1) for line in text.splitlines() if line.strip()]
    return [(name, " ".join(rest.split())) for name, rest in lines]


def given(name: str) -> list[str]:
    return [rest for step, rest in steps() if step == name]


def test_every_instruction_is_one_and_each_stage_has_the_same_base() -> None:
    known = "FROM COPY RUN USER VOLUME WORKDIR ENV HEALTHCHECK STOPSIGNAL ENTRYPOINT CMD"
    assert {name for name, _ in steps()} == set(known.split())
    bases = {base.split()[0] for base in given("FROM")}
    assert len(bases) == 1
    assert re.fullmatch(r"docker\.io/library/python:3\.\d+-slim-[a-z]+", bases.pop())


def test_what_runs_is_no_root_and_does_not_become_it() -> None:
    assert given("USER") == ["watchd"]
    after = [name for name, _ in steps()[steps().index(("USER", "watchd")) :]]
    assert not {"RUN", "COPY", "FROM"} & set(after)
    assert "--uid 9753" in given("RUN")[-1]  # a number, so that a cluster can see that it is not 0


def copied() -> list[str]:
    """What is taken from the checkout."""
    sources = [rest.split()[:-1] for rest in given("COPY") if not rest.startswith("--from")]
    return [name for names in sources for name in names]


def test_what_is_copied_is_there_and_is_no_more_than_the_package_is_made_of() -> None:
    assert [name for name in copied() if not (ROOT / name).exists()] == []
    assert not {".", "./", ".git", "tests", "docs"} & set(copied())


def checks() -> list[str]:
    """The command of the health check."""
    (check,) = given("HEALTHCHECK")
    words: list[str] = json.loads(check.partition(" CMD ")[2])
    return words


def test_the_health_check_and_what_is_started_name_the_same_config() -> None:
    assert given("ENTRYPOINT") == ['["watchd"]']
    (started,) = (json.loads(rest) for rest in given("CMD"))
    assert checks()[:3] == ["watchd", *started[:2]]
    assert given("STOPSIGNAL") == ["SIGTERM"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_its_commands_make_a_watchd_whose_health_can_be_asked(tmp_path: Path) -> None:
    """Its own commands, with the folders of the build in `tmp_path`; then what it starts."""
    for name in copied():
        target = tmp_path / "src" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, target)
    home = tmp_path / "opt/watchd"
    for command in given("RUN")[:2]:
        here = command.replace("/src", f"{tmp_path}/src").replace("/opt/watchd", str(home))
        here = re.sub(r"^python ", f"{sys.executable} ", here)
        done = subprocess.run(["sh", "-ec", here], capture_output=True, text=True, timeout=500)
        assert done.returncode == 0, done.stderr

    desk, config = tmp_path / "desk", str(tmp_path / "desk/config.toml")
    desk.mkdir()
    (desk / "rules").mkdir()
    (desk / "config.toml").write_text('database = "watchd.db"\nrules = "rules"\n')
    asked = [str(home / "bin" / checks()[0]), "-c", config, *checks()[3:]]
    assert subprocess.run(asked, capture_output=True, timeout=60).returncode == 1
    daemon = subprocess.Popen([asked[0], "-c", config, "run"], stderr=subprocess.PIPE, text=True)
    try:
        assert daemon.stderr is not None
        for line in daemon.stderr:
            if "daemon.started" in line:
                break
        end = time.monotonic() + 60
        while subprocess.run(asked, capture_output=True, timeout=60).returncode:
            assert time.monotonic() < end
    finally:
        daemon.terminate()
        daemon.wait(30)
        daemon.stderr.close()
