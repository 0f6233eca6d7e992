"""A machine with a systemd of its own: booted by systemd-nspawn in seconds, gone without a trace.

Roots to boot are the folders in $WATCHD_ROOTS; without it, this machine's own /usr. A clean one
is made by

    debootstrap --variant=minbase \\
      --include=systemd,systemd-sysv,dbus,python3,ca-certificates bookworm DIR/bookworm

Nothing is written into a root: what the machine writes is kept in memory, and forgotten.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

# Arguments: how many groups, the groups, the command.
_INTO_GROUPS = """\
n=$1; shift
while [ $n -gt 0 ]; do echo $$ >"$1/cgroup.procs"; shift; n=$((n-1)); done
exec "$@"
"""
HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
# `basic.target` has the journal and the message bus; what else a host starts is not for us.
_KERNEL = (
    "systemd.unit=basic.target systemd.mask=systemd-firstboot.service "
    "systemd.mask=systemd-networkd-wait-online.service"  # it would wait for a network for minutes
)


def roots() -> list[Path]:
    """What can be booted here."""
    named = os.environ.get("WATCHD_ROOTS", "")
    return sorted(path for path in Path(named).iterdir() if path.is_dir()) if named else [Path("/")]


def why_not() -> str:
    """The reason why no machine can be booted here; "" if there is none."""
    if os.geteuid() != 0:
        return "booting a machine takes root"
    for program in ("systemd-nspawn", "nsenter", "dpkg-deb"):
        if shutil.which(program) is None:
            return f"there is no {program} (Debian: systemd-container, util-linux, dpkg)"
    if "overlay" not in Path("/proc/filesystems").read_text():
        return "this kernel has no overlay file system"
    return ""


def python_of(root: Path) -> str:
    """The release of Python in a root: "3.11"."""
    return re.sub(r"^python", "", (root / "usr/bin/python3").resolve().name)


@dataclass(frozen=True)
class Machine:
    """A booted machine; its processes are started from without."""

    init: int

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command in it, as root."""
        environ = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            ["nsenter", "-t", str(self.init), "-a", "--", *words],
            capture_output=True,
            text=True,
            env=environ,
            timeout=120,
        )
        assert done.returncode == 0 or not check, f"{words}: {done.stdout}{done.stderr}"
        return done

    def sh(self, script: str) -> str:
        """Run lines of shell in it; what they print."""
        return self.run("bash", "-ec", script).stdout

    def write(self, path: str, text: str) -> None:
        """Put a file there, whole at once."""
        self.sh(f"cat >{path}.new <<'END'\n{text}\nEND\nmv {path}.new {path}")

    def append(self, path: str, text: str) -> None:
        """Put text to the end of a file, which may be new."""
        self.sh(f"cat >>{path} <<'END'\n{text}END\n")

    def read(self, path: str) -> str:
        """What a file holds; "" if there is none."""
        return self.run("cat", path, check=False).stdout

    def show(self, unit: str, key: str) -> str:
        """What systemd knows of a unit."""
        return self.run("systemctl", "show", "--value", "-p", key, unit).stdout.strip()

    def journal(self, *words: str) -> str:
        """What the journal has, as messages alone."""
        return self.run("journalctl", "--no-pager", "-o", "cat", *words, check=False).stdout

    def wait(self, true: Callable[[], object], seconds: float = 30) -> None:
        """Until `true()` is; fails after `seconds`, with how the services stand and the journal."""
        end = time.monotonic() + seconds
        while not true():
            if time.monotonic() > end:
                tree = self.run(
                    "systemctl", "status", "--no-pager", "-n", "0", "watchd*", check=False
                )
                raise AssertionError(f"waited in vain:\n{tree.stdout}{self.journal('-n', '40')}")
            time.sleep(0.1)


@contextlib.contextmanager
def booted(root: Path, package: Path) -> Iterator[Machine]:
    """A machine with this root, and the package at /run/package in it, not yet installed."""
    own = root == Path("/")
    command = [
        "systemd-nspawn",
        f"--directory={root}",
        f"--volatile={'yes' if own else 'overlay'}",
        "--boot",
        "--quiet",
        "--register=no",
        "--keep-unit",
        "--private-network",
        # Newer ones allow it by themselves: the parser process takes it.
        "--system-call-filter=landlock_create_ruleset landlock_add_rule landlock_restrict_self",
        f"--machine=watchd-{os.getpid()}",
        "--console=read-only",
        f"--setenv=SYSTEMD_PROC_CMDLINE={_KERNEL}",
        f"--bind-ro={package.parent}:/opt/package",
        f"--bind-ro={HERE}:/opt/world",
    ]
    console = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the machine
    groups = list(_groups(f"watchd-{os.getpid()}"))
    process = subprocess.Popen(
        ["sh", "-c", _INTO_GROUPS, "sh", str(len(groups)), *map(str, groups), *command],
        stdin=subprocess.DEVNULL,
        stdout=console,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        machine = Machine(_init_of(process, console))
        machine.wait(lambda: _is_up(machine))
        if own:  # of our own root only /usr is there, and that read-only
            machine.sh(
                "mkdir -p /run/own/new /run/own/work /var/lib/dpkg/info /var/lib/dpkg/updates\n"
                "touch /var/lib/dpkg/status\n"
                "mount -t overlay overlay"
                " -o lowerdir=/usr,upperdir=/run/own/new,workdir=/run/own/work /usr"
            )
        yield machine
    finally:
        process.terminate()  # powers the machine off
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        console.close()
        for group in groups:
            _remove(group)


def _groups(name: str) -> Iterator[Path]:
    """New control groups for a machine: two that shared ours would take each other's for theirs."""
    places = {":name=systemd:": "systemd", "::": "unified"}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        for mark, folder in places.items():
            above = Path("/sys/fs/cgroup") / folder
            if mark not in line:
                continue
            if not above.is_dir():  # there is one hierarchy alone
                above = above.parent
            group = above / line.rpartition(":")[2].lstrip("/") / name
            group.mkdir(exist_ok=True)
            yield group


def _remove(group: Path) -> None:
    """With the groups in it, the innermost first; what is still ending in one keeps it."""
    for folder, _, _ in os.walk(group, topdown=False):
        with contextlib.suppress(OSError):
            os.rmdir(folder)


def _init_of(process: subprocess.Popen[bytes], console: IO[bytes]) -> int:
    """The machine's process 1, as we see it."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    for _ in range(200):
        if process.poll() is not None:
            console.seek(0)
            raise AssertionError(f"the machine did not boot: {console.read().decode()}")
        for child in children.read_text().split():
            if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                return int(child)
        time.sleep(0.05)
    raise AssertionError("the machine has no process 1")


def _is_up(machine: Machine) -> bool:
    said = machine.run("systemctl", "is-system-running", check=False).stdout.strip()
    return said in ("running", "degraded")


def build(folder: Path, release: str) -> Path:
    """The Debian package of this checkout for a release of Python, made by .ci/deb."""
    done = subprocess.run(
        [str(PROJECT / ".ci/deb"), str(folder), release],
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, shlex.join(done.args) + done.stderr
    return Path(done.stdout.strip())
