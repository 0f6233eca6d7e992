"""`watchd try`: what would a rule have found?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watchd.cli.session import ConfigFile, iso, not_empty, now, print_json, session
from watchd.errors import WatchdError

if TYPE_CHECKING:
    from watchd.cli.past import Past
    from watchd.cli.trial import Trial
    from watchd.config import Config
    from watchd.rules import Rule

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

    def past() -> Past:
        return _past(since, items, file, text, url, source, config, moment)

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


def _of_name(name: str, config: Config | None) -> Rule:
    from watchd.cli.rulefiles import find_rule

    return find_rule(name, config.rules_dir if config else None)


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
) -> Past:
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
        return past.from_archive(since or "90d", tags, moment)
    except NoDatabase as error:
        raise WatchdError(
            f"{error}. Until then, try it on a text with --text, on a feed with --url, or on a "
            "file of items with --items"
        ) from None


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
