"""`watchd init`: a config and rules to start from."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Annotated, Literal

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.session import console, number
from watchd.errors import WatchdError

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd init ~/desk                    North Korea and Russia: sources, thirteen rules\n"
    "  watchd init ~/desk --example empty    two world feeds, one rule to fill in"
)

_EMPTY_RULE = """\
# One file, one rule. The file's path under rules/ is its name: this one is "first".
title    = "My first rule"
severity = "medium"  # info, low, medium, high or critical
why      = "Say here why a hit matters: it is printed on every alert."

query = \'\'\'
"first phrase" OR (word NEAR/10 signal*)
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
_WORLD = re.compile(r'^name = "(?:bbc-asia|al-jazeera)"', re.MULTILINE)
_OF_ANY_DESK = {"sees all of North Korea": "sees all in rules/desk", "dprk/*": "desk/*"}
_MORE_FEEDS = """\
# Add what you read. Try an address first:   watchd feeds check ADDRESS
#
# [[feed]]
# name = "my-feed"
# url = "https://example.org/feed.xml"
# lang = "en"
"""


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Made if it is not there.")],
    example: Annotated[
        Literal["dprk", "empty"],
        typer.Option("--example", help="What to begin with."),
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
    config = (shipped() / "config.toml").read_text(encoding="utf-8")
    config = of_a_service(config, folder.absolute())
    wanted[0].write_text(config if example == "dprk" else _plain(config), encoding="utf-8")
    (folder / "secrets").mkdir(mode=0o700, exist_ok=True)  # for the addresses of receivers
    if example == "dprk":
        shutil.copytree(shipped() / "rules", wanted[1], copy_function=shutil.copyfile)
    else:
        (wanted[1] / "lists").mkdir(parents=True)
        (wanted[1] / "first.toml").write_text(_EMPTY_RULE, encoding="utf-8")
    copy_schemas(folder)
    rules = sum(1 for _ in wanted[1].rglob("*.toml"))
    console(stderr=True).print(
        f"{folder}: config.toml and {number(rules, 'rule')}. Next:\n"
        f"  watchd -c {wanted[0]} check\n"
        f"  watchd -c {wanted[0]} run --once --dry-run\n"
        f"then uncomment a [[receiver]] in {wanted[0]}, and try it:\n"
        f"  watchd -c {wanted[0]} notify test"
    )


def of_a_service(config: str, folder: Path) -> str:
    """The shipped config for a desk in `folder`: one in /etc is a service's, and watched by a user
    who may write to its own folder in /var/lib and nowhere else."""
    if folder.parent != Path("/etc"):
        return config
    return config.replace(
        'database = "watchd.db"', f'database = "/var/lib/{folder.name}/watchd.db"', 1
    )


def _plain(config: str) -> str:
    """The shipped config for a desk of any subject: of its feeds, two with news of the world."""
    head, _, feeds = config.partition("# --- Korea\n")
    for ours, any_desk in _OF_ANY_DESK.items():
        head = head.replace(ours, any_desk)
    kept = [feed for feed in feeds.split("\n\n") if _WORLD.search(feed)]
    return head + "\n\n".join([*kept, _MORE_FEEDS])
