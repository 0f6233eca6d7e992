"""Feeds that are added to config.toml: at its end, all else byte for byte as it was."""

from __future__ import annotations

import os
from pathlib import Path

from watchd.errors import WatchdError


def appended(old: str, blocks: str) -> str:
    """The text of a config file with more blocks at its end, and an empty line before each."""
    end = "\r\n" if "\r\n" in old else "\n"
    gap = "" if not old.strip() else end if old.endswith("\n") else 2 * end
    return old + gap + blocks.replace("\n", end)


def append(path: Path, blocks: str) -> None:
    """Write blocks to the end of a config file, if it is good with them, whole or not at all.

    Raises ConfigError with what would be wrong with it, WatchdError when it cannot be written.
    """
    from watchd import config
    from watchd.cli.writing import write_whole

    old = path.read_bytes()
    config.load(path, environ=os.environ, data=old)  # else its own mistakes seem to be ours
    new = appended(old.decode(), blocks)
    config.load(path, environ=os.environ, data=new.encode())
    if path.read_bytes() != old:
        raise WatchdError(f"{path} was changed by somebody at this moment; nothing was written")
    write_whole(path, new)
