"""The item that `watchd explain` is asked about, and what the archive knows of its hits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from watchd.cli.past import tags_of
from watchd.cli.session import MOST, console, session
from watchd.errors import WatchdError
from watchd.model import Item, StoredHit, StoredItem
from watchd.values import Struct

if TYPE_CHECKING:
    from watchd.chain import KnownHit
    from watchd.config import Config


class Subject(Struct, frozen=True, kw_only=True):
    """The item, as a feed of this name and these tags brought it."""

    item: Item
    source: str
    tags: tuple[str, ...]
    stored: StoredItem | None = None  # None: it is not from the archive


def from_text(item: Item, source: str, config: Config | None) -> Subject:
    """An item made up on the command line."""
    return Subject(item=item, source=source, tags=_tags(source, config))


def hit_named(name: str) -> StoredHit | None:
    """The hit that is asked about, written as hit:42; None when it is no hit that is named.

    Raises WatchdError when there is none of that number.
    """
    from watchd.store import archive

    kind, _, number = name.partition(":")
    if kind != "hit" or not number.isdecimal():
        return None
    with session().store() as store:
        found = store.read(archive.list_hits, ids=[min(int(number), MOST)])
    if not found:
        raise WatchdError(f"there is no hit {number}; `watchd hits` lists them")
    return found[0]


def from_archive(name: str, config: Config | None) -> Subject:
    """An item of the archive, by its number or its address; as it is now.

    Raises WatchdError when there is none.
    """
    from watchd.store import archive

    if not name.isdecimal() and "://" not in name:
        raise WatchdError(
            f"'{name}' is no item: give its number, as `watchd items` shows it, or its address; "
            "a text of your own with --text. A rule stands behind the item"
        )
    with session().store() as store:
        if name.isdecimal():
            found = store.read(archive.find_items, id=min(int(name), MOST))
        else:
            found = store.read(archive.find_items, url=name)
    if not found:
        raise WatchdError(f"there is no item {name} in the archive; `watchd items` lists them")
    if len(found) > 1:
        others = ", ".join(str(one.id) for one in found[1:])
        console(stderr=True).print(f"this is the newest with that address; others are {others}")
    stored = found[0]
    return Subject(
        item=stored.item, source=stored.feed, tags=_tags(stored.feed, config), stored=stored
    )


def from_file(path: Path, number: int, source: str, config: Config | None) -> Subject:
    """An item of a file of items, by its number from 1. Raises WatchdError when there is none."""
    from watchd.cli import jsonl

    for count, one in enumerate(jsonl.read(path), 1):
        if count == number:
            name = source or one.source
            return Subject(item=one.item, source=name, tags=_tags(name, config))
    raise WatchdError(f"{path}: there is no item number {number} in this file")


def _tags(source: str, config: Config | None) -> tuple[str, ...]:
    return tags_of(config).get(source, ())


def hits_of(subject: Subject) -> list[KnownHit]:
    """The hits of an item of the archive, the newest first."""
    from watchd.store import chains

    if subject.stored is None:
        return []
    with session().store() as store:
        return store.read(chains.hits_of, subject.stored.id)
