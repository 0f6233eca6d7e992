"""Alembic, run from inside the package: no ini file, no command line of its own."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def migrate(engine: Engine, to: str = "head") -> None:
    """Bring the database to a format, the newest or an older one, in one transaction."""
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def newest() -> str:
    """The version the migrations in this package lead to."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())
