"""`watchd fmt`: rule files and lists in their one layout."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import Annotated

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.session import console, session
from watchd.errors import EXIT_PROBLEM, FileProblems, Problem, WatchdError

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd fmt\n"
    "  watchd fmt rules/desk/launches.toml --diff    show what would change\n"
    "  watchd fmt --check                            for continuous integration\n"
    "\b\nExit code: 1 if a file has mistakes, or with --check would change."
)


def fmt(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]…", help="A rule file, a list, a rules folder."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; name the files that would change.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Change nothing; show the changes.")] = False,
    _config: ConfigFile = "",
) -> None:
    """Lay out rule files in one way, and tidy lists. What they say stays the same.

    A file with mistakes is left as it is.
    """
    from watchd.cli.writing import write_whole

    out, talk = console(), console(stderr=True)
    changed = broken = same = 0
    for path, problems in _files(paths or [session().config().rules_dir]):
        try:
            old, new = _texts(path, problems)
        except WatchdError as error:
            broken += 1
            talk.print(f"{error}\n")
            continue
        if old == new:
            same += 1
            continue
        changed += 1
        if diff:
            _show(path, old, new)
        else:
            out.print(str(path))
        if not check and not diff:
            write_whole(path, new)
    done = "would change" if check or diff else "changed"
    left = f", {broken} left as they are" if broken else ""
    talk.print(f"{changed} {done}, {same} stay the same{left}")
    raise typer.Exit(EXIT_PROBLEM if broken or (check and changed) else 0)


def _files(paths: list[Path]) -> list[tuple[Path, list[Problem]]]:
    """The rule files and lists among what was named, each with its mistakes."""
    from watchd import rules
    from watchd.cli.rulefiles import root_of
    from watchd.rules.files import list_files, rule_files

    config = session().config_if_any()
    found = []
    for path in paths:
        if not path.exists():
            raise WatchdError(f"{path}: there is no such file or folder")
        root = path if path.is_dir() else root_of(path, config.rules_dir if config else path.parent)
        files = [file for _, file in (*rule_files(root), *list_files(root))]
        if not path.is_dir():
            files = [file for file in files if file.resolve() == path.resolve()]
        if not files or path.name == "config.toml":
            raise WatchdError(f"{path}: fmt lays out rule files and the lists beside them")
        errors = [problem for problem in rules.load(root).problems if problem.level == "error"]
        found += [(file, [one for one in errors if one.path == str(file)]) for file in files]
    return found


def _texts(path: Path, problems: list[Problem]) -> tuple[str, str]:
    """A file's text, and how it should be laid out. Raises WatchdError when it has mistakes."""
    from watchd.rules.format import CannotFormatError, format_list, format_rule

    if problems:
        raise FileProblems(problems)
    old = path.read_bytes().decode()
    try:
        return old, format_rule(old) if path.suffix == ".toml" else format_list(old)
    except CannotFormatError as error:
        raise WatchdError(f"{path}: {error}; it is left as it is") from None


def _show(path: Path, old: str, new: str) -> None:
    name = str(path)
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    for line in difflib.unified_diff(before, after, name, name, n=2):
        sys.stdout.write(line if line.endswith("\n") else f"{line}\n")
