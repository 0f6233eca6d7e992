"""Finding rules by the names people type."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, get_args

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


def find_rule(name: str, folder: Path | None) -> Rule:
    """One rule, by its id ("dprk/alien-lands"), the end of it, or its file, wherever that is.

    `folder` is the configured one; None when there is no config. Raises FileProblems when that
    rule's file has mistakes, WatchdError when there is none.
    """
    from watchd.rules.files import rule_files
    from watchd.tomlfile import nearest

    if name.endswith(".toml"):
        path = Path(name)
        if folder is not None and not path.exists() and (folder / path).is_file():
            path = folder / path
        return read_rule(path, folder)
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
        return read_rule(files[found[0]], folder)
    if found:
        raise WatchdError(f"'{name}' could be {', '.join(found)}; name one of them in full")
    guess = nearest(name, _names(files))
    hint = f"; did you mean '{guess}'?" if guess else ""
    raise WatchdError(f"there is no rule '{name}' in {folder}{hint}")


def read_rule(path: Path, folder: Path | None) -> Rule:
    """The rule in a file, with the lists of its own rules folder, else those of `folder`.

    Raises FileProblems when it has mistakes, WatchdError when it is not there.
    """
    from watchd.rules import rule_from_source
    from watchd.rules.schema import RuleType
    from watchd.tomlfile import read_bytes

    try:
        document = read_bytes(path.read_bytes(), str(path))
    except OSError as error:
        raise WatchdError(f"{path}: this rule file cannot be read: {error.strerror}") from error
    root = root_of(path, folder)
    kind = document.data.get("type", "match")
    if kind != "match" and kind in get_args(RuleType):
        raise WatchdError(
            f"{path}: a rule of type '{kind}' is checked, and not yet run by this version; its "
            "query can be tried with --query '…'"
        )
    home = root if (root / "lists").is_dir() or folder is None else folder
    lists = list_texts(home, used_in=document.text)
    return rule_from_source(_id_of(path, root), str(path), document.text, lists)


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


def _names(ids: Iterable[str]) -> list[str]:
    return [name for rule_id in ids for name in (rule_id, rule_id.rsplit("/", 1)[-1])]
