"""`watchd try`: what would a rule have found?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.session import iso, not_empty, now, print_json, session
from watchd.errors import WatchdError
from watchd.values import replace

if TYPE_CHECKING:
    from watchd.cli.past import Past
    from watchd.cli.trial import Trial
    from watchd.config import Config
    from watchd.rules import OverTime, Rule

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd try alien-lands                       on the last 90 days of the archive\n"
    "  watchd try alien-lands --since 7d\n"
    '  watchd try alien-lands --text "heroes in alien lands"\n'
    "  watchd try ~/drafts/drones.toml --items items.jsonl\n"
    "  watchd try --query 'drone* NEAR/s Pyongyang' --since 30d\n"
    "  watchd try alien-lands --url https://en.yna.co.kr/RSS/news.xml\n"
    "  watchd try alien-lands --diff                what would my edit gain and lose?\n"
    "\b\nA line of a file of items, of which every key may be left out:\n"
    '  {"title": "…", "text": "…", "lang": "en", "published": "2026-01-31T09:00:00Z",\n'
    '   "source": "wire", "url": "https://…", "author": "…", "categories": ["…"]}\n'
    "\b\nA rule over time is looked at as the daemon would have, item by item: what each look\n"
    "comes to, with its numbers, and when it would have alerted.\n"
    "\b\nExit code: 0 it found something, 1 it found nothing.\n"
    "With --diff or --against: 0 the two find the same, 1 they do not."
)


def try_(
    rule: Annotated[
        str, typer.Argument(metavar="RULE", help="Its id, the end of it, or its file.")
    ] = "",
    query: Annotated[str, typer.Option("--query", help="This query in place of a rule.")] = "",
    since: Annotated[str, typer.Option("--since", help="The archive of the last 90d, 12h, …")] = "",
    items: Annotated[
        Path | None, typer.Option("--items", help="A file of items, one JSON object a line.")
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", help="A saved feed or a text.")] = None,
    text: Annotated[
        str | None, typer.Option("--text", help="This text.", callback=not_empty)
    ] = None,
    url: Annotated[str, typer.Option("--url", help="A feed, fetched now.")] = "",
    source: Annotated[
        str, typer.Option("--source", help="As if a feed of this name had brought the items.")
    ] = "",
    diff: Annotated[
        bool, typer.Option("--diff", help="Compare with the version that was in force before.")
    ] = False,
    against: Annotated[
        Path | None, typer.Option("--against", help="Compare with the rule in this file.")
    ] = None,
    samples: Annotated[int, typer.Option("--samples", min=0, help="Show so many items.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    _config: ConfigFile = "",
) -> None:
    """Run one rule over past items and show what it finds. Keeps and sends nothing.

    With --diff or --against: what it would find more, and what no more.
    """
    given = [bool(since), items is not None, file is not None, bool(text), bool(url)]
    if sum(given) > 1:
        raise typer.BadParameter("give one of --since, --items, --file, --text, --url")
    if bool(rule) == bool(query):
        raise typer.BadParameter("give a RULE, or a query with --query")
    if diff and (query or against):
        raise typer.BadParameter("--diff compares a RULE with its stored version, and stands alone")
    config, moment = session().config_if_any(), now()
    chosen = _of_query(query, config) if query else _of_name(rule, config)
    if source and not any(given[1:]):
        raise typer.BadParameter("--source goes with --items, --file, --text or --url")

    def past(lead: timedelta | None = None) -> Past:
        return _past(since, items, file, text, url, source, config, moment, lead)

    from watchd.rules import Rule

    if not isinstance(chosen, Rule):
        if text:
            raise WatchdError(_no_text(chosen))
        if diff or against:
            raise WatchdError(_no_diff(chosen))
        raise typer.Exit(_over_time(chosen, past, config, samples, moment, as_json))
    if diff or against:
        from watchd.cli.trydiff import compare, other_version

        other = other_version(chosen, against, config)
        different = compare(chosen, other, past(), samples=samples, now=moment, as_json=as_json)
        raise typer.Exit(1 if different else 0)

    from watchd.cli.trial import Trial
    from watchd.cli.trytext import tell

    trial, looked = Trial(chosen, samples=samples, now=moment), past()
    for one in looked:
        trial.look(one)
    if as_json:
        print_json(_json(trial, looked))
    else:
        tell(trial, looked)
    raise typer.Exit(0 if trial.hits else 1)


def _of_name(name: str, config: Config | None) -> Rule | OverTime:
    from watchd.cli.rulefiles import find_any_rule

    return find_any_rule(name, config.rules_dir if config else None)


def _no_text(rule: OverTime) -> str:
    return (
        f"{rule.path}: a rule of type '{rule.type}' looks at many items: try it on the archive, or "
        "on a file of items with --items. `watchd explain RULE --text '…'` tells which of its "
        "queries find one text"
    )


def _no_diff(rule: OverTime) -> str:
    return (
        f"{rule.path}: two versions of a rule of type '{rule.type}' are compared by `watchd "
        "backtest RULE --diff FILE`"
    )


def _over_time(
    rule: OverTime,
    past: Callable[[timedelta], Past],
    config: Config | None,
    samples: int,
    moment: datetime,
    as_json: bool,
) -> int:
    """Try a rule over time, and tell what came of it; the exit code."""
    from watchd.cli import timetrialtext
    from watchd.cli.rulefiles import named_by
    from watchd.cli.timetrial import lead, try_over_time

    named = named_by(rule, config.rules_dir if config else None)
    publishers = {feed.name: feed.publisher for feed in config.feeds} if config else {}
    looked = past(lead(rule))
    begun = _begun(rule, config) if looked.stored else {}
    tried = try_over_time(rule, named, looked, publishers, begun, moment)
    if as_json:
        print_json(timetrialtext.as_json(tried, samples))
    else:
        timetrialtext.tell(tried, looked, samples, moment)
    return 0 if tried.alerts else 1


def _begun(rule: OverTime, config: Config | None) -> dict[str, datetime]:
    """Since when the archive has each feed that the rule reads."""
    from watchd.cli.past import tags_of
    from watchd.store import replaying

    tags = tags_of(config)
    with session().store() as store:
        begun = store.read(replaying.begun)
    return {name: at for name, at in begun.items() if rule.reads(name, tags.get(name, ()))}


def _of_query(query: str, config: Config | None) -> Rule:
    from watchd.cli.rulefiles import list_texts
    from watchd.rules import rule_from_query

    lists = list_texts(config.rules_dir, used_in=query) if config else {}
    # Asked of an alert that somebody is to read: how many are too many?
    return replace(rule_from_query(query, lists=lists), severity="high")


def _past(
    since: str,
    items: Path | None,
    file: Path | None,
    text: str | None,
    url: str,
    source: str,
    config: Config | None,
    moment: datetime,
    lead: timedelta | None,
) -> Past:
    """The items that are asked for; for a rule over time, which needs a `lead`, with those."""
    from watchd.cli import past

    tags = past.tags_of(config)
    if text:
        return past.from_text(text, source, tags)
    if items is not None:
        return past.from_file(items, source, tags)
    if file is not None or url:
        return past.from_feed(str(file or url), source, config)
    from watchd.store import NoDatabase

    try:
        return past.from_archive(since or "90d", tags, moment, lead or timedelta())
    except NoDatabase as error:
        on = "on a feed with --url, or on a file of items with --items"
        on = on if lead else f"on a text with --text, {on}"
        raise WatchdError(f"{error}. Until then, try it {on}") from None


def _json(trial: Trial, looked: Past) -> dict[str, Any]:
    from watchd.cli.show import found_json

    span, weekly = trial.span(looked.window), trial.weekly(looked.window)
    return {
        "rule": trial.rule.id,
        "version": trial.rule.version,
        "items": trial.items,
        "not_read": trial.unread,
        "from": iso(span[0]) if span else None,
        "to": iso(span[1]) if span else None,
        "hits": trial.hits,
        "per_day": {f"{day}": count for day, count in sorted(trial.per_day.items())},
        "by_source": dict(trial.by_source.most_common()),
        "words": [{"word": word, "items": count} for word, count in trial.words(20)],
        "expected_per_week": None if weekly is None else round(weekly, 1),
        "noisy": trial.noisy(looked.window),
        "samples": [found_json(found) for found in trial.samples],
        "nearest": [{**found_json(found), "why_not": why} for found, why in trial.nearest()],
    }
