"""Past items at the daemon's own functions, on their own clock.

All goes into a database that is thrown away, and nothing is sent: each message counts as taken at
the moment it is due. Only items in which something is found are put there, so that a hundred
thousand items cost little more than a few thousand hits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Literal

from watchd.backtest.tally import Tally
from watchd.desk import Desk
from watchd.evaluate import InForce, evaluate
from watchd.judging import apart, judge
from watchd.model import Feed, Finding, Item, Known, Rate
from watchd.model.overtime import time_of
from watchd.overtime.looks import reach
from watchd.overtime.offered import Offered
from watchd.overtime.replay import has_deadlines
from watchd.overtime.windows import span
from watchd.parse.identity import content_hash
from watchd.reading import judged
from watchd.rules import OverTime
from watchd.rules.schema import Flatline, Spike
from watchd.store import Store, archive, observations, replaying, stories
from watchd.store.record import Recorded, keep, keep_article
from watchd.values import Struct, replace

TICK = timedelta(hours=1)
"""How often rules that wait for what does not come are looked at, beside what does."""

_NEVER = datetime.max.replace(tzinfo=UTC)


class Came(Struct, frozen=True, kw_only=True):
    """An item that came in: new, edited, or with the article behind its link."""

    item: Item
    feed: str
    at: datetime
    old: bool = False  # with the first look at its feed: matched, and not sent
    again: Literal["", "edit", "article"] = ""


def lead(rules: Iterable[OverTime]) -> timedelta:
    """How long before a time the items matter for what is sent from then on."""
    return max([stories.WINDOW, *map(reach, rules)])


class Backtest:
    """One run of a desk over past items, in a database of its own that is empty yet."""

    def __init__(
        self,
        store: Store,
        desk: Desk,
        *,
        feeds: Mapping[str, Feed],
        begun: Mapping[str, datetime] | None = None,
        tally: Tally,
    ) -> None:
        """`feeds` are all that bring items; `begun` tells since when each is collected, where
        that is known. What is counted goes into `tally`."""
        self._store, self._desk, self._feeds = store, desk, feeds
        self._begun, self._tally = begun or {}, tally
        rules = desk.rules
        in_force = InForce(
            over_time=rules.watching,
            rules=rules.rules,
            feeds=feeds,
            route=desk.route,
            published=self._published,
        )
        self._in_force = in_force
        spikes = [rule for rule in rules.watching.values() if isinstance(rule.table, Spike)]
        longest = max(map(reach, spikes), default=timedelta())
        scopes = {frozenset(in_force.read_by(rule)) for rule in spikes}
        self._offered = {scope: Offered(longest) for scope in scopes}
        flat = [rule for rule in rules.watching.values() if isinstance(rule.table, Flatline)]
        self._quiet_after = min((span(rule.table.within) for rule in flat), default=None)  # type: ignore[union-attr]
        timed = bool(flat) or any(map(has_deadlines, rules.watching.values()))
        self._tick = TICK if timed else None
        self._met: dict[str, datetime] = {}  # when each feed brought its newest
        self._now: datetime | None = None
        self._evaluate_at = self._send_at = self._tick_at = _NEVER

    async def run(self, came: Iterable[Came], end: datetime | None = None) -> None:
        """Take what came in, in its order, and let the clock go on to the `end`."""
        for (feed, at), group in groupby(came, key=lambda one: (one.feed, one.at)):
            if self._now is None:
                await self._begin(at)
            assert self._now is not None
            now = max(at, self._now)  # a clock may have been set back
            await self._until(now)
            if self._is_long_after(feed, now):
                await self._evaluate(now)
            self._now = now
            self._take(feed, list(group), now)
        if self._now is not None:
            await self._until(max(self._now, end or self._now) + timedelta(microseconds=1))
        self._tally.waiting = self._store.read(replaying.waiting)
        since = self._tally.since or datetime.min.replace(tzinfo=UTC)
        for rule, count in self._store.read(replaying.looked_at, since).items():
            self._tally.rules[rule].looks = count

    async def _begin(self, at: datetime) -> None:
        """Put the rules over time in force, over an archive that has nothing to look through."""
        self._now = at
        for name, since in self._begun.items():
            if name in self._feeds:
                self._store.write(replaying.meet, name, min(since, at))
        if self._desk.rules.over_time:
            await self._evaluate(at)
        if self._tick is not None:
            self._tick_at = at + self._tick

    async def _until(self, moment: datetime) -> None:
        """Let the clock go on: evaluate, and send, what is due before that."""
        while (at := min(self._evaluate_at, self._send_at, self._tick_at)) < moment:
            self._now = max(at, self._now or at)
            if self._evaluate_at <= at or self._tick_at <= at:
                await self._evaluate(self._now)
            if self._send_at <= at:
                self._send(self._now)

    def _is_long_after(self, feed: str, now: datetime) -> bool:
        """Whether a feed speaks after a silence that a rule is waiting for."""
        last = self._met.get(feed)
        return (
            self._quiet_after is not None and last is not None and (now - last >= self._quiet_after)
        )

    async def _evaluate(self, now: datetime) -> None:
        self._evaluate_at = _NEVER
        if self._tick is not None:
            self._store.write(replaying.read_at, now)
            self._tick_at = now + self._tick
        evaluated = await evaluate(self._store, self._in_force, now)
        while evaluated.more:
            evaluated = await evaluate(self._store, self._in_force, now)
        self._tally.found(evaluated.hits, now)
        if evaluated.deliveries:
            self._send_at = min(self._send_at, self._next_due(now))

    def _send(self, now: datetime) -> None:
        messages, due = self._store.write(replaying.send, now, self._storm)
        for message in messages:
            self._tally.sent(message)
        self._send_at = max(due or _NEVER, now + timedelta(seconds=1))

    def _storm(self, endpoint: str) -> Rate | None:
        return self._desk.storm(self._desk.endpoints[endpoint])

    def _next_due(self, now: datetime) -> datetime:
        return max(self._store.read(replaying.next_due) or _NEVER, now)

    def _take(self, name: str, came: Sequence[Came], now: datetime) -> None:
        """Match and write what a feed brought at one moment."""
        self._tally.came(now, sum(not one.again for one in came))
        feed = self._feeds[name]
        watched = self._quiet_after is not None
        if name not in self._met:
            self._store.write(replaying.meet, name, now)
        elif watched:
            self._store.write(replaying.brought, name, now)
        self._met[name] = now
        findings = list[Finding]()
        for one in came:
            if one.again == "article":
                self._read_article(feed, one, now)
                continue
            known = self._known(one) if one.again else None
            finding = self._judged(feed, one, known, now)
            for scope, offered in self._offered.items():
                if name in scope:
                    offered.add(_words_of(one.item), time_of(one.item, now))
            if finding.due or finding.observed or known or watched:
                findings.append(finding)
        if findings:
            self._wrote(
                self._store.write(keep, name, findings, publisher=feed.publisher, now=now), now
            )
            if any(finding.observed for finding in findings):
                self._evaluate_at = min(self._evaluate_at, now)

    def _known(self, one: Came) -> Known | None:
        """An item that was put into our database: what is known of it; None: it was not."""
        stored = self._store.read(replaying.find, one.feed, one.item.key)
        if stored is None:
            return None
        return Known(id=stored.id, revision=stored.revision, hashes=frozenset())

    def _judged(self, feed: Feed, one: Came, known: Known | None, now: datetime) -> Finding:
        found = self._desk.rules.match(one.item, source=feed.name, tags=feed.tags, now=now)
        matches, observed = apart(found, one.item)
        before = self._store.read(archive.words_before, [known.id]) if known and matches else {}
        # An edit of what no rule had found is an edit all the same.
        edited = known or (Known(id=0, revision=1, hashes=frozenset()) if one.again else None)
        due = tuple(
            judge(match, edited, before, one.old, self._desk.route(feed, one.item, now))
            for match in matches
        )
        return Finding(item=one.item, known=known, due=due, baseline=one.old, observed=observed)

    def _read_article(self, feed: Feed, one: Came, now: datetime) -> None:
        """What only the article says makes hits of its own, on the item as it is."""
        plain = replace(one.item, article="")
        known = self._known(one)
        if known is None:
            empty = [Finding(item=plain, known=None, baseline=one.old)]
            self._store.write(keep, feed.name, empty, publisher=feed.publisher, now=now)
        stored = self._store.read(replaying.find, feed.name, one.item.key)
        assert stored is not None
        stored = replace(stored, item=plain)
        before = self._store.read(archive.words_before, [stored.id])
        due, observed = judged(
            stored, one.item.article, feed, self._desk.rules, self._desk.route, before, now
        )
        self._store.write(observations.add_to, stored, observed)
        if observed:
            self._evaluate_at = min(self._evaluate_at, now)
        if due:
            text, publisher = one.item.article, feed.publisher
            recorded = self._store.write(
                keep_article, stored, text, due, publisher=publisher, now=now
            )
            self._wrote(recorded, now)

    def _wrote(self, recorded: Recorded, now: datetime) -> None:
        self._tally.found(recorded.hits, now)
        if recorded.deliveries:
            self._send_at = min(self._send_at, self._next_due(now))

    def _published(self, names: set[str], since: datetime) -> Sequence[datetime]:
        return self._offered[frozenset(names)].since(since)


def _words_of(item: Item) -> str:
    """What stories published are told by: of a file's items it is not known yet."""
    return item.content_hash or content_hash(item.title, item.text)
