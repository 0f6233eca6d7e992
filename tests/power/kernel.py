"""Serves a disk to the kernel, so that any program can use it: the FUSE protocol, as far as it
takes. Needs root and /dev/fuse, and nothing else.

The words are those of the kernel's include/uapi/linux/fuse.h, from where the layouts come.
Run as a program of its own, since who serves a disk must not be kept waiting by it. It is told
what to do on its standard input, one JSON object a line, and answers each likewise:

    {"do": "sync"}   all of it is kept from now on
    {"do": "cut", "share": 0.5, "seed": 1, "sync": 1, "dead": true}
                     the power goes; with `sync`, only when the so-manieth sync from now is asked
                     for, and before anything of it is done. `dead`: then nothing is answered any
                     more; else all goes on, and `start` comes back to what was left at that moment
    {"do": "start"}  the power comes back, to what is left, once nobody uses the disk any more
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import random
import select
import stat
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.power.disk import Disk, Node

_HEAD = struct.Struct("<IIQQIIII")  # len, opcode, unique, nodeid, uid, gid, pid, padding
_OUT = struct.Struct("<IiQ")  # len, error, unique
_ATTR = struct.Struct("<6Q10I")
_ENTRY = struct.Struct("<4Q2I")
_SETATTR = struct.Struct("<II6Q8I")
_PART = struct.Struct("<QQIIQII")  # of read and write: fh, offset, size, …
_MOST = 1 << 17  # bytes in one write
_MOUNT = "fd={},rootmode=40000,user_id=0,group_id=0"
_MS_NOSUID, _MS_NODEV, _MNT_DETACH = 2, 4, 2
_FATTR_SIZE, _FATTR_MODE = 8, 1
_BIG_WRITES = 1 << 5
_LASTS = 3600  # seconds for which the kernel may remember what it was told
_SILENT = {2, 36, 42}  # forget, interrupt and batch_forget want no answer
_SYNCS = {20, 30}  # fsync and fsyncdir

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(slots=True, kw_only=True)
class Cut:
    """A power cut to come."""

    share: float
    seed: int
    sync: int
    dead: bool


class Served:
    """A disk at a folder, from `mount` to `unmount`. To sync anything takes `sync_seconds`."""

    def __init__(self, disk: Disk, folder: str, sync_seconds: float) -> None:
        self.disk, self.folder, self.sync_seconds = disk, folder, sync_seconds
        self.fd = -1
        self.dead = False
        self.planned: Cut | None = None
        self.left: Disk | None = None  # after a cut

    def cut(self, cut: Cut) -> dict[str, int]:
        """What was at risk."""
        self.left = self.disk.left(random.Random(cut.seed), cut.share)
        self.dead = cut.dead
        return self.disk.at_risk()

    def start(self) -> bool:
        """Whether there had been a cut."""
        self.unmount()
        was_cut = self.left is not None
        self.disk = self.left or self.disk
        self.left = self.planned = None
        self.dead = False
        self.mount()
        return was_cut

    def _before_sync(self) -> None:
        if select.select([0], [], [], self.sync_seconds)[0]:
            obey(self)  # the power may go before the disk has written anything
        elif self.planned is not None:
            self.planned.sync -= 1
            if self.planned.sync == 0:
                at_risk = self.cut(self.planned)
                if self.dead:
                    _say(at_risk=at_risk)

    def mount(self) -> None:
        """Raises OSError where that is not allowed, or there is no FUSE."""
        self.fd = os.open("/dev/fuse", os.O_RDWR)
        options = _MOUNT.format(self.fd).encode()
        where = self.folder.encode()
        if _libc.mount(b"lost", where, b"fuse", _MS_NOSUID | _MS_NODEV, options) != 0:
            os.close(self.fd)
            raise OSError(ctypes.get_errno(), "mount")

    def unmount(self) -> None:
        os.close(self.fd)  # first: the kernel would wait for an answer
        _libc.umount2(self.folder.encode(), _MNT_DETACH)

    def answer(self) -> None:
        """One request."""
        try:
            request = os.read(self.fd, _MOST + 4096)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EINTR):  # withdrawn in the meantime
                return
            raise
        _, opcode, unique, node, *_ = _HEAD.unpack_from(request)
        if opcode in _SILENT:
            return
        if opcode in _SYNCS:
            self._before_sync()
            if self.dead:
                return
        body, code = b"", 0
        try:
            handler = _HANDLERS.get(opcode)
            if handler is None:
                raise OSError(errno.ENOSYS, str(opcode))
            body = handler(self.disk, node, request[_HEAD.size :])
        except OSError as error:
            code = -(error.errno or errno.EIO)
        os.write(self.fd, _OUT.pack(_OUT.size + len(body), code, unique) + body)


def _attr(node: Node) -> bytes:
    size, seconds = len(node.data), int(node.changed)
    links = 2 if node.is_folder else 1
    return _ATTR.pack(
        node.number, size, (size + 511) // 512, seconds, seconds, seconds,
        0, 0, 0, node.mode, links, os.getuid(), os.getgid(), 0, 4096, 0,
    )  # fmt: skip


def _entry(node: Node) -> bytes:
    return _ENTRY.pack(node.number, 0, _LASTS, _LASTS, 0, 0) + _attr(node)


def _words(data: bytes) -> list[str]:
    return [os.fsdecode(word) for word in data.split(b"\0")[:-1]]


def _init(_disk: Disk, _node: int, body: bytes) -> bytes:
    _, minor, readahead, flags = struct.unpack_from("<4I", body)
    return struct.pack(
        "<4I2H2I2H8I", 7, min(minor, 31), readahead, flags & _BIG_WRITES,
        16, 12, _MOST, 1, 0, 0, *[0] * 8,
    )  # fmt: skip


def _lookup(disk: Disk, folder: int, body: bytes) -> bytes:
    return _entry(disk.find(folder, _words(body)[0]))


def _getattr(disk: Disk, number: int, _body: bytes = b"") -> bytes:
    return struct.pack("<Q2I", _LASTS, 0, 0) + _attr(disk.nodes[number])


def _setattr(disk: Disk, number: int, body: bytes) -> bytes:
    valid, _, _, size, *more = _SETATTR.unpack_from(body)
    node = disk.nodes[number]
    if valid & _FATTR_SIZE:
        disk.resize(number, size)
    if valid & _FATTR_MODE:
        node.mode = stat.S_IFMT(node.mode) | stat.S_IMODE(more[7])
    return _getattr(disk, number)


def _made(disk: Disk, folder: int, name: str, mode: int) -> Node:
    node = disk.create(folder, name, mode)
    node.changed = time.time()
    return node


def _create(disk: Disk, folder: int, body: bytes) -> bytes:
    _, mode, umask, _ = struct.unpack_from("<4I", body)
    node = _made(disk, folder, _words(body[16:])[0], mode & ~umask | stat.S_IFREG)
    return _entry(node) + _opened()


def _mknod(disk: Disk, folder: int, body: bytes) -> bytes:
    mode, _, umask, _ = struct.unpack_from("<4I", body)
    return _entry(_made(disk, folder, _words(body[16:])[0], mode & ~umask))


def _mkdir(disk: Disk, folder: int, body: bytes) -> bytes:
    mode, umask = struct.unpack_from("<2I", body)
    return _entry(_made(disk, folder, _words(body[8:])[0], mode & ~umask | stat.S_IFDIR))


def _unlink(disk: Disk, folder: int, body: bytes) -> bytes:
    disk.remove(folder, _words(body)[0])
    return b""


def _rename(head: int) -> Callable[[Disk, int, bytes], bytes]:
    def renamed(disk: Disk, folder: int, body: bytes) -> bytes:
        (into,) = struct.unpack_from("<Q", body)
        if any(body[8:head]):
            raise OSError(errno.EINVAL, "a rename of a special kind")
        name, new = _words(body[head:])
        disk.rename(folder, name, into, new)
        return b""

    return renamed


def _link(disk: Disk, folder: int, body: bytes) -> bytes:
    (number,) = struct.unpack_from("<Q", body)
    return _entry(disk.link(number, folder, _words(body[8:])[0]))


def _opened(*_: object) -> bytes:
    return struct.pack("<Q2I", 0, 0, 0)


def _read(disk: Disk, number: int, body: bytes) -> bytes:
    _, offset, size, *_ = _PART.unpack_from(body)
    return bytes(disk.nodes[number].data[offset : offset + size])


def _write(disk: Disk, number: int, body: bytes) -> bytes:
    _, offset, size, *_ = _PART.unpack_from(body)
    disk.write(number, offset, body[_PART.size : _PART.size + size])
    disk.nodes[number].changed = time.time()
    return struct.pack("<2I", size, 0)


def _readdir(disk: Disk, number: int, body: bytes) -> bytes:
    _, offset, size, *_ = _PART.unpack_from(body)
    out = b""
    for place, (name, child) in enumerate(list(disk.nodes[number].names.items())):
        if place < offset:
            continue
        word = os.fsencode(name)
        kind = stat.S_IFMT(disk.nodes[child].mode) >> 12
        one = struct.pack("<QQII", child, place + 1, len(word), kind) + word
        one += bytes(-len(one) % 8)
        if len(out) + len(one) > size:
            break
        out += one
    return out


def _fsync(disk: Disk, number: int, _body: bytes) -> bytes:
    disk.sync(number)
    return b""


def _statfs(*_: object) -> bytes:
    room = 1 << 20  # pages
    return struct.pack("<5Q10I", room, room, room, room, room, 4096, 255, 4096, *[0] * 7)


def _nothing(*_: object) -> bytes:
    return b""


_HANDLERS: dict[int, Callable[[Disk, int, bytes], bytes]] = {
    1: _lookup, 3: _getattr, 4: _setattr, 8: _mknod, 9: _mkdir, 10: _unlink, 11: _unlink,
    12: _rename(8), 13: _link, 14: _opened, 15: _read, 16: _write, 17: _statfs, 18: _nothing,
    20: _fsync, 25: _nothing, 26: _init, 27: _opened, 28: _readdir, 29: _nothing, 30: _fsync,
    34: _nothing, 35: _create, 38: _nothing, 45: _rename(16),
}  # fmt: skip


def main() -> None:
    served = Served(Disk(), sys.argv[1], float(sys.argv[2]))
    served.mount()
    _say(mounted=True)
    try:
        while True:
            ready, _, _ = select.select([0] if served.dead else [0, served.fd], [], [])
            if 0 in ready:
                obey(served)
            else:
                served.answer()
    except EOFError:
        pass
    finally:
        served.unmount()


def obey(served: Served) -> None:
    """One order. Raises EOFError when there are no more."""
    line = sys.stdin.buffer.raw.readline()  # nothing may wait in a buffer that select cannot see
    if not line:
        raise EOFError
    order = json.loads(line)
    match order.pop("do"):
        case "sync":
            served.disk.sync_all()
            _say()
        case "start":
            _say(was_cut=served.start())
        case "cut":
            cut = Cut(**order)
            if cut.sync:
                served.planned = cut
                if not cut.dead:
                    _say()
            else:
                _say(at_risk=served.cut(cut))


def _say(**words: object) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
