"""`watchd install-unit`: watchd as a service of systemd, and a copy of its database each night."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from watchd.cli.options import ConfigFile
from watchd.errors import WatchdError

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd install-unit                  config in /etc/watchd, database in /var/lib/watchd\n"
    "  watchd install-unit --desk asia      one more, apart from it: /etc/watchd-asia, …\n"
    "  watchd install-unit --dry-run        only tell what it would do"
)

_PROGRAM = "/opt/watchd/bin/watchd"  # as the shipped units have it
_OURS = "etc/systemd/system"
_OF_PACKAGES = ("usr/lib/systemd/system", "lib/systemd/system")
# What ProtectHome= and PrivateTmp= hide from the service.
_HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")
_DESK = re.compile(r"[a-z][a-z0-9-]{0,22}")  # with "watchd-" before it a user's name of Linux


def install_unit(
    desk: Annotated[
        str,
        typer.Option("--desk", metavar="NAME", help="A desk of its own, beside others."),
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what would be done.")
    ] = False,
    root: Annotated[
        Path,
        typer.Option("--root", metavar="DIR", help="The system to install into, if not this one."),
    ] = Path("/"),
    program: Annotated[
        str,
        typer.Option("--program", metavar="FILE", help="The watchd to start, if not this one."),
    ] = "",
    _config: ConfigFile = "",
) -> None:
    """Write systemd's units for watchd and enable them; tells what it did. Starts nothing."""
    if desk and not _DESK.fullmatch(desk):
        raise typer.BadParameter(
            "a desk's name is of small letters, digits and -, and 23 at most", param_hint="--desk"
        )
    started = _visible(Path(program)) if program else _this_program()
    try:
        for line in _install(desk, str(started), root, dry_run=dry_run):
            typer.echo(line)
    except OSError as error:
        hint = "; run it as root" if isinstance(error, PermissionError) else ""
        reason = (error.strerror or "it cannot be written").lower()
        raise WatchdError(f"{error.filename}: {reason}{hint}") from error


def _this_program() -> Path:
    """The watchd that is running. Raises WatchdError where a service could not start it."""
    folder = Path(sys.prefix) / "bin"
    if not (folder / "watchd").is_file():
        raise WatchdError(f"there is no {folder / 'watchd'}; name it with --program")
    _visible((folder / "python").resolve())  # of an environment it may lie elsewhere
    return _visible(folder / "watchd")


def _visible(program: Path) -> Path:
    """The same path. Raises WatchdError where the units keep a service from seeing it."""
    if not program.is_absolute():
        raise WatchdError(f"{program}: systemd wants the full name, from / on")
    if any(program.is_relative_to(folder) for folder in _HIDDEN):
        raise WatchdError(
            f"{program}: a service cannot see what lies there; make an environment below /opt: "
            "/usr/bin/python3 -m venv /opt/watchd && /opt/watchd/bin/pip install watchd"
        )
    return program


def _install(desk: str, program: str, root: Path, *, dry_run: bool) -> Iterator[str]:
    """Do it step by step; yields a line for each. Raises OSError, WatchdError."""
    folder = f"watchd-{desk}" if desk else "watchd"
    for path, mode in ((f"etc/{folder}", 0o755), (f"etc/{folder}/secrets", 0o700)):
        if not (root / path).is_dir():
            if not dry_run:
                (root / path).mkdir(parents=True, mode=mode)
                (root / path).chmod(mode)
            yield f"made      {root / path}"
    written = False
    for name, text in units(desk, program).items():
        done, line = _write(root, name, text, dry_run=dry_run)
        written = written or done
        yield line
    names = enabled(desk)
    live = root.resolve() == Path("/")
    if written and live and not dry_run:
        _systemctl("daemon-reload")
    if not dry_run:
        _systemctl(*([] if live else [f"--root={root}"]), "enable", *names)
    yield f"enabled   {' '.join(names)}"
    if dry_run:
        yield "Nothing was done: this is what would be."
    else:
        yield from _next(f"/etc/{folder}", names[0], root)


def _next(folder: str, unit: str, root: Path) -> Iterator[str]:
    yield "Next:"
    if not (root / folder.lstrip("/") / "config.toml").exists():
        yield f"  watchd init {folder}"
    yield f"  watchd -c {folder}/config.toml check"
    yield f"  systemctl start {unit}"


def units(desk: str, program: str) -> dict[str, str]:
    """The units for a desk, by file name; for "", the only one or the first."""
    from watchd.cli.shipped import shipped

    folder, at = shipped() / "systemd", "@" if desk else ""
    names = (f"watchd{at}.service", f"watchd-backup{at}.service", f"watchd-backup{at}.timer")
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in names}
    quoted = program.replace("%", "%%")  # % begins a specifier, see systemd.unit(5)
    if " " in quoted:
        quoted = f'"{quoted}"'
    return {name: text.replace(_PROGRAM, quoted) for name, text in texts.items()}


def enabled(desk: str) -> tuple[str, str]:
    """What is enabled for a desk."""
    at = f"@{desk}" if desk else ""
    return f"watchd{at}.service", f"watchd-backup{at}.timer"


def _write(root: Path, name: str, text: str, *, dry_run: bool) -> tuple[bool, str]:
    """Put a unit in place; whether anything is new, and the line that says so."""
    for place in _OF_PACKAGES:
        if (root / place / name).is_file():
            return False, f"there     {root / place / name}, which a package brought"
    path = root / _OURS / name
    old = path.read_text(encoding="utf-8") if path.is_file() else None
    if old == text:
        return False, f"there     {path}"
    if not dry_run:
        path.parent.mkdir(parents=True, exist_ok=True)
        if old is not None:
            path.with_name(f"{name}.old").write_text(old, encoding="utf-8")
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)
    if old is None:
        return True, f"written   {path}"
    return True, f"replaced  {path}; what was there is in {name}.old"


def _systemctl(*words: str) -> None:
    """Have systemd do it. Raises WatchdError with what it says."""
    program = shutil.which("systemctl")
    if program is None:
        raise WatchdError("there is no systemctl here: the units are written, and not enabled")
    environ = {**os.environ, "SYSTEMD_COLORS": "0", "LC_ALL": "C.UTF-8"}
    done = subprocess.run([program, *words], capture_output=True, text=True, env=environ)
    if done.returncode:
        said = " ".join(done.stderr.split()) or f"it ended with {done.returncode}"
        raise WatchdError(f"systemctl {' '.join(words)}: {said}")
