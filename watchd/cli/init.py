"""`watchd init`: a config and rules to start from."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated, Literal

import typer

from watchd.cli.session import ConfigFile, console
from watchd.errors import WatchdError

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd init ~/desk                    North Korea and Russia: sources, seven rules\n"
    "  watchd init ~/desk --example empty    the same config with one rule to fill in"
)


_EMPTY_RULE = """\
# One file, one rule. The file's path under rules/ is its name: this one is "first".
title    = "My first rule"
severity = "medium"  # info, low, medium, high or critical
why      = "Say here why a hit matters: it is printed on every alert."

query = \'\'\'
"first phrase" OR (word NEAR/10 other*)
\'\'\'

[[test]]
name   = "the phrase itself"
expect = "match"
text   = "A sentence with the first phrase in it."

[[test]]
name   = "a near miss"
expect = "no match"
text   = "A sentence about something else."
"""


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Made if it is not there.")],
    example: Annotated[
        Literal["dprk", "empty"],
        typer.Option("--example", help="What rules."),
    ] = "dprk",
    _config: ConfigFile = "",
) -> None:
    """Write a working config.toml and rules into a folder. Never overwrites a file."""
    from watchd.cli.schema import copy_schemas
    from watchd.cli.shipped import shipped

    wanted = [folder / "config.toml", folder / "rules"]
    there = [path for path in wanted if path.exists()]
    if there:
        raise WatchdError(f"{there[0]} is there already; name another folder, or move it away")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WatchdError(f"{folder}: the folder cannot be made: {error.strerror}") from error
    shutil.copyfile(shipped() / "config.toml", wanted[0])
    (folder / "secrets").mkdir(mode=0o700, exist_ok=True)  # for the addresses of receivers
    if example == "dprk":
        shutil.copytree(shipped() / "rules", wanted[1], copy_function=shutil.copyfile)
    else:
        wanted[1].mkdir()
        (wanted[1] / "first.toml").write_text(_EMPTY_RULE, encoding="utf-8")
    copy_schemas(folder)
    rules = sum(1 for _ in wanted[1].rglob("*.toml"))
    console(stderr=True).print(
        f"{folder}: config.toml and {rules} rules. Next:\n"
        f"  watchd -c {wanted[0]} check\n"
        f"  watchd -c {wanted[0]} run --once --dry-run\n"
        f"then uncomment a [[receiver]] in {wanted[0]}, and try it:\n"
        f"  watchd -c {wanted[0]} notify test"
    )
