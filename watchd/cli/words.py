"""`watchd words`: what is said more, less, or for the first time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watchd.cli.session import MOST, ConfigFile, console, iso, now, number, print_json, session
from watchd.cli.session import since as moment_of
from watchd.errors import WatchdError

if TYPE_CHECKING:
    from rich.text import Text

    from watchd.model import StoredItem
    from watchd.words.shift import Shift, Shifts, Story

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd words\n"
    "  watchd words --since 14d --baseline 90d --source kcna-en\n"
    "  watchd words --lang ko --ignore anniversaries.txt --json"
)

_STYLE = {"new": "bold green", "rose": "green", "fell": "red"}


def words(
    since: Annotated[str, typer.Option("--since", help="The period: the last 7d, 2w, …")] = "7d",
    baseline: Annotated[
        str, typer.Option("--baseline", help="What it is held against: the 28d, 90d, … before it.")
    ] = "28d",
    feed: Annotated[str, typer.Option("--source", help="In items of this feed only.")] = "",
    lang: Annotated[str, typer.Option("--lang", help="In items of this language only.")] = "",
    ignore: Annotated[
        Path | None, typer.Option("--ignore", help="A file of terms to leave out, one a line.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=0, max=MOST, help="At most so many; 0: all.")
    ] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    _config: ConfigFile = "",
) -> None:
    """Tell which terms and phrases rose, fell or are new, with the headlines behind them."""
    from watchd.words.shift import shifts

    reference = now()
    start = moment_of(since, reference) or reference
    before = moment_of(baseline, start, "--baseline") or start
    if before >= start:
        raise typer.BadParameter("the baseline has to begin before the period does")
    items = _items(feed, before)
    recent, older = _stories(items, start, before, lang)
    found = shifts(recent, older, ignore=_ignored(ignore))
    shown = replace(found, found=found.found[: limit or None])
    if as_json:
        print_json(_json(shown, recent, older, start, before))
    else:
        _tell(shown, recent, older, start, before)


def _items(feed: str, before: datetime) -> Iterable[StoredItem]:
    from watchd.store import archive

    with session().store() as store:
        at: int | None = 1
        while at is not None:
            page = store.read(archive.next_items, at, feed=feed, since=before)
            yield from page
            at = page[-1].id + 1 if page else None


def _stories(
    items: Iterable[StoredItem], start: datetime, before: datetime, lang: str
) -> tuple[list[Story], list[Story]]:
    """The distinct texts of the period and of the baseline; one that is in both is old."""
    from watchd.language import told
    from watchd.text import fold
    from watchd.words.shift import Story

    recent: dict[str, Story] = {}
    older: dict[str, Story] = {}
    for stored in items:
        item = stored.item
        at = min(item.published or stored.first_seen_at, stored.first_seen_at)
        spoken = told(item.lang, f"{item.title}\n{item.text}", item.article)
        if at < before or (lang and spoken.partition("-")[0] != lang):
            continue
        text = f"{item.title}\n\n{item.article or item.text}"
        period = recent if at >= start else older
        story = Story(
            text=text, title=item.title, url=item.url, source=stored.feed, lang=spoken, at=at
        )
        period.setdefault(fold(text).text, story)
    return [one for text, one in recent.items() if text not in older], list(older.values())


def _ignored(path: Path | None) -> list[str]:
    if path is None:
        return []
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise WatchdError(f"{path}: cannot be read: {error}") from error
    return [term for line in lines if (term := line.partition("#")[0].strip())]


def _json(
    found: Shifts, recent: list[Story], older: list[Story], start: datetime, before: datetime
) -> dict[str, Any]:
    return {
        "since": iso(start),
        "baseline": iso(before),
        "texts": len(recent),
        "texts_before": len(older),
        "tried": found.tried,
        "not_ready": list(found.not_ready),
        "words": [_shift_json(shift) for shift in found.found],
    }


def _shift_json(shift: Shift) -> dict[str, Any]:
    return {
        "words": shift.words,
        "lang": shift.lang or None,
        "kind": shift.kind,
        "now": shift.now,
        "of": shift.of_now,
        "before": shift.before,
        "of_before": shift.of_before,
        "change": round(shift.change, 2),
        "g2": round(shift.g2, 1),
        "chance": float(f"{shift.chance:.2g}"),
        "examples": [
            {"title": one.title, "url": one.url, "source": one.source, "at": iso(one.at)}
            for one in shift.examples
        ],
    }


def _tell(
    found: Shifts, recent: list[Story], older: list[Story], start: datetime, before: datetime
) -> None:
    out = console()
    out.print(
        f"{number(len(recent), 'text')} since {start:%Y-%m-%d}, held against {len(older):,} "
        f"since {before:%Y-%m-%d}; {number(found.tried, 'phrase')} tried"
    )
    for lang in found.not_ready:
        out.print(f"Too few texts before that in {lang or 'no known language'} to compare.")
    if not found.found:
        out.print("Nothing rose or fell by more than chance.")
    for kind, heading in (("new", "New"), ("rose", "Rose"), ("fell", "Fell")):
        of_kind = [shift for shift in found.found if shift.kind == kind]
        if of_kind:
            out.print(f"\n{heading}")
        for shift in of_kind:
            out.print(_shift_text(shift))


def _shift_text(shift: Shift) -> Text:
    from rich.text import Text

    from watchd.render.inert import inert, link

    text = Text("  ").append(inert(shift.words, 100), _STYLE[shift.kind])
    text.append(
        f"  {shift.now:,} of {shift.of_now:,}, before {shift.before:,} of {shift.of_before:,}; "
        f"chance {told_chance(shift.chance)}" + (f"  [{shift.lang}]" if shift.lang else "")
    )
    for one in shift.examples:
        heading = f"{one.at:%Y-%m-%d}  {inert(one.source)}  {inert(one.title, 120)}"
        text.append(f"\n      {heading}  {link(one.url)}".rstrip(), "dim")
    return text


def told_chance(chance: float) -> str:
    """A chance for people: "0.7 %", "under 0.01 %"."""
    return "under 0.01 %" if chance < 0.0001 else f"{100 * chance:.2g} %"
