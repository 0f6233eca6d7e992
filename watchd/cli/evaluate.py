"""`watchd eval`: how well the rules find what a person labelled."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.session import console, now, print_json, session

if TYPE_CHECKING:
    from rich.table import Table


EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd eval labelled.jsonl\n"
    "  watchd eval labelled.jsonl --json\n"
    "\b\nA line of the file: an item with title, text, lang, and labels, the names of the\n"
    "rules (the last part of the id) it is truly about; borderline pairs do not count."
)


def evaluate(
    labelled: Annotated[Path, typer.Argument(metavar="LABELLED.jsonl", help="The labelled items.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    misses: Annotated[
        bool, typer.Option("--misses", help="List each false alarm and each miss.")
    ] = False,
    _config: ConfigFile = "",
) -> None:
    """Measure the rules against labelled items: precision, recall, F1, per rule and language."""
    from rich.progress import track

    from watchd.cli import jsonl
    from watchd.cli.rulefiles import load_rules
    from watchd.rules import RuleSet
    from watchd.scoring import Judged, label_of, score

    rules = load_rules(session().config().rules_dir)
    ruleset, moment = RuleSet(rules), now()
    talk = console(stderr=True)
    judged, wrong = [], []
    lines = list(jsonl.read(labelled))
    if not any(line.labels or line.borderline for line in lines):
        talk.print(f"No item of {labelled} has labels: there is nothing to measure the rules by.")
    for line in track(
        lines, "Matching", console=talk, transient=True, disable=not talk.is_terminal
    ):
        matches = ruleset.match(line.item, source=line.source, now=moment)
        hit_by = frozenset(match.rule.id for match in matches)
        judged.append(
            Judged(
                lang=line.item.lang, labels=line.labels, borderline=line.borderline, hit_by=hit_by
            )
        )
        for rule in rules:
            label = label_of(rule.id, line.labels | {rule.id.rsplit("/", 1)[-1]})
            if label not in line.borderline and (label in line.labels) != (rule.id in hit_by):
                kind = "false alarm" if rule.id in hit_by else "miss"
                wrong.append(
                    {"rule": rule.id, "kind": kind, "id": line.item.key, "title": line.item.title}
                )
    result = score([rule.id for rule in rules], judged)
    if misses:
        result["wrong"] = [one for one in wrong if one["rule"] in result["rules"]]
    if as_json:
        print_json(result)
        return
    out = console()
    out.print(_table(result))
    for one in result.get("wrong", ()):
        out.print(f"{one['kind']:11} {one['rule']}  {one['id']}  {one['title']}")


def _table(result: dict[str, Any]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("rule", "right", "false", "missed", "precision", "recall", "F1", "by language"):
        table.add_column(name, justify="left" if name in ("rule", "by language") else "right")
    for rule, row in result["rules"].items():
        by_lang = " ".join(
            f"{lang} {part['f1']:.2f}" for lang, part in row["by_lang"].items() if part["f1"]
        )
        counts = [str(row[name]) for name in ("tp", "fp", "fn")]
        ratios = [_percent(row[name]) for name in ("precision", "recall", "f1")]
        table.add_row(rule, *counts, *ratios, by_lang)
    table.add_row("macro", "", "", "", "", "", _percent(result["macro_f1"]), "", style="bold")
    return table


def _percent(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.3f}"
