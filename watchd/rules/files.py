"""Which files of a folder are rules and which are lists, the names they give, and their stamps."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from watchd.values import Struct

# An editor that hides what names end in makes a.toml.txt of a.toml, and b.txt.txt of b.txt.
_RULE = re.compile(r"(.+?)\.toml(?:\.txt)?", re.IGNORECASE)
_LIST = re.compile(r"(.+?)((?:\.te?xt)*)", re.IGNORECASE)
_NOT_NAMED = re.compile(r"[^\w-]+")  # signs that a list's name in a query does not have
_ABOUT = re.compile("read_?me|licen[cs]e", re.IGNORECASE)
_LONGEST_LINE = 1000


def rule_files(directory: Path) -> Iterator[tuple[str, Path]]:
    """The rule files below a directory, each with its rule's id, in the order of their paths."""
    for name, path in _rule_files(directory):
        yield name, Path(path)


def list_files(directory: Path) -> Iterator[tuple[str, Path]]:
    """The term lists of a rules directory, each with its name."""
    for entry in sorted(_lists(directory), key=lambda found: found.name):
        yield entry.name.removesuffix(".txt"), Path(entry.path)


def texts(directory: Path) -> tuple[dict[str, str], dict[str, str]] | None:
    """The texts of the rules by id and of the lists by name; None if a file cannot be read."""
    try:
        rules = {name: _text(path) for name, path in _rule_files(directory)}
        lists = {name: path.read_text("utf-8-sig") for name, path in list_files(directory)}
    except (OSError, UnicodeDecodeError):
        return None
    return rules, lists


def _rule_files(directory: Path) -> list[tuple[str, str]]:
    found = ((name, entry.path) for name, entry in _rules(directory))
    return sorted(found, key=lambda one: one[0].split("/"))


def _text(path: str) -> str:
    """The text of a rule file, as a Document holds it; for many files twice as fast as a Path."""
    with open(path, "rb", buffering=0) as file:
        return file.read().decode("utf-8-sig").replace("\r\n", "\n")


class Stray(Struct, frozen=True, kw_only=True):
    """A file that looks like a rule or a list, and is not read, or cannot be named in a query."""

    path: Path
    place: Path  # where, or under which name, it would be read
    is_list: bool
    first_line: str

    @property
    def hint(self) -> str:
        """What to do about it."""
        if self.place.exists():
            return f"there is a {self.place} already: put its lines there, or give it another name"
        if self.place.parent == self.path.parent:
            return f"rename it to {self.place.name}"
        return f"move it to {self.place}"


def strays(directory: Path) -> Iterator[Stray]:
    """The strays of a rules directory, in the order of their paths."""
    others = (entry for _, entry in _walk(directory) if not entry.name.endswith(".toml"))
    for path in sorted(Path(entry.path) for entry in others if os.path.isfile(entry)):
        is_list, place = _proper(path, directory)
        if place != path:
            first_line = _first_line(path)
            yield Stray(path=path, place=place, is_list=is_list, first_line=first_line)


def _proper(path: Path, directory: Path) -> tuple[bool, Path]:
    """Whether a file is meant as a list, and where it should stand; itself if it is not amiss."""
    if rule := _RULE.fullmatch(path.name):
        return False, path.with_name(f"{rule[1]}.toml")
    lists = directory / "lists"
    found = _LIST.fullmatch(path.name)
    assert found, "a name is not empty"
    name, ending = found.groups()
    looks = ending or (lists in path.parents and "." not in name)
    if not looks or _ABOUT.fullmatch(name):
        return False, path
    return True, lists / f"{_NOT_NAMED.sub('_', name)}.txt"


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as lines:
            return lines.readline(_LONGEST_LINE).rstrip("\n")
    except OSError:
        return ""


class Glance(Struct, frozen=True, kw_only=True):
    """What a look at a rules folder shows without reading its files.

    As long as two are equal, no rule file and no list was written, added, renamed or taken away.
    """

    folder: Path
    place: tuple[int, int]  # device and number of what stands at that path
    files: int
    stamp: int
    folders: frozenset[str]  # all that were looked into, by real paths
    linked: bool  # a link leads to it, or from it to elsewhere

    def __eq__(self, other: object) -> bool:
        """Whether the files are the same; where folders are linked to may have changed."""
        return isinstance(other, Glance) and self._shown() == other._shown()

    def __hash__(self) -> int:
        return hash(self._shown())

    def _shown(self) -> tuple[Path, tuple[int, int], int, int]:
        return self.folder, self.place, self.files, self.stamp

    def empties(self, earlier: Glance) -> bool:
        """Whether another folder, and an empty one, has come to the path of an earlier one."""
        same_path = self.folder == earlier.folder
        return same_path and self.place != earlier.place and not self.files and earlier.files > 0


def glance(directory: Path) -> Glance:
    """Look at a rules folder. Raises OSError if it, or a folder in it, cannot be looked into."""
    here = directory.stat()
    os.scandir(directory).close()
    root, folders = os.path.realpath(directory), list[str]()
    found = [entry for _, entry in _rules(directory, _fail, folders)]
    found += _lists(directory, _fail)
    return Glance(
        folder=directory,
        place=(here.st_dev, here.st_ino),
        files=len(found),
        stamp=hash(frozenset(map(_stamp, found))),
        folders=frozenset(folders),
        linked=root != os.path.abspath(directory)
        or any(one != root and not one.startswith(f"{root}/") for one in folders)
        or any(entry.is_symlink() for entry in found),
    )


def _stamp(entry: os.DirEntry[str]) -> tuple[str | int, ...]:
    try:
        status = entry.stat()
    except OSError:  # a link to nowhere or in a circle, or just gone
        return (entry.path,)
    # ctime_ns: an editor, or `cp -p`, may put the old time of a file back.
    return entry.path, status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


def _fail(error: OSError) -> None:
    if not isinstance(error, (FileNotFoundError, NotADirectoryError)):  # gone since it was listed
        raise error


def _pass_over(_error: OSError) -> None:
    pass


OnError = Callable[[OSError], None]


def _rules(
    directory: Path, on_error: OnError = _pass_over, folders: list[str] | None = None
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    for above, entry in _walk(directory, on_error, folders):
        if entry.name.endswith(".toml"):
            yield above + entry.name.removesuffix(".toml"), entry


def _walk(
    directory: Path, on_error: OnError = _pass_over, walked_into: list[str] | None = None
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """All below a directory, each with the folders between, as ids write them.

    The real paths of those folders, and its own, are added to `walked_into`.

    Links to folders are followed, after all else; but a folder is walked once, by its real path,
    and never one that holds the directory.
    """
    root = os.path.realpath(directory)
    walked = {str(above) for above in Path(root).parents}
    folders, links = [("", str(directory), root)], list[tuple[str, str, str]]()
    while folders or links:
        if not folders:
            links.sort(reverse=True)
        above, folder, place = (folders or links).pop()
        if place in walked:
            continue
        walked.add(place)
        if walked_into is not None:
            walked_into.append(place)
        for entry in _entries(folder, on_error):
            yield above, entry
            if entry.is_file(follow_symlinks=False):
                continue  # nearly all of them, and a daemon looks every second
            inside = f"{above}{entry.name}/", entry.path
            if entry.is_symlink() and os.path.isdir(entry):
                links.append((*inside, os.path.realpath(entry.path)))
            elif entry.is_dir(follow_symlinks=False):
                folders.append((*inside, os.path.join(place, entry.name)))


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
        if not entry.name.startswith(".") and not _is_pipe(entry):
            yield entry


def _is_pipe(entry: os.DirEntry[str]) -> bool:
    try:
        return not entry.is_file(follow_symlinks=False) and stat.S_ISFIFO(entry.stat().st_mode)
    except OSError:  # a link to nowhere, or in a circle
        return False
