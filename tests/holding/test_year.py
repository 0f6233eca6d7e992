"""A year of quiet hours and digests, over two changes of the clocks, through the real outbox."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
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
    hit = Hit(rule="r", rule_version="1", title="R", severity=severity, why="", evidence=())
    item = Item(key=str(number), title=f"item {number}", text="t", content_hash=str(number))
    found = Finding(item=item, known=None, due=(Due(hit=hit, endpoints=where),))
    store.write(record, claim="me", state=state, findings=[found], now=now)


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
    chance = random.Random(zone)
    made: dict[str, tuple[datetime, Severity]] = {}
    arrived: dict[str, Counter[str]] = {"desk/x": Counter(), "mail/x": Counter()}
    at: dict[tuple[str, str], datetime] = {}
    sends: list[tuple[str, datetime]] = []
    now = START

    def send(endpoint: Endpoint, alert: object) -> SendResult:
        assert isinstance(alert, Alert | Digest)
        alerts = (
            [one for of in alert.rules for one in of.alerts]
            if isinstance(alert, Digest)
            else [alert]
        )
        assert not isinstance(alert, Digest) or alert.count == len(alerts)  # none of them is cut
        for one in alerts:
            arrived[endpoint.name][one.item.key] += 1
            at[endpoint.name, one.item.key] = now
        sends.append((endpoint.name, now))
        return SendResult(outcome=Outcome.SENT)

    async def drain() -> None:
        nonlocal now
        for name in store.read(claiming.due_endpoints, now):
            endpoint = DESK if name == DESK.name else MAIL
            while await send_next(
                store,
                endpoint,
                send,
                publishers={},
                give_up_after=48 * HOUR,
                threads=None,
                limits=Limits(),
                now=now,
                jitter=0.5,
            ):
                pass

    number = 0
    coming = START + timedelta(minutes=chance.randrange(1, 900))
    while now < START + length * DAY:
        waiting = [
            row.next_attempt_at
            for row in store.read(outbox.list_deliveries, states=("pending",))
            if row.next_attempt_at
        ]
        now = min([coming, *waiting])
        if now == coming:
            severity = chance.choice(LEVELS)
            subject = Subject(rule="r", tags=(), severity=severity, feed=FEED)
            where = destinations(subject, routes, RECEIVERS, zone=UTC, born=now, now=now)
            assert all(isinstance(one, Destination) for one in where)
            bring(store, number, severity, where, now)
            made[str(number)] = (now, severity)
            number += 1
            coming = now + timedelta(minutes=chance.randrange(60, 3600))
        asyncio.run(drain())

    due_now = {key for key, (when, _) in made.items() if when < START + (length - 2) * DAY}
    assert len(due_now) > length / 2
    for key in due_now:
        born, severity = made[key]
        assert arrived["mail/x"][key] == 1
        local = at["mail/x", key].astimezone(wall)
        skipped = local.replace(hour=2, minute=30, fold=0).astimezone(UTC).astimezone(wall)
        assert f"{local:%H:%M}" == "02:30" or (f"{local:%H:%M}" == "03:00" and skipped.hour == 3)
        assert timedelta(0) < at["mail/x", key] - born <= 25 * HOUR
        if severity == "low":
            assert arrived["desk/x"][key] == 0
            continue
        assert arrived["desk/x"][key] == 1
        then, made_at = at["desk/x", key].astimezone(wall), born.astimezone(wall)
        is_quiet = made_at.hour >= 22 or made_at.hour < 7 or made_at.weekday() >= 5
        if severity == "critical" or not is_quiet:
            assert then == made_at
        else:
            assert f"{then:%H:%M}" == "07:00"
            assert then.weekday() < 5
    days = Counter(when.astimezone(wall).date() for name, when in sends if name == "mail/x")
    assert set(days.values()) == {1}
