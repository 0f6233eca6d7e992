"""`new_term`: words that the query finds and that were not used before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from watchd.model import Observation
from watchd.overtime.windows import History, Look, State, span, words_of

if TYPE_CHECKING:
    from watchd.rules.schema import NewTerm

SETTLED = timedelta(days=14)
"""For so long everything is new, and nothing is said of it; less, if `history` is shorter."""


def new_term(
    table: NewTerm, seen: Sequence[Observation], at: datetime, history: History
) -> list[Look]:
    """One look, at the newest item: which of its wordings none before it had, nor any alert.

    An alert may have told of a later item, when this one came in late.
    """
    if history.since > at - min(SETTLED, span(table.history)):
        said = f"items are collected only since {history.since:%Y-%m-%d %H:%M} UTC"
        return [Look(state="not ready", said=said)]
    there = [one for one in seen if at - span(table.history) < one.at <= at]
    if not there:
        return [Look(state="no alert", said="no such wording", value=0)]
    newest = there[-1]
    known = {word for one in there[:-1] for word in one.words} | history.told
    known |= set(map(words_of, table.known))
    new = [word for word in newest.words if word not in known]
    told = ", ".join(f"‘{word}’" for word in new)
    said = f"{told}: not used in the {table.history} before" if new else "no new wording"
    state: State = "alert" if new else "no alert"
    return [Look(state=state, said=said, value=len(new), behind=(newest,), words=tuple(new))]
