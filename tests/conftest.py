"""Fixtures for every test: real things near by (tests/support), and nothing of the wide world."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

_SUPPORT = ("site", "sinks", "desk")
pytest_plugins = [
    f"tests.support.{name}" for name in _SUPPORT if find_spec(f"tests.support.{name}")
]


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
