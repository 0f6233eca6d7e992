"""The option that every verb has."""

from __future__ import annotations

from typing import Annotated

import typer

from watchd.cli.session import session


def _use_config(value: str) -> str:
    if value:
        session().config_file = value
    return value


ConfigFile = Annotated[
    str,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        callback=_use_config,
        help="Else $WATCHD_CONFIG, ./config.toml, /etc/watchd/config.toml.",
    ),
]
"""`--config` behind the verb, as good as before it. What it is given is in `session()`."""
