"""What `watchd explain` tells of an item and its rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.text import Text

from watchd.chain import KnownHit, Step, Waiting
from watchd.cli.clausetree import explanation_json, mark, tree_text, verdict, words_of
from watchd.cli.session import console, has_colour, iso
from watchd.cli.show import ack_json, hit_json, item_json, parsed_json, reading_told, sample
from watchd.cli.subject import Subject
from watchd.model.reasons import Reason
from watchd.render.inert import inert
from watchd.rules import Rule
from watchd.rules.explain import Explanation
from watchd.rules.rule import Probe

_WIDTH = max(len(reason.value) for reason in Reason)


def as_json(
    subject: Subject, told: Iterable[Explanation], hits: Iterable[KnownHit], steps: Iterable[Step]
) -> dict[str, Any]:
    """The item, of each rule what came of it, and all that happened."""
    if subject.stored:
        item = item_json(subject.stored)
    else:
        item = {"id": None, "source": subject.source, **parsed_json(subject.item)}
    rules = [{**explanation_json(one), "hit": _hit_json(_of(one.rule, hits))} for one in told]
    return {"item": item, "rules": rules, "chain": [_step_json(step) for step in steps]}


def _of(rule: Rule, hits: Iterable[KnownHit]) -> KnownHit | None:
    """The newest hit of a rule, under the name it has or had."""
    name = rule.of if isinstance(rule, Probe) else rule.id
    return next((one for one in hits if one.hit.hit.rule in (name, rule.was or name)), None)


def _hit_json(found: KnownHit | None) -> dict[str, Any] | None:
    if found is None:
        return None
    deliveries = [
        {
            "endpoint": one.endpoint,
            "state": one.state.value,
            "error": one.error or None,
            "held_for": one.held_for.value or None,
            "held_until": iso(one.held_until),
            "holds": [
                {"reason": each.reason.value, "at": iso(each.at), "until": iso(each.until)}
                for each in one.holds
            ],
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


def _escalation_json(waits: Waiting | None) -> dict[str, Any] | None:
    if waits is None:
        return None
    return {
        "after_seconds": round(waits.after.total_seconds()),
        "to": list(waits.receivers),
        "outcome": waits.outcome or None,
    }


def tell_rules(subject: Subject, explanations: Sequence[Explanation]) -> None:
    """The item, and of each rule its clause tree."""
    out = console()
    _tell_item(subject, explanations)
    for explanation in explanations:
        says = ": " if explanation.matches else " does not match: "
        out.print(Text(explanation.rule.id + says, "bold").append(explanation.summary))
        out.print(tree_text(explanation.tree, indent="  "))
        for reason in explanation.left_out:
            out.print(Text("  ").append(mark(False)).append(reason))


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


def tell_chain(steps: Iterable[Step]) -> None:
    """What happened to an item of the archive: when, why, what."""
    out = console()
    out.print("\nWhat happened (times in UTC):")
    for step in steps:
        when = f"{step.at:%Y-%m-%d %H:%M}" if step.at else ""
        line = Text(f"  {when:16}  ").append(f"{step.reason.value:{_WIDTH}} ", "bold")
        about = step.endpoint or step.rule
        line.append(f"{inert(about, 200)}: " if about else "")
        line.append(inert(step.text, 600))
        if step.until:
            line.append(f" until {step.until:%Y-%m-%d %H:%M}")
        out.print(line.append(f" (hit {step.hit})" if step.hit and not step.endpoint else ""))


def _step_json(step: Step) -> dict[str, Any]:
    return {
        "reason": step.reason.value,
        "at": iso(step.at),
        "rule": step.rule or None,
        "hit": step.hit,
        "endpoint": step.endpoint or None,
        "until": iso(step.until),
        "text": step.text,
    }
