"""docs/rules.md is true: each rule, each query and each mistake in it is tried out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from watchd.errors import FileProblems
from watchd.model import Feed, Item
from watchd.rules import RuleSet, load, rule_from_query, run_tests, schema
from watchd.rules.lints import lint
from watchd.values import fields

ROOT = Path(__file__).parent.parent
DOCS = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
NOW = datetime(2026, 1, 10, tzinfo=UTC)
CODE = re.compile(r"\b[EW]\d{3}\b")

BLOCKS = re.findall(r"^```(?:toml|text)\n# (rules/\S+)\n([\s\S]*?)^```", DOCS, re.MULTILINE)
LISTS = {Path(path).stem: text for path, text in BLOCKS if path.endswith(".txt")} | {"empty": ""}
RULE = 'title = "A rule"\nseverity = "low"\nquery = "word"\n'


def tables(first: str) -> Iterator[dict[str, str]]:
    """The rows of all tables whose first column has this name."""
    rows = re.findall(r"((?:^\|.*\|\n)+)", DOCS, re.MULTILINE)
    for table in rows:
        head, _, *lines = [re.split(r" \|(?= )", line[1:-1]) for line in table.splitlines()]
        head, *lines = ([cell.strip() for cell in line] for line in (head, *lines))
        if head[0] == first:
            yield from (dict(zip(head, line, strict=True)) for line in lines)


def code_of(cell: str) -> str:
    """What a cell has between backticks; "" when it is in words."""
    return cell[1:-1] if cell.startswith("`") and cell.endswith("`") else ""


def codes(error: FileProblems) -> set[str]:
    return {problem.code for problem in error.problems}


def test_every_rule_loads_at_each_step_and_passes_its_tests_in_the_end(tmp_path: Path) -> None:
    for path, text in BLOCKS:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        # The line that names the file stays, so that lines count as they read.
        file.write_text(f"# {path}\n{text}", encoding="utf-8")
    loaded = load(tmp_path / "rules")
    assert [str(problem) for problem in loaded.problems] == []
    assert [str(failure) for rule in loaded.rules for failure in run_tests(rule)] == []
    assert sum(len(rule.tests) for rule in loaded.rules) >= 4


def test_the_rule_in_the_readme_works_with_these_lists(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (rule,) = re.findall(r"```toml\n([\s\S]*?)```", readme)
    (tmp_path / "lists").mkdir()
    for name in ("abroad", "honour"):
        (tmp_path / f"lists/{name}.txt").write_text(LISTS[name], encoding="utf-8")
    (tmp_path / "foreign-front.toml").write_text(rule, encoding="utf-8")
    loaded = load(tmp_path)
    assert [str(problem) for problem in loaded.problems] == []
    assert [str(failure) for failure in run_tests(loaded.rules[0])] == []


@pytest.mark.parametrize("row", [*tables("query")], ids=lambda row: f"{row['query']} {row['text']}")
def test_a_query_finds_the_bold_words(row: dict[str, str]) -> None:
    rule = rule_from_query(code_of(row["query"]), lists=LISTS)
    cells = {name: row.get(name, "").strip().replace("<br>", "\n") for name in _FIELDS}
    plain = {name: cell.replace("**", "") for name, cell in cells.items()}
    item = Item(
        key="1",
        title=plain["title"],
        text=plain["text"],
        author=plain["author"],
        url=plain["url"],
        categories=tuple(filter(None, [plain["category"]])),
        lang=row.get("lang", ""),
    )
    source = row.get("source", "").strip() or "feed"
    matches = RuleSet([rule]).match(item, source=source, now=NOW)
    found = [(one.field, one.start, one.end) for match in matches for one in match.evidence]
    wanted = [place for name, field in _FIELDS.items() for place in bold(field, cells[name])]
    assert sorted(found) == sorted(wanted)


_FIELDS = {
    "title": "title",
    "text": "body",
    "author": "author",
    "url": "url",
    "category": "category",
}


def bold(field: str, text: str) -> Iterator[tuple[str, int, int]]:
    """The places of **bold** words in the text without the stars."""
    for number, match in enumerate(re.finditer(r"\*\*(.+?)\*\*", text)):
        start = match.start() - 4 * number
        yield field, start, start + len(match[1])


QUERY_CODES = [row for row in tables("code") if "right" in row]
FILE_CODES = [row for row in tables("code") if "right" not in row]


@pytest.mark.parametrize("row", QUERY_CODES, ids=lambda row: row["code"])
def test_a_wrong_query_is_told_by_its_code_and_the_right_one_is_taken(row: dict[str, str]) -> None:
    with pytest.raises(FileProblems) as refused:
        rule_from_query(code_of(row["wrong"]), lists=LISTS)
    assert codes(refused.value) == {row["code"]}
    rule_from_query(code_of(row["right"]), lists=LISTS)


@pytest.mark.parametrize(
    "row", [row for row in FILE_CODES if code_of(row["wrong"])], ids=lambda row: row["code"]
)
def test_a_wrong_line_in_a_rule_is_told_by_its_code(row: dict[str, str], tmp_path: Path) -> None:
    line = code_of(row["wrong"])
    kept = [one for one in RULE.splitlines() if one.split()[0] != line.split()[0]]
    lines = [*kept, line] if line.startswith("[") else [line, *kept]
    (tmp_path / "rule.toml").write_text("\n".join(lines), encoding="utf-8")
    assert row["code"] in {problem.code for problem in load(tmp_path).problems}


def test_a_list_in_another_encoding_and_a_failing_test_have_their_codes(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/old.txt").write_bytes("북한".encode("euc-kr"))
    test = '[[test]]\nname = "finds it"\nexpect = "match"\ntext = "nothing"\n'
    (tmp_path / "rule.toml").write_text(RULE + test, encoding="utf-8")
    loaded = load(tmp_path)
    assert [problem.code for problem in loaded.problems] == ["E205"]
    assert [failure.problem.code for failure in run_tests(loaded.rules[0])] == ["E301"]


def test_the_shown_mistake_is_what_is_printed(tmp_path: Path, monkeypatch) -> None:
    (shown,) = re.findall(r"```text\n(rules/\S+ error[\s\S]*?)\n```", DOCS)
    monkeypatch.chdir(tmp_path)
    path, text = next((path, text) for path, text in BLOCKS if "@abroad NEAR/12" in text)
    for name, source in LISTS.items():
        (tmp_path / f"rules/lists/{name}.txt").parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"rules/lists/{name}.txt").write_text(source or "word", encoding="utf-8")
    Path(path).parent.mkdir()
    Path(path).write_text(f"# {path}\n" + text.replace("NEAR/12", "NAER/5"), encoding="utf-8")
    assert [str(problem) for problem in load(Path("rules")).problems] == [shown]


FEEDS = (
    Feed(name="yonhap-en", url="https://example.org/1", publisher="Yonhap", lang="en"),
    Feed(name="yonhap-ko", url="https://example.org/2", publisher="Yonhap", lang="ko"),
)
TEST = '[[test]]\nname = "finds it"\nexpect = "match"\ntext = "word"\n'
QUERY_WARNINGS = [row for row in tables("warning") if "better" in row]
FILE_WARNINGS = [row for row in tables("warning") if "better" not in row]


def warnings(folder: Path, files: dict[str, str]) -> set[str]:
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    loaded = load(folder)
    assert [str(problem) for problem in loaded.problems] == []
    return {problem.code for problem in lint(loaded, today=NOW.date(), feeds=FEEDS)}


@pytest.mark.parametrize("row", QUERY_WARNINGS, ids=lambda row: row["warning"])
def test_a_query_is_warned_of_and_the_better_one_is_not(
    row: dict[str, str], tmp_path: Path
) -> None:
    for cell, expected in (("told of", {row["warning"]}), ("better", set())):
        query = f"query = '''{code_of(row[cell])}'''"
        rule = RULE.replace('query = "word"', query) + TEST
        assert warnings(tmp_path, {"rule.toml": rule}) == expected


def test_a_file_is_warned_of(tmp_path: Path) -> None:
    listed = {row["warning"]: code_of(row["told of"]) for row in FILE_WARNINGS}
    for code, line in listed.items():
        if line and " and " not in line:
            assert warnings(tmp_path, {"rule.toml": f"{line}\n{RULE}{TEST}"}) == {code}
    assert warnings(tmp_path, {"rule.toml": RULE}) == {"W112"}
    files = {"rule.toml": RULE + TEST, "lists/words.txt": "rocket\n"}
    assert warnings(tmp_path, files) == {"W109"}
    assert warnings(tmp_path, {"lists/words.txt": "hero*\nheroic\n"}) == {"W109", "W110"}
    (tmp_path / "lists/words.txt").unlink()
    assert warnings(tmp_path, {"other.toml": RULE + TEST}) == {"W111"}


def test_the_shown_warning_is_what_is_printed(tmp_path: Path, monkeypatch) -> None:
    (shown,) = re.findall(r"```text\n(rules/\S+ warning[\s\S]*?)\n```", DOCS)
    monkeypatch.chdir(tmp_path)
    rule = RULE.replace('query = "word"', "query = '''\nlaunch AND EU\n'''")
    path = Path("rules/desk/launches.toml")
    path.parent.mkdir(parents=True)
    path.write_text(rule + TEST, encoding="utf-8")
    found = lint(load(Path("rules")), today=NOW.date())
    assert [str(problem) for problem in found] == [shown]
    path.write_text((rule + TEST).replace("EU", "EU   # ok: W103"), encoding="utf-8")
    assert lint(load(Path("rules")), today=NOW.date()) == []


def test_every_code_is_described_and_every_described_code_exists() -> None:
    folders = ROOT / "watchd/rules", ROOT / "watchd/overtime"
    files = [file for folder in folders for file in folder.rglob("*.py")]
    used = {code for file in files for code in CODE.findall(file.read_text(encoding="utf-8"))}
    described = {row["code"] for row in (*QUERY_CODES, *FILE_CODES)}
    assert described | {row["warning"] for row in (*QUERY_WARNINGS, *FILE_WARNINGS)} == used


OF_ITEMS = ("test", "items")  # written in { }; its keys are those of a [[test]]
TABLES = {path: model for path, model in schema.TABLES.items() if path != OF_ITEMS}
HEADINGS = {(): "At the top of the file", ("test",): "[[test]]"}
HEADINGS[("sequence", "step")] = "[[sequence.step]]"


@pytest.mark.parametrize("path", TABLES)
def test_every_key_is_described_and_every_described_key_exists(path: tuple[str, ...]) -> None:
    heading = re.escape(HEADINGS.get(path, f"[{'.'.join(path)}]"))
    (body,) = re.findall(rf"^### {heading}\n([\s\S]*?)(?=^#|\Z)", DOCS, re.MULTILINE)
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|", body, re.MULTILINE)
    known = {one.encode_name: one for one in fields(TABLES[path])}
    tables_below = {other[-1] for other in TABLES if other and other[:-1] == path}
    assert {key for key, _ in rows} == set(known) - tables_below
    for key, told in rows:
        assert (told.strip() == "needed") == known[key].required, key
        if told.startswith("`"):
            assert told.strip("` ").strip('"') == str(known[key].default).lower(), key
