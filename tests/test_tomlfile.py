"""Config and rule files are read with the place of every key and value, and of every mistake."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchd import tomlfile
from watchd.errors import FileProblems
from watchd.tomlfile import Place
from watchd.tomlplain import read_plain

RULE = """\
# a rule
title = "Alien lands"

query = '''
  alien AND
  "lands"
'''
why.short = "they \\"fought\\" abroad"

[[test]]
text = \"\"\"one \\
    two\"\"\"
spans = [
  "one",   # the first
  'two', ["three"],
]

[[test]]
extra = {"odd key" = true, deep.er = [1, {x = 2}]}

[[test.note]]
by = "me"

[indicator.weights]
lasts = 2026-01-08
"""


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("title",), (2, 1), (2, 10)),
        (("query",), (4, 1), (5, 1)),
        (("why",), (8, 1), (8, 1)),
        (("why", "short"), (8, 5), (8, 14)),
        (("test",), (10, 3), (10, 3)),
        (("test", 0), (10, 3), (10, 3)),
        (("test", 0, "text"), (11, 1), (11, 11)),
        (("test", 0, "spans"), (13, 1), (13, 9)),
        (("test", 0, "spans", 1), (15, 4), (15, 4)),
        (("test", 0, "spans", 2, 0), (15, 12), (15, 12)),
        (("test", 1), (18, 3), (18, 3)),
        (("test", 1, "extra", "odd key"), (19, 11), (19, 22)),
        (("test", 1, "extra", "deep", "er", 1, "x"), (19, 43), (19, 47)),
        (("test", 1, "note", 0, "by"), (22, 1), (22, 7)),
        (("indicator",), (24, 2), (24, 2)),
        (("indicator", "weights", "lasts"), (25, 1), (25, 9)),
        # what is not there stands where its nearest ancestor does
        (("test", 1, "title"), (18, 3), (18, 3)),
        (("severity",), (1, 1), (1, 1)),
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_keys_and_values_are_placed(ends, path, key, value):
    document = tomlfile.read(RULE.replace("\n", ends), "rule.toml")
    assert document.key(*path) == Place(*key)
    assert document.value(*path) == Place(*value)


@pytest.mark.parametrize(
    ("path", "word", "place"),
    [
        (("query",), "alien", (5, 3)),
        (("query",), '"lands"', (6, 3)),
        (("why", "short"), "fought", (8, 21)),
        (("test", 0, "text"), "one", (11, 11)),
        (("test", 0, "text"), "two", (12, 5)),
    ],
)
def test_a_word_within_a_text_is_placed(path, word, place):
    document = tomlfile.read(RULE, "rule.toml")
    text: Any = document.data
    for step in path:
        text = text[step]
    assert document.within(text.index(word), *path) == Place(*place)


def test_a_problem_shows_its_line_and_what_is_wrong_in_it():
    document = tomlfile.read(RULE, "rules/x.toml")
    problem = document.problem("E1", "no such thing", "test", 1, "extra", "odd key", at="key")
    assert str(problem) == (
        "rules/x.toml:19:11: error[E1]: no such thing\n"
        '  | extra = {"odd key" = true, deep.er = [1, {x = 2}]}\n'
        "  |           ^^^^^^^"
    )
    assert document.problem("E2", "…", "title", length=3).length == 3
    assert document.problem("E3", "…", "query").length == len("  alien AND")


@pytest.mark.parametrize(
    ("text", "where", "words", "hint"),
    [
        ("name = “KCNA”", "1:8", "curly quotation marks; use straight ones", 'name = "KCNA"'),
        ('name = «a "b"»', "1:8", "curly", "name = 'a \"b\"'"),
        ("tags = [“a”, “b”]", "1:9", "curly", 'tags = ["a", "b"]'),
        ("“name” = 1", "1:1", "curly", '"name" = 1'),
        ('name = "KCNA”', "1:8", "closing quotation mark is a curly one", 'name = "KCNA"'),
        ('name = "KCNA', "1:8", "closing quotation mark is missing", 'name = "KCNA"'),
        ("name = 'KCNA", "1:8", "closing quotation mark is missing", "name = 'KCNA'"),
        ('"name = 1', "1:1", "closing quotation mark is missing", ""),
        (
            '\n\nquery = """\na\n',
            "3:9",
            'closing """ of this text is missing: add a line with it below line 4',
            "",
        ),
        ("every = 30d", "1:9", "put it in quotes", 'every = "30d"'),
        ("every = 1h30m # often", "1:9", "put it in quotes", 'every = "1h30m" # often'),
        ("every = 30 minutes", "1:12", "in quotes", 'every = "30 minutes"'),
        ("title = Kim Jong Un", "1:9", "straight quotes", 'title = "Kim Jong Un"'),
        ("tags = [kim]", "1:9", "straight quotes", 'tags = ["kim"]'),
        ("on = True", "1:6", "true or false", "on = true"),
        ("on = no", "1:6", "true or false", "on = false"),
        ("day = 2026-02-30", "1:7", "no such date", "day = 2026-02-28"),
        ("n = 007", "1:5", "number", 'n = "007"'),
        ('q = "a" AND "b"', "1:9", "other quotes", 'q = \'"a" AND "b"\''),
        ('q = "say "a" now"', "1:11", "other quotes", "q = 'say \"a\" now'"),
        ("q = 'a' it's", "1:9", "other quotes", "q = \"'a' it's\""),
        ('p = "\\d+"', "1:6", "backslash", "p = '\\d+'"),
        ("name: 1", "1:5", "not a colon", "name = 1"),
        ('name "x"', "1:1", "= is missing", 'name = "x"'),
        ("name =", "1:7", "value is missing", ""),
        ("name = # none", "1:8", "value is missing", ""),
        ("= 3", "1:1", "key before the =", ""),
        ("имя = 3", "1:1", "straight quotes", ""),
        ("}", "1:1", "is expected here", ""),
        ('tags = ["a" "b"]', "1:13", "comma is missing", 'tags = ["a", "b"]'),
        ('tags = ["a",\nname = "b"', "1:8", "] is missing", 'tags = ["a",]'),
        ('tags = ["a"\n[[test]]\n', "1:8", "] is missing", 'tags = ["a"]'),
        ("x = {a = 1 b = 2}", "1:12", "comma is missing", ""),
        ("x = {a = 1,}", "1:12", "not TOML", ""),
        ("x = {a = 1,\n b = 2}\n", "1:5", "on the line it begins on", ""),
        ("[feed\n", "1:1", "brackets", "[feed]  or, for one of several,  [[feed]]"),
        ("[[feed]\n", "1:1", "brackets", "[[feed]]  or, for the only one,  [feed]"),
        ("tags = 'a', 'b'", "1:11", "several texts are a list", "tags = ['a', 'b']"),
        ("title == 'a'", "1:8", "one = is enough", "title = 'a'"),
        ("// note\n", "1:1", "a comment begins with #", "# note"),
        ("day = 31.12.2026", "1:7", "year first", "day = 2026-12-31"),
        ("[feed] x = 1\n", "1:8", "after the section's name", ""),
        ("a = 1\nb = 2\na = 3", "3:1", "already set on line 1", ""),
        ("[a]\nb = 1\n[c]\n[a]", "4:2", "already there, on line 1", ""),
        ("a = 1\na.b = 2", "2:1", "already set on line 1", ""),
        ("a = 1\n[[a]]", "2:3", "already a key, set on line 1", ""),
        ('\ufeffa = 1\r\nb = "\x01"', "2:6", "not TOML", ""),
        ("a = " + "[" * 500 + "]" * 500, "1:105", "too many brackets", ""),
    ],
)
def test_a_mistake_is_one_clear_sentence_at_its_place(text, where, words, hint):
    with pytest.raises(FileProblems) as caught:
        tomlfile.read(text, "x.toml")
    problem = caught.value.problems[0]
    assert problem.where == f"x.toml:{where}"
    assert words in problem.message
    assert problem.hint == hint
    assert problem.source == text.removeprefix("\ufeff").splitlines()[problem.line - 1]
    if hint and " or" not in hint:
        tomllib.loads(hint)  # it can be pasted as it stands


def test_every_mistake_of_a_file_is_told_at_once():
    text = 'name = “KCNA”\nurl = "https://x\n[[feed]]\ntags = ["a", "b"\nevery = 30d\nok = 1\n'
    with pytest.raises(FileProblems) as caught:
        tomlfile.read(text, "x.toml")
    places = [(problem.line, problem.col) for problem in caught.value.problems]
    assert places == [(1, 8), (2, 7), (4, 8), (5, 9)]


def test_curly_quotes_round_a_long_text_are_one_mistake():
    with pytest.raises(FileProblems) as caught:
        tomlfile.read("query = “””\nalien AND lands\n”””\nevery = 3h\n", "x.toml")
    first, second = caught.value.problems
    assert (first.line, first.hint) == (1, "query = '''")
    assert (second.line, second.hint) == (4, 'every = "3h"')


@pytest.mark.parametrize(
    ("text", "codec", "name", "where"),
    [
        ('a = 1\nname = "러시아에 파병된 부대"', "cp949", "EUC-KR", "2:9"),
        ('name = "съезд партии открылся"', "cp1251", "windows-1251", "1:9"),
        ('name = "偵察衛星を打ち上げた"', "cp932", "Shift_JIS", "1:9"),
        ('name = "朝鲜劳动党第九次代表大会"', "gbk", "GB18030", "1:9"),
        ('name = "Le café"', "latin-1", "windows-1252", "1:15"),
        ('name = "x"', "utf-16", "UTF-16", "1:1"),
        ('name = "x"', "utf-16-le", "UTF-16", "1:1"),
    ],
)
def test_another_encoding_is_named(text, codec, name, where):
    with pytest.raises(FileProblems) as caught:
        tomlfile.read_bytes(text.encode(codec), "x.toml")
    (problem,) = caught.value.problems
    assert name in problem.message
    assert problem.where == f"x.toml:{where}"


def test_a_byte_order_mark_is_no_matter():
    document = tomlfile.read_bytes("\ufefftitle = 'x'".encode(), "x.toml")
    assert document.data == {"title": "x"}
    assert document.key("title") == Place(1, 1)


@pytest.mark.parametrize(
    ("word", "meant"),
    [("ulr", "url"), ("URL", "url"), ("intervall", "interval"), ("hihg", "high"), ("zzz", "")],
)
def test_the_nearest_known_word(word, meant):
    assert tomlfile.nearest(word, ["url", "interval", "high"]) == meant


# --- documents made together with the places of all they hold


@dataclass
class Written:
    text: str = ""
    keys: dict[tuple[Any, ...], int] = field(default_factory=dict)
    values: dict[tuple[Any, ...], int] = field(default_factory=dict)


BARE = st.text("abcXYZ019_-", min_size=1, max_size=5)
ODD = st.text("ab .#='[é朝", max_size=5)
WORDS = st.text("ab \"'#=[]{},é朝선\\", max_size=12)
LINES = st.text("ab \"'#=[]\n朝", max_size=20)
SPACE = st.sampled_from(["", " ", "\t", "  "])
BREAK = st.sampled_from(["", " ", "\n", ' # no, "not" ] this\n  ', "\n\n\t"])


def write_key(draw: st.DrawFn, out: Written, taken: set[str]) -> str:
    """A key that is not taken yet; its place is that of its own first letter."""
    name = draw((BARE | ODD).filter(lambda name: name not in taken))
    taken.add(name)
    if (
        name
        and name.isascii()
        and all(c.isalnum() or c in "_-" for c in name)
        and draw(st.booleans())
    ):
        out.text += name
    elif "'" not in name and draw(st.booleans()):
        out.text += f"'{name}'"
    else:
        out.text += f'"{name}"'
    return name


def start_of_key(text: str, before: int) -> int:
    return before + 1 if text[before] in "\"'" else before


def write_value(draw: st.DrawFn, out: Written, path: tuple[Any, ...], depth: int) -> Any:
    kinds = ["basic", "literal", "long basic", "long literal", "bare"]
    kind = draw(st.sampled_from(kinds + (["list", "inline"] if depth < 3 else [])))
    start = len(out.text)
    out.values[path] = start
    if kind == "basic":
        value = draw(WORDS)
        out.values[path] = start + 1
        out.text += '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    elif kind == "literal":
        value = draw(WORDS).replace("'", "")
        out.values[path] = start + 1
        out.text += f"'{value}'"
    elif kind == "long basic":
        value, opening = draw(LINES), '"""' + draw(st.sampled_from(["\n", "\\\n", "\\ \n\n  "]))
        value = value.lstrip(" \n") if "\\" in opening else value
        out.values[path] = start + len(opening)
        out.text += opening + value.replace('"', '\\"') + '"""'
    elif kind == "long literal":
        value = draw(LINES).replace("'", "")
        out.values[path] = start + 4
        out.text += f"'''\n{value}'''"
    elif kind == "list":
        value = []
        out.text += "[" + draw(BREAK)
        for index in range(draw(st.integers(0, 3))):
            value.append(write_value(draw, out, (*path, index), depth + 1))
            out.keys[(*path, index)] = out.values[(*path, index)]
            out.text += draw(BREAK) + "," + draw(BREAK)
        out.text += "]"
    elif kind == "inline":
        value = {}
        out.text += "{"
        taken: set[str] = set()
        for index in range(draw(st.integers(0, 2))):
            out.text += ", " if index else draw(SPACE)
            name, inner = write_assignment(draw, out, path, taken, depth + 1)
            value[name] = inner
        out.text += draw(SPACE) + "}"
    else:
        value, raw = draw(st.sampled_from([(1, "1"), (True, "true"), (-0.5, "-0.5"), (16, "0x10")]))
        out.text += raw
    return value


def write_assignment(
    draw: st.DrawFn, out: Written, path: tuple[Any, ...], taken: set[str], depth: int
) -> tuple[str, Any]:
    before = len(out.text)
    name = write_key(draw, out, taken)
    out.keys[(*path, name)] = start_of_key(out.text, before)
    dotted = draw(st.integers(0, 4)) == 0
    inner = ""
    if dotted:
        out.values[(*path, name)] = out.keys[(*path, name)]
        out.text += draw(SPACE) + "." + draw(SPACE)
        before = len(out.text)
        inner = write_key(draw, out, set())
        out.keys[(*path, name, inner)] = start_of_key(out.text, before)
    out.text += draw(SPACE) + "=" + draw(SPACE)
    if dotted:
        return name, {inner: write_value(draw, out, (*path, name, inner), depth)}
    return name, write_value(draw, out, (*path, name), depth)


@st.composite
def documents(draw: st.DrawFn) -> tuple[Written, dict[str, Any]]:
    out, data = Written(), {}
    taken: set[str] = set()

    def statements(path: tuple[Any, ...], table: dict[str, Any], taken: set[str]) -> None:
        for _ in range(draw(st.integers(0, 3))):
            out.text += draw(st.sampled_from(["", "\n", "# a = 'comment\n", "  "]))
            name, value = write_assignment(draw, out, path, taken, 0)
            table[name] = value
            out.text += draw(st.sampled_from(["\n", " # the end\n", "\t\n\n"]))

    statements((), data, taken)
    for _ in range(draw(st.integers(0, 3))):
        many = draw(st.booleans())
        opening, closing = ("[[", "]]") if many else ("[", "]")
        name, path = "", ()
        for index in range(draw(st.integers(1, 3)) if many else 1):
            out.text += opening + draw(SPACE)
            before = len(out.text)
            if index == 0:
                name = write_key(draw, out, taken)
            else:
                out.text += f'"{name}"'
            path = (name, index) if many else (name,)
            out.keys[path] = out.values[path] = start_of_key(out.text, before)
            out.text += draw(SPACE) + closing + "\n"
            table: dict[str, Any] = {}
            if many:
                data.setdefault(name, []).append(table)
            else:
                data[name] = table
            statements(path, table, set())
    return out, data


def str_of(document: tuple[Written, dict[str, Any]]) -> str:
    return document[0].text


def place(text: str, offset: int) -> Place:
    return Place(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def test_two_empty_texts_on_lines_of_their_own_are_no_text_over_several_lines():
    read = tomlfile.read('a = [""\n,\n""\n,]\n', "x.toml")
    assert read.value("a", 1) == Place(3, 2)


@settings(max_examples=150, deadline=None)
@given(documents(), st.sampled_from(["\n", "\r\n"]))
def test_any_document_has_its_places_right(document, ends):
    written, data = document
    read = tomlfile.read(written.text.replace("\n", ends), "x.toml")
    assert read.data == data
    for path, offset in written.keys.items():
        assert read.key(*path) == place(written.text, offset), path
    for path, offset in written.values.items():
        value: Any = data
        for step in path:
            value = value[step]
        if value == "":  # no first character: the closing quotes, or the space before them
            continue
        assert read.value(*path) == place(written.text, offset), path
        if isinstance(value, str):
            for index, char in enumerate(value):
                at = read.within(index, *path)
                if char != "\n":
                    assert (read.line(at.line) + " ")[at.col - 1] in (char, "\\")


SCRAPS = [
    "a", "b = ", "a = 'x'", 'b = "y # z"', "\n", "\n", " ", "\t", "[", "]", "[a]", "[[t]]", "[t]\n",
    "'", "''", "'''", '"', '""', '"""', ",", "c = ['x', \"y\"]", "d = [\n'x',\n]", "e = []", "# é",
    "\\", "\r", "\x00", "\x7f", "é", "١", "1", "true", ".", "=",
]  # fmt: skip


scraps_or_documents = st.lists(st.sampled_from(SCRAPS), max_size=12).map("".join) | documents().map(
    str_of
)


def agrees_with_tomllib(text):
    plain = read_plain(text)
    if plain is not None:
        assert plain == tomllib.loads(text)


@settings(max_examples=200, deadline=None)
@given(scraps_or_documents)
def test_plain_toml_is_read_as_tomllib_reads_it(text):
    agrees_with_tomllib(text)


@pytest.mark.slow
@settings(max_examples=1000, deadline=None)
@given(scraps_or_documents)
def test_much_more_plain_toml_is_read_as_tomllib_reads_it(text):
    agrees_with_tomllib(text)


def test_a_rule_file_is_plain_toml():
    text = "title = 'x'  # é\ntags = ['a', \"b\",]\n"
    text += "query = '''\n\"a\" 'b'\n'''\n[sources]\nonly = []\n"
    text += '[[test]]\nname = "n"\ntext = """\nlong "x" one"""\n\n[[test]]\nname = "m"\n'
    assert read_plain(text) == tomllib.loads(text)


@settings(max_examples=150, deadline=None)
@given(documents(), st.data())
def test_a_damaged_document_is_never_a_crash(document, data):
    text = document[0].text
    at = data.draw(st.integers(0, len(text)))
    damage = data.draw(st.text("ab \"'=[]{},.\\\n“”#1\x00", max_size=3))
    text = text[:at] + damage + text[at + data.draw(st.integers(0, 4)) :]
    try:
        tomlfile.read(text, "x.toml")
    except FileProblems as error:
        lines = text.split("\n")
        for problem in error.problems:
            assert problem.line <= len(lines)
            if problem.line:
                assert problem.source == lines[problem.line - 1]
                assert 1 <= problem.col <= len(problem.source) + 1
        with pytest.raises(tomllib.TOMLDecodeError):
            tomllib.loads(text)
    else:
        tomllib.loads(text)
