"""`watchd render`: a hit, or a digest, as a receiver would get it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.session import MOST, as_typed, console, has_colour, now, session
from watchd.errors import WatchdError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from watchd.config import Config
    from watchd.model import Alert, Digest
    from watchd.store import Store

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd render 42                        as a terminal shows it\n"
    "  watchd render 42 --to slack             the Block Kit JSON\n"
    "  watchd render 42 --to all --out shown   a file for each: open shown/mail.html\n"
    "  watchd render 42 --receiver desk        with the templates of that receiver\n"
    "  watchd render --digest desk             what waits for it, as one message"
)
_HEADINGS = {
    "text": "the whole message",
    "card": "a card",
    "line": "a line",
    "html": "HTML, for most services",
    "email": "a mail",
    "slack": "Slack",
}


def render(
    hit: Annotated[
        int | None,
        typer.Argument(metavar="[HIT]", min=1, max=MOST, help="Its number, as in `watchd hits`."),
    ] = None,
    to: Annotated[
        Literal["text", "card", "line", "html", "email", "slack", "all"],
        typer.Option("--to", help="For whom."),
    ] = "text",
    receiver: Annotated[
        str, typer.Option("--receiver", help="With the templates of this receiver.")
    ] = "",
    digest: Annotated[
        str,
        typer.Option("--digest", metavar="RECEIVER", help="In place of HIT: what waits for it."),
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write files into this folder.")
    ] = None,
    _config: ConfigFile = "",
) -> None:
    """Show a hit's message, or a digest, as it is, or would be, sent. Nothing is sent."""
    from watchd.render.dresses import FILES, dresses

    if (hit is not None) == bool(digest):
        raise typer.BadParameter("give one of HIT and --digest")
    config = session().config()
    templates = _templates(config, receiver) if receiver else {}
    alert = _digest(config, digest) if hit is None else _alert(config, hit)
    zone = config.notify.readers
    too_long = list[str]()
    files = dresses(alert, templates, zone, too_long.append)
    for said in too_long:
        console(stderr=True).print(f"warning: {said}", highlight=False, soft_wrap=True)
    chosen = list(FILES) if to == "all" else [to]
    if out is not None:
        _write(out, {name: files[name] for dress in chosen for name in FILES[dress]})
        return
    for dress in chosen:
        if to == "all":
            console().print(f"── {_HEADINGS[dress]} ──", style="dim")
        if dress == "text":
            _print_text(alert, zone)
        else:
            sys.stdout.write("\n".join(files[name] for name in FILES[dress]))
        if to == "all":
            sys.stdout.write("\n")
        sys.stdout.flush()


def _print_text(alert: Alert | Digest, zone: tzinfo | None) -> None:
    from watchd.cli.show import terminal

    out = console()
    if has_colour(out):
        out.print(terminal(alert, zone=zone), soft_wrap=True)
        return
    from watchd.render.dresses import dresses

    # As it is sent: without signs for the marks.
    sys.stdout.write(dresses(alert, zone=zone)["message.txt"])


def _alert(config: Config, hit: int) -> Alert:
    from watchd.store import archive, history
    from watchd.store.around import around, behind
    from watchd.values import replace

    feeds = {feed.name: feed for feed in config.feeds}
    with session().store() as store:
        found = store.read(archive.list_hits, ids=[hit])
        if not found:
            raise WatchdError(f"there is no hit {hit}; `watchd hits` lists them")
        one = found[0]
        past = store.read(history.of_rule, one.hit.rule, hit, now())
        feed = feeds.get(one.stored.feed)
        publisher = feed.publisher if feed else one.stored.feed
        more = store.read(around, one, publisher)
        publishers = {name: each.publisher for name, each in feeds.items()}
        stories = store.read(behind, one, publishers)
    alert = one.alert(
        publisher=publisher,
        also=more.also,
        difference=more.difference,
        story=more.story,
        behind=stories,
    )
    return replace(alert, grade=feed.grade if feed else "", history=past)


def _digest(config: Config, receiver: str) -> Digest:
    from watchd.model import graded_digest
    from watchd.store import digests

    _known(config, receiver)
    publishers = {feed.name: feed.publisher for feed in config.feeds}
    with session().store() as store:
        waiting = store.read(digests.waiting, receiver, publishers, now())
        waiting = _with_board(config, store, waiting, receiver)
    return graded_digest(waiting, {feed.name: feed.grade for feed in config.feeds})


def _with_board(config: Config, store: Store, digest: Digest, receiver: str) -> Digest:
    """As it would begin. Where nothing waits, it is the digest that would be empty."""
    from watchd import briefing, rules
    from watchd.board import names
    from watchd.store import boards

    kinds = digest.scheduled if digest.rules else ("daily", "weekly")
    every = rules.load(config.rules_dir).rules
    shown = briefing.of_reader(config, every, receiver, kinds, now())
    if not shown:
        return digest
    found = store.read(boards.of_reader, names(shown), receiver, kinds)
    return briefing.on_top(digest, config, shown, *found, now())


def _templates(config: Config, receiver: str) -> Mapping[str, str]:
    _known(config, receiver)
    return next(one.templates for one in config.receivers if one.name == receiver)


def _known(config: Config, receiver: str) -> None:
    from watchd.tomlfile import nearest

    names = [one.name for one in config.receivers]
    if receiver not in names:
        guess = nearest(receiver, names)
        hint = f"; did you mean '{guess}'?" if guess else ""
        raise WatchdError(f"there is no receiver '{receiver}' in config.toml{hint}")


def _write(folder: Path, files: Mapping[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_text(content, encoding="utf-8")
            console(stderr=True).print(f"written: {as_typed(folder / name)}")
    except OSError as error:
        reason = (error.strerror or "unknown trouble").lower()
        raise WatchdError(f"{folder}: cannot be written: {reason}") from None
