"""The work of `watchd run`: the daemon in the foreground, or one round."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from watchd.cli.session import Session, console, has_colour, now, number, session, talk
from watchd.errors import EXIT_OK, EXIT_PROBLEM, EXIT_TEMPORARY, WatchdError
from watchd.values import replace

if TYPE_CHECKING:
    from watchd.config import Config
    from watchd.daemon import Daemon
    from watchd.desk import Desk
    from watchd.store import Store
    from watchd.tally import Tally


def start(*, once: bool, dry_run: bool) -> int:
    """Watch, as the session says. Returns the exit code. Raises WatchdError."""
    import faulthandler

    faulthandler.enable()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to reload
    gc.disable()  # until everything that stays is there; then it need not be looked at again
    here = session()
    here.start_log()
    if dry_run:
        with tempfile.TemporaryDirectory(prefix="watchd-") as folder:
            code = _run(here, once=once, scratch=Path(folder))
    else:
        try:
            code = _run(here, once=once, scratch=None)
        except WatchdError as error:
            from watchd import systemd

            systemd.notify(STATUS=f"cannot run: {error}")
            raise
    return code


def _run(here: Session, *, once: bool, scratch: Path | None) -> int:
    from watchd.desk import read_desk
    from watchd.store import open_store, scratch_copy

    config = here.config(full_paths=True)
    url = config.database_url if scratch is None else scratch_copy(config.database_url, scratch)
    store = open_store(url)
    try:
        store.lock()

        def read(config: Config, before: Desk | None = None) -> Desk:
            desk = read_desk(config, store, now(), before)
            return desk if scratch is None else _printing(desk)

        def reload(before: Desk) -> Desk:
            return read(here.config(full_paths=True), before)

        desk = read(config)
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)  # items come and go by the thousand
        gc.enable()
        return asyncio.run(_go(desk, store, reload, once=once, dry_run=scratch is not None))
    finally:
        store.close()


async def _go(
    desk: Desk, store: Store, reload: Callable[[Desk], Desk], *, once: bool, dry_run: bool
) -> int:
    from watchd.daemon import Daemon

    daemon = Daemon(desk, store, reload=reload)
    if not once:
        await daemon.run()
        if daemon.hung:
            os._exit(EXIT_OK)  # a send that hangs in its thread must not hold up the exit
        return EXIT_OK
    tally = await daemon.once()
    if dry_run:
        _show_baseline(store)
    _summarise(tally, daemon, store)
    code = _exit_code(tally)
    if daemon.hung:
        os._exit(code)
    return code


def _exit_code(tally: Tally) -> int:
    from watchd.model import Outcome

    if tally.feeds and tally.unreachable == tally.feeds:
        return EXIT_TEMPORARY
    unsent = sum(count for outcome, count in tally.outcomes.items() if outcome is not Outcome.SENT)
    return EXIT_PROBLEM if tally.failed or unsent else EXIT_OK


def _summarise(tally: Tally, daemon: Daemon, store: Store) -> None:
    from watchd.model import Outcome
    from watchd.store import outbox

    counts, stale = store.read(outbox.counts, now()), len(daemon.desk.rules.stale)
    sent, held = tally.outcomes[Outcome.SENT], sum(counts.held.values())
    talk(
        f"{number(tally.feeds, 'feed')} checked, {tally.failed} failed; "
        f"{number(tally.new, 'new item')}, {number(tally.hits, 'hit')} "
        f"({tally.baseline} in first fetches, not sent); "
        f"{number(sent, 'alert')} sent, {counts.due} waiting"
        + (f", {held} held" if held else "")
        + (f"; {number(stale, 'rule')} broken" if stale else "")
    )


def _printing(desk: Desk) -> Desk:
    """The same desk, with a terminal in place of its receivers."""
    from watchd.cli.show import terminal
    from watchd.model import Alert, Digest, Endpoint, Notice, Outcome, Receiver, SendResult

    def show(endpoint: Endpoint, alert: Alert | Notice | Digest) -> SendResult:
        out = console()
        heading = f"would go to {endpoint.name}:"
        out.print(terminal(alert, heading=heading, colour=has_colour(out)), end="\n\n")
        return SendResult(outcome=Outcome.SENT)

    if desk.receivers:
        return replace(desk.at_once(), send=show)
    here = Endpoint(receiver="terminal", name="terminal", url="")
    config = replace(desk.config, routes=())
    receivers = {"terminal": Receiver(name="terminal", endpoints=(here,))}
    return replace(desk, config=config, receivers=receivers, send=show).at_once()


def _show_baseline(store: Store) -> None:
    """In a dry run: what was found in first fetches, which are never sent."""
    from watchd.cli.show import hits_table
    from watchd.store import archive

    hits = [hit for hit in store.read(archive.list_hits) if hit.status == "baseline"]
    if hits:
        out = console()
        out.print(
            f"{len(hits)} hits in first fetches. They would be kept, not sent: the first look at "
            f"a feed is no news. `watchd hits` shows them after a real run.",
        )
        out.print(hits_table(hits[:20], now()))
