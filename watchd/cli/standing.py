"""How a rule over time stands now, for `watchd explain`: with the daemon's own looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from watchd.chain import Step
from watchd.cli.session import session
from watchd.evaluate import watched
from watchd.model import Feed, OverTimeHit, Reason
from watchd.overtime.looks import look, reach, ready, rest
from watchd.overtime.observing import version_of
from watchd.overtime.silence import Quiet, spoke_again
from watchd.overtime.windows import History, Look, span
from watchd.rules.schema import Flatline
from watchd.store import observations

if TYPE_CHECKING:
    from watchd.rules import OverTime, Rule
    from watchd.store import Store

_MOST = 3  # looks told, of a rule that counts for each source, say
_ORDER = ("alert", "not ready", "no alert")
_SAID = {"alert": "it would alert", "no alert": "no alert", "not ready": "not ready"}


def standing(
    rule: OverTime, named: Mapping[str, Rule], feeds: Iterable[Feed], now: datetime
) -> tuple[Step, ...]:
    """What a rule comes to now: a step for each thing it counts for, the nearest to an alert first.

    `named` are the rules that its steps may name.
    A rule that watchd has not taken up, in the form its file has now, stands nowhere yet.
    """
    with session().store() as store:
        watch = store.read(observations.watching).get(rule.id)
        if watch is None or watch.version != version_of(rule, named):
            text = "the rule as it is now has not been taken up by watchd yet, or is switched off"
            return (_step(rule, text),)
        if watch.next_item is not None:
            return (_step(rule, "the archive is still being looked through for it"),)
        return tuple(_looks(store, rule, watch.version, tuple(feeds), now))


def of_feed(rule: OverTime, feed: Feed | None) -> str:
    """Why an item counts for no query of a `flatline`; None: its feed left the config."""
    assert isinstance(rule.table, Flatline)
    if feed and watched(rule.table.sources, [feed]):
        return f"it has no query; that {feed.name} brought the item is what it listens for"
    return "it has no query, and does not watch the feed of the item"


def _looks(
    store: Store, rule: OverTime, version: str, feeds: tuple[Feed, ...], now: datetime
) -> Iterator[Step]:
    names = {one.name for one in feeds if rule.reads(one.name, one.tags)}
    states = store.read(observations.stands)
    begun = [one.since for name, one in states.items() if name in names and one.since]
    since, first = min(begun, default=now), now - reach(rule)
    publishers = {one.name: one.publisher for one in feeds}
    seen, _ = store.read(observations.load, rule.id, version, first, publishers)
    published = store.read(observations.published, names, first) if rule.type == "spike" else ()
    quiet = _quiet(store, rule, feeds, now)
    earlier = store.read(observations.earlier_hits, rule.ids)
    words = frozenset(word for _, hit in earlier if hit.at > first for word in hit.words)
    history = History(since=since, published=published, told=words)
    found = look(rule, seen, now, history, quiet)
    found.sort(key=lambda one: (_ORDER.index(one.state), -(one.value or 0)))
    for one in found[:_MOST]:
        until = ready(rule, since) if one.state == "not ready" else None
        rests = _rests(rule, one, earlier, now)
        if one.state == "alert" and isinstance(rule.table, Flatline):
            again = partial(spoke_again, rule.table)
            untold = store.read(observations.untold, rule.ids, [one.key], now, reach(rule), again)
            rests = "" if untold else "; it has told so, and waits for the feed to speak"
        said = f"{_SAID[one.state]}: {one.said}{rests}"
        yield _step(rule, said, until if until and until > now else None)


def _quiet(
    store: Store, rule: OverTime, feeds: tuple[Feed, ...], now: datetime
) -> dict[str, Quiet]:
    """The feeds that a `flatline` watches, as they stand."""
    table, found = rule.table, {}
    if isinstance(table, Flatline):
        states = store.read(observations.stands)
        for name in watched(table.sources, feeds):
            newest = store.read(observations.newest, name, now - span(table.within))
            state = states.get(name)
            found[name] = Quiet(
                count=len(newest.times),
                last=newest.last,
                since=state.since if state else None,
                read=state.read if state else None,
            )
    return found


def _rests(
    rule: OverTime, one: Look, earlier: Iterable[tuple[int, OverTimeHit]], now: datetime
) -> str:
    ends = [hit.at + rest(rule) for _, hit in earlier if hit.key == one.key]
    last = max(ends, default=now)
    return f"; after its alert it rests until {last:%Y-%m-%d %H:%M}" if last > now else ""


def _step(rule: OverTime, text: str, until: datetime | None = None) -> Step:
    return Step(reason=Reason.OVER_TIME_STAND, text=text, rule=rule.id, until=until)
