"""A clause tree for people and for programs: for `explain` and `test`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.text import Text

from watchd.cli.show import evidence_json
from watchd.model import Evidence
from watchd.render.inert import inert

if TYPE_CHECKING:
    from watchd.rules.explain import Explanation
from watchd.rules.look import Clause

_LONGEST = 64  # characters of a clause on its own line
_WORDS = 6
_LEAVES = ("word", "phrase", "list", "source", "site", "lang")


def tree_text(clause: Clause, *, indent: str = "") -> Text:
    """The tree, one clause a line: ✓ for what is true, ✗ for what is not.

    A · stands before what NOT and EXCEPT leave out: there, to be found is no merit. Of an OR
    that is true only what makes it so is shown.
    """
    lines = (
        Text(indent + "  " * depth).append(line) for depth, line in _lines(clause, 0, wanted=True)
    )
    return Text("\n").join(lines)


def verdict(explanation: Explanation) -> Text:
    """A rule and what came of it, on one line."""
    line = mark(explanation.matches).append(explanation.rule.id, "bold")
    return line.append(f"  {explanation.summary}")


def mark(true: bool) -> Text:
    """✓ or ✗."""
    return Text("✓ ", "bold green") if true else Text("✗ ", "bold red")


def explanation_json(explanation: Explanation) -> dict[str, Any]:
    """One of the rules of `explain --json`."""
    return {
        "rule": explanation.rule.id,
        "version": explanation.rule.version,
        "matches": explanation.matches,
        "summary": explanation.summary,
        "left_out": list(explanation.left_out),
        "tree": _clause_json(explanation.tree),
    }


def words_of(clause: Clause) -> tuple[Evidence, ...]:
    """All words in the item that the query wants, also when it is not true of the item."""
    if clause.kind == "NOT":
        return ()
    below = clause.parts[:1] if clause.kind == "EXCEPT" else clause.parts
    found = {*clause.found, *(one for part in below for one in words_of(part))}
    return tuple(sorted(found))


def _clause_json(clause: Clause) -> dict[str, Any]:
    return {
        "clause": clause.written,
        "kind": clause.kind,
        "true": clause.true,
        "found": evidence_json(clause.found),
        "count": clause.count,
        "note": clause.note or None,
        "parts": [_clause_json(part) for part in clause.parts],
    }


def _lines(clause: Clause, depth: int, *, wanted: bool) -> Iterator[tuple[int, Text]]:
    yield depth, _line(clause, wanted)
    if _says_all(clause):
        return
    rest: list[Clause] = []  # of an OR: what there is nothing to tell of
    for number, part in enumerate(clause.parts):
        if clause.kind == "OR" and not part.true and (clause.true or not _has_some(part)):
            rest.append(part)
            continue
        is_mask = clause.kind == "EXCEPT" and number == 1
        yield from _lines(part, depth + 1, wanted=wanted and not is_mask)
    if rest and not clause.true:
        words = [_shown(part) for part in rest]
        more = f" · {len(words) - _WORDS} more" if len(words) > _WORDS else ""
        told = _sign(False, wanted).append(" · ".join(words[:_WORDS]) + more)
        yield depth + 1, told.append("  not there", "dim")


def _says_all(clause: Clause) -> bool:
    """Whether the line of a clause leaves nothing to be told of its parts."""
    if clause.kind == "OR" and all(part.kind in _LEAVES for part in clause.parts):
        return clause.true or len(clause.written) <= _LONGEST
    return clause.kind == "NOT" or (not clause.true and not _has_some(clause))


def _has_some(clause: Clause) -> bool:
    """Whether there is anything to tell: words that are there, or a remark."""
    if clause.found or clause.note:
        return True
    return clause.kind != "NOT" and any(map(_has_some, clause.parts))


def _line(clause: Clause, wanted: bool) -> Text:
    line = _sign(clause.true, wanted).append(_shown(clause))
    if clause.note:
        return line.append(f"  {clause.note}")
    words = list(dict.fromkeys(inert(one.quote, 60) for one in clause.found))
    for number, word in enumerate(words[:_WORDS]):
        line.append(", " if number else "  ").append(f"“{word}”", "bold yellow")
    if clause.found and clause.kind in _LEAVES:
        fields = sorted({one.field for one in clause.found} - {"body"})
        where = f"  in {', '.join(fields)}" if fields else ""
        line.append(where + (f"  {clause.count} times" if clause.count > 1 else ""), "dim")
    elif not clause.true and not _has_some(clause):
        line.append("  nothing of it is there" if clause.parts else "  not there", "dim")
    return line


def _sign(true: bool, wanted: bool) -> Text:
    return mark(true) if wanted else Text("· ", "dim")


def _shown(clause: Clause) -> str:
    """As it stands in the query; of a long one that which its parts, below, do not say."""
    if len(clause.written) <= _LONGEST:
        return clause.written
    if clause.kind in ("AND", "OR"):
        return f"{clause.kind}: {'all' if clause.kind == 'AND' else 'one'} of {len(clause.parts)}"
    last = clause.parts[-1].written if clause.parts else clause.written
    last = last if len(last) <= _LONGEST else f"{last[: _LONGEST - 1]}…"
    return f"… {clause.kind} {last}" if len(clause.parts) == 2 else f"{clause.kind} {last}"
