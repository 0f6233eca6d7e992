"""Fixtures for every test: real things near by (tests/support), and nothing of the wide world."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

_SUPPORT = ("site", "sinks", "desk")
pytest_plugins = [
    f"tests.support.{name}" for name in _SUPPORT if find_spec(f"tests.support.{name}")
]

# A database waits for the disk at each commit, which is half the time of the tests; what is only in
# memory has none to wait for. (What a kill leaves is the same; a power cut is in no test.)
_MEMORY = Path("/dev/shm")
_ENOUGH = 4 << 30  # bytes


def _is_good_for_files(folder: Path) -> bool:
    return (
        os.access(folder, os.W_OK)
        and not os.statvfs(folder).f_flag & os.ST_NOEXEC
        and shutil.disk_usage(folder).free > _ENOUGH
    )


if _is_good_for_files(_MEMORY):
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sites of the tests are local: a proxy that the environment names is not for them."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(autouse=True)
def _one_authority(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that vouched for nobody: those of the world are 150, and read at each start."""
    monkeypatch.setenv("SSL_CERT_FILE", str(Path(__file__).with_name("support") / "authority.pem"))
