"""`watchd words`: what is said more, less, or for the first time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.session import MOST, console, iso, now, number, print_json, session
from watchd.cli.session import since as moment_of
from watchd.errors import WatchdError
from watchd.values import replace

if TYPE_CHECKING:
    from rich.text import Text

    from watchd.model.words import Phrase, Words

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
    from watchd.vocabulary import survey

    reference = now()
    start = moment_of(since, reference) or reference
    before = moment_of(baseline, start, "--baseline") or start
    if before >= start:
        raise typer.BadParameter("the baseline has to begin before the period does")
    with session().store() as store:
        found = survey(
            store,
            baseline=before,
            since=start,
            until=reference,
            feeds=[feed] if feed else None,
            languages=[lang] if lang else (),
            ignore=_ignored(ignore),
        )
    shown = replace(found, phrases=found.phrases[: limit or None])
    if as_json:
        print_json(_json(shown))
    else:
        _tell(shown)


def _ignored(path: Path | None) -> list[str]:
    from watchd.config.values import terms

    if path is None:
        return []
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise WatchdError(f"{path}: cannot be read: {error}") from error
    return list(terms(text))


def _json(found: Words) -> dict[str, Any]:
    return {
        "since": iso(found.since),
        "baseline": iso(found.baseline),
        "texts": found.texts,
        "texts_before": found.texts_before,
        "tried": found.tried,
        "not_ready": list(found.not_ready),
        "words": [_phrase_json(one) for one in found.phrases],
    }


def _phrase_json(phrase: Phrase) -> dict[str, Any]:
    return {
        "words": phrase.words,
        "lang": phrase.lang or None,
        "kind": phrase.kind,
        "now": phrase.now,
        "of": phrase.of_now,
        "before": phrase.before,
        "of_before": phrase.of_before,
        "change": round(phrase.change, 2),
        "g2": round(phrase.g2, 1),
        "chance": float(f"{phrase.chance:.2g}"),
        "examples": [
            {"title": one.title, "url": one.url, "source": one.source, "at": iso(one.at)}
            for one in phrase.examples
        ],
    }


def _tell(found: Words) -> None:
    out = console()
    out.print(
        f"{number(found.texts, 'text')} since {found.since:%Y-%m-%d}, held against "
        f"{found.texts_before:,} since {found.baseline:%Y-%m-%d}; "
        f"{number(found.tried, 'phrase')} tried"
    )
    for lang in found.not_ready:
        out.print(f"Too few texts before that in {lang or 'no known language'} to compare.")
    if not found.phrases:
        out.print("Nothing rose or fell by more than chance.")
    for kind, heading in (("new", "New"), ("rose", "Rose"), ("fell", "Fell")):
        of_kind = [one for one in found.phrases if one.kind == kind]
        if of_kind:
            out.print(f"\n{heading}")
        for one in of_kind:
            out.print(_phrase_text(one))


def _phrase_text(phrase: Phrase) -> Text:
    from rich.text import Text

    from watchd.render.inert import inert, link
    from watchd.render.phrases import numbers

    text = Text("  ").append(inert(phrase.words, 100), _STYLE[phrase.kind])
    text.append(f"  {numbers(phrase)}" + (f"  [{phrase.lang}]" if phrase.lang else ""))
    for one in phrase.examples:
        heading = f"{one.at:%Y-%m-%d}  {inert(one.source)}  {inert(one.title, 120)}"
        text.append(f"\n      {heading}  {link(one.url)}".rstrip(), "dim")
    return text
