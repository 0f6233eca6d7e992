"""What rules see of an item once the article behind its link has come."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from watchd import rules
from watchd.model import Evidence, Item
from watchd.rules import RuleSet

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ARTICLE = "A road was built.\n\nThey fought in alien lands before.\n\n• Medals wait\n• Snow fell"


def found(query: str, **fields: object) -> tuple[Evidence, ...] | None:
    values = {"title": "Soldiers return", "text": "A short word of it.", "article": ARTICLE}
    item = Item(key="1", **{**values, **fields})  # type: ignore[arg-type]
    ruleset = RuleSet([rules.rule_from_query(query)])
    matches = ruleset.match(item, source="feed", now=NOW)
    return matches[0].evidence if matches else None


@pytest.mark.parametrize(
    ("query", "quotes"),
    [
        ('"alien lands"', [("article", "alien lands")]),
        ('text:"alien lands"', [("article", "alien lands")]),
        ('body:"alien lands"', [("article", "alien lands")]),
        ('title:"alien lands"', None),
        ("soldiers AND snow", [("title", "Soldiers"), ("article", "Snow")]),
        ("word AND snow", [("body", "word"), ("article", "Snow")]),
        ("body:(word AND snow)", [("body", "word"), ("article", "Snow")]),
        ("short NOT snow", None),
        ('"it a road"', None),  # a paragraph ends between body and article
        ("it NEAR/p road", None),
        ("road NEAR/s built", [("article", "road"), ("article", "built")]),
        ('"wait snow"', None),  # items of a list are parted
        ("url:example AND snow", [("article", "Snow"), ("url", "example")]),
        ("exact:Snow", [("article", "Snow")]),
    ],
)
def test_the_article_is_text_beside_the_body(
    query: str, quotes: list[tuple[str, str]] | None
) -> None:
    evidence = found(query, url="https://example.org/1")
    assert (evidence and [(one.field, one.quote) for one in evidence]) == quotes


def test_evidence_is_the_words_of_the_article_with_their_places() -> None:
    evidence = found('"alien lands" AND (medal* OR snow)')
    assert evidence
    assert {one.field for one in evidence} == {"article"}
    assert [ARTICLE[one.start : one.end] for one in evidence] == ["alien lands", "Medals", "Snow"]


@pytest.mark.parametrize("summary", ["A road was built.", "A road was…", "A  road was bui[…]", ""])
def test_what_the_article_repeats_of_the_summary_counts_once(summary: str) -> None:
    assert found("ATLEAST/2(road)", text=summary) is None
    assert found("road", text=summary)
    assert found("ATLEAST/2(road)", text=f"{summary} Another road.")


def test_the_article_tells_the_language_where_nothing_else_does() -> None:
    korean = "조선중앙통신은 병사들이 이국땅에서 싸웠다고 보도하였다. " * 3
    assert found("lang:ko AND 병사*", title="", text="", article=korean)
    assert found("lang:ko AND 병사*", text="They said so in the north.", article=korean) is None
