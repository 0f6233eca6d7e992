"""What `watchd backtest` says, for people and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from rich.table import Table
from rich.text import Text

from watchd.backtest.tally import OfRule, Tally
from watchd.cli.chart import chart
from watchd.cli.session import console, iso, number
from watchd.cli.trytext import often
from watchd.overtime.surge import CHANCES
from watchd.render.inert import inert
from watchd.rules import OverTime, Rule
from watchd.rules.schema import Spike
from watchd.store.replaying import Message, PastHit
from watchd.values import Struct

_DAY = timedelta(days=1)
_MONTH = timedelta(days=30)
_TITLE = 90  # characters
_HELD = {
    "": "at once",
    "group": "in groups",
    "digest": "in digests",
    "quiet": "after quiet hours",
    "throttle": "after a throttle",
    "storm": "after a storm",
}


class Told(Struct, frozen=True, kw_only=True):
    """A run, and what it was of."""

    rules: Sequence[Rule | OverTime]
    tally: Tally
    origin: str

    @property
    def shown(self) -> list[Rule | OverTime]:
        """The rules that took part."""
        return [rule for rule in self.rules if rule.status != "off"]


def span_of(tally: Tally) -> timedelta:
    """The time that the items span, a day at least."""
    if tally.first is None or tally.last is None:
        return _DAY
    return max(tally.last - (tally.since or tally.first), _DAY)


def weekly(count: int, tally: Tally) -> float:
    """As many a week."""
    return round(count * _week_of(tally), 1)


def _week_of(tally: Tally) -> float:
    """How much of the time a week is."""
    return timedelta(weeks=1) / span_of(tally)


def false_alarms(rule: Rule | OverTime, of_rule: OfRule, tally: Tally) -> float | None:
    """How many alerts in 30 days chance alone makes, at most; None: the rule knows no chance.

    That is the chance which its `sensitivity` allows, times the looks; looks that share a window
    are wrong together, so there will be fewer.
    """
    if not isinstance(rule, OverTime) or not isinstance(rule.table, Spike):
        return None
    looks = of_rule.looks * (_MONTH / span_of(tally))
    return round(CHANCES[rule.table.sensitivity] * looks, 2)


def as_json(told: Told) -> dict[str, Any]:
    """The whole run."""
    tally = told.tally
    return {
        "origin": told.origin,
        "items": tally.items,
        "earlier_items": tally.earlier,
        "from": iso(tally.since or tally.first),
        "to": iso(tally.last),
        "messages": tally.messages,
        "messages_per_week": weekly(tally.messages, tally),
        "held": {name or "now": count for name, count in sorted(tally.held.items())},
        "waiting": tally.waiting,
        "per_day": {f"{day}": count for day, count in sorted(tally.per_day.items())},
        "rules": [_rule_json(rule, tally) for rule in told.shown],
        "samples": [_message_json(one) for one in reversed(tally.newest)],
    }


def _rule_json(rule: Rule | OverTime, tally: Tally) -> dict[str, Any]:
    found = tally.rules.get(rule.id) or OfRule()
    return {
        "rule": rule.id,
        "version": rule.version,
        "title": rule.title,
        "severity": rule.severity,
        "hits": found.hits.total(),
        "by_status": dict(sorted(found.hits.items())),
        "alerts": found.alerts,
        "alerts_per_week": weekly(found.alerts, tally),
        "messages": found.messages,
        "per_day": {f"{day}": count for day, count in sorted(found.per_day.items())},
        "looks": found.looks,
        "expected_false_alarms_per_month": false_alarms(rule, found, tally),
    }


def _message_json(message: Message) -> dict[str, Any]:
    return {
        "at": iso(message.at),
        "to": message.endpoint,
        "held_for": message.held_for,
        "alerts": [
            {"rule": one.rule, "title": one.title, "feed": one.feed, "url": one.url}
            for one in message.told
        ],
    }


def tell(told: Told) -> None:
    """Print the run: the counts, each rule, the days, the newest messages."""
    out, tally = console(), told.tally
    history = f", and {number(tally.earlier, 'earlier item')} as history" if tally.earlier else ""
    out.print(
        f"{number(len(told.shown), 'rule')} over {number(tally.items, 'item')} of "
        f"{told.origin}{history}"
    )
    ways = ", ".join(
        f"{count:,} {_HELD.get(name, name)}" for name, count in tally.held.most_common()
    )
    said = f"{number(tally.messages, 'message')} would have been sent"
    if tally.messages:
        said += f", about {often(tally.messages * _week_of(tally), 'message')}: {ways}"
    out.print(said)
    if tally.waiting:
        out.print(f"{number(tally.waiting, 'alert')} would still wait at the end")
    out.print()
    out.print(_table(told))
    if tally.per_day:
        out.print("\nMessages:")
        for line in chart(tally.per_day, min(tally.per_day), max(tally.per_day)):
            out.print(f"  {line}")
    for message in reversed(tally.newest):
        out.print()
        _tell_message(message)


def _table(told: Told) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False)
    for name in ("rule", "hits", "alerts", "a week", "messages", "false a month", "not sent"):
        table.add_column(name, justify="left" if name in ("rule", "not sent") else "right")
    for rule in told.shown:
        found = told.tally.rules.get(rule.id) or OfRule()
        wrong = false_alarms(rule, found, told.tally)
        others = [f"{count:,} {name}" for name, count in found.hits.items() if name != "alerted"]
        table.add_row(
            rule.id,
            f"{found.hits.total():,}",
            f"{found.alerts:,}",
            f"{weekly(found.alerts, told.tally):g}",
            f"{found.messages:,}",
            "" if wrong is None else f"≤ {wrong:g}",
            ", ".join(others),
        )
    return table


def _tell_message(message: Message) -> None:
    out = console()
    held = f", {_HELD.get(message.held_for, message.held_for)}" if message.held_for else ""
    out.print(Text(f"{message.at:%Y-%m-%d %H:%M} to {message.endpoint}{held}", "bold"))
    for one in message.told[:5]:
        source = inert(one.feed, 60) or "no source"
        out.print(f"  {one.rule}: {inert(one.title or one.url, _TITLE)} ({source})")
    if len(message.told) > 5:
        out.print(f"  … and {len(message.told) - 5:,} more")


class Compared(Struct, frozen=True, kw_only=True):
    """What two versions do not have in common: hits, and those of them that were sent on."""

    before: Tally
    after: Tally
    gained: Sequence[PastHit]
    lost: Sequence[PastHit]
    sent_more: int  # alerts that only the new version makes
    sent_less: int
    kept: int
    samples: int

    @property
    def differ(self) -> bool:
        """Whether anything does."""
        return bool(self.gained or self.lost or self.sent_more or self.sent_less) or (
            self.before.messages != self.after.messages
        )


def compare(
    before: Mapping[tuple[str, str, str], PastHit],
    after: Mapping[tuple[str, str, str], PastHit],
    tally_before: Tally,
    tally_after: Tally,
    samples: int,
) -> Compared:
    """The hits of two runs side by side, by rule, feed and key of the item."""
    sent_before = {place for place, one in before.items() if one.alerted}
    sent_after = {place for place, one in after.items() if one.alerted}
    return Compared(
        before=tally_before,
        after=tally_after,
        gained=[one for place, one in after.items() if place not in before],
        lost=[one for place, one in before.items() if place not in after],
        sent_more=len(sent_after - sent_before),
        sent_less=len(sent_before - sent_after),
        kept=len(before.keys() & after.keys()),
        samples=samples,
    )


def difference_as_json(one: Compared) -> dict[str, Any]:
    """Both runs in numbers, and what differs."""
    return {
        "items": one.after.items,
        "hits": one.kept + len(one.gained),
        "hits_before": one.kept + len(one.lost),
        "gained": len(one.gained),
        "lost": len(one.lost),
        "alerts_gained": one.sent_more,
        "alerts_lost": one.sent_less,
        "messages": one.after.messages,
        "messages_before": one.before.messages,
        "gained_samples": [_hit_json(hit) for hit in _newest(one.gained, one.samples)],
        "lost_samples": [_hit_json(hit) for hit in _newest(one.lost, one.samples)],
    }


def _newest(hits: Sequence[PastHit], most: int) -> list[PastHit]:
    return list(reversed(hits))[:most]


def _hit_json(hit: PastHit) -> dict[str, Any]:
    return {
        "rule": hit.rule,
        "feed": hit.feed,
        "key": hit.key,
        "title": hit.title,
        "at": iso(hit.at),
        "alerted": hit.alerted,
    }


def tell_difference(one: Compared, origin: str, old: str) -> None:
    """Print what the new version gains and loses."""
    out = console()
    out.print(f"{number(one.after.items, 'item')} of {origin}, against {old}")
    out.print(
        Text(f"+{len(one.gained):,}", "green")
        .append(" and ", "default")
        .append(f"-{len(one.lost):,} hits", "red")
        .append(f", {one.kept:,} kept; ", "default")
        .append(f"+{one.sent_more:,}", "green")
        .append(" and ", "default")
        .append(f"-{one.sent_less:,} alerts", "red")
    )
    out.print(f"{number(one.after.messages, 'message')}; before: {one.before.messages:,}")
    for sign, colour, hits in (("+", "green", one.gained), ("-", "red", one.lost)):
        for hit in _newest(hits, one.samples):
            said = f"{hit.at:%Y-%m-%d %H:%M}  {hit.rule}: {inert(hit.title or hit.key, _TITLE)}"
            out.print(Text(f"{sign} {said} ({inert(hit.feed, 60) or 'no source'})", colour))
        if len(hits) > one.samples:
            out.print(f"{sign} … and {len(hits) - one.samples:,} more")
