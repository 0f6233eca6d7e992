"""Whether the archive is kept for as long as rules over time look back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from watchd.errors import Problem
from watchd.overtime.looks import reach
from watchd.rules.lints.report import Report
from watchd.timing import told_span

if TYPE_CHECKING:
    from watchd.rules import OverTime

# Where a rule says how far it looks back. The newest items of each feed are never forgotten: what a
# `flatline` needs is there.
_KEYS = {"spike": "baseline", "new_term": "history"}
_WITHIN = ("frequency", "ratio", "sequence")


def forgotten(
    rules: Iterable[OverTime], keep: timedelta | None, keep_hits: timedelta | None
) -> list[Problem]:
    """A warning for each rule that looks back further than items are kept; None: for ever."""
    report = Report()
    bounds = list(_bounds(keep, keep_hits))
    for rule in rules:
        key = "within" if rule.type in _WITHIN else _KEYS.get(rule.type, "")
        short = [name for name, kept in bounds if kept < reach(rule)]
        if key and short:
            told = f"this rule looks back {told_span(reach(rule))}"
            message = f"{told}, and `{short[0]}` in config.toml forgets earlier"
            hint = f"have {' and '.join(f'`{name}`' for name in short)} under [store] longer"
            report.at_key("W117", rule, key, message, hint)
    return report.problems


def _bounds(keep: timedelta | None, keep_hits: timedelta | None) -> Iterator[tuple[str, timedelta]]:
    if keep is not None:
        yield "keep", keep
    if keep_hits is not None:
        yield "keep_hits", keep_hits
