"""Which edition of watchd's own code reads rules in this process."""

from __future__ import annotations

import os
import sys
from functools import cache
from hashlib import sha256

from watchd import __version__

_PACKAGE = os.path.dirname(os.path.dirname(__file__))
# Folders of the package. Every module that takes part in reading a rule is in one of these.
_FOLDERS = (_PACKAGE, f"{_PACKAGE}/rules", f"{_PACKAGE}/model", f"{_PACKAGE}/tables")


@cache  # once, at the start: under a daemon the files may be exchanged, and the code stays
def edition() -> str:
    """Another text for each other code that may read a rule in another way; "" for unknown.

    Told as Python tells whether a .pyc file is stale: by the size and the time of each module.
    It is unknown where modules are no files, as within a zip.
    """
    told = [__version__, sys.version]  # of Python's, as it brings the letters of Unicode
    for folder in _FOLDERS:
        try:
            with os.scandir(folder) as found:
                modules = sorted(map(_stamp, filter(_is_module, found)))
        except OSError:
            return ""
        if not modules:  # compiled ones alone
            return ""
        told += modules
    return sha256("\n".join(told).encode()).hexdigest()[:16]


def _is_module(entry: os.DirEntry[str]) -> bool:
    return entry.name.endswith(".py")


def _stamp(entry: os.DirEntry[str]) -> str:
    status = entry.stat()
    return f"{entry.path} {status.st_size} {status.st_mtime_ns}"
