"""What an edit changed, in a few words."""

from __future__ import annotations

from watchd.stories.difference import difference

LONG = "The committee met in the capital to hear reports on the harvest, on the ports, " * 3


def test_a_change_at_the_end_of_a_long_sentence_is_shown_there() -> None:
    told = difference(("T", f"{LONG}and left."), ("T", f"{LONG}and stayed for the parade."))
    added, gone = told.split(" · ")
    assert added.startswith("added: “…")
    assert added.endswith("and stayed for the parade.”")
    assert gone.endswith("and left.”")


def test_a_change_in_korean_is_shown_where_it_is() -> None:
    same = "조선중앙통신은 위원회가 수도에서 회의를 열었다고 보도하면서 " * 8
    told = difference(("T", f"{same}축하했다."), ("T", f"{same}경고했다."))
    assert "경고했다." in told
    assert "축하했다." in told


def test_short_sentences_are_shown_whole() -> None:
    told = difference(("T", "One. Two."), ("T", "One. Three."))
    assert told == "added: “Three.” · gone: “Two.”"
