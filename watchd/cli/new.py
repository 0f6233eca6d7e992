"""`watchd new`: a few questions, and a rule with two tests is written."""

from __future__ import annotations

import itertools
import os
import re
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.session import as_typed, console, session
from watchd.errors import EXIT_PROBLEM

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd new\n"
    "  watchd new desk/launches\n"
    "  watchd new --title 'A launch is announced' --find 'rocket*, satellit*' --near 'launch*' \\\n"
    "    --match 'A rocket was launched.' --no-match 'A rocket in a museum.' --yes"
)
_ID = re.compile(r"\w[\w.-]*(/\w[\w.-]*)*")
_LONGEST_NAME = 200  # bytes; file systems take 255
_LONGEST_SLUG = 60


def new(
    rule_id: Annotated[
        str, typer.Argument(metavar="[ID]", help="Its file below the rules folder.")
    ] = "",
    title: Annotated[str, typer.Option("--title", help="What the rule finds.")] = "",
    severity: Annotated[
        str, typer.Option("--severity", help="info, low, medium, high or critical.")
    ] = "",
    find: Annotated[
        list[str] | None,
        typer.Option("--find", help="Words or phrases, with commas between; may be repeated."),
    ] = None,
    near: Annotated[
        list[str] | None, typer.Option("--near", help="One of these must stand near them.")
    ] = None,
    within: Annotated[
        str, typer.Option("--within", metavar="N", help="With at most N words between them.")
    ] = "",
    leave_out: Annotated[
        list[str] | None, typer.Option("--not", help="Words or phrases to leave out.")
    ] = None,
    match: Annotated[str, typer.Option("--match", help="A text that it must find.")] = "",
    no_match: Annotated[str, typer.Option("--no-match", help="A text it must not find.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; write the file.")] = False,
    _config: ConfigFile = "",
) -> None:
    """Write a rule with two tests. Asks for what the options leave open.

    Words need no quotation marks. A file that is there is never overwritten.
    """
    from watchd.cli.drafting import Given, ask_draft
    from watchd.cli.questions import Questions
    from watchd.cli.rulefiles import list_texts
    from watchd.cli.writing import write_new
    from watchd.rules.draft import text_of

    folder = session().config().rules_dir
    lists = list_texts(folder, used_in="")
    ask = Questions(asking=not yes and sys.stdin.isatty())
    given = Given(
        find=find or [],
        near=near or [],
        within=within,
        leave_out=leave_out or [],
        match=match,
        no_match=no_match,
    )
    try:
        draft = ask_draft(ask, title, severity, given, lists)
        rule_id = ask.line(
            "What should it be called, below the rules folder?",
            "ID",
            rule_id.removesuffix(".toml"),
            default=_free_id(draft.title, folder),
            wrong=lambda one: _wrong_id(one, folder),
        )
        path = folder / f"{rule_id}.toml"
        text = text_of(draft, lists, schema=_schema(path))
        if ask.asking:
            ask.say(f"\n{text}")
            typer.confirm(f"Write this to {as_typed(path)}?", default=True, abort=True, err=True)
    except (typer.Abort, KeyboardInterrupt):
        console(stderr=True).print("\nNothing was written.")
        raise typer.Exit(EXIT_PROBLEM) from None
    write_new(path, text)
    watchd = (
        f"watchd -c {shlex.quote(session().config_file)}" if session().config_file else "watchd"
    )
    verbs = {
        f"check {shlex.quote(str(as_typed(path)))}": "its mistakes",
        f"test {shlex.quote(rule_id)}": "its two tests",
        f"try {shlex.quote(rule_id)}": "what it would have found",
    }
    width = max(map(len, verbs))
    lines = [f"  {watchd} {verb:{width}}   {meaning}" for verb, meaning in verbs.items()]
    ask.say("\n".join([f"{as_typed(path)} is written. Next:", *lines]))


def _wrong_id(answer: str, folder: Path) -> str:
    long = any(len(part.encode()) > _LONGEST_NAME for part in answer.split("/"))
    if long or not _ID.fullmatch(answer):
        return "a name such as desk/launches: letters, digits, . _ and -, with / after a folder"
    if answer.startswith("lists/"):
        return "another name: the folder lists/ is for term lists, not for rules"
    path = folder / f"{answer}.toml"
    return f"{as_typed(path)} is there already; take another name" if path.exists() else ""


def _free_id(title: str, folder: Path) -> str:
    """A name made from the title, which no rule has yet."""
    words = re.sub(r"\W+", "-", title.lower()).strip("-_")[:_LONGEST_SLUG].strip("-_") or "rule"
    numbered = (f"desk/{words}-{number}" for number in itertools.count(2))
    names = itertools.chain([f"desk/{words}"], numbered)
    return next(name for name in names if not (folder / f"{name}.toml").exists())


def _schema(path: Path) -> str:
    """The way from a rule file to the JSON Schema of this desk; "" where it has none."""
    schema = session().config_path().parent / ".schema" / "rule.schema.json"
    return Path(os.path.relpath(schema, path.parent)).as_posix() if schema.is_file() else ""
