"""A year of quiet hours and digests, over two changes of the clocks, through the real outbox."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from watchd.config.times import mode, quiet
from watchd.model import (
    Alert,
    Destination,
    Digest,
    Due,
    Endpoint,
    Feed,
    Finding,
    Hit,
    Item,
    Outcome,
    Rate,
    Receiver,
    Route,
    SendResult,
    Severity,
)
from watchd.notify import send_next
from watchd.routing import Subject, destinations
from watchd.store import Store, claiming, feeds, open_store, outbox
from watchd.store.claiming import Limits
from watchd.store.record import record

FEED = Feed(name="wire", url="http://wire.example/feed", publisher="Wire")
DESK = Endpoint(receiver="desk", name="desk/x", url="")
MAIL = Endpoint(receiver="mail", name="mail/x", url="")
RECEIVERS = {
    "desk": Receiver(name="desk", endpoints=(DESK,)),
    "mail": Receiver(name="mail", endpoints=(MAIL,)),
}
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 1, 1, tzinfo=UTC)
LEVELS: tuple[Severity, ...] = ("low", "medium", "high", "critical")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'watchd.db'}")
    yield opened
    opened.close()


def bring(store: Store, number: int, severity: Severity, where, now: datetime) -> None:
    store.write(feeds.sync, [FEED], now)
    store.write(feeds.check_soon, now, {})
    [state] = store.write(feeds.claim_due, now, claim="me", limit=1, every=True)
    rule = f"r{number % 8}"  # a digest shows all of each, if there are few
    hit = Hit(rule=rule, rule_version="1", title="R", severity=severity, why="", evidence=())
    item = Item(key=str(number), title=f"item {number}", text="t", content_hash=str(number))
    found = Finding(item=item, known=None, due=(Due(hit=hit, endpoints=where),))
    store.write(record, claim="me", state=state, findings=[found], now=now)


class Year:
    """Alerts that come in at random times, and where and when each of them arrived."""

    def __init__(self, store: Store, routes: Sequence[Route], limits: Limits) -> None:
        self.store, self.routes, self.limits = store, routes, limits
        self.now = START
        self.made: dict[str, tuple[datetime, Severity]] = {}
        self.arrived: dict[str, Counter[str]] = {"desk/x": Counter(), "mail/x": Counter()}
        self.at: dict[tuple[str, str], datetime] = {}
        self.sends: list[tuple[str, datetime, int]] = []
        """To whom, when, and how many alerts were in it."""
        self.tries: list[tuple[datetime, set[Severity]]] = []
        """When something was sent to anybody, taken or not, and the levels in it."""

    def answer(self) -> Outcome:
        return Outcome.SENT

    def passes(self, length: timedelta, chance: random.Random, minutes: tuple[int, int]) -> None:
        """Let the clock go on; from one alert to the next it takes so many minutes."""
        end, coming = self.now + length, self.now + timedelta(minutes=chance.randrange(1, 900))
        while self.now < end:
            rest = self.store.read(claiming.under_way, self.now).rest
            self.now = coming if rest is None else min(coming, self.now + rest)
            if self.now == coming:
                self._brings(chance.choice(LEVELS))
                coming = self.now + timedelta(minutes=chance.randrange(*minutes))
            asyncio.run(self._drain())

    def _brings(self, severity: Severity) -> None:
        now = self.now
        subject = Subject(rule="r", tags=(), severity=severity, feed=FEED)
        where = destinations(subject, self.routes, RECEIVERS, zone=UTC, born=now, now=now)
        assert all(isinstance(one, Destination) for one in where)
        number = len(self.made)
        bring(self.store, number, severity, where, now)
        self.made[str(number)] = (now, severity)

    def _send(self, endpoint: Endpoint, alert: object) -> SendResult:
        assert isinstance(alert, Alert | Digest)
        alerts = (
            [one for of in alert.rules for one in of.alerts]
            if isinstance(alert, Digest)
            else [alert]
        )
        assert not isinstance(alert, Digest) or alert.count == len(alerts)  # none of them is cut
        self.tries.append((self.now, {one.severity for one in alerts}))
        if (outcome := self.answer()) is not Outcome.SENT:
            return SendResult(outcome=outcome)
        for one in alerts:
            self.arrived[endpoint.name][one.item.key] += 1
            self.at[endpoint.name, one.item.key] = self.now
        self.sends.append((endpoint.name, self.now, len(alerts)))
        return SendResult(outcome=Outcome.SENT)

    async def _drain(self) -> None:
        for name in self.store.read(claiming.due_endpoints, self.now):
            endpoint = DESK if name == DESK.name else MAIL
            while await send_next(
                self.store,
                endpoint,
                self._send,
                publishers={},
                give_up_after=48 * HOUR,
                threads=None,
                limits=self.limits,
                now=self.now,
                jitter=0.5,
            ):
                pass


def is_quiet(wall: datetime) -> bool:
    return wall.hour >= 22 or wall.hour < 7 or wall.weekday() >= 5


@pytest.mark.parametrize(
    ("zone", "length"),
    [
        ("Europe/Berlin", 95),  # past the night in which clocks are put on
        *(
            pytest.param(zone, 366, marks=pytest.mark.slow)
            for zone in ("Europe/Berlin", "America/New_York", "Asia/Seoul")
        ),
    ],
)
def test_every_alert_of_a_year_arrives_once_at_the_right_local_time(
    store: Store, zone: str, length: int
) -> None:
    wall = ZoneInfo(zone)
    routes = (
        Route(
            receivers=("desk",),
            severity=("medium", "high", "critical"),
            mode=mode("now"),
            quiet=(quiet(f"22:00-07:00 {zone}"), quiet(f"sat,sun 00:00-24:00 {zone}")),
        ),
        Route(receivers=("mail",), mode=mode(f"daily@02:30 {zone}")),
    )
    year = Year(store, routes, Limits())
    year.passes(length * DAY, random.Random(zone), (60, 3600))
    made, at = year.made, year.at
    due_now = {key for key, (when, _) in made.items() if when < START + (length - 2) * DAY}
    assert len(due_now) > length / 2
    for key in due_now:
        born, severity = made[key]
        assert year.arrived["mail/x"][key] == 1
        local = at["mail/x", key].astimezone(wall)
        skipped = local.replace(hour=2, minute=30, fold=0).astimezone(UTC).astimezone(wall)
        assert f"{local:%H:%M}" == "02:30" or (f"{local:%H:%M}" == "03:00" and skipped.hour == 3)
        assert timedelta(0) < at["mail/x", key] - born <= 25 * HOUR
        if severity == "low":
            assert year.arrived["desk/x"][key] == 0
            continue
        assert year.arrived["desk/x"][key] == 1
        then, made_at = at["desk/x", key].astimezone(wall), born.astimezone(wall)
        if severity == "critical" or not is_quiet(made_at):
            assert then == made_at
        else:
            assert f"{then:%H:%M}" == "07:00"
            assert then.weekday() < 5
    days = Counter(when.astimezone(wall).date() for name, when, _ in year.sends if name == "mail/x")
    assert set(days.values()) == {1}


@pytest.mark.slow
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Seoul"])
def test_what_limits_and_groups_let_go_in_quiet_hours_waits_for_their_end(
    store: Store, zone: str
) -> None:
    wall = ZoneInfo(zone)
    night = (quiet(f"22:00-07:00 {zone}"), quiet(f"sat,sun 00:00-24:00 {zone}"))
    routes = (
        Route(
            receivers=("desk",),
            severity=("high", "critical"),
            mode=mode("now"),
            quiet=night,
            throttle=Rate(count=1, per=40 * HOUR),
        ),
        Route(receivers=("desk",), severity=("medium",), mode=mode("group:90m"), quiet=night),
    )
    year = Year(store, routes, Limits(storm=Rate(count=2, per=10 * HOUR)))
    year.passes(366 * DAY, random.Random(zone), (5, 500))

    led_on = Counter[str]()
    for row in store.read(outbox.list_deliveries):
        reasons = [hold.reason.value for hold in row.holds]
        led_on.update(first for first, then in pairwise(reasons) if then == "quiet")
        if reasons:
            assert row.holds[-1].until == row.held_until
    assert {"group", "throttle", "storm"} <= set(led_on)
    over = START + 362 * DAY
    due_now = {key for key, (when, _) in year.made.items() if when < over}
    together = defaultdict[datetime, list[int]](list)
    for _, when, count in year.sends:
        together[when].append(count)
    for key in due_now:
        born, severity = year.made[key]
        assert year.arrived["desk/x"][key] == (severity != "low")
        if severity == "low":
            continue
        then = year.at["desk/x", key]
        if severity == "critical":
            assert then == born
        else:
            assert not is_quiet(then.astimezone(wall))
    born_then = {when for when, _ in year.made.values()}  # those come by themselves
    mornings = [when for when in together if f"{when.astimezone(wall):%H:%M}" == "07:00"]
    mornings = [when for when in mornings if when not in born_then]
    assert {len(together[when]) for when in mornings} == {1}  # all that waited, in one message
    assert max(together[when][0] for when in mornings) > 3


class BadYear(Year):
    """Of each three days, most messages of fourteen hours are not taken, and some of the rest."""

    chance = random.Random(7)

    def answer(self) -> Outcome:
        is_down = (self.now - START) % (3 * DAY) < 14 * HOUR
        if is_down and self.chance.random() < 0.7:
            return Outcome.RETRY
        others = (Outcome.REFUSED, Outcome.UNKNOWN, Outcome.DROPPED)
        return self.chance.choice(others) if self.chance.random() < 0.2 else Outcome.SENT


@pytest.mark.slow
def test_what_is_not_taken_is_not_tried_again_in_quiet_hours(store: Store) -> None:
    zone = "America/New_York"
    night = (quiet(f"22:00-07:00 {zone}"), quiet(f"sat,sun 00:00-24:00 {zone}"))
    routes = (
        Route(receivers=("desk",), severity=("high", "critical"), mode=mode("now"), quiet=night),
        Route(receivers=("desk",), severity=("medium",), mode=mode("group:90m"), quiet=night),
    )
    year = BadYear(store, routes, Limits(storm=Rate(count=2, per=10 * HOUR)))
    year.passes(80 * DAY, random.Random(zone), (5, 500))  # the clocks are put on, too
    at_night = [levels for when, levels in year.tries if is_quiet(when.astimezone(ZoneInfo(zone)))]
    assert len(at_night) > 20
    assert all("critical" in levels for levels in at_night)
    over = year.now - 5 * DAY
    rows = [row for row in store.read(outbox.list_deliveries) if row.created_at < over]
    assert {row.state.value for row in rows} <= {"sent", "unknown"}  # the latter are for a person
    assert not [row for row in rows if row.state == "unknown" and row.next_attempt_at]
