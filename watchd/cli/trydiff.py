"""`watchd try --diff`: what another version of a rule would find more, and what no more."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.text import Text

from watchd.cli.past import Past
from watchd.cli.rulefiles import read_rule
from watchd.cli.session import console, has_colour, iso, print_json, session
from watchd.cli.show import found_json, found_text
from watchd.cli.trial import Found, Newest, always
from watchd.config import Config
from watchd.errors import FileProblems, WatchdError
from watchd.rules import Rule, RuleSet, rule_from_source
from watchd.values import Struct, replace


class Other(Struct, frozen=True, kw_only=True):
    """What a rule is compared with."""

    rule: Rule
    name: str  # for people
    at: datetime | None = None  # last put in force; None: it is a file


class Side:
    """What only one of the two rules finds."""

    def __init__(self, samples: int) -> None:
        self.count = 0
        self.newest = Newest(samples)

    def add(self, found: Found) -> None:
        self.count += 1
        self.newest.add(found)


def other_version(rule: Rule, against: Path | None, config: Config | None) -> Other:
    """The rule in the file `against`, else the newest stored version that means something else.

    Raises WatchdError when there is none.
    """
    if against is not None:
        read = read_rule(against, config.rules_dir if config else None)
        return Other(rule=read, name=str(against))
    from watchd.store import NoDatabase, rulebook

    held = []
    with suppress(NoDatabase), session().store() as store:
        held = store.read(rulebook.versions, [rule.id, rule.was])
    if not held:
        raise WatchdError(
            f"no version of '{rule.id}' is stored yet: `watchd run` keeps each version it puts in "
            "force. To compare with another file, use --against FILE"
        )
    for text, at in held:
        try:
            stored = rule_from_source(text.rule, text.path, text.source, text.lists)
        except FileProblems:  # written for another version of the rule language
            continue
        if stored.version != rule.version:
            return Other(rule=stored, name=f"the version of {at:%d %b %Y %H:%M} UTC", at=at)
    raise WatchdError(
        f"every stored version of '{rule.id}' means the same as its file: there is nothing to "
        "compare. Edit the file, or compare with another one with --against FILE"
    )


def compare(
    rule: Rule, other: Other, past: Past, *, samples: int, now: datetime, as_json: bool
) -> bool:
    """Match both with the same items and print what differs. True when anything does."""
    was, is_ = (replace(always(one), id=id) for one, id in ((other.rule, "0"), (rule, "1")))
    both, gained, lost = RuleSet([was, is_]), Side(samples), Side(samples)
    items = hits = kept = 0
    for one in past:
        items += 1
        found = {
            match.rule.id: Found(past=one, evidence=match.evidence)
            for match in both.match(one.item, source=one.source, tags=one.tags, now=now)
        }
        hits += "1" in found
        kept += len(found) == 2
        if len(found) == 1:
            for id, side in (("0", lost), ("1", gained)):
                if id in found:
                    side.add(found[id])
    counts = {"items": items, "hits": hits, "hits_before": kept + lost.count, "kept": kept}
    if as_json:
        print_json(_json(rule, other, counts, gained, lost))
    else:
        _print(rule, other, counts, gained, lost)
    return bool(gained.count or lost.count)


def _json(
    rule: Rule, other: Other, counts: dict[str, int], gained: Side, lost: Side
) -> dict[str, Any]:
    return {
        "rule": rule.id,
        "version": rule.version,
        "against": {
            "version": other.rule.version,
            "path": other.rule.path,
            "in_force": iso(other.at),
        },
        **counts,
        "gained": gained.count,
        "lost": lost.count,
        "gained_samples": [found_json(found) for found in gained.newest],
        "lost_samples": [
            {**found_json(found), "why_not": why_lost(rule, found)} for found in lost.newest
        ],
    }


def _print(rule: Rule, other: Other, counts: dict[str, int], gained: Side, lost: Side) -> None:
    out = console()
    out.print(f"{rule.id}: {rule.path or 'the query'} against {other.name}")
    out.print(
        Text(f"{gained.count:,} gained", "green")
        .append(", ", "default")
        .append(f"{lost.count:,} lost", "red")
        .append(f", {counts['kept']:,} kept in {counts['items']:,} items", "default")
    )
    for sign, side in (("+", gained), ("-", lost)):
        shown = list(side.newest)
        for found in shown:
            out.print()
            out.print(found_text(found, colour=has_colour(out), before=f"{sign} "))
            if side is lost:
                out.print(Text(f"    now {why_lost(rule, found)}", "dim"))
        if side.count > len(shown):
            more = side.count - len(shown)
            told = f" (--samples {side.count})" if shown else ""
            out.print(f"\n{sign} … and {more:,} more{told}")


def why_lost(rule: Rule, found: Found) -> str:
    """Why the rule does not find an item, in words."""
    past = found.past
    if not rule.reads(past.source, past.tags):
        return f"[sources] leaves out {past.source or 'items without a source'}"
    return RuleSet([always(rule)]).why_not(past.item, source=past.source)
