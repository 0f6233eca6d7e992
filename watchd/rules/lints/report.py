"""Warnings as they are found, but for those that a file says are meant: `# ok: W103`."""

from __future__ import annotations

import re

from watchd.errors import Problem
from watchd.rules.rule import OverTime, Rule
from watchd.rules.termlist import Entry, TermList
from watchd.rules.tree import Node
from watchd.rules.written import Written
from watchd.values import replace

_MEANT = re.compile(r"#\s*ok:((?:[\s,]*W\d{3})+)")
_LONGEST = 50


class Report:
    """Collects warnings."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, problem: Problem) -> None:
        meant = _MEANT.search(problem.source)
        if not meant or problem.code not in meant[1]:
            self.problems.append(problem)

    def in_query(
        self, code: str, written: Written, node: Node, message: str, hint: str = ""
    ) -> None:
        """A warning about a clause."""
        self.add(replace(written.problem(node.at, message, hint=hint), code=code))

    def of_file(self, code: str, path: str, first_line: str, message: str, hint: str) -> None:
        """A warning about a whole file; that it is meant is said in its first line."""
        problem = Problem(code=code, message=message, path=path, level="warning", hint=hint)
        self.add(replace(problem, source=first_line))

    def in_list(
        self, code: str, held: TermList, entry: Entry, message: str, hint: str = ""
    ) -> None:
        """A warning about a line of a list."""
        self.add(
            Problem(
                code=code,
                message=message,
                path=held.path,
                line=entry.line,
                col=entry.col,
                level="warning",
                source=held.source.removeprefix("\ufeff").splitlines()[entry.line - 1],
                length=len(entry.written),
                hint=hint,
            )
        )

    def at_key(
        self, code: str, rule: Rule | OverTime, key: str, message: str, hint: str = ""
    ) -> None:
        """A warning about a key at the top of a rule file."""
        # Not by tomlfile, which takes longer than all the rest where every rule is warned of.
        found = re.search(rf"^[ \t]*({key})[ \t]*=", rule.source, re.MULTILINE)
        start = found.start(1) if found else 0
        line_start = rule.source.rfind("\n", 0, start) + 1
        self.add(
            Problem(
                code=code,
                message=message,
                path=rule.path,
                line=rule.source.count("\n", 0, start) + 1,
                col=start - line_start + 1,
                level="warning",
                source=rule.source[line_start:].partition("\n")[0],
                length=len(key) if found else 1,
                hint=hint,
            )
        )


def short(clause: str) -> str:
    """A clause as a sentence quotes it."""
    if clause.count('"') == 2 and clause[0] == clause[-1] == '"':
        clause = clause[1:-1]
    return f"'{clause}'" if len(clause) <= _LONGEST else f"'{clause[: _LONGEST - 1]}…'"
