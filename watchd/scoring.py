"""How well rules find what a person labelled: precision, recall and F1. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from watchd.values import Struct, field


class Judged(Struct, frozen=True, kw_only=True):
    """One labelled item and the rules that hit it.

    A pair of item and label in `borderline` could be decided either way: it does not count.
    """

    lang: str
    labels: frozenset[str]
    borderline: frozenset[str]
    hit_by: frozenset[str]  # rule ids


class Score(Struct):
    """Counts of right hits, false alarms and misses."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def add(self, *, labelled: bool, hit: bool) -> None:
        self.tp += labelled and hit
        self.fp += hit and not labelled
        self.fn += labelled and not hit

    def ratios(self) -> dict[str, Any]:
        """With precision, recall and F1; null where there is nothing to divide by."""
        return {
            "tp": self.tp,
            "fp": self.fp,
            "fn": self.fn,
            "precision": _ratio(self.tp, self.tp + self.fp),
            "recall": _ratio(self.tp, self.tp + self.fn),
            "f1": _ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn),
        }


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


class _Rule(Struct):
    label: str
    total: Score = field(default_factory=Score)
    by_lang: defaultdict[str, Score] = field(default_factory=lambda: defaultdict(Score))


def label_of(rule: str, labels: Iterable[str]) -> str | None:
    """The label that names a rule: the last part of its id; None when no label does."""
    last = rule.rsplit("/", 1)[-1]
    return next((label for label in labels if label in (rule, last)), None)


def score(rules: Iterable[str], items: Iterable[Judged]) -> dict[str, Any]:
    """The stable JSON of `eval --json`.

    Rules that no label in the data names are left out; where there are no labels at all (a
    file of background, say) every rule is kept, and every hit is a false alarm.
    """
    judged = list(items)
    labels = sorted({label for item in judged for label in item.labels | item.borderline})
    scored: dict[str, _Rule] = {}
    for rule in rules:
        label = label_of(rule, labels) if labels else rule.rsplit("/", 1)[-1]
        if label is not None:
            scored[rule] = _Rule(label)
    for item in judged:
        for rule, kept in scored.items():
            if kept.label in item.borderline:
                continue
            labelled, hit = kept.label in item.labels, rule in item.hit_by
            if labelled or hit:
                kept.total.add(labelled=labelled, hit=hit)
                kept.by_lang[item.lang or "?"].add(labelled=labelled, hit=hit)
    table = {
        rule: {
            "label": kept.label,
            **kept.total.ratios(),
            "by_lang": {lang: kept.by_lang[lang].ratios() for lang in sorted(kept.by_lang)},
        }
        for rule, kept in scored.items()
    }
    f1s = [row["f1"] for row in table.values() if row["f1"] is not None]
    macro = round(sum(f1s) / len(f1s), 4) if f1s else None
    return {"rules": table, "macro_f1": macro, "items": len(judged)}
