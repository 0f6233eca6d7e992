"""`watchd check`: all that is wrong with config and rules, at once."""

from __future__ import annotations

import gc
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.session import as_typed, console, now, number, print_json, session
from watchd.errors import (
    EXIT_CONFIG,
    EXIT_OK,
    EXIT_PROBLEM,
    EXIT_STRICT,
    ConfigError,
    FileProblems,
    Problem,
    WatchdError,
)
from watchd.values import Struct, field

if TYPE_CHECKING:
    from watchd.config import Config
    from watchd.rules import OverTime, Rule

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd check\n"
    "  watchd check alien-lands\n"
    "  watchd check rules/dprk\n"
    "  watchd check --strict --format github rules     for continuous integration\n"
    "\b\nExit code: 0 all is well, 1 a rule has mistakes or fails its own tests,\n"
    "3 warnings and --strict, 78 the config has mistakes."
)


class _Found(Struct):
    problems: list[Problem] = field(default_factory=list)
    rules: list[Rule | OverTime] = field(default_factory=list)
    tests: int = 0
    configs: int = 0
    config_broken: bool = False


def check(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH]…", help="A config, a rule or its id, a list, a folder."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count too.")] = False,
    format: Annotated[
        Literal["text", "json", "github"], typer.Option("--format", help="For whom to print.")
    ] = "text",
    _config: ConfigFile = "",
) -> None:
    """Check config and rules: every mistake of every file, with its place and what to do.

    Also runs the [[test]] tables in the rule files.
    """
    found = _Found()
    if paths:
        for path in paths:
            _check_path(path, found)
    else:
        _check_all(found)
    found.problems.sort(key=lambda problem: (problem.path, problem.line, problem.col))
    _print(found, format)
    raise typer.Exit(_code(found, strict=strict))


def _code(found: _Found, *, strict: bool) -> int:
    levels = {problem.level for problem in found.problems}
    if found.config_broken:
        return EXIT_CONFIG
    if "error" in levels:
        return EXIT_PROBLEM
    return EXIT_STRICT if strict and levels else EXIT_OK


def _check_all(found: _Found) -> None:
    here = session()
    path = as_typed(here.config_path())
    _check_config(path, found)
    config = None
    folder = path.parent / "rules"  # if the config is broken, the rules may still be looked at
    with suppress(ConfigError):
        config = here.config()
        folder = config.rules_dir
    if folder.is_dir():
        _check_rules(folder, found, config)


def _check_path(name: str, found: _Found) -> None:
    from watchd.cli.rulefiles import root_of

    path, config = Path(name), _config_if_good()
    folder = config.rules_dir if config else None
    if not path.exists() and folder is not None and path.suffix != ".txt":
        path = _rule_of(name, folder)
    if not path.exists():
        raise WatchdError(f"{name}: there is no such file or folder")
    if path.is_dir():
        _check_rules(root_of(path / "x", folder), found, config, only=path.resolve())
    elif path.name == "config.toml" or _looks_like_config(path):
        _check_config(path, found)
    else:
        before = len(found.problems), len(found.rules)
        _check_rules(root_of(path, folder), found, config, only=path.resolve())
        is_one = path.suffix in (".toml", ".txt")
        if not is_one and before == (len(found.problems), len(found.rules)):
            raise WatchdError(f"{path}: not a config, a rule file, a list or a rules folder")


def _rule_of(name: str, folder: Path) -> Path:
    from watchd.cli.rulefiles import find_file

    try:
        return find_file(name, folder)
    except WatchdError as error:
        raise WatchdError(f"{name}: there is no such file or folder, and {error}") from None


def _config_if_good() -> Config | None:
    with suppress(WatchdError):
        return session().config()
    return None


def _looks_like_config(path: Path) -> bool:
    text = path.read_text(encoding="utf-8", errors="replace")
    return any(line.strip() in ("[[feed]]", "[[receiver]]") for line in text.splitlines())


def _check_config(path: Path, found: _Found) -> None:
    from watchd import config
    from watchd.desk import receivers_of, rules_folder_problem

    found.configs += 1
    try:
        read = config.load(path, environ=os.environ)
        found.problems += [one for one in read.warnings if one.code != "C120"]
        if missing := rules_folder_problem(read):
            found.config_broken = True
            found.problems.append(missing)
        receivers_of(read)
    except FileProblems as error:
        # What systemd shows to the daemon alone, the daemon looks at when it is told to reload.
        told = [one for one in error.problems if one.code != "C160"]
        found.config_broken = bool(told)
        found.problems += told


def _check_rules(
    folder: Path, found: _Found, config: Config | None, only: Path | None = None
) -> None:
    from watchd import rules
    from watchd.rules.files import strays
    from watchd.rules.lints import lint

    everything = only in (None, folder.resolve())

    def wanted(path: str) -> bool:
        return everything or only in ((here := Path(path).resolve()), *here.parents)

    gc.disable()  # thousands of rules are many objects, all of which stay to the end
    loaded = rules.load(folder)
    # Whether there is such a feed is only known of the rules that the config names.
    known = config and config.rules_dir.resolve() == folder.resolve()
    warnings = lint(
        loaded,
        today=now().date(),
        feeds=config.feeds if config and known else None,
        strays=strays(folder),
    )
    problems = [one for one in (*loaded.problems, *warnings) if wanted(one.path)]
    told = {one.where for one in problems}  # a list's mistake is told there, not in each rule too
    found.problems += [one for one in problems if not one.follows or one.follows not in told]
    checked = [rule for rule in loaded.rules if wanted(rule.path)]
    found.rules += checked
    found.tests += sum(len(rule.tests) for rule in checked)
    found.problems += [failure.problem for failure in rules.run_tests(*checked)]
    if over_time := [rule for rule in loaded.over_time if wanted(rule.path)]:
        from watchd.overtime.kept import forgotten
        from watchd.overtime.testing import run_over_time_tests

        if config and known:
            found.problems += forgotten(over_time, config.store.keep, config.store.keep_hits)
        found.rules += over_time
        found.tests += sum(len(rule.tests) for rule in over_time)
        named = {rule.id: rule for rule in loaded.rules}
        failures = run_over_time_tests(over_time, named)
        found.problems += [failure.problem for failure in failures]
    gc.freeze()  # nor need they be gone through at the exit


def _print(found: _Found, format: str) -> None:
    errors = sum(problem.level == "error" for problem in found.problems)
    warnings = len(found.problems) - errors
    if format == "json":
        print_json(
            {
                "problems": [
                    {
                        "path": problem.path,
                        "line": problem.line,
                        "col": problem.col,
                        "level": problem.level,
                        "code": problem.code,
                        "message": problem.message,
                        "hint": problem.hint or None,
                    }
                    for problem in found.problems
                ],
                "rules": len(found.rules),
                "tests": found.tests,
                "errors": errors,
                "warnings": warnings,
            }
        )
        return
    out = console()
    for problem in found.problems:
        out.print(_github(problem) if format == "github" else f"{problem}\n")
    console(stderr=True).print(_summary(found, errors, warnings))


def _summary(found: _Found, errors: int, warnings: int) -> str:
    parts = []
    if found.configs and not found.config_broken:
        parts.append("config ok")
    if found.rules or not found.configs:
        failed = sum(problem.code == "E301" for problem in found.problems)
        passed = f"{found.tests - failed} of " if failed else ""
        passed += f"{number(found.tests, 'test')} passed"
        parts.append(f"{number(len(found.rules), 'rule')} ok, {passed}")
    if errors:
        parts.append(number(errors, "error"))
    if warnings:
        parts.append(number(warnings, "warning"))
    return "; ".join(parts)


def _github(problem: Problem) -> str:
    """A workflow command: the mistake shows up beside the line in a pull request."""
    text = problem.message + (f" ({problem.hint})" if problem.hint else "")
    path = _escaped(problem.path).replace(":", "%3A").replace(",", "%2C")
    place = f"file={path},line={problem.line or 1},col={problem.col or 1}"
    return f"::{problem.level} {place},title={problem.code}::{_escaped(text)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
