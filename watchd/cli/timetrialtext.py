"""What `watchd try` tells of a rule over time: look by look, for people and as JSON."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from rich.text import Text

from watchd.cli.chart import chart
from watchd.cli.past import Past
from watchd.cli.session import console, has_colour, iso, number
from watchd.cli.show import found_json, found_text
from watchd.cli.timetrial import Tried, adds_nothing, outcome
from watchd.cli.trytext import left_out, noisy, nothing_in, often, period, standing
from watchd.overtime.replay import Looked, has_deadlines
from watchd.render.inert import inert
from watchd.rules.schema import Flatline

_STYLES = {"alert": "bold green", "not ready": "dim", "rests": "", "no alert": ""}


def as_json(tried: Tried, samples: int) -> dict[str, Any]:
    """All of it, with every look."""
    items = tried.items
    return {
        "rule": tried.rule.id,
        "version": tried.rule.version,
        "type": tried.rule.type,
        "items": items.count - items.earlier,
        "earlier_items": items.earlier,
        "not_read": items.unread,
        "from": iso(tried.start),
        "to": iso(tried.end),
        "ready": iso(tried.ready),
        "hits": len(tried.alerts),
        "per_day": {f"{day}": count for day, count in sorted(tried.per_day.items())},
        "by_source": dict(Counter(one.one.feed for one in tried.alerts).most_common()),
        "expected_per_week": None if tried.weekly is None else round(tried.weekly, 1),
        "noisy": tried.noisy,
        "looks": [_look_json(one, tried) for one in tried.looks],
        "samples": [found_json(tried.found(one)) for one in _newest(tried.alerts, samples)],
    }


def _look_json(looked: Looked, tried: Tried) -> dict[str, Any]:
    look, item = looked.look, tried.found(looked).past.item
    return {
        "at": iso(looked.at),
        "outcome": outcome(looked),
        "value": look.value if look.value is not None and math.isfinite(look.value) else None,
        "expected": look.expected,
        "chance": look.chance,
        "said": _said(looked),
        "key": look.key or None,
        "rests_until": iso(looked.rests_until),
        "item": {"title": item.title, "url": item.url, "source": looked.one.feed},
    }


def tell(tried: Tried, past: Past, samples: int, now: datetime) -> None:
    """Print it: the count, what to know of it, the days, the alerts, the newest looks."""
    out = console()
    out.print(_count(tried))
    for line in _remarks(tried, past, now):
        out.print(line)
    if tried.per_day and tried.start and tried.end:
        out.print()
        for line in chart(tried.per_day, tried.start.date(), tried.end.date()):
            out.print("  " + line)
    alerts = _newest(tried.alerts, samples)
    for one in alerts:
        out.print()
        out.print(_line(one))
        out.print(found_text(tried.found(one), colour=has_colour(out), before="  "))
    if alerts and (more := len(tried.alerts) - len(alerts)):
        out.print(f"\n… and {more:,} more (--samples {len(tried.alerts)})")
    shown = _newest(tried.looks, samples)
    if len(shown) < len(tried.looks) and (nearest := tried.nearest()[:samples]):
        out.print("\nNearest to an alert:")
        for one in nearest:
            out.print(_line(one))
    if shown:
        out.print("\nThe newest looks:" if len(shown) < len(tried.looks) else "\nAll looks:")
    for one in shown:
        out.print(_line(one))
    if shown and (more := len(tried.looks) - len(shown)):
        out.print(f"… and {more:,} more (--samples {len(tried.looks)})")


def _newest(looks: Iterable[Looked], most: int) -> list[Looked]:
    return list(reversed(list(looks)))[:most]


def _line(looked: Looked) -> Text:
    until = looked.rests_until
    word = f"rests until {until:%Y-%m-%d %H:%M}" if until else outcome(looked)
    text = Text(f"{looked.at:%Y-%m-%d %H:%M}  ")
    return text.append(word, _STYLES[outcome(looked)]).append(f": {inert(_said(looked), 400)}")


def _said(looked: Looked) -> str:
    """The numbers, or why there are none."""
    before = "the item adds nothing to what counts: " if adds_nothing(looked) else ""
    return before + looked.look.said


def _count(tried: Tried) -> Text:
    items, alerts = tried.items, len(tried.alerts)
    text = Text(f"{tried.rule.id}: ").append(number(alerts, "alert"), "bold")
    text.append(f" in {number(len(tried.looks), 'look')} at {number(_asked(tried), 'item')}")
    if len(items.sources) > 1:
        text.append(f" of {number(len(items.sources), 'source')}")
    if items.earlier:
        text.append(f", after {number(items.earlier, 'earlier item')} as history")
    if tried.start and tried.end:
        text.append(f", {period(tried.start, tried.end)}")
    if tried.weekly is not None and alerts:
        text.append(f"; about {often(tried.weekly)}")
    return text


def _asked(tried: Tried) -> int:
    return tried.items.count - tried.items.earlier


def _remarks(tried: Tried, past: Past, now: datetime) -> Iterator[str]:
    items, rule = tried.items, tried.rule
    if not items.count:
        yield nothing_in(past)
        return
    if items.unread and not isinstance(rule.table, Flatline):
        yield left_out(rule, items.unread, items.sources, past)
    if items.undated:
        some = number(items.undated, "item")
        yield f"{some} without a time before any that has one: left aside."
    if items.old:
        yield (
            f"{number(items.old, 'item')} it found came with the first look at a feed: they count, "
            "and start no alert."
        )
    yield from standing(items.written, now)
    if not tried.looks:
        yield _why_no_look(tried)
    waited = [one for one in tried.looks if outcome(one) == "not ready"]
    if waited:
        until = f"; ready from {tried.ready:%Y-%m-%d %H:%M} on" if tried.ready else ""
        said = inert(waited[-1].look.said, 200)
        yield f"Not ready in {number(len(waited), 'look')}: {said}{until}."
    if tried.noisy:
        yield f"{noisy(rule)} Ask for more, or lower its severity."


def _why_no_look(tried: Tried) -> str:
    rule, items = tried.rule, tried.items
    if isinstance(rule.table, Flatline):
        if items.seen:
            return f"No item of its feeds has got as old as {rule.table.within}."
        return f"There is no item of the feeds it watches: {', '.join(rule.table.sources)}."
    if not items.seen:
        return "None of its queries finds anything in these items."
    if has_deadlines(rule):
        return "The time that begins with what it found has not run out."
    return "Nothing that it found has come in since."
