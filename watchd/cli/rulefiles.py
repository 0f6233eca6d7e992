"""Finding rules by the names people type."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from watchd.errors import FileProblems, WatchdError

if TYPE_CHECKING:
    from watchd.rules import Rule


def load_rules(folder: Path) -> tuple[Rule, ...]:
    """All rules of a folder. Raises FileProblems when one has a mistake: no half measures."""
    from watchd import rules

    loaded = rules.load(folder)
    errors = [problem for problem in loaded.problems if problem.level == "error"]
    if errors:
        raise FileProblems(errors)
    return loaded.rules


def find_rule(name: str, folder: Path) -> Rule:
    """One rule, by its id ("dprk/alien-lands"), the end of it, or its file.

    Raises FileProblems when that rule's file has mistakes, WatchdError when there is none.
    """
    from watchd import rules
    from watchd.tomlfile import nearest

    path = Path(name)
    if path.suffix == ".toml":
        if not path.is_file():
            raise WatchdError(f"{name}: there is no such rule file")
        folder = root_of(path, folder)
    loaded = rules.load(folder)
    found = [rule for rule in loaded.rules if _is(rule.id, Path(rule.path), name, path)]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(rule.id for rule in found)
        raise WatchdError(f"'{name}' could be {names}; name one of them in full")
    broken = [
        problem
        for problem in loaded.problems
        if problem.level == "error"
        and (_is(_id_of(problem.path, folder), Path(problem.path), name, path) or not path.suffix)
    ]
    if broken:
        raise FileProblems(broken)
    guess = nearest(name, _names(rule.id for rule in loaded.rules))
    hint = f"; did you mean '{guess}'?" if guess else ""
    raise WatchdError(f"there is no rule '{name}' in {folder}{hint}")


def root_of(path: Path, configured: Path) -> Path:
    """The rules folder a rule file belongs to: the configured one, or one with lists/ in it."""
    here = path.resolve()
    if configured.resolve() in here.parents:
        return configured
    for folder in here.parents:
        if (folder / "lists").is_dir():
            return folder
        if folder.name == "rules":
            return folder
    return path.parent


def _id_of(path: str, folder: Path) -> str:
    try:
        return Path(path).resolve().relative_to(folder.resolve()).with_suffix("").as_posix()
    except ValueError:
        return path


def _is(rule_id: str, rule_path: Path, name: str, path: Path) -> bool:
    if path.suffix == ".toml":
        return rule_path.resolve() == path.resolve()
    return rule_id == name or rule_id.endswith("/" + name)


def _names(ids: Iterable[str]) -> list[str]:
    return [name for rule_id in ids for name in (rule_id, rule_id.rsplit("/", 1)[-1])]
