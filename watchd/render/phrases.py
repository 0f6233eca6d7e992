"""A report on words: which phrases rose, fell or are new, each with its numbers and headlines."""

from __future__ import annotations

from collections import Counter

from watchd.model.words import Example, Phrase, PhraseKind, Words
from watchd.render.entry import Entry, Section
from watchd.render.inert import inert, link
from watchd.render.message import at

_KINDS: tuple[PhraseKind, ...] = ("new", "rose", "fell")
_GIST = 6  # phrases in a message of one line


def title(words: Words) -> str:
    """ "Weekly words: 3 new, 2 rose"."""
    often = words.mode.partition("@")[0].capitalize()
    name = f" ({inert(words.name, 64)})" if words.name != "words" else ""
    counted = Counter(one.kind for one in words.phrases)
    counts = ", ".join(f"{counted[kind]} {kind}" for kind in _KINDS if counted[kind])
    more = f", and {words.more} more" if words.more else ""
    return f"{often} words{name}: {counts or 'nothing changed'}{more}"


def gist(words: Words) -> str:
    """The surest of them in a line; "" where there is none."""
    named = [f"“{inert(one.words, 60)}” {one.kind}" for one in words.phrases[:_GIST]]
    return ", ".join(named)


def intro(words: Words) -> str:
    """What was compared, and what could not be."""
    said = [
        f"{words.texts:,} text{'' if words.texts == 1 else 's'} from {at(words.since)} to "
        f"{at(words.until)}, held against {words.texts_before:,} since {at(words.baseline)}; "
        f"{words.tried:,} phrases tried."
    ]
    if words.share > 1:
        said.append(f"Only one text in {words.share} was counted: memory is short for all of them.")
    if not words.phrases:
        said.append("Nothing rose or fell by more than chance.")
    if words.not_ready:
        named = ", ".join(inert(one, 20) or "no known language" for one in words.not_ready)
        said.append(f"Too few texts before that to compare: {named}.")
    return " ".join(said)


def sections(words: Words) -> tuple[Section, ...]:
    """One for each phrase, the surest first."""
    return tuple(map(_section, words.phrases))


def _section(one: Phrase) -> Section:
    lang = f" ({inert(one.lang, 20)})" if one.lang else ""
    return Section(
        title=f"[{one.kind.upper()}] “{inert(one.words, 100)}”{lang}: {numbers(one)}",
        entries=tuple(map(_entry, one.examples)),
        count=len(one.examples),
        command="",
    )


def numbers(one: Phrase) -> str:
    """ "9 of 40, before 0 of 300; chance 0.7 %"."""
    return (
        f"{one.now:,} of {one.of_now:,}, before {one.before:,} of {one.of_before:,}; "
        f"chance {told_chance(one.chance)}"
    )


def told_chance(chance: float) -> str:
    """A chance for people: "0.7 %", "under 0.01 %"."""
    return "under 0.01 %" if chance < 0.0001 else f"{100 * chance:.2g} %"


def _entry(example: Example) -> Entry:
    return Entry(
        headline=inert(example.title, 200) or "(no headline)",
        source=f"{inert(example.source, 80)} · {at(example.at)}",
        url=link(example.url),
    )
