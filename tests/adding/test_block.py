"""What a stranger's title can do in config.toml: nothing."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchd.adding import block
from watchd.config.values import name as check_name

HOSTILE = [
    'a"]\n[[receiver]]\nname = "x"\nurl = "json://evil.example"',
    "a\\",
    "a\"\"\"'''",
    "\x00\x1b[31m\x7f\x85\u2028\u202e\ud800",
    "# [[feed]]",
]
VALUES = st.recursive(
    st.text() | st.booleans() | st.integers(-(2**62), 2**62),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_block_holds_one_feed_whatever_its_words(text: str) -> None:
    values = {"name": "a", "url": f"https://example.org/{text}", "publisher": text, "tags": [text]}
    written = block.block(values, remarks=[text, text], off=f"timezone = {text}")
    read = tomllib.loads(written)
    assert set(read) == {"feed"}
    (feed,) = read["feed"]
    assert set(feed) == set(values)
    assert feed["publisher"] == text.replace("\ud800", "\ufffd")
    assert not {"\x1b", "\x00", "\u202e", "\r"} & set(written)


@given(VALUES)
def test_what_is_written_is_read_as_it_was(value: Any) -> None:
    assert tomllib.loads(f"x = {block.toml_value(value)}")["x"] == value


@pytest.mark.parametrize(
    ("title", "url", "publisher", "name"),
    [
        ("Daily NK", "https://www.dailynk.com/english/feed", "Daily NK", "daily-nk"),
        ("BBC News - Asia", "https://feeds.bbci.co.uk/asia/rss.xml", "BBC News", "bbc-news"),
        ("RSS | Al Jazeera – Latest news", "https://aljazeera.com/x", "Al Jazeera", "al-jazeera"),
        ("Yonhap News Agency RSS Feed", "https://en.yna.co.kr/R", "Yonhap News Agency",
         "yonhap-news-agency"),
        ("TASS: Top stories", "https://tass.com/rss", "TASS", "tass"),
        ("Интерфакс", "https://www.interfax.ru/rss.asp", "Интерфакс", "interfax"),
        ("", "https://www.38north.org/feed/", "38north.org", "38north"),
        ("RSS Feed", "https://news.example.co.kr/rss/", "news.example.co.kr", "example"),
        ("L’Équipe", "https://lequipe.fr/rss", "L’Équipe", "lequipe"),
    ],
)  # fmt: skip
def test_names_are_made_from_the_title_or_the_host(
    title: str, url: str, publisher: str, name: str
) -> None:
    assert block.publisher(title, url) == publisher
    assert block.name(title, url, ()) == name


@given(st.text(), st.text(max_size=20))
def test_a_name_can_always_be_used_and_is_nobody_elses(title: str, host: str) -> None:
    taken: set[str] = set()
    for _ in range(4):
        name = block.name(title, f"https://example.org/{host}", taken)
        assert check_name(name) == name
        assert name.lower() not in taken
        taken.add(name.lower())


@pytest.mark.parametrize(
    ("word", "tag"),
    [("State media & co", "state-media-co"), ("북한", "북한"), ("—", ""), ("a\n[[x]]", "a-x")],
)
def test_folders_become_tags(word: str, tag: str) -> None:
    assert block.tag(word) == tag
