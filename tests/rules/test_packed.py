"""Rules that were packed are, unpacked, in everything the rules that were read."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from shutil import ignore_patterns
from typing import Any

import pytest
from hypothesis import given, settings

from tests.rules.oracle_cases import cases
from tests.rules.test_load import WHOLE
from tests.rules.test_query import LISTS, pieces_of_queries
from watchd.errors import FileProblems
from watchd.model import FollowUp
from watchd.rules import Rule, RuleSet, load, rule_from_source
from watchd.rules.files import texts
from watchd.rules.packed import Written, pack, unpack
from watchd.rules.tree import Any as AnyOf
from watchd.rules.tree import Node, parts
from watchd.values import Struct, replace

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 1, tzinfo=UTC)
TEXTS = {name: held.source for name, held in LISTS.items() if not held.problems}
NAMES = " OR ".join(f"@{name}" for name in TEXTS)


def of(*queries: str, lists: Mapping[str, str] = TEXTS) -> list[Rule]:
    """The rules of these queries; those that cannot be read are left out."""
    read = []
    for number, query in enumerate(queries):
        source = f"title = \"T\"\nseverity = \"low\"\nquery = '''\n{query}'''\n"
        try:
            read.append(rule_from_source(f"r{number}", f"r{number}.toml", source, lists))
        except FileProblems:
            continue
    return read


def written(rules: Sequence[Rule]) -> list[Written]:
    return [Written(rule.id, rule.path, rule.source, rule.lists) for rule in rules]


def again(rules: Sequence[Rule]) -> list[Rule]:
    unpacked = unpack(pack(rules, "now"), written(rules), "now")
    assert unpacked is not None
    return unpacked


def whole(value: Any) -> object:
    """All that a value holds and of which type, also what does not count in a comparison."""
    if isinstance(value, Struct):
        return type(value), [(n, whole(getattr(value, n))) for n in value.__struct_fields__]
    if isinstance(value, tuple):
        return tuple(map(whole, value))
    return type(value), value


def is_same(rules: Sequence[Rule]) -> None:
    for unpacked, read in zip(again(rules), rules, strict=True):
        assert whole(unpacked) == whole(read)
        assert unpacked.version == read.version


def shipped(folder: str) -> tuple[Rule, ...]:
    rules = load(ROOT / folder).rules
    assert rules
    return rules


@pytest.mark.parametrize("folder", ["rules", "tests/soak/rules"])
def test_rules_of_files_are_the_same(folder: str) -> None:
    is_same(shipped(folder))


def test_a_rule_with_all_its_keys_is_the_same() -> None:
    more = 'throttle = "90m"\nfollow_up = "publishers:5, new words"\nwas = "an/older"\n'
    is_same([rule_from_source("a/b", "a/b.toml", more + WHOLE, {"heroic": "heroic\n영웅\n"})])


@pytest.mark.parametrize(
    "query",
    [
        "alien", '"alien lands"', "kim?", "*위성*", '"kim * un"', "exact:ISW", "title:alien",
        "a1 AND b1", "a1 OR b1", "a1 AND NOT b1", "a1 NOT b1", "a1 NEAR/0 b1", "a1 ONEAR/1000 b1",
        "a1 NEAR/s b1", "(a1 OR b1) ONEAR/p c1 NEAR/5 d1", "a1 EXCEPT b1", "ATLEAST/3(a1 OR b1)",
        "ATLEAST/2 @russia", "a1 AND source:kcna-*", "a1 AND site:kcna.kp",
        "a1 AND lang:(ko OR zh)",
        "@russia", "title:@russia AND body:(@aliases OR x1)", "@russia NEAR/5 (@aliases OR a1)",
        "url:(a1 AND category:b1)", "author:@russia", NAMES, "title:(exact:ISW OR a1)",
    ],
)  # fmt: skip
def test_each_construct_of_a_query_is_the_same(query: str) -> None:
    is_same(of(query))


@settings(max_examples=60, deadline=None)
@given(pieces_of_queries)
def test_any_query_is_the_same(query: str) -> None:
    is_same(of(query))


@pytest.mark.slow
@settings(max_examples=5000, deadline=None)
@given(pieces_of_queries)
def test_many_more_queries_are_the_same(query: str) -> None:
    is_same(of(query))


@pytest.mark.parametrize(("rules", "items"), [(3, 1), pytest.param(70, 5, marks=pytest.mark.slow)])
def test_what_they_find_and_explain_is_the_same(rules: int, items: int) -> None:
    for case in cases(20260310, rules, items):
        read = of(*map(str, case.rules), lists=case.lists)
        is_same(read)
        before, after = RuleSet(read), RuleSet(again(read))
        for source, item in case.items:
            found = before.match(item, source=source, now=NOW)
            assert after.match(item, source=source, now=NOW) == found
            for one, other in zip(before.rules, after.rules, strict=True):
                told = before.explain(one, item, source=source, now=NOW)
                assert after.explain(other, item, source=source, now=NOW) == told


def folder(path: Path, *queries: str, **lists: str) -> tuple[Rule, ...]:
    (path / "lists").mkdir()
    for name, text in lists.items():
        (path / "lists" / f"{name}.txt").write_text(text)
    for number, query in enumerate(queries):
        text = f'title = "T"\nseverity = "low"\nquery = "{query}"\n'
        (path / f"r{number}.toml").write_text(text)
    return load(path).rules


def test_a_list_is_packed_once_and_shared_again(tmp_path: Path) -> None:
    long = "\n".join(f"word{number}" for number in range(200))
    rules = folder(
        tmp_path, *["@long AND a1", "(@long OR @short) NEAR/5 x1"] * 3, long=long, short="y1"
    )
    is_same(rules)
    assert len(pack(rules, "now")) < 2 * len(pack(rules[:1], "now"))
    lists = {id(part.parts) for rule in again(rules) for part in _lists(rule.query)}
    assert len(lists) == 2


def _lists(node: Node) -> list[AnyOf]:
    own = [node] if isinstance(node, AnyOf) and node.name else []
    return own + [found for part in parts(node) for found in _lists(part)]


def test_rules_beyond_the_bound_are_not_packed(tmp_path: Path) -> None:
    long = "\n".join(f"word{number}" for number in range(500))
    rules = folder(tmp_path, "title:@long", long=long)
    assert pack(rules, "now")
    many = [rule_of_its_own(rules[0]) for _ in range(1100)]
    assert pack(many, "now") == b""
    assert pack([replace(rules[0], why="w" * 9_000_000)], "now") == b""


def rule_of_its_own(rule: Rule) -> Rule:
    """The rule with a list that it shares with no other."""
    assert isinstance(rule.query, AnyOf)
    return replace(rule, query=replace(rule.query, parts=(*rule.query.parts,)))


def test_what_cannot_be_packed_is_left() -> None:
    (rule,) = of("alien")
    assert pack([replace(rule, path="\udcff.toml")], "now") == b""
    assert pack([replace(rule, follow_up=FollowUp(publishers=10**30))], "now") == b""
    assert pack([rule], "") == b""
    assert unpack(b"", written([rule]), "now") is None


@pytest.mark.parametrize(
    "other",
    [
        {"id": "r1"}, {"path": "elsewhere/r0.toml"}, {"source": "query = '@russia AND b1'"},
        {"lists": {"russia": "Russia\nMoscow\nsoyuz\n"}}, {"lists": {}},
        {"lists": {"aliases": TEXTS["russia"]}},
    ],
)  # fmt: skip
def test_other_texts_are_read_anew(other: dict[str, Any]) -> None:
    rules = of("@russia AND a1")
    packed, (text,) = pack(rules, "now"), written(rules)
    assert unpack(packed, [text], "now") == rules
    assert unpack(packed, [replace(text, **other)], "now") is None
    assert unpack(packed, [text], "another") is None
    assert unpack(packed, [text, text], "now") is None
    assert unpack(packed, [], "now") is None


def test_bytes_that_are_not_whole_are_not_taken() -> None:
    rules = of("@russia AND a1", "b1 NEAR/s c1")
    packed, texts = pack(rules, "now"), written(rules)
    for at in range(len(packed)):
        assert unpack(packed[:at], texts, "now") is None
        changed = packed[:at] + bytes([packed[at] ^ 1]) + packed[at + 1 :]
        assert unpack(changed, texts, "now") is None


def test_reading_takes_no_module_that_the_edition_does_not_know() -> None:
    program = (
        "import sys; from pathlib import Path; from watchd.rules import load;"
        f"print(len(load(Path({str(ROOT / 'tests/soak/rules')!r})).rules), 'rules');"
        "print(*(f'{n} {m.__file__}' for n, m in sys.modules.items() if n.startswith('watchd')),"
        "sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    rules, *modules = done.stdout.splitlines()
    assert rules == "3 rules"
    assert "watchd.rules.parser" in done.stdout
    folders = {Path(module.partition(" ")[2]).parent for module in modules}
    known = (".", "rules", "model", "tables")
    assert folders <= {ROOT / "watchd" / name for name in known}


def test_another_edition_is_known_by_its_files(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "watchd", tmp_path / "watchd", ignore=ignore_patterns("__pycache__"))
    program = "import sys; sys.dont_write_bytecode = True\n" + (
        "from watchd.rules.edition import edition; print(edition())"
    )

    def edition() -> str:
        words = [sys.executable, "-S", "-c", program]
        done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path)
        assert not done.stderr
        return done.stdout.strip()

    first = edition()
    assert first
    assert edition() == first
    parser = tmp_path / "watchd/rules/parser.py"
    os.utime(parser, ns=(1, 1))
    second = edition()
    assert second not in ("", first)
    (tmp_path / "watchd/letters.py").write_text("HAN = ''")
    assert edition() not in ("", first, second)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_the_texts_of_a_folder_are_those_its_rules_were_read_from(
    tmp_path: Path, start: str, end: str
) -> None:
    lines = ('title = "T"', 'severity = "low"', "query = '''", "위성", "'''", "")
    (tmp_path / "b").mkdir()
    for name in ("b/c", "a"):
        (tmp_path / f"{name}.toml").write_bytes((start + end.join(lines)).encode())
    found = texts(tmp_path)
    assert found is not None
    assert list(found[0].items()) == [(rule.id, rule.source) for rule in load(tmp_path).rules]
