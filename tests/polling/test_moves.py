"""Redirects for good are counted, and proposed after a week."""

from __future__ import annotations

import pytest

from tests.polling.conftest import DAY, HOUR, NOON, a_feed, a_state
from watchd.polling.moves import is_settled, with_move, without_secrets

NEW = "https://new.example/feed"


def test_ten_checks_over_a_week_make_a_move() -> None:
    feed, state = a_feed(), a_state()
    for hours in range(7 * 24):
        state = with_move(feed, state, NEW, NOON + hours * HOUR)
        assert not is_settled(state, NOON + hours * HOUR)
    state = with_move(feed, state, NEW, NOON + 7 * DAY)
    assert is_settled(state, NOON + 7 * DAY)
    assert state.moved_to == NEW


def test_a_portal_that_comes_between_starts_it_anew() -> None:
    feed, state = a_feed(), a_state()
    for day in range(12):
        state = with_move(feed, state, NEW, NOON + day * DAY)
    assert is_settled(state, NOON + 12 * DAY)
    portal = with_move(feed, state, "https://hotel.example/login", NOON + 12 * DAY)
    assert not is_settled(portal, NOON + 12 * DAY)
    back = with_move(feed, state, "", NOON + 12 * DAY)
    assert (back.moved_to, back.moved_polls) == ("", 0)


@pytest.mark.parametrize(
    ("asked", "url", "kept"),
    [
        ("https://a.example/f", "https://u:p@b.example/f?x=1", "https://b.example/f?x=1"),
        ("https://a.example/f?key=s", "https://b.example/f?key=s", "https://b.example/f?…"),
        ("https://a.example/0123456789abcdef/f", "https://b.example/0123456789abcdef/f",
         "https://b.example/…/f"),
    ],
)  # fmt: skip
def test_nothing_that_may_be_a_key_is_kept(asked: str, url: str, kept: str) -> None:
    assert without_secrets(url, asked) == kept
