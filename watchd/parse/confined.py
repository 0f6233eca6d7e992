"""What the parser process may still do, once it has all it needs: read, reckon, and answer.

seccomp refuses every system call but a list: no socket, no program, no other process, no file
opened for writing. Landlock leaves only the libraries to be read, not the config, the secrets, the
database, or the memory of the daemon. Both hold for good. seccomp(2), landlock(7).
"""

from __future__ import annotations

import errno
import os
import struct
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

# Numbers of system calls on x86_64 and aarch64 (None: not there), from the kernel's unistd.h.
_ALLOWED: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63),
    "write": (1, 64),
    "mmap": (9, 222),
    "munmap": (11, 215),
    "brk": (12, 214),
    "lseek": (8, 62),
    "close": (3, 57),
    "mremap": (25, 216),
    "mprotect": (10, 226),
    "madvise": (28, 233),
    "futex": (202, 98),
    "clock_gettime": (228, 113),
    "getrusage": (98, 165),
    "newfstatat": (262, 79),
    "fstat": (5, 80),
    "stat": (4, None),
    "lstat": (6, None),
    "statx": (332, 291),
    "getdents64": (217, 61),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "access": (21, None),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "pread64": (17, 67),
    "readv": (19, 65),
    "writev": (20, 66),
    "fadvise64": (221, 223),
    "getcwd": (79, 17),
    "getrandom": (318, 278),
    "gettimeofday": (96, 169),
    "time": (201, None),
    "times": (100, 153),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "poll": (7, None),
    "ppoll": (271, 73),
    "uname": (63, 160),
    "sysinfo": (99, 179),
    "getpid": (39, 172),
    "getppid": (110, 173),
    "gettid": (186, 178),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "getrlimit": (97, 163),
    "setrlimit": (160, 164),
    "sched_getaffinity": (204, 123),
    "sched_yield": (24, 124),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "membarrier": (324, 283),
    "arch_prctl": (158, None),
    "restart_syscall": (219, 128),
    "exit": (60, 93),
    "exit_group": (231, 94),
}
_NOT_TO_WRITE = os.O_ACCMODE | os.O_CREAT | os.O_TRUNC
_ALL = 0xFFFFFFFF
# These, where one argument (its number) is 0 in these bits.
_WHERE_ZERO: dict[str, tuple[int | None, int | None, int, int]] = {
    "open": (2, None, 1, _NOT_TO_WRITE),
    "openat": (257, 56, 2, _NOT_TO_WRITE),
    "fcntl": (72, 25, 1, _ALL ^ 3),  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL
    "prlimit64": (302, 261, 0, _ALL),  # its own limits, not the daemon's
    "ioctl": (16, 29, 1, _ALL ^ 0x5401),  # TCGETS: is it a terminal?
}
_NEWEST = 470  # what came after this list does not exist: so a newer C library goes an older way
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # AUDIT_ARCH_…, linux/audit.h

# linux/filter.h, linux/seccomp.h
_LOAD, _EQUAL, _AT_LEAST, _BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_NUMBER_AT, _MACHINE_AT, _ARGUMENTS_AT = 0, 4, 16
_PR_SET_SECCOMP, _FILTER, _PR_SET_NO_NEW_PRIVS = 22, 2, 38
# linux/landlock.h: the numbers are those of every machine. Of its rights, all of the first version
# are taken; to read files and to list folders is given back for the places below.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RIGHTS, _READ_FILE, _READ_DIR, _BENEATH = 0x1FFF, 1 << 2, 1 << 3, 1
_LIBRARIES = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo",
    "/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types", "/etc/ssl/openssl.cnf",
)  # fmt: skip


def why_not() -> str:
    """Why seccomp cannot confine the parser on this machine; "" where it can."""
    if not _machine():
        bits = "" if sys.maxsize > 2**32 else ", 32 bits"
        return (
            f"the system calls of this kind of machine ({os.uname().machine}{bits}) are not known"
        )
    if "\nSeccomp:" not in Path("/proc/self/status").read_text(encoding="ascii", errors="replace"):
        return "this kernel has no seccomp"
    return ""


def confine(paths: Iterable[str]) -> None:
    """Give up, for good, all that reading documents does not take; as far as the kernel goes.

    Modules can be imported from `paths` afterwards. For a process with one thread.
    """
    if not (machine := _machine()):
        return
    import ctypes

    libc = ctypes.CDLL(None)
    for function in (libc.prctl, libc.syscall):
        function.argtypes = [ctypes.c_long] * 5

    def syscall(*words: int | bytes) -> int:
        """A call with numbers, and bytes for structures."""
        held = [ctypes.create_string_buffer(word) for word in words if isinstance(word, bytes)]
        places = map(ctypes.addressof, held)
        told = [next(places) if isinstance(word, bytes) else word for word in words]
        return int(libc.syscall(*told, *[0] * (5 - len(told))))

    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _leave_to_read([*paths, sys.prefix, sys.base_prefix, *_LIBRARIES], syscall)
    code = _program(machine)
    program = ctypes.create_string_buffer(code)
    head = struct.pack("@HP", len(code) // 8, ctypes.addressof(program))  # struct sock_fprog
    handed = ctypes.create_string_buffer(head)
    libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.addressof(handed), 0, 0)


def _machine() -> str:
    """The kind of machine whose system calls are ours; "" where they are not in the lists."""
    machine = os.uname().machine
    known = sys.platform == "linux" and machine in _MACHINES
    return machine if known and sys.maxsize > 2**32 else ""  # 32 bits have other numbers


def _leave_to_read(paths: Iterable[str], syscall: Callable[..., int]) -> None:
    """Landlock, where the kernel has it (from 5.13 on): these may be read, and nothing else."""
    rules = syscall(_CREATE_RULESET, struct.pack("Q", _RIGHTS), 8, 0)
    if rules < 0:
        return
    for path in paths:
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        right = _READ_FILE | (_READ_DIR if os.path.isdir(path) else 0)
        syscall(_ADD_RULE, rules, _BENEATH, struct.pack("=Qi", right, place), 0)
        os.close(place)
    syscall(_RESTRICT_SELF, rules, 0)
    os.close(rules)


def _program(machine: str) -> bytes:
    """The filter, for the kernel's packet machine: instructions of 8 bytes."""
    column, kind = _MACHINES[machine]
    refused = _step(_RETURN, _REFUSE | errno.EPERM)
    code = [
        _step(_LOAD, _MACHINE_AT), _step(_EQUAL, kind, 1, 0), refused,
        _step(_LOAD, _NUMBER_AT),
        _step(_AT_LEAST, _NEWEST, 0, 1), _step(_RETURN, _REFUSE | errno.ENOSYS),
    ]  # fmt: skip
    for numbers in _ALLOWED.values():
        if (number := numbers[column]) is not None:
            code += [_step(_EQUAL, number, 0, 1), _step(_RETURN, _ALLOW)]
    for *pair, argument, bits in _WHERE_ZERO.values():
        if (number := pair[column]) is not None:
            code += [
                _step(_EQUAL, number, 0, 4), _step(_LOAD, _ARGUMENTS_AT + 8 * argument),
                _step(_BITS, bits, 0, 1), refused, _step(_RETURN, _ALLOW),
            ]  # fmt: skip
    return b"".join([*code, refused])


def _step(what: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", what, if_true, if_false, value)
