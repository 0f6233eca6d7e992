"""docs/config.md and the schema name the same keys, defaults and codes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from watchd.config import schema, values
from watchd.tables import plain
from watchd.tables.marks import keys
from watchd.values import fields

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs/config.md").read_text()
SECTIONS = {
    title.strip("[]") if title.startswith("[") else "": body
    for title, body in re.findall(r"^## (.+)\n([\s\S]*?)(?=^## |\Z)", DOCS, re.MULTILINE)
    if title != "Messages"
}
ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|", re.MULTILINE)


def test_every_section_is_described():
    assert set(SECTIONS) == set(schema.SECTIONS)
    for name in schema.MANY:
        assert f"## [[{name}]]" in DOCS


@pytest.mark.parametrize("section", schema.SECTIONS)
def test_every_key_is_described_and_every_described_key_exists(section):
    described = {key for key, _ in ROW.findall(SECTIONS[section])}
    assert described == set(keys(schema.SECTIONS[section])) - set(schema.SECTIONS)


@pytest.mark.parametrize("section", schema.SECTIONS)
def test_the_defaults_are_the_described_ones(section):
    for key, told in ROW.findall(SECTIONS[section]):
        one = {one.encode_name: one for one in fields(schema.SECTIONS[section])}[key]
        default = one.default
        if told == "needed":
            assert one.required
        elif told.startswith("`[") or not told.startswith("`"):
            assert default in ((), None, ""), key
        else:
            value = tomllib.loads(f"x = {told.strip('`')}")["x"]
            readers = {"max_bytes": values.size}
            if isinstance(value, str) and re.fullmatch(r"\d+[smhd]", value):
                readers[key] = values.duration
            assert readers.get(key, lambda same: same)(value) == default, key


def test_the_examples_are_accepted():
    first, *more = re.findall(r"```toml\n([\s\S]*?)```", DOCS)
    file = plain.read(tomllib.loads(first), schema.File)
    assert (len(file.feed), len(file.receiver), len(file.route)) == (1, 1, 1)
    for example in more:
        assert plain.read(tomllib.loads(example), schema.File).feed


def test_every_code_is_described_and_every_described_code_exists():
    files = [*(ROOT / "watchd/config").glob("*.py"), *(ROOT / "watchd").glob("toml*.py")]
    files.append(ROOT / "watchd/render/templates.py")
    used = {code for file in files for code in re.findall(r'"([CT]1\d\d)"', file.read_text())}
    assert set(re.findall(r"^\| ([CT]\d+) \|", DOCS, re.MULTILINE)) == used
