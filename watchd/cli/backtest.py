"""`watchd backtest`: the messages that rules would have sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.session import now, print_json, session
from watchd.cli.session import since as moment_of
from watchd.errors import FileProblems, WatchdError
from watchd.values import Struct, replace

if TYPE_CHECKING:
    from watchd.backtest.run import Came
    from watchd.backtest.tally import Tally
    from watchd.config import Config
    from watchd.desk import Desk
    from watchd.model import Feed
    from watchd.rules import OverTime, Rule
    from watchd.store import Store
    from watchd.store.replaying import PastHit

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd backtest                              all rules in force, the last 90 days\n"
    "  watchd backtest alien-lands --since 2026-01-01 --until 2026-02-01\n"
    "  watchd backtest ~/drafts/dprk                a folder, also of rules not in force\n"
    "  watchd backtest drones.toml --items items.jsonl\n"
    "  watchd backtest alien-lands --diff old.toml  what would my edit gain and lose?\n"
    "\b\nExit code: 0 something would have been sent, 1 nothing.\n"
    "With --diff: 0 the two find and send the same, 1 they do not."
)


def backtest(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RULE]…", help="An id, the end of one, a file or a folder."),
    ] = None,
    since: Annotated[str, typer.Option("--since", help="From this span or day on: 90d, 12h.")] = "",
    until: Annotated[str, typer.Option("--until", help="Up to this span or day ago.")] = "",
    items: Annotated[
        Path | None, typer.Option("--items", help="A file of items, one JSON object a line.")
    ] = None,
    diff: Annotated[
        Path | None, typer.Option("--diff", help="Compare with the rule or the folder here.")
    ] = None,
    samples: Annotated[
        int, typer.Option("--samples", min=0, help="Show so many messages, or differences.")
    ] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    _config: ConfigFile = "",
) -> None:
    """Tell which messages rules would have sent, from past items. Keeps and sends nothing.

    Copies, routes, throttling, digests and quiet hours are as the daemon has them.
    """
    from watchd.cli import backtesttext

    moment = now()
    start, end = moment_of(since, moment), moment_of(until, moment, "--until")
    if start and end and start >= end:
        raise typer.BadParameter("--until must be after --since")
    if items is None and start is None:
        start = (end or moment) - timedelta(days=90)
    config = session().config_if_any()
    new = _chosen(names or [])
    old = _named_alike(_chosen([str(diff)]), new) if diff else None
    with ExitStack() as stack:
        past = _past(items, start, end or (moment if items is None else None), config, stack)
        if old is None:
            side = _run(new, past, config, samples, stack)
            told = backtesttext.Told(rules=new, tally=side.tally, origin=past.origin)
            if as_json:
                print_json(backtesttext.as_json(told))
            else:
                backtesttext.tell(told)
            raise typer.Exit(0 if side.tally.messages else 1)
        before, after = (_run(rules, past, config, samples, stack) for rules in (old, new))
        compared = backtesttext.compare(
            before.hits(past.since), after.hits(past.since), before.tally, after.tally, samples
        )
        if as_json:
            print_json(backtesttext.difference_as_json(compared))
        else:
            backtesttext.tell_difference(compared, past.origin, str(diff))
        raise typer.Exit(1 if compared.differ else 0)


class _Past(Struct, frozen=True, kw_only=True):
    """Items as they came in: read anew for each run, from as long before as these rules need."""

    came: Callable[[Iterable[OverTime]], Iterable[Came]]
    feeds: Mapping[str, Feed]
    begun: Mapping[str, datetime]
    since: datetime | None
    end: datetime | None
    origin: str


class _Side(Struct, frozen=True, kw_only=True):
    """What came of one run."""

    store: Store
    tally: Tally

    def hits(self, since: datetime | None) -> dict[tuple[str, str, str], PastHit]:
        from watchd.store import replaying

        found = self.store.read(lambda db: list(replaying.past_hits(db, since)))
        return {(one.rule, one.feed, one.key): one for one in found}


def _chosen(names: list[str]) -> list[Rule | OverTime]:
    """The rules of these names as if they were in force; without any, those that are.

    Those that they name in steps are among them, switched off. Raises FileProblems.
    """
    from watchd.cli.test import choose

    chosen = choose(names)
    if errors := [one for one in chosen.problems if one.level == "error"]:
        raise FileProblems(errors)
    if not chosen.every:
        raise WatchdError(f"there is no rule in {' '.join(names) or 'the rules folder'}")
    rules: list[Rule | OverTime] = []
    for rule in chosen.every:
        rules.append(replace(rule, status="stable", expires=None) if names else rule)
    here = {rule.id for rule in rules}
    return rules + [
        replace(rule, status="off") for rule in chosen.named.values() if rule.id not in here
    ]


def _named_alike(old: list[Rule | OverTime], new: list[Rule | OverTime]) -> list[Rule | OverTime]:
    """The old rules, under the ids that the new ones have: by the end of them that is the same."""
    olds, news = _on(old), _on(new)
    if len(olds) == len(news) == 1:
        return [replace(olds[0], id=news[0].id), *(one for one in old if one.status == "off")]
    alike = {}
    for rule in news:
        ends = [one for one in olds if f"/{rule.id}".endswith(f"/{one.id}")]
        ends += [one for one in olds if f"/{one.id}".endswith(f"/{rule.id}")]
        if ends:
            alike[ends[0].id] = rule.id
    return [replace(rule, id=alike.get(rule.id, rule.id)) for rule in old]


def _on(rules: list[Rule | OverTime]) -> list[Rule | OverTime]:
    return [rule for rule in rules if rule.status != "off"]


def _run(
    rules: list[Rule | OverTime], past: _Past, config: Config | None, samples: int, stack: ExitStack
) -> _Side:
    import asyncio

    from watchd.backtest.run import Backtest
    from watchd.backtest.tally import Tally
    from watchd.rules import Rule
    from watchd.store.replaying import scratch

    store = stack.enter_context(scratch())
    tally = Tally(past.since, samples)
    run = Backtest(
        store, _desk(rules, config, store), feeds=past.feeds, begun=past.begun, tally=tally
    )
    over_time = [rule for rule in rules if not isinstance(rule, Rule)]
    asyncio.run(run.run(past.came(over_time), past.end))
    return _Side(store=store, tally=tally)


def _desk(rules: list[Rule | OverTime], config: Config | None, store: Store) -> Desk:
    """The desk of the config with these rules; where it has no receiver, with one for all."""
    from watchd import config as configs
    from watchd.desk import Desk, receivers_of
    from watchd.inforce import RulesInForce
    from watchd.model import Endpoint, Receiver
    from watchd.rules import Rule

    over_time = frozenset(rule.id for rule in rules if not isinstance(rule, Rule))
    in_force = RulesInForce(len(rules) - len(over_time), lambda: rules, over_time=over_time)
    if config is None:
        assert store.folder is not None
        path = store.folder / "config.toml"
        path.write_text('database = "backtest.db"\n', "utf-8")
        config = configs.load(path, environ={})
    receivers = receivers_of(config)
    if not receivers:
        you = Endpoint(receiver="you", name="you", url="")
        receivers = {"you": Receiver(name="you", endpoints=(you,))}
    return Desk(config=config, rules=in_force, receivers=receivers)


def _past(
    items: Path | None,
    since: datetime | None,
    until: datetime | None,
    config: Config | None,
    stack: ExitStack,
) -> _Past:
    known = {feed.name: feed for feed in config.feeds} if config else {}
    if items is not None:
        return _from_file(items, since, until, known)
    if config is None:
        raise WatchdError(
            "there is no config here, and so no archive: name it with --config, or a file of "
            "items with --items"
        )
    from watchd.backtest.comings import from_archive
    from watchd.backtest.run import lead
    from watchd.store import NoDatabase, archive, replaying

    assert since is not None
    try:
        store = stack.enter_context(session().store())
    except NoDatabase as error:
        raise WatchdError(f"{error}. Until then, use a file of items with --items") from None
    begun = store.read(replaying.begun)

    def came(rules: Iterable[OverTime]) -> Iterable[Came]:
        start = since - lead(rules)
        total = store.read(archive.count_items, since=start)
        return _with_bar(from_archive(store, start, until), total)

    return _Past(
        came=came,
        feeds=_feeds(store.read(replaying.names), known),
        begun=begun,
        since=since,
        end=until,
        origin=f"the archive since {since:%Y-%m-%d %H:%M} UTC",
    )


def _from_file(
    path: Path, since: datetime | None, until: datetime | None, known: Mapping[str, Feed]
) -> _Past:
    """A file, read twice: to see whether it is in order, and to run. Else it is put in order."""
    order, names = list[datetime](), set[str]()
    for at, one in _timed(path):
        order.append(at)
        names.add(one.feed)
    if not order:
        raise WatchdError(f"{path}: there is no item with a time in it ('published')")
    in_order = all(order[n] <= order[n + 1] for n in range(len(order) - 1))

    def came(rules: Iterable[OverTime]) -> Iterable[Came]:
        found: Iterable[Came] = (one for _, one in _timed(path))
        if not in_order:
            found = sorted(found, key=lambda one: one.at)
        some = (one for one in found if until is None or one.at < until)
        return _with_bar(some, len(order))

    return _Past(
        came=came, feeds=_feeds(names, known), begun={}, since=since, end=until, origin=str(path)
    )


def _timed(path: Path) -> Iterator[tuple[datetime, Came]]:
    """The items with their times: of one without a time, that of the one before it."""
    from watchd.backtest.run import Came
    from watchd.cli import jsonl

    at: datetime | None = None
    for line in jsonl.read(path):
        at = line.item.published or at
        if at is not None:
            yield at, Came(item=line.item, feed=line.source, at=at)


def _feeds(names: Iterable[str], known: Mapping[str, Feed]) -> dict[str, Feed]:
    """The feeds of these names, and those of the config."""
    from watchd.model import Feed

    return {
        name: known.get(name) or Feed(name=name, url="", publisher=name)
        for name in sorted({*names, *known})
    }


def _with_bar(came: Iterable[Came], total: int) -> Iterable[Came]:
    """The same, with a bar on stderr when a person looks on."""
    from rich.progress import track

    from watchd.cli.session import console

    talk = console(stderr=True)
    quiet = not talk.is_terminal
    return track(came, "Looking", total=total, console=talk, transient=True, disable=quiet)
