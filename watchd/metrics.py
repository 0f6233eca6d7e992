"""Figures for Prometheus: the home of prometheus-client, imported only where somebody listens.

What happens is counted as it happens; how things stand is asked for when they are read. Names
follow https://prometheus.io/docs/practices/naming/.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from watchd import __version__
from watchd.model import Delivery, Due, HeldFor, HitStatus, Outcome

CONTENT_TYPE = CONTENT_TYPE_LATEST
_TO_ALERT = (1, 2, 5, 10, 30, 60, 120, 300, 900, 3600, 6 * 3600, 86400)  # seconds


class Metrics:
    """Everything that `/metrics` tells of one daemon."""

    def __init__(self) -> None:
        here = self._registry = CollectorRegistry()
        ProcessCollector(registry=here)
        self._checks = Counter(
            "watchd_feed_checks", "Checks that ended, by what they came to.", ["status"],
            registry=here,
        )  # fmt: skip
        self._errors = Counter(
            "watchd_feed_errors", "Failed checks.", ["feed", "reason"], registry=here
        )
        self._items = Counter("watchd_items_new", "New items.", ["feed"], registry=here)
        self._hits = Counter("watchd_hits", "Hits, sent or not.", ["rule", "level"], registry=here)
        self._suppressed = Counter(
            "watchd_suppressed", "Hits that were kept and not sent.", ["reason"], registry=here
        )
        self._sent = Counter("watchd_notifications", "Messages tried.", ["receiver"], registry=here)
        self._unsent = Counter(
            "watchd_notifications_failed", "Messages tried that were not taken for certain.",
            ["receiver", "outcome"], registry=here,
        )  # fmt: skip
        self._to_alert = Histogram(
            "watchd_item_to_alert_seconds",
            "From an item coming in until a receiver took its alert, of those that were not held.",
            buckets=_TO_ALERT, registry=here,
        )  # fmt: skip
        self._reloads = Gauge(
            "watchd_config_last_reload_successful", "1, or 0 where it had mistakes.", registry=here
        )
        self._reloads.set(1)
        self._ticks = Counter(
            "watchd_scheduler_skipped", "Runs of a tick that did not begin, or crashed.",
            ["tick", "reason"], registry=here,
        )  # fmt: skip
        self._cycle = Gauge(
            "watchd_cycle_age_seconds",
            "Since the last cycle was complete: every due feed checked, every message tried.",
            registry=here,
        )
        self._state = _State(here)
        Gauge("watchd_info", "What runs here.", ["version"], registry=here).labels(__version__).set(
            1
        )

    def checked(self, feed: str, status: str, *, new: int, failed: bool) -> None:
        """A check has ended; `status` is that of `Checked`."""
        self._checks.labels(status).inc()
        if failed:
            self._errors.labels(feed, status).inc()
        if new:
            self._items.labels(feed).inc(new)

    def found(self, dues: Iterable[Due]) -> None:
        """Hits were written down."""
        for due in dues:
            self._hits.labels(due.hit.rule, due.hit.severity).inc()
            if due.hit.status is not HitStatus.ALERTED:
                self._suppressed.labels(due.hit.status.value).inc()

    def tried(self, deliveries: Iterable[Delivery], outcome: Outcome, now: datetime) -> None:
        """A message, which may be of several deliveries, was tried."""
        for number, one in enumerate(deliveries):
            if number == 0:
                self._sent.labels(one.receiver).inc()
                if outcome is not Outcome.SENT:
                    self._unsent.labels(one.receiver, outcome.value).inc()
            if outcome is Outcome.SENT and one.held_for is HeldFor.NOTHING:
                self._to_alert.observe(max(0.0, (now - one.created_at).total_seconds()))

    def reloaded(self, *, well: bool) -> None:
        """Config and rules were read again, or have mistakes."""
        self._reloads.set(well)

    def skipped(self, tick: str, reason: str) -> None:
        """A run of a tick did not begin, or crashed."""
        self._ticks.labels(tick, reason).inc()

    def text(self, cycle_age: float, status: Mapping[str, Any] | None) -> bytes:
        """All of it, in the text format. `status` is None where the database is in trouble."""
        self._cycle.set(cycle_age)
        self._state.set(status)
        return generate_latest(self._registry)


class _State:
    """How things stand, as the database has it at the moment of reading."""

    def __init__(self, here: CollectorRegistry) -> None:
        self._database = Gauge(
            "watchd_database_up", "1, or 0 where it cannot be read or written.", registry=here
        )
        self._network = Gauge("watchd_network_up", "1, or 0 where no host answers.", registry=here)
        self._feeds = Gauge("watchd_feeds", "Feeds, by how they are.", ["health"], registry=here)
        self._success = Gauge(
            "watchd_feed_last_success_timestamp_seconds", "Last good check.", ["feed"],
            registry=here,
        )  # fmt: skip
        self._rules = Gauge("watchd_rules", "Rules in force, or broken.", ["state"], registry=here)
        self._outbox = Gauge(
            "watchd_outbox", "Deliveries that are not done.", ["state"], registry=here
        )
        self._held = Gauge(
            "watchd_outbox_held", "Deliveries that wait for their time.", ["reason"], registry=here
        )
        self._disk = Gauge(
            "watchd_disk_free_bytes", "Room on the disk of the database.", registry=here
        )
        self._oldest = Gauge(
            "watchd_outbox_oldest_seconds",
            "For how long the oldest message has been due; 0: none is.",
            registry=here,
        )

    def set(self, status: Mapping[str, Any] | None) -> None:
        """Take over what `status.gather` found."""
        self._database.set(status is not None)
        if status is None:
            return
        self._network.set(status["network"] is None)
        for gauge in (self._feeds, self._success, self._held):
            gauge.clear()
        for feed in status["feeds"]:
            self._feeds.labels(feed["health"]).inc()
            if feed["last_ok"] is not None:
                seconds = datetime.fromisoformat(feed["last_ok"]).timestamp()
                self._success.labels(feed["name"]).set(seconds)
        for name in ("loaded", "broken"):
            self._rules.labels(name).set(status["rules"][name])
        box = status["outbox"]
        for name in ("due", "held", "unanswered", "failed"):
            self._outbox.labels(name).set(box[name])
        for reason, count in box["held_for"].items():
            self._held.labels(reason).set(count)
        if status["disk_free_bytes"] is not None:
            self._disk.set(status["disk_free_bytes"])
        self._oldest.set(box["oldest_seconds"] or 0)
