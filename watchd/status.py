"""How things stand, in one value: for `status`, and for the one line systemd shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from watchd.model import Feed
from watchd.polling.health import TROUBLE, advice, evidence
from watchd.store import (
    Store,
    articles,
    endpoints,
    feeds,
    outbox,
    service,
)
from watchd.store import receivers as of_receivers
from watchd.store.receivers import Counted
from watchd.store.standing import standing

_NO_RULES: dict[str, Any] = {"loaded": 0, "broken": 0, "problems": []}


def gather(store: Store, config: Mapping[str, Feed], now: datetime) -> dict[str, Any]:
    """The stable JSON of `status --json` (docs/design.md); `config` are the feeds by name."""
    from watchd.store import acks, chains, silences  # a start has no use for them

    counts = store.read(outbox.counts, now)
    rules = store.read(service.noted, "rules")
    cycle = store.read(service.noted, "last_cycle")
    network = store.read(service.noted, "network")
    export = store.read(service.noted, "export")
    reading = store.read(articles.counts, now - timedelta(days=1))
    silenced = store.read(silences.list_silences, now=now)
    return {
        "feeds": [
            {
                "name": state.feed,
                "health": state.health,
                "last_ok": _iso(state.ok_at),
                "next_check": _iso(state.next_check_at),
                "error": state.error or None,
                "failures": state.failures,
                "failing_since": _iso(state.failing_since),
                "since": _iso(state.health_since),
                "evidence": evidence(feed, state, now) or None,
                "advice": advice(state) or None,
            }
            for state in store.read(feeds.states)
            if (feed := config.get(state.feed))
        ],
        "disk_free_bytes": store.room(),
        "network": network[0] if network else None,
        "export": {"error": export[0], "since": _iso(export[1])} if export and export[0] else None,
        "articles": {"waiting": reading.waiting, "failed": reading.failed},
        "receivers": receivers(store, now),
        "outbox": _outbox(counts, now),
        "silences": [
            {
                "id": one.id,
                "matchers": one.told,
                "reason": one.reason,
                "by": one.by,
                "ends": _iso(one.ends_at),
                "kept": one.kept,
            }
            for one in silenced
        ],
        "marks": [
            {
                "rule": one.rule,
                "useful": one.useful,
                "noise": one.noise,
                "precision": round(one.precision, 3),
            }
            for one in store.read(acks.count_marks)
        ],
        "rules": rules[0] if rules else _NO_RULES,
        "last_cycle": _iso(cycle[1]) if cycle else None,
        "reasons": store.read(chains.counts, now - timedelta(days=1)),
    }


def _outbox(counts: outbox.Counts, now: datetime) -> dict[str, Any]:
    waits = (now - counts.oldest).total_seconds() if counts.oldest else None
    return {
        "due": counts.due,
        "held": sum(counts.held.values()),
        "held_for": counts.held,
        "unanswered": counts.unanswered,
        "failed": counts.failed,
        "oldest_seconds": None if waits is None else round(waits),
    }


def receivers(store: Store, now: datetime) -> list[dict[str, Any]]:
    """The part on receivers: each endpoint to which something was, or is to be, sent."""
    ours = store.read(of_receivers.counted, now)
    return [
        {
            "endpoint": one.endpoint,
            "health": "failing" if one.is_failing else "ok",
            "failing_since": _iso(one.failing_since),
            "last_ok": _iso(store.read(endpoints.last_taken, one.endpoint)),
            "error": one.error or None,
            "failures": one.failures,
            "waiting": (count := ours.get(one.endpoint, Counted())).waiting,
            "unanswered": count.unanswered,
            "failed": count.failed,
        }
        for one in store.read(endpoints.states, store.read(endpoints.known)).values()
    ]


FULL_BYTES = 2**20  # so little room on the disk is none
LATE_SECONDS = 15 * 60  # an alert that waits longer wants a person


ASLEEP = timedelta(minutes=5)  # a daemon reports every quarter of a minute


def at_work(status: dict[str, Any], now: datetime) -> bool:
    """Whether a daemon has reported lately, however the feeds are."""
    last = status["last_cycle"]
    return last is not None and now - datetime.fromisoformat(last) < ASLEEP


def healthy(status: dict[str, Any]) -> bool:
    """Whether nothing here asks for a person."""
    return not (
        any(feed["health"] in TROUBLE for feed in status["feeds"])
        or any(one["health"] == "failing" for one in status["receivers"])
        or status["outbox"]["failed"]
        or status["outbox"]["unanswered"]
        or is_full(status)
        or (status["outbox"]["oldest_seconds"] or 0) > LATE_SECONDS
        or status["export"]
        or status["rules"]["broken"]
        or status["rules"].get("problems")
        or (status["last_cycle"] and not status["rules"]["loaded"])
    )


def is_full(status: dict[str, Any]) -> bool:
    """Whether there is no room for the database to grow."""
    return _no_room(status["disk_free_bytes"])


def _no_room(free: int | None) -> bool:
    return free is not None and free < FULL_BYTES


def headline(status: dict[str, Any]) -> str:
    """For systemd and for people: "43 feeds, 2 failing; 12 rules, 1 broken; 0 alerts waiting"."""
    return _headline(
        Counter(feed["health"] for feed in status["feeds"]),
        network=status["network"],
        full=is_full(status),
        rules=status["rules"],
        box=status["outbox"],
        failing=sum(one["health"] == "failing" for one in status["receivers"]),
    )


async def line(store: Store, now: datetime) -> str:
    """The headline alone, for systemd, which is told it all the time: only what it says is read."""
    found = await store.do_read(standing, now)
    return _headline(
        found.healths,
        network=found.network,
        full=_no_room(store.room()),
        rules=found.rules or _NO_RULES,
        box=_outbox(found.outbox, now),
        failing=found.failing,
    )


def _headline(
    healths: Counter[str],
    *,
    network: str | None,
    full: bool,
    rules: dict[str, Any],
    box: dict[str, Any],
    failing: int,
) -> str:
    told = [f"{healths[health]} {health}" for health in TROUBLE if healths[health]]
    parts = [", ".join([_counted(healths.total(), "feed"), *told])]
    if network:
        parts.insert(0, "this machine's network is out")
    if full:
        parts.insert(0, "the disk is full")
    broken = f", {rules['broken']} broken" if rules["broken"] else ""
    parts.append(f"{_counted(rules['loaded'] + rules.get('over_time', 0), 'rule')}{broken}")
    held = f", {box['held']} held" if box["held"] else ""
    parts.append(f"{_counted(box['due'], 'alert')} waiting{held}")
    if failing:
        parts.append(f"{_counted(failing, 'receiver')} failing")
    if box["failed"] or box["unanswered"]:
        parts.append(f"{box['failed']} failed, {box['unanswered']} unanswered")
    return "; ".join(parts)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
