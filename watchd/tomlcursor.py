"""A place in a TOML text: what stands there, the line round it, and what is wrong with it."""

from __future__ import annotations

import re
from typing import NoReturn

from watchd.tomladvice import quoted
from watchd.values import Struct

Path = tuple[str | int, ...]

CURLY = "“”„‟‘’‚‛«»「」『』＂＇"
CURLY_SAID = "curly quotation marks; use straight ones here"
STRAIGHT = str.maketrans(dict.fromkeys(CURLY, '"'))
_CURLY_LINE = re.compile(f"\n[ \t]*[{CURLY}]{{3}}[^\n]*")


class Span(Struct, frozen=True):
    """Offsets in the text; `basic` says that the content has escapes (double quotes)."""

    start: int
    end: int
    basic: bool = False


class Mistake(Exception):
    """Not TOML here. Its sentences never quote the text: it may hold a secret; hints do."""

    def __init__(
        self, code: str, message: str, start: int, end: int, hint: str = "", resume: int = -1
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint
        self.start, self.end, self.resume = start, end, resume


class Cursor:
    """Stands at a place of a text (line ends are \\n), within so many open brackets."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def _curly(self, line_end: int) -> NoReturn:
        words = self._text[self._at : line_end].rstrip()
        bare, hint, resume = words.strip(CURLY), "", -1
        if self._depth:
            hint = self._line_with(self._at, line_end, words.translate(STRAIGHT))
        elif not bare and len(words) >= 3:  # the three quotes of a long text, which ends further on
            hint = self._line_with(self._at, line_end, "'''")
            closing = _CURLY_LINE.search(self._text, line_end)
            resume = closing.end() if closing else len(self._text)
        elif words[-1] in CURLY:
            hint = self._line_with(self._at, line_end, quoted(bare))
        raise Mistake("T100", CURLY_SAID, self._at, self._at + 1, hint, resume)

    def _line_with(self, start: int, end: int, new: str) -> str:
        """The line with `start:end` replaced, to be pasted; "" where that is long."""
        if "\n" in self._text[start:end]:
            return ""
        line = self._text.rfind("\n", 0, start) + 1
        fixed = (self._text[line:start] + new + self._text[end : self._eol(end)]).strip()
        return fixed if len(fixed) <= 200 else ""

    def _sees(self, what: str) -> bool:
        return self._text.startswith(what, self._at)

    def _skip(self, blanks: re.Pattern[str]) -> None:
        if match := blanks.match(self._text, self._at):
            self._at = match.end()

    def _eol(self, at: int) -> int:
        end = self._text.find("\n", at)
        return len(self._text) if end < 0 else end
