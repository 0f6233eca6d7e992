"""`watchd explain`: why a rule matched an item, or why not, and what happened then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.session import console, not_empty, now, print_json, session
from watchd.cli.subject import (
    Subject,
    from_archive,
    from_file,
    from_text,
    hit_named,
    hits_of,
)
from watchd.errors import WatchdError
from watchd.model import Item

if TYPE_CHECKING:
    from watchd.chain import Step
    from watchd.config import Config
    from watchd.rules import OverTime, Rule
    from watchd.rules.explain import Explanation

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd explain 42 alien-lands                the item with that number in the archive\n"
    "  watchd explain https://example.org/news/1 alien-lands\n"
    "  watchd explain 42                            every rule that matches, and the nearest\n"
    "  watchd explain hit:7                         the hit with that number\n"
    '  watchd explain --text "heroes in alien lands" alien-lands\n'
    "  watchd explain --items items.jsonl --line 7 alien-lands\n"
    "\b\nExit code: 0 it matches, 1 it does not."
)
_NEAREST = 5


def explain(
    item: Annotated[
        str,
        typer.Argument(metavar="[ITEM]", help="Its number, or its address; hit:7 is a hit."),
    ] = "",
    rule: Annotated[
        str, typer.Argument(metavar="[RULE]", help="Its id, the end of it, or its file.")
    ] = "",
    text: Annotated[
        str | None,
        typer.Option("--text", help="In place of ITEM: this text.", callback=not_empty),
    ] = None,
    title: Annotated[str, typer.Option("--title", help="In place of ITEM: this headline.")] = "",
    lang: Annotated[str, typer.Option("--lang", help="The language of --text: en, ko, …")] = "",
    source: Annotated[
        str, typer.Option("--source", help="As if a feed of this name had brought it.")
    ] = "",
    items: Annotated[
        Path | None, typer.Option("--items", help="In place of ITEM: from this file of items.")
    ] = None,
    line: Annotated[
        int, typer.Option("--line", min=1, help="Which line of the file of items.")
    ] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    _config: ConfigFile = "",
) -> None:
    """Tell why a rule matches an item, or why not, and what happened: fetched, found, held, sent.

    Without RULE: every rule that matches, and those that come nearest.
    """
    from watchd.cli import explaintext
    from watchd.cli.history import steps_of

    given = [bool(text or title), items is not None]
    if any(given) and item and not rule:
        item, rule = "", item  # the only word there is names the rule
    if sum(given) + bool(item) != 1:
        raise typer.BadParameter("give one of ITEM, --text (with --title), --items")
    if (item and source) or (lang and not given[0]):
        raise typer.BadParameter("--source goes with --text or --items, --lang with --text")
    config, moment = session().config_if_any(), now()
    hit = hit_named(item) if item else None
    if hit is not None:
        item, rule = str(hit.stored.id), rule or hit.hit.rule
    if item:
        subject = from_archive(item, config)
    elif items is not None:
        subject = from_file(items, line, source, config)
    else:
        given_item = Item(key="text", title=title, text=text or "", lang=lang)
        subject = from_text(given_item, source, config)
    hits = hits_of(subject)
    told: list[Explanation] = []
    asked: Rule | OverTime | None = None
    matches = False
    if rule:
        try:
            asked = _rule_named(rule, config)
            told = _of_rule(asked, subject, config, moment)
        except WatchdError as error:
            if hit is None or rule != hit.hit.rule:
                raise
            console(stderr=True).print(f"the rule as it is now is left out: {error}")
        matches = any(one.matches for one in told)
        if not as_json:
            explaintext.tell_rules(subject, told)
    else:
        matching, nearest = _of_all(subject, config, moment)
        told, matches = matching + nearest, bool(matching)
        if not as_json:
            explaintext.tell_all(subject, matching, nearest)
    steps = steps_of(subject, told, config, rule=asked, hit=hit)
    if subject.stored:
        steps += _standing(asked, config, moment)
    if as_json:
        print_json(explaintext.as_json(subject, told, hits, steps))
    elif subject.stored:
        explaintext.tell_chain(steps)
    raise typer.Exit(0 if matches else 1)


def _rule_named(name: str, config: Config | None) -> Rule | OverTime:
    from watchd.cli.rulefiles import find_any_rule

    return find_any_rule(name, config.rules_dir if config else None)


def _of_rule(
    rule: Rule | OverTime, subject: Subject, config: Config | None, now: datetime
) -> list[Explanation]:
    """What a rule says of the item; of a rule over time what each of its queries does."""
    from watchd import rules

    queries: list[Rule] = []
    if isinstance(rule, rules.Rule):
        queries.append(rule)
    else:
        from watchd.overtime.observing import probes

        queries += probes(rule, _named(rule, config))
    feed: dict[str, Any] = {"source": subject.source, "tags": subject.tags, "now": now}
    return [rules.RuleSet([one]).explain(one, subject.item, **feed) for one in queries]


def _named(rule: OverTime, config: Config | None) -> Mapping[str, Rule]:
    """The rules that its steps may name; none are read where it has no such step."""
    from watchd import rules

    if config is None or not any(step.rule for step in getattr(rule.table, "step", ())):
        return {}
    return {one.id: one for one in rules.load(config.rules_dir).rules}


def _standing(
    rule: Rule | OverTime | None, config: Config | None, now: datetime
) -> tuple[Step, ...]:
    """How a rule over time stands; () for any other."""
    from watchd.rules import OverTime

    if not isinstance(rule, OverTime):
        return ()
    from watchd.cli.standing import standing

    return standing(rule, _named(rule, config), config.feeds if config else (), now)


def _of_all(
    subject: Subject, config: Config | None, now: datetime
) -> tuple[list[Explanation], list[Explanation]]:
    """The rules that match, and the nearest of those that do not."""
    from watchd import rules

    if config is None:
        raise WatchdError("which rule? There is no config here that names a rules folder")
    loaded = rules.load(config.rules_dir)
    if loaded.broken:
        some = "1 rule has" if len(loaded.broken) == 1 else f"{len(loaded.broken)} rules have"
        told = f"{some} mistakes, left out here: see `watchd check`"
        console(stderr=True).print(told)
    ruleset = rules.RuleSet(loaded.rules)
    feed: dict[str, Any] = {"source": subject.source, "tags": subject.tags, "now": now}
    matches = ruleset.match(subject.item, **feed)
    return (
        [ruleset.explain(match.rule, subject.item, **feed) for match in matches],
        ruleset.nearest(subject.item, **feed, limit=_NEAREST),
    )
