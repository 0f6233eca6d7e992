"""`watchd feeds`: what is watched, and what a feed really says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from watchd.cli import feedadd, feedcheck, feedlists
from watchd.cli.options import ConfigFile
from watchd.cli.session import Session, ago, console, iso, now, print_json, session
from watchd.errors import ConfigError, WatchdError

if TYPE_CHECKING:
    from watchd.model import Feed, FeedState

EXAMPLES = "\b\nExamples:\n  watchd feeds list\n  watchd feeds add https://www.38north.org"

app = typer.Typer(rich_markup_mode=None, invoke_without_command=True)


@app.callback()
def default(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the feeds and how they are, look closely at one, add more. Alone it lists."""
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
    from watchd.adding.addresses import without_login

    return {
        "name": feed.name,
        "url": without_login(feed.url),
        "publisher": feed.publisher,
        "lang": feed.lang or None,
        "tags": list(feed.tags),
        "interval_seconds": feed.interval.total_seconds(),
        "health": state.health if state else "new",
        "last_ok": iso(state.ok_at) if state else None,
        "next_check": iso(state.next_check_at) if state else None,
        "error": (state.error or None) if state else None,
    }


app.command("add", epilog=feedadd.EXAMPLES)(feedadd.add)
app.command("check", epilog=feedcheck.EXAMPLES)(feedcheck.check)
app.command("import", epilog=feedlists.IMPORT_EXAMPLES)(feedlists.import_)
app.command("export", epilog=feedlists.EXPORT_EXAMPLES)(feedlists.export)
