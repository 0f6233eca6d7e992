"""`watchd feeds import` and `export`: the lists of feeds that other readers know."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import typer

from watchd.cli.feedadd import say
from watchd.cli.options import ConfigFile
from watchd.cli.session import as_typed, number, print_json, session
from watchd.errors import EXIT_PROBLEM, WatchdError
from watchd.values import Struct

if TYPE_CHECKING:
    from watchd.adding.opml import Outline
    from watchd.config import Config

IMPORT_EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd feeds import subscriptions.opml\n"
    "  watchd feeds import subscriptions.opml --write\n"
    "\b\nExit code: 0 there are new feeds in it, 1 there are none, or some had to be left out."
)
EXPORT_EXAMPLES = (
    "\b\nExamples:\n  watchd feeds export > feeds.opml\n  watchd feeds export --toml > feeds.toml"
)
_SECRET = re.compile(r"token|secret|passw|pwd|auth|key|sig(?:nature)?$|session|credential", re.I)
_NOWHERE = Path() / "config.toml"  # what is read as if it stood there
_MOST_SAID = 20  # feeds that were left out, each with its reason


class Taken(Struct, frozen=True, kw_only=True):
    """What became of a list: the [[feed]] tables that are new, and why others are left out."""

    feeds: list[dict[str, Any]]
    known: list[str]
    refused: list[str]


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An OPML file of a feed reader.")],
    write: Annotated[bool, typer.Option("--write", help="Add them to config.toml.")] = False,
    private: Annotated[
        bool, typer.Option("--private", help="Also those at private addresses.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    _config: ConfigFile = "",
) -> None:
    """Print the [[feed]] blocks of an OPML file that are not in config.toml yet.

    Folders become tags. Nothing is fetched; of the first look at a feed nothing is sent.
    """
    from watchd.adding import block, opml
    from watchd.cli.configwriting import append

    here = session()
    config = here.config() if write else here.config_if_any()
    outlines = opml.read(_bytes(file))
    taken = _taken(outlines.feeds, config, private=private)
    blocks = "\n".join(block.block(feed) for feed in taken.feeds)
    if write and blocks:
        path = here.config_path()
        append(path, blocks)
        say(f"{number(len(taken.feeds), 'feed')} added to {as_typed(path)}")
    if as_json:
        print_json({"feeds": taken.feeds, "known": taken.known, "refused": taken.refused})
    elif blocks and not write:
        sys.stdout.write(f"\n{blocks}")
    if outlines.trouble:
        say(outlines.trouble)
    for word, lines in (("in config.toml already", taken.known), ("left out", taken.refused)):
        for line in lines[:_MOST_SAID]:
            say(f"{word}: {line}")
        if len(lines) > _MOST_SAID:
            say(f"{word}: and {len(lines) - _MOST_SAID:,} more")
    if not taken.feeds and not taken.known and not taken.refused:
        say("there is no feed in this list")
    if taken.refused or outlines.trouble or not taken.feeds:
        raise typer.Exit(EXIT_PROBLEM)


def _bytes(file: Path) -> bytes:
    from watchd.adding import opml

    try:
        with file.open("rb") as opened:
            return opened.read(opml.MAX_BYTES + 1)
    except OSError as error:
        raise WatchdError(f"{file} cannot be read: {error.strerror}") from None


def _taken(outlines: list[Outline], config: Config | None, *, private: bool) -> Taken:
    from watchd.adding import addresses

    configured = config.feeds if config else ()
    names = {feed.name.lower() for feed in configured}
    known = {addresses.same_address(feed.url): feed.name for feed in configured}
    result = Taken(feeds=[], known=[], refused=[])
    for outline in outlines:
        same = addresses.same_address(outline.url)
        if trouble := _of_address(outline.url):
            result.refused.append(trouble)
            continue
        shown = addresses.without_login(outline.url)
        if same in known:
            result.known.append(f"{shown} (feed '{known[same]}')")
            continue
        feed = table(outline, names, private=private)
        if trouble := _trouble(feed):
            result.refused.append(f"{shown}: {trouble}")
            continue
        known[same] = feed["name"]
        names.add(feed["name"].lower())
        result.feeds.append(feed)
    return result


def _of_address(url: str) -> str:
    """What is wrong with an address, and which one; "" for nothing."""
    from watchd.config.values import Wrong, feed_url, has_secret

    try:
        feed_url(url)
    except Wrong as wrong:
        return f"{'an address' if has_secret(url) else url}: {wrong.message}"
    return ""


def table(outline: Outline, names: set[str], *, private: bool) -> dict[str, Any]:
    """The [[feed]] table of an outline. `names` are in use, in small letters.

    A list is a stranger's: only with `private` may it lead into one's own network.
    """
    from watchd.adding import block
    from watchd.config import schema
    from watchd.config.values import is_private
    from watchd.parse.items import language
    from watchd.render.inert import inert
    from watchd.tables.marks import keys

    feed: dict[str, Any] = {
        key: value for key, value in outline.settings.items() if key in keys(schema.FeedEntry)
    }
    if not feed:  # of another reader
        feed["publisher"] = inert(outline.title, 100)
        feed["lang"] = language(outline.lang)
        feed["tags"] = [tag for folder in outline.folders if (tag := block.tag(folder))]
    inside = feed.pop("private", False) is True or is_private(outline.url)
    if not _is_free(feed.get("name"), names):
        feed["name"] = block.name(outline.title, outline.url, names)
    feed["url"] = outline.url
    if inside and private:
        feed["private"] = True
    return {key: value for key, value in feed.items() if value not in ("", [])}


def _is_free(name: object, names: set[str]) -> bool:
    from watchd.config.values import Wrong
    from watchd.config.values import name as check

    try:
        return isinstance(name, str) and check(name).lower() not in names
    except Wrong:
        return False


def _trouble(feed: Mapping[str, Any]) -> str:
    """What config.toml would have against this feed, in a sentence; "" for nothing."""
    from watchd import config
    from watchd.adding import block
    from watchd.errors import ConfigError

    try:
        config.load(_NOWHERE, environ={}, data=block.block(feed).encode())
    except ConfigError as error:
        first = error.problems[0]
        return (
            f"{first.message} (with --private it is taken)"
            if first.code == "C110"
            else first.message
        )
    return ""


def export(
    opml: Annotated[bool, typer.Option("--opml", help="As OPML: so it is anyway.")] = False,
    toml: Annotated[bool, typer.Option("--toml", help="As [[feed]] blocks.")] = False,
    with_passwords: Annotated[
        bool, typer.Option("--with-passwords", help="With the passwords and keys in addresses.")
    ] = False,
    _config: ConfigFile = "",
) -> None:
    """Print the feeds of config.toml as OPML, for another reader or another watchd."""
    from watchd import tomlfile
    from watchd.adding import block
    from watchd.adding.opml import written

    if opml and toml:
        raise typer.BadParameter("one of both: --opml or --toml", param_hint="--toml")
    here = session()
    here.config()  # says what is wrong with it
    path = here.config_path()
    tables = tomlfile.read_bytes(path.read_bytes(), str(path)).data.get("feed", [])
    feeds = [dict(feed) for feed in (tables if isinstance(tables, list) else [tables])]
    cut = []
    for feed in feeds:
        open_url = feed["url"] if with_passwords else without_secrets(feed["url"])
        if open_url != feed["url"]:
            cut.append(feed["name"])
        feed["url"] = open_url
    sys.stdout.write("\n".join(map(block.block, feeds)) if toml else written(feeds))
    if cut:
        say(f"without the passwords or keys of: {', '.join(cut)} (--with-passwords keeps them)")


def without_secrets(url: str) -> str:
    """A feed's address without name and password, and without what looks like a key."""
    from watchd.adding.addresses import without_login

    url = without_login(url)
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if not _SECRET.search(name)]
    return url if kept == pairs else parts._replace(query=urlencode(kept)).geturl()
