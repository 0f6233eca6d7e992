"""When no host answers, it is our own network."""

from __future__ import annotations

import pytest

from tests.polling.conftest import DAY, HOUR, MINUTE, NOON, a_feed, a_state
from watchd.polling import after, rhythm
from watchd.polling.outage import Network


@pytest.mark.parametrize(("hosts", "needed"), [(100, 5), (5, 5), (3, 3), (2, 2), (1, 2)])
def test_so_many_hosts_in_a_row_must_fail(hosts: int, needed: int) -> None:
    network = Network()
    for number in range(needed - 1):
        assert not network.failed(f"h{number}", hosts, NOON + number * MINUTE)
    assert network.failed(f"h{needed}", hosts, NOON + HOUR)
    assert network.out_since == NOON + (HOUR if needed == 1 else 0 * HOUR)
    assert network.answered()
    assert network.out_since is None
    assert not network.answered()


def test_one_host_that_fails_again_and_again_is_that_host() -> None:
    network = Network()
    assert not any(network.failed("dead.example", 100, NOON) for _ in range(50))


def test_one_answer_between_and_it_is_not_ours() -> None:
    network = Network()
    for number in range(40):
        assert not network.failed(f"h{number}", 100, NOON)
        if number % 4 == 3:
            network.answered()


def test_nothing_is_held_against_a_feed_that_could_not_be_asked() -> None:
    feed = a_feed()
    state = a_state()
    spared = after.spared(feed, state, "the network is out", NOON, 0.5, NOON - HOUR)
    assert (spared.failures, spared.health, spared.next_check_at) == (0, "ok", NOON + HOUR)
    ours = a_state(failures=1, failing_since=NOON - HOUR / 2, health="failing", kind="dns")
    spared = after.spared(feed, ours, "the network is out", NOON, 0.5, NOON - HOUR)
    assert (spared.failures, spared.failing_since, spared.health) == (0, None, "ok")
    theirs = a_state(failures=9, failing_since=NOON - 9 * HOUR, health="failing", error="500")
    spared = after.spared(feed, theirs, "the network is out", NOON, 0.5, NOON - HOUR)
    assert (spared.failures, spared.health, spared.error) == (9, "failing", "500")


def test_trouble_from_before_does_not_grow_older_while_nobody_can_look() -> None:
    feed, hour_before = a_feed(), NOON - HOUR
    state = a_state(failures=1, failing_since=hour_before, health="failing", checked_at=hour_before)
    for passed in range(1, 49):
        now = NOON + passed * HOUR
        state = after.spared(feed, state, "the network is out", now, 0.5, NOON)
    assert state.failing_since is not None
    assert NOON + 48 * HOUR - state.failing_since == HOUR


def test_nobody_falls_silent_while_nobody_can_be_heard() -> None:
    """A new start in the middle of an outage knows of it only once some feeds have failed."""
    hourly = rhythm.after(rhythm.Rhythm(), [NOON - HOUR * n for n in range(240)], 20, NOON)
    state = a_state(
        rhythm=hourly.as_json(), failures=1, failing_since=NOON + DAY, health="failing", kind="dns"
    )
    spared = after.spared(a_feed(), state, "the network is out", NOON + DAY, 0.5, NOON + DAY)
    assert spared.health == "ok"
