"""The JSON Schemas: as the models are, taken by editors for what we ship, and hard on typos."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from tests.support.desk import DeskFolder
from tests.support.schemas import FOLDER, KINDS, descriptions, generated
from watchd.config import schema as config
from watchd.rules import schema as rules
from watchd.rules.format import format_rule
from watchd.tables.marks import keys

ROOT = Path(__file__).parents[2]
PAGES = {
    name: (ROOT / f"docs/{name}.md").read_text(encoding="utf-8") for name in ("rules", "config")
}
EXAMPLES = {
    name: re.findall(r"^```toml\n([\s\S]*?)^```", text, re.MULTILINE)
    for name, text in PAGES.items()
}
RULES = [
    *(path.read_text(encoding="utf-8") for path in sorted((ROOT / "rules").rglob("*.toml"))),
    *(text for text in EXAMPLES["rules"] if text.startswith("# rules/")),
]
CONFIGS = [(ROOT / "config.toml").read_text(encoding="utf-8"), *EXAMPLES["config"]]


@pytest.mark.parametrize("kind", KINDS)
def test_the_shipped_schema_is_the_one_of_the_models(kind: str) -> None:
    shipped = (FOLDER / f"{kind}.schema.json").read_text(encoding="utf-8")
    assert shipped == generated(kind), "run  python -m tests.support.schemas"
    Draft7Validator.check_schema(json.loads(shipped))


def mistakes(kind: str, text: str) -> list[str]:
    """What an editor would mark in a file, as TOML editors hand it to the schema: dates as text."""
    schema = json.loads((FOLDER / f"{kind}.schema.json").read_text(encoding="utf-8"))
    return [error.message for error in Draft7Validator(schema).iter_errors(as_json(text))]


def as_json(text: str) -> Any:
    def plain(value: Any) -> str:
        assert isinstance(value, date | datetime)
        return value.isoformat()

    return json.loads(json.dumps(tomllib.loads(text), default=plain))


@pytest.mark.parametrize(
    ("kind", "text"),
    [*(("rule", text) for text in RULES), *(("config", text) for text in CONFIGS)],
)
def test_what_is_shipped_and_shown_is_taken(kind: str, text: str) -> None:
    assert mistakes(kind, text) == []


RULE = 'title = "A rule"\nseverity = "low"\nquery = "word"\n'
FEED = '[[feed]]\nname = "wire"\nurl = "https://example.org/feed.xml"\n'


@pytest.mark.parametrize(
    ("kind", "text", "told"),
    [
        ("rule", RULE + 'tag = ["x"]', "'tag' was unexpected"),
        ("rule", RULE.replace("low", "hihg"), "'hihg' is not one of"),
        ("rule", RULE.replace("title", "titel"), "'title' is a required property"),
        ("rule", RULE + '[indicator]\nproblem = "x"', "'points_to' is a required property"),
        ("rule", RULE + 'throttle = "30"', "'30' does not match"),
        ("rule", RULE + '[[test]]\nname = "x"\nexpect = "macth"', "'macth' is not one of"),
        ("config", FEED + 'intervall = "5m"', "'intervall' was unexpected"),
        ("config", FEED + "interval = 5", "5 is not of type 'string'"),
        ("config", FEED + 'interval = "soon"', "'soon' does not match"),
        ("config", '[[route]]\nreceivers = "x"\nseverity = "hgih"', "not valid under any"),
    ],
)  # fmt: skip
def test_a_typo_is_marked(kind: str, text: str, told: str) -> None:
    assert told in "\n".join(mistakes(kind, text))


def test_a_single_text_may_stand_for_a_list_as_in_the_config_itself() -> None:
    assert mistakes("config", FEED + 'tags = "wire"\n[[route]]\nreceivers = "x"') == []


@pytest.mark.parametrize("module", [rules, config], ids=["rule", "config"])
def test_every_key_has_its_description(module: Any) -> None:
    told = descriptions(module)
    models: dict[Any, Any] = config.SECTIONS if module is config else rules.TABLES
    tables = {path if isinstance(path, str) else path[-1] for path in models if path}
    for model in models.values():
        assert set(keys(model)) - tables == set(told[model.__name__]) - tables


SECTIONS = {
    "rules": {
        "[[test]]" if path == ("test",) else f"[{'.'.join(path)}]": model.__name__
        for path, model in rules.TABLES.items()
    }
    | {"At the top of the file": "RuleFile", "[[sequence.step]]": "Step"},
    "config": {
        f"[[{name}]]" if name in config.MANY else f"[{name}]": model.__name__
        for name, model in config.SECTIONS.items()
    }
    | {"At the top of the file": "File"},
}


@pytest.mark.parametrize("page", PAGES)
def test_the_docs_describe_each_key_in_the_same_words(page: str) -> None:
    told = descriptions(rules if page == "rules" else config)
    seen = 0
    for title, body in re.findall(r"^##+ (.+)\n([\s\S]*?)(?=^##|\Z)", PAGES[page], re.MULTILINE):
        rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \| (.+) \|$", body, re.MULTILINE)
        for key, meaning in rows:
            assert told[SECTIONS[page][title]][key] == meaning, f"{title} {key}"
            seen += 1
    assert seen > 20


@pytest.mark.parametrize("kind", KINDS)
def test_the_verb_prints_the_schema(desk: DeskFolder, kind: str) -> None:
    assert desk.watchd("schema", kind).stdout == generated(kind)


@pytest.mark.parametrize("example", ["dprk", "empty"])
def test_a_new_desk_is_ready_for_an_editor(tmp_path: Path, desk: DeskFolder, example: str) -> None:
    folder = tmp_path / "new"
    assert desk.watchd("init", str(folder), "--example", example).returncode == 0
    files = [folder / "config.toml", *(folder / "rules").rglob("*.toml")]
    assert len(files) >= 2
    for path in files:
        first = path.read_text("utf-8").splitlines()[0]
        assert first.startswith("#:schema ")
        schema = json.loads((path.parent / first.split()[1]).read_text("utf-8"))
        Draft7Validator(schema).validate(as_json(path.read_text("utf-8")))
    assert desk.watchd("check", str(folder / "rules")).returncode == 0
    if example == "empty":
        text = (folder / "rules/first.toml").read_text("utf-8")
        assert format_rule(text) == text
