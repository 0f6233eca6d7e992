"""Putting files in their place: whole or not at all, since a daemon may be reading them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from watchd.errors import WatchdError


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet, and its folder. Raises WatchdError when it is there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(text.encode())
    except FileExistsError:
        raise WatchdError(f"{path} is there already; nothing is ever overwritten") from None
    except OSError as error:
        raise WatchdError(f"{path} cannot be written: {error.strerror}") from error


def write_whole(path: Path, text: str) -> None:
    """Put a new text into a file that is there: at every moment it holds the old or the new one."""
    here = path.resolve()  # a link stays a link
    beside = here.with_name(f".{here.name}.new")  # with a dot, no rule file
    try:
        beside.unlink(missing_ok=True)
        beside.touch(mode=0o600)  # there may be passwords in it
        beside.write_bytes(text.encode())
        shutil.copymode(here, beside)
        os.replace(beside, here)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise WatchdError(f"{path} cannot be written: {error.strerror}") from error
