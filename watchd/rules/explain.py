"""Why a rule matches an item, or why it does not; and which rules come nearest to one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from watchd.rules.itemtext import Text
from watchd.rules.look import Clause, Look
from watchd.rules.rule import Rule
from watchd.rules.searches import Searches
from watchd.values import Struct


class Explanation(Struct, frozen=True, kw_only=True):
    """Whether a rule matches an item, and why.

    `left_out` are the reasons beside the query for which it does not: [sources], status, expiry.
    """

    rule: Rule
    matches: bool
    summary: str
    tree: Clause
    left_out: tuple[str, ...] = ()


def explain(
    rule: Rule,
    text: Text,
    searches: Searches,
    *,
    source: str,
    tags: tuple[str, ...],
    now: datetime,
) -> Explanation:
    """Why a rule matches the item of a feed, or why not."""
    look = Look(rule, text, searches)
    tree = look.clause(rule.query)
    left_out = tuple(_left_out(rule, source, tags, now))
    if not tree.true:
        summary = "; ".join([look.lacks(), *left_out])
    else:
        found = look.matched_by()
        summary = f"it would match by {found}, but " if left_out else f"it matches by {found}"
        summary += "; ".join(left_out)
    return Explanation(
        rule=rule,
        matches=tree.true and not left_out,
        summary=summary,
        tree=tree,
        left_out=left_out,
    )


def _left_out(rule: Rule, source: str, tags: tuple[str, ...], now: datetime) -> Iterable[str]:
    if not rule.reads(source, tags):
        who = f"the feed '{source}'" if source else "items of no known feed"
        reads = f"only {', '.join(rule.only)}" if rule.only else "all feeds"
        but = f" but {', '.join(rule.except_)}" if rule.except_ else ""
        yield f"[sources] leaves out {who}: the rule reads {reads}{but}"
    if rule.status == "off":
        yield 'status = "off": the rule is not looked for'
    if rule.expires is not None and now.date() > rule.expires:
        yield f"the rule expired on {rule.expires}"


def nearest(rules: Iterable[Rule], text: Text, searches: Searches, limit: int) -> list[Rule]:
    """Of the rules whose queries are not true of an item, those that lack the least, best first.

    Rules of which nothing is there are none of them.
    """
    looks = ((rule, Look(rule, text, searches)) for rule in rules)
    near = [(look.missing(), rule) for rule, look in looks if look.has_some()]
    lacking = sorted((one for one in near if one[0]), key=lambda one: (one[0], one[1].id))
    return [rule for _, rule in lacking[:limit]]
