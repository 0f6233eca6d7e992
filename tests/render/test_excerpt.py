from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.alerts import evidence
from watchd.model import Evidence
from watchd.render.excerpt import AROUND, LONGEST, Line, excerpts, marked, plain
from watchd.render.inert import inert

LONG = "word " * 400


def _shown(line: Line) -> str:
    return "".join(f"[{each.text}]" if each.marked else each.text for each in line)


def _quotes(text: str, *quotes: str) -> list[str]:
    return [_shown(line) for line in excerpts(text, evidence("body", text, *quotes))]


def test_a_short_text_is_shown_whole() -> None:
    assert _quotes("An alien land.", "alien") == ["An [alien] land."]


def test_a_match_in_a_long_text_is_shown_with_its_surroundings_cut_at_words() -> None:
    [line] = _quotes(f"{LONG}an alien land {LONG}", "alien")
    assert "an [alien] land" in line
    assert line.startswith("…word ")
    assert line.endswith(" word…")
    assert len(line) <= 2 * AROUND + len("[alien]") + 2


def test_a_text_without_blanks_is_cut_where_it_must_be() -> None:
    [line] = _quotes("平" * 500 + "外国领土" + "壤" * 500, "外国领土")
    assert line == "…" + "平" * AROUND + "[外国领土]" + "壤" * AROUND + "…"


def test_matches_close_together_share_a_snippet() -> None:
    assert _quotes("one alien and two aliens", "alien", "two") == ["one [alien] and [two] aliens"]


def test_overlapping_and_touching_matches_become_one() -> None:
    text = "fought in alien lands"
    assert _quotes(text, "in alien", "alien lands") == ["fought [in alien lands]"]
    assert _quotes(text, "in ", "alien") == ["fought [in alien] lands"]


@pytest.mark.parametrize("text", ["x@everyone else", "a {{app_body}} b", "[go](https://e.org)"])
def test_a_mark_in_the_middle_brings_nothing_to_life(text: str) -> None:
    for end in range(1, len(text)):
        quote = Evidence(field="body", start=0, end=end, quote=text[:end])
        [line] = excerpts(text, [quote])
        assert inert(plain(line)) == plain(line)


def test_there_are_at_most_three_snippets_in_the_order_of_the_text() -> None:
    text = f" {LONG}".join(["", "one", "two", "three", "four"])
    lines = _quotes(text, "three", "one", "four", "two")
    assert [line.split("[")[1].split("]")[0] for line in lines] == ["one", "two", "three"]


def test_many_matches_do_not_make_a_snippet_endless() -> None:
    text = "alien land, " * 500
    spans = [
        Evidence(field="body", start=at, end=at + 5, quote="alien")
        for at in range(0, len(text) - 12, 12)
    ]
    lines = excerpts(text, spans)
    assert len(lines) == 3
    assert all(len(plain(line)) <= LONGEST + 2 for line in lines)


def test_a_headline_is_shown_whole_and_marked() -> None:
    title = "An alien\nland"
    assert _shown(marked(title, evidence("title", title, "alien"), 300)) == "An [alien] land"


def test_evidence_of_another_text_does_no_harm() -> None:
    spans = [
        Evidence(field="body", start=2, end=9000, quote="x"),
        Evidence(field="body", start=9000, end=9001, quote="x"),
    ]
    assert [_shown(line) for line in excerpts("a short one", spans)] == ["a [short one]"]


@given(
    st.text(max_size=900),
    st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), max_size=12),
)
def test_whatever_the_text_and_spans_snippets_are_short_and_safe(
    text: str, spans: list[tuple[int, int]]
) -> None:
    found = [Evidence(field="body", start=a, end=b, quote="") for a, b in spans]
    lines = excerpts(text, found)
    assert len(lines) <= 3
    for line in lines:
        assert len(plain(line)) <= LONGEST * 2 + 2
        assert not set(plain(line)) & set("<>\r\n")
