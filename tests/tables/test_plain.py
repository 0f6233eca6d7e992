"""A table is read the same by what reads one without a mistake, and by what finds mistakes."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.config.test_load import FULL
from watchd.config import schema as config
from watchd.rules import schema as rules
from watchd.tables import models, plain
from watchd.tables.marks import Table, keys

RULES = Path(__file__).parents[2] / "rules"
ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs/config.md").read_text()
GOOD = [FULL, (ROOT / "config.toml").read_text(), *re.findall(r"```toml\n([\s\S]*?)```", DOCS), ""]
NAIVE = datetime(2026, 1, 31, tzinfo=UTC).replace(tzinfo=None)  # as TOML has a local time
VALUES: list[Any] = [
    True, 1, 0, -1, 17, 300, 10**9, 10**400, 1.5, date(2026, 1, 31), [], [""], [1], [[]], ["high"],
    {}, [{}], {"a": 1}, [{"name": "a"}, 1], {"list": "li"},
    [{"name": "a", "url": "https://a.example/"}],
    NAIVE, NAIVE.replace(tzinfo=UTC), float("nan"), "30d", "30d\n",
    "0d", "publishers:5", "new words", "match", "spike", "strong", ["a", "b"], [{"name": "a"}],
    "", " ", "x", "a b", "now", "off", "15m", "1h30m", "0s", "10MiB", "3/1h", "high", "json", "ko",
    "Asia/Seoul", "daily@07:30 Asia/Seoul", "22:00-07:00", "https://a.example/", "B2", "page",
    "guid", "host", "warc", "euc-kr", "127.0.0.1:9753", "ul.news li a", "é\n", ["json", "csv"],
]  # fmt: skip
NEEDED: dict[str, dict[str, Any]] = {
    "feed": {"name": "a", "url": "https://a.example/feed"},
    "receiver": {"name": "a"},
    "route": {"receivers": "a"},
    "words": {"receivers": ["a"]},
}


OF_RULES: dict[str, dict[str, Any]] = {
    "RuleFile": {"title": "a", "severity": "high"},
    "Indicator": {"problem": "a", "points_to": "b"},
    "Frequency": {"at_least": 3, "within": "7d"},
    "Spike": {"window": "2d", "baseline": "28d"},
    "Ratio": {"count": "a", "against": "b", "within": "7d"},
    "Step": {"name": "a"},
    "Sequence": {"within": "7d", "step": [{"name": "a"}]},
    "NewTerm": {"history": "365d"},
    "Flatline": {"sources": ["a"], "within": "7d"},
    "TestItem": {"published": datetime(2026, 1, 31, tzinfo=UTC)},
    "Test": {"name": "a", "expect": "match"},
}
TABLES = [
    *((kind, NEEDED.get(section, {})) for section, kind in config.SECTIONS.items()),
    *((kind, OF_RULES.get(kind.__name__, {})) for kind in rules.TABLES.values()),
]


def name(kind: object) -> str:
    return getattr(kind, "__name__", "")


@pytest.mark.parametrize("path", sorted(RULES.rglob("*.toml")), ids=lambda path: path.stem)
def test_the_shipped_rules_are_read_without_looking_for_mistakes(path: Path) -> None:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    assert plain.read(data, rules.RuleFile) == models.read(data, rules.RuleFile)


@pytest.mark.parametrize("text", GOOD)
def test_a_good_file_is_read_without_looking_for_mistakes(text: str) -> None:
    data = tomllib.loads(text)
    assert plain.read(data, config.File) == models.read(data, config.File)


@pytest.mark.parametrize(("kind", "needed"), TABLES, ids=name)
def test_any_value_of_any_key_is_read_the_same_or_refused(
    kind: type[Table], needed: dict[str, Any]
) -> None:
    taken = refused = 0
    for key in [*keys(kind), "unknown"]:
        for value in VALUES:
            data = {**needed, key: value}
            try:
                found = plain.read(data, kind)
            except plain.NotPlain:
                refused += 1
                continue
            try:
                assert found == models.read(data, kind), (key, value)
            except ValidationError as mistakes:
                pytest.fail(f"{key} = {value!r} is taken: {mistakes}")
            taken += 1
    assert taken
    assert refused


@pytest.mark.parametrize(("kind", "needed"), TABLES, ids=name)
def test_what_a_table_lacks_is_noticed(kind: type[Table], needed: dict[str, Any]) -> None:
    plain.read(needed, kind)
    for key in needed:
        data = {name: value for name, value in needed.items() if name != key}
        with pytest.raises(plain.NotPlain):
            plain.read(data, kind)
        with pytest.raises(ValidationError):
            models.read(data, kind)
