"""What `silence`, `ack`, `mark` and `board set` share: who says it, and of which hit."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from watchd.errors import WatchdError

if TYPE_CHECKING:
    from watchd.model import StoredHit
    from watchd.store import Store

_LONGEST = 200  # characters of a name or a sentence

By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who says so; else the login.")]
Note = Annotated[str, typer.Option("--note", "-n", metavar="TEXT", help="Why, in a sentence.")]


def author(by: str) -> str:
    """Who says it: as named, else the name of the login."""
    if by.strip():
        return sentence(by, "--by")
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise WatchdError("nobody knows who you are here; say it with --by NAME") from None


def sentence(text: str, option: str) -> str:
    """One line of plain text."""
    said = " ".join(text.split())
    if len(said) > _LONGEST:
        raise typer.BadParameter(f"at most {_LONGEST} characters", param_hint=option)
    return said


def hit_of(store: Store, number: int) -> StoredHit:
    """The hit with a number. Raises WatchdError when there is none."""
    from watchd.store import archive

    found = store.read(archive.list_hits, ids=[number])
    if not found:
        raise WatchdError(f"there is no hit {number}; `watchd hits` lists them")
    return found[0]


def about(found: StoredHit) -> str:
    """A hit in a few words."""
    from watchd.render.inert import inert

    item = found.stored.item
    headline = inert(item.title or item.text, 80)
    return f"hit {found.id} ({inert(found.hit.rule, 120)}: {headline})"
