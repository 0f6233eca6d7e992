"""The rules and the config that come with watchd: in the package, or beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

import watchd


def shipped() -> Path:
    """The folder that holds `rules/` and `config.toml`."""
    package = Path(watchd.__file__).parent
    packed = package / "shipped"
    return packed if packed.is_dir() else package.parent
