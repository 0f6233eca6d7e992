"""What an update says of an edit: where the text changed, not how its sentences begin."""

from __future__ import annotations

from watchd.stories.difference import difference

START = "The ministry said in a statement carried by the agency on Monday that its troops, " * 3


def test_a_change_far_into_a_long_sentence_is_shown_with_the_words_before_it() -> None:
    said = difference(("t", f"{START}ten of them, left."), ("t", f"{START}ninety of them, left."))
    added, _, gone = said.partition(" · gone: ")
    assert added.startswith("added: “…carried by the agency on Monday that its troops, ")
    assert added.endswith(" its troops, ninety of them, left.”")
    assert gone.endswith(" its troops, ten of them, left.”")
    assert len(added) < 180


def test_the_two_quotes_of_an_edit_are_never_the_same() -> None:
    for at in range(0, 240, 7):
        for rest in ("", " and so it went on and on, as it had for many years" * 5):
            old, new = (f"{START[:at]}{word}{START[at:]}{rest}" for word in ("old", "new"))
            added, _, gone = difference(("t", new), ("t", old)).partition(" · gone: ")
            assert added.removeprefix("added: ") != gone


def test_a_sentence_without_blanks_is_cut_at_the_change_too() -> None:
    start = "평양에서열린회의에대하여" * 20
    said = difference(("t", f"{start}열명"), ("t", f"{start}백명"))
    assert "백명”" in said
    assert "열명”" in said


def test_a_short_sentence_and_one_that_is_new_are_shown_from_their_beginning() -> None:
    said = difference(("t", "It rained."), ("t", f"It rained. {START}."))
    assert said.startswith("added: “The ministry said")
    assert said.endswith("…”")


def test_a_long_title_is_shown_where_it_was_changed() -> None:
    said = difference((f"{START}ten", "x"), (f"{START}ninety", "x"))
    assert said.startswith("its title was “…said in a statement carried by the agency")
    assert said.endswith(" on Monday that its troops, ten”")
