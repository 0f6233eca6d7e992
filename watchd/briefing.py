"""The board on top of a digest: how each indicator stands, and what changed since the last one.

A reader sees the indicators that the routes of the digest are about, by their `rules` and `tags`:
whoever asked for one question is not told of another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from watchd import board
from watchd.config import Config
from watchd.indicators import Indicator
from watchd.model import Digest, Endpoint, Route
from watchd.model.board import Board, Standing
from watchd.routing import is_about, with_board
from watchd.rules.rule import AnyRule
from watchd.store import Store, boards
from watchd.store.boards import Seen, Told
from watchd.values import replace


async def briefed(
    store: Store,
    config: Config,
    rules: Iterable[AnyRule],
    digest: Digest,
    endpoint: Endpoint,
    now: datetime,
) -> Digest:
    """A digest with the board as it is now, if its reader is to have one."""
    shown = of_reader(config, rules, endpoint.receiver, digest.scheduled, now)
    if not shown:
        return digest
    found = await store.do_read(
        boards.of_reader, board.names(shown), endpoint.name, digest.scheduled
    )
    return on_top(digest, config, shown, *found, now)


def of_reader(
    config: Config, rules: Iterable[AnyRule], receiver: str, kinds: Collection[str], now: datetime
) -> list[AnyRule]:
    """The indicators that a receiver is shown on digests of these kinds: "daily", "weekly"."""
    everything = Route(receivers=(receiver,), board=config.notify.board)
    routes = with_board(config.routes or (everything,), receiver, kinds)
    if not routes:
        return []
    return [
        rule
        for rule in rules
        if rule.indicator
        and rule.active(now)
        and any(is_about(route, rule.id, rule.tags) for route in routes)
    ]


def on_top(
    digest: Digest, config: Config, rules: Sequence[AnyRule], seen: Seen, told: Told, now: datetime
) -> Digest:
    """The same digest with the board of these rules, against the one that was told before."""
    before = {rule.id: was for rule in rules if (was := _level_before(rule, told))}
    standings = tuple(
        _standing(one, one.level if told.since is None else before.get(one.rule, ""))
        for one in board.drawn(seen, config, rules, now)
    )
    return replace(digest, board=Board(standings=standings, since=told.since))


def _level_before(rule: AnyRule, told: Told) -> str:
    return next((told.levels[name] for name in board.names([rule]) if name in told.levels), "")


def _standing(one: Indicator, was: str) -> Standing:
    return Standing(
        rule=one.rule,
        title=one.title,
        problem=one.problem,
        level=one.level.value,
        was=was,
        weight=one.weight,
        lasts=one.lasts,
        texts=one.texts,
        last=one.last.at if one.last else None,
        hit=one.last.hit if one.last else 0,
        per_day=one.per_day,
        sources=len(one.sources),
        unwell=len(one.unwell),
        reckoned=one.reckoned.value,
        author=one.judgement.author if one.judgement else "",
        reason=one.judgement.reason if one.judgement else "",
    )
