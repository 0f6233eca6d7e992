"""Where each key and value of a TOML text stands, and what is wrong where it is not TOML.

A light reader for places, one statement at a time, that goes on after a mistake. It does not
judge: `tomlfile` asks tomllib whether the text is TOML, and this module where and why not.
"""

from __future__ import annotations

import re
import tomllib
from typing import NoReturn, Self

from watchd.tomladvice import (
    STATEMENT_LINE,
    after_value,
    bare_line,
    bare_value,
    missing_third,
    never_closed,
    over_lines,
    quoted,
    words_of_list,
)
from watchd.tomlcursor import CURLY, CURLY_SAID, STRAIGHT, Cursor, Mistake, Path, Span

_SPACES = re.compile(r"[ \t]*")
_BLANKS = re.compile(r"(?:[ \t\n]+|#[^\n]*)*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\[^\n])*"|'[^'\n]*'""")
_STRING = {'"': re.compile(r'"((?:[^"\\\n]|\\[^\n])*)"'), "'": re.compile(r"'([^'\n]*)'")}
_LONG = {
    '"""': re.compile(r'"""\n?((?:[^"\\]++|\\[\s\S]|"(?!"")|"(?="""))*)"""'),
    "'''": re.compile(r"'''\n?((?:[^']++|'(?!'')|'(?='''))*)'''"),
}
_CONTINUED = re.compile(r"(?:\\[ \t]*\n[ \t\n]*)+")
_ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[ \t]*\n|[\s\S])")
_PLAIN_ESCAPE = re.compile(r'\\(?:["\\bfnrt]|u.{4}|U.{8}|[ \t]*\n)')
_BARE = re.compile(r"\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]*|[^\s,\]}#]*")
_COMMENT = re.compile(r"//+|;+|--+|\*+")
# A line that can only begin a new statement: a list still open above it was never closed.
_STATEMENT = re.compile(
    r"[A-Za-z0-9_-]+[ \t]*=|\[\[?(?!(?:true|false|inf|nan)\b)[A-Za-z_][\w.-]*\]\]?[ \t]*(?:#|\n|$)"
)
_KEY_OF_WORDS = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(?:[ \t]+[A-Za-z0-9_-]+)+(?=[ \t]*=)")
_VALUE_BELOW = re.compile(r"""[ \t]*\n[ \t]*(?=["'])""")
_DEEPEST = 100


class Scanner(Cursor):
    """Reads `text` (line ends are \\n) into `keys`, `values` and `mistakes`, as far as is asked.

    With `valid` it is known to be TOML: what may also be a mistake is none.
    """

    def __init__(self, text: str, *, valid: bool = False) -> None:
        self._valid = valid
        self.keys: dict[Path, Span] = {}
        self.values: dict[Path, Span] = {}
        self.mistakes: list[Mistake] = []
        super().__init__(text)
        self._tables: dict[Path, int] = {}  # arrays of tables: how many so far
        self._headers: set[Path] = set()
        self._defined: set[Path] = set()
        self._section: Path = ()

    def scan(self, until: Path | None = None) -> Self:
        """Read on: to the statement that gives the value at this path, or to the end."""
        while until is None or until not in self.values:
            self._skip(_BLANKS)
            if self._at >= len(self._text):
                break
            start, self._depth = self._at, 0
            try:
                if self._sees("["):
                    self._section = ("", start)  # in case the header is broken: keys of no section
                    self._section = self._header()
                    self._line_end(None)
                else:
                    self._line_end(self._assignment(self._section))
            except Mistake as mistake:
                self.mistakes.append(mistake)
                self._at = mistake.resume if mistake.resume > start else self._eol(self._at)
        return self

    # --- statements

    def _header(self) -> Path:
        opening = "[[" if self._sees("[[") else "["
        start, closing = self._at, "]" * len(opening)
        self._at += len(opening)
        keys = self._dotted()
        if not self._sees(closing) or self._sees(closing + "]"):
            name = self._text[keys[0][1].start : keys[-1][1].end]
            message = "the brackets round the section's name do not match"
            hint = f"[{name}]  or, for one of several,  [[{name}]]"
            if opening == "[[":
                hint = f"[[{name}]]  or, for the only one,  [{name}]"
            raise Mistake("T107", message, start, self._eol(start), hint)
        self._at += len(closing)

        path: Path = ()
        for number, (name, span) in enumerate(keys, 1):
            path += (name,)
            if path in self._defined:
                self._twice("this is already a key, set on line {}", path, span)
            self.keys.setdefault(path, span)
            self.values.setdefault(path, span)
            if number < len(keys) and path in self._tables:
                path += (self._tables[path] - 1,)
        span = keys[-1][1]
        if opening == "[[":
            index = self._tables.get(path, 0)
            self._tables[path] = index + 1
            path += (index,)
            self.keys[path] = self.values[path] = span
        elif path in self._headers:
            self._twice(
                "this section is already there, on line {}; put all its keys into one", path, span
            )
        else:
            self.keys[path] = self.values[path] = span
        self._headers.add(path)
        return path

    def _assignment(self, section: Path) -> int:
        """Read `key = value`; the offset where the value begins."""
        start = self._at
        keys = self._dotted()
        if not self._sees("="):
            colon, hint = self._sees(":"), ""
            message = "an = is missing between a key and its value"
            if colon:
                message = "write = between a key and its value, not a colon"
                start, hint = self._at, self._line_with(self._at, self._at + 1, " =")
            elif sign := _COMMENT.match(self._text, start):
                message, hint = "a comment begins with #", self._line_with(*sign.span(), "#")
                raise Mistake("T104", message, *sign.span(), hint)
            elif words := _KEY_OF_WORDS.match(self._text, start):
                message, key = "a key is one word", re.sub(r"[ \t]+", "_", words[0])
                raise Mistake("T105", message, *words.span(), self._line_with(*words.span(), key))
            elif self._text[keys[-1][1].end : keys[-1][1].end + 1] == " ":
                dash = self._text[start : start + 2] == "- "  # as YAML has it
                hint = (
                    self._line_with(start, start + 2, "")
                    if dash
                    else self._line_with(self._at, self._at, "= ")
                )
            raise Mistake("T105", message, start, max(start + 1, keys[-1][1].end), hint)
        self._at += 1
        if self._sees("="):
            hint = self._line_with(self._at, self._at + 1, "")
            raise Mistake("T105", "one = is enough", self._at, self._at + 1, hint)
        self._skip(_SPACES)
        path = section
        for number, (name, span) in enumerate(keys, 1):
            path += (name,)
            if path in self._defined or (number == len(keys) and path in self.keys):
                self._value(("", start))  # so that reading goes on behind it
                self._twice("this key is already set on line {}; keep one of the two", path, span)
            self.keys.setdefault(path, span)
            self.values.setdefault(path, span)
        self._defined.add(path)
        begins = self._at
        self._value(path)
        return begins

    def _twice(self, message: str, path: Path, span: Span) -> NoReturn:
        line = self._text.count("\n", 0, self.keys[path].start) + 1
        raise Mistake("T106", message.format(line), span.start, span.end)

    def _dotted(self) -> list[tuple[str, Span]]:
        keys: list[tuple[str, Span]] = []
        while True:
            self._skip(_SPACES)
            match = _KEY.match(self._text, self._at)
            if match is None:
                self._not_a_key()
            raw = match[0]
            if raw[0] in "\"'":
                try:
                    name = next(iter(tomllib.loads(raw + " = 0")))
                except ValueError:
                    name = raw[1:-1]
                keys.append((name, Span(match.start() + 1, match.end() - 1)))
            else:
                keys.append((raw, Span(match.start(), match.end())))
            self._at = match.end()
            self._skip(_SPACES)
            if not self._sees("."):
                return keys
            self._at += 1

    def _not_a_key(self) -> NoReturn:
        char = self._text[self._at : self._at + 1]
        end = self._eol(self._at)
        if char and char in CURLY:
            key, equals, _ = self._text[self._at : end].partition("=")
            straight = key.translate(STRAIGHT)
            hint = self._line_with(self._at, self._at + len(key), straight) if equals else ""
            raise Mistake("T100", CURLY_SAID, self._at, self._at + 1, hint)
        if char and char in "\"'":
            raise Mistake("T102", "the closing quotation mark is missing", self._at, end)
        if char == "=":
            message = "the key before the = is missing"
        elif char.isalpha():
            message = "a key with other letters than a to z must be put in straight quotes"
        elif sign := _COMMENT.match(self._text, self._at):
            hint = self._line_with(*sign.span(), "#")
            raise Mistake("T104", "a comment begins with #", *sign.span(), hint)
        else:
            message = "a key followed by =, or a [section], is expected here"
        raise Mistake("T104", message, self._at, self._at + 1)

    def _line_end(self, value: int | None) -> None:
        """Nothing but a comment may follow a statement; `value` is where its value began."""
        self._skip(_SPACES)
        if self._at >= len(self._text) or self._text[self._at] in "#\n":
            return
        end = self._eol(self._at)
        if value is None:
            raise Mistake("T103", "unexpected text after the section's name", self._at, end)
        extra = self._text[self._at : end]
        if "\n" in self._text[value : self._at]:
            raise Mistake("T103", "unexpected text after the value", self._at, end)
        apart = self._text[self._at - 1] in " \t"
        message, new = after_value(self._text[value : self._at], extra, apart=apart)
        hint = self._line_with(value, end, new) if new else ""
        raise Mistake("T103", message, self._at, end, hint)

    # --- values

    def _value(self, path: Path) -> None:
        quotes = self._text[self._at : self._at + 3]
        if quotes in _LONG:
            self._long_string(path, quotes)
        elif quotes[:1] in _STRING:
            self._string(path, quotes[0])
        elif quotes[:1] in ("[", "{"):
            self._depth += 1
            if self._depth > _DEEPEST:
                raise Mistake("T110", "too many brackets within brackets", self._at, self._at + 1)
            self.values[path] = Span(self._at, self._at + 1)
            (self._list if quotes[0] == "[" else self._inline_table)(path)
            self._depth -= 1
        else:
            self._bare(path)

    def _string(self, path: Path, quote: str) -> None:
        match = _STRING[quote].match(self._text, self._at)
        if match is None:
            end = self._eol(self._at)
            line = self._text[self._at : end].rstrip()
            message = "the closing quotation mark is missing"
            if line[-1] in CURLY:
                message = "the closing quotation mark is a curly one; use a straight one"
                line = line[:-1]
            hint = "" if self._depth else self._line_with(self._at, end, line + quote)
            stop = over_lines(self._text, self._at, quote)
            if stop > 0:
                message, hint = f"a text over several lines begins and ends with {quote * 3}", ""
            raise Mistake("T102", message, self._at, end, hint, stop)
        is_empty = not match[1] and not self._valid
        if is_empty and (stop := missing_third(self._text, match.end(), quote * 2)) > 0:
            message = f"a text over several lines begins and ends with {quote * 3}"
            hint = self._line_with(*match.span(), quote * 3)
            raise Mistake("T102", message, *match.span(), hint, stop)
        self._content(path, match, basic=quote == '"')

    def _long_string(self, path: Path, quotes: str) -> None:
        match = _LONG[quotes].match(self._text, self._at)
        if match is None:
            raise Mistake("T102", *never_closed(self._text, self._at, quotes))
        self._content(path, match, basic=quotes == '"""')

    def _content(self, path: Path, match: re.Match[str], *, basic: bool) -> None:
        start, end = match.span(1)
        if basic:
            if continued := _CONTINUED.match(self._text, start, end):
                start = continued.end()
            for escape in _ESCAPE.finditer(self._text, start, end):
                if not _PLAIN_ESCAPE.fullmatch(escape[0]):
                    self._at = match.end()
                    message = (
                        "in double quotes a backslash begins an escape such as \\n; "
                        "use single quotes, or double it"
                    )
                    hint = self._line_with(match.start(), match.end(), quoted(match[1]))
                    raise Mistake("T108", message, escape.start(), escape.end(), hint)
        self.values[path] = Span(start, end, basic)
        self._at = match.end()

    def _list(self, path: Path) -> None:
        opened, index = self._at, 0
        self._at += 1
        while True:
            self._list_goes_on(opened)
            if self._sees("]"):
                break
            element = (*path, index)
            self.keys[element] = self.values[element] = Span(self._at, self._at + 1)
            self._value(element)
            self.keys[element] = self.values[element]
            index += 1
            self._list_goes_on(opened)
            if self._sees("]"):
                break
            if not self._sees(","):
                message = "a comma is missing between two values of this list"
                ended = len(self._text[: self._at].rstrip())
                hint = self._line_with(ended, self._at, ", ")
                raise Mistake("T109", message, self._at, self._at + 1, hint)
            self._at += 1
        self._at += 1

    def _list_goes_on(self, opened: int) -> None:
        before = self._at
        self._skip(_BLANKS)
        new_line = "\n" in self._text[before : self._at]
        if self._at >= len(self._text) or (new_line and _STATEMENT.match(self._text, self._at)):
            message = "this list is not closed: a ] is missing at its end"
            ended = len(self._text[: self._at].rstrip())
            hint = self._line_with(opened, ended, self._text[opened:ended] + "]")
            raise Mistake("T109", message, opened, opened + 1, hint, resume=self._at)

    def _inline_table(self, path: Path) -> None:
        opened, self._at = self._at, self._at + 1
        self._skip(_SPACES)
        while not self._sees("}"):
            if self._at >= len(self._text) or self._text[self._at] in "#\n":
                closing = self._text.find("}", self._at) + 1
                following = STATEMENT_LINE.search(self._text, closing or self._at)
                resume = following.start() if following else len(self._text)
                message = "a table in { } must be closed on the line it begins on"
                raise Mistake("T109", message, opened, opened + 1, "", resume)
            self._assignment(path)
            self._skip(_SPACES)
            if self._sees(","):
                self._at += 1
                self._skip(_SPACES)
            elif not self._sees("}") and self._text[self._at : self._at + 1] not in ("", "\n", "#"):
                message = "a comma is missing between two keys of this { } table"
                raise Mistake("T109", message, self._at, self._at + 1)
        self._at += 1

    def _bare(self, path: Path) -> None:
        match = _BARE.match(self._text, self._at)
        assert match is not None  # the pattern matches the empty text
        token, (start, end) = match[0], match.span()
        line_end = self._eol(start)
        if not token:
            if below := _VALUE_BELOW.match(self._text, start):
                self._at = below.end()
                self._value(path)  # so that reading goes on behind it
                message = "a value begins on the line of its key"
                raise Mistake("T101", message, start, start + 1, "", self._eol(self._at))
            raise Mistake("T101", "the value is missing", start, start + 1)
        if token[0] in CURLY:
            self._curly(line_end)
        try:
            tomllib.loads("x = " + token)
        except ValueError:
            pass
        else:
            self.values[path] = Span(start, end)
            self._at = end
            return
        if token.startswith("```"):
            message = "a text over several lines begins and ends with '''"
            hint = self._line_with(start, start + 3, "'''")
            stop = missing_third(self._text, start + 3, "```")
            raise Mistake("T101", message, start, start + 3, hint, stop)
        whole = self._depth or token == self._text[start:line_end].split(" #")[0].rstrip()
        message, new = bare_value(token) if whole else ("", "")
        if not message:
            message = "a text must be put in straight quotes"
            new = quoted(token)
            if not self._depth:  # the words up to a comment or the end of the line
                token = self._text[start:line_end].split(" #")[0].rstrip()
                message, new = bare_line(token)
        end = start + len(token)
        hint = self._line_with(start, end, new) if new else ""
        opened, closed = self._text.rfind("[", 0, start), self._text.find("]", start, line_end)
        if self._depth == 1 and closed > 0 and "\n" not in self._text[opened:start]:
            words = words_of_list(self._text[opened + 1 : closed])
            hint = self._line_with(opened + 1, closed, words)
        raise Mistake("T101", message, start, end, hint)
