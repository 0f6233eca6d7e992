"""`watchd try`: what would a rule have found?"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watchd.cli.session import ConfigFile, console, iso, now, print_json, session
from watchd.cli.session import since as moment_of

if TYPE_CHECKING:
    from watchd.model import Evidence, Item
    from watchd.rules import Rule

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd try alien-lands                       on the last 90 days of the archive\n"
    "  watchd try alien-lands --since 7d\n"
    '  watchd try alien-lands --text "heroes in alien lands"\n'
    "  watchd try rules/dprk/alien-lands.toml --items items.jsonl\n"
    "  watchd try alien-lands --url https://en.yna.co.kr/RSS/news.xml"
)

_NOISY_PER_DAY = 5.0  # more than this a day, and people stop reading


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    item: Item
    source: str
    at: datetime | None  # published, else first seen; None: nobody knows
    evidence: tuple[Evidence, ...]


def try_(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="Its id, the end of it, its file.")],
    since: Annotated[str, typer.Option("--since", help="The archive of the last 90d, 12h, …")] = "",
    items: Annotated[
        Path | None, typer.Option("--items", help="A file of items, one JSON object a line.")
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", help="A saved feed or a text.")] = None,
    text: Annotated[str, typer.Option("--text", help="This text.")] = "",
    url: Annotated[str, typer.Option("--url", help="A feed, fetched now.")] = "",
    samples: Annotated[int, typer.Option("--samples", help="Show so many hits.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    _config: ConfigFile = "",
) -> None:
    """Run one rule over past items and show what it finds. Keeps and sends nothing.

    Exit code: 0 it found something, 1 it found nothing.
    """
    given = [bool(since), items is not None, file is not None, bool(text), bool(url)]
    if sum(given) > 1:
        raise typer.BadParameter("give one of --since, --items, --file, --text, --url")
    from watchd.cli.rulefiles import find_rule

    moment = now()
    chosen = find_rule(rule, session().config().rules_dir)
    rows = _rows(since, items, file, text, url, moment)
    looked, hits = _run(chosen, rows, moment)
    result = _result(chosen, looked, hits)
    if as_json:
        print_json({**result, "samples": [_sample_json(hit) for hit in hits[:samples]]})
    else:
        _print(result, hits, samples)
    raise typer.Exit(0 if hits else 1)


Row = tuple["Item", str, "datetime | None"]


def _rows(
    since: str, items: Path | None, file: Path | None, text: str, url: str, moment: datetime
) -> Iterable[Row]:
    from watchd.model import Item

    if text:
        return [(Item(key="text", text=text), "", None)]
    if items is not None:
        from watchd.cli import jsonl

        return ((line.item, line.source, line.item.published) for line in jsonl.read(items))
    if file is not None or url:
        return _from_feed(str(file or url), file)
    return _from_archive(moment_of(since or "90d", moment))


def _from_archive(start: datetime | None) -> Iterator[Row]:
    from watchd.store import archive

    with session().store() as store:
        for stored in store.read(archive.list_items, since=start):
            yield stored.item, stored.feed, stored.item.published or stored.first_seen_at


def _from_feed(what: str, file: Path | None) -> Iterator[Row]:
    from watchd.cli.feeds import look
    from watchd.model import Item

    looked = asyncio.run(look(session(), what))
    if file is not None and looked.parsed.status in ("error", "html"):
        yield Item(key=what, text=file.read_text(encoding="utf-8", errors="replace")), "", None
        return
    for item in looked.parsed.items:
        yield item, "", item.published


def _run(rule: Rule, rows: Iterable[Row], moment: datetime) -> tuple[list[Row], list[_Tried]]:
    from rich.progress import track

    from watchd.rules import RuleSet

    ruleset, looked, hits = RuleSet([rule]), [], []
    talk = console(stderr=True)
    for row in track(rows, "Trying", console=talk, transient=True, disable=not talk.is_terminal):
        item, source, at = row
        looked.append(row)
        for match in ruleset.match(item, source=source, now=moment):
            hits.append(_Tried(item=item, source=source, at=at, evidence=match.evidence))
    return looked, hits


def _result(rule: Rule, looked: list[Row], hits: list[_Tried]) -> dict[str, Any]:
    times = sorted(at for _, _, at in looked if at is not None)
    days = max((times[-1] - times[0]) / timedelta(days=1), 1.0) if times else None
    per_day = Counter(f"{hit.at:%Y-%m-%d}" for hit in hits if hit.at is not None)
    rate = len(hits) / days if days else None
    return {
        "rule": rule.id,
        "items": len(looked),
        "hits": len(hits),
        "per_day": dict(sorted(per_day.items())),
        "expected_per_week": round(rate * 7, 1) if rate is not None else None,
        "noisy": rate is not None and rate > _NOISY_PER_DAY,
    }


def _sample_json(hit: _Tried) -> dict[str, Any]:
    from watchd.cli.show import evidence_json

    return {
        "title": hit.item.title,
        "url": hit.item.url,
        "source": hit.source,
        "published": iso(hit.at),
        "evidence": evidence_json(hit.evidence),
    }


def _print(result: dict[str, Any], hits: list[_Tried], samples: int) -> None:
    from watchd.cli.show import sample

    out = console()
    weekly = result["expected_per_week"]
    pace = f", about {weekly:g} a week" if weekly is not None and result["hits"] else ""
    out.print(f"{result['rule']}: {result['hits']} hits in {result['items']} items{pace}")
    if result["noisy"]:
        out.print("This rule is noisy: more than 5 hits a day. Narrow it, or expect it unread.")
    if len(result["per_day"]) > 1:
        most = max(result["per_day"].values())
        for day, count in list(result["per_day"].items())[-31:]:
            out.print(f"  {day}  {'█' * max(1, round(30 * count / most))} {count}")
    for hit in hits[:samples]:
        day = f"{hit.at:%Y-%m-%d}  " if hit.at else ""
        out.print(f"\n{day}{hit.source}  {hit.item.url}".rstrip())
        out.print(sample(hit.item, hit.evidence))
    if len(hits) > samples:
        out.print(f"\n… and {len(hits) - samples} more (--samples {len(hits)})")
    sys.stdout.flush()
