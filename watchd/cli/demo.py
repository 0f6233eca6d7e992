"""`watchd demo`: the daemon's own path in seconds, without network, accounts or traces."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from watchd import log
from watchd.cli.options import ConfigFile
from watchd.cli.session import console, has_colour, now, session
from watchd.errors import EXIT_OK, EXIT_PROBLEM
from watchd.values import replace

if TYPE_CHECKING:
    from watchd.check import Checked
    from watchd.demo.site import DemoSite


EXAMPLES = "\b\nExample:\n  watchd demo"


_LONGEST = 20.0  # seconds; it takes about five


def demo(
    _config: ConfigFile = "",
) -> None:
    """Watch a small bundled site with the shipped rules, and see alerts within seconds.

    It is the daemon itself that runs: it fetches, parses, matches, stores and sends; only the
    receiver prints to this terminal. No network is used, and nothing is left behind.
    """
    from watchd.demo.site import DemoSite

    log.set_up(verbosity=session().verbosity - 2)  # the demo's own config warns of itself
    talk = console(stderr=True)
    talk.print("watchd demo: five invented feeds on this machine, the shipped rules, a terminal.")
    talk.print("The first look at a feed is kept and not sent; then news comes in …\n")
    with tempfile.TemporaryDirectory(prefix="watchd-demo-") as folder, DemoSite() as site:
        sent = asyncio.run(_watch(Path(folder), site))
    if not sent:
        talk.print("No alert came. Please report this, with the output of `watchd -v demo`.")
        raise typer.Exit(EXIT_PROBLEM)
    talk.print(
        f"{sent} alerts; in the same way they go to Slack, email and many others. Next:\n"
        "  watchd init ~/desk                                    a config and rules to edit\n"
        "  watchd -c ~/desk/config.toml run --once --dry-run     what real feeds would bring\n"
        "  watchd -c ~/desk/config.toml run                      watch"
    )
    raise typer.Exit(EXIT_OK)


async def _watch(folder: Path, site: DemoSite) -> int:
    from watchd.cli.show import terminal
    from watchd.config import load
    from watchd.daemon import Daemon
    from watchd.desk import read_desk
    from watchd.model import Alert, Digest, Endpoint, Notice, Outcome, Receiver, SendResult
    from watchd.store import open_store, outbox

    out, sent, new = console(), 0, 0

    def show(_endpoint: Endpoint, alert: Alert | Notice | Digest) -> SendResult:
        nonlocal sent
        out.print(terminal(alert, colour=has_colour(out)), end="\n\n")
        sent += 1
        return SendResult(outcome=Outcome.SENT)

    def found(checked: Checked) -> None:
        nonlocal new
        new += 0 if checked.baseline else checked.new

    config = _write_config(folder, site)
    store = open_store(f"sqlite:///{folder / 'watchd.db'}")
    try:
        store.lock()
        here = Endpoint(receiver="terminal", name="terminal", url="")
        desk = replace(
            read_desk(load(config, environ=os.environ), store, now()),
            receivers={"terminal": Receiver(name="terminal", endpoints=(here,))},
            send=show,
        ).at_once()
        daemon = Daemon(desk, store, found=found, check_every=timedelta(milliseconds=200))
        running = asyncio.create_task(daemon.run())
        deadline = asyncio.get_running_loop().time() + _LONGEST
        while not running.done() and asyncio.get_running_loop().time() < deadline:
            if new >= site.later and not store.read(outbox.counts, now()).due:
                break
            await asyncio.sleep(0.05)
        daemon.finish()
        await running
    finally:
        store.close()
    return sent


def _write_config(folder: Path, site: DemoSite) -> Path:
    from watchd.cli.shipped import shipped
    from watchd.demo.news import FEEDS

    lines = ['database = "watchd.db"', f"rules = {json.dumps(str(shipped() / 'rules'))}"]
    lines += ["[fetch]", "per_host = 5"]
    for name, (lang, _) in FEEDS.items():
        lines += [
            "[[feed]]",
            f'name = "{name}"',
            f'url = "{site.url(name)}"',
            'publisher = "watchd demo"',
            f'lang = "{lang}"',
            'interval = "1s"',
            "private = true",
        ]
    path = folder / "config.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
