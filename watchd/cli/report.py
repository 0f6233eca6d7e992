"""`watchd report`: the board, the last hits and the feeds as pages to open or to pass on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watchd import __version__
from watchd.cli.options import ConfigFile
from watchd.cli.session import MOST, console, now, session
from watchd.errors import WatchdError

if TYPE_CHECKING:
    from datetime import datetime

    from watchd.config import Config
    from watchd.report.view import FeedLine, Report
    from watchd.store import Store

EXAMPLES = "\b\nExample:\n  watchd report --out ~/report"


def report(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder to write to.")],
    limit: Annotated[
        int, typer.Option("--limit", min=0, max=MOST, help="At most so many hits; 0: all.")
    ] = 100,
    _config: ConfigFile = "",
) -> None:
    """Write the board, the newest hits and the feeds as HTML pages that open from disk."""
    from watchd.report.pages import pages

    config = session().config()
    with session().store() as store:
        told = _gather(store, config, limit, now())
    written = [_write(out / name, text) for name, text in pages(told).items()]
    console(stderr=True).print(f"{written[0]}: open it in a browser")


def _gather(store: Store, config: Config, limit: int, reference: datetime) -> Report:
    from watchd import board
    from watchd.cli.board import sound_rules
    from watchd.indicators import DAYS
    from watchd.report.view import Report
    from watchd.store import archive, counts

    today = reference.date()
    since = (reference - timedelta(days=DAYS - 1)).replace(hour=0, minute=0, second=0)
    items = store.read(counts.items_per_day, since)
    rows = {name: counts.days(of_feed, today, DAYS) for name, of_feed in items.items()}
    return Report(
        at=reference,
        version=__version__,
        indicators=board.gather(store, config, sound_rules(config.rules_dir), reference),
        hits=store.read(archive.list_hits, limit=limit or None),
        feeds=_feeds(store, config, rows, reference),
        hits_per_day=counts.days(store.read(counts.hits_per_day, since), today, DAYS),
        items_per_day=counts.added(list(rows.values()), DAYS),
        publishers={feed.name: feed.publisher for feed in config.feeds},
    )


def _feeds(
    store: Store, config: Config, rows: dict[str, tuple[int, ...]], reference: datetime
) -> list[FeedLine]:
    """Those in trouble first."""
    from watchd.indicators import DAYS
    from watchd.polling.health import HEALTH, advice
    from watchd.report.view import FeedLine
    from watchd.store import feeds

    states = {state.feed: state for state in store.read(feeds.states)}
    order = list(HEALTH)
    lines = []
    for feed in config.feeds:
        state = states.get(feed.name)
        health = state.health if state else "new"
        lines.append(
            FeedLine(
                name=feed.name,
                publisher=feed.publisher,
                health=health,
                meaning=HEALTH[health],
                ok_at=state.ok_at if state else None,
                new_at=state.new_at if state else None,
                error=state.error if state else "",
                advice=(advice(state) or "") if state else "",
                per_day=rows.get(feed.name, (0,) * DAYS),
            )
        )
    return sorted(lines, key=lambda line: (-order.index(line.health), line.name))


def _write(path: Path, text: str) -> Path:
    """A page in the place of the one we wrote before; never over a file of somebody else's."""
    from watchd.cli.writing import write_new, write_whole
    from watchd.report.pages import MARK

    if not path.exists():
        write_new(path, text)
        return path
    try:
        ours = MARK in path.read_text("utf-8", errors="replace")[:4000]
    except OSError as error:
        raise WatchdError(f"{path} cannot be read: {error.strerror}") from error
    if not ours:
        raise WatchdError(f"{path} is there already, and no report of ours: give another folder")
    write_whole(path, text)
    return path
