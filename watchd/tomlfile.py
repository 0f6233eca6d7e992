"""TOML with places: tomllib's values, the line and column of each, and plain-spoken mistakes.

tomllib tells no places and stops at the first mistake. It stays the judge of what is TOML, only
that tomlplain is asked first, which is quick where the text is plain. Our own scanner (tomlscan)
says where things stand and, when tomllib refuses, all that is wrong.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property
from typing import Any, Literal

from watchd.errors import FileProblems, Level, Problem
from watchd.tomlcursor import Span
from watchd.tomlplain import read_plain
from watchd.tomlscan import Scanner
from watchd.values import Struct

_TOMLLIB_PLACE = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)
_PIECE = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[ \t]*\n[ \t\n]*|.)|[\s\S]")


class Place(Struct, frozen=True, order=True):
    """A line and a column, both from 1; columns are characters, not bytes."""

    line: int
    col: int


class Document:
    """A TOML file that was read: its `data` as tomllib gives it, and where each part stands.

    A path is the keys and list indexes that lead to a value: `("feed", 0, "url")`. What the
    file does not hold is placed at its nearest ancestor that is there.
    """

    def __init__(self, text: str, path: str, data: dict[str, Any]) -> None:
        self.text = text
        self.path = path
        self.data = data

    @cached_property
    def _places(self) -> Scanner:
        return Scanner(self.text, valid=True)

    @cached_property
    def _lines(self) -> _Lines:
        return _Lines(self.text)

    def key(self, *path: str | int) -> Place:
        """Where the key stands; for an element of [[tables]], the name in its own header."""
        return self._lines.place(self._span(path, at="key").start)

    def value(self, *path: str | int) -> Place:
        """The first character of the value's content: within the quotes of a text."""
        return self._lines.place(self._span(path).start)

    def within(self, index: int, *path: str | int) -> Place:
        """Where the character at `index` of a text value stands; escapes count as they read."""
        span = self._span(path)
        if not span.basic:
            return self._lines.place(min(span.start + index, span.end))
        for piece in _PIECE.finditer(self.text, span.start, span.end):
            if re.fullmatch(r"\\[ \t]*\n[ \t\n]*", piece[0]):
                continue  # a line that goes on in the next one: no character at all
            if index == 0:
                return self._lines.place(piece.start())
            index -= 1
        return self._lines.place(span.end)

    def _span(self, path: tuple[str | int, ...], at: Literal["key", "value"] = "value") -> Span:
        if path and (not self.data or path[0] in self.data):  # else it is nowhere
            self._places.scan(until=path)
        spans = self._places.keys if at == "key" else self._places.values
        while path:
            if path in spans:
                return spans[path]
            path = path[:-1]
        return Span(0, 1)

    def line(self, n: int) -> str:
        """Line `n` of the file, from 1, without its end; "" where there is none."""
        return self._lines.line(n)

    def problem(
        self,
        code: str,
        message: str,
        *path: str | int,
        at: Literal["key", "value"] = "value",
        hint: str = "",
        length: int | None = None,
        level: Level = "error",
    ) -> Problem:
        """A problem with what stands at `path`; `length` is that of the key or value itself."""
        span = self._span(path, at=at)
        place = self._lines.place(span.start)
        first_line_end = min(span.end, span.start + len(self.line(place.line)) - place.col + 1)
        return Problem(
            code=code,
            message=message,
            path=self.path,
            line=place.line,
            col=place.col,
            level=level,
            source=self.line(place.line),
            length=length if length is not None else max(1, first_line_end - span.start),
            hint=hint,
        )


def read(text: str, path: str) -> Document:
    """Read TOML; `path` is how messages name the file. Raises FileProblems with every mistake."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    data = read_plain(text)
    if data is None:
        try:
            data = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            raise FileProblems(_mistakes(text, path, error)) from None
    return Document(text, path, data)


def read_bytes(data: bytes, path: str) -> Document:
    """`read`, of a file's bytes. A file that is not UTF-8 is refused by its probable encoding."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:4]:
        raise FileProblems([_encoding_problem(path, "UTF-16", Place(1, 1))])
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].rpartition(b"\n")[2].decode(errors="replace")
        place = Place(data.count(b"\n", 0, error.start) + 1, len(before) + 1)
        raise FileProblems([_encoding_problem(path, _probable_encoding(data), place)]) from None
    return read(text, path)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that `word` was probably meant to be; "" when none is close."""
    names = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.6)
    return names[close[0]] if close else ""


class _Lines:
    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def place(self, offset: int) -> Place:
        line = min(bisect_right(self._starts, offset), len(self._lines))
        return Place(line, offset - self._starts[line - 1] + 1)

    def line(self, n: int) -> str:
        return self._lines[n - 1] if 1 <= n <= len(self._lines) else ""


def _mistakes(text: str, path: str, error: Exception) -> list[Problem]:
    lines = _Lines(text)
    problems = []
    for mistake in Scanner(text).scan().mistakes:
        place = lines.place(mistake.start)
        source = lines.line(place.line)
        problems.append(
            Problem(
                code=mistake.code,
                message=mistake.message,
                path=path,
                line=place.line,
                col=place.col,
                source=source,
                length=max(1, min(mistake.end - mistake.start, len(source) - place.col + 1)),
                hint=mistake.hint,
            )
        )
    return problems or [_refused(lines, path, error)]


def _refused(lines: _Lines, path: str, error: Exception) -> Problem:
    """What tomllib says, for what the scanner does not look at."""
    if isinstance(error, RecursionError):
        return Problem(code="T110", message="too many brackets within brackets", path=path)
    match = _TOMLLIB_PLACE.fullmatch(str(error))
    said = match[1] if match else "a value is out of range"
    message = f"this is not TOML: {said[:1].lower()}{said[1:]}"
    if match is None or match[2] is None:
        return Problem(code="T111", message=message, path=path)
    line, col = int(match[2]), int(match[3])
    source = lines.line(line)
    return Problem(code="T111", message=message, path=path, line=line, col=col, source=source)


def _encoding_problem(path: str, encoding: str, place: Place) -> Problem:
    was = f"; it is probably {encoding}" if encoding else ""
    message = f"this file is not UTF-8{was}: save it as UTF-8 in your editor"
    return Problem(code="T112", message=message, path=path, line=place.line, col=place.col)


def _probable_encoding(data: bytes) -> str:
    """The old encoding that makes words of the bytes; "" when none does."""
    for codec, name, words, share in (
        ("cp949", "EUC-KR (CP949)", "[가-힣]+", 0.95),
        ("cp932", "Shift_JIS", "[ぁ-ヿ]+", 0.15),
        ("cp1251", "windows-1251", "[а-яёА-ЯЁ]{2,}", 0.9),
        ("gb18030", "GB18030 (GBK)", "[\u4e00-\u9fff]+", 0.8),
        ("cp1252", "windows-1252", "[À-ÿ‘’“”–—]+", 0.9),
    ):
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        foreign = sum(char > "\x7f" for char in text)
        if len("".join(re.findall(words, text))) >= share * foreign:
            return name
    return ""
