"""Which names change when config.toml is edited."""

from __future__ import annotations

import pytest

from watchd.holding.addresses import moves, renamed


@pytest.mark.parametrize(
    ("before", "now", "changed"),
    [
        ("d=A", "d=A", ""),
        ("", "d=A d-2=B", ""),  # the first start that keeps marks
        ("d=A d-2=B", "d=C d-2=A d-3=B", "d>d-2 d-2>d-3"),  # one in front
        ("d=A d-2=B d-3=C", "d=B d-2=C", "d-2>d d-3>d-2 d>d_(left)"),  # the first taken away
        ("d=A d-2=B d-3=C", "d=A d-2=C", "d-3>d-2 d-2>d-2_(left)"),
        ("d=A d-2=B d-3=C", "d=A d-2=B", ""),  # the last taken away: its name is nobody's
        ("d=A d-2=B", "d=B d-2=A", "d>d-2 d-2>d"),
        ("d=A d-2=B d-3=C", "d=C d-2=A d-3=B", "d>d-2 d-2>d-3 d-3>d"),
        ("d=A", "d=B", ""),  # another token, or a mistake that was mended
        ("d=A d-2=B", "d=B d-2=C", "d-2>d d>d_(left)"),
        ("d/j=A", "e/j=A", "d/j>e/j"),
        ("d/j=A d/j-2=B", "e/j=A f/j=B", "d/j>e/j d/j-2>f/j"),
        ("d/j=A e/j=B", "d/j=B e/j=A", "d/j>e/j e/j>d/j"),
        ("d/j=A", "d/j=B e/j=A", "d/j>e/j"),
        ("d_(left)=A d=B", "d=B d-2=A", "d_(left)>d-2"),  # put back
        ("d/j=A e/j=A", "d/j=A e/j=A", ""),  # the same address twice
        ("d/j=A e/j=A", "d/j=A f/j=A", "e/j>f/j"),
        ("d/j=A e/j=A", "e/j=B d/j=B e/j-2=A d/j-2=A", "d/j>d/j-2 e/j>e/j-2"),
        ("d/j=A", "e/j=A f/j=A", "d/j>e/j"),
        ("d/j=A e/j=A", "f/j=A", "d/j>f/j"),
        ("d= d-2=B", "d=B", "d-2>d d>d_(left)"),
    ],
)
def test_a_name_goes_where_its_address_goes(before: str, now: str, changed: str) -> None:
    assert moves(read(before, "="), read(now, "=")) == read(changed, ">")


def test_a_name_that_is_nobodys_is_not_given_twice() -> None:
    changed = moves({"d": "A", "d-2": "B"}, {"d": "B"}, used={"d (left)", "d (left 2)"})
    assert changed == {"d-2": "d", "d": "d (left 3)"}


def test_a_list_of_receivers_names_those_there_are() -> None:
    split = {"desk/json": "tokyo/json", "desk/json-2": "seoul/json"}
    assert renamed(["desk", "chief"], split, {"tokyo", "seoul"}) == ["tokyo", "seoul", "chief"]
    assert renamed(["desk"], split, {"desk", "seoul"}) == ["desk"]


def read(words: str, between: str) -> dict[str, str]:
    return dict(word.replace("_", " ").split(between) for word in words.split())
