"""`watchd mark`: whether a hit was worth the reading."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.saying import By, Note, about, author, hit_of, sentence
from watchd.cli.session import MOST, console, now, session

EXAMPLES = '\b\nExamples:\n  watchd mark 42 useful\n  watchd mark 43 noise -n "a film review"'


def mark(
    hit: Annotated[int, typer.Argument(metavar="HIT", min=1, max=MOST)],
    verdict: Annotated[Literal["useful", "noise"], typer.Argument(metavar="useful|noise")],
    note: Note = "",
    by: By = "",
    _config: ConfigFile = "",
) -> None:
    """Say whether a hit was useful, or noise. The last word on a hit counts."""
    from watchd.model.triage import Mark
    from watchd.store import acks

    useful, moment = verdict == "useful", now()
    said, who = sentence(note, "--note"), author(by)
    with session().store() as store:
        found = hit_of(store, hit)
        store.write(acks.set_mark, Mark(hit=hit, useful=useful, by=who, note=said, at=moment))
        (counted,) = store.read(acks.count_marks, [found.hit.rule])
    console().print(f"{verdict}: {about(found)}; so far {counted.told}")
