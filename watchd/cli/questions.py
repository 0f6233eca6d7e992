"""Asking a person at a terminal; a script gives the answers as options and is never asked."""

from __future__ import annotations

from collections.abc import Callable

import typer

from watchd.cli.session import console
from watchd.errors import EXIT_USAGE, WatchdError


class UnansweredError(WatchdError):
    """Nobody can be asked, and an option that answers is missing or will not do."""

    exit_code = EXIT_USAGE


Wrong = Callable[[str], str]
"""What is wrong with an answer, in a sentence; "" when it will do."""


def nothing_wrong(_answer: str) -> str:
    """Any answer will do."""
    return ""


class Questions:
    """Each question has an option that answers it. Ctrl-C and Ctrl-D raise typer.Abort."""

    def __init__(self, *, asking: bool) -> None:
        self.asking = asking

    def line(
        self,
        question: str,
        option: str,
        given: str,
        *,
        default: str | None = None,
        wrong: Wrong = nothing_wrong,
    ) -> str:
        """One line of text, asked for until it will do; an empty answer is the `default`.

        Raises UnansweredError when nobody can be asked.
        """
        from watchd.rules.draft import plain

        answer = plain(given)
        while True:
            if not answer and self.asking:
                answer = plain(self._ask(f"{question} [{default}]" if default else question))
            if not answer and default is not None:
                return default
            if answer and not (reason := wrong(answer)):
                return answer
            if not self.asking:
                said = f"{option}: {reason}" if answer else f"{option} is missing: {question}"
                raise UnansweredError(said)
            if answer:
                self.say(f"  {reason}")
            answer = ""

    def terms(
        self, question: str, option: str, given: list[str], *, needed: bool, wrong: Wrong
    ) -> tuple[str, ...]:
        """Words and phrases, several to a line, until an empty line."""
        from watchd.rules.draft import terms

        found = [term for line in given for term in terms(line)]
        for term in found:
            if reason := wrong(term):
                raise UnansweredError(f"{option}: {reason}")
        if found or not (self.asking or needed):
            return tuple(found)
        if not self.asking:
            raise UnansweredError(f"{option} is missing: {question}")
        line = self._ask(question)
        while True:
            if not line.strip() and (found or not needed):
                return tuple(dict.fromkeys(found))
            for term in terms(line):
                if reason := wrong(term):
                    self.say(f"  {reason}")
                else:
                    found.append(term)
            line = _answer()

    def say(self, text: str) -> None:
        """Talk, which goes to stderr."""
        console(stderr=True).print(text)

    def _ask(self, question: str) -> str:
        self.say(f"\n{question}")
        return _answer()


def _answer() -> str:
    while True:
        try:
            answer: str = typer.prompt(
                " ", default="", show_default=False, prompt_suffix="> ", err=True
            )
        except UnicodeDecodeError:
            console(stderr=True).print("  this is not UTF-8 text")
        else:
            return answer
