"""For each of 10,000 items, made by the real way of a check, the whole chain is told.

python -m pytest -m slow tests/daemon/test_chain_of_ten_thousand.py
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Answer, Hooks
from tests.support.site import Site
from watchd.chain import Known, Step, chain
from watchd.cli.history import routed_by
from watchd.config import load
from watchd.model import HeldFor, HitStatus, Reason
from watchd.store import archive, chains, open_store, outbox

HOUR = timedelta(hours=1)
FEEDS, EACH = 20, 500
# A word in every so many items, and the rule that looks for it.
WORDS = {"alpha": 40, "beta": 43, "gamma": 47, "delta": 53, "epsilon": 59, "zeta": 61, "eta": 67}


def item(number: int, *, edited: bool = False) -> dict[str, str]:
    words = [word for word, every in WORDS.items() if number % every == 0]
    text = f"Report {number}. {' '.join(words)} " + ("And alpha again." if edited else "")
    return {
        "title": f"Number {number}",
        "text": text,
        "guid": f"g{number}",
        "link": f"https://example.org/{number}",
    }


def served(site: Site, count: int, edited: int = 0) -> None:
    for feed in range(FEEDS):
        numbers = range(feed * EACH, feed * EACH + count)
        items = [item(n, edited=n % EACH < edited) for n in numbers]
        site.feed(f"/{feed}.xml", items[::-1])


def made(desk: DeskFolder, site: Site, hooks: Hooks) -> None:
    desk.lines += ["[notify]", 'give_up_after = "2h"', 'timezone = "UTC"']
    for name in WORDS:
        status = {"status": "test"} if name == "beta" else {}
        desk.rule(name, name, **status)
    for name in ("desk", "dead", "night"):
        desk.receiver(name, f"json://{hooks.address}/{name}")
        desk.lines.append('storm = "off"')
    hooks.always(Answer(status=404, body="gone"), path="/dead")
    desk.route(receivers=["desk"], rules=["alpha"], mode="now", throttle="3/1h")
    desk.route(receivers=["dead"], rules=["gamma"], mode="now")
    desk.route(receivers=["night"], rules=["delta"], quiet=["00:00-23:00"], mode="now")
    desk.route(receivers=["desk"], rules=["epsilon"], mode="group:15m")
    desk.route(receivers=["desk"], rules=["eta"], mode="daily@07:30")
    for feed in range(FEEDS):
        desk.feed(f"feed-{feed:02}", site.url(f"/{feed}.xml"))
    served(site, EACH // 2)
    desk.once(NOW)
    served(site, EACH)
    desk.once(NOW + HOUR)
    served(site, EACH, edited=20)
    desk.once(NOW + 2 * HOUR)
    (desk.path / "rules" / "eta.toml").unlink()
    for later in (4, 6):
        desk.once(NOW + later * HOUR)


def complete(known: Known, steps: Sequence[Step]) -> None:
    """A way in, what it was, each hit with its decision, each delivery with route and state."""
    reasons = [step.reason for step in steps]
    assert all(isinstance(reason, Reason) for reason in reasons)
    assert reasons[0].startswith("fetched.")
    assert reasons[1].startswith("item.")
    assert reasons.count(Reason.ITEM_EDITED) == known.stored.revision - 1
    assert all(step.text for step in steps)
    assert all(step.at for step in steps if not step.reason.startswith("delivery."))
    if not known.hits:
        assert reasons[-1] is Reason.RULE_NONE
    for one_hit in known.hits:
        hit, deliveries = one_hit.hit, one_hit.deliveries
        mine = [step for step in steps if step.hit == hit.id]
        told = [step.reason for step in mine]
        assert told[:2] == [Reason.RULE_MATCHED, Reason(f"hit.{hit.hit.status.value}")]
        assert bool(deliveries) == (hit.hit.status is HitStatus.ALERTED)
        for one in deliveries:
            way = [step.reason for step in mine if step.endpoint == one.endpoint]
            assert way[0].startswith("route.")
            assert way[-1] == f"delivery.{one.state.value}"
            held = [reason for reason in way if reason.startswith("held.")]
            assert held == [f"held.{each.reason.value}" for each in one.holds]
            assert held[-1:] == ([f"held.{one.held_for.value}"] if one.held_for else [])


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_item_has_a_complete_chain(desk: DeskFolder, site: Site, hooks: Hooks) -> None:
    made(desk, site, hooks)
    config = load(desk.config, environ=os.environ)
    routed = routed_by(config, lambda rule: ())
    feeds = {feed.name: feed for feed in config.feeds}
    store = open_store(desk.database, create=False)
    seen: Counter[Reason] = Counter()
    try:
        items = store.read(archive.list_items)
        assert len(items) == FEEDS * EACH
        for stored in items:
            known = store.read(chains.of_item, stored)
            steps = chain(known, feed=feeds[stored.feed], routed=routed)
            complete(known, steps)
            seen.update(step.reason for step in steps)
        counted = store.read(chains.counts, NOW - HOUR)
        deliveries = store.read(outbox.list_deliveries)
    finally:
        store.close()
    expected = {
        Reason.FETCHED_FIRST,
        Reason.FETCHED_SCHEDULE,
        Reason.ITEM_NEW,
        Reason.ITEM_BASELINE,
        Reason.ITEM_EDITED,
        Reason.RULE_NONE,
        Reason.RULE_MATCHED,
        Reason.HIT_ALERTED,
        Reason.HIT_BASELINE,
        Reason.HIT_QUIET,
        Reason.HIT_UNROUTED,
        Reason.HIT_REPEATED,
        Reason.ROUTE_TAKEN,
        Reason.HELD_THROTTLE,
        Reason.HELD_QUIET,
        Reason.HELD_GROUP,
        Reason.HELD_DIGEST,
        Reason.DELIVERY_SENT,
        Reason.DELIVERY_PENDING,
        Reason.DELIVERY_FAILED,
        Reason.DELIVERY_DROPPED,
    }
    assert expected - seen.keys() == set()
    # What is counted is what is told.
    assert {one for one in deliveries if one.held_for is HeldFor.THROTTLE}
    told = {f"{reason}": count for reason, count in seen.items()}
    for reason, count in counted.items():
        assert told[reason] == count, reason
