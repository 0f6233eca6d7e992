"""Finding rules by the names people type."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from watchd.errors import FileProblems, WatchdError

if TYPE_CHECKING:
    from watchd.rules import OverTime, Rule

_MOST_MEANT = 3


def load_rules(folder: Path) -> tuple[Rule, ...]:
    """All rules of a folder. Raises FileProblems when one has a mistake: no half measures."""
    from watchd import rules

    loaded = rules.load(folder)
    errors = [problem for problem in loaded.problems if problem.level == "error"]
    if errors:
        raise FileProblems(errors)
    return loaded.rules


def find_any_rule(name: str, folder: Path | None) -> Rule | OverTime:
    """One rule, by its id ("dprk/alien-lands"), the end of it, or its file, wherever that is.

    `folder` is the configured one; None when there is no config. Raises FileProblems when that
    rule's file has mistakes, WatchdError when there is none.
    """
    return read_any_rule(find_file(name, folder), folder)


def find_file(name: str, folder: Path | None) -> Path:
    """The file of a rule that is named as for `find_rule`. Raises WatchdError when there is none.

    One that is named as a file need not be there.
    """
    from watchd.rules.files import rule_files

    if name.endswith(".toml"):
        path = Path(name)
        if folder is not None and not path.exists() and (folder / path).is_file():
            path = folder / path
        return path
    if folder is None:
        raise WatchdError(
            f"where is the rule '{name}'? Name the config with --config, or the rule by its file, "
            "which ends in .toml"
        )
    files = dict(rule_files(folder)) if folder.is_dir() else {}
    found = [one for one in files if one == name] or [
        one for one in files if one.endswith("/" + name)
    ]
    if len(found) == 1:
        return files[found[0]]
    if found:
        raise WatchdError(f"'{name}' could be {', '.join(found)}; name one of them in full")
    meant = _meant(name, files)
    hint = f"; did you mean {meant}?" if meant else ""
    raise WatchdError(f"there is no rule '{name}' in {folder}{hint}")


def _meant(name: str, ids: Collection[str]) -> str:
    """The rules whose ids begin with a name, else have it in them, else look like it."""
    from watchd.tomlfile import nearest

    low = name.lower()
    begin = [one for one in ids if low in (one.lower()[: len(low)], _end(one).lower()[: len(low)])]
    found = begin or [one for one in ids if low and low in one.lower()]
    if not found and (close := nearest(name, [*ids, *map(_end, ids)])):
        found = [close]
    return " or ".join(f"'{one}'" for one in found) if len(found) <= _MOST_MEANT else ""


def read_rule(path: Path, folder: Path | None) -> Rule:
    """The rule of one item in a file. Raises WatchdError when it is one over time, too."""
    from watchd.rules import Rule

    rule = read_any_rule(path, folder)
    if not isinstance(rule, Rule):
        raise WatchdError(
            f"{path}: a rule of type '{rule.type}' looks at many items; `watchd backtest RULE "
            f"--diff {path}` compares with it"
        )
    return rule


def read_any_rule(path: Path, folder: Path | None) -> Rule | OverTime:
    """The rule in a file, with the lists of its own rules folder, else those of `folder`.

    Raises FileProblems when it has mistakes, WatchdError when it is not there.
    """
    from watchd.rules import any_from_source
    from watchd.rules.loading import point_to_strays
    from watchd.tomlfile import read_bytes

    try:
        document = read_bytes(path.read_bytes(), str(path))
    except OSError as error:
        raise WatchdError(f"{path}: this rule file cannot be read: {error.strerror}") from error
    root = root_of(path, folder)
    home = root if (root / "lists").is_dir() or folder is None else folder
    lists = list_texts(home, used_in=document.text)
    try:
        return any_from_source(_id_of(path, root), str(path), document.text, lists)
    except FileProblems as error:
        raise FileProblems(point_to_strays(error.problems, home)) from None


def named_by(rule: OverTime, folder: Path | None) -> dict[str, Rule]:
    """The rules, by id, among which are those that the steps of a rule over time name."""
    if not any(getattr(step, "rule", None) for step in getattr(rule.table, "step", ())):
        return {}
    from watchd.rules import load

    return {one.id: one for one in load(root_of(Path(rule.path), folder)).rules}


def list_texts(folder: Path, *, used_in: str) -> dict[str, str]:
    """The text of each term list of a rules folder, by its name.

    Raises WatchdError for a list that cannot be read and that `used_in` names.
    """
    from watchd.rules.files import list_files

    texts = {}
    for name, path in list_files(folder):
        try:
            texts[name] = path.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            if f"@{name}" in used_in:
                raise WatchdError(f"{path}: this list cannot be read: {error}") from error
    return texts


def root_of(path: Path, configured: Path | None) -> Path:
    """The rules folder a rule file belongs to: the configured one, or one with lists/ in it."""
    here = path.resolve()
    if configured is not None and configured.resolve() in here.parents:
        return configured
    for folder in here.parents:
        if (folder / "lists").is_dir():
            return folder
        if folder.name == "rules":
            return folder
    return path.parent


def _id_of(path: Path, root: Path) -> str:
    here = path.resolve().with_suffix("")
    folder = root.resolve()
    return here.relative_to(folder).as_posix() if folder in here.parents else path.stem


def _end(rule_id: str) -> str:
    return rule_id.rsplit("/", 1)[-1]
