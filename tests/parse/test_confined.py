"""The parser process, should a document have taken it over: what it tries is refused."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from watchd.parse import confined
from watchd.parser import Parser

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(bool(confined.why_not()), reason=confined.why_not())

# As `watchd.parse.worker` begins; then each line of TRIED, and what came of it.
CHILD = """
import ctypes, json, os, resource, socket, sys, time
sys.path[:] = json.loads(sys.argv[1])
from watchd.parse.confined import confine
libc = ctypes.CDLL(None, use_errno=True)
confine(sys.path)

def asked(number, *words):
    if libc.syscall(number, *words) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

for line in json.loads(sys.argv[2]):
    try:
        exec(line)
    except Exception as error:
        print(f"{type(error).__name__}: {error}", flush=True)
    else:
        print("done", flush=True)
"""

REFUSED = (
    "socket.socket(socket.AF_INET)",
    "socket.socket(socket.AF_UNIX)",
    "socket.socketpair()",
    "open('{folder}/new', 'w')",
    "open('{file}', 'a')",
    "os.open('{file}', os.O_RDONLY | os.O_TRUNC)",
    "os.open('{folder}', os.O_TMPFILE | os.O_RDWR)",
    "os.mkdir('{folder}/new')",
    "os.unlink('{file}')",
    "os.rename('{file}', '{folder}/new')",
    "os.symlink('{file}', '{folder}/new')",
    "os.truncate('{file}', 0)",
    "os.chmod('{file}', 0o777)",
    "os.execv('/bin/true', ['true'])",
    "os.posix_spawn('/bin/true', ['true'], {{}})",
    "os.fork()",
    "os.kill(os.getppid(), 0)",
    "os.setpriority(os.PRIO_PROCESS, os.getppid(), 5)",
    "resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (0, 0))",
    "os.memfd_create('new')",
    "import fcntl; fcntl.fcntl(0, fcntl.F_SETOWN, os.getppid())",
    "import fcntl; fcntl.ioctl(0, 0x5412, b'x')",  # TIOCSTI: type into the terminal
    "asked(101, 16, os.getppid(), 0, 0)",  # ptrace, on x86_64
    "asked(425, 8, bytes(120))",  # io_uring_setup: a way around the list
)
NOT_TO_READ = ("'{file}'", "'/etc/passwd'", "f'/proc/{{os.getppid()}}/environ'", "'/proc/self/mem'")
FREE = (
    "import trafilatura.settings",
    "import encodings.euc_kr; b'\\xb0\\xa1'.decode('euc-kr')",
    "import zoneinfo; zoneinfo.ZoneInfo('Asia/Seoul')",
    "import sqlite3",  # a library of the system's comes with it
    "os.listdir(os.path.dirname(json.__file__))",
    "time.localtime(); time.sleep(0.001); os.urandom(8); id(bytes(10_000_000))",
    "resource.setrlimit(resource.RLIMIT_CPU, (60, resource.RLIM_INFINITY))",
)


def tried(lines: tuple[str, ...], folder: Path) -> dict[str, str]:
    """Each line, and what came of it in a confined process."""
    file = folder / "file"
    file.write_text("mine")
    lines = tuple(line.format(folder=folder, file=file) for line in lines)
    path = json.dumps([str(ROOT), *(place for place in sys.path if place)])
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", CHILD, path, json.dumps(lines)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert file.read_text() == "mine"
    assert list(folder.iterdir()) == [file]
    return dict(zip(lines, done.stdout.splitlines(), strict=True))


def test_it_reaches_nobody_writes_nothing_and_starts_nothing(tmp_path: Path) -> None:
    came = tried(REFUSED, tmp_path)
    assert [line for line, what in came.items() if "not permitted" not in what] == []


def landlocked() -> bool:
    """Whether this kernel has Landlock."""
    told = "import ctypes; print(ctypes.CDLL(None).syscall(444, None, 0, 1))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, timeout=60)
    return int(done.stdout) > 0


@pytest.mark.skipif(not landlocked(), reason="this kernel has no Landlock")
def test_it_reads_neither_secrets_nor_the_memory_of_the_daemon(tmp_path: Path) -> None:
    came = tried(tuple(f"open({place})" for place in NOT_TO_READ), tmp_path)
    assert {what.partition(":")[0] for what in came.values()} == {"PermissionError"}


def test_it_can_all_that_reading_documents_takes(tmp_path: Path) -> None:
    assert set(tried(FREE, tmp_path).values()) == {"done"}


def test_the_child_that_reads_is_confined() -> None:
    async def story() -> str:
        async with Parser() as parser:
            await parser.parse(b"<rss><channel/></rss>")
            return Path(f"/proc/{parser._idle[0].pid}/status").read_text()

    status = dict(re.findall(r"^(\w+):\t(.*)$", asyncio.run(story()), re.MULTILINE))
    ours = dict(re.findall(r"^(\w+):\t(.*)$", Path("/proc/self/status").read_text(), re.MULTILINE))
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert int(status["Seccomp_filters"]) == int(ours["Seccomp_filters"]) + 1


@pytest.mark.parametrize(
    ("column", "header"),
    [
        (0, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        (1, "/usr/include/asm-generic/unistd.h"),
    ],
    ids=["x86_64", "aarch64"],
)
def test_the_numbers_are_those_of_the_kernel(column: int, header: str) -> None:
    if not os.path.exists(header):
        pytest.skip("the kernel's headers are not here (Debian: linux-libc-dev)")
    text = Path(header).read_text()
    theirs = dict(re.findall(r"^#define __NR(?:3264)?_(\w+) (\d+)$", text, re.MULTILINE))
    theirs["newfstatat"] = theirs.get("newfstatat") or theirs["fstatat"]  # as 64 bits have it
    ours = {**confined._ALLOWED, **confined._WHERE_ZERO}
    for name, numbers in ours.items():
        assert numbers[column] == (int(theirs[name]) if name in theirs else None), name
