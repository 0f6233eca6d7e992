"""README and docs say what is true: commands, options, exit codes, JSON, log lines, links."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.support.commandline import watchd
from tests.support.site import Site, rss
from watchd import errors
from watchd.cli.app import command_line
from watchd.model import (
    DeliveryState,
    HeldFor,
    HitStatus,
    Outcome,
    ReadingState,
    Reason,
    SendResult,
)
from watchd.store import endpoints, open_store
from watchd.store.endpoints import Heard

ROOT = Path(__file__).parent.parent
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")))
}
CLI, DESIGN, OPERATIONS, README = (
    PAGES[name] for name in ("docs/cli.md", "docs/design.md", "docs/operations.md", "README.md")
)
EVERYWHERE = {"-c", "--config", "-h", "--help"}  # told once, at the top of docs/cli.md


def verbs(command: Any, name: str = "watchd") -> Iterator[tuple[str, Any]]:
    """Every verb of the command line, with its full name; groups themselves are none."""
    below = getattr(command, "commands", None)
    if below is None:
        yield name, command
    for word, sub in (below or {}).items():
        yield from verbs(sub, f"{name} {word}")


PROGRAM = typer.main.get_command(command_line())
VERBS = dict(verbs(PROGRAM))
SECTIONS = dict(re.findall(r"^## `(watchd [^`]+)`\n([\s\S]*?)(?=^## |\Z)", CLI, re.MULTILINE))
TOP = CLI.partition("\n## ")[0]


def options(command: Any) -> set[str]:
    return {name for one in command.params if one.param_type_name == "option" for name in one.opts}


def heading(name: str) -> str:
    """A verb as docs/cli.md writes it: with its arguments, as `--help` names them."""
    arguments = [
        one.metavar or one.name for one in VERBS[name].params if one.param_type_name == "argument"
    ]
    return " ".join([name, *arguments])


def listed(text: str) -> set[str]:
    """The options in the tables of a text."""
    cells = re.findall(r"^\| (`-[^|]*) \|", text, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def test_every_verb_has_its_section_and_every_section_its_verb() -> None:
    assert set(SECTIONS) == {heading(name) for name in VERBS}


@pytest.mark.parametrize("name", VERBS)
def test_every_option_is_described_and_every_described_option_exists(name: str) -> None:
    section = SECTIONS[heading(name)]
    assert listed(section) == options(VERBS[name]) - EVERYWHERE
    assert f"\n{name}" in "".join(re.findall(r"^```sh\n[\s\S]*?^```", section, re.MULTILINE))


def test_the_options_for_every_verb_are_described_once() -> None:
    assert listed(TOP) == options(PROGRAM)


SHOWN = [
    (page, line.partition("  #")[0].strip())
    for page, text in PAGES.items()
    for block in re.findall(r"^```sh\n([\s\S]*?)^```", text, re.MULTILINE)
    for line in block.splitlines()
    if line.startswith("watchd ")
] + [
    (page, code)
    for page, text in PAGES.items()
    for code in re.findall(r"`(watchd [a-z][^`]*)`", text)
]


@pytest.mark.parametrize(("page", "line"), dict.fromkeys(SHOWN))
def test_every_command_in_the_docs_can_be_typed(page: str, line: str) -> None:
    words, command = line.split()[1:], PROGRAM
    known = {*options(PROGRAM), *EVERYWHERE}
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]
        known |= options(command)
    assert command is not PROGRAM, f"{page}: {line}"
    assert {word for word in words if word.startswith("-")} <= known, f"{page}: {line}"


def test_the_exit_codes_are_the_described_ones() -> None:
    used = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    section = DESIGN.partition("## Exit codes")[2].partition("\n## ")[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", section, re.MULTILINE)} == used
    told = TOP.partition("Exit codes:")[2].partition("\n")[0]
    assert {int(code) for code in re.findall(r"\d+", told)} == used


def test_the_words_for_a_hit_are_the_described_ones() -> None:
    section = DESIGN.partition("A hit is kept")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([\w-]+)` \|", section, re.MULTILINE)) == set(HitStatus)


def test_the_reasons_are_the_described_ones_and_those_of_hits_holds_and_deliveries() -> None:
    section = DESIGN.partition("### Reasons")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `([\w.-]+)` \|", section, re.MULTILINE) == list(Reason)
    words = {"hit": HitStatus, "delivery": DeliveryState, "article": ReadingState}
    for step, kinds in words.items():
        assert {f"{step}.{word}" for word in kinds} == {one for one in Reason if f"{step}." in one}
    held = {f"held.{word}" for word in HeldFor if word}
    assert held == {one for one in Reason if one.startswith("held.")}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk that has looked once at a feed with one item, which a shipped rule finds."""
    folder = tmp_path_factory.mktemp("desk")
    item = {
        "title": "Kim Jong Un praises heroes of the alien lands",
        "link": "https://example.org/n1",
    }
    lines = [f"rules = {json.dumps(str(ROOT / 'rules'))}", '[[feed]]\nname = "wire"']
    with Site() as site:
        site.feed("/wire.xml", items=[item])
        lines += [f'url = "{site.url("/wire.xml")}"', "private = true"]
        (folder / "config.toml").write_text("\n".join(lines), encoding="utf-8")
        assert watchd("run", "--once", folder=folder).returncode == 0
    _receiver_in_trouble(folder)
    (folder / "feed.xml").write_bytes(rss([item]))
    labelled = json.dumps({**item, "lang": "en", "labels": ["alien-lands"]})
    (folder / "labelled.jsonl").write_text(labelled, encoding="utf-8")
    return folder


def fields(value: Any, at: str = "") -> Iterator[str]:
    """Every field of a piece of JSON, with its way there. A rule's id or a language is any."""
    if isinstance(value, dict):
        for name, inner in value.items():
            here = f"{at}.{'*' if '/' in name or name == 'en' else name}"
            yield from (here, *fields(inner, here))
    elif isinstance(value, list):
        for inner in value:
            yield from fields(inner, at + "[]")


TOLD = {
    line.split()[1]: json.loads(block)
    for line, block in re.findall(
        r"^`(watchd [^`]+ --json)`.*\n\n```json\n([\s\S]*?)```", DESIGN, re.MULTILINE
    )
}


def _receiver_in_trouble(folder: Path) -> None:
    store = open_store(f"sqlite:///{folder / 'watchd.db'}")
    result = SendResult(outcome=Outcome.RETRY, detail="503")
    heard = Heard(endpoint="desk/json:127.0.0.1", result=result, jitter=0.5)
    store.write(endpoints.heard, heard, datetime.now(UTC))
    store.close()


@pytest.mark.parametrize(
    "words",
    [
        ("feeds", "check", "feed.xml", "--json"),
        ("hits", "--json"),
        ("eval", "labelled.jsonl", "--json"),
        ("status", "--json"),
    ],
    ids=lambda words: words[0],
)
def test_the_json_has_the_fields_that_are_told(words: tuple[str, ...], desk: Path) -> None:
    found = json.loads(watchd(*words, folder=desk).stdout)
    assert set(fields(TOLD[words[0]])) - set(fields(found)) == set()


def test_all_the_told_json_was_looked_at() -> None:
    assert set(TOLD) == {"feeds", "hits", "eval", "status"}


def test_every_log_line_is_described_and_every_described_line_exists() -> None:
    used = set()
    for path in sorted((ROOT / "watchd").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                used |= set(events(node.args[0]))
    described = set(re.findall(r"^\| `(\w+\.\w+)` \|", OPERATIONS, re.MULTILINE))
    assert described == used


def events(argument: ast.expr) -> Iterator[str]:
    """The name of a log line: `noun.verb`, where the verb may be the state of a delivery."""
    nouns = (
        "archive|article|evidence|export|feeds?|network|hit|silence|delivery|daemon|config|rules?"
    )
    nouns += "|check|clock|tick|heartbeat|receivers|answer|database|words|parser"
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield from re.findall(rf"^(?:{nouns})\.[a-z]+$", argument.value)
    elif isinstance(argument, ast.JoinedStr) and ast.unparse(argument).startswith("f'delivery."):
        told = {DeliveryState.SENT, DeliveryState.PENDING, DeliveryState.UNKNOWN}
        yield from (f"delivery.{state}" for state in {*told, DeliveryState.FAILED})


def test_ci_calls_the_command_of_the_readme() -> None:
    blocks = re.findall(r"^```sh\n(python3 .*)\n```", README, re.MULTILINE)
    first, second = blocks
    assert first.endswith(".venv/bin/watchd demo")
    assert second.endswith(".venv/bin/pytest")
    assert f"\n{second} || exit\n" in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_the_faults_have_one_command_which_ci_calls() -> None:
    command = ".venv/bin/pytest -m fault"
    steps = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    performance = (ROOT / "docs/performance.md").read_text(encoding="utf-8")
    assert command in steps
    assert '.venv/bin/pytest -m "slow and not fault" -n 0' in steps  # none of them twice
    assert f"`{command}`" in README
    assert f"\n{command} " in performance
    told = set(re.findall(r"^\|.*`(tests/\S+\.py)` \|$", performance, re.MULTILINE))
    marked = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "tests").rglob("test_*.py")
        if re.search(r"^[^\"#]*pytest\.mark\.fault\b", path.read_text("utf-8"), re.MULTILINE)
    }
    assert told == marked


@pytest.mark.parametrize("page", PAGES)
def test_every_link_within_the_docs_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", PAGES[page]):
        name, _, anchor = target.partition("#")
        path = (ROOT / page).parent / name
        assert path.is_file(), target
        if path.suffix != ".md":
            continue  # a picture
        titles = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
        assert not anchor or anchor in anchors, target
