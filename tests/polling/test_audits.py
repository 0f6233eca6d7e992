"""Now and then a feed is asked for all it has."""

from __future__ import annotations

from tests.polling.conftest import DAY, NOON, a_feed, a_state
from watchd.polling.audits import asked_with, is_due, wants_proof

HELD = {"etag": b'"1"', "validators_for": "x", "audited_at": NOON}


def test_an_audit_is_due_once_a_week_and_feeds_take_turns() -> None:
    names = [f"feed-{number}" for number in range(200)]
    for days, least, most in ((6.2, 0, 0), (6.65, 40, 160), (7, 200, 200)):
        at = NOON + days * DAY
        count = sum(is_due(a_feed(name), a_state(name, **HELD), at) for name in names)
        assert least <= count <= most, days


def test_without_validators_every_answer_is_whole() -> None:
    assert not is_due(a_feed(), a_state(audited_at=NOON), NOON + 90 * DAY)
    assert not is_due(a_feed(), a_state(etag=b'"1"'), NOON + 90 * DAY)  # never read yet


def test_an_audit_asks_without_validators() -> None:
    state = a_state(**HELD)
    assert asked_with(a_feed(), state, NOON + DAY) is state
    assert asked_with(a_feed(), state, NOON + 7 * DAY).etag is None
    lying = a_state(**HELD, lying_at=NOON)
    assert asked_with(a_feed(), lying, NOON + DAY).etag is None


def test_news_in_an_audit_wants_proof() -> None:
    feed, state = a_feed(), a_state(**HELD)
    assert wants_proof(feed, state, NOON + 7 * DAY, news=True)
    assert not wants_proof(feed, state, NOON + 7 * DAY, news=False)
    assert not wants_proof(feed, state, NOON + DAY, news=True)
    lying = a_state(**HELD, lying_at=NOON)
    assert not wants_proof(feed, lying, NOON + 27 * DAY, news=True)
    assert wants_proof(feed, lying, NOON + 28 * DAY, news=True)  # its second chance
