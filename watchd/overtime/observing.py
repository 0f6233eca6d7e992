"""From an item to what the rules over time observe in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from watchd.model import Item, Observed
from watchd.overtime.windows import story_of, words_of
from watchd.rules.rule import AnyRule, OverTime, Probe, Rule, hash_of

if TYPE_CHECKING:
    from watchd.rules.ruleset import Match
    from watchd.rules.tree import Node


def probes(rule: OverTime, rules: Mapping[str, Rule]) -> Iterator[Probe]:
    """The queries of a rule over time, as rules to look for; `rules` are those it may name."""
    version = version_of(rule, rules)
    queries: dict[str, tuple[Node, AnyRule, str]] = {
        key: (query, rule, key) for key, query in rule.queries.items()
    }
    for number, step in enumerate(getattr(rule.table, "step", ())):
        if step.rule and (named := named_rule(step.rule, rules)):
            queries[f"sequence.step.{number}.query"] = named.query, named, "query"
    for step, (query, written, key) in queries.items():
        yield Probe(
            id=f"{rule.id} {step}",
            path=written.path,
            title=rule.title,
            severity=rule.severity,
            status=rule.status,
            expires=rule.expires,
            only=written.only,
            except_=written.except_,
            query=query,
            source=written.source,
            of=rule.id,
            asked_by=rule,
            of_version=version,
            step=step,
            key=key,
        )


def version_of(rule: OverTime, rules: Mapping[str, Rule]) -> str:
    """A short hash of what its observations mean: the rule's own, unless its steps name others."""
    steps = [step.rule for step in getattr(rule.table, "step", ()) if step.rule]
    if not steps:
        return rule.version
    named = [named_rule(name, rules) for name in steps]
    return hash_of("\n".join([rule.version, *(one.version if one else "" for one in named)]))


def named_rule(name: str, rules: Mapping[str, Rule]) -> Rule | None:
    """The rule that a step names: by its id, or the end of it where that is of one rule only."""
    found = [one for rule_id, one in rules.items() if rule_id.endswith(f"/{name}")]
    return rules.get(name) or (found[0] if len(found) == 1 else None)


def observed(matches: Iterable[Match], item: Item) -> tuple[Observed, ...]:
    """What the rules over time have found in an item.

    A `ratio` observes only the items of its own query; wordings are those of that query.
    """
    steps: dict[tuple[str, str], dict[str, int]] = {}
    words: dict[tuple[str, str], tuple[str, ...]] = {}
    for one in matches:
        if isinstance(one.rule, Probe):
            rule = one.rule.of, one.rule.of_version
            steps.setdefault(rule, {})[one.rule.step] = one.mentions
            if one.rule.step == "query":
                words[rule] = tuple(dict.fromkeys(words_of(part.quote) for part in one.evidence))
    story = story_of(item) if steps else ""
    return tuple(
        Observed(rule=rule, version=version, story=story, steps=found, words=words.get(key, ()))
        for key, found in steps.items()
        for rule, version in [key]
        if "query" in found or not any(step.startswith("ratio.") for step in found)
    )
