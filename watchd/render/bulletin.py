"""What a digest says: by rule, the gravest first, each with its first headlines and their links."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import tzinfo
from math import ceil

from watchd.holding.words import INSTEAD, TOLD, UNHEARD
from watchd.model import SEVERITIES, Alert, Digest, HeldFor, OfRule, Severity
from watchd.model.words import Words
from watchd.render import phrases
from watchd.render.board import BoardPart, compose_board
from watchd.render.entry import Entry, Section
from watchd.render.inert import cut, header, inert, link
from watchd.render.message import REPEAT, REPEAT_MARK, at_both, late_mark, silenced_mark
from watchd.timing import told_span
from watchd.values import Struct, replace

_RULES = 30  # named, at most
_FEEDS = 10
_MARKED = 5  # rules whose marks are told
_LEAST = 2  # indicators of a problem


class Bulletin(Struct, frozen=True, kw_only=True):
    """A digest in safe words: nothing in it is live anywhere, yet nothing in it is escaped."""

    severity: Severity
    note: str  # "", or that it may be a repeat, or what is said once of its receiver
    marks: tuple[str, ...]  # the note in short words: "REPEAT?", "Delayed 2 h"
    title: str
    intro: str
    board: BoardPart | None  # on top of the sections
    sections: tuple[Section, ...]
    left_out: str  # "and 12 more rules: watchd hits", or ""
    noun: str  # what is left out where there is no room: "rules: watchd hits"
    gist: str  # what a message of one line says beside its title, or ""
    kind: str  # "digest", or "words": the name of its list
    footer: str
    subject: str
    thread: str

    @property
    def lead(self) -> str:
        """The first line."""
        return f"{self.note} {self.title}" if self.note else self.title

    @property
    def line(self) -> str:
        """The whole in one line: what it is, its marks, and what changed."""
        return " · ".join(filter(None, (self.title, ", ".join(self.marks), self.gist)))


def compose_digest(digest: Digest, zone: tzinfo | None = None) -> Bulletin:
    """Put a digest into words. When alerts were seen is told in the `zone` of its readers, too."""
    return _of_words(digest, digest.words) if digest.words else _of_alerts(digest, zone)


def _of_words(digest: Digest, words: Words) -> Bulletin:
    title = phrases.title(words)
    note, word, marks = _note(digest)
    return Bulletin(
        severity="info",
        note=note,
        marks=marks,
        title=title,
        intro=phrases.intro(words),
        board=None,
        sections=phrases.sections(words),
        left_out=f"and {words.more} more phrases: watchd words" if words.more else "",
        noun="phrases: watchd words",
        gist=phrases.gist(words),
        kind="words",
        footer=f"report {inert(words.name, 64)} · watchd words · message {digest.id}",
        subject=header(f"{word}{title}"),
        thread=_thread(f"words\n{words.name}\n{words.until:%Y-%m-%d}"),
    )


def _note(digest: Digest) -> tuple[str, str, tuple[str, ...]]:
    """What is special, the word for it in the subject, and its marks."""
    repeat, word = REPEAT if digest.may_repeat else ("", "")
    escalated = "ESCALATED" if UNHEARD in digest.kept else ""
    late, silenced = late_mark(digest.kept), silenced_mark(digest.silenced)
    marks = (REPEAT_MARK if repeat else "", late, escalated, silenced)
    said = (repeat, inert(digest.kept, 400), inert(digest.aside, 600))
    note = " ".join(filter(None, said))
    return note, word, tuple(filter(None, marks))


def _thread(words: str) -> str:
    return hashlib.sha256(words.encode(errors="replace")).hexdigest()[:20]


def _of_alerts(digest: Digest, zone: tzinfo | None) -> Bulletin:
    grave = max((SEVERITIES.index(one.severity) for one in digest.rules), default=0)
    severity = SEVERITIES[grave]
    level = f"[{severity.upper()}] " if digest.rules else ""
    title = level + _title(digest)
    note, word, marks = _note(digest)
    board = compose_board(digest.board) if digest.board else None
    rest = len(digest.rules) - _RULES
    well = "" if digest.rules else _well(digest)
    return Bulletin(
        severity=severity,
        note=note,
        marks=marks,
        title=title,
        intro=_intro(digest, zone),
        board=board,
        sections=tuple(_section(one, digest, zone) for one in digest.rules[:_RULES]),
        left_out=f"and {rest} more rules: watchd hits" if rest > 0 else "",
        noun="rules: watchd hits",
        gist=" · ".join(filter(None, (well, board.line if board else ""))),
        kind="digest",
        footer=_footer(digest),
        subject=header(f"{word}{title}"),
        thread=_thread(f"digest\n{digest.mode}\n{digest.at:%Y-%m-%d}"),
    )


def fitted(bulletin: Bulletin, fits: Callable[[Bulletin], bool]) -> Bulletin:
    """The same with as many headlines, and rules, as fit; the least there is where nothing does."""
    while not fits(bulletin) and (smaller := fewer(bulletin)):
        bulletin = smaller
    return bulletin


def fewer(bulletin: Bulletin) -> Bulletin | None:
    """The same with fewer headlines, indicators, or rules; None when nothing can be left out.

    The gravest rules keep their first headline the longest.
    The board goes down to two indicators of a problem before the last headline of a rule goes.
    """
    sections = bulletin.sections
    most = max((len(one.entries) for one in sections), default=0)
    on_board = bulletin.board.most if bulletin.board else 0
    if most > 1:
        shorter = (replace(one, entries=one.entries[: most - 1]) for one in sections)
        return replace(bulletin, sections=tuple(shorter))
    if most and on_board <= _LEAST:
        last = max(at for at, one in enumerate(sections) if one.entries)
        bare = (replace(one, entries=()) for one in sections[_shortened(last + 1) :])
        return replace(bulletin, sections=(*sections[: _shortened(last + 1)], *bare))
    if bulletin.board and on_board:
        return replace(bulletin, board=bulletin.board.fewer())
    if sections:
        kept = sections[: _shortened(len(sections))]
        return replace(bulletin, sections=kept, left_out=f"and more {bulletin.noun}")
    if bulletin.board and bulletin.board.problems:
        return replace(bulletin, board=bulletin.board.fewer())
    return None


def _shortened(count: int) -> int:
    """A fifth less, or one."""
    return count - max(1, count // 5)


def _title(digest: Digest) -> str:
    count = _number(digest.count, "alert")
    name = f"{_kind(digest)}: " if _kind(digest) else ""
    if not digest.rules:
        return f"{name}no alerts"
    first = digest.rules[0]
    if len(digest.rules) > 1:
        return f"{name}{count} of {len(digest.rules)} rules"
    title = inert(first.title, 60) or inert(first.rule, 60)
    if set(digest.reasons) == {HeldFor.THROTTLE}:
        return f"{name}{title}: +{first.count} since {first.since:%H:%M} UTC"
    return f"{name}{title}: {count}"


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _intro(digest: Digest, zone: tzinfo | None) -> str:
    if not digest.rules:
        return "No alert has come for this digest since the last one; watchd is at work."
    since = min(one.since for one in digest.rules)
    told = [f"Since {at_both(since, zone)}."]
    counted = {HeldFor(reason): count for reason, count in digest.reasons.items()}
    if set(counted) == {HeldFor.NOTHING}:
        told.append("They came at once, and so in one message.")
    elif len(counted) == 1:
        reason = next(iter(counted))
        words = "" if _is_told(reason, digest) else TOLD[reason]
        told.append(f"{words[0].upper()}{words[1:]}." if words else "")
    else:
        words = "; ".join(
            f"{count} {TOLD.get(reason, 'just found')}" for reason, count in counted.items()
        )
        told.append(f"{words[0].upper()}{words[1:]}.")
    return " ".join(filter(None, told))


def _is_told(reason: HeldFor, digest: Digest) -> bool:
    """Whether title or note say already why the alerts come together."""
    if reason is HeldFor.DIGEST:
        return bool(_kind(digest))
    said = {HeldFor.FALLBACK: INSTEAD, HeldFor.ESCALATED: UNHEARD}.get(reason)
    return said is not None and said in digest.kept


def _kind(digest: Digest) -> str:
    """ "Daily digest", or "" of one that has no time of its own."""
    kind = digest.mode.partition("@")[0]
    return f"{kind.capitalize()} digest" if kind in ("daily", "weekly") else ""


def _section(of_rule: OfRule, digest: Digest, zone: tzinfo | None) -> Section:
    title = inert(of_rule.title, 120) or inert(of_rule.rule, 120)
    hours = ceil(max(1.0, (digest.at - of_rule.since).total_seconds() / 3600 + 0.1))
    rule = inert(of_rule.rule, 120)
    return Section(
        title=f"[{of_rule.severity.upper()}] {title}: {of_rule.count}",
        entries=tuple(_entry(one, zone) for one in of_rule.alerts),
        count=of_rule.count,
        command=f"watchd hits --rule {rule} --since {hours}h",
    )


def _entry(alert: Alert, zone: tzinfo | None) -> Entry:
    item = alert.item
    headline = inert(item.title or item.text[:200], 200) or "(no headline)"
    if alert.over_time:
        headline = f"{inert(alert.over_time.said, 300)}: {headline}"
    seen = f"seen {at_both(alert.seen_at, zone)}"
    parts = [inert(alert.publisher, 80) or inert(alert.source, 80), seen]
    if alert.grade:
        parts[0] += f" (grade {inert(alert.grade, 10)})"
    if item.published and alert.seen_at > item.published:
        parts[1] += f", {told_span(alert.seen_at - item.published)} after it was published"
    if alert.also:
        count = len(alert.also)
        parts.append(f"{count} more publisher{'' if count == 1 else 's'}")
    update = "UPDATE: " if alert.update else ""
    said = f"{' · '.join(parts)} · hit {alert.hit}"
    return Entry(headline=f"{update}{headline}", source=said, url=link(item.url))


def _well(digest: Digest) -> str:
    """ "41 of 43 feeds are well": an empty digest is there to say that somebody looks."""
    well = digest.feeds - len(digest.trouble)
    one = 1 in (well, digest.feeds)
    return f"{well} of {_number(digest.feeds, 'feed')} {'is' if one else 'are'} well"


def _footer(digest: Digest) -> str:
    told = _well(digest)
    if digest.trouble:
        named = [f"{inert(name, 60)} {health}" for name, health in digest.trouble[:_FEEDS]]
        rest = len(digest.trouble) - _FEEDS
        told += f"; not well: {', '.join(named)}" + (f" and {rest} more" if rest > 0 else "")
    if digest.marks:
        marked = [f"{inert(one.rule, 60)} {one.told}" for one in digest.marks[:_MARKED]]
        told += f" · marked so far: {'; '.join(marked)}"
    return cut(f"{told} · watchd status · message {digest.id}", 900)
