"""What counts as the same text, and the same address."""

from __future__ import annotations

import pytest

from watchd.model import Item
from watchd.stories.canonical import canonical_url
from watchd.stories.sketch import ALIKE, FEWEST, SHARED, likeness, shingles, sketch

STORY = " ".join(f"word{n}" for n in range(120))
LETTER = (
    "{to} sent a message of greeting to {by} on the occasion of {day}, wishing him good health "
    "and the people of the country new success in their work for the development of the friendly "
    "relations, which have grown in strength over many years of common struggle"
)


def test_a_copy_with_another_dateline_is_alike() -> None:
    copy = f"Seoul, Jan. 8 (Agency) -- {STORY}"
    assert likeness(shingles(STORY), shingles(copy)) >= ALIKE
    one, other = (sketch(Item(key="1", text=words)) for words in (STORY, copy))
    assert len({*one.near} & {*other.near}) >= SHARED


def test_formulaic_letters_to_different_people_are_not() -> None:
    first = LETTER.format(to="The president", by="the king of the islands", day="the national day")
    second = LETTER.format(to="The chairman", by="the head of the party", day="his new election")
    assert 0 < likeness(shingles(first), shingles(second)) < ALIKE


def test_korean_is_compared_by_characters() -> None:
    words = "조선로동당 총비서 동지께서 새로 건설된 공장을 현지에서 지도하시였다 " * 2
    assert all(len(one) == 5 for one in shingles(words))
    assert likeness(shingles(words), shingles(words.replace(" ", ""))) == 1


def test_short_texts_are_never_merely_alike() -> None:
    few = " ".join(f"w{n}" for n in range(FEWEST + 1))
    assert likeness(shingles(few), shingles(few)) == 0
    assert sketch(Item(key="1", text=few)).near == ()


@pytest.mark.parametrize(
    "other",
    [
        "http://www.news.example/a%20b/",
        "https://news.example/a b?utm_source=rss&utm_medium=feed",
        "https://NEWS.example:443/a%20b?fbclid=1",
    ],
)
def test_how_one_came_to_a_page_does_not_count(other: str) -> None:
    assert canonical_url(other) == canonical_url("https://news.example/a%20b")


@pytest.mark.parametrize("other", ["?id=2", "?id=1#part", "/x?id=1", ":8080/?id=1"])
def test_what_names_the_article_does(other: str) -> None:
    here = "https://news.example"
    assert canonical_url(here + other) != canonical_url(f"{here}?id=1")


@pytest.mark.parametrize("url", ["", "https://news.example/", "mailto:a@b", "http://[x", "//x:y/"])
def test_a_link_that_tells_no_page_apart_is_none(url: str) -> None:
    assert canonical_url(url) == ""
