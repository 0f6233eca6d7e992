"""All that happened to an item, step by step, each with its reason. Pure: rows in, steps out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from watchd.holding.words import TOLD, holds_of
from watchd.model import (
    Behind,
    Delivery,
    DeliveryState,
    Feed,
    FeedState,
    HeldFor,
    HitStatus,
    Observation,
    ReadingState,
    Reason,
    StoredHit,
    StoredItem,
)
from watchd.model.triage import Ack, Silence
from watchd.routing import EVERYBODY
from watchd.timing import told_span
from watchd.values import Struct, field

_STATUS = {
    HitStatus.ALERTED: "an alert was made",
    HitStatus.BASELINE: "found at the first look at its feed: kept, not sent",
    HitStatus.QUIET: "the rule was a draft or in test: kept, not sent",
    HitStatus.UNROUTED: "no route of the config leads to a receiver: kept, not sent",
    HitStatus.REPEATED: "the item was edited, and the rule had found these words before: not sent",
    HitStatus.SILENCED: "kept back by a silence: not sent",
    HitStatus.ACKED: "somebody had acknowledged the story, and these words: not sent",
    HitStatus.SAME_STORY: "the rule had told of the same story before: not sent again",
}
_STATES = {
    DeliveryState.PENDING: "to be sent",
    DeliveryState.SENDING: "being sent",
    DeliveryState.SENT: "sent",
    DeliveryState.UNKNOWN: "sent, and no answer came: it may have arrived",
    DeliveryState.FAILED: "not sent",
    DeliveryState.DROPPED: "withdrawn",
}
_ARTICLE = {
    ReadingState.WAITING: "the article behind its link is still to be fetched",
    ReadingState.READ: "the article behind its link was read, and shown to the rules",
    ReadingState.EMPTY: "the article behind its link was fetched, and nothing gained",
    ReadingState.FAILED: "the article behind its link is not to be had",
}

_COPIES = 10  # named
_WORDS = 8  # named, of what one item says
_NEVER_HELD = (HeldFor.FALLBACK, HeldFor.ESCALATED)  # but sent for that reason

Routed = Callable[[StoredHit, Delivery], str]
"""By which route the config as it is now would bring a hit there, as Destination.route; "": by
none."""


class Step(Struct, frozen=True, kw_only=True):
    """One thing that happened, or did not, and why."""

    reason: Reason
    text: str
    at: datetime | None = None  # None: it is not known when, or it is so now
    rule: str = ""
    hit: int | None = None
    endpoint: str = ""
    until: datetime | None = None  # of a hold


class Verdict(Struct, frozen=True, kw_only=True):
    """What a rule, as it is now, says of the item as it is now."""

    rule: str
    version: str
    matches: bool
    summary: str
    was: str = ""  # its name before
    over_time: bool = False  # the rule is one; it matches where one of its queries does


class Waiting(Protocol):
    """That others are told of a delivery that nobody acknowledges."""

    @property
    def after(self) -> timedelta: ...
    @property
    def receivers(self) -> tuple[str, ...]: ...
    @property
    def outcome(self) -> str: ...


class KnownHit(Struct, frozen=True, kw_only=True):
    """What the archive knows of a hit."""

    hit: StoredHit
    deliveries: Sequence[Delivery]
    told_by: int | None = None  # the hit on a copy that was sent in its place
    silence: Silence | None = None  # what kept it back
    ack: Ack | None = None  # of its story
    waits: Mapping[int, Waiting] = field(default_factory=dict)  # by delivery
    behind: Sequence[tuple[Behind, Observation | None]] = ()
    """Stories of a rule over time; None: what was found in it is no longer known."""


class Known(Struct, frozen=True, kw_only=True):
    """What the archive knows of an item."""

    stored: StoredItem
    seen: Sequence[datetime]  # when each revision came in
    state: FeedState | None  # of its feed; None: there is no such row
    hits: Sequence[KnownHit]
    copies: Sequence[tuple[int, str]] = ()  # other items of its story: number, feed
    counted: Sequence[tuple[str, Observation]] = ()  # what rules over time, by id, found in it


def chain(
    known: Known, *, feed: Feed | None, routed: Routed, verdicts: Sequence[Verdict] = ()
) -> tuple[Step, ...]:
    """The steps in their order: fetched, taken in, read, matched, decided, routed, held, sent.

    `feed` is as in the config, None when it left it. Of `verdicts` those count whose rule has no
    hit on the item. Every item has a step for how it came, for what it was, and for each rule
    that hit it, or that none did.
    """
    return tuple(_steps(known, feed, routed, verdicts))


def _steps(
    known: Known, feed: Feed | None, routed: Routed, verdicts: Sequence[Verdict]
) -> Iterator[Step]:
    yield _fetched(known, feed)
    yield from _taken_in(known)
    if reading := known.stored.reading:
        why = f": {reading.error}" if reading.error else ""
        yield Step(
            reason=Reason(f"article.{reading.state.value}"),
            text=_ARTICLE[reading.state] + why,
            at=reading.tried_at,
        )
    versions = {name: one.version for one in verdicts for name in (one.rule, one.was)}
    if known.copies:
        yield _copies(known.copies)
    for rule, seen in known.counted:
        old = "" if seen.wakes else "; as old news it starts no alert"
        text = f"it counts for the rule: {found_in(seen)}{old}"
        yield Step(reason=Reason.OVER_TIME_COUNTED, text=text, at=seen.at, rule=rule)
    for one in sorted(known.hits, key=lambda one: one.hit.id):
        hit = one.hit.hit
        now = versions.get(hit.rule, hit.rule_version)
        yield from _of_hit(one, routed, edited=now != hit.rule_version)
    hit_by = {one.hit.hit.rule for one in known.hits} | {rule for rule, _ in known.counted}
    others = [one for one in verdicts if not hit_by & {one.rule, one.was}]
    for other in others:
        reason, told = Reason.RULE_NOT, f"does not match: {other.summary}"
        if other.over_time:
            told = f"does not count for the rule: {other.summary}"
        elif other.matches:
            reason = Reason.RULE_LATER
            told = (
                "matches now, and there is no such hit in the archive: an item is matched once, "
                "when it comes in, and this one came in before the rule was as it is now"
            )
        yield Step(reason=reason, text=told, rule=other.rule)
    if not (known.hits or others or known.counted):
        yield Step(
            reason=Reason.RULE_NONE,
            text="no rule that was in force then was found in it",
            at=known.seen[-1] if known.seen else known.stored.seen_at,
        )


def _fetched(known: Known, feed: Feed | None) -> Step:
    stored, state = known.stored, known.state
    at = stored.first_seen_at
    if state is None:
        text = f"brought by the feed '{stored.feed}', of which nothing else is known any more"
        return Step(reason=Reason.FETCHED_UNKNOWN, text=text, at=at)
    how = [f"feed '{stored.feed}'" + ("" if feed else ", which left the config since")]
    pace = state.pace or (feed.interval if feed else None)
    if pace:
        how.append(f"it is asked about every {told_span(pace)}")
    if state.lying_at:
        how.append("it is asked for all of it each time, since its 304s hid news")
    if stored.baseline and at == state.baseline_at:
        how.insert(0, "the first look at its feed")
        return Step(reason=Reason.FETCHED_FIRST, text="; ".join(how), at=at)
    conditional = state.etag or state.last_modified
    if conditional and at == state.audited_at:
        how.insert(0, "a check that asked for all of it, whatever had changed")
        return Step(reason=Reason.FETCHED_WHOLE, text="; ".join(how), at=at)
    how.insert(0, "a check that was due by the feed's schedule")
    return Step(reason=Reason.FETCHED_SCHEDULE, text="; ".join(how), at=at)


def _taken_in(known: Known) -> Iterator[Step]:
    stored, state = known.stored, known.state
    at = stored.first_seen_at
    if not stored.baseline:
        yield Step(reason=Reason.ITEM_NEW, text="a new item", at=at)
    elif state is not None and state.baseline_at is not None and at > state.baseline_at:
        text = "old news that came up later: kept and matched, not sent"
        yield Step(reason=Reason.ITEM_BACKLOG, text=text, at=at)
    else:
        text = "it was there already when the feed was first looked at: kept and matched, not sent"
        yield Step(reason=Reason.ITEM_BASELINE, text=text, at=at)
    for number, seen in enumerate(known.seen[1:], 2):
        text = f"its text was edited: revision {number}, matched anew"
        yield Step(reason=Reason.ITEM_EDITED, text=text, at=seen)


def _copies(copies: Sequence[tuple[int, str]]) -> Step:
    named = ", ".join(f"item {number} ({feed})" for number, feed in copies[:_COPIES])
    rest = len(copies) - _COPIES
    more = f" and {rest} more" if rest > 0 else ""
    return Step(reason=Reason.STORY_COPIES, text=f"the same story as {named}{more}")


def _of_hit(known: KnownHit, routed: Routed, *, edited: bool) -> Iterator[Step]:
    hit = known.hit
    rule, number = hit.hit.rule, hit.id
    words = ", ".join(dict.fromkeys(f"“{one.quote}”" for one in hit.hit.evidence))
    by = f" by {words}" if words else ""
    version = ", by another version of the rule" if edited else ""
    where = f" in revision {hit.stored.revision}" if hit.stored.revision > 1 else ""
    yield Step(
        reason=Reason.RULE_MATCHED,
        text=f"it matched{by}{where}{version}",
        at=hit.at,
        rule=rule,
        hit=number,
    )
    yield from _over_time(known)
    text = _STATUS[hit.hit.status]
    if known.told_by:
        text += f": hit {known.told_by}"
    if one := known.silence:
        text += f": silence {one.id} ({one.told}), by {one.by}: {one.reason}"
    if hit.hit.update:
        text += ", as an update"
    if hit.hit.follow_up:
        text += f", as a follow-up: {hit.hit.follow_up}"
    yield Step(
        reason=Reason(f"hit.{hit.hit.status.value}"), text=text, at=hit.at, rule=rule, hit=number
    )
    yield from _said(known)
    for delivery in known.deliveries:
        yield from _of_delivery(known, delivery, routed)


def _over_time(known: KnownHit) -> Iterator[Step]:
    """The numbers of a rule over time, and the stories that made them."""
    numbers = known.hit.hit.over_time
    if numbers is None:
        return
    rule, number = known.hit.hit.rule, known.hit.id
    rest = numbers.stories - len(numbers.items)
    text = numbers.said + (f"; {rest} more than these stories are behind it" if rest > 0 else "")
    yield Step(reason=Reason.OVER_TIME_NUMBERS, text=text, at=numbers.at, rule=rule, hit=number)
    for one, seen in known.behind:
        what = f"{found_in(seen)}; " if seen else ""
        text = f"item {one.item} ({one.publisher}): {what}“{one.title}”"
        yield Step(reason=Reason.OVER_TIME_BEHIND, text=text, at=one.at, rule=rule, hit=number)


def found_in(seen: Observation) -> str:
    """What a rule over time found in an item: "step 1 ×2, step 2 ×1; ‘alien lands’"."""
    steps = ", ".join(f"{step_name(key)} ×{count}" for key, count in seen.steps.items())
    words = ", ".join(f"‘{one}’" for one in seen.words[:_WORDS])
    return "; ".join(filter(None, (steps, words)))


def step_name(key: str) -> str:
    """How the query under a key is called: "query", "step 1", "ratio.count"."""
    number = key.removeprefix("sequence.step.").removesuffix(".query")
    return f"step {int(number) + 1}" if number.isdecimal() else key


def _said(known: KnownHit) -> Iterator[Step]:
    """What people said of it."""
    rule, number = known.hit.hit.rule, known.hit.id
    if ack := known.ack:
        text = f"acknowledged by {ack.by}" + (f": {ack.note}" if ack.note else "")
        yield Step(reason=Reason.PEOPLE_ACKED, text=text, at=ack.at, rule=rule, hit=number)
    if mark := known.hit.mark:
        text = f"marked as {mark.word} by {mark.by}" + (f": {mark.note}" if mark.note else "")
        yield Step(reason=Reason.PEOPLE_MARKED, text=text, at=mark.at, rule=rule, hit=number)


def _of_delivery(known: KnownHit, one: Delivery, routed: Routed) -> Iterator[Step]:
    hit, rule, number = known.hit, known.hit.hit.rule, known.hit.id
    yield _way(hit, one, routed)
    for held, note in holds_of(one):
        yield Step(
            reason=Reason(f"held.{held.reason.value}"),
            text=TOLD[held.reason] + note,
            at=held.at,
            rule=rule,
            hit=number,
            endpoint=one.endpoint,
            until=None if held.reason in _NEVER_HELD else held.until,
        )
    yield Step(
        reason=Reason(f"delivery.{one.state.value}"),
        text=_answered(one),
        at=one.finished_at or one.next_attempt_at,
        rule=rule,
        hit=number,
        endpoint=one.endpoint,
    )
    if waits := known.waits.get(one.id):
        yield Step(
            reason=Reason(f"escalation.{waits.outcome or 'open'}"),
            text=_escalation(waits, not_in=", not in quiet hours" if one.quiet else ""),
            rule=rule,
            hit=number,
            endpoint=one.endpoint,
        )


def _escalation(waits: Waiting, not_in: str) -> str:
    """To whom it goes on, or went, or why not. Whether it came there stands at its delivery."""
    to, span = ", ".join(waits.receivers), told_span(waits.after)
    return {
        "": f"it goes on to {to} when nobody acknowledges it within {span} of its delivery{not_in}",
        "escalated": f"sent on to {to}: nobody acknowledged it within {span}",
        "acknowledged": f"not sent on to {to}: somebody acknowledged it within {span}",
        "nobody": f"not sent on to {to}: had it already, or is no longer in the config",
    }[waits.outcome]


def _way(hit: StoredHit, one: Delivery, routed: Routed) -> Step:
    now = routed(hit, one)
    way = one.route or now
    if one.mode.startswith("escalated "):  # its reason may be a limit by now
        reason, text = Reason.ROUTE_ESCALATED, f"to {one.receiver}: {one.mode}"
    elif one.mode.startswith("fallback "):
        reason, text = Reason.ROUTE_FALLBACK, f"{one.receiver} is the fallback: {one.mode}"
    elif not way:
        text = f"to {one.receiver}, {one.mode}; by the config as it is now no route brings it there"
        reason = Reason.ROUTE_CHANGED
    else:
        reason = Reason.ROUTE_USUAL if way == EVERYBODY else Reason.ROUTE_TAKEN
        text = f"by {way} to {one.receiver}, {one.mode}"
        if not one.route:
            text += "; so by the config as it is now: what it was then was not kept"
        elif not now:
            reason = Reason.ROUTE_CHANGED
            text += "; by the config as it is now no route would bring it there"
        elif now != way:
            text += f"; by the config as it is now: {now}"
    return Step(
        reason=reason,
        text=text,
        at=one.created_at,
        rule=hit.hit.rule,
        hit=hit.id,
        endpoint=one.endpoint,
    )


def _answered(one: Delivery) -> str:
    said = _STATES[one.state]
    if one.error and one.state is not DeliveryState.SENT:
        said += f": {one.error}"
    if one.attempts > 1:
        said += f"; {one.attempts} attempts"
    return f"{said}; marked as a possible repeat" if one.may_repeat else said
