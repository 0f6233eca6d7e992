"""The board: every indicator, by its problem, as the archive and the feeds have it now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from watchd.config import Config
from watchd.config.values import duration
from watchd.indicators import Indicator, Judgement, Level, Sighting, per_day, reckon
from watchd.model import Feed, FeedState
from watchd.polling import pace
from watchd.polling.health import TROUBLE
from watchd.rules.rule import AnyRule, OverTime
from watchd.store import Store, boards
from watchd.store.boards import Seen
from watchd.values import replace

_ORDER = (Level.ACTIVE, Level.SEEN, Level.UNKNOWN, Level.FADED, Level.QUIET)
_AWAY = frozenset(TROUBLE) - {"stale"}  # which is read, and has nothing new
_WEIGHTS = ("strong", "moderate", "weak")


def gather(
    store: Store | None, config: Config, rules: Iterable[AnyRule], now: datetime
) -> list[Indicator]:
    """The indicators of all rules in force; by problem, the most pressing first.

    `store` None: there is no database yet, so nothing was ever read.
    """
    wanted = [rule for rule in rules if rule.indicator and rule.active(now)]
    seen = store.read(boards.seen, names(wanted)) if store else Seen()
    return drawn(seen, config, wanted, now)


def names(rules: Iterable[AnyRule]) -> list[str]:
    """The ids under which rules have found something: also those they had before."""
    return [name for rule in rules for name in (rule.id, rule.was) if name]


def drawn(seen: Seen, config: Config, rules: Sequence[AnyRule], now: datetime) -> list[Indicator]:
    """The indicators of these rules; by problem, the most pressing first."""
    found = _by_rule(seen.sightings, rules)
    states = {state.feed: state for state in seen.states}
    away = {feed.name for feed in config.feeds if _is_away(feed, states.get(feed.name), now)}
    silent = away | {name for name, state in states.items() if state.health == "stale"}
    in_force = _in_force(seen.history)
    read = {name: state.new_at for name, state in states.items() if name not in away}
    for rule in rules:
        if isinstance(rule, OverTime) and rule.type == "flatline":
            found[rule.id] = [_until_it_speaks(one, read, now) for one in found[rule.id]]
    every = [_indicator(rule, found[rule.id], config, silent, in_force, now) for rule in rules]
    return sorted(every, key=_place)


def _until_it_speaks(one: Sighting, read: Mapping[str, datetime | None], now: datetime) -> Sighting:
    """A silence as it is now: one that goes on is as new as on its first day.

    `read` are the feeds that can be had, with their last new item: of any other nobody knows.
    """
    if one.told is None or one.source not in read:
        return one
    spoke = read[one.source]
    return one if spoke and spoke > one.told else replace(one, told=now)


def _is_away(feed: Feed, state: FeedState | None, now: datetime) -> bool:
    """Whether a feed cannot be had: in trouble, never read, or not read of late by anybody."""
    if state is None or state.ok_at is None or state.health in _AWAY:
        return True
    return now - state.ok_at > feed.fail_after + pace.bounds(feed)[1]


def _by_rule(
    sightings: Iterable[tuple[str, Sighting]], rules: Iterable[AnyRule]
) -> dict[str, list[Sighting]]:
    found: dict[str, list[Sighting]] = defaultdict(list)
    now_called = {was: rule.id for rule in rules for was in names([rule])}
    for name, sighting in sightings:
        found[now_called[name]].append(sighting)
    return found


def _in_force(history: Iterable[Judgement]) -> dict[str, Judgement]:
    """The last judgement of each rule."""
    return {one.rule: one for one in history}


def _indicator(
    rule: AnyRule,
    found: list[Sighting],
    config: Config,
    silent: set[str],
    in_force: dict[str, Judgement],
    now: datetime,
) -> Indicator:
    meant = rule.indicator
    lasts = duration(meant["lasts"])
    sources = [feed.name for feed in config.feeds if rule.reads(feed.name, feed.tags)]
    unwell = [name for name in sources if name in silent]
    fresh = [one for one in found if one.counts_from > now - lasts]
    judgement = in_force.get(rule.id)
    return Indicator(
        rule=rule.id,
        title=rule.title,
        problem=meant["problem"],
        points_to=meant["points_to"],
        weight=meant["weight"],
        lasts=lasts,
        reckoned=reckon(
            found, weight=meant["weight"], lasts=lasts, sources=sources, unwell=unwell, now=now
        ),
        texts=len({one.story for one in fresh}),
        last=max(found, key=lambda one: (one.at, one.hit), default=None),
        seen_in=tuple(sorted({one.source for one in fresh})),
        sources=tuple(sources),
        unwell=tuple(unwell),
        per_day=per_day(found, now.date()),
        judgement=judgement if judgement and judgement.level else None,
    )


def _place(one: Indicator) -> tuple[str, int, int, str]:
    return one.problem.casefold(), _ORDER.index(one.level), _WEIGHTS.index(one.weight), one.rule
