"""What `watchd try` tells people: the count, a chart, words, samples, and what to do about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from rich.text import Text

from watchd.cli.chart import chart
from watchd.cli.past import Past
from watchd.cli.session import console, has_colour, number
from watchd.cli.show import found_text
from watchd.cli.trial import BEARABLE, Trial
from watchd.render.inert import inert
from watchd.rules.rule import AnyRule

_WORDS = 10
_SOURCES = 6


def tell(trial: Trial, looked: Past) -> None:
    """Print it all."""
    out = console()
    colour = has_colour(out)
    out.print(_count(trial, looked))
    for line in _remarks(trial, looked):
        out.print(line)
    span = trial.span(looked.window)
    if trial.hits:
        if span and trial.per_day:
            out.print()
            for line in _chart(trial, *span):
                out.print("  " + line)
        out.print()
        if words := trial.words(_WORDS):
            out.print("matched most: " + _listed(words))
        if len(trial.by_source) > 1:
            out.print("by source:    " + _listed(trial.by_source.most_common(), _SOURCES))
    for found in trial.samples:
        out.print()
        out.print(found_text(found, colour=colour))
    shown = len(list(trial.samples))
    if shown and (more := trial.hits - shown):
        out.print(f"\n… and {more:,} more (--samples {trial.hits})")
    for place, (found, why) in enumerate(trial.nearest()):
        if not found.evidence and trial.items > 1:
            out.print(f"\nNot one of them comes near: {why}.")
            return
        if not place:
            out.print("\nNearest to a hit:" if trial.items > 1 else "\nWhat is missing:")
        out.print(found_text(found, colour=colour))
        out.print(Text(f"    but {why}", "dim"))


def period(start: datetime, end: datetime) -> str:
    """Two days and what is between them, for people."""
    first, last = (f"{day:%d %b %Y}".lstrip("0") for day in (start, end))
    return f"of {first}" if first == last else f"from {first} to {last}"


def _count(trial: Trial, looked: Past) -> Text:
    text = Text(f"{trial.rule.id}: ").append(number(trial.hits, "hit"), "bold")
    text.append(f" in {number(trial.items, 'item')}")
    if len(trial.sources) > 1:
        text.append(f" of {number(len(trial.sources), 'source')}")
    if span := trial.span(looked.window):
        text.append(f", {period(*span)}")
    weekly = trial.weekly(looked.window)
    if weekly is not None and trial.hits:
        text.append(f"; about {often(weekly)}")
    return text


def often(weekly: float, noun: str = "alert") -> str:
    """So many alerts a week, in words."""
    if weekly >= 0.95:
        return f"{number(round(weekly), noun)} a week"
    return f"1 {noun} in {number(round(1 / weekly), 'week')}" if weekly else f"no {noun} a week"


def _remarks(trial: Trial, looked: Past) -> Iterator[str]:
    rule = trial.rule
    if not trial.items:
        yield nothing_in(looked)
        return
    if trial.unread:
        yield left_out(rule, trial.unread, trial.sources, looked)
    yield from standing(rule, trial.now)
    if trial.noisy(looked.window):
        word, count = trial.words(1)[0] if trial.words(1) else ("", 0)
        share = f" (“{inert(word)}” is in {count / trial.hits:.0%} of the hits)" if word else ""
        yield (
            f"{noisy(rule)} Narrow the rule with AND, NEAR or EXCEPT{share}, or lower its severity."
        )


def nothing_in(looked: Past) -> str:
    """There was no item at all."""
    if looked.stored:
        return f"There is nothing in {looked.origin}: `watchd run` fills it."
    return f"There is no item in {looked.origin}."


def standing(rule: AnyRule, now: datetime) -> Iterator[str]:
    """What keeps the rule from finding, or sending, at work."""
    if rule.status != "stable":
        what = "finds nothing" if rule.status == "off" else "sends nothing"
        yield f'The rule has status = "{rule.status}": at work it {what}.'
    elif not rule.active(now):
        yield f"The rule is past its last day, {rule.expires}: at work it finds nothing."


def noisy(rule: AnyRule) -> str:
    """That there are more alerts than people read."""
    return (
        f"Noisy: alerts of severity {rule.severity} go unread when they are more than "
        f"{BEARABLE[rule.severity]} a week."
    )


def left_out(rule: AnyRule, unread: int, sources: Counter[str], looked: Past) -> str:
    """Which items `[sources]` of the rule leaves out; `sources` counts those of all items."""
    all_of_them = unread == sources.total()
    which = "all of these items" if all_of_them else number(unread, "item")
    reads = f"only {', '.join(rule.only)}" if rule.only else f"all but {', '.join(rule.except_)}"
    text = f"[sources] of the rule leaves out {which}: it reads {reads}"
    if not all_of_them:
        return text + "."
    names = [inert(name) for name, _ in sources.most_common(_SOURCES) if name]
    here = f"these are of {', '.join(names)}" if names else "these have no source"
    advice = "" if looked.stored else " Say with --source NAME which feed they would come from."
    return f"{text}, and {here}.{advice}"


def _chart(trial: Trial, start: datetime, end: datetime) -> Iterator[str]:
    yield from chart(trial.per_day, start.date(), end.date())
    older = sum(count for day, count in trial.per_day.items() if day < start.date())
    if older:
        yield f"and {number(older, 'hit')} in older items"
    if trial.undated:
        yield f"and {number(trial.undated, 'hit')} in items without a date"


def _listed(counts: Iterable[tuple[str, int]], most: int = _WORDS) -> str:
    every = Counter(dict(counts)).most_common()
    told = [f"{inert(name, 60) or '(none)'} {count:,}" for name, count in every[:most]]
    return " · ".join([*told, *(["…"] if len(every) > most else [])])
