"""`watchd render`: a hit as a receiver would get it."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Literal

import typer

from watchd.cli.session import MOST, ConfigFile, session
from watchd.errors import WatchdError

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd render 42 --to text\n"
    "  watchd render 42 --to slack    the Block Kit JSON\n"
    "  watchd render 42 --to email    headers and HTML"
)


def render(
    hit: Annotated[
        int, typer.Argument(metavar="HIT", min=1, max=MOST, help="Its number, as in `watchd hits`.")
    ],
    to: Annotated[
        Literal["slack", "email", "text"],
        typer.Option("--to", help="For whom."),
    ] = "text",
    _config: ConfigFile = "",
) -> None:
    """Print a hit's message as it is, or would be, sent."""
    from watchd.render import email, html, message, slack, text
    from watchd.store import archive
    from watchd.store.around import around

    here = session()
    publishers = {feed.name: feed.publisher for feed in here.config().feeds}
    with here.store() as store:
        found = store.read(archive.list_hits, ids=[hit])
        if not found:
            raise WatchdError(f"there is no hit {hit}; `watchd hits` lists them")
        source = found[0].stored.feed
        publisher = publishers.get(source, source)
        more = store.read(around, found[0], publisher)
    alert = found[0].alert(publisher=publisher, also=more.also, difference=more.difference)
    composed = message.compose(alert)
    if to == "slack":
        shown = json.dumps(slack.attachment(composed), ensure_ascii=False, indent=1)
    elif to == "email":
        headers = "".join(f"{name}: {value}\n" for name, value in email.headers(composed).items())
        shown = f"Subject: {composed.subject}\n{headers}\n{html.fragment(composed)}"
    else:
        shown = text.text(composed)
    sys.stdout.write(shown.rstrip("\n") + "\n")
