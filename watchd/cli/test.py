"""`watchd test`: the [[test]] tables inside the rule files, and what they would not notice."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.session import print_json, session
from watchd.errors import EXIT_OK, EXIT_PROBLEM, EXIT_STRICT, FileProblems, WatchdError

if TYPE_CHECKING:
    from watchd.cli.testtext import Chosen
    from watchd.rules import TestFailure
    from watchd.rules.mutate import Mutated

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd test\n"
    "  watchd test alien-lands -v\n"
    "  watchd test rules/dprk\n"
    "  watchd test --mutate alien-lands             which clauses would no test miss?\n"
    "\b\nExit code: 0 all tests pass, 1 one fails or a rule has mistakes,\n"
    "3 --mutate and --strict, and some change went unnoticed."
)


def run(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RULE]…", help="An id, the end of one, a file or a folder."),
    ] = None,
    mutate: Annotated[
        bool, typer.Option("--mutate", help="Take out each clause: would a test notice?")
    ] = False,
    lists: Annotated[
        bool, typer.Option("--lists", help="With --mutate: name the list terms in no test.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="With --mutate: what goes unnoticed counts.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="List every test.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    _config: ConfigFile = "",
) -> None:
    """Run the tests inside rule files; of a failure, show each clause and what came nearest.

    With --mutate: take out or weaken each clause in turn, and tell what no test notices.
    """
    from watchd.cli import testtext
    from watchd.rules import run_tests

    if not mutate and (lists or strict):
        raise typer.BadParameter("--lists and --strict go with --mutate")
    chosen = choose(names or [])
    began = time.perf_counter()
    failures = run_tests(*chosen.rules)
    if chosen.over_time:
        from watchd.overtime.testing import run_over_time_tests

        failures += run_over_time_tests(chosen.over_time, chosen.named)
    seconds = time.perf_counter() - began
    mutated: list[Mutated] = []
    if mutate:
        from watchd.rules.mutate import mutate as mutations

        failing = {failure.rule for failure in failures}
        mutated = [
            mutations(rule) for rule in chosen.rules if rule.tests and rule.id not in failing
        ]
    if as_json:
        print_json(testtext.as_json(chosen, failures, mutated if mutate else None, seconds))
    else:
        testtext.tell(chosen, failures, mutated, seconds, verbose=verbose, lists=lists)
    raise typer.Exit(_code(chosen, failures, mutated if strict else []))


def _code(chosen: Chosen, failures: list[TestFailure], mutated: list[Mutated]) -> int:
    if failures or any(problem.level == "error" for problem in chosen.problems):
        return EXIT_PROBLEM
    return EXIT_STRICT if any(one.unnoticed for one in mutated) else EXIT_OK


def choose(names: Iterable[str]) -> Chosen:
    """The rules of these names; without any, all of the configured folder."""
    from watchd.cli.rulefiles import find_file, named_by, read_any_rule, root_of
    from watchd.cli.testtext import Chosen
    from watchd.rules import Rule

    chosen, config = Chosen(), session().config_if_any()
    folder = config.rules_dir if config else None
    if not names:
        if folder is None:
            raise WatchdError("which rules? There is no config here: name a rule file or a folder")
        _load(folder, folder, chosen)
    for name in names:
        path = Path(name)
        if path.is_dir():
            _load(root_of(path / "x", folder), path, chosen)
            continue
        try:
            rule = read_any_rule(find_file(name, folder), folder)
        except FileProblems as error:
            chosen.problems += error.problems
            continue
        if isinstance(rule, Rule):
            chosen.rules.append(rule)
        else:
            chosen.over_time.append(rule)
            chosen.named |= named_by(rule, folder)
    return chosen


def _load(root: Path, below: Path, chosen: Chosen) -> None:
    """The rules below a folder, with the lists of the rules folder it belongs to."""
    from watchd.rules import load

    loaded, inside = load(root), below.resolve()

    def wanted(path: str) -> bool:
        return inside in Path(path).resolve().parents or Path(path).resolve() == inside

    everything = root.resolve() == inside
    chosen.rules += [rule for rule in loaded.rules if everything or wanted(rule.path)]
    chosen.problems += [one for one in loaded.problems if everything or wanted(one.path)]
    chosen.over_time += [one for one in loaded.over_time if everything or wanted(one.path)]
    chosen.named |= {rule.id: rule for rule in loaded.rules}
