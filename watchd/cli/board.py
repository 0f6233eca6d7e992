"""`watchd board`: the indicators of each problem, and what people make of them."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.saying import author
from watchd.cli.session import ago, console, iso, not_empty, now, print_json, session
from watchd.errors import WatchdError

if TYPE_CHECKING:
    from rich.table import Table

    from watchd.indicators import Indicator, Judgement
    from watchd.rules import OverTime, Rule

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd board\n"
    "  watchd board --json\n"
    '  watchd board set alien-lands active --reason "two embassies confirm it"'
)

app = typer.Typer(
    rich_markup_mode=None, invoke_without_command=True, help="See the indicators, and judge them."
)

_STYLE = {"active": "bold red", "seen": "yellow", "unknown": "magenta", "faded": "cyan"}


@app.callback()
def default(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """See the indicators of each problem, and judge them. Alone it lists."""
    if ctx.invoked_subcommand is None:
        list_(as_json=as_json)


@app.command("list", epilog="\b\nExample:\n  watchd board list --json")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    _config: ConfigFile = "",
) -> None:
    """List the indicators by problem: level, weight, last text, sources, the last 30 days."""
    reference = now()
    found = read(reference)
    if as_json:
        print_json([_json(one) for one in found])
        return
    out = console()
    if not found:
        out.print("No rule has an [indicator] table: see docs/rules.md.")
    for number, (problem, of_it) in enumerate(groupby(found, key=lambda one: one.problem)):
        out.print(("\n" if number else "") + _inert(problem))
        out.print(_table(list(of_it), reference))


@app.command("set", epilog='\b\nExample:\n  watchd board set alien-lands faded --reason "denied"')
def set_(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="Its id or the end of it.")],
    level: Annotated[
        str, typer.Argument(metavar="LEVEL", help="quiet, seen, active, faded, unknown or auto.")
    ],
    reason: Annotated[
        str, typer.Option("--reason", help="Why: people will read it.", callback=not_empty)
    ],
    by: Annotated[
        str, typer.Option("--by", metavar="NAME", help="Who says so; else the login.")
    ] = "",
    _config: ConfigFile = "",
) -> None:
    """Set the level of an indicator by hand; `auto` gives it back to the reckoning."""
    from watchd.indicators import Judgement, Level
    from watchd.store import levels

    words = [one.value for one in Level]
    if level not in (*words, "auto"):
        raise typer.BadParameter(f"'{level}' is none of {', '.join(words)} and auto")
    judgement = Judgement(
        rule=_indicator(rule).id,
        level=None if level == "auto" else Level(level),
        reason=" ".join(reason.split()),
        author=author(by),
        at=now(),
    )
    with session().store() as store:
        store.write(levels.judge, judgement)
    console(stderr=True).print(f"{judgement.rule}: {level}")


@app.command("history", epilog="\b\nExample:\n  watchd board history alien-lands")
def history(
    rule: Annotated[str, typer.Argument(metavar="[RULE]", help="Of this rule only.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    _config: ConfigFile = "",
) -> None:
    """List what people have judged, the oldest first."""
    from watchd.store import levels

    with session().store() as store:
        found = store.read(levels.history, _indicator(rule).id if rule else "")
    if as_json:
        print_json([_judgement_json(one) for one in found])
        return
    for one in found:
        level = one.level or "auto"
        said = f"{one.at:%Y-%m-%d %H:%M}  {one.rule}  {level}  {_inert(one.author)}: "
        console().print(said + _inert(one.reason))
    if not found:
        console().print("Nobody has set a level by hand.")


def read(reference: datetime) -> list[Indicator]:
    """The board as it is now; without a database every indicator is unknown."""
    from watchd import board
    from watchd.store import NoDatabase

    config = session().config()
    every = sound_rules(config.rules_dir)
    try:
        with session().store() as store:
            return board.gather(store, config, every, reference)
    except NoDatabase:
        return board.gather(None, config, every, reference)


def sound_rules(folder: Path) -> list[Rule | OverTime]:
    """Every rule without a mistake; the others are named, lest one be missed without a word."""
    from watchd import rules

    loaded = rules.load(folder)
    for name in loaded.broken:
        words = "its file has mistakes, so that it cannot be on the board; watchd check shows them"
        console(stderr=True).print(f"{name}: {words}")
    return [*loaded.rules, *loaded.over_time]


def _indicator(name: str) -> Rule | OverTime:
    from watchd.cli.rulefiles import find_any_rule

    rule = find_any_rule(name, session().config().rules_dir)
    if not rule.indicator:
        raise WatchdError(f"'{rule.id}' is no indicator: its file has no [indicator] table")
    return rule


def _inert(text: str) -> str:
    from watchd.render.inert import inert

    return inert(text, 200)


def _table(found: list[Indicator], reference: datetime) -> Table:
    from rich.table import Table
    from rich.text import Text

    from watchd.cli.chart import sparkline

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("level", "indicator", "weight", "texts", "last", "30 days", "sources"):
        table.add_column(name, no_wrap=name in ("level", "30 days"))
    for one in found:
        sources = f"{len(one.sources) - len(one.unwell)} of {len(one.sources)} well"
        manual = ""
        if one.judgement:
            said = f"{_inert(one.judgement.author)}: {_inert(one.judgement.reason)}"
            manual = f"\n  set by {said} (reckoned: {one.reckoned})"
        table.add_row(
            Text(one.level, _STYLE.get(one.level, "")),
            _inert(one.rule) + manual,
            one.weight,
            str(one.texts),
            ago(one.last.at, reference) if one.last else "never",
            sparkline(one.per_day),
            sources,
        )
    return table


def _json(one: Indicator) -> dict[str, Any]:
    return {
        "problem": one.problem,
        "rule": one.rule,
        "title": one.title,
        "points_to": one.points_to,
        "level": one.level.value,
        "reckoned": one.reckoned.value,
        "judgement": _judgement_json(one.judgement) if one.judgement else None,
        "weight": one.weight,
        "lasts_seconds": round(one.lasts.total_seconds()),
        "texts": one.texts,
        "last": {
            "hit": one.last.hit,
            "at": iso(one.last.at),
            "source": one.last.source,
            "title": one.last.title,
            "url": one.last.url,
        }
        if one.last
        else None,
        "seen_in": list(one.seen_in),
        "sources": list(one.sources),
        "unwell": list(one.unwell),
        "per_day": list(one.per_day),
    }


def _judgement_json(one: Judgement) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "level": one.level.value if one.level else None,
        "reason": one.reason,
        "author": one.author,
        "at": iso(one.at),
    }
