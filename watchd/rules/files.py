"""Which files of a folder are rules and which are lists, the names they give, and their stamps."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


def rule_files(directory: Path) -> Iterator[tuple[str, Path]]:
    """The rule files below a directory, each with its rule's id, in the order of their paths."""
    for name, entry in sorted(_rules(directory), key=lambda found: found[0].split("/")):
        yield name, Path(entry.path)


def list_files(directory: Path) -> Iterator[tuple[str, Path]]:
    """The term lists of a rules directory, each with its name."""
    for entry in sorted(_lists(directory), key=lambda found: found.name):
        yield entry.name.removesuffix(".txt"), Path(entry.path)


def texts(directory: Path) -> tuple[dict[str, str], dict[str, str]] | None:
    """The texts of the rules by id and of the lists by name; None if a file cannot be read."""
    try:
        rules = {name: path.read_text("utf-8-sig") for name, path in rule_files(directory)}
        lists = {name: path.read_text("utf-8-sig") for name, path in list_files(directory)}
    except (OSError, UnicodeDecodeError):
        return None
    return rules, lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What a look at a rules folder shows without reading its files.

    As long as two are equal, no rule file and no list was written, added, renamed or taken away.
    """

    folder: Path
    place: tuple[int, int]  # device and number of what stands at that path
    files: int
    stamp: int

    def empties(self, earlier: Glance) -> bool:
        """Whether another folder, and an empty one, has come to the path of an earlier one."""
        same_path = self.folder == earlier.folder
        return same_path and self.place != earlier.place and not self.files and earlier.files > 0


def glance(directory: Path) -> Glance:
    """Look at a rules folder. Raises OSError if it, or a folder in it, cannot be looked into."""
    here = directory.stat()
    os.scandir(directory).close()
    found = [entry for _, entry in _rules(directory, _fail)] + list(_lists(directory, _fail))
    stamps = sorted((entry.path, *_stamp(entry)) for entry in found)
    return Glance(
        folder=directory,
        place=(here.st_dev, here.st_ino),
        files=len(found),
        stamp=hash(tuple(stamps)),
    )


def _stamp(entry: os.DirEntry[str]) -> tuple[int, ...]:
    try:
        status = entry.stat()
    except FileNotFoundError:  # a link to nowhere, or just gone
        return ()
    # ctime_ns: an editor, or `cp -p`, may put the old time of a file back.
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


def _fail(error: OSError) -> None:
    if not isinstance(error, (FileNotFoundError, NotADirectoryError)):  # gone since it was listed
        raise error


def _pass_over(_error: OSError) -> None:
    pass


OnError = Callable[[OSError], None]


def _rules(
    directory: Path, on_error: OnError = _pass_over
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    folders = [("", str(directory))]
    while folders:
        above, folder = folders.pop()
        for entry in _entries(folder, on_error):
            if entry.name.endswith(".toml"):
                yield above + entry.name.removesuffix(".toml"), entry
            if entry.is_dir(follow_symlinks=False):
                folders.append((f"{above}{entry.name}/", entry.path))


def _lists(directory: Path, on_error: OnError = _pass_over) -> Iterator[os.DirEntry[str]]:
    entries = _entries(os.path.join(directory, "lists"), on_error)
    return (entry for entry in entries if entry.name.endswith(".txt"))


def _entries(folder: str, on_error: OnError) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except OSError as error:
        on_error(error)
        return
    for entry in entries:
        # A dot: an editor's own file, or a tool's folder. A pipe would be waited for, for ever.
        if not entry.name.startswith(".") and (entry.is_file() or not Path(entry.path).is_fifo()):
            yield entry
