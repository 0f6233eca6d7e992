"""`watchd feeds add`: from an address to a [[feed]]."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.session import (
    Session,
    as_typed,
    console,
    not_empty,
    now,
    number,
    print_json,
    session,
)
from watchd.errors import EXIT_PROBLEM, WatchdError

if TYPE_CHECKING:
    from watchd.adding.discover import Discovery, Found
    from watchd.adding.proposal import Proposal
    from watchd.config import Config

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd feeds add https://www.dailynk.com/english/\n"
    "  watchd feeds add https://github.com/torvalds/linux --name linux --tags releases\n"
    "  watchd feeds add https://www.38north.org --write\n"
    "\b\nExit code: 0 a feed was found (or written), 1 none, or it is in the config already."
)
_DEADLINE = timedelta(seconds=15)  # for one candidate


def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="A feed, or a web page that has one.")],
    write: Annotated[bool, typer.Option("--write", help="Add it to config.toml.")] = False,
    name: Annotated[
        str | None, typer.Option("--name", callback=not_empty, help="Call it so.")
    ] = None,
    tags: Annotated[
        list[str] | None, typer.Option("--tags", help="Give it these tags, with commas between.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Not only the best: all that is found.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    _config: ConfigFile = "",
) -> None:
    """Find the feed of an address, look at it, and print the [[feed]] to paste into config.toml."""
    from watchd.adding import addresses

    here = session()
    config = here.config() if write else here.config_if_any()
    address, other = _address(url)
    names = _checked_names(name, config, every=every)
    words = _checked_tags(tags or [])
    configured = (
        {addresses.same_address(one.url): one.name for one in config.feeds} if config else {}
    )
    if already := configured.get(addresses.same_address(address)):
        raise WatchdError(f"this address is in config.toml already, as feed '{already}'")
    discovery = asyncio.run(_discover(here, address, other, config, every=every))
    for line in discovery.said:
        say(line)
    if not discovery.found:
        why = addresses.has_none(address)
        if as_json:
            print_json({"feeds": [], "said": discovery.said})
        raise WatchdError("no feed was found there" + (f": {why}" if why else ""))
    fresh = []
    for found in discovery.found:
        places = (found.feed.url, found.response.url)
        at = next(
            (configured[a] for a in map(addresses.same_address, places) if a in configured), ""
        )
        if at:
            say(
                f"in config.toml already, as feed '{at}': {addresses.without_login(found.feed.url)}"
            )
        else:
            fresh.append(found)
    chosen = fresh if every else fresh[:1] if fresh[:1] == discovery.found[:1] else []
    proposals = _proposals(chosen, names, name or "", words)
    for found in fresh[len(chosen) :]:
        say(f"also there: {addresses.without_login(found.feed.url)}  {found.parsed.title}")
    if write and proposals:
        _write(here, proposals)
    if as_json:
        print_json({"feeds": [_as_json(one) for one in proposals], "said": discovery.said})
    elif not write:
        sys.stdout.write("\n".join(["", *(one.toml for one in proposals)]) if proposals else "")
    if not proposals:
        raise typer.Exit(EXIT_PROBLEM)


def say(text: str) -> None:
    """Talk, on stderr. The text may be a stranger's."""
    from watchd.render.inert import inert, link

    words = (("://" in word and link(word)) or inert(word) for word in text[:2000].split())
    console(stderr=True).print(" ".join(words))


def _address(text: str) -> tuple[str, str]:
    """The address that was typed, and a second one to try; "" for none."""
    from watchd.config.secrets import hide_password
    from watchd.config.values import Wrong, feed_url, is_private

    bare = "://" not in text
    schemes = ("http", "https") if is_private(f"http://{text}") else ("https", "http")
    address = f"{schemes[0]}://{text}" if bare else text
    try:
        feed_url(address)
    except Wrong as wrong:
        raise typer.BadParameter(wrong.message, param_hint="URL") from None
    hide_password(address)
    return address, f"{schemes[1]}://{text}" if bare else ""


def _checked_names(name: str | None, config: Config | None, *, every: bool) -> set[str]:
    """The names in use, in small letters."""
    from watchd.config.values import Wrong
    from watchd.config.values import name as check

    taken = {feed.name.lower() for feed in config.feeds} if config else set()
    if name is None:
        return taken
    if every:
        raise typer.BadParameter(
            "one name is not for several feeds: leave out --all", param_hint="--name"
        )
    try:
        check(name)
    except Wrong as wrong:
        raise typer.BadParameter(wrong.message, param_hint="--name") from None
    if name.lower() in taken:
        raise WatchdError(f"there is a feed '{name}' in config.toml already; choose another --name")
    return taken


def _checked_tags(given: Iterable[str]) -> list[str]:
    from watchd.config.values import Wrong
    from watchd.config.values import tag as check

    words = [word.strip() for text in given for word in text.split(",") if word.strip()]
    try:
        return list(dict.fromkeys(check(word) for word in words))
    except Wrong as wrong:
        raise typer.BadParameter(wrong.message, param_hint="--tags") from None


async def _discover(
    here: Session, address: str, other: str, config: Config | None, *, every: bool
) -> Discovery:
    from watchd import fetch
    from watchd.adding.discover import Search
    from watchd.check import parse_response
    from watchd.parser import Parser

    limits = fetch.Limits(deadline=_DEADLINE)
    agent = config.fetch.user_agent if config else fetch.user_agent()
    async with fetch.Client(limits, agent) as client, Parser() as parser:
        parse = partial(parse_response, parser=parser)
        try:
            return await Search(client, parse, say).run(address, every=every)
        except fetch.FetchError as error:
            if not other or error.kind not in ("connect", "tls", "deadline", "timeout"):
                raise
        return await Search(client, parse, say).run(other, every=every)


def _proposals(
    chosen: Iterable[Found], taken: set[str], name: str, tags: list[str]
) -> list[Proposal]:
    from watchd.adding.proposal import propose

    proposals = []
    for found in chosen:
        one = propose(found, taken=taken, now=now(), name=name, tags=tags)
        taken.add(one.values["name"].lower())
        proposals.append(one)
    return proposals


def _write(here: Session, proposals: list[Proposal]) -> None:
    from watchd.cli.configwriting import append

    path = here.config_path()
    append(path, "\n".join(one.toml for one in proposals))
    names = ", ".join(one.values["name"] for one in proposals)
    say(f"{number(len(proposals), 'feed')} added to {as_typed(path)}: {names}")
    say("`systemctl reload watchd` takes them up; of its first look at a feed nothing is sent")


def _as_json(one: Proposal) -> dict[str, Any]:
    rhythm = one.rhythm
    return {
        **{key: value for key, value in one.values.items() if value not in ("", [], None)},
        "title": one.title,
        "status": one.status,
        "entries": one.entries,
        "odd": list(one.remarks[1:]),
        "span_seconds": rhythm.span.total_seconds() if rhythm.span else None,
        "toml": one.toml,
    }
