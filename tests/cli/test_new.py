"""`watchd new`: questions at a terminal or options in a script, and a rule is written."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.desk import DeskFolder, wait_for

WORDS = ("--title", "A launch is announced", "--find", "rocket*, satellit*", "--near", "launch*")
EXAMPLES = ("--match", "A rocket was launched.", "--no-match", "A rocket in a museum.")


class Terminal:
    """`watchd new` at a terminal: what it says, and what is typed."""

    def __init__(self, desk: DeskFolder, *words: str) -> None:
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "watchd", "-c", str(desk.config), "new", *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=desk.path,
            env={**os.environ, "PYTHONUTF8": "1", "NO_COLOR": "1", "COLUMNS": "200"},
        )
        os.close(theirs)
        os.set_blocking(self._ours, False)
        self.shown = ""

    def says(self, words: str) -> None:
        """Wait until it has said so since it was last asked for something."""
        wait_for(lambda: words in self._read() or self._process.poll() is not None)
        assert words in self._read(), self.shown
        self.shown = self.shown.partition(words)[2]

    def type(self, *lines: str) -> None:
        os.write(self._ours, "".join(f"{line}\n" for line in lines).encode())

    def press(self, key: str) -> None:
        if key == "Ctrl-C":
            self._process.send_signal(signal.SIGINT)
        else:
            os.write(self._ours, b"\x04")

    def ended(self) -> int:
        code = self._process.wait(20)
        self._read()
        os.close(self._ours)
        return code

    def _read(self) -> str:
        try:
            while more := os.read(self._ours, 65536):
                self.shown += more.decode(errors="replace").replace("\r\n", "\n")
        except OSError:  # nothing there now, or for good
            pass
        return self.shown


def rules(desk: DeskFolder) -> list[str]:
    return sorted(path.name for path in (desk.path / "rules").rglob("*") if path.is_file())


def test_options_alone_write_a_rule_that_passes_at_once(desk: DeskFolder) -> None:
    done = desk.watchd("new", *WORDS, *EXAMPLES, "--not", "book", "--severity", "high")
    assert done.returncode == 0, done.stderr
    path = desk.path / "rules/desk/a-launch-is-announced.toml"
    assert "(rocket* OR satellit*) NEAR/10 launch* AND NOT book\n" in path.read_text("utf-8")
    assert f"watchd -c {desk.config} check {path}" in done.stderr
    assert f"watchd -c {desk.config} try desk/a-launch-is-announced" in done.stderr
    checked = desk.watchd("check", str(path))
    assert checked.returncode == 0
    assert "2 tests passed" in checked.stderr
    assert desk.watchd("fmt", "--check", str(path)).returncode == 0


@pytest.mark.parametrize("left_out", ["--title", "--find", "--match", "--no-match"])
def test_without_a_terminal_a_missing_answer_is_named(desk: DeskFolder, left_out: str) -> None:
    words = [*WORDS, *EXAMPLES]
    at = words.index(left_out)
    done = desk.watchd("new", *words[:at], *words[at + 2 :])
    assert done.returncode == 2
    assert done.stderr.startswith(f"watchd: {left_out} is missing: ")
    assert rules(desk) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--match", "A rocket."), '--match: this would not be found: there is no "launch*"'),
        (("--no-match", "rocket launch"), "--no-match: this would be found, by “rocket”, “launch”"),
        (("--severity", "hihg"), "--severity: info, low, medium, high, critical, not 'hihg'; did "),
        (("--severity", "urgent"), "not 'urgent'; did you mean critical?"),
        (("--within", "many"), "--within: a number from 0 to 1000, not 'many'"),
        (("--find", "@nowhere"), "--find: there is no list @nowhere"),
        (("../outside",), "ID: a name such as desk/launches"),
        (("lists/rockets",), "the folder lists/ is for term lists, not for rules"),
    ],
)  # fmt: skip
def test_an_answer_that_will_not_do_is_told_by_its_option(
    desk: DeskFolder, words: tuple[str, ...], told: str
) -> None:
    done = desk.watchd("new", *WORDS, *EXAMPLES, *words)
    assert done.returncode == 2
    assert told in done.stderr
    assert rules(desk) == []


@pytest.mark.parametrize(
    ("typed", "meant"), [("High", "high"), ("h", "high"), ("CRIT", "critical")]
)
def test_a_severity_may_be_typed_in_short(desk: DeskFolder, typed: str, meant: str) -> None:
    done = desk.watchd("new", "short", *WORDS, *EXAMPLES, "--severity", typed)
    assert done.returncode == 0, done.stderr
    assert f'severity = "{meant}"\n' in (desk.path / "rules/short.toml").read_text("utf-8")


def test_nothing_is_overwritten(desk: DeskFolder) -> None:
    desk.rule("launches", "rocket*")
    before = (desk.path / "rules/launches.toml").read_bytes()
    done = desk.watchd("new", "launches", *WORDS, *EXAMPLES)
    assert done.returncode == 2
    assert "launches.toml is there already" in done.stderr
    assert (desk.path / "rules/launches.toml").read_bytes() == before
    first = desk.watchd("new", *WORDS, *EXAMPLES)
    second = desk.watchd("new", *WORDS, *EXAMPLES)  # a free name is found
    assert (first.returncode, second.returncode) == (0, 0)
    assert rules(desk) == [
        "a-launch-is-announced-2.toml",
        "a-launch-is-announced.toml",
        "launches.toml",
    ]


def test_a_title_in_any_script_gives_a_name(desk: DeskFolder) -> None:
    for title, name in (("해외 군사작전!", "해외-군사작전"), ("🚀", "rule"), ("../../etc", "etc")):
        done = desk.watchd("new", "--title", title, *WORDS[2:], *EXAMPLES)
        assert done.returncode == 0, done.stderr
        assert (desk.path / f"rules/desk/{name}.toml").is_file()


def test_questions_are_asked_one_by_one_and_wrong_answers_again(desk: DeskFolder) -> None:
    terminal = Terminal(desk)
    terminal.says("What should the rule find")
    terminal.type("", "Soldiers honoured abroad")
    terminal.says("How bad is it")
    terminal.type("hihg")
    terminal.says("did you mean high?")
    terminal.type("high")
    terminal.says("Which words or phrases?")
    terminal.type("“alien lands”, 해외군사작전", "ab*")
    terminal.says("three letters")
    terminal.type("异国", "")
    terminal.says("stand near them?")
    terminal.type("hero*, 영웅", "")
    terminal.says("How many words")
    terminal.type("")
    terminal.says("leave out?")
    terminal.type("")
    terminal.says("A text that must be found")
    terminal.type("Heroes in a foreign land")
    terminal.says('this would not be found: there is none of "alien lands"')
    terminal.type("해외군사작전의 영웅들")
    terminal.says("One that must not")
    terminal.type("heroes of the alien lands")
    terminal.says("this would be found, by “heroes”, “alien lands”")
    terminal.type("Heroes at home")
    terminal.says("What should it be called")
    terminal.type("heroes")
    terminal.says('("alien lands" OR 해외군사작전 OR 异国) NEAR/10 (hero* OR 영웅)')
    terminal.says("Write this to rules/heroes.toml?")
    terminal.type("y")
    terminal.says("check rules/heroes.toml")
    assert terminal.ended() == 0
    checked = desk.watchd("check", str(desk.path / "rules"))
    assert checked.returncode == 0
    assert "2 tests passed" in checked.stderr


def test_one_may_go_back_to_the_words(desk: DeskFolder) -> None:
    terminal = Terminal(desk, "heroes", *WORDS[:2], "--severity", "low", "--find", "hero*")
    terminal.type("", "")
    terminal.says("A text that must be found")
    terminal.type("")
    terminal.says("Which words or phrases?")
    terminal.type("medal*", "", "", "", "Medals for all", "Heroes for all")
    terminal.says("Write this to")
    terminal.type("")
    assert terminal.ended() == 0
    assert "\nmedal*\n" in (desk.path / "rules/heroes.toml").read_text("utf-8")


@pytest.mark.parametrize("key", ["Ctrl-C", "Ctrl-D"])
@pytest.mark.parametrize("far", ["first question", "last question"])
def test_whoever_breaks_off_leaves_nothing_behind(desk: DeskFolder, key: str, far: str) -> None:
    terminal = Terminal(desk, *(WORDS + EXAMPLES if far == "last question" else ()))
    if far == "last question":
        terminal.type("low", "", "", "")
        terminal.says("Write this to")
    else:
        terminal.says("What should the rule find")
    terminal.press(key)
    terminal.says("Nothing was written.")
    assert terminal.ended() == 1
    assert rules(desk) == []
    assert not (desk.path / "rules/desk").exists()


def test_a_desk_with_schemas_gets_their_line(desk: DeskFolder) -> None:
    (desk.path / ".schema").mkdir()
    (desk.path / ".schema/rule.schema.json").write_text("{}", "utf-8")
    assert desk.watchd("new", "desk/launches", *WORDS, *EXAMPLES).returncode == 0
    first = (desk.path / "rules/desk/launches.toml").read_text("utf-8").splitlines()[0]
    assert first == "#:schema ../../.schema/rule.schema.json"
    assert (Path(desk.path, "rules/desk") / first.split()[1]).resolve().is_file()
