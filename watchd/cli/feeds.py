"""`watchd feeds`: what is watched, and what a feed really says."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from watchd.cli.session import ConfigFile, Session, ago, console, iso, now, print_json, session
from watchd.errors import EXIT_PROBLEM, ConfigError, WatchdError

if TYPE_CHECKING:
    from watchd.fetch import Response
    from watchd.model import Feed, FeedState, ParsedFeed

EXAMPLES = "\b\nExample:\n  watchd feeds list"

app = typer.Typer(rich_markup_mode=None, invoke_without_command=True)


@app.callback()
def default(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the feeds and how they are, or look closely at one. Alone it lists."""
    if ctx.invoked_subcommand is None:
        list_(as_json=as_json)


@app.command("list", epilog="\b\nExamples:\n  watchd feeds list\n  watchd feeds list --json")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    _config: ConfigFile = "",
) -> None:
    """List the feeds in config.toml: health, last good answer, next check."""
    from rich.table import Table
    from rich.text import Text

    here = session()
    config = here.config()
    states = _states(here)
    reference = now()
    if as_json:
        print_json([_feed_json(feed, states.get(feed.name)) for feed in config.feeds])
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("feed", "health", "last good", "next check", "every", "what is wrong"):
        table.add_column(name)
    for feed in config.feeds:
        state = states.get(feed.name)
        health = state.health if state else "new"
        table.add_row(
            feed.name,
            Text(
                health, {"failing": "red", "degraded": "yellow", "ok": "green"}.get(health, "dim")
            ),
            ago(state.ok_at if state else None, reference),
            ago(state.next_check_at, reference) if state else "-",
            str(feed.interval),
            state.error if state else "",
        )
    console().print(table)


def _states(here: Session) -> dict[str, FeedState]:
    from watchd.store import feeds

    try:
        with here.store() as store:
            return {state.feed: state for state in store.read(feeds.states)}
    except ConfigError:
        raise
    except WatchdError:  # no database yet: nothing has been checked
        return {}


def _feed_json(feed: Feed, state: FeedState | None) -> dict[str, Any]:
    return {
        "name": feed.name,
        "url": _without_password(feed.url),
        "publisher": feed.publisher,
        "lang": feed.lang or None,
        "tags": list(feed.tags),
        "interval_seconds": feed.interval.total_seconds(),
        "health": state.health if state else "new",
        "last_ok": iso(state.ok_at) if state else None,
        "next_check": iso(state.next_check_at) if state else None,
        "error": (state.error or None) if state else None,
    }


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a feed said when it was looked at."""

    parsed: ParsedFeed
    response: Response | None = None  # None: it came from a file


@app.command(
    "check",
    epilog=(
        "\b\nExamples:\n"
        "  watchd feeds check kcna-en\n"
        "  watchd feeds check https://en.yna.co.kr/RSS/news.xml\n"
        "  watchd feeds check saved.xml --json\n"
        "\b\nExit code: 0 it can be read (even if degraded or empty), 1 it cannot."
    ),
)
def check(
    what: Annotated[
        str,
        typer.Argument(metavar="FEED-or-URL-or-FILE", help="A feed's name, an address, a file."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    items: Annotated[int, typer.Option("--items", help="Show so many items.")] = 5,
    _config: ConfigFile = "",
) -> None:
    """Fetch and parse a feed as the daemon would, and show what came of it. Keeps nothing."""
    try:
        looked = asyncio.run(look(session(), what))
    except WatchdError as error:
        if not as_json or isinstance(error, ConfigError):
            raise
        found = _report("error", "", (), [str(error)], 0)
        print_json(found)
        raise typer.Exit(EXIT_PROBLEM) from None
    parsed = looked.parsed
    if as_json:
        print_json(
            _report(parsed.status, parsed.title, parsed.items, parsed.problems, parsed.entries)
        )
    else:
        _print(looked, items)
    if parsed.status in ("error", "html", "truncated"):
        raise typer.Exit(EXIT_PROBLEM)


def _report(status: str, title: str, items: Any, problems: Any, entries: int) -> dict[str, Any]:
    """The stable JSON of `feeds check --json`."""
    return {
        "status": status,
        "title": title,
        "entries": entries,
        "items": [
            {
                "id": item.guid or item.key,
                "url": item.url,
                "title": item.title,
                "text": item.text,
                "published": iso(item.published),
                "published_raw": item.published_raw,
                "lang": item.lang,
                "author": item.author,
            }
            for item in items
        ],
        "problems": list(problems),
    }


async def look(here: Session, what: str) -> Looked:
    """Fetch and parse a file, an address, or a feed of the config, as the daemon would.

    Raises FetchError when it cannot be had, WatchdError when there is no such thing.
    """
    from functools import partial

    from watchd import fetch, sources
    from watchd.check import parse_response
    from watchd.model import Feed
    from watchd.parser import Parser
    from watchd.robots import Polite, Robots

    limits, agent = fetch.Limits(), fetch.user_agent()
    if Path(what).is_file():
        body = Path(what).read_bytes()
        async with Parser() as parser:
            return Looked(parsed=await parser.parse(body))
    if "://" in what:
        # Whoever types an address means it, a private one too.
        feed = Feed(name=what, url=what, publisher="", private=True)
    else:
        config = here.config()
        feed = _named(what, {one.name: one for one in config.feeds})
        limits, agent = config.fetch.limits, config.fetch.user_agent
    async with fetch.Client(limits, agent) as client, Parser() as parser:
        polite, moment = Polite(client, Robots(agent)), now()
        response = await polite.fetch(feed, None, now=moment)
        read = partial(parse_response, parser=parser)
        parsed = await read(response, feed)
        shown = await sources.show(feed, None, parsed, None, fetcher=polite, read=read, now=moment)
    return Looked(parsed=shown.parsed, response=response)


def _named(name: str, feeds: dict[str, Feed]) -> Feed:
    from watchd.tomlfile import nearest

    if name not in feeds:
        guess = nearest(name, feeds)
        hint = f"; did you mean '{guess}'?" if guess else ""
        raise WatchdError(f"'{name}' is no feed in config.toml, no file and no address{hint}")
    return feeds[name]


def _print(looked: Looked, items: int) -> None:
    from watchd.render.inert import inert

    out, parsed, response = console(), looked.parsed, looked.response
    out.print(f"status     {parsed.status}")
    out.print(f"title      {inert(parsed.title, 160)}")
    out.print(f"entries    {parsed.entries}")
    if response is not None:
        out.print(f"address    {response.url}" + (" (moved for good)" if response.moved_to else ""))
        validators = [
            n for n, v in (("ETag", response.etag), ("Last-Modified", response.last_modified)) if v
        ]
        out.print(f"validators {', '.join(validators) or 'none: every check costs the whole body'}")
        out.print(
            f"size       {len(response.body)} bytes, {response.content_type or 'no type given'}"
        )
    for problem in parsed.problems:
        out.print(f"problem    {inert(problem, 300)}")
    for item in parsed.items[:items]:
        out.print(f"\n{inert(item.title, 160) or '(no title)'}")
        out.print(f"  {_when(item.published, item.published_raw)}  {item.lang}  {item.url}")
        if item.text:
            out.print(f"  {inert(item.text, 240)}")
    if len(parsed.items) > items:
        out.print(f"\n… and {len(parsed.items) - items} more (--items {len(parsed.items)})")


def _when(published: datetime | None, raw: str) -> str:
    if published is not None:
        return f"{published:%Y-%m-%d %H:%M UTC}"
    return f"no certain date ({raw!r})" if raw else "no date"
