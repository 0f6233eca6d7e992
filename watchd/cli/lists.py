"""`watchd lists`: what a term list holds, who uses it, and which of its terms ever matched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.session import console, iso, now, print_json, session
from watchd.errors import FileProblems, WatchdError
from watchd.values import Struct

if TYPE_CHECKING:
    from watchd.cli.past import Past, PastItem
    from watchd.config import Config
    from watchd.rules.termlist import TermList

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd lists\n"
    "  watchd lists --unused\n"
    "  watchd lists russia                          in the whole archive\n"
    "  watchd lists russia --since 30d\n"
    "  watchd lists russia --items items.jsonl --json"
)


class _Count(Struct):
    """How often a term stood in the items."""

    items: int = 0
    newest: PastItem | None = None


def lists(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Show the terms of this list.")] = "",
    unused: Annotated[bool, typer.Option("--unused", help="Only lists that no rule uses.")] = False,
    since: Annotated[
        str, typer.Option("--since", help="Count in the archive of the last 90d, 12h, …")
    ] = "",
    items: Annotated[
        Path | None, typer.Option("--items", help="Count in a file of items, not in the archive.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    _config: ConfigFile = "",
) -> None:
    """List the term lists and the rules that use them; or one list, and how its terms fare."""
    if name and unused:
        raise typer.BadParameter("--unused is for all lists: leave the NAME out")
    if not name and (since or items):
        raise typer.BadParameter("--since and --items count the terms of one list: give its NAME")
    if since and items:
        raise typer.BadParameter("give one of --since, --items")
    config = session().config()
    held = _read(config.rules_dir)
    if name:
        _show(_named(name, held, config.rules_dir), config, since, items, as_json)
        return
    users = _users(config.rules_dir)
    shown = [one for one in held.values() if not (unused and users.get(one.name))]
    if as_json:
        print_json([_summary(one, users.get(one.name, [])) for one in shown])
    else:
        _print_all(shown, users, unused)


def _read(folder: Path) -> dict[str, TermList]:
    """The lists of a rules folder, also those with mistakes."""
    from watchd.rules.files import list_files
    from watchd.rules.termlist import read_list

    found = {}
    for name, path in list_files(folder):
        try:
            found[name] = read_list(name, str(path), path.read_text("utf-8-sig"))
        except (OSError, UnicodeDecodeError) as error:
            raise WatchdError(f"{path}: this list cannot be read: {error}") from error
    return found


def _users(folder: Path) -> dict[str, list[str]]:
    """The ids of the rules that use each list; for a rule with mistakes, those it speaks of."""
    from watchd import rules
    from watchd.rules.files import rule_files

    loaded = rules.load(folder)
    users: dict[str, list[str]] = {}
    used = [(rule.id, rule.lists) for rule in loaded.rules]
    used += [(rule.id, rule.lists) for rule in loaded.over_time]
    for rule_id, names in used:
        for name in names:
            users.setdefault(name, []).append(rule_id)
    for rule_id, path in rule_files(folder):
        if rule_id in loaded.broken:
            text = path.read_text("utf-8", errors="replace")
            for name in set(re.findall(r"@([\w-]+)", text)):
                users.setdefault(name, []).append(rule_id)
    return {name: sorted(ids) for name, ids in users.items()}


def _named(name: str, held: Mapping[str, TermList], folder: Path) -> TermList:
    from watchd.rules.files import strays
    from watchd.tomlfile import nearest

    name = name.removeprefix("@")
    if name in held:
        return held[name]
    guess = nearest(name, held)
    hint = f"; did you mean '{guess}'?" if guess else ""
    for stray in strays(folder):
        if stray.is_list and stray.place.stem == name:
            hint = f"; {stray.path} is not read: {stray.hint}"
    raise WatchdError(f"there is no list '{name}' in {folder / 'lists'}{hint}")


def _langs(one: TermList) -> list[str]:
    return sorted({term.lang for term in one.terms} - {""})


def _summary(one: TermList, users: list[str]) -> dict[str, Any]:
    return {
        "list": one.name,
        "path": one.path,
        "terms": len(one.terms),
        "langs": _langs(one),
        "used_by": users,
        "mistakes": len(one.problems),
    }


def _print_all(shown: list[TermList], users: Mapping[str, list[str]], unused: bool) -> None:
    from rich.table import Table

    out = console()
    if not shown:
        out.print("Every list is used." if unused else "There are no lists.")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("list", "terms", "only in", "used by"):
        table.add_column(name, justify="right" if name == "terms" else "left")
    for one in shown:
        used = ", ".join(users.get(one.name, [])) or "no rule"
        broken = "; has mistakes, see `watchd check`" if one.problems else ""
        table.add_row(one.name, str(len(one.terms)), " ".join(_langs(one)), used + broken)
    out.print(table)


def _show(one: TermList, config: Config, since: str, items: Path | None, as_json: bool) -> None:
    if one.problems:
        raise FileProblems(one.problems)
    users = _users(config.rules_dir).get(one.name, [])
    past = _past(config, since, items)
    counts, looked = _counted(one, past, now()) if past else ([_Count() for _ in one.terms], None)
    if as_json:
        print_json(_json(one, users, counts, looked))
    else:
        _print(one, users, counts, looked, past.origin if past else "")


def _past(config: Config, since: str, items: Path | None) -> Past | None:
    """Where to count; None when there is no archive yet."""
    from watchd.cli import past

    tags = past.tags_of(config)
    if items is not None:
        return past.from_file(items, "", tags)
    try:
        return past.from_archive(since, tags, now())
    except WatchdError as error:
        if since:
            raise
        console(stderr=True).print(f"Nothing was counted: {error}")
        return None


def _counted(one: TermList, past: Past, moment: datetime) -> tuple[list[_Count], int]:
    """How each term fares, and how many items there were."""
    from watchd.rules import Rule, RuleSet

    rules = RuleSet(
        Rule(id=str(number), path="", title="", severity="info", query=term)
        for number, term in enumerate(one.terms)
    )
    counts, looked = [_Count() for _ in one.terms], 0
    for item in past:
        looked += 1
        for match in rules.match(item.item, source=item.source, tags=item.tags, now=moment):
            count = counts[int(match.rule.id)]
            count.items += 1
            count.newest = _newer(item, count.newest)
    return counts, looked


def _newer(one: PastItem, other: PastItem | None) -> PastItem:
    if other is None or other.at is None:
        return one if other is None or one.at else other
    return one if one.at and one.at > other.at else other


def _json(
    one: TermList, users: list[str], counts: list[_Count], looked: int | None
) -> dict[str, Any]:
    return {
        **_summary(one, users),
        "items": looked,
        "terms": [
            {
                "term": written,
                "lang": term.lang,
                "items": None if looked is None else count.items,
                "newest": _newest(count.newest),
            }
            for written, term, count in zip(one.written, one.terms, counts, strict=True)
        ],
    }


def _newest(past: PastItem | None) -> dict[str, Any] | None:
    if past is None:
        return None
    item = past.item
    return {
        "published": iso(past.at),
        "source": past.source,
        "title": item.title,
        "url": item.url,
    }


def _print(
    one: TermList, users: list[str], counts: Iterable[_Count], looked: int | None, origin: str
) -> None:
    from rich.table import Table
    from rich.text import Text

    from watchd.render.inert import inert

    out = console()
    out.print(f"@{one.name}  {one.path}")
    out.print(f"used by {', '.join(users) or 'no rule'}")
    counts = list(counts)
    never = sum(not count.items for count in counts)
    if looked is not None:
        out.print(f"{never} of {len(counts)} terms are in none of {looked:,} items of {origin}")
    out.print()
    table = Table(box=None, pad_edge=False, header_style="dim")
    columns = ("term", "only in", *(("items", "newest") if looked is not None else ()))
    for name in columns:
        table.add_column(name, justify="right" if name == "items" else "left")
    for written, term, count in zip(one.written, one.terms, counts, strict=True):
        style = "" if count.items else "dim"
        cells = [Text(written, style), Text(term.lang)]
        if past := count.newest:
            when = f"{past.at:%Y-%m-%d}  " if past.at else ""
            shown = inert(past.item.title or past.item.text, 100)
            cells += [Text(f"{count.items:,}"), Text(f"{when}{inert(past.source, 30)}  {shown}")]
        elif looked is not None:
            cells.append(Text("never", "dim"))
        table.add_row(*cells)
    out.print(table)
