"""From an item to what the rules over time observe in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from watchd.overtime.windows import words_of
from watchd.rules.rule import OverTime, Probe, Rule

if TYPE_CHECKING:
    from watchd.rules.ruleset import Match


def probes(rule: OverTime, rules: Mapping[str, Rule]) -> Iterator[Probe]:
    """The queries of a rule over time, as rules to look for; `rules` are those it may name."""
    queries = dict(rule.queries)
    for number, step in enumerate(getattr(rule.table, "step", ())):
        if step.rule and (named := named_rule(step.rule, rules)):
            queries[f"sequence.step.{number}.query"] = named.query
    for step, query in queries.items():
        yield Probe(
            id=f"{rule.id} {step}",
            path=rule.path,
            title=rule.title,
            severity=rule.severity,
            status=rule.status,
            expires=rule.expires,
            only=rule.only,
            except_=rule.except_,
            query=query,
            of=rule.id,
            of_version=rule.version,
            step=step,
        )


def named_rule(name: str, rules: Mapping[str, Rule]) -> Rule | None:
    """The rule that a step names: by its id, or the end of it where that is of one rule only."""
    found = [one for rule_id, one in rules.items() if rule_id.endswith(f"/{name}")]
    return rules.get(name) or (found[0] if len(found) == 1 else None)


def observed(
    matches: Iterable[Match],
) -> dict[tuple[str, str], tuple[dict[str, int], tuple[str, ...]]]:
    """Of one item: the mentions by step, and the wordings, by rule over time and its version.

    A `ratio` observes only the items of its query, a `new_term` only wordings.
    """
    found: dict[tuple[str, str], tuple[dict[str, int], list[str]]] = {}
    for one in matches:
        if isinstance(one.rule, Probe):
            steps, words = found.setdefault((one.rule.of, one.rule.of_version), ({}, []))
            steps[one.rule.step] = one.mentions
            if one.rule.step == "query":
                words += dict.fromkeys(words_of(part.quote) for part in one.evidence)
    return {
        rule: (steps, tuple(words))
        for rule, (steps, words) in found.items()
        if "query" in steps or not any(step.startswith("ratio.") for step in steps)
    }
