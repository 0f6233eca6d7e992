"""Whether what a rule found in a story is sent on: to whom, and as what."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime

from watchd.model import Destination, Due, HeldFor, HitStatus, Hold
from watchd.values import Struct, replace


class Told(Struct, frozen=True, kw_only=True):
    """What an endpoint has been told, by one rule, of one story."""

    words: frozenset[str]  # that the rule had found, case folded
    at: datetime  # of the last of these alerts
    by_copy: bool  # whether one of them was about another item than this


def less_told(due: Due, told: Mapping[str, Told], before: Set[str], publisher: str) -> Due:
    """The hit, less the endpoints that know of it, and with what makes it worth telling again.

    `told` is by name of endpoint; `before` are the publishers of the copies found earlier. A
    copy is news to those who heard of none, and again where the rule's `follow_up` says so; an
    edit is news where the rule finds words in it that were in nothing they were told.
    """
    hit, asked = due.hit, due.follow_up
    words = frozenset(one.quote.casefold() for one in hit.evidence)
    now_at = before | {publisher}
    spread = bool(asked.publishers) and len(before) < asked.publishers <= len(now_at)
    left, why = list[Destination](), ""
    for one in due.endpoints:
        known = told.get(one.name)
        if known is None or not (hit.update or known.by_copy):
            left.append(one)
        elif hit.update and not words <= known.words:
            left.append(_spaced(one, due, known))
        elif not hit.update and spread:
            why = f"{len(now_at)} publishers have it now"
            left.append(_spaced(one, due, known))
        elif not hit.update and asked.new_words and not words <= known.words:
            why = why or "other words than before"
            left.append(_spaced(one, due, known))
    status = hit.status if left else HitStatus.SAME_STORY
    return replace(due, hit=replace(hit, status=status, follow_up=why), endpoints=tuple(left))


def _spaced(one: Destination, due: Due, known: Told) -> Destination:
    """Not before the rule's `throttle` is over: what comes of a story meanwhile comes then."""
    until = known.at + due.throttle if due.throttle else None
    if until is None or until <= max(known.at, one.hold.until or known.at):
        return one
    return replace(one, hold=Hold(reason=HeldFor.THROTTLE, until=until))
