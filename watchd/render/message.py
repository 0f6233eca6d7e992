"""What an alert says, in the order in which it is said; the renderers only choose the dress."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from watchd.holding.words import DELAYED
from watchd.model import MANY, Alert, Evidence, History, Notice, Severity
from watchd.render import overtime
from watchd.render.entry import Entry
from watchd.render.excerpt import MOST, Line, Segment, excerpts, marked, plain
from watchd.render.inert import cut, header, inert, link
from watchd.timing import told_span
from watchd.values import Struct

_LINES = 20  # feeds named in one notice
REPEAT = ("REPEAT? An earlier attempt to send this may have arrived.", "REPEAT? ")
"""What is said of a message that may be a repeat: in its first line, and in its subject."""
REPEAT_MARK = "REPEAT?"
_QUOTES = 8  # matched words named in the why line; the snippets show the rest
_PUBLISHERS = 5  # named as having the story, too
_TRIAL = "TEST: this is a trial message; no feed said this."
_TRIAL_OF_HIT = "TEST: this is a trial message with an earlier hit; it is not new."
_FIELDS = {"article": "the full text"}


class Message(Struct, frozen=True, kw_only=True):
    """An alert in safe words: nothing in it is live anywhere, yet nothing in it is escaped."""

    severity: Severity
    note: str  # "" or why this one is special: a test, an update, perhaps a repeat
    rule_title: str
    headline: Line
    source: str
    times: str
    snippets: tuple[Line, ...]
    why: str
    url: str  # http or https; "" when the item has no link that is safe to offer
    footer: str
    subject: str  # one line of at most 100 characters
    hit: int
    rule: str
    thread: str  # the same for all messages of one day about one story
    without_url: str = "no link"  # what stands in the place of the link where there is none
    difference: str = ""  # what is new in an update, or ""
    also: str = ""  # "also: Yonhap, NK News (2 more publishers)", or ""
    history: str = ""  # how often the rule has matched, or ""
    picture: overtime.Picture | None = None  # of the numbers of a rule over time
    stories: tuple[Entry, ...] = ()  # behind them, the newest first
    more: int = 0  # stories behind them that are not named
    trial: bool = False
    is_notice: bool = False  # what watchd says of itself: its snippets are lines of their own
    aside: str = ""  # of silences that have ended; a part of the footer
    marks: tuple[str, ...] = ()  # the note in short words: "REPEAT?", "Delayed 2 h"

    @property
    def lead(self) -> str:
        """The first line up to the headline, e.g. "UPDATE: the text has changed. [HIGH] Title"."""
        lead = f"[{self.severity.upper()}] {self.rule_title}"
        return f"{self.note} {lead}" if self.note else lead

    @property
    def beneath(self) -> tuple[str, ...]:
        """What stands between the link and the footer."""
        return tuple(filter(None, (self.also, self.history)))

    @property
    def rest(self) -> str:
        """ "and 8 more", or ""."""
        return f"and {self.more:,} more" if self.stories and self.more else ""

    @property
    def stands_alone(self) -> bool:
        """Whether the link has a line of its own: the first of several stories has it already."""
        return not (self.url and self.stories and self.stories[0].url == self.url)

    @property
    def first_line(self) -> str:
        return f"{self.lead} — {plain(self.headline)}"


def compose(alert: Alert | Notice, zone: tzinfo | None = None) -> Message:
    """Put an alert, or a notice of watchd itself, into words.

    When an alert was seen is told in the `zone` of its readers, too.
    """
    if isinstance(alert, Notice):
        return _of_notice(alert)
    item = alert.item
    title = item.title or item.text[:200] or "(no headline)"
    headline = marked(title, _in(alert, "title") if item.title else (), limit=300)
    if alert.over_time:
        headline = (Segment(text=inert(alert.over_time.said, 400)),)
    rule = inert(alert.rule, 120)
    rule_title = inert(alert.rule_title, 120) or rule
    note, word, marks = _note(alert)
    story = alert.story or f"{alert.source}\n{item.key}"
    of_day = f"{story}\n{alert.seen_at.astimezone(UTC):%Y-%m-%d}"
    thread = hashlib.sha256(of_day.encode(errors="replace")).hexdigest()
    return Message(
        severity=alert.severity,
        note=note,
        rule_title=rule_title,
        headline=headline,
        source=_source(alert),
        times=_times(item.published, alert.seen_at, zone),
        snippets=_snippets(alert),
        why=_why(alert),
        url=link(item.url),
        footer=_footer(alert, rule),
        subject=header(
            f"{word}[{alert.severity.upper()}] {cut(rule_title, 40)} — {plain(headline)}"
        ),
        hit=alert.hit,
        rule=rule,
        thread=thread[:20],
        difference=inert(alert.difference, 900),
        also=_also(alert.also),
        history=_history(alert.history),
        picture=overtime.picture(alert.over_time) if alert.over_time else None,
        stories=overtime.entries(alert),
        more=overtime.more(alert),
        trial=alert.sample,
        aside=inert(alert.aside, 600),
        marks=marks,
    )


def _footer(alert: Alert, rule: str) -> str:
    """Which hit and rule this is, and the command that explains it."""
    explains = f"watchd explain hit:{alert.hit}" if alert.hit else ""
    version = inert(alert.rule_version, 40)
    said = (f"hit {alert.hit}", f"rule {rule}@{version}", explains, inert(alert.aside, 600))
    return " · ".join(filter(None, said))


def _also(publishers: Sequence[str]) -> str:
    if not publishers:
        return ""
    named = ", ".join(inert(one, 60) for one in publishers[:_PUBLISHERS])
    rest = len(publishers) - _PUBLISHERS
    count = f"{len(publishers)} more publisher{'' if len(publishers) == 1 else 's'}"
    return f"also: {named}{f' and {rest} others' if rest > 0 else ''} ({count})"


def _history(history: History | None) -> str:
    if history is None:
        return ""
    if history.last is None:
        return "history: the first hit of this rule"
    counts = f"{_many(history.today)} today, {_many(history.month)} in 30 d"
    return f"history: {counts}, the one before {at(history.last)}"


def _many(count: int) -> str:
    return f"{count}" if count < MANY else f"{MANY:,} or more"


def _of_notice(notice: Notice) -> Message:
    title = inert(notice.title, 200)
    repeat, word = REPEAT if notice.may_repeat else ("", "")
    lines = [inert(line, 400) for line in notice.lines]
    if len(lines) > _LINES:
        lines[_LINES:] = [f"… and {len(lines) - _LINES} more"]
    return Message(
        severity=notice.severity,
        note=repeat,
        rule_title="watchd",
        headline=(Segment(text=title),),
        source="watchd itself",
        times=at(notice.at),
        snippets=tuple((Segment(text=line),) for line in lines),
        why=inert(notice.why, 400),
        url="",
        footer=f"{notice.see} shows more" if notice.see else "watchd status shows all feeds",
        subject=header(f"{word}[{notice.severity.upper()}] watchd — {title}"),
        hit=0,
        rule="watchd/feeds",
        thread=hashlib.sha256(b"watchd/feeds").hexdigest()[:20],
        without_url=notice.see or "watchd feeds list",
        is_notice=True,
        marks=tuple(filter(None, (REPEAT_MARK if repeat else "", silenced_mark(notice.silenced)))),
    )


def _snippets(alert: Alert) -> tuple[Line, ...]:
    """The passages with the matched words; one of the article's, if it has any."""
    of_body = excerpts(alert.item.text, _in(alert, "body"))
    of_article = excerpts(alert.item.article, _in(alert, "article"))
    return (*of_body[: MOST - min(1, len(of_article))], *of_article)[:MOST]


def _in(alert: Alert, field: str) -> tuple[Evidence, ...]:
    return tuple(one for one in alert.evidence if one.field == field)


def _note(alert: Alert) -> tuple[str, str, tuple[str, ...]]:
    """Sentences for the first line, a word for the subject, and the marks of a line."""
    said: list[tuple[str, str]] = []  # each sentence with its mark, the most important last
    if _in(alert, "article"):
        said.append(("Matched in the full text.", ""))
    if alert.update:
        said.append(("UPDATE: this item was edited after it was published.", "UPDATE"))
    if alert.follow_up:
        said.append((f"FOLLOW-UP: {inert(alert.follow_up, 120)}.", "FOLLOW-UP"))
    if alert.escalated:
        span = inert(alert.escalated, 40)
        said.append((f"ESCALATED: nobody acknowledged this within {span}.", "ESCALATED"))
    word = f"{said[-1][1]}: " if said and said[-1][1] else ""
    if alert.kept:
        said.append((inert(alert.kept, 400), late_mark(alert.kept)))
    if alert.may_repeat:
        sentence, word = REPEAT
        said.append((sentence, REPEAT_MARK))
    if alert.sample:
        word = "TEST: "
        said.append((_TRIAL_OF_HIT if alert.hit else _TRIAL, ""))
    said.reverse()
    note = " ".join(sentence for sentence, _ in said)
    marks = [mark for _, mark in said] + [silenced_mark(alert.silenced)]
    return note, word, tuple(filter(None, marks))


def late_mark(kept: str) -> str:
    """ "Delayed 2 h" of what is said of a message that was kept; "" where it was not late."""
    first, _, _ = kept.partition(".")
    return inert(first, 40) if first.startswith(DELAYED) else ""


def silenced_mark(count: int) -> str:
    """What silences kept back, in a line, or ""."""
    return f"silences kept back {count} hit{'' if count == 1 else 's'}" if count else ""


def _source(alert: Alert) -> str:
    publisher, feed = inert(alert.publisher, 120), inert(alert.source, 120)
    parts = [publisher or feed]
    if alert.grade:
        parts[0] += f" (grade {inert(alert.grade, 10)})"
    if publisher and publisher != feed:
        parts.append(f"feed {feed}")
    if alert.item.author:
        parts.append(f"by {inert(alert.item.author, 120)}")
    if alert.item.lang:
        parts.append(f"language {inert(alert.item.lang, 20)}")
    return " · ".join(parts)


def _times(published: datetime | None, seen: datetime, zone: tzinfo | None) -> str:
    told = at_both(seen, zone)
    if published is None:
        return f"published: not stated · seen {told}"
    delay = seen - published
    if delay < -timedelta(minutes=1):
        # Some feeds date ahead: a time zone left out, or an embargo.
        said = f"{told_span(-delay)} before its own date"
    else:
        said = f"{told_span(delay)} later"
    return f"published {at(published)} · seen {told}, {said}"


def at(when: datetime) -> str:
    """A time as messages tell it."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def at_both(when: datetime, zone: tzinfo | None) -> str:
    """The same on the clocks of a zone, too, unless they show UTC; with the date, if it differs."""
    here = when.astimezone(zone or UTC)
    if not here.utcoffset():
        return at(when)
    shown = "%H:%M" if here.date() == when.astimezone(UTC).date() else "%Y-%m-%d %H:%M"
    return f"{at(when)} ({here.strftime(shown)} {zone})"


def _why(alert: Alert) -> str:
    """The rule's own reason, then the words that matched and where, each once."""
    quotes = dict.fromkeys((one.field, inert(one.quote, 60).strip()) for one in alert.evidence)
    fields: dict[str, list[str]] = {}
    for field, quote in list(quotes)[:_QUOTES]:
        fields.setdefault(field, []).append(f"‘{quote}’")
    found = "; ".join(
        f"{', '.join(words)} in {_FIELDS.get(field) or inert(field)}"
        for field, words in fields.items()
    )
    if len(quotes) > _QUOTES:
        found += f"; and {len(quotes) - _QUOTES} more"
    reason = alert.why
    if alert.over_time:  # its numbers are the headline
        reason = reason.removeprefix(alert.over_time.said).removeprefix(".").strip()
        reason = reason or "the numbers above"
    said = inert(reason, 400)
    if not found:
        return said
    return f"{said} · matched {found}" if said else f"matched {found}"
