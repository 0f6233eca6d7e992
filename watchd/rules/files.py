"""Which files of a folder are rules and which are lists, and the names they give."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def rule_files(directory: Path) -> Iterator[tuple[str, Path]]:
    """The rule files below a directory, each with its rule's id, in the order of their paths."""
    for path in sorted(directory.rglob("*.toml")):
        # A dot: an editor's own file. A pipe would be waited for, for ever.
        if not path.name.startswith(".") and not path.is_fifo():
            yield path.relative_to(directory).with_suffix("").as_posix(), path


def list_files(directory: Path) -> Iterator[tuple[str, Path]]:
    """The term lists of a rules directory, each with its name."""
    for path in sorted(directory.glob("lists/*.txt")):
        if not path.is_fifo():
            yield path.stem, path


def texts(directory: Path) -> tuple[dict[str, str], dict[str, str]] | None:
    """The texts of the rules by id and of the lists by name; None if a file cannot be read."""
    try:
        rules = {name: path.read_text("utf-8-sig") for name, path in rule_files(directory)}
        lists = {name: path.read_text("utf-8-sig") for name, path in list_files(directory)}
    except (OSError, UnicodeDecodeError):
        return None
    return rules, lists
