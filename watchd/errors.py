"""Trouble that is expected, said in one clear sentence: what, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from watchd.values import Struct

Level = Literal["error", "warning"]

_WIDEST = 400  # characters shown of a line
EXIT_OK = 0
EXIT_PROBLEM = 1
EXIT_USAGE = 2
EXIT_STRICT = 3
EXIT_TEMPORARY = 75
EXIT_CONFIG = 78


class WatchdError(Exception):
    """Expected trouble. Its text is for the user: what happened, where, what to do."""

    exit_code = EXIT_PROBLEM


class TemporaryError(WatchdError):
    """Trouble that passes by itself: another daemon holds the database, the disk is full."""

    exit_code = EXIT_TEMPORARY


class Problem(Struct, frozen=True, kw_only=True):
    """One mistake in a file a user wrote.

    `line` and `col` count from 1; 0 means that the place is unknown (say, a missing file).
    A remark that is no mistake has no `code`. `source` is the line of the file as it stands,
    `length` the number of its characters that are wrong, and `hint` a sentence whose quoted text
    can be pasted in. `follows` is where another mistake stands that this one comes of.
    """

    code: str
    message: str
    path: str
    line: int = 0
    col: int = 0
    level: Level = "error"
    source: str = ""
    length: int = 1
    hint: str = ""
    follows: str = ""

    @property
    def where(self) -> str:
        """`path:line:col`, leaving out what is not known."""
        place = self.path
        if self.line:
            place += f":{self.line}"
            if self.col:
                place += f":{self.col}"
        return place

    def __str__(self) -> str:
        code = f"[{self.code}]" if self.code else ""
        text = f"{self.where}: {self.level}{code}: {self.message}"
        if self.source and self.col:
            start = max(0, self.col - 1 - _WIDEST // 2) if len(self.source) > _WIDEST else 0
            shown = self.source[start : start + _WIDEST]
            marked = max(1, min(self.length, len(shown) - (self.col - 1 - start)))
            text += f"\n  | {shown}\n  | {' ' * (self.col - 1 - start)}{'^' * marked}"
        if self.hint:
            text += f"\n  = hint: {self.hint}"
        return text


class FileProblems(WatchdError):
    """A file, or several, cannot be used. Carries every problem found, not the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ConfigError(FileProblems):
    """config.toml cannot be used."""

    exit_code = EXIT_CONFIG
