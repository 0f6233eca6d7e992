"""A config is read the same by what reads one without a mistake, and by what finds mistakes."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.config.test_load import FULL
from watchd.config import models, plain, schema

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs/config.md").read_text()
GOOD = [FULL, (ROOT / "config.toml").read_text(), *re.findall(r"```toml\n([\s\S]*?)```", DOCS), ""]
VALUES: list[Any] = [
    True, 1, 0, -1, 17, 300, 10**9, 1.5, date(2026, 1, 31), [], [""], [1], [[]], ["high"], {}, [{}],
    {"a": 1}, [{"name": "a"}, 1], [{"name": "a", "url": "https://a.example/"}], {"list": "li"},
    "", " ", "x", "a b", "now", "off", "15m", "1h30m", "0s", "10MiB", "3/1h", "high", "json", "ko",
    "Asia/Seoul", "daily@07:30 Asia/Seoul", "22:00-07:00", "https://a.example/", "B2", "page",
    "guid", "host", "warc", "euc-kr", "127.0.0.1:9753", "ul.news li a", "é\n", ["json", "csv"],
]  # fmt: skip
NEEDED = {
    "feed": {"name": "a", "url": "https://a.example/feed"},
    "receiver": {"name": "a"},
    "route": {"receivers": "a"},
    "words": {"receivers": ["a"]},
}


@pytest.mark.parametrize("text", GOOD)
def test_a_good_file_is_read_without_looking_for_mistakes(text: str) -> None:
    data = tomllib.loads(text)
    assert plain.read(data, schema.File) == models.read(data, schema.File)


@pytest.mark.parametrize("section", schema.SECTIONS)
def test_any_value_of_any_key_is_read_the_same_or_refused(section: str) -> None:
    kind = schema.SECTIONS[section]
    taken = refused = 0
    for key in [*schema.keys(kind), "unknown"]:
        for value in VALUES:
            data = {**NEEDED.get(section, {}), key: value}
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


@pytest.mark.parametrize("section", NEEDED)
def test_what_a_table_lacks_is_noticed(section: str) -> None:
    kind = schema.SECTIONS[section]
    for key in NEEDED[section]:
        data = {name: value for name, value in NEEDED[section].items() if name != key}
        with pytest.raises(plain.NotPlain):
            plain.read(data, kind)
        with pytest.raises(ValidationError):
            models.read(data, kind)
