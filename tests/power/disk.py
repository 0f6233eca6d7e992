"""A disk that loses what was not synced: what stands in its files now, and what would be left.

Stricter than most: to sync a file says nothing of its name, which lasts only once its folder
has been synced, as POSIX has it. Of what was not synced a cut may keep any part, in sectors, for
a real disk writes in whatever order it likes; of names, the first changes and not the later ones,
as journals do. Nothing here does any I/O.
"""

from __future__ import annotations

import copy
import errno
import random
import stat
from dataclasses import dataclass, field

SECTOR = 512  # bytes that a disk writes whole or not at all
ROOT = 1


@dataclass(slots=True)
class Node:
    """A file or a folder: as it is, and as a cut would leave it."""

    number: int
    mode: int
    data: bytearray = field(default_factory=bytearray)
    kept: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)  # None: cut to a size
    names: dict[str, int] = field(default_factory=dict)
    kept_names: dict[str, int] = field(default_factory=dict)
    changed: float = 0.0  # seconds since 1970

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.mode)


@dataclass(slots=True)
class Renaming:
    """Changes of names that happen together: folder, name, and the node that it has then."""

    steps: list[tuple[int, str, int | None]]


class Disk:
    """Files and folders by number; `ROOT` is the folder they are in.

    What is asked for and not there, or in the way, raises OSError with its number.
    """

    def __init__(self) -> None:
        self.nodes = {ROOT: Node(ROOT, stat.S_IFDIR | 0o755)}
        self._last = ROOT
        self._names: list[Renaming] = []  # not yet synced, in their order

    def find(self, folder: int, name: str) -> Node:
        number = self.nodes[folder].names.get(name)
        if number is None:
            raise OSError(errno.ENOENT, name)
        return self.nodes[number]

    def create(self, folder: int, name: str, mode: int) -> Node:
        """A new file or folder, by its mode."""
        if name in self.nodes[folder].names:
            raise OSError(errno.EEXIST, name)
        self._last += 1
        self.nodes[self._last] = node = Node(self._last, mode)
        self._rename((folder, name, node.number))
        return node

    def link(self, number: int, folder: int, name: str) -> Node:
        if name in self.nodes[folder].names:
            raise OSError(errno.EEXIST, name)
        self._rename((folder, name, number))
        return self.nodes[number]

    def remove(self, folder: int, name: str) -> None:
        if self.find(folder, name).names:
            raise OSError(errno.ENOTEMPTY, name)
        self._rename((folder, name, None))

    def rename(self, folder: int, name: str, into: int, new: str) -> None:
        node = self.find(folder, name)
        self._rename((folder, name, None), (into, new, node.number))

    def _rename(self, *steps: tuple[int, str, int | None]) -> None:
        change = Renaming(list(steps))
        self._names.append(change)
        for folder, name, number in change.steps:
            _name(self.nodes[folder].names, name, number)

    def write(self, number: int, offset: int, data: bytes) -> None:
        node = self.nodes[number]
        _write(node.data, offset, data)
        node.pending.append((offset, data))

    def resize(self, number: int, size: int) -> None:
        node = self.nodes[number]
        _resize(node.data, size)
        node.pending.append((size, None))

    def sync(self, number: int) -> None:
        """What stands in a file lasts from now on, or the names that stand in a folder."""
        node = self.nodes[number]
        if node.is_folder:
            last = [n for n, one in enumerate(self._names) if number in {s[0] for s in one.steps}]
            self._keep_names(last[-1] + 1 if last else 0)
            return
        for offset, data in node.pending:
            _apply(node.kept, offset, data)
        node.pending.clear()

    def sync_all(self) -> None:
        for number in list(self.nodes):
            self.sync(number)

    def at_risk(self) -> dict[str, int]:
        """How many bytes have been written and not synced, by the names of files."""
        names = {n: name for one in self.nodes.values() for name, n in one.names.items()}
        found: dict[str, int] = {}
        for node in self.nodes.values():
            if node.pending:
                name = names.get(node.number, "")  # none: it was removed
                found[name] = found.get(name, 0) + sum(len(data or b"") for _, data in node.pending)
        return found

    def left(self, chance: random.Random, share: float) -> Disk:
        """The disk as a power cut would leave it now.

        `share` of what was not synced happens to be kept (0 to 1).
        """
        disk = copy.deepcopy(self)
        for node in disk.nodes.values():
            for offset, data in node.pending:
                for start, part in _sectors(offset, data):
                    if chance.random() < share:
                        _apply(node.kept, start, part)
            node.pending.clear()
            node.data = bytearray(node.kept)
        disk._keep_names(sum(chance.random() < share for _ in self._names))
        disk._names.clear()
        for node in disk.nodes.values():
            node.names = dict(node.kept_names)
        return disk

    def _keep_names(self, count: int) -> None:
        for change in self._names[:count]:
            for folder, name, number in change.steps:
                _name(self.nodes[folder].kept_names, name, number)
        del self._names[:count]


def _name(names: dict[str, int], name: str, number: int | None) -> None:
    if number is None:
        names.pop(name, None)
    else:
        names[name] = number


def _sectors(offset: int, data: bytes | None) -> list[tuple[int, bytes | None]]:
    """A write in the parts that a disk writes whole."""
    if data is None:
        return [(offset, None)]
    cuts = [offset, *range(offset - offset % SECTOR + SECTOR, offset + len(data), SECTOR)]
    ends = [*cuts[1:], offset + len(data)]
    return [(a, data[a - offset : b - offset]) for a, b in zip(cuts, ends, strict=True)]


def _apply(data: bytearray, offset: int, part: bytes | None) -> None:
    if part is None:
        _resize(data, offset)
    else:
        _write(data, offset, part)


def _write(data: bytearray, offset: int, part: bytes) -> None:
    if offset > len(data):
        _resize(data, offset)
    data[offset : offset + len(part)] = part


def _resize(data: bytearray, size: int) -> None:
    if size < len(data):
        del data[size:]
    else:
        data.extend(bytes(size - len(data)))
