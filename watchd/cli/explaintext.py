"""What `watchd explain` tells of an item and its rules."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rich.text import Text

from watchd.cli.clausetree import explanation_json, mark, tree_text, verdict, words_of
from watchd.cli.session import ago, console, has_colour, iso
from watchd.cli.show import ack_json, hit_json, item_json, parsed_json, reading_told, sample
from watchd.cli.subject import Found, Subject
from watchd.holding.words import TOLD
from watchd.model import DeliveryState, HeldFor, HitStatus
from watchd.render.inert import inert
from watchd.rules import Rule
from watchd.rules.explain import Explanation
from watchd.store.escalations import Waits
from watchd.timing import told_span

_STATUS = {
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


_NEVER_HELD = (HeldFor.FALLBACK, HeldFor.ESCALATED)
_MINUTE = "%Y-%m-%d %H:%M"


def as_json(subject: Subject, told: Iterable[Explanation], hits: Iterable[Found]) -> dict[str, Any]:
    """The item, and of each rule what came of it."""
    if subject.stored:
        item = item_json(subject.stored)
    else:
        item = {"id": None, "source": subject.source, **parsed_json(subject.item)}
    rules = [{**explanation_json(one), "hit": _hit_json(_of(one.rule, hits))} for one in told]
    return {"item": item, "rules": rules}


def _of(rule: Rule, hits: Iterable[Found]) -> Found | None:
    """The newest hit of a rule, under the name it has or had."""
    return next((one for one in hits if one.hit.hit.rule in (rule.id, rule.was or rule.id)), None)


def _hit_json(found: Found | None) -> dict[str, Any] | None:
    if found is None:
        return None
    deliveries = [
        {
            "endpoint": one.endpoint,
            "state": one.state.value,
            "error": one.error or None,
            "held_for": one.held_for.value or None,
            "held_until": iso(one.held_until),
            "mode": one.mode,
            "escalation": _escalation_json(found.waits.get(one.id)),
        }
        for one in found.deliveries
    ]
    return {
        **hit_json(found.hit),
        "told_by": found.told_by,
        "ack": ack_json(found.ack) if found.ack else None,
        "deliveries": deliveries,
    }


def _escalation_json(waits: Waits | None) -> dict[str, Any] | None:
    if waits is None:
        return None
    return {
        "after_seconds": round(waits.after.total_seconds()),
        "to": list(waits.receivers),
        "outcome": waits.outcome or None,
    }


def tell_one(
    subject: Subject, explanation: Explanation, hits: Iterable[Found], now: datetime
) -> None:
    """One rule: its clause tree, and what became of the item with it."""
    out = console()
    _tell_item(subject, [explanation])
    says = ": " if explanation.matches else " does not match: "
    out.print(Text(explanation.rule.id + says, "bold").append(explanation.summary))
    out.print(tree_text(explanation.tree, indent="  "))
    for reason in explanation.left_out:
        out.print(Text("  ").append(mark(False)).append(reason))
    if subject.stored:
        for line in _fate(explanation, _of(explanation.rule, hits), now):
            out.print(line)


def tell_all(subject: Subject, matching: list[Explanation], nearest: list[Explanation]) -> None:
    """All rules: those that match, and those that come nearest, a line for each."""
    out = console()
    _tell_item(subject, matching)
    count = len(matching)
    out.print(f"{count} rule{'s' * (count != 1)} match{'es' * (count == 1)} this item")
    for one in matching:
        out.print(verdict(one))
    if nearest:
        out.print("\nnearest of the others:")
    for one in nearest:
        out.print(verdict(one))


def _tell_item(subject: Subject, explanations: Iterable[Explanation]) -> None:
    out, stored, item = console(), subject.stored, subject.item
    heading = [
        f"item {stored.id}" if stored else "",
        f"revision {stored.revision}" if stored and stored.revision > 1 else "",
        f"{item.published:%Y-%m-%d}" if item.published else "",
        inert(subject.source),
        inert(item.url, 300),
    ]
    if any(heading):
        out.print(Text("  ".join(filter(None, heading)), "dim"))
    if stored and stored.reading:
        out.print(Text(reading_told(stored.reading), "dim"))
    words = {word for one in explanations for word in words_of(one.tree)}
    out.print(sample(item, tuple(sorted(words)), colour=has_colour(out)))
    out.print()


def _fate(explanation: Explanation, found: Found | None, now: datetime) -> Iterable[str]:
    """What became of an item of the archive."""
    if found is None:
        if explanation.matches:
            yield (
                "There is no such hit in the archive: an item is matched once, when it comes in, "
                "and this one came in before the rule was as it is now."
            )
        return
    hit, version = found.hit.hit, explanation.rule.version
    by = "" if hit.rule_version == version else " by another version of the rule"
    yield f"Hit {found.hit.id}, found {ago(found.hit.at, now)}{by}"
    if hit.status is not HitStatus.ALERTED:
        by_copy = f": hit {found.told_by}" if found.told_by else ""
        yield f"  {_STATUS[hit.status]}{by_copy}"
    yield from _said(found, now)
    for one in found.deliveries:
        why = f": {one.error}" if one.error and one.state is not DeliveryState.SENT else ""
        if one.held_for and one.held_until:
            until = "" if one.held_for in _NEVER_HELD else f" until {one.held_until:{_MINUTE}} UTC"
            why = f", {TOLD[one.held_for]}{until}{why}"
        yield f"  {one.endpoint}: {_STATES[one.state]}{why}"
        if waits := found.waits.get(one.id):
            yield f"    {_escalation(waits)}"


def _said(found: Found, now: datetime) -> Iterable[str]:
    """What people said of it."""
    if silence := found.silence:
        yield f"  silence {silence.id} ({silence.told}), by {silence.by}: {silence.reason}"
    if ack := found.ack:
        yield f"  acknowledged by {ack.by} {ago(ack.at, now)}" + (f": {ack.note}" * bool(ack.note))
    if mark := found.hit.mark:
        yield f"  marked as {mark.word} by {mark.by}" + (f": {mark.note}" * bool(mark.note))


def _escalation(waits: Waits) -> str:
    """Who else is told, or was, or why not."""
    to, span = ", ".join(waits.receivers), told_span(waits.after)
    return {
        "": f"{to} is told when nobody acknowledges it within {span} of its delivery",
        "escalated": f"{to} was told: nobody acknowledged it within {span}",
        "acknowledged": f"{to} was not told: somebody acknowledged it within {span}",
        "nobody": f"{to} had it already, or is no longer in the config",
    }[waits.outcome]
